"""Detectives for a result of the expected shape: (came, wanted, equal) -> (kind, words), None."""

from itertools import permutations

import numpy as np

from course_lib.checks.detectives.axes import axes_text, distinct, listed, ordinal, part
from course_lib.checks.values import shown


def _nothing(came, wanted, equal):
    if not np.any(came) and np.any(wanted):
        return ("all zero", "all its numbers are 0")
    return None


def transposed(came, wanted, equal):
    if not distinct(wanted):
        return None
    for axes in permutations(range(wanted.ndim)):
        turned = wanted.transpose(axes)
        if list(axes) != sorted(axes) and equal(came, turned) and not equal(turned, wanted):
            moved = [axis for axis, other in enumerate(axes) if axis != other]
            words = f"axes {listed(moved)} exchanged"
            if axes[-2:] == (wanted.ndim - 1, wanted.ndim - 2) and len(moved) == 2:
                words = "rows and columns exchanged (transposed)"
            return ("axes exchanged", f"it is the expected result with {words}")
    return None


def _reversed(came, wanted, equal):
    long = [axis for axis in range(wanted.ndim) if wanted.shape[axis] > 1]
    for count in (1, 2):
        for first, axis in enumerate(long):
            for axes in [(axis,)] if count == 1 else [(axis, o) for o in long[first + 1 :]]:
                if equal(came, np.flip(wanted, axes)):
                    words = f"it is the expected result, reversed along {axes_text(axes)}"
                    return ("reversed", words)
    return None


def _factor(came, wanted, equal):
    where = wanted != 0
    if not np.any(where):
        return None
    factor = np.median(came[where] / wanted[where])
    if factor in (0, 1) or not equal(came, factor * wanted):
        return None
    if factor == -1:
        return ("sign", "it is the expected result with the other sign")
    # Any other ratio than n and 1/n is luck: it leads nowhere.
    for whole, words in ((factor, "{} times"), (1 / factor, "1/{} of")):
        if abs(whole - round(whole)) < 1e-9 * abs(whole):
            return ("factor", f"every number is {words.format(round(whole))} what it should be")
    return None


def _offset(came, wanted, equal):
    if came.size < 2:
        return None
    off = came - wanted
    if equal(came, wanted + off.ravel()[0]):
        amount = f"{abs(off.ravel()[0]):.6g}"
        side = "large" if off.ravel()[0] > 0 else "small"
        return ("offset", f"every number is too {side} by {amount}")
    for axis in range(off.ndim):
        if 1 < off.shape[axis] < off.size:
            first = np.moveaxis(off, axis, 0).reshape(off.shape[axis], -1)[:, 0]
            along = first.reshape([-1 if a == axis else 1 for a in range(off.ndim)])
            if equal(came, wanted + along):
                words = f"only a number too much or too little for each index of axis {axis}"
                return ("offset", f"{words}: {shown(first)}")
    return None


def _unwritten_rest(came, wanted, equal):
    for axis in range(wanted.ndim):
        for stop in range(1, wanted.shape[axis]):
            head = part(wanted.ndim, axis, slice(None, stop))
            rest = part(wanted.ndim, axis, slice(stop, None))
            right = equal(came[head], wanted[head]) and np.any(wanted[head])
            if right and not np.any(came[rest]) and np.any(wanted[rest]):
                words = f"right up to index {stop - 1} of axis {axis}, and 0 from there on"
                return ("zeros from an index on", words)
    place = np.argmax(came != 0)
    alone = came.ravel()[place]
    if alone and np.count_nonzero(came) == 1 and alone == wanted.ravel()[place] and came.size > 2:
        return ("one number", "a single number is right, all others are 0")
    return None


def _gaps(came, wanted, equal):
    for axis in range(wanted.ndim):
        for step in range(2, wanted.shape[axis] + 1):
            kept = np.zeros_like(wanted)
            places = part(wanted.ndim, axis, slice(None, None, step))
            kept[places] = wanted[places]
            if equal(came, kept) and not equal(kept, wanted) and wanted.shape[axis] > step:
                return ("gaps", f"only every {ordinal(step)} number along axis {axis} is filled")
    return None


