"""dilate: a kernel with gaps between its weights."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes

_W = array("1 2 3 4 5 6", 1, 1, 2, 3)
_FOUR = array("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24", 3, 2, 1, 4)


def cases():
    y = array("1 0 2 0 3 0 0 0 0 0 4 0 5 0 6", 1, 1, 3, 5)
    yield Case("2x3 weights, dilation 2", call(_W, 2), y)
    y = array("1 0 0 2 0 0 3 0 0 0 0 0 0 0 0 0 0 0 0 0 0 4 0 0 5 0 0 6", 1, 1, 4, 7)
    yield Case("2x3 weights, dilation 3", call(_W, 3), y)
    y = np.zeros((3, 2, 1, 7))
    y[..., 0], y[..., 2], y[..., 4], y[..., 6] = (_FOUR[..., v] for v in range(4))
    yield Case("three filters, two channels", call(_FOUR, 2), y, "details")
    yield Case("dilation 1", call(_W, 1), _W, "details")
    w = np.array([[[[1, 2.5]]]], np.float32)
    y = np.array([[[[1, 0, 2.5]]]], np.float32)
    yield Case("float32 stays float32", call(w, 2), y, "dtype", dtype=True)


def random(rng):
    for group in ("idea", "details"):
        F, C, KH, KW = (int(n) for n in rng.permutation([2, 3, 4, 5]))
        w = rng.normal(size=(F, C, KH, KW))
        yield Case("random numbers", call(w, int(rng.integers(2, 5))), group=group)


POINTS = {"idea": 0.5, "details": 0.25, "dtype": 0.25}
SHAPES = "w: F C KH KW"
MISTAKES = mistakes(r"""
zeros at the end: How many gaps lie between k weights?
    (KH - 1) + 1 -> KH ;; (KW - 1) + 1 -> KW || (KW - 1) + dilation
a zero too many: With dilation 2, how many zeros stand between two neighbours?
    F, C, KH, KW = -> dilation += 1; F, C, KH, KW = || dilation = 1 + dilation; F, C, KH, KW =
along one axis only: In how many directions do the weights move apart?
    dilation * (KW - 1) + 1 -> KW ;; ::dilation, ::dilation -> ::dilation
    dilation * (KH - 1) + 1 -> KH ;; ::dilation, ::dilation -> :, ::dilation || ::1, ::dilation
weights repeated: What should stand in a gap?
    return spread -> return w.repeat(dilation, 2).repeat(dilation, 3)[:, :, :high, :wide]
    return spread -> return np.kron(w, np.ones((dilation, dilation), w.dtype))[:, :, :high, :wide]
""")
