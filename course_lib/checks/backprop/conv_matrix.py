"""conv_matrix: a convolution as a matrix."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.datasets import worked


def cases():
    given = worked("conv_matrix_CF")
    w, of = given["inputs"]["F"].astype(float)[None, None], given["expected"]["C"].astype(float)
    yield Case("2x2 over 3x3, as in the lecture", call(w, (1, 3, 3)), of, given=True)
    of = array("1 10 0 0 1 10", 2, 3)
    yield Case("a row of three pixels", call(array([[[[1, 10]]]]), (1, 1, 3)), of)
    of = (np.eye(8) + 10 * np.eye(8, k=1))[[0, 1, 2, 4, 5, 6]]
    yield Case("1x2 over 2x4: HO is 2, WO is 3", call(array([[[[1, 10]]]]), (1, 2, 4)), of)
    w = array("1 10 100 1000 0 -1", 1, 1, 2, 3)
    of = """1 10 100 0 1000 0 -1 0 0 0 0 0 0 1 10 100 0 1000 0 -1 0 0 0 0
        0 0 0 0 1 10 100 0 1000 0 -1 0 0 0 0 0 0 1 10 100 0 1000 0 -1"""
    yield Case("2x3 over 3x4", call(w, (1, 3, 4)), array(of, 4, 12))
    w = np.arange(1.0, 25).reshape(3, 2, 1, 4)
    of = np.zeros((6, 10))
    for f, (one, two) in enumerate(w.reshape(3, 2, 4)):
        of[2 * f, 0:4], of[2 * f, 5:9] = one, two
        of[2 * f + 1, 1:5], of[2 * f + 1, 6:10] = one, two
    yield Case("two channels, three filters", call(w, (2, 1, 5)), of, "details")


def random(rng):
    for group in ("idea", "details", "details"):
        F, C, KH, KW = (int(n) for n in rng.permutation([1, 2, 3, 4]))
        F, C = (1, 1) if group == "idea" else (F, C)
        shape = C, KH + int(rng.integers(3)), KW + int(rng.integers(3, 6))
        yield Case("random numbers", call(rng.normal(size=(F, C, KH, KW)), shape), group=group)


POINTS = {"idea": 1, "details": 1}
SHAPES = "w: F C KH KW"
MISTAKES = mistakes(r"""
rows and columns exchanged: What is multiplied with vec(x), a row or a column of the matrix?
    return matrix -> return matrix.T || return np.swapaxes(matrix, 0, 1)
kernel flipped: Which weight meets the first pixel of a window?
    = w[f, c, u, v] -> = w[f, c, KH - 1 - u, KW - 1 - v] || = w[f, c, -1 - u, -1 - v]
the next row one further to the right: From one row of windows to the next, how many pixels?
    + i + u) * W + j + v -> + u) * W + v + i * WO + j || + u) * W + i * WO + j + v
width of the output in the column: How many pixels lie between a pixel and the one below it?
    + i + u) * W + j -> + i + u) * WO + j || + u + i) * (W - KW + 1) + j
channels side by side: Where does channel 1 begin in vec(x)?
    (c * H + i + u) * W + j + v -> ((i + u) * W + j + v) * C + c || c + C * (W * (i + u) + j + v)
filters side by side: Where does filter 1 begin in vec(y)?
    (f * HO + i) * WO + j -> (i * WO + j) * F + f || f + F * (i * WO + j)
only the first filter: How many rows belong to each filter?
    = w[f, -> = w[0, || = w[f * 0,
only the first channel: Over which letters does the sum run?
    = w[f, c, -> = w[f, 0, || = w[f, c * 0,
""")
