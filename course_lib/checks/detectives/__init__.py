"""Detectives: what came back, compared with simple transformations of what was expected.

They need no author and hold for every chapter. Each says in one line what was seen in the numbers,
never a guess at the code.
"""

from itertools import permutations
from typing import NamedTuple

import numpy as np

from course_lib.checks import values
from course_lib.checks.detectives import other_shape, same_shape


class Seen(NamedTuple):
    """What a detective saw: the kind, the same for all calls, and a sentence about this one."""

    kind: str
    words: str


def look(value, expected, tolerance, place=()):
    """Return everything that was seen, the most telling first.

    Args:
        value: the nest that came back.
        expected: the nest that should have come back.
        tolerance: a values.Tolerance.
        place: of the part that differs; the detectives look at that part alone.
    """
    came, wanted = values.part(value, place), values.part(expected, place)
    if isinstance(expected, (tuple, list)) and isinstance(value, (tuple, list)):
        if seen := _parts_exchanged(value, expected, tolerance):
            return [seen]
    if _is_number(came) and _is_number(wanted):
        return _numbers(float(came), float(wanted), tolerance)
    if not (_is_numeric(came) and _is_numeric(wanted)) or not came.size:
        return []
    if not np.all(np.isfinite(came)):
        return []
    came, wanted = came.astype(np.float64), wanted.astype(np.float64)

    def equal(one, other):
        return one.shape == other.shape and not np.any(tolerance.far(one, other))

    detectives = same_shape.DETECTIVES if came.shape == wanted.shape else other_shape.DETECTIVES
    found = [detective(came, wanted, equal) for detective in detectives]
    return [Seen(*seen) for seen in found if seen]


def _is_number(value):
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _is_numeric(value):
    return isinstance(value, np.ndarray) and value.dtype.kind in "iuf"


def _numbers(came, wanted, tolerance):
    """A single number says little: the kind holds the amount, and must be that of other calls."""
    found = []
    if came == 0 != wanted:
        found.append(Seen("always 0", "it is 0 where the expected number is not"))
    elif wanted and not tolerance.far(came, -wanted):
        found.append(Seen("sign", "it is the expected number with the other sign"))
    elif wanted and came and (times := _times(came / wanted)):
        found.append(Seen(f"times {times}", f"it is {times} times the expected number"))
    if abs(came - wanted) in (1, 2):
        side = f"{'large' if came > wanted else 'small'} by {abs(came - wanted):g}"
        found.append(Seen(side, f"it is too {side}"))
    if came != wanted and came == round(wanted, 2):
        found.insert(0, Seen("rounded", "it is the expected number, rounded"))
    whole = np.trunc(wanted)
    if came == whole and whole not in (0, wanted):
        found.insert(0, Seen("whole", "it is the expected number without its fraction"))
    return found


def _times(factor):
    """Return a factor in words where it is a small whole number or its inverse: others are luck."""
    for whole in range(2, 11):
        for number, words in ((whole, f"{whole}"), (1 / whole, f"1/{whole}")):
            if abs(factor - number) < 1e-9:
                return words
    return None


def _parts_exchanged(value, expected, tolerance):
    if len(value) != len(expected) or not 2 <= len(expected) <= 6:
        return None
    fits = [[values.difference(v, e, tolerance) is None for e in expected] for v in value]
    for order in permutations(range(len(expected))):
        if list(order) != sorted(order) and all(fits[i][j] for i, j in enumerate(order)):
            return Seen("parts exchanged", "the parts are right, but in another order")
    return None
