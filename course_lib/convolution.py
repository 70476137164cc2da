"""Convolution, forward and backward, in one and two dimensions, and as a matrix.

"Convolution" means cross-correlation here, as in torch and every deep-learning library: the kernel
slides over the input without being flipped.

In float32 the NumPy backend is off by at most max(4, sqrt(n) / 4) eps (of 1.2e-7) times the sum of
the absolute values of the n products that a result adds up; measured, up to n = 720,000.
"""

from collections.abc import Sequence
from typing import Generic, NamedTuple

from course_lib import backends, validate
from course_lib.arrays import AnyArray, Array, Backend, Pair
from course_lib.geometry import checked_convolution, output_sizes


class ConvolutionGradients(NamedTuple, Generic[Array]):
    """Gradients of a loss with respect to a convolution's input, weights and bias."""

    dx: Array
    dw: Array
    db: Array


def conv1d(
    x: Array, w: AnyArray, b: AnyArray | None = None, *, stride: int = 1, padding: int = 0,
    dilation: int = 1, groups: int = 1, backend: Backend = None,
) -> Array:  # fmt: skip
    r"""Slide each filter along a sequence and sum the products (cross-correlation).

    .. math::

        y_{n,f,i} = b_f + \sum_{c,u} w_{f,c,u} \; x_{n,\,c,\,is + ud - p}

    with s = stride, p = padding, d = dilation.

    Args:
        x: (N, C, L) input, zero outside.
        w: (F, C/groups, KL) filters.
        b: (F,) bias, or None for no bias.
        stride: steps from one window to the next.
        padding: zeros added at each end.
        dilation: steps between the inputs of one window.
        groups: blocks of channels and filters that see only each other.
        backend: "reference", "numpy", "torch" or "triton"; None picks by the type of x.

    Returns:
        (N, F, LO) in the dtype of x; LO = (L + 2*padding - dilation*(KL - 1) - 1) // stride + 1.

    Raises:
        TypeError: an array argument is not a floating array, or kinds or dtypes are mixed.
        ValueError: shapes do not fit, an option is out of range, or the kernel is larger than the
            padded input.

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), section 9.1, equation 9.6.

    >>> import numpy as np
    >>> conv1d(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, 10.0]]]))
    array([[[21., 42.]]])
    """
    options, _ = checked_convolution(x, w, b, 1, stride, padding, dilation, groups)
    return backends.call("convolution.conv1d", backend, (x, w, b), **options)


def conv1d_backward(
    dy: Array, x: AnyArray, w: AnyArray, *, stride: int = 1, padding: int = 0,
    dilation: int = 1, groups: int = 1, backend: Backend = None,
) -> ConvolutionGradients[Array]:  # fmt: skip
    r"""Carry the gradient of a loss from the output of `conv1d` back to its input and weights.

    .. math::

        dx_{n,c,j} &= \sum_{f,i,u} dy_{n,f,i} \, w_{f,c,u}
            \quad \text{where } is + ud - p = j \\
        dw_{f,c,u} &= \sum_{n,i} dy_{n,f,i} \; x_{n,\,c,\,is + ud - p} \\
        db_f &= \sum_{n,i} dy_{n,f,i}

    with s = stride, p = padding, d = dilation.

    Args:
        dy: (N, F, LO) gradient of the loss at the output.
        x: (N, C, L) the input of the forward pass.
        w: (F, C/groups, KL) the filters of the forward pass.
        stride, padding, dilation, groups, backend: as in `conv1d`.

    Returns:
        ConvolutionGradients(dx, dw, db), shaped (N, C, L), (F, C/groups, KL) and (F,).

    Raises:
        TypeError, ValueError: as in `conv1d`; dy must have the shape of the forward output.

    Source:
        Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), chapter 4.

    >>> import numpy as np
    >>> x, w = np.array([[[1.0, 2.0, 4.0]]]), np.array([[[1.0, 10.0]]])
    >>> conv1d_backward(np.array([[[1.0, 1.0]]]), x, w).dx
    array([[[ 1., 11., 10.]]])
    """
    options, sizes = checked_convolution(x, w, None, 1, stride, padding, dilation, groups)
    validate.arrays(dy=dy, x=x)
    validate.shape("dy", dy, [x.shape[0], w.shape[0]] + sizes)
    result = backends.call("convolution.conv1d_backward", backend, (dy, x, w), **options)
    return ConvolutionGradients(*result)


