"""grouped_conv2d: blocks of filters that see blocks of channels."""

from course_lib.checks.cases import Case, array, call, mistakes

_X = array("1 2 3 4 5 6 7 8 9 0 2 4 6 8 1 9 7 5 3 1", 1, 4, 1, 5)
_W = array("1 0 0 0 0 1 1 1 0 0 1 0 0 0 2 1 0 0 2 0 1 0 0 3 1 1 1 1 0 0 0 3 0 0 1 1", 6, 2, 1, 3)
_B = array("0 10 20 300 40 50", 6)


def cases():
    y = array("9 11 3 20 23 26 32 35 38 325 325 316 61 65 60 74 76 78", 1, 6, 1, 3)
    yield Case("four channels, six filters, two groups", call(_X, _W, _B, 2), y)
    x, w = array("1 2 3 4 5 6 7 8", 1, 4, 2, 1), array("1 10 100 1000 1 2 3 4", 8, 1, 1, 1)
    b = array("0 100 0 0 0 0 0 7000", 8)
    y = array("1 2 110 120 300 400 3000 4000 5 6 10 12 21 24 7028 7032", 1, 8, 2, 1)
    yield Case("a group for each channel", call(x, w, b, 4), y, "details")
    x, w = array("1 2 3 4 5 6", 3, 2, 1, 1), array("1 10 100 1000 0 1 1 0", 4, 2, 1, 1)
    y = array("21 2100 2 9 43 4300 4 11 65 6500 6 13", 3, 4, 1, 1)
    yield Case("a single group, three images", call(x, w, array("0 0 0 8", 4), 1), y, "details")


def random(rng):
    for group in ("idea", "idea", "details"):
        groups = int(rng.integers(2, 4)) if group == "idea" else 5
        C, F = (groups * int(n) for n in rng.permutation([2, 3]))
        x, w = rng.normal(size=(4, C, 5, 8)), rng.normal(size=(F, C // groups, 3, 2))
        yield Case("random numbers", call(x, w, rng.normal(size=F), groups), group=group)


POINTS = {"idea": 1, "details": 1}
SHAPES = "x: N C H W, w: F C KH KW, b: F"
MISTAKES = mistakes(r"""
every group reads the first channels: Where do the channels of group 1 begin?
    slice(g * C, (g + 1) * C) -> slice(0, C)
    x[:, seen] -> x[:, :C]
every group uses the first filters: Where do the filters of group 1 begin?
    w[own] -> w[:F] || w[0:F]
filters interleaved: Filters 0 and 1 stand next to each other. Are they in one group?
    slice(g * F, (g + 1) * F) -> slice(g, None, groups)
    w[own] -> w[g::groups]
    slice(g * F, (g + 1) * F) -> slice(g, groups * F, groups)
channels interleaved: Channels 0 and 1 stand next to each other. Are they in one group?
    slice(g * C, (g + 1) * C) -> slice(g, None, groups) || slice(g, groups * C, groups)
bias of the first group for all: Which entries of b belong to group 1?
    b[own] -> b[:F] || b[0:F]
bias left out: What is added to each map at the end?
    b[own]) -> 0 * b[own]) || np.zeros(F))
joined along the images: Along which axis do the filters stand in (N, F, HO, WO)?
    np.concatenate(parts, axis=1) -> np.concatenate(parts) || np.concatenate(parts, axis=0)
groups added up: How many filters has the layer, and how many maps come out?
    np.concatenate(parts, axis=1) -> sum(parts) || np.sum(parts, axis=0)
""")
