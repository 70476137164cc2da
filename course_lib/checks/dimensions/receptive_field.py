"""receptive_field: how many pixels does one unit see?"""

from course_lib.checks.cases import Case, call, mistakes


def cases():
    yield Case("one layer", call([(3, 1)]), 3)
    yield Case("kernels of 3, 6 and 2, no strides", call([(3, 1), (6, 1), (2, 1)]), 9)
    yield Case("no layer at all", call([]), 1)
    yield Case("stride 2 in the first layer", call([(4, 2), (5, 1)]), 12, "strides")
    yield Case("stride 3 in the last layer", call([(5, 1), (2, 3)]), 6, "strides")
    of = call([(5, 1), (2, 2), (3, 1), (2, 2)])
    yield Case("conv 5, pool 2, conv 3, pool 2", of, 12, "strides")
    yield Case("strides 2, 3 and 2", call([(4, 2), (3, 3), (2, 2), (7, 1)]), 86, "strides")


def random(rng):
    for group in ("idea", *4 * ("strides",)):
        kernels = rng.integers(2, 8, size=4)
        strides = rng.integers(2, 4, size=4) if group == "strides" else [1, 1, 1, 1]
        layers = [(int(k), int(s)) for k, s in zip(kernels, strides, strict=True)]
        yield Case("random layers", call(layers), group=group)


POINTS = {"idea": 0.5, "strides": 1.5}
MISTAKES = mistakes(r"""
strides added: Two layers of stride 2: how many pixels is one step of the third layer?
    step *= s -> step += s
    step = 1, 1 -> step = 1, 0 ;; * step -> * max(step, 1) ;; step *= s -> step += s
own stride counted: Does the stride of a layer change what this very layer sees?
    field += (k - 1) * step\n        step *= s -> step *= s\n        field += (k - 1) * step
    (k - 1) * step -> (k - 1) * step * s
strides ignored: How many pixels is one step after a layer with stride 2?
    step *= s -> pass || step *= 1
only the stride before: Two layers of stride 2: how many pixels is one step of the third layer?
    step *= s -> step = s || step = max(s, 1)
first layer missing: One layer with a kernel of 3: how many pixels?
    in layers: -> in layers[1:]:
    field, step = 1, 1 -> field, step = 1, 1; layers = layers[1:]
k for k - 1: A kernel of 1 sees how much more than the unit below it?
    += (k - 1) * step -> += k * step || += step * k
starts at 0: What does a unit see when there is no layer at all?
    return field -> return field - 1 || return -1 + field
last layer first: Whose strides make a step of the last layer long?
    in layers: -> in layers[::-1]: || in reversed(layers):
""")
