"""conv1d: a filter slides along a sequence."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes

_X = array("1 2 4 0 3 0 1 5 2 6 0 1 0 3 1 2 4 1 0 7 1 0 8 2", 2, 3, 4)
_W = array("1 10 100 0 0 1000", 1, 3, 2)
_X2 = array("1 2 4 0 3 5 0 1 6 2", 1, 2, 5)
_W2 = array("1 10 0 0 0 100 2 0 -1 1 0 0 0 0 1 1 3 0 0 0 0 0 0 0.5", 4, 2, 3)
_B2 = array("1000 2000.5 3000 -4000", 4)


def cases():
    yield Case("one channel", call(array([[[1, 2, 4]]]), array([[[1, 10]]])), array([[[21, 42]]]))
    y = array("6321 42 1104 430 8113 2021", 2, 1, 3)
    yield Case("two sequences, three channels", call(_X, _W), y)
    y = array("1121 1642 1204 2003.5 2004.5 2006.5 3009 3003 3022 -3999.5 -3997 -3999", 1, 4, 3)
    yield Case("two channels, four filters, bias", call(_X2, _W2, _B2), y, "details")
    x, w = array("1 2 4 8 16 32", 1, 1, 6), array("1 10 100", 1, 1, 3)
    yield Case("stride 2", call(x, w, stride=2), array([[[421, 1684]]]), "geometry")
    y = array([[[210, 421, 842, 84]]])
    yield Case("padding 1", call(x[:, :, :4], w, padding=1), y, "geometry")
    x, w, b = array([[[1, 2, 3, 4, 5]]]), array([[[1, 10]]]), array([1000])
    both = call(x, w, b, stride=3, padding=2)
    yield Case("stride 3 and padding 2", both, array([[[1000, 1032, 1005]]]), "geometry")
    x, w, y = (np.array([[v]], np.float32) for v in ([1, 2.5, 3], [1, 10], [26, 32.5]))
    yield Case("float32 stays float32", call(x, w), y, "dtype", dtype=True)


def random(rng):
    for group in ("idea", "details", "geometry", "geometry", "geometry"):
        N, C, F, KL = (int(n) for n in rng.permutation([2, 3, 4, 5]))
        stride, padding = (int(n) for n in rng.integers((2, 1), (4, 3)))
        options = dict(stride=stride, padding=padding) if group == "geometry" else {}
        x = rng.normal(size=(N, C, 2 * (KL + 2 * stride + rng.integers(1, 4))))[..., ::2]
        b = None if group == "idea" else rng.normal(size=F)
        of = call(x, rng.normal(size=(F, C, KL)), b, **options)
        yield Case("random numbers", of, group=group)


POINTS = {"idea": 1, "geometry": 1, "details": 0.5, "dtype": 0.5}
SHAPES = "x: N C L, w: F C KL, b: F"
MISTAKES = mistakes(r"""
kernel flipped: Which weight meets the first number of a window?
    * w[f] -> * w[f, :, ::-1] || * np.flip(w[f], axis=1)
last window missing: Length 3 and a filter of 2: at how many places does it fit?
    // stride + 1 -> // stride || // stride + 0
stride in the size only: Output i has its place. Where in x does its window start?
    i * stride -> i || 1 * i
size not divided by the stride: In the formula for LO, what exactly is divided by the stride?
    (L + 2 * padding - KL) // stride -> L + 2 * padding - KL // stride
    // stride + 1 -> // 1 + 1 || + 1
stops beyond the padded sequence: How long is your x once its zeros are on, and which L has LO?
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding))) -> pass
    LO = (L -> LO = (x.shape[2]
    ;; np.sum(x[n, :, start : start + KL] * w[f]) -> SUM
    ;; SUM -> sum(x[n, c, start + u] * w[f, c, u] for c, u in np.ndindex(C, KL))
    LO = (L + 2 -> LO = (x.shape[2] + 2
zeros along every axis: np.pad(x, padding) pads each axis of x. Which of them should get zeros?
    ((0, 0), (0, 0), (padding, padding)) -> padding || (padding, padding) || ((padding, padding),)
padding counted on one side only: With p zeros before and p behind it, how long is the sequence?
    2 * padding -> padding
    2 * padding -> padding ;; (padding, padding) -> (padding, 0) || (0, padding)
bias along the wrong axis: b has a number per filter. Which axis of y is that?
    b[f] -> b[i] || np.resize(b, LO)[i]
bias in place of the sum: Is b added to the sum, or does it take its place?
    += b[f] -> = b[f] || = 0 + b[f]
only the first channel: A filter has weights for every channel. Which of them do you use?
    x[n, :, start -> x[n, 0, start ;; * w[f] -> * w[f, 0]
    x[n, :, -> x[n, :1, ;; * w[f] -> * w[f, :1]
only the last channel: Does each channel add to the sum, or take its place?
    x[n, :, start -> x[n, -1, start ;; * w[f] -> * w[f, -1]
    x[n, :, -> x[n, C - 1:, ;; * w[f] -> * w[f, C - 1:]
""")
