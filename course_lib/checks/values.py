"""Nests: whatever a task takes or gives, copied, compared and put into words.

A nest is an array, a number, a bool, a word, None, or a list, tuple, NamedTuple, dict or set of
nests. Functions, models and Generators may stand in it as arguments. Nothing here raises, whatever
a student's function returns.
"""

import copy as copies
import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Problem(NamedTuple):
    """How a value differs from the expected one.

    Fields: kind, one of "none", "type", "shape", "dtype", "nan", "value", "rule" and "raised";
    words, a sentence; place, the keys that lead from the nest to the part that differs.
    """

    kind: str
    words: str
    place: tuple = ()


def copy(nest):
    """Return a copy down to the last array; a strided view stays strided, in its own memory."""
    match nest:
        case np.ndarray():
            return _copy_array(nest)
        case np.random.Generator():
            return copies.deepcopy(nest)
        case Mapping():
            return {key: copy(part) for key, part in nest.items()}
        case tuple() if hasattr(nest, "_fields"):
            return type(nest)(*map(copy, nest))
        case list() | tuple():
            return type(nest)(map(copy, nest))
        case set():
            return set(nest)
    return nest.detach().clone() if _is_tensor(nest) else nest


def _copy_array(array):
    if array.ndim == 0 or array.flags.c_contiguous:
        return np.array(array)
    buffer = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), dtype=array.dtype)
    buffer[..., ::2] = array
    return buffer[..., ::2]


def same(nest, other):
    """Whether two nests are equal to the last bit; a function or model is equal to itself."""
    nest, other = plain(nest), plain(other)
    match nest:
        case np.ndarray():
            fits = isinstance(other, np.ndarray) and nest.shape == other.shape
            return fits and nest.dtype == other.dtype and nest.tobytes() == other.tobytes()
        case np.random.Generator():
            return True  # drawing from it is what it is for
        case Mapping():
            fits = isinstance(other, Mapping) and list(nest) == list(other)
            return fits and all(same(nest[key], other[key]) for key in nest)
        case list() | tuple():
            fits = isinstance(other, type(nest)) and len(nest) == len(other)
            return fits and all(map(same, nest, other))
    return nest is other or bool(nest == other) or nest != nest


def part(nest, place):
    """Return the part of a nest that a place leads to, or None where there is none."""
    for key in place:
        try:
            nest = nest[key]
        except (LookupError, TypeError):
            return None
    return plain(nest)


def place_text(place, nest=None, names=()):
    """Return a place as one would say it: "dw", "[2]", "layers[0]", "layer 0, width".

    Args:
        place: the keys that lead there.
        nest: the one they lead through; its NamedTuples tell the names of their fields.
        names: of the parts of a plain tuple; or one word, "layer", for each entry of a list.
    """
    text = ""
    for depth, key in enumerate(place):
        fields = getattr(nest, "_fields", names if not depth and isinstance(names, tuple) else ())
        if isinstance(key, int) and key < len(fields):
            text += f"{', ' if text else ''}{fields[key]}"
        elif not depth and isinstance(names, str):
            text = f"{names} {key}"
        else:
            text += key if isinstance(key, str) and not text else f"[{key!r}]"
        nest = part(nest, (key,))
    return text


class Tolerance(NamedTuple):
    """How far a right number may be off.

    Fields: rtol, relative to the largest number of its part (1e-9, in float32 1e-5); each, whether
    it is relative to every number by itself; size, what it is relative to where an answer is the
    difference of larger numbers; dtype, whether the dtype counts.
    """

    rtol: float = 1e-9
    each: bool = False
    size: float | None = None
    dtype: bool = False

    def far(self, value, expected):
        """Return where `value` is further from `expected` than rounding explains."""
        value, expected = np.asarray(value), np.asarray(expected)
        rtol = max(self.rtol, 1e-5) if np.float32 in (value.dtype, expected.dtype) else self.rtol
        with np.errstate(all="ignore"):
            expected = expected.astype(np.float64)
            size = np.abs(expected)
            if self.size is not None:
                size = self.size
            elif not self.each:
                size = np.max(size, initial=0.0)
            return ~(np.abs(value.astype(np.float64) - expected) <= rtol * size)


_USUAL = Tolerance()


def difference(value, expected, tolerance=_USUAL, names=()):
    """Return the first Problem of `value`, or None where it is right.

    Args:
        value: whatever came back.
        expected: the nest that should have come back.
        tolerance: a Tolerance.
        names: as for `place_text`.
    """

    def title(place):
        return place_text(place, expected, names)

    try:
        return _difference(value, expected, tolerance, title, ())
    except Exception as error:  # a strange object whose own methods raise
        return Problem("type", f"it returned {_kind(value)} ({type(error).__name__} in comparing)")


def _difference(value, expected, tolerance, title, place):
    subject = f"{title(place)} is" if place else "it returned"
    expected = plain(expected)

    def wrong(kind, words):
        return Problem(kind, f"{subject} {words}", place)

    if value is None and expected is not None:
        return wrong("none", "None" if place else "None: is there a `return` at its end?")
    match expected:
        case np.ndarray():
            return _array(plain(value), expected, tolerance, title, place, wrong)
        case Mapping():
            if not isinstance(value, Mapping):
                return wrong("type", f"{_kind(value)}, not a dict")
            if set(value) != set(expected):
                odd = sorted(map(str, set(value) ^ set(expected)))
                return wrong("shape", f"a dict whose keys are not the expected ones: {odd[0]}")
            parts = expected.items()
        case list() | tuple():
            # A list of numbers may come as an array; a tuple of arrays may not.
            numbers = _is_array(value) and value.ndim and not any(map(_is_array, expected))
            if not isinstance(value, (list, tuple)) and not numbers:
                return wrong("type", f"{_kind(value)}, not a {_sequence(expected)}")
            if len(value) != len(expected):
                ends = f"of length {len(value)}, not {len(expected)}"
                return wrong("shape", f"{'an array' if _is_array(value) else _kind(value)} {ends}")
            parts = enumerate(expected)
        case _:
            return _single(plain(value), expected, tolerance, wrong)
    found = [_difference(value[key], one, tolerance, title, (*place, key)) for key, one in parts]
    return next(filter(None, found), None)


