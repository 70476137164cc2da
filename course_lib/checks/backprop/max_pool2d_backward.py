"""max_pool2d_backward: every gradient goes to the pixel that won."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.datasets import worked


def _switches(numbers, *shape):
    return array(numbers, *shape).astype(int)


def cases():
    dy, switches = array("1 10 100", 1, 1, 1, 3), _switches("1 8 4", 1, 1, 1, 3)
    dx = array("0 1 0 0 100 0 0 0 10 0 0 0", 1, 1, 2, 6)
    yield Case("each number goes home", call(dy, switches, (1, 1, 2, 6)), dx)
    given = worked("maxpool_overlap_backward")
    dy = given["inputs"]["upstream"].astype(float).reshape(1, 1, 1, 3)
    dx = given["expected"]["dx"].astype(float).reshape(1, 1, 1, 4)
    overlap = call(dy, _switches("1 1 2", 1, 1, 1, 3), (1, 1, 1, 4))
    yield Case("two windows chose the same pixel", overlap, dx, "overlap", given=True)
    dy = array("1 10 100 1000 -2 0.5 7 30", 1, 2, 4, 1)
    switches, dx = _switches("0 2 3 5 4 1 2 5", 1, 2, 4, 1), array("1 0 10 100 0 1000", 6)
    dx = np.stack([dx, array("0 0.5 7 0 -2 30", 6)]).reshape(1, 2, 3, 2)
    yield Case("two channels", call(dy, switches, (1, 2, 3, 2)), dx)
    dy, switches = array("1 10 100 1000 5 -2", 2, 1, 1, 3), _switches("4 4 1 3 0 3", 2, 1, 1, 3)
    dx = array("0 100 0 0 11 0 0 0 5 0 0 998 0 0 0 0", 2, 1, 4, 2)
    yield Case("two images", call(dy, switches, (2, 1, 4, 2)), dx, "overlap")


def random(rng):
    for group in ("idea", "overlap", "overlap"):
        N, C, H, W = (int(n) for n in rng.permutation([2, 3, 4, 5]))
        places = rng.random((N, C, H * W)).argsort()[..., :6] // (1 + (group == "overlap"))
        of = call(rng.normal(size=(N, C, 2, 3)), places.reshape(N, C, 2, 3), (N, C, H, W))
        yield Case("random numbers", of, group=group)


POINTS = {"idea": 0.5, "overlap": 0.5}
SHAPES = "dy: N C HO WO, switches: N C HO WO"
MISTAKES = mistakes(r"""
the last window wins: Two windows chose the same pixel. What does that pixel receive?
    column] += dy -> column] = dy || column] = 0 + dy
the first window wins: Two windows chose the same pixel. What does that pixel receive?
    += dy[n -> += (dx[n, c, row, column] == 0) * dy[n || = dx[n, c, row, column] or dy[n
shared among the windows: If two outputs depend on a pixel, is their effect the mean or the sum?
    += dy -> += 1 / np.sum(switches[n, c] == switches[n, c, i, j]) * dy
    dy[n, c, i, j] -> (dy[n, c] / np.sum(switches[n, c] == switches[n, c, i, j]))[i, j]
height for the width: How many pixels lie before row 1 begins?
    W = input_shape[3] -> W = input_shape[2] || W = input_shape[-2]
counted by columns: Is place 1 in row 0, or in column 0?
    row, column = -> column, row = ;; , W) -> , input_shape[2]) || , input_shape[-2])
all channels in the first: Each channel has its own image. In which does the gradient land?
    dx[n, c, row -> dx[n, 0, row || dx[n, c * 0, row
all images in the first: Each image of the batch has its own pixels. In which does it land?
    dx[n, c, row -> dx[0, c, row || dx[n * 0, c, row
""")
