"""The words and small tables of a failed check."""

import numpy as np

_LARGEST_SIDE = 8  # of a table that still reads at a glance
_LARGEST_INPUT = 128  # numbers shown for the inputs of one call
_LINE = 80  # characters beside each other


def compare(value, expected):
    """Return what is wrong with `value` in words, or None.

    Values agree within 1e-9 of the largest expected one in float64, within 1e-5 in float32.
    """
    if value is None:
        return "it returned None: is there a `return` at its end?"
    if np.ndim(expected) == 0:
        return _compare_number(value, expected)
    if not isinstance(value, np.ndarray):
        kind = type(value).__name__
        return f"it returned a {kind}, not a NumPy array of shape {expected.shape}"
    if value.shape != expected.shape:
        return f"it returned shape {value.shape}, not {expected.shape}"
    if value.dtype != expected.dtype:
        return f"it returned dtype {value.dtype}, not {expected.dtype}, the dtype of the input"
    if not np.all(np.isfinite(value)):
        return f"{_count(~np.isfinite(value))} values are NaN or infinite"
    wrong = differs(value, expected)
    if not np.any(wrong):
        return None
    worst = np.max(np.abs(np.subtract(value, expected, dtype=np.float64)))
    return f"{_count(wrong)} values differ, by up to {worst:.6g}"


def _compare_number(value, expected):
    is_number = isinstance(value, (int, float, np.integer, np.floating))
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "fi":
        is_number = True
    if not is_number or isinstance(value, bool):
        return f"it returned {_kind(value)}, not a single number"
    if not np.isfinite(value):
        return f"it returned {float(value)}"
    if differs(float(value), expected):
        return f"it returned {float(value):.10g}, not {float(expected):.10g}"
    return None


def _kind(value):
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"a {type(value).__name__}"


def _count(mask):
    return f"{np.count_nonzero(mask)} of {mask.size}"


def differs(value, expected):
    """Return where `value` is further from `expected` than rounding explains."""
    share = 1e-5 if getattr(expected, "dtype", None) == np.float32 else 1e-9
    scale = max(1.0, float(np.max(np.abs(expected), initial=0.0)))
    with np.errstate(all="ignore"):
        return ~(np.abs(np.subtract(value, expected, dtype=np.float64)) <= share * scale)


def call_text(name, arguments, options):
    """Return the call as one would type it, and the shapes that went in."""
    words = [
        key if isinstance(value, np.ndarray) else repr(value) for key, value in arguments.items()
    ]
    words += [f"{key}={value!r}" for key, value in options.items()]
    arrays = {key: value for key, value in arguments.items() if isinstance(value, np.ndarray)}
    shapes = ", ".join(f"{key} {value.shape}" for key, value in arrays.items())
    dtypes = {str(value.dtype) for value in arrays.values()}
    return f"{name}({', '.join(words)})", f"{shapes}, {' and '.join(sorted(dtypes))}"


def input_tables(arguments):
    """Return the inputs as tables side by side, or "" where they are too large to read."""
    arrays = {key: value for key, value in arguments.items() if isinstance(value, np.ndarray)}
    largest_side = max((side for value in arrays.values() for side in value.shape), default=0)
    if sum(value.size for value in arrays.values()) > _LARGEST_INPUT:
        return ""
    if largest_side > _LARGEST_SIDE:
        return ""
    tables = {}
    for name, value in arrays.items():
        for place in np.ndindex(value.shape[:-2]):
            tables[name + _index(place)] = _table(value[place])
    if sum(len(title) + len(lines[0]) for title, lines in tables.items()) <= _LINE:
        return _side_by_side(tables)
    rows = [
        {title: lines for title, lines in tables.items() if title.split("[")[0] == name}
        for name in arrays
    ]
    return "\n\n".join(map(_side_by_side, rows))


def result_tables(value, expected):
    """Return expected and returned side by side, at the first place where they differ."""
    if np.ndim(expected) == 0 or not isinstance(value, np.ndarray):
        return ""
    if value.dtype.kind not in "fiu" or value.ndim != expected.ndim or not value.size:
        return ""
    wrong = None
    if value.shape == expected.shape:
        wrong = differs(value, expected)
        if not np.any(wrong):
            return ""
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        leading = first[:-2]
    elif value.shape[:-2] != expected.shape[:-2]:
        return ""
    else:
        leading = (0,) * max(0, expected.ndim - 2)
    wanted, came = expected[leading], value[leading]
    if max(*wanted.shape, *came.shape) > _LARGEST_SIDE:
        if wrong is None:
            return ""
        return (
            f"first difference at {list(first)}: expected {_number(expected[first])}, "
            f"returned {_number(value[first])}"
        )
    place = _index(leading)
    marks = None if wrong is None else wrong[leading]
    tables = {f"expected{place}": _table(wanted), f"returned{place}": _table(came, marks)}
    text = _side_by_side(tables)
    return text if marks is None else text + "\n(* differs)"


def _index(place):
    return f"[{', '.join(map(str, place))}]" if place else ""


def _number(value):
    text = f"{float(value):.6g}"
    return "0" if text == "-0" else text


def _table(plane, marks=None):
    plane = np.atleast_2d(plane)
    words = [[_number(value) for value in row] for row in plane]
    if marks is not None:
        flags = np.atleast_2d(marks)
        words = [
            [word + ("*" if flag else " ") for word, flag in zip(row, flag_row, strict=True)]
            for row, flag_row in zip(words, flags, strict=True)
        ]
    width = max((len(word) for row in words for word in row), default=1)
    return [" ".join(word.rjust(width) for word in row) for row in words]


def _side_by_side(tables):
    columns = []
    height = 1 + max(len(lines) for lines in tables.values())
    for title, lines in tables.items():
        block = [title, *lines] + [""] * (height - 1 - len(lines))
        width = max(len(line) for line in block)
        columns.append([line.ljust(width) for line in block])
    return "\n".join("     ".join(parts).rstrip() for parts in zip(*columns, strict=True))
