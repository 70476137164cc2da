"""What the checks know of networks written as tuples; `track` itself follows them."""

from collections import namedtuple

from course_lib import validate
from course_lib.checks import dimensions

_KINDS = {"conv": "F k s p", "pool": "k s", "flatten": "", "dense": "units"}
_ROW = namedtuple("_ROW", "shape parameters")


def rule(input_shape):
    """Return a decorator: the rule gets a student's layers, and (shape, parameters) of each.

    Where the layers cannot be followed from input_shape, that is the problem.
    """

    def decorate(judge):
        def judged(layers):
            rows = _tracked(layers, input_shape)
            return rows if isinstance(rows, str) else judge(layers, rows)

        return judged

    return decorate


def _tracked(layers, shape):
    """Return (shape, parameters) of each of a student's layers, or in words why there are none."""
    if not isinstance(layers, (list, tuple)) or not layers:
        return f"it must be a list of layers, got {type(layers).__name__}"
    follow, rows = dimensions.track.right_function(), []
    for number, layer in enumerate(layers):
        kind, *numbers = layer if isinstance(layer, (list, tuple)) and layer else [layer]
        names = _KINDS.get(kind) if isinstance(kind, str) else None
        if names is None:
            return f"layers[{number}] must begin with one of {', '.join(_KINDS)}, got {layer!r}"
        names = names.split()
        if len(numbers) != len(names):
            wanted = ", ".join([repr(kind), *names])
            return f"layers[{number}] must be ({wanted}), got {layer!r}"
        head = f"layers[{number}], {tuple(layer)},"
        if kind == "dense" and len(shape) != 1:
            return f"{head} needs one row of numbers, but {shape} arrives: is ('flatten',) missing?"
        if kind in ("conv", "pool") and len(shape) != 3:
            return f"{head} needs a map (C, H, W), but {shape} arrives"
        try:
            for name, one in zip(names, numbers, strict=True):
                validate.integer(name, one, minimum=0 if name == "p" else 1)
        except (TypeError, ValueError) as error:
            return f"{head} does not fit {shape}: {error}"
        of = dict(zip(names, numbers, strict=True))
        if of.get("k", 0) > min(shape[1:], default=0) + 2 * of.get("p", 0):
            return f"{head} does not fit {shape}: its window is larger than what it slides over"
        [row] = follow(shape, [layer])
        rows.append(_ROW(*row))
        shape = rows[-1].shape
    return rows


def field(layers):
    """Return how many pixels one unit after the last of the layers sees along one axis."""
    pairs = [layer[2:4] if layer[0] == "conv" else layer[1:3] for layer in layers]
    return dimensions.receptive_field.right_function()(pairs)
