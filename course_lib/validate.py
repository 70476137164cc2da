"""Refusals, written once: each names the argument, what came, and what is allowed.

Bare NumPy accepts much that is silently wrong: uint8 pixels wrap around, mixed dtypes promote, a
kernel larger than its image gives an empty result. Every public operation passes its arguments
through these functions before a backend sees them.
"""

import numbers
import operator
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import torch


def array_kind(value: object) -> Literal["numpy", "torch"] | None:
    """Return "numpy", "torch" or None, without importing torch."""
    if isinstance(value, np.ndarray):
        return "numpy"
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, torch.Tensor):
        return "torch"
    return None


def _refuse_dtype(name: str, array: Any) -> None:
    """Refuse the dtypes that an operation cannot compute with; say what to do about each."""
    dtype, kind = array.dtype, array_kind(array)
    if kind == "torch" and dtype.is_complex:
        raise TypeError(
            f"{name} must have a real dtype as a tensor, got {dtype}: take its real part, or for a "
            f"complex step its NumPy array"
        )
    if kind == "numpy" and dtype.kind in "fc":  # complex: the complex step runs through operations
        if not dtype.isnative:
            raise TypeError(
                f"{name} must have the byte order of this machine, got {dtype}: convert it with "
                f"{name}.astype({name}.dtype.newbyteorder('='))"
            )
    elif kind == "numpy" or not dtype.is_floating_point:
        raise TypeError(
            f"{name} must have a floating dtype such as float64, got {dtype}. Convert numbers "
            f"first, because integers wrap around or round silently; of token ids take the one-hot "
            f"vectors or embeddings"
        )


def arrays(**named: Any) -> None:
    """Refuse arguments that are not floating arrays of one kind, one dtype and one device.

    Args:
        **named: the arrays by their argument names; None stands for an optional one left out.

    Raises:
        TypeError: not an array, a masked array or matrix, a dtype that is not floating or not in
            the machine's byte order, mixed kinds or dtypes.
        ValueError: tensors on different devices.
    """
    first_name = None
    for name, value in named.items():
        if value is None:
            continue
        if first_name is None:
            first_name, kind = name, _kind(name, value)
            _refuse_dtype(name, value)
            known, dtype, device = type(value), value.dtype, value.device
            continue
        if type(value) is not known and _kind(name, value) != kind:
            other = array_kind(value)
            raise TypeError(
                f"{name} must be of the same kind as {first_name} ({kind}), got {other}"
            )
        if value.dtype != dtype:
            raise TypeError(
                f"{name} must have the dtype of {first_name} ({dtype}), got {value.dtype}"
            )
        if value.device != device:
            raise ValueError(
                f"{name} must be on the device of {first_name} ({device}), got {value.device}"
            )


def _kind(name: str, value: object) -> str:
    """Return the kind of an array; refuse what is none."""
    kind = array_kind(value)
    if kind is None:
        raise TypeError(
            f"{name} must be a NumPy array or a torch tensor, got {type(value).__name__}"
        )
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"{name} must be a plain array, got a masked one, whose mask would be lost: take "
            f"{name}.filled(value)"
        )
    if isinstance(value, np.matrix):
        raise TypeError(
            f"{name} must be a plain array, got a matrix, whose products and axes are others: take "
            f"np.asarray({name})"
        )
    return kind


def shape(name: str, array: Any, letters: Sequence[int | str]) -> None:
    """Refuse an array whose shape does not match `letters`.

    Args:
        name: the argument's name.
        array: anything with a `shape`, or the shape itself.
        letters: one entry per axis: a letter to report ("N"), or an int the axis must equal.

    Raises:
        ValueError: the number of axes or one of the fixed sizes differs.
    """
    actual = getattr(array, "shape", array)
    if len(actual) != len(letters):
        raise ValueError(
            f"{name} must have {len(letters)} axes {_listed(letters)}, got shape {tuple(actual)}"
        )
    for size, letter in zip(actual, letters, strict=True):
        if size != letter and not isinstance(letter, str):
            raise ValueError(f"{name} must have shape {_listed(letters)}, got {tuple(actual)}")


def batch(name: str, array: Any, letters: Sequence[int | str]) -> None:
    """Refuse an array that does not match `letters`, or is empty along an axis but the first."""
    shape(name, array, letters)
    actual = tuple(getattr(array, "shape", array))
    if 0 in actual[1:]:
        raise ValueError(
            f"{name} must have at least 1 along every axis but the first, got shape {actual}"
        )


def _listed(letters: Sequence[int | str]) -> str:
    """Write a shape as Python does: (N,) or (N, C)."""
    return "(" + ", ".join(map(str, letters)) + ("," if len(letters) == 1 else "") + ")"


def integer(
    name: str, value: Any, *, minimum: int | None = None, maximum: int | None = None
) -> int:
    """Return `value` as an int; refuse what is not a whole number in [minimum, maximum]."""
    if type(value) is int and maximum is None and minimum is not None and value >= minimum:
        return value  # the common case: calls of tiny operations are counted in microseconds
    allowed = "an integer"
    if minimum is not None:
        allowed += f" of at least {minimum}"
    if maximum is not None:
        allowed += (" and" if minimum is not None else " of") + f" at most {maximum}"
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be {allowed}, got {value!r}") from None
    if isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    if (minimum is not None and number < minimum) or (maximum is not None and number > maximum):
        raise ValueError(f"{name} must be {allowed}, got {number}")
    return number


