"""Convolution in NumPy as matrix products with windows: y = w columns, dw = dy columns^T."""

import numpy as np

from course_lib.backends.numpy.windows import Windows


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


def _grouped(groups, C, F):
    """Yield the slices of channels and of filters that belong together."""
    for g in range(groups):
        yield (
            slice(g * C // groups, (g + 1) * C // groups),
            slice(g * F // groups, (g + 1) * F // groups),
        )


def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
    (N, C, H, W), (F, channels, *kernel) = x.shape, w.shape
    windows = Windows((N, channels, H, W), kernel, stride, padding, dilation, x.dtype)
    y = np.empty((N, F, windows.HO, windows.WO), x.dtype)
    positions = y.reshape(N, F, windows.HO * windows.WO)
    weights = np.zeros((F, w[0].size + 1), w.dtype)
    weights[:, :-1] = _as_rows(w)
    if b is not None:
        weights[:, -1] = b
    for seen, filters in _grouped(groups, C, F):
        for images, rows in windows.chunks():
            columns = windows.load(x[:, seen], images, rows)
            places = slice(rows.start * windows.WO, rows.stop * windows.WO)
            np.matmul(weights[filters], columns, out=positions[images, filters, places])
    return y


def _as_rows(w):
    """Write each filter in the order of the windows' columns: KH, KW, C."""
    return w.transpose(0, 2, 3, 1).reshape(len(w), w[0].size)


def conv2d_backward(dy, x, w, *, stride, padding, dilation, groups):
    (N, C, H, W), (F, channels, *kernel) = x.shape, w.shape
    windows = Windows((N, channels, H, W), kernel, stride, padding, dilation, x.dtype)
    positions = dy.reshape(N, F, windows.HO * windows.WO)
    # With few channels it is cheaper to scatter their windows than to gather those of dy.
    scatter = _full(kernel, padding, dilation, stride) is None or 4 * channels * groups < F
    dx = np.zeros_like(x, order="C") if scatter else None
    weights = _as_rows(w)
    rows_of_dw = np.zeros_like(weights)
    for seen, filters in _grouped(groups, C, F):
        transposed = np.ascontiguousarray(weights[filters].T)
        for images, rows in windows.chunks():
            columns = windows.load(x[:, seen], images, rows)[:, :-1]
            upstream = positions[images, filters, rows.start * windows.WO : rows.stop * windows.WO]
            rows_of_dw[filters] += np.matmul(upstream, columns.transpose(0, 2, 1)).sum(axis=0)
            if scatter:
                np.matmul(transposed, upstream, out=columns)
                windows.add(columns, dx[:, seen], images, rows)
    if not scatter:
        dx = _correlate_flipped(dy, w, padding, dilation, groups)
    dw = rows_of_dw.reshape(F, *kernel, channels).transpose(0, 3, 1, 2)
    return dx, np.ascontiguousarray(dw), dy.sum(axis=(0, 2, 3))


def _full(kernel, padding, dilation, stride):
    """Return the padding that turns the input's gradient into a convolution; None if none does."""
    full = tuple(d * (k - 1) - p for d, k, p in zip(dilation, kernel, padding, strict=True))
    return full if stride == (1, 1) and min(full) >= 0 else None


def _correlate_flipped(dy, w, padding, dilation, groups):
    """Convolve dy with the filters turned by 180 degrees, channels and filters exchanged."""
    F, channels, *kernel = w.shape
    flipped = w[:, :, ::-1, ::-1].reshape(groups, F // groups, channels, *kernel)
    flipped = flipped.swapaxes(1, 2).reshape(groups * channels, F // groups, *kernel)
    full = _full(kernel, padding, dilation, (1, 1))
    return conv2d(dy, flipped, stride=(1, 1), padding=full, dilation=dilation, groups=groups)


def conv_matrix(w, input_shape, *, stride, padding, dilation):
    size = input_shape[0] * input_shape[1] * input_shape[2]
    # Column by column: the convolution of each image that is 1 at one pixel.
    pixels = np.eye(size, dtype=w.dtype).reshape(size, *input_shape)
    y = conv2d(pixels, w, stride=stride, padding=padding, dilation=dilation, groups=1)
    return np.ascontiguousarray(y.reshape(size, -1).T)
