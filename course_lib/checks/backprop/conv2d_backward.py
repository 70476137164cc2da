"""conv2d_backward: the gradients of a convolution."""

import numpy as np

from course_lib.checks.cases import Case, array, arrays, call, mistakes
from course_lib.datasets import worked

_X = array("1 2 0 3 1 0 5 4", 1, 1, 2, 4)
_X2 = array("1 0 2 -1 3 1 0 2 4 1 0 1 2 0 5 1 1 3 0 2 1 2 0 1 2 1 3 0 1 4 1 0 2 1 5 2", 2, 3, 1, 6)
_W2 = array("1 10 0 2 100 -1 3 0 0.5 4 1000 1 5 0 2 0 1 -2 0 6 1 1 0 7", 4, 3, 1, 2)
_DY2 = np.arange(1.0, 41).reshape(2, 4, 1, 5) % 7 - 2
_TALL = array("1 2 0 3 1 0 3 4 1 2 0 5 4 0 0 5 1 2 3 0 2 2 0 1 1 4 3 0 5 1", 1, 1, 6, 5)
_TWO = array("1 10 100 1000 -1 0.5", 1, 1, 2, 3)
_MANY = """21 -1 24 14 39 54 6 20 2.5 -1 9.5 14 3902 -1996 -897 202 1322 28 12 -5 -1 24 14 38 2.5 13
    20 2.5 -1 7 2801 3898 -1996 -897 202 23 | 8 5 3 6 17 19 9 4 -4 14 2 -7 24 3 31 22 22 37 18 16 17
    23 35 39 | 5 6 14 15"""
_STRIDE = """1 10 100 0 0 1000 -1 0.5 0 0 0 0 0 0 0 10 100 1000 0 0 10000 -10 5 0 0 0 0 0 0 0 | 51
    12 20 20 23 4 | 11"""
_BOTH = """-1 10000.5 -10 -995 1 1000 11000 10000 100002 20 -100 1000050 -1000 2500 -2 200 2005 50
    503 30 -20 5010 -5 3002.5 -3 70 740 400 4004 40 | 3156 4146 1556 5030 4043 577 | 1191"""


def _gradients(numbers, x, w):
    """dx, dw and db, with `|` between them, in the shapes of x, w and the bias."""
    return arrays(numbers, x.shape, w.shape, w.shape[:1])


def cases():
    given = worked("conv_backward_flip")
    w, dy = (given["inputs"][name].astype(float)[None, None] for name in ("F", "upstream"))
    x = array("1 2 0 3 1 0 3 4 1", 1, 1, 3, 3)
    y = _gradients("1 1 -2 5 5.5 -3 6 9.5 2 | 5.5 4 10 9.5 | 2.5", x, w)
    yield Case("a kernel of 2x2", call(dy, x, w), y, given=True)
    dy, w = array("1 2 0 -3 5 10", 1, 1, 2, 3), array("1 10", 1, 1, 1, 2)
    y = _gradients("1 12 20 0 -3 -25 60 100 | 52 67 | 15", _X, w)
    yield Case("a kernel of one row", call(dy, _X, w), y)
    y = _gradients(_MANY, _X2, _W2)
    yield Case("two examples, three channels, four filters", call(_DY2, _X2, _W2), y, "details")
    dy, y = array("1 10", 1, 1, 2, 1), _gradients(_STRIDE, _TALL, _TWO)
    yield Case("stride 3", call(dy, _TALL, _TWO, stride=3), y, "geometry")
    x, w = _X[:, :, :1], array("1 10 100", 1, 1, 1, 3)
    y = _gradients("40 398 2180 1800 | 16 642 -2 | 660", x, w)
    dy = array("1 10 -1 100 2 20 -2 200 3 30 -3 300", 1, 1, 3, 4)
    yield Case("padding 1", call(dy, x, w, padding=1), y, "geometry")
    dy, y = array("1 10 -1 100 1000 2 20 5 3 7 40 4", 1, 1, 4, 3), _gradients(_BOTH, _TALL, _TWO)
    yield Case("stride 2 and padding 1", call(dy, _TALL, _TWO, stride=2, padding=1), y, "geometry")


def random(rng):
    for group in ("idea", "details", "geometry", "geometry"):
        N, C, F, KH, KW = (int(n) for n in rng.permutation([1, 2, 3, 4, 5]))
        N, C, F = (N, C, F) if group == "details" else (1, 1, 1)
        stride, padding = (int(n) for n in rng.integers((2, 1), (4, 3)))
        stride, padding = (stride, padding) if group == "geometry" else (1, 0)
        H, W = KH + int(rng.integers(2, 5)), KW + int(rng.integers(5, 8))
        HO, WO = ((n + 2 * padding - k) // stride + 1 for n, k in ((H, KH), (W, KW)))
        x, w = rng.normal(size=(N, C, H, W)), rng.normal(size=(F, C, KH, KW))
        of = call(rng.normal(size=(N, F, HO, WO)), x, w, stride=stride, padding=padding)
        yield Case("random numbers", of, group=group)


POINTS = {"idea": 2, "details": 1, "geometry": 1}
RETURNS = ("dx", "dw", "db")
SHAPES = "dy: N F HO WO, x: N C H W, w: F C KH KW"
MISTAKES = mistakes(r"""
dx with the turned kernel: Pixel (0, 0) was in one window. Which weight lay on it?
    * w[f] -> * w[f, :, ::-1, ::-1] || * np.rot90(w[f], 2, (1, 2))
dw turned: Which pixels met the weight w[0, 0, 0, 0]?
    * x[window] -> * x[window][:, ::-1, ::-1] || * np.rot90(x[window], 2, (1, 2))
windows in dx overwrite: A pixel lay in several windows. What do they do to its gradient?
    dx[window] += -> dx[window] = || dx[window] = 0; dx[window] +=
places in dw overwrite: A weight was used at every place. What do these do to its gradient?
    dw[f] += -> dw[f] = || dw[f] = 0; dw[f] +=
stride left out: Output (i, j) has its place. Where in x did its window start?
    i * stride, j * stride -> i, j || i + 0, j + 0
padding left at the front: x[0, 0, 0, 0]: where does it stand in the padded image?
    padding : padding + H, padding : padding + W -> :H, :W || 0 : H, 0 : W
padding not cut off: Which shape has the gradient of x?
    padding : padding + H, padding : padding + W -> :, : || :None, :None
nothing left without padding: numbers[p:-p]: what is left of them when p is 0?
    padding + H, padding : padding + W -> -padding, padding:-padding || -padding, padding:0-padding
mean over the examples: Is the loss here a sum, and are its parts divided by N?
    + W], dw, db -> + W], dw / N, db / N || + W], dw / len(dy), db / len(dy)
one db for all filters: How many biases does the layer have, and where is each added?
    + W], dw, db -> + W], dw, dy.sum() || + W], dw, np.sum(dy)
db mean over the places: Was the bias added once, or at every place?
    + W], dw, db -> + W], dw, db / dy[0, 0].size || + W], dw, db / np.prod(dy.shape[2:])
db the last place: Was the bias added once, or at every place?
    db[f] += -> db[f] = || db[f] = 0 +
last row missing: How many rows of places does dy have?
    ndindex(*dy.shape -> ndindex(*dy[:, :, :-1].shape || ndindex(*dy[:, :, 1:].shape
""")
