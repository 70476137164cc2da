"""Bilinear interpolation: how a small map is laid over a large image."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F

from course_lib import validate
from course_lib.arrays import AnyArray
from course_lib.attribution import _model


def bilinear(corners: Sequence[Sequence[float]] | AnyArray, x: float, y: float) -> Any:
    r"""Interpolate between the four corners of the unit square.

    .. math::

        f(x, y) = f_{11} (1 - x)(1 - y) + f_{21} \, x (1 - y) + f_{12} (1 - x) \, y + f_{22} \, x y

    Args:
        corners: [[f11, f12], [f21, f22]]: rows along x, columns along y; nested lists, an array or
            a tensor.
        x, y: numbers in [0, 1].

    Returns:
        The value at (x, y).

    Raises:
        ValueError: corners of another shape, or a point outside the square.

    Source:
        Press et al., Numerical Recipes (2007), section 3.6.1.

    >>> bilinear([[1.0, 3.0], [5.0, 9.0]], 0.25, 0.5)
    3.25
    """
    if len(corners) != 2 or any(len(row) != 2 for row in corners):
        raise ValueError(f"corners must be [[f11, f12], [f21, f22]], got {corners!r}")
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise ValueError(f"x and y must be in [0, 1], got {x} and {y}")
    (f11, f12), (f21, f22) = corners
    return f11 * (1 - x) * (1 - y) + f21 * x * (1 - y) + f12 * (1 - x) * y + f22 * x * y


def upscale(
    maps: torch.Tensor, size: int | Sequence[int], *, align_corners: bool = False
) -> torch.Tensor:
    r"""Enlarge maps by bilinear interpolation (linear for maps with one axis).

    .. math::

        y_{i,j} = {} & \text{bilinear between the four pixels around} \\ & \left(
        \frac{(i + \frac12)\, h}{H} - \frac12, \; \frac{(j + \frac12)\, w}{W} - \frac12 \right)

    or, with align_corners, around :math:`\bigl(i \frac{h-1}{H-1}, \; j \frac{w-1}{W-1}\bigr)`;
    places beyond the outermost pixel centres take the edge's value.

    Libraries differ here: torch and Captum have align_corners=False, OpenCV likewise; some older
    code aligns the corners. A 2x2 map enlarged to 4x4 differs at the second pixel already.

    Args:
        maps: (N, h, w) or (N, l) floating tensor.
        size: (H, W), or L (an int or a 1-tuple) for maps with one axis.
        align_corners: put the corner pixels of both sizes on each other.

    Returns:
        (N, H, W) or (N, L).

    Raises:
        TypeError: maps is not a floating tensor.
        ValueError: NaN, another number of axes, or a size below 1.

    Source:
        Press et al., Numerical Recipes (2007), section 3.6.1; torch.nn.functional.interpolate.

    >>> upscale(torch.tensor([[0.0, 4.0]]), 4)
    tensor([[0., 1., 3., 4.]])
    """
    maps = _model.checked_tensor("maps", maps)
    parts = tuple(size) if isinstance(size, (tuple, list, torch.Size)) else (size,)
    size = tuple(validate.integer("size", part, minimum=1) for part in parts)
    if maps.ndim not in (2, 3) or len(size) != maps.ndim - 1:
        raise ValueError(
            "maps must be (N, h, w) with a size (H, W), or (N, l) with a size L, got shape "
            f"{tuple(maps.shape)} and size {size}"
        )
    return enlarged(maps, size, align_corners)


def enlarged(maps, size, align_corners=False):
    """`upscale` without its checks, and differentiable."""
    mode = "linear" if maps.ndim == 2 else "bilinear"
    return F.interpolate(maps[:, None], size, mode=mode, align_corners=align_corners)[:, 0]
