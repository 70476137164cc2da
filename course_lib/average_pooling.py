"""Average pooling, of windows and of whole channels: forward, backward and as a matrix."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from course_lib import backends, validate
from course_lib.arrays import Array, Backend, Pair
from course_lib.geometry import checked_windows, image_shape


def avg_pool2d(
    x: Array, kernel_size: Pair, *, stride: Pair | None = None, backend: Backend = None
) -> Array:
    r"""Take the mean of each window.

    .. math::

        y_{n,c,i,j} = \frac{1}{KH \, KW} \sum_{u,v} x_{n,\,c,\,is + u,\,js + v}

    with s = stride.

    Args:
        x: (N, C, H, W).
        kernel_size: size of the window; an int, or a pair (rows, columns).
        stride: steps from one window to the next; None for kernel_size.
        backend: "reference", "numpy" or "torch"; None picks by the type of x.

    Returns:
        (N, C, HO, WO) with HO = (H - KH) // stride + 1 and WO likewise, in the dtype of x.

    Raises:
        TypeError: x is not a floating array.
        ValueError: an option is out of range, or the window is larger than the image.

    Source:
        LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition
        (1998), section II.B.

    >>> import numpy as np
    >>> avg_pool2d(np.array([[[[1.0, 3.0, 4.0, 6.0]]]]), (1, 2))
    array([[[[2., 5.]]]])
    """
    validate.arrays(x=x)
    validate.batch("x", x, ["N", "C", "H", "W"])
    options, _, _ = checked_windows(x.shape[2:], kernel_size, stride)
    return backends.call("pooling.avg_pool2d", backend, (x,), **options)


def avg_pool2d_backward(
    dy: Array, input_shape: Sequence[int], kernel_size: Pair, *, stride: Pair | None = None,
    backend: Backend = None,
) -> Array:  # fmt: skip
    r"""Carry the gradient of a loss from the output of `avg_pool2d` back to its input.

    .. math::

        dx_{n,c,r,q} = \frac{1}{KH \, KW} \sum_{(i,j) \,\ni\, (r,q)} dy_{n,c,i,j}

    over the windows (i, j) that contain the pixel (r, q).

    Args:
        dy: (N, C, HO, WO) gradient of the loss at the output.
        input_shape: (N, C, H, W) of the input.
        kernel_size, stride, backend: as in `avg_pool2d`.

    Returns:
        dx, (N, C, H, W) in the dtype of dy.

    Raises:
        TypeError: dy is not a floating array.
        ValueError: as in `avg_pool2d`; dy must have the shape of the forward output.

    Source:
        LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition
        (1998), section II.B.

    >>> import numpy as np
    >>> avg_pool2d_backward(np.array([[[[2.0, 4.0]]]]), (1, 1, 1, 4), (1, 2))
    array([[[[1., 1., 2., 2.]]]])
    """
    validate.arrays(dy=dy)
    validate.batch("dy", dy, ["N", "C", "HO", "WO"])
    input_shape = image_shape("input_shape", input_shape, dy, "dy")
    options, _, sizes = checked_windows(input_shape[2:], kernel_size, stride)
    validate.shape("dy", dy, input_shape[:2] + tuple(sizes))
    return backends.call(
        "pooling.avg_pool2d_backward", backend, (dy,), input_shape=input_shape, **options
    )


def avg_pool_matrix(
    input_shape: Sequence[int], kernel_size: Pair, *, stride: Pair | None = None
) -> NDArray[np.float64]:
    r"""Write average pooling as a matrix.

    .. math::

        \operatorname{vec}(\mathrm{avg\_pool2d}(x)) = M \operatorname{vec}(x)

    with vec taken row by row, as `ravel` does. There is no backend to choose, because no array is
    given that could decide.

    Args:
        input_shape: (H, W) of one image.
        kernel_size, stride: as in `avg_pool2d`.

    Returns:
        M, float64 (HO*WO, H*W): row (i, j) holds 1/(KH*KW) at the pixels of its window, so that
        every row sums to 1.

    Raises:
        ValueError: an option is out of range, or the window is larger than the image.

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), section 9.1, on the matrix of a
        convolution; average pooling is the convolution with a constant kernel.

    >>> avg_pool_matrix((1, 4), (1, 2))
    array([[0.5, 0.5, 0. , 0. ],
           [0. , 0. , 0.5, 0.5]])
    """
    H, W = validate.sizes("input_shape", input_shape, ["H", "W"], minimum=1)
    unit_images = np.eye(H * W).reshape(H * W, 1, H, W)
    columns = avg_pool2d(unit_images, kernel_size, stride=stride)
    return np.ascontiguousarray(columns.reshape(H * W, -1).T)


def global_avg_pool2d(x: Array, *, backend: Backend = None) -> Array:
    r"""Take the mean of each channel's whole image.

    .. math::

        y_{n,c} = \frac{1}{H \, W} \sum_{i,j} x_{n,c,i,j}

    Args:
        x: (N, C, H, W).
        backend: as in `avg_pool2d`.

    Returns:
        (N, C) in the dtype of x.

    Raises:
        TypeError: x is not a floating array.
        ValueError: x does not have four axes, or has no channels or pixels.

    Source:
        Lin, Chen and Yan, Network In Network (2014), section 3.2.

    >>> import numpy as np
    >>> global_avg_pool2d(np.array([[[[1.0, 0.0], [2.0, 3.0]]]]))
    array([[1.5]])
    """
    validate.arrays(x=x)
    validate.batch("x", x, ["N", "C", "H", "W"])
    return backends.call("pooling.global_avg_pool2d", backend, (x,))
