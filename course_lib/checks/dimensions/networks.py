"""What the checks know of networks written as tuples."""

from course_lib import dimensions

_KINDS = {
    "conv": (lambda F, k, s, p: dimensions.Conv(F, k, stride=s, padding=p), "F, k, s, p"),
    "pool": (lambda k, s: dimensions.Pool(k, stride=s), "k, s"),
    "flatten": (dimensions.Flatten, ""),
    "dense": (dimensions.Dense, "units"),
}


def tracked(layers, input_shape):
    """Return the LayerSizes of a student's layers, or in words why there are none."""
    if not isinstance(layers, (list, tuple)) or not layers:
        return f"it must be a list of layers, got {type(layers).__name__}"
    known = []
    for number, layer in enumerate(layers):
        kind, *numbers = layer if isinstance(layer, (list, tuple)) and layer else [layer]
        make, names = _KINDS.get(kind, (None, "")) if isinstance(kind, str) else (None, "")
        if make is None:
            return f"layers[{number}] must begin with one of {', '.join(_KINDS)}, got {layer!r}"
        if len(numbers) != len(names.split()):
            return f"layers[{number}] must be ({', '.join([repr(kind), names])}), got {layer!r}"
        known.append(make(*numbers))
    try:
        return dimensions.track(input_shape, known)
    except (TypeError, ValueError) as error:
        return str(error)


def field(layers):
    """Return how many pixels one unit after the last of the layers sees along one axis."""
    first = last = 0
    for kind, *numbers in reversed(layers):
        k, s, p = numbers[1:] if kind == "conv" else (*numbers, 0)
        first, last = first * s - p, last * s - p + k - 1
    return last - first + 1
