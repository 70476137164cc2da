"""Padding of images at their edges."""

from typing import Any, Literal

import numpy as np

from course_lib import validate
from course_lib.arrays import Array, Pair


def pad2d(
    x: Array, padding: Pair, *, mode: Literal["constant", "wrap", "reflect"] = "constant",
    value: float = 0.0,
) -> Array:  # fmt: skip
    r"""Extend an image at its four edges.

    .. math::

        y_{n,c,i,j} = x_{n,\,c,\,i-p,\,j-p} \quad \text{inside}

    Outside stands `value`, the opposite edge ("wrap") or the mirror image ("reflect").

    There is no backend to choose, because nothing is computed: NumPy pads arrays, torch tensors.

    Args:
        x: (N, C, H, W).
        padding: pixels added at each edge; an int, or a pair (rows, columns).
        mode: "constant", "wrap" or "reflect", as in `numpy.pad`.
        value: the constant of mode "constant".

    Returns:
        (N, C, H + 2*padding, W + 2*padding), in the dtype of x.

    Raises:
        TypeError: x is not a floating array, or value no number.
        ValueError: x has no channels or pixels, padding below 0, an unknown mode, a padding that
            "wrap" (more than the image) or "reflect" (the whole image or more) cannot fill.

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), section 9.5.

    >>> import numpy as np
    >>> pad2d(np.array([[[[1.0, 2.0]]]]), (0, 1), mode="wrap")
    array([[[[2., 1., 2., 1.]]]])
    """
    validate.arrays(x=x)
    validate.batch("x", x, ["N", "C", "H", "W"])
    rows, columns = validate.pair("padding", padding, minimum=0)
    validate.choice("mode", mode, ("constant", "wrap", "reflect"))
    value = validate.number("value", value)
    for axis, p in ((2, rows), (3, columns)):
        most = {"constant": p, "wrap": x.shape[axis], "reflect": x.shape[axis] - 1}[mode]
        if p > most:
            raise ValueError(
                f"padding must be at most {most} for mode {mode!r} on an axis of "
                f"{x.shape[axis]}, got {p}"
            )
    pad: Any  # its types differ with the kind
    if validate.array_kind(x) == "torch":
        from torch.nn.functional import pad

        torch_mode = {"wrap": "circular"}.get(mode, mode)
        constant = {"value": value} if mode == "constant" else {}
        return pad(x, (columns, columns, rows, rows), mode=torch_mode, **constant)
    pad, edges = np.pad, ((0, 0), (0, 0), (rows, rows), (columns, columns))
    constant = {"constant_values": value} if mode == "constant" else {}
    return pad(x, edges, mode=mode, **constant)
