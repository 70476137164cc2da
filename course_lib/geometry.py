"""Which windows fit on which images: the refusals of convolution and pooling, and output sizes."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from course_lib import validate
from course_lib.arrays import AnyArray, Pair

#: number of spatial axes -> the letters of x's and of w's axes
_LETTERS = {
    1: (("N", "C", "L"), ("F", "C/groups", "KL")),
    2: (("N", "C", "H", "W"), ("F", "C/groups", "KH", "KW")),
}


def checked_convolution(
    x: AnyArray, w: AnyArray, b: AnyArray | None, axes: int, stride: Pair, padding: Pair,
    dilation: Pair, groups: int,
) -> tuple[dict[str, Any], list[int]]:  # fmt: skip
    """Refuse a bad convolution; return its options, normalised, and its output's spatial sizes."""
    validate.arrays(x=x, w=w, b=b)
    number = validate.pair if axes == 2 else validate.integer
    options = dict(
        stride=number("stride", stride, minimum=1),
        padding=number("padding", padding, minimum=0),
        dilation=number("dilation", dilation, minimum=1),
        groups=validate.integer("groups", groups, minimum=1),
    )
    shapes = x.shape, w.shape, getattr(b, "shape", None)
    return options, output_sizes(axes, *shapes, *options.values())


@lru_cache(maxsize=1024)  # a network asks for the same few shapes again and again
def output_sizes(
    axes: int, x_shape: tuple[int, ...], w_shape: tuple[int, ...],
    b_shape: tuple[int, ...] | None, stride: Pair, padding: Pair, dilation: Pair, groups: int,
) -> list[int]:  # fmt: skip
    """Refuse shapes that do not fit together; return the output's spatial sizes."""
    image, kernel = _LETTERS[axes]
    validate.batch("x", x_shape, image)
    validate.shape("w", w_shape, kernel)
    x_shape, w_shape = tuple(x_shape), tuple(w_shape)
    C, (F, channels) = x_shape[1], w_shape[:2]
    if b_shape is not None:
        validate.shape("b", b_shape, [F])
    if 0 in w_shape:
        raise ValueError(f"w must have at least 1 along every axis, got shape {w_shape}")
    if C % groups or F % groups:
        raise ValueError(
            f"groups must divide the channels of x and the filters of w, got groups={groups} for "
            f"{C} channels and {F} filters"
        )
    if channels != C // groups:
        raise ValueError(
            f"w must have C/groups = {C // groups} channels to fit x of shape {x_shape}, "
            f"got {channels} in shape {w_shape}"
        )
    sizes = []
    for axis in range(axes):
        s, p, d = (v[axis] if isinstance(v, tuple) else v for v in (stride, padding, dilation))
        n, k = x_shape[2 + axis], w_shape[2 + axis]
        reach = d * (k - 1) + 1
        if n + 2 * p < reach:
            raise ValueError(
                f"w must fit inside the padded input: a kernel of {k} with dilation {d} covers "
                f"{reach}, but axis {2 + axis} of x has {n} + 2*{p} = {n + 2 * p}"
            )
        sizes.append((n + 2 * p - reach) // s + 1)
    return sizes


def checked_windows(
    image: Sequence[int], kernel_size: Pair, stride: Pair | None, padding: Pair = 0
) -> tuple[dict[str, tuple[int, int]], tuple[int, int], list[int]]:
    """Refuse windows that do not fit an image (H, W); return their options and output sizes."""
    kernel_size = validate.pair("kernel_size", kernel_size, minimum=1)
    stride = kernel_size if stride is None else validate.pair("stride", stride, minimum=1)
    padding = validate.pair("padding", padding, minimum=0)
    sizes = []
    for n, k, s, p in zip(image, kernel_size, stride, padding, strict=True):
        if p > k // 2:
            raise ValueError(
                f"padding must be at most half the kernel, {k // 2} for a kernel of {k}, got {p}"
            )
        if k > n + 2 * p:
            raise ValueError(
                f"kernel_size must fit inside the padded input of {n} + 2*{p} = {n + 2 * p}, "
                f"got {k}"
            )
        sizes.append((n + 2 * p - k) // s + 1)
    return dict(kernel_size=kernel_size, stride=stride), padding, sizes


def image_shape(name: str, shape: Sequence[int], like: AnyArray, like_name: str) -> tuple[int, ...]:
    """Refuse a shape that is not (N, C, H, W) with the examples and channels of `like`."""
    shape = validate.sizes(name, shape, ["N", "C", "H", "W"], minimum=0)
    validate.batch(name, shape, ["N", "C", "H", "W"])
    if shape[:2] != tuple(like.shape[:2]):
        raise ValueError(
            f"{name} must begin with (N, C) = {tuple(like.shape[:2])} as {like_name} does, "
            f"got {shape}"
        )
    return shape
