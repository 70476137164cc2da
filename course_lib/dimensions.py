"""The arithmetic of shapes: how a layer changes the size of its input, and what it has to learn.

A network is described by a list of the small layers below:

>>> network = [Conv(3, 5), Pool(2), Flatten(), Dense(10)]
>>> for size in track((1, 28, 28), network):
...     print(size.layer, size.shape, size.parameters)
Conv (3, 24, 24) 78
Pool (3, 12, 12) 0
Flatten (432,) 0
Dense (10,) 4330
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple, TypeAlias

from course_lib import validate
from course_lib.arrays import Pair


@dataclass(frozen=True)
class Conv:
    """`filters` filters over all channels; the options are those of `conv2d`."""

    filters: int
    kernel_size: Pair
    stride: Pair = 1
    padding: Pair = 0
    dilation: Pair = 1
    groups: int = 1
    bias: bool = True


@dataclass(frozen=True)
class Pool:
    """Max or average pooling; the stride is the kernel size unless given."""

    kernel_size: Pair
    stride: Pair | None = None
    padding: Pair = 0


@dataclass(frozen=True)
class GlobalAveragePool:
    """(C, H, W) to (C,): the mean of each plane."""


@dataclass(frozen=True)
class Flatten:
    """(C, H, W) to (C*H*W,), row by row."""


@dataclass(frozen=True)
class Dense:
    """`units` weighted sums of all inputs."""

    units: int
    bias: bool = True


Layer: TypeAlias = Conv | Pool | GlobalAveragePool | Flatten | Dense
Shape: TypeAlias = tuple[int, ...]


class LayerSize(NamedTuple):
    """One layer: its name, the shape of its output, and how many numbers it learns."""

    layer: str
    shape: tuple[int, ...]
    parameters: int


def output_size(n: int, k: int, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    r"""Count the places where a kernel fits along one axis.

    .. math::

        o = \left\lfloor \frac{n + 2p - d\,(k - 1) - 1}{s} \right\rfloor + 1

    Args:
        n: size of the input along the axis.
        k: size of the kernel.
        stride, padding, dilation: as in `conv1d`.

    Returns:
        The size of the output along the axis, at least 1.

    Raises:
        TypeError: an argument is not an integer.
        ValueError: an argument is out of range, or the kernel is larger than the padded input.

    Source:
        Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), section 5.

    >>> output_size(28, 5)
    24
    >>> output_size(7, 3, stride=2, padding=1)
    4
    """
    n = validate.integer("n", n, minimum=1)
    k = validate.integer("k", k, minimum=1)
    stride = validate.integer("stride", stride, minimum=1)
    padding = validate.integer("padding", padding, minimum=0)
    dilation = validate.integer("dilation", dilation, minimum=1)
    reach = dilation * (k - 1) + 1
    if reach > n + 2 * padding:
        raise ValueError(
            f"k must fit inside the padded input: a kernel of {k} with dilation {dilation} covers "
            f"{reach}, but the input has {n} + 2*{padding} = {n + 2 * padding}"
        )
    return (n + 2 * padding - reach) // stride + 1


def track(input_shape: Sequence[int], layers: Iterable[Layer]) -> list[LayerSize]:
    r"""Follow the shape of one example through a network, and count what each layer learns.

    .. math::

        \text{convolution:} \quad & F \left( \tfrac{C}{\mathrm{groups}} \, KH \, KW + 1 \right) \\
        \text{dense layer:} \quad & \mathrm{units} \, (\mathrm{inputs} + 1)

    numbers to learn; without a bias the 1 falls away.

    Args:
        input_shape: (C, H, W), or (D,) for a network of dense layers.
        layers: a list of Conv, Pool, GlobalAveragePool, Flatten and Dense.

    Returns:
        A list with one LayerSize(layer, shape, parameters) per layer; the shapes leave out N.

    Raises:
        TypeError: input_shape or a layer is not one of those, or a size is not an integer.
        ValueError: a layer that does not fit the shape before it; the message says which.

    Source:
        Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), chapter 2.

    >>> track((3, 8, 8), [Conv(4, 3, padding=1), GlobalAveragePool()])[-1]
    LayerSize(layer='GlobalAveragePool', shape=(4,), parameters=0)
    >>> sum(size.parameters for size in track((1, 28, 28), [Conv(3, 5), Pool(2)]))
    78
    """
    letters = ["D"] if isinstance(input_shape, (tuple, list)) and len(input_shape) == 1 else "CHW"
    shape = validate.sizes("input_shape", input_shape, letters)
    tracked = []
    for number, layer in enumerate(layers):
        step = _STEPS.get(type(layer))
        if step is None:
            allowed = ", ".join(kind.__name__ for kind in _STEPS)
            raise TypeError(f"layers[{number}] must be one of {allowed}, got {layer!r}")
        try:
            shape, parameters = step(shape, layer)
        except (TypeError, ValueError) as error:
            raise type(error)(f"layers[{number}], {layer!r} on shape {shape}: {error}") from None
        tracked.append(LayerSize(type(layer).__name__, shape, parameters))
    return tracked


def _image(shape: Shape) -> Shape:
    if len(shape) != 3:
        raise ValueError("the layer needs an input of shape (C, H, W)")
    return shape


def _places(
    sizes: Sequence[int], layer: Conv | Pool, stride: tuple[int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Shape:  # fmt: skip
    kernel = validate.pair("kernel_size", layer.kernel_size, minimum=1)
    padding = validate.pair("padding", layer.padding, minimum=0)
    return tuple(
        output_size(n, k, stride=s, padding=p, dilation=d)
        for n, k, s, p, d in zip(sizes, kernel, stride, padding, dilation, strict=True)
    )


def _conv(shape: Shape, layer: Conv) -> tuple[Shape, int]:
    C, *sizes = _image(shape)
    F = validate.integer("filters", layer.filters, minimum=1)
    groups = validate.integer("groups", layer.groups, minimum=1)
    if C % groups or F % groups:
        raise ValueError(
            f"groups must divide the channels and the filters, got {groups} for {C} channels and "
            f"{F} filters"
        )
    stride = validate.pair("stride", layer.stride, minimum=1)
    dilation = validate.pair("dilation", layer.dilation, minimum=1)
    places = _places(sizes, layer, stride, dilation)
    KH, KW = validate.pair("kernel_size", layer.kernel_size, minimum=1)
    return (F, *places), F * (C // groups * KH * KW + bool(layer.bias))


def _pool(shape: Shape, layer: Pool) -> tuple[Shape, int]:
    C, *sizes = _image(shape)
    stride = layer.kernel_size if layer.stride is None else layer.stride
    stride = validate.pair("stride", stride, minimum=1)
    KH, KW = validate.pair("kernel_size", layer.kernel_size, minimum=1)
    PH, PW = validate.pair("padding", layer.padding, minimum=0)
    if 2 * PH > KH or 2 * PW > KW:
        raise ValueError(
            f"padding must be at most half of kernel_size, got {layer.padding} for "
            f"{layer.kernel_size}: a window could lie outside the image altogether"
        )
    return (C, *_places(sizes, layer, stride)), 0


def _dense(shape: Shape, layer: Dense) -> tuple[Shape, int]:
    if len(shape) != 1:
        raise ValueError("the layer needs a flat input of shape (D,): put Flatten() before it")
    units = validate.integer("units", layer.units, minimum=1)
    return (units,), units * (shape[0] + bool(layer.bias))


_STEPS: dict[type, Callable[[Shape, Any], tuple[Shape, int]]] = {
    Conv: _conv,
    Pool: _pool,
    GlobalAveragePool: lambda shape, layer: (_image(shape)[:1], 0),
    Flatten: lambda shape, layer: ((prod(shape),), 0),
    Dense: _dense,
}
