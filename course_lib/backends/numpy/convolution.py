"""Convolution in NumPy as one matrix product over windows (im2col)."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def conv1d(x, w, b=None, *, stride, padding, dilation, groups):
    y = conv2d(
        x[:, :, None], w[:, :, None], b,
        stride=(1, stride), padding=(0, padding), dilation=(1, dilation), groups=groups,
    )  # fmt: skip
    return y[:, :, 0]


def conv1d_backward(dy, x, w, *, stride, padding, dilation, groups):
    dx, dw, db = conv2d_backward(
        dy[:, :, None], x[:, :, None], w[:, :, None],
        stride=(1, stride), padding=(0, padding), dilation=(1, dilation), groups=groups,
    )  # fmt: skip
    return dx[:, :, 0], dw[:, :, 0], db


def _windows(x, w, stride, dilation, groups):
    """Return a view of all windows: (N, groups, C/groups, HO, WO, KH, KW)."""
    N, C, H, W = x.shape
    KH, KW = w.shape[2:]
    high, wide = dilation[0] * (KH - 1) + 1, dilation[1] * (KW - 1) + 1
    view = sliding_window_view(x, (high, wide), axis=(2, 3), writeable=True)
    view = view[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]
    return view.reshape(N, groups, C // groups, *view.shape[2:])


def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
    x = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    windows = _windows(x, w, stride, dilation, groups)
    weights = w.reshape(groups, -1, *w.shape[1:])
    y = np.einsum("ngchwkl,gfckl->ngfhw", windows, weights, optimize=True)
    y = y.reshape(x.shape[0], w.shape[0], *y.shape[3:])
    return y if b is None else y + b[:, None, None]


def conv2d_backward(dy, x, w, *, stride, padding, dilation, groups):
    (ph, pw), (H, W) = padding, x.shape[2:]
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    windows = _windows(x, w, stride, dilation, groups)
    weights = w.reshape(groups, -1, *w.shape[1:])
    grouped = dy.reshape(dy.shape[0], groups, -1, *dy.shape[2:])
    dw = np.einsum("ngchwkl,ngfhw->gfckl", windows, grouped, optimize=True).reshape(w.shape)
    dx = np.zeros_like(x)
    HO, WO = dy.shape[2:]
    for k, m in np.ndindex(*w.shape[2:]):
        top, left = k * dilation[0], m * dilation[1]
        rows = slice(top, top + stride[0] * (HO - 1) + 1, stride[0])
        columns = slice(left, left + stride[1] * (WO - 1) + 1, stride[1])
        part = np.einsum("ngfhw,gfc->ngchw", grouped, weights[..., k, m], optimize=True)
        dx[:, :, rows, columns] += part.reshape(x.shape[0], x.shape[1], HO, WO)
    return dx[:, :, ph : ph + H, pw : pw + W], dw, dy.sum(axis=(0, 2, 3))


def conv_matrix(w, input_shape, *, stride, padding, dilation):
    size = input_shape[0] * input_shape[1] * input_shape[2]
    # Column by column: the convolution of each image that is 1 at one pixel.
    pixels = np.eye(size, dtype=w.dtype).reshape(size, *input_shape)
    y = conv2d(pixels, w, stride=stride, padding=padding, dilation=dilation, groups=1)
    return np.ascontiguousarray(y.reshape(size, -1).T)