def conv2d(
    x: Array, w: AnyArray, b: AnyArray | None = None, *, stride: Pair = 1, padding: Pair = 0,
    dilation: Pair = 1, groups: int = 1, backend: Backend = None,
) -> Array:  # fmt: skip
    r"""Slide each filter over an image and sum the products over all channels (cross-correlation).

    .. math::

        y_{n,f,i,j} = b_f + \sum_{c,u,v} w_{f,c,u,v} \; x_{n,\,c,\,is + ud - p,\,js + vd - p}

    with s = stride, p = padding, d = dilation.

    Args:
        x: (N, C, H, W) input, zero outside.
        w: (F, C/groups, KH, KW) filters.
        b: (F,) bias, or None for no bias.
        stride: steps from one window to the next; an int, or a pair (rows, columns).
        padding: zeros added at each edge; an int or a pair.
        dilation: steps between the inputs of one window; an int or a pair.
        groups: blocks of channels and filters that see only each other.
        backend: "reference", "numpy", "torch" or "triton"; None picks by the type of x.

    Returns:
        (N, F, HO, WO) with HO = (H + 2*padding - dilation*(KH - 1) - 1) // stride + 1 and WO
        likewise, in the dtype of x.

    Raises:
        TypeError: an array argument is not a floating array, or kinds or dtypes are mixed.
        ValueError: shapes do not fit, an option is out of range, or the kernel is larger than the
            padded input.

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), section 9.1, equation 9.6.

    >>> import numpy as np
    >>> x = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    >>> conv2d(x, np.array([[[[1.0, 10.0]]]]))
    array([[[[21.],
             [43.]]]])
    """
    options, _ = checked_convolution(x, w, b, 2, stride, padding, dilation, groups)
    return backends.call("convolution.conv2d", backend, (x, w, b), **options)


def conv2d_backward(
    dy: Array, x: AnyArray, w: AnyArray, *, stride: Pair = 1, padding: Pair = 0,
    dilation: Pair = 1, groups: int = 1, backend: Backend = None,
) -> ConvolutionGradients[Array]:  # fmt: skip
    r"""Carry the gradient of a loss from the output of `conv2d` back to its input and weights.

    .. math::

        dx_{n,c,r,q} &= \sum_{f,i,j,u,v} dy_{n,f,i,j} \, w_{f,c,u,v}
            \quad \text{where } is + ud - p = r, \; js + vd - p = q \\
        dw_{f,c,u,v} &= \sum_{n,i,j} dy_{n,f,i,j} \; x_{n,\,c,\,is + ud - p,\,js + vd - p} \\
        db_f &= \sum_{n,i,j} dy_{n,f,i,j}

    Each product of the forward sum sends dy w to its x, dy x to its w, and dy to the bias.

    Args:
        dy: (N, F, HO, WO) gradient of the loss at the output.
        x: (N, C, H, W) the input of the forward pass.
        w: (F, C/groups, KH, KW) the filters of the forward pass.
        stride, padding, dilation, groups, backend: as in `conv2d`.

    Returns:
        ConvolutionGradients(dx, dw, db), shaped (N, C, H, W), (F, C/groups, KH, KW) and (F,).

    Raises:
        TypeError, ValueError: as in `conv2d`; dy must have the shape of the forward output.

    Source:
        Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), chapter 4.

    >>> import numpy as np
    >>> x, w = np.ones((1, 1, 2, 2)), np.array([[[[1.0, 10.0]]]])
    >>> conv2d_backward(np.ones((1, 1, 2, 1)), x, w).dx
    array([[[[ 1., 10.],
             [ 1., 10.]]]])
    """
    options, sizes = checked_convolution(x, w, None, 2, stride, padding, dilation, groups)
    validate.arrays(dy=dy, x=x)
    validate.shape("dy", dy, [x.shape[0], w.shape[0]] + sizes)
    result = backends.call("convolution.conv2d_backward", backend, (dy, x, w), **options)
    return ConvolutionGradients(*result)


def conv_matrix(
    w: Array, input_shape: Sequence[int], *, stride: Pair = 1, padding: Pair = 0,
    dilation: Pair = 1, backend: Backend = None,
) -> Array:  # fmt: skip
    r"""Write a convolution as a matrix: a dense layer whose weights are shared and mostly zero.

    .. math::

        \begin{aligned}
        \operatorname{vec}(w \star x) &= M \operatorname{vec}(x) \\
        M_{(f,i,j),\,(c,r,q)} &=
        \begin{cases}
            w_{f,c,u,v} & \text{if } r = is + ud - p, \; q = js + vd - p \\
            0 & \text{otherwise}
        \end{cases}
        \end{aligned}

    with vec taken row by row, as `ravel` does.

    Args:
        w: (F, C, KH, KW) filters.
        input_shape: (C, H, W) of one image.
        stride, padding, dilation: as in `conv2d`.
        backend: "reference", "numpy" or "torch"; None picks by the type of w.

    Returns:
        (F*HO*WO, C*H*W) in the dtype of w; its transpose carries a gradient back to x.

    Raises:
        TypeError, ValueError: as in `conv2d`; input_shape is not three ints of at least 1.

    Source:
        Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), section 4.1.

    >>> import numpy as np
    >>> conv_matrix(np.array([[[[1.0, 10.0]]]]), (1, 1, 3))
    array([[ 1., 10.,  0.],
           [ 0.,  1., 10.]])
    """
    validate.arrays(w=w)
    shape = validate.sizes("input_shape", input_shape, ["C", "H", "W"])
    options = dict(
        stride=validate.pair("stride", stride, minimum=1),
        padding=validate.pair("padding", padding, minimum=0),
        dilation=validate.pair("dilation", dilation, minimum=1),
    )
    output_sizes(2, (1,) + shape, w.shape, None, *options.values(), 1)
    return backends.call("convolution.conv_matrix", backend, (w,), input_shape=shape, **options)
