"""output_size: at how many places does a kernel fit?"""

from course_lib.checks.cases import Case, call, mistakes


def cases():
    yield Case("5 pixels, a kernel of 2", call(5, 2), 4)
    yield Case("as many pixels as weights", call(3, 3), 1)
    yield Case("stride 3, two pixels left over", call(9, 4, stride=3), 2, "geometry")
    yield Case("stride 3, one pixel left over", call(8, 4, stride=3), 2, "geometry")
    yield Case("padding 2", call(6, 3, padding=2), 8, "geometry")
    yield Case("stride 2, nothing left over", call(15, 3, stride=2), 7, "geometry")
    yield Case("dilation 3", call(11, 3, dilation=3), 5, "geometry")
    yield Case("dilation 2", call(13, 4, dilation=2), 7, "geometry")
    everything = call(14, 4, stride=2, padding=1, dilation=3)
    yield Case("stride 2, padding 1, dilation 3", everything, 4, "geometry")
    yield Case("stride 4, one pixel left over", call(12, 4, stride=4, padding=3), 4, "geometry")


def random(rng):
    for group in ("idea", *5 * ("geometry",)):
        k, stride, padding, dilation = (int(n) for n in rng.integers(2, 6, size=4))
        n = dilation * (k - 1) + 1 + int(rng.integers(20))
        options = dict(stride=stride, padding=padding, dilation=dilation)
        yield Case("random sizes", call(n, k, **options if group != "idea" else {}), group=group)


POINTS = {"idea": 0.5, "geometry": 0.5}
MISTAKES = mistakes("""
no floor: May a kernel stop at two thirds of a place?
    // stride + 1 -> / stride + 1 || * (1 / stride) + 1
rounded to the nearest: Does two thirds of a step lead to another place?
    (n + 2 * padding - reach) // stride -> round((n + 2 * padding - reach) / stride)
    (n + 2 * padding - reach) // stride -> int((n + 2 * padding - reach) / stride + 0.5)
the kernel's own pixel not taken off: A kernel of 1 covers how many pixels?
    reach = dilation * (k - 1) + 1 -> reach = dilation * (k - 1) || reach = dilation * k - dilation
ceiling: Does a step count that leads beyond the end?
    (n + 2 * padding - reach) // stride -> -(-(n + 2 * padding - reach) // stride)
    (n + 2 * padding - reach) -> (n + 2 * padding - reach + stride - 1)
padding counted once: At how many ends do the zeros stand?
    n + 2 * padding -> n + padding || padding + n
padding ignored: How many pixels are there once the zeros are added?
    n + 2 * padding -> n || n + 0 * padding
stride ignored: How many stops are left when the kernel takes `stride` steps at a time?
    ) // stride -> ) // 1 || )
dilation ignored: How far does a kernel reach when its weights stand `dilation` apart?
    dilation * (k - 1) + 1 -> k || k - 1 + 1
effective size d*k: How many gaps lie between k weights?
    dilation * (k - 1) + 1 -> dilation * k || dilation * (k - 1) + dilation
last place forgotten: Five pixels and a kernel of 2: count the places with a finger. How many?
    // stride + 1 -> // stride || // stride + 0
1 added before the division: Does the first place cost a step?
    - reach) // stride + 1 -> - reach + 1) // stride || - reach - stride + 1) // stride + 1
""")
