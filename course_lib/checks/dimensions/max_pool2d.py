"""max_pool2d: the largest of each window, and where it was."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.checks.values import difference

_X = array("1 7 2 0 9 4 3 5 8 6 1 2 0 4 3 1 5 7", 1, 1, 3, 6)
_TWO = array("3 1 4 2 5 9 7 6 0 8 11 10 12 3 5 4 2 8 0 7 6 9 1 3 2 5 4 11 6 10", 1, 2, 5, 3)
_EQUAL = array("2 5 5 1 0 5 3 5 4 4 4 4 1 1 1", 1, 1, 3, 5)


def _both(y, switches, *shape):
    return array(y, *shape), array(switches, *shape).astype(int)


def _largest(result):
    """Judge y alone, so that a wrong switch does not cost everything."""
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return "it must return two arrays, y and switches"
    problem = difference(result[0], array("7 8 9", 1, 1, 1, 3))
    return f"y: {problem.words}" if problem and problem.kind != "dtype" else None


def cases():
    yield Case("windows of 2x2: y alone", call(_X, 2), _largest, "y")
    yield Case("windows of 2x2", call(_X, 2), _both("7 8 9", "1 8 4", 1, 1, 1, 3))
    negative = _both("-2 -1 -2", "0 3 10", 1, 1, 1, 3)
    yield Case("only negative numbers", call(-1 - _X, 2), negative)
    y, switches = "5 9 7 9 11 11 12 11 7 8 9 7 9 5 11 10", "4 5 6 5 10 10 12 10 4 2 6 4 6 10 12 14"
    two = _both(y, switches, 1, 2, 4, 2)
    yield Case("two channels, stride 1", call(_TWO, 2, stride=1), two, "geometry")
    y, switches = "3 4 7 0 12 5 4 8 9 3 11 10", "0 2 6 8 12 14 0 2 6 8 12 14"
    images = _both(y, switches, 2, 1, 3, 2)
    apart = call(_TWO.reshape(2, 1, 5, 3), 1, stride=2)
    yield Case("two images, windows apart: 1x1, stride 2", apart, images, "geometry")
    equal = _both("5 5 5 4 5 5 5 4", "1 1 2 8 5 7 7 8", 1, 1, 2, 4)
    yield Case("equal numbers: the first one", call(_EQUAL, 2, stride=1), equal, "equals")
    x = np.array([[[[1.5], [3], [2.5]]]], np.float32)
    y = np.array([[[[1.5], [3], [2.5]]]], np.float32), np.array([[[[0], [1], [2]]]])
    yield Case("float32 stays float32", call(x, 1), y, "dtype", dtype=True)


def random(rng):
    for group in ("idea", "geometry", "geometry", "equals"):
        N, C, k = (int(n) for n in rng.permutation([2, 3, 4]))
        x = rng.integers(-50, 9, size=(N, C, 7 + rng.integers(4), 12 + rng.integers(4))) * 1.5
        strides = {"geometry": {"stride": int(rng.integers(1, 6))}, "equals": {"stride": 1}}
        x = x if group == "equals" else x + rng.permutation(x.size).reshape(x.shape) / x.size
        yield Case("random numbers", call(x, k, **strides.get(group, {})), group=group)


POINTS = {"idea": 1, "y": 1, "geometry": 0.5, "equals": 0.25, "dtype": 0.25}
RETURNS = ("y", "switches")
SHAPES = "x: N C H W"
MISTAKES = mistakes(r"""
switch inside the window: A switch of 0: which pixel of the whole image is that?
    (i * s + row) * W + (j * s + column) -> row * k + column || np.argmax(window)
width of the result in the switch: How many pixels does one row of the image have?
    (i * s + row) * W -> (i * s + row) * WO || WO * (i * s + row)
height for width in the switch: How many pixels lie before row 1 begins?
    (i * s + row) * W -> (i * s + row) * H || H * (i * s + row)
switch counted by columns: Is the second pixel in row 0 number 1, or the second in column 0?
    (i * s + row) * W + (j * s + column) -> (j * s + column) * H + (i * s + row)
    (i * s + row) * W + (j * s + column) -> H * (j * s + column) + i * s + row
switch counted through all channels: Does the count begin anew with each channel?
    (i * s + row) * W -> ((n * C + c) * H + i * s + row) * W
    (i * s + row) * W -> (c * H + n * C * H + i * s + row) * W
kernel for stride in the switch: How far is it from one window to the next?
    (i * s + row) -> (i * k + row) ;; (j * s + column) -> (j * k + column) || (column + k * j)
switches first: In which order does the task ask for the two?
    return y, switches -> return switches, y || return switches.copy(), y
every image read as the first: Which image of the batch does a window come from?
    window = x[n, c -> window = x[0, c
    x[n, c, -> x[0 * n, c,
last of equals: Two pixels are equally large. Which one does the task ask for?
    np.argmax(window) -> window.size - 1 - np.argmax(window[::-1, ::-1])
    np.argmax(window) -> np.flatnonzero(window.ravel() == window.max())[-1]
last window missing: Six pixels in windows of two: how many windows?
    // s + 1 -> // s || // s + 0
stride ignored: How far is it from one window to the next when `stride` is given?
    kernel_size if stride is None else stride -> kernel_size || k if (k := kernel_size) else stride
stride in the size only: How far is it from one window to the next?
    i * s -> i ;; j * s -> j || 1 * j
columns take the stride of 1: Rows move by the stride. And columns?
    j * s -> j || 1 * j
""")
