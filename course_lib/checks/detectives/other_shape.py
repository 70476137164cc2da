"""Detectives for a result of another shape: (came, wanted, equal) -> (kind, words), or None."""

import numpy as np

from course_lib.checks.detectives.axes import distinct, ordinal
from course_lib.checks.detectives.same_shape import transposed


def _axis_too_many(came, wanted, equal):
    if came.ndim != wanted.ndim and equal(came.squeeze(), wanted.squeeze()):
        much = "many" if came.ndim > wanted.ndim else "few"
        return ("axes of length 1", f"the numbers are right, but there is an axis too {much}")
    if came.size == wanted.size and equal(came.ravel(), wanted.ravel()):
        return ("reshaped", "the numbers are right and in order, but the shape is another")
    return None


def _not_summed(came, wanted, equal):
    if came.ndim == wanted.ndim + 1:
        for axis in range(came.ndim):
            if equal(came.sum(axis), wanted):
                return ("not summed", f"summed over its axis {axis}, it would be right")
            for index in range(came.shape[axis]):
                if equal(np.take(came, index, axis), wanted):
                    return ("axis too many", f"index {index} of its axis {axis} alone is right")
    if came.ndim + 1 == wanted.ndim:
        for axis in range(wanted.ndim):
            for index in range(wanted.shape[axis]):
                if equal(np.take(wanted, index, axis), came):
                    words = f"it is what belongs to index {index} of axis {axis} alone"
                    return ("axis missing", words)
    return None


def _block(came, wanted, equal):
    if came.ndim != wanted.ndim:
        return None
    small, large = (came, wanted), (wanted, came)
    for (inner, outer), words in (
        (small, "part of the expected result is missing: yours lies in it from {0} on"),
        (large, "the expected result lies inside yours, from {0} on; the rest is too much"),
    ):
        spare = [o - i for i, o in zip(inner.shape, outer.shape, strict=True)]
        if min(spare) < 0 or not distinct(inner) or np.prod(np.array(spare) + 1) > 2000:
            continue
        for start in np.ndindex(*(s + 1 for s in spare)):
            window = tuple(slice(a, a + n) for a, n in zip(start, inner.shape, strict=True))
            if equal(inner, outer[window]):
                return ("block", words.format(list(start)))
    return None


def _every(came, wanted, equal):
    if came.ndim != wanted.ndim:
        return None
    for inner, outer, words in (
        (came, wanted, "it holds only every {0} number of the expected result"),
        (wanted, came, "every {0} of its numbers would be the expected result"),
    ):
        steps = [max(1, -(-o // max(i, 1))) for i, o in zip(inner.shape, outer.shape, strict=True)]
        if max(steps) > 1 and distinct(inner):
            if equal(inner, outer[tuple(slice(None, None, step) for step in steps)]):
                return ("every so many", words.format(ordinal(max(steps))))
    return None


def _right_as_far(came, wanted, equal):
    """Not a block of it, but right where both have numbers: too long or too short by rows."""
    if came.ndim != wanted.ndim:
        return None
    common = tuple(slice(min(a, b)) for a, b in zip(came.shape, wanted.shape, strict=True))
    if distinct(wanted[common]) and equal(came[common], wanted[common]):
        return ("right as far", "where both have numbers they agree; only the size is wrong")
    return None


DETECTIVES = (transposed, _axis_too_many, _not_summed, _block, _every, _right_as_far)
