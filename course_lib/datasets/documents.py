"""The worked numbers of the source documents and of their corrected formulas, each once."""

import json
from functools import cache
from importlib import resources

import numpy as np


def worked(name):
    """Return a worked example of the source documents.

    Args:
        name: its id in `course_lib/data/worked.json`, for example "conv2d_rgb".

    Returns:
        A dict: "documents", where it stands; "formula"; "inputs" and "expected", dicts in which
        every list of numbers is a float64 array of its own, so that writing into it harms nobody.

    Raises:
        ValueError: an unknown name.

    Source:
        The recitation and lectures that the course follows; what they misprint is corrected here
        and listed in the errata.

    >>> worked("conv2d_5x5")["expected"]["output"][0]
    array([4., 3., 4.])
    """
    examples = _examples()
    if name not in examples:
        raise ValueError(f"name must be one of {', '.join(sorted(examples))}, got {name!r}")
    return _with_arrays(examples[name])


@cache
def _examples():
    text = resources.files("course_lib").joinpath("data/worked.json").read_text(encoding="utf-8")
    return json.loads(text)


def _with_arrays(value):
    if isinstance(value, dict):
        return {name: _with_arrays(part) for name, part in value.items()}
    if not isinstance(value, list):
        return value
    try:
        array = np.array(value)
    except ValueError:  # rows of different lengths
        array = None
    if array is not None and array.dtype.kind in "iuf":
        return array.astype(np.float64)
    return [_with_arrays(part) for part in value]
