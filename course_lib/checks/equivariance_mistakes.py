"""Mistakes about flipping and shifting that are known by name, each with a question out of it."""

import numpy as np
from scipy import ndimage

import course_lib as lib
from course_lib.checks.check import Misconception


def _flip(w, axes):
    return np.ascontiguousarray(np.flip(w, axes))


def _correlate(x, w):
    return lib.conv2d(x[None].copy(), w[None].copy())[0, 0]


def _indices_wrap(x, w):
    """The formula from i = 0 on: negative indices take pixels from the other end in Python."""
    HO, WO = (n - k + 1 for n, k in zip(x.shape[1:], w.shape[1:], strict=True))
    y = np.zeros((HO, WO), dtype=x.dtype)
    for c, m, n in np.ndindex(*w.shape):
        y += np.roll(x[c], (m, n), axis=(0, 1))[:HO, :WO] * w[c, m, n]
    return y


TRUE_CONVOLUTION = (
    Misconception(
        "cross-correlation",
        "Which pixel of its window does w[c, 0, 0] meet in the formula with i - m and j - n?",
        _correlate,
    ),
    Misconception(
        "channels reversed too",
        "Is there a minus in front of c in the formula?",
        lambda x, w: _correlate(x, _flip(w, (0, 1, 2))),
    ),
    Misconception(
        "only the rows reversed",
        "i - m runs backwards. What about j - n?",
        lambda x, w: _correlate(x, _flip(w, (1,))),
    ),
    Misconception(
        "only the columns reversed",
        "j - n runs backwards. What about i - m?",
        lambda x, w: _correlate(x, _flip(w, (2,))),
    ),
    Misconception(
        "kernel transposed instead of turned",
        "Where does the weight at row 0, column 1 go when the kernel turns by 180 degrees?",
        lambda x, w: _correlate(x, w.swapaxes(1, 2)),
    ),
    Misconception(
        "kernel turned by 90 degrees",
        "How often must a kernel turn by 90 degrees until row 0 has become the last row, reversed?",
        lambda x, w: _correlate(x, np.rot90(w, axes=(1, 2))),
    ),
    Misconception(
        "image turned instead of the kernel",
        "In which corner of your result is the window from the upper left corner of the image?",
        lambda x, w: _correlate(_flip(x, (1, 2)), w),
    ),
    Misconception(
        "negative indices wrap around",
        "For i = 0 and m = 1, which row is x[c, i - m] in Python? Which is the first i that fits?",
        _indices_wrap,
    ),
)


def _mistake(rule):
    """Return the function that measures by `rule(layer, move, x, shift, stride)`."""

    def mistake(x, w, shift, *, stride=1, mode="wrap"):
        def layer(image, mode=mode):
            return ndimage.correlate(image, w, mode=mode)[::stride, ::stride]

        def move(image, rows, mode=mode, axis=0):
            moved = np.roll(image, rows, axis)
            if mode == "constant":
                entered = np.s_[:rows] if rows >= 0 else np.s_[rows:]
                moved.swapaxes(0, axis)[entered] = 0
            return moved

        return float(rule(layer, move, x, shift, stride))

    return mistake


def _largest(difference):
    return np.max(np.abs(difference), initial=0.0)


EQUIVARIANCE = (
    Misconception(
        "invariance measured",
        "Is the output of the moved image compared with an output that has moved as well?",
        _mistake(lambda layer, move, x, d, s: _largest(layer(move(x, d)) - layer(x))),
    ),
    Misconception(
        "output moved by the shift of the input",
        "With stride 2, how many output rows are two input rows?",
        _mistake(lambda layer, move, x, d, s: _largest(layer(move(x, d)) - move(layer(x), d))),
    ),
    Misconception(
        "output moved the other way",
        "If the image moves down, which way must the output move to meet it?",
        _mistake(
            lambda layer, move, x, d, s: _largest(layer(move(x, d)) - move(layer(x), -(d // s)))
        ),
    ),
    Misconception(
        "largest difference without its sign removed",
        "Is a difference of -64 smaller or larger than one of 3, as an error?",
        _mistake(lambda layer, move, x, d, s: np.max(layer(move(x, d)) - move(layer(x), d // s))),
    ),
    Misconception(
        "mean instead of the largest",
        "One pixel is off by 42 and all others are right. What should the error be?",
        _mistake(
            lambda layer, move, x, d, s: np.mean(np.abs(layer(move(x, d)) - move(layer(x), d // s)))
        ),
    ),
    Misconception(
        "columns moved instead of rows",
        "(gI)(i, j) = I(i - 1, j): which axis of the array does i count?",
        _mistake(
            lambda layer, move, x, d, s: _largest(
                layer(move(x, d, axis=1)) - move(layer(x), d // s, axis=1)
            )
        ),
    ),
    Misconception(
        "mode ignored",
        "Which of your lines changes what lies outside the image when mode is 'constant'?",
        _mistake(
            lambda layer, move, x, d, s: _largest(
                layer(move(x, d, "wrap"), "wrap") - move(layer(x, "wrap"), d // s, "wrap")
            )
        ),
    ),
    Misconception(
        "mode not passed to the layer",
        "What does ndimage.correlate put outside the image when nobody tells it?",
        _mistake(
            lambda layer, move, x, d, s: _largest(
                layer(move(x, d), "reflect") - move(layer(x, "reflect"), d // s)
            )
        ),
    ),
    Misconception(
        "rows come in from the other side in mode 'constant'",
        "In mode 'constant', what enters at the top when the image moves down?",
        _mistake(
            lambda layer, move, x, d, s: _largest(
                layer(move(x, d, "wrap")) - move(layer(x), d // s, "wrap")
            )
        ),
    ),
    Misconception(
        "border left out",
        "Does the maximum run over all pixels, or only over those away from the border?",
        _mistake(
            lambda layer, move, x, d, s: _largest(
                (layer(move(x, d)) - move(layer(x), d // s))[1:-1, 1:-1]
            )
        ),
    ),
)
