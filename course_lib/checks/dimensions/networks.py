"""What the checks know of networks written as tuples."""

from course_lib import dimensions

_KINDS = {
    "conv": (lambda F, k, s, p: dimensions.Conv(F, k, stride=s, padding=p), "F, k, s, p"),
    "pool": (lambda k, s: dimensions.Pool(k, stride=s), "k, s"),
    "flatten": (dimensions.Flatten, ""),
    "dense": (dimensions.Dense, "units"),
}


def rule(input_shape):
    """Return a decorator: the rule gets a student's layers and their LayerSizes, if there are any.

    Where the layers cannot be followed from input_shape, that is the problem.
    """

    def decorate(judge):
        def judged(layers):
            rows = _tracked(layers, input_shape)
            return rows if isinstance(rows, str) else judge(layers, rows)

        return judged

    return decorate


def _tracked(layers, shape):
    """Return the LayerSizes of a student's layers, or in words why there are none."""
    if not isinstance(layers, (list, tuple)) or not layers:
        return f"it must be a list of layers, got {type(layers).__name__}"
    rows = []
    for number, layer in enumerate(layers):
        kind, *numbers = layer if isinstance(layer, (list, tuple)) and layer else [layer]
        make, names = _KINDS.get(kind, (None, "")) if isinstance(kind, str) else (None, "")
        if make is None:
            return f"layers[{number}] must begin with one of {', '.join(_KINDS)}, got {layer!r}"
        if len(numbers) != len(names.split()):
            return f"layers[{number}] must be ({', '.join([repr(kind), names])}), got {layer!r}"
        head = f"layers[{number}], {tuple(layer)},"
        if kind == "dense" and len(shape) != 1:
            return f"{head} needs one row of numbers, but {shape} arrives: is ('flatten',) missing?"
        if kind in ("conv", "pool") and len(shape) != 3:
            return f"{head} needs a map (C, H, W), but {shape} arrives"
        try:
            rows += dimensions.track(shape, [make(*numbers)])
        except (TypeError, ValueError) as error:
            words = str(error).rpartition(f"on shape {shape}: ")[2]
            return f"{head} does not fit {shape}: {words}"
        shape = rows[-1].shape
    return rows


def field(layers):
    """Return how many pixels one unit after the last of the layers sees along one axis."""
    first = last = 0
    for kind, *numbers in reversed(layers):
        k, s, p = numbers[1:] if kind == "conv" else (*numbers, 0)
        first, last = first * s - p, last * s - p + k - 1
    return last - first + 1