def _array(value, expected, tolerance, title, place, wrong):
    if not isinstance(value, np.ndarray):
        return wrong("type", f"{_kind(value)}, not a NumPy array of shape {expected.shape}")
    if value.shape != expected.shape:
        return wrong("shape", f"{'shape ' if not place else 'of shape '}"
                     f"{value.shape}, not {expected.shape}")  # fmt: skip
    if value.dtype.kind not in "biuf" or (value.dtype.kind == "b") != (expected.dtype.kind == "b"):
        return wrong("type", f"an array of {value.dtype}, not of {expected.dtype}")
    if not np.all(np.isfinite(value) | (value == expected)):
        count = np.count_nonzero(~np.isfinite(value))
        return Problem("nan", _counted(count, value, "NaN or infinite", title(place)), place)
    far = tolerance.far(value, expected) & (value != expected)
    if np.any(far):
        words = _counted(np.count_nonzero(far), value, None, title(place))
        with np.errstate(all="ignore"):
            worst = np.max(np.abs(np.subtract(value, expected, dtype=np.float64)))
        return Problem("value", f"{words}, by up to {worst:.6g}", place)
    if tolerance.dtype and value.dtype != expected.dtype:
        return wrong("dtype", f"{'dtype ' if not place else 'of dtype '}"
                     f"{value.dtype}, not {expected.dtype}")  # fmt: skip
    return None


def _counted(count, value, what, title):
    head = f"{title}: " if title else ""
    many = value.size != 1
    verb = (f"{'are' if many else 'is'} {what}") if what else "differ" if many else "differs"
    return f"{head}{count} of {value.size} {'values' if many else 'value'} {verb}"


def _single(value, expected, tolerance, wrong):
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(expected, (bool, np.bool_)):
        if not isinstance(value, (bool, np.bool_)):
            return wrong("type", f"{_kind(value)}, not True or False")
    elif isinstance(expected, (int, float, np.number)):
        is_number = isinstance(value, (int, float, np.integer, np.floating))
        if not is_number or isinstance(value, bool):
            return wrong("type", f"{_kind(value)}, not a single number")
        if not np.isfinite(value) and value != expected:
            return wrong("nan", f"{float(value)}")
        if value != expected and tolerance.far(value, expected):
            return wrong("value", f"{number(value)}, not {number(expected)}")
        if isinstance(expected, (int, np.integer)) and isinstance(value, (float, np.floating)):
            return wrong("dtype", f"the float {number(value)}.0, not the whole number (int)")
        return None
    elif expected is None or isinstance(expected, (str, set, frozenset)):
        if isinstance(expected, str) and not isinstance(value, str):
            return wrong("type", f"{_kind(value)}, not a word")
    same_value = value is expected or bool(np.all(value == expected))
    return None if same_value else wrong("value", f"{shown(value)}, not {shown(expected)}")


def _is_array(value):
    return isinstance(value, np.ndarray)


def _is_tensor(value):
    return hasattr(value, "detach") and hasattr(value, "numpy")


def plain(value):
    """Return a tensor's numbers as an array, anything else as it is."""
    return value.detach().cpu().numpy() if _is_tensor(value) else value


def _sequence(value):
    if hasattr(value, "_fields"):
        return f"tuple ({', '.join(value._fields)})"
    return type(value).__name__


def _kind(value):
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def number(value):
    """Return a number in at most ten digits."""
    text = f"{float(value):.10g}"
    return "0" if text == "-0" else text


def shown(value, longest=60):
    """Return a value as text that is the same in every run: never an address in memory."""
    try:
        text = _shown(value)
    except Exception:  # a strange object's own __repr__
        text = _kind(value)
    return cut(text, longest)


def cut(text, longest):
    """Return a text, the end of a long one as dots."""
    return text if len(text) <= longest else f"{text[: longest - 4]} ..."


def _shown(value):
    value = plain(value)
    match value:
        case np.ndarray():
            if value.size <= 8 and value.dtype.kind in "biuf":
                return _shown(value.tolist())
            return f"array {value.shape}"
        case np.random.Generator():
            return "a Generator"
        case np.generic():
            return _shown(value.item())
        case float():
            return number(value)
        case dict():
            return "{" + ", ".join(f"{_shown(k)}: {_shown(v)}" for k, v in value.items()) + "}"
        case tuple() if not hasattr(value, "_fields"):
            return "(" + ", ".join(map(_shown, value)) + ("," if len(value) == 1 else "") + ")"
        case list():
            return "[" + ", ".join(map(_shown, value)) + "]"
    text = " ".join(repr(value).split())
    if _ADDRESS.search(text):
        about = (getattr(value, "__doc__", None) or "").strip().partition("\n")[0]
        name = getattr(value, "__name__", type(value).__name__)
        return f"<{about.removesuffix('.') or name}>"
    return text