def _rounded(came, wanted, equal):
    if equal(came, np.trunc(wanted)):
        return ("whole", "its numbers have no fractions: does an array have dtype int?")
    for digits in range(7):
        if equal(came, np.round(wanted, digits)):
            after = f"{digits} digit{'' if digits == 1 else 's'} after the point"
            return ("rounded", f"it is the expected result, rounded to {after}")
    size = np.abs(wanted)
    # A single large number must not hide that the others are wrong.
    close = 8 * np.finfo(np.float32).eps * (size + np.median(size))
    if np.all(np.abs(came - wanted) <= close):
        return ("rounded", "right but for rounding, as if an array had dtype float32")
    # In float16 rounding is as large as a wrong formula's error: its numbers must be float16, too.
    half = np.finfo(np.float16)
    if np.max(np.abs(came)) <= half.max and np.all(came == came.astype(np.float16)):
        if np.all(np.abs(came - wanted) <= half.eps * (size + half.tiny)):
            return ("rounded", "right but for rounding, as if an array had dtype float16")
    return None


def _without_sign(came, wanted, equal):
    if np.any(wanted < 0):
        if equal(came, np.maximum(wanted, 0)):
            return ("negatives gone", "where a negative number should be it has 0")
        if equal(came, np.abs(wanted)):
            return ("negatives gone", "its negative numbers have lost their sign")
    return None


def _repeated(came, wanted, equal):
    if distinct(wanted) and not distinct(came):
        return ("constant", f"all its numbers are {shown(came.flat[0])}")
    for axis in range(wanted.ndim):
        for index in range(wanted.shape[axis] if wanted.shape[axis] > 1 else 0):
            one = np.take(wanted, [index], axis=axis)
            if equal(came, np.broadcast_to(one, wanted.shape)):
                words = f"what belongs to index {index} of axis {axis} stands at every index"
                return ("repeated", words)
    return None


def _shifted(came, wanted, equal):
    for axis in range(wanted.ndim):
        length = wanted.shape[axis]
        for by in (1, -1):
            if length > 2 and equal(came, np.roll(wanted, by, axis)):
                return ("shifted", f"it is the expected result, moved by one along axis {axis}")
            target = slice(1, None) if by == 1 else slice(None, -1)
            source = slice(None, -1) if by == 1 else slice(1, None)
            if length > 2 and equal(
                came[part(wanted.ndim, axis, target)], wanted[part(wanted.ndim, axis, source)]
            ):
                return ("shifted", f"every number stands one place off along axis {axis}")
    return None


def _same_numbers(came, wanted, equal):
    if wanted.size > 2 and equal(np.sort(came, axis=None), np.sort(wanted, axis=None)):
        return ("another order", "all its numbers are right, but they stand in another order")
    return None


def _only_there(came, wanted, equal):
    """The numbers that differ stand together: in one row, one filter, at the border."""
    if not wanted.ndim:
        return None
    wrong = np.abs(came - wanted) > 1e-9 * np.max(np.abs(wanted), initial=0)
    for axis in range(wanted.ndim):
        length = wanted.shape[axis]
        others = tuple(a for a in range(wanted.ndim) if a != axis)
        indices = np.flatnonzero(np.any(wrong, axis=others))
        if length > 1 and len(indices) == 1:
            words = f"only what has index {indices[0]} of axis {axis} is wrong, the rest is right"
            return ("wrong at one index", words)
        if length > 2 and len(indices) == length - 1:
            (right,) = set(range(length)) - set(indices.tolist())
            words = f"only what has index {right} of axis {axis} is right"
            return ("right at one index", words)
    if wanted.shape[-1] > 2 and not np.any(wrong[..., 1:-1]):
        return ("border", f"only the two ends of axis {wanted.ndim - 1} are wrong")
    if wanted.ndim > 1 and min(wanted.shape[-2:]) > 2 and not np.any(wrong[..., 1:-1, 1:-1]):
        return ("border", "only the border is wrong, the inside is right")
    return None


DETECTIVES = (
    *(_nothing, transposed, _reversed, _factor, _offset, _unwritten_rest, _gaps, _rounded),
    *(_without_sign, _repeated, _shifted, _same_numbers, _only_there),
)