def number(
    name: str, value: Any, *, minimum: float | None = None, above: float | None = None,
    maximum: float | None = None, below: float | None = None,
) -> float:  # fmt: skip
    """Return `value` as a float; refuse what is no real number, or not within the limits.

    Python's and NumPy's numbers, and arrays and tensors of one number without axes, are numbers.
    Booleans are none. With a limit NaN is refused, and infinity where the limit excludes it.
    """
    limits: list[tuple[str, float | None, Callable[[Any, Any], bool]]] = [
        ("of at least", minimum, operator.ge),
        ("above", above, operator.gt),
        ("at most", maximum, operator.le),
        ("below", below, operator.lt),
    ]
    limits = [limit for limit in limits if limit[1] is not None]
    allowed = f"a number {' and '.join(f'{words} {end}' for words, end, _ in limits)}".strip()
    number = value.item() if array_kind(value) and value.ndim == 0 else value
    if not isinstance(number, numbers.Real) or isinstance(number, bool):
        raise TypeError(f"{name} must be {allowed}, got {value!r}")
    number = float(number)
    if not all(holds(number, limit) for _, limit, holds in limits):
        raise ValueError(f"{name} must be {allowed}, got {number:g}")
    return number


def pair(name: str, value: Any, *, minimum: int) -> tuple[int, int]:
    """Return `value` as two ints (for rows, for columns); one int stands for both."""
    if type(value) is int and value >= minimum:
        return value, value  # the common case, as above
    if isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim == 1):
        if len(value) != 2:
            raise ValueError(f"{name} must be an int or a pair of ints, got {value!r}")
        rows, columns = (integer(name, part, minimum=minimum) for part in value)
        return rows, columns
    number = integer(name, value, minimum=minimum)
    return number, number


def sizes(name: str, value: Any, letters: Sequence[str], *, minimum: int = 1) -> tuple[int, ...]:
    """Return `value` as a tuple of ints of at least `minimum`, one per letter."""
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{name} must be {_ints(letters)}, got {value!r}")
    if len(value) != len(letters):
        raise ValueError(f"{name} must be {_ints(letters)}, got {tuple(value)}")
    if all(type(size) is int and size >= minimum for size in value):
        return tuple(value)  # the common case, as above
    return tuple(
        integer(f"{letter} of {name}", size, minimum=minimum)
        for letter, size in zip(letters, value, strict=True)
    )


def _ints(letters: Sequence[str]) -> str:
    return f"{len(letters)} ints {_listed(letters)}"


def indices(name: str, array: Any, *, like: Any, below: int | None) -> Any:
    """Return whole numbers in [0, below) as int64; refuse others, or another kind or device.

    A negative index would silently count from the end. With below=None any number passes.
    """
    kind, expected = array_kind(array), array_kind(like)
    if kind != expected:
        raise TypeError(
            f"{name} must be an array of integers of the same kind as the other arguments "
            f"({expected}), got {kind or type(array).__name__}"
        )
    if not _is_integer(array.dtype):
        raise TypeError(f"{name} must have an integer dtype such as int64, got {array.dtype}")
    if array.device != like.device:
        raise ValueError(f"{name} must be on the device {like.device}, got {array.device}")
    # Unsigned 64 bits do not mix with signed ones, and torch can hardly compute with unsigned.
    array = array.long() if kind == "torch" else array.astype(np.int64, copy=False)
    if below is None or 0 in array.shape:
        return array
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= below:
        raise ValueError(f"{name} must lie in [0, {below}), got {low if low < 0 else high}")
    return array


@cache  # the dtypes are few, and the comparison of names is slow
def _is_integer(dtype: Any) -> bool:
    return str(dtype).removeprefix("torch.").rstrip("0123456789") in ("int", "uint")


def random_generator(rng: Any) -> np.random.Generator:
    """Return the NumPy Generator that `rng` stands for: None draws anew, a seed repeats itself."""
    if isinstance(rng, np.random.Generator):
        return rng
    if rng is None:
        return np.random.default_rng()
    try:
        return np.random.default_rng(integer("rng", rng, minimum=0))
    except TypeError:
        raise TypeError(
            f"rng must be None, a seed or a NumPy Generator, got {type(rng).__name__}"
        ) from None


def torch_generator(rng: Any) -> "torch.Generator":
    """Return the torch Generator that `rng` stands for; one of NumPy gives it its seed."""
    import torch

    if isinstance(rng, torch.Generator):
        return rng
    try:
        seed = int(random_generator(rng).integers(2**63))
    except TypeError:
        raise TypeError(
            f"rng must be None, a seed or a Generator of NumPy or torch, got {type(rng).__name__}"
        ) from None
    return torch.Generator().manual_seed(seed)


def choice(name: str, value: Any, allowed: Sequence[str]) -> str:
    """Return `value`; refuse what is not one of `allowed`."""
    if not isinstance(value, str) or value not in allowed:
        listed = ", ".join(repr(option) for option in allowed)
        raise ValueError(f"{name} must be one of {listed}, got {value!r}")
    return value
