"""Fingerprints: enough of a nest to tell it from any other, and not enough to read it back."""

from collections.abc import Mapping

import numpy as np

from course_lib.checks.values import plain, shown


def fingerprint(nest):
    """Return a nest in three short parts that tell it from any other: [structure, numbers, size].

    The dtype is set aside: the same numbers in float32 have nearly the same fingerprint.
    """
    structure, flat = [], []
    _flatten(nest, structure, flat)
    flat = np.array(flat, dtype=np.float64)
    if not np.all(np.isfinite(flat)):
        structure.append("not finite")
        flat = np.nan_to_num(flat, nan=7.0, posinf=8.0, neginf=9.0)
    weights = np.random.default_rng(0).uniform(0.5, 1.5, size=(2, flat.size))
    size = np.sum(np.abs(flat))
    # What rounding leaves of 0 is another number on another processor.
    noise = max(1e-12, 1e-12 * size)
    sums = [float(f"{number:.9g}") if abs(number) > noise else 0.0 for number in weights @ flat]
    return [" ".join(structure), sums, float(f"{size:.3g}") if size > noise else 0.0]


def _flatten(nest, structure, flat):
    nest = plain(nest)
    match nest:
        case np.ndarray() if nest.dtype.kind in "biuf":
            structure.append(str(nest.shape) if nest.ndim else "1")
            flat.extend(nest.ravel().tolist())
        case Mapping():
            structure.append(f"{{{' '.join(map(str, nest))}}}")
            for one in nest.values():
                _flatten(one, structure, flat)
        case list() | tuple():
            structure.append(f"({len(nest)}")
            for one in nest:
                _flatten(one, structure, flat)
            structure.append(")")
        case bool() | np.bool_():
            structure.append(str(bool(nest)))
        case int() | float() | np.number() if not np.iscomplexobj(nest):
            structure.append("1")
            flat.append(float(nest))
        case _:
            structure.append(shown(nest))


def alike(one, other):
    """Whether two fingerprints are of the same values, up to rounding in float32."""
    (structure, sums, size), (other_structure, other_sums, other_size) = one, other
    bound = 1e-6 * max(size, other_size)
    return structure == other_structure and all(
        abs(a - b) <= bound for a, b in zip(sums, other_sums, strict=True)
    )
