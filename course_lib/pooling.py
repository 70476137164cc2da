"""Max pooling with switches, its backward pass, and unpooling."""

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple

from course_lib import backends, validate
from course_lib.arrays import AnyArray, Array, Backend, Pair
from course_lib.geometry import checked_windows, image_shape


class MaxPool(NamedTuple, Generic[Array]):
    """The maximum of each window and its place in the image: switches are flat H*W indices."""

    y: Array
    switches: Array


def max_pool2d(
    x: Array, kernel_size: Pair, *, stride: Pair | None = None, padding: Pair = 0,
    backend: Backend = None,
) -> MaxPool[Array]:  # fmt: skip
    r"""Keep the largest value of each window, and remember where it was.

    .. math::

        y_{n,c,i,j} = \max_{u,v} \; x_{n,\,c,\,is + u - p,\,js + v - p}

    with s = stride, p = padding. Pixels outside the image never win. Of equal maxima the first in
    row-major order wins; NaN wins over every number.

    Args:
        x: (N, C, H, W).
        kernel_size: size of the window; an int, or a pair (rows, columns).
        stride: steps from one window to the next; None for kernel_size.
        padding: pixels of minus infinity added at each edge, at most half the kernel.
        backend: "reference", "numpy", "torch" or "triton"; None picks by the type of x.

    Returns:
        MaxPool(y, switches), both (N, C, HO, WO) with HO = (H + 2*padding - KH) // stride + 1 and
        WO likewise; y in the dtype of x, switches int64 indices into the flattened image.

    Raises:
        TypeError: x is not a floating array.
        ValueError: an option is out of range, or the window is larger than the padded image.

    Source:
        Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014), section 2.1.

    >>> import numpy as np
    >>> max_pool2d(np.array([[[[1.0, 5.0, 2.0, 0.0]]]]), (1, 2), stride=1)
    MaxPool(y=array([[[[5., 5., 2.]]]]), switches=array([[[[1, 1, 2]]]]))
    """
    validate.arrays(x=x)
    validate.batch("x", x, ["N", "C", "H", "W"])
    options, padding, _ = checked_windows(x.shape[2:], kernel_size, stride, padding)
    result = backends.call("pooling.max_pool2d", backend, (x,), padding=padding, **options)
    return MaxPool(*result)


def max_pool2d_backward(
    dy: Array, switches: AnyArray, input_shape: Sequence[int], *, backend: Backend = None
) -> Array:
    r"""Carry the gradient of a loss from the output of `max_pool2d` back to its input.

    .. math::

        dx_{n,c,q} = \sum_{(i,j)\,:\; \mathrm{switches}_{n,c,i,j} = q} dy_{n,c,i,j}

    over the windows (i, j) whose maximum stood at the flat index q.

    Args:
        dy: (N, C, HO, WO) gradient of the loss at the output.
        switches: (N, C, HO, WO) where each maximum was, from `max_pool2d`.
        input_shape: (N, C, H, W) of the input.
        backend: as in `max_pool2d`.

    Returns:
        dx, (N, C, H, W) in the dtype of dy.

    Raises:
        TypeError: dy is not a floating array, or switches are not integers.
        ValueError: shapes do not fit, or a switch lies outside the image.

    Source:
        LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition
        (1998), section II; the sum over overlapping windows is the chain rule.

    >>> import numpy as np
    >>> switches = np.array([[[[1, 1, 2]]]])
    >>> max_pool2d_backward(np.array([[[[1.0, 10.0, 100.0]]]]), switches, (1, 1, 1, 4))
    array([[[[  0.,  11., 100.,   0.]]]])
    """
    return _send("max_pool2d_backward", "dy", dy, switches, "input_shape", input_shape, backend)


def max_unpool2d(
    y: Array, switches: AnyArray, output_shape: Sequence[int], *, backend: Backend = None
) -> Array:
    r"""Put each pooled value back where its maximum was, and 0 everywhere else.

    .. math::

        x_{n,c,q} =
        \begin{cases}
            y_{n,c,i,j} & \text{if } \mathrm{switches}_{n,c,i,j} = q \\
            0 & \text{otherwise}
        \end{cases}

    Where overlapping windows name the same place, one of their values stays.

    Args:
        y: (N, C, HO, WO).
        switches: (N, C, HO, WO) where each maximum was, from `max_pool2d`.
        output_shape: (N, C, H, W) of the image to make.
        backend: as in `max_pool2d`.

    Returns:
        (N, C, H, W) in the dtype of y.

    Raises:
        TypeError: y is not a floating array, or switches are not integers.
        ValueError: shapes do not fit, or a switch lies outside the image.

    Source:
        Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014), section 2.1.

    >>> import numpy as np
    >>> max_unpool2d(np.array([[[[5.0, 2.0]]]]), np.array([[[[1, 2]]]]), (1, 1, 2, 2))
    array([[[[0., 5.],
             [2., 0.]]]])
    """
    return _send("max_unpool2d", "y", y, switches, "output_shape", output_shape, backend)


def _send(
    operation: str, name: str, values: AnyArray, switches: AnyArray, shape_name: str,
    shape: Sequence[int], backend: Backend,
) -> Any:  # fmt: skip
    """Check and run one of the two operations that send values to the places of their maxima."""
    validate.arrays(**{name: values})
    validate.batch(name, values, ["N", "C", "HO", "WO"])
    shape = image_shape(shape_name, shape, values, name)
    pixels = shape[2] * shape[3]
    # On the CPU torch's kernels refuse a wrong index themselves, and looking twice costs a fifth.
    in_torch = backend in (None, "torch") and validate.array_kind(values) == "torch"
    below = None if in_torch and str(values.device) == "cpu" else pixels
    switches = validate.indices("switches", switches, like=values, below=below)
    validate.shape("switches", switches, values.shape)
    options = {shape_name: shape}
    try:
        return backends.call(f"pooling.{operation}", backend, (values, switches), **options)
    except RuntimeError:
        validate.indices("switches", switches, like=values, below=pixels)
        raise
