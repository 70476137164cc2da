"""diagonal_kernel: find a kernel that answers to one direction."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from course_lib.checks.cases import Case, call, mistakes
from course_lib.checks.values import difference

_LINE = np.zeros((9, 9))
_LINE[4] = 1
_FALLING = np.eye(9)
_OTHERS = {"a level": _LINE, "an upright": _LINE.T, "a rising": _FALLING[::-1]}


def _answer(kernel, image):
    """The largest number of the output, where no border is near."""
    windows = sliding_window_view(image, (3, 3))
    return float(np.max(np.sum(windows * kernel, axis=(2, 3))))


def _shape(kernel):
    problem = difference(kernel, np.zeros((3, 3)))
    return problem.words if problem and problem.kind != "value" else None


def _constant(kernel):
    if problem := _shape(kernel):
        return problem
    answer = _answer(kernel, np.ones((9, 9)))
    right = abs(answer) <= 1e-9 * np.max(np.abs(kernel))
    return None if right else f"to an image of ones it answers {answer:.4g}, not 0"


def _lines(kernel):
    if problem := _shape(kernel):
        return problem
    answers = {line: _answer(kernel, image) for line, image in _OTHERS.items()}
    falling = _answer(kernel, _FALLING)
    if falling > max(answers.values()) * (1 + 1e-9):
        return None
    said = [f"{answer:.4g} to {line} one" for line, answer in answers.items()]
    return f"it answers {falling:.4g} to a falling line, but {', '.join(said)}"


def cases():
    yield Case("a constant image", call(), _constant, "constant")
    yield Case("falling, level, upright and rising lines", call(), _lines, "lines")


POINTS = {"lines": 1, "constant": 1}
MISTAKES = mistakes("""
the other diagonal: Your line rises to the right. Which way should it fall?
    3 * np.eye(3) - 1 -> 3 * np.eye(3)[::-1] - 1 || 3 * np.fliplr(np.eye(3)) - 1
""")
