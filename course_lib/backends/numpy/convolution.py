"""Convolution in NumPy as matrix products with windows: y = w columns, dw = dy columns^T."""

from collections import OrderedDict
from contextlib import suppress
from threading import get_ident

import numpy as np

from course_lib.backends.numpy.windows import Windows

#: Windows that nobody uses now, by thread and geometry: their buffers spare the next call new
#: memory, which is slow. Enough for the layers of a small network, forward and backward.
_idle = OrderedDict()
_MOST_IDLE = 8


def conv1d(x, w, b=None, *, stride, padding, dilation, groups):
    # A sequence as an image one pixel wide: its rows, unlike its columns, can be cut into chunks.
    y = conv2d(
        x[..., None], w[..., None], b,
        stride=(stride, stride), padding=(padding, 0), dilation=(dilation, dilation), groups=groups,
    )  # fmt: skip
    return y[..., 0]


def conv1d_backward(dy, x, w, *, stride, padding, dilation, groups):
    dx, dw, db = conv2d_backward(
        dy[..., None], x[..., None], w[..., None],
        stride=(stride, stride), padding=(padding, 0), dilation=(dilation, dilation), groups=groups,
    )  # fmt: skip
    return dx[..., 0], dw[..., 0], db


def _borrow(x, w, stride, padding, dilation, groups):
    """Return the windows of one group of the channels of x, and the key to put them back with.

    Nobody else can have them meanwhile, not even a signal handler that convolves in this thread.
    After an exception they are not put back.
    """
    (N, _, H, W), (F, channels, *kernel) = x.shape, w.shape
    geometry = (N, channels, H, W), F // groups, tuple(kernel), stride, padding, dilation, x.dtype
    key = get_ident(), geometry
    return _idle.pop(key, None) or Windows(*geometry), key


def _put_back(windows, key):
    _idle[key] = windows
    if len(_idle) > _MOST_IDLE:
        with suppress(KeyError):  # other threads may have borrowed them all just now
            _idle.popitem(last=False)


def _grouped(groups, C, F):
    """Yield the slices of channels and of filters that belong together."""
    for g in range(groups):
        yield (
            slice(g * C // groups, (g + 1) * C // groups),
            slice(g * F // groups, (g + 1) * F // groups),
        )


def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
    N, C, F = *x.shape[:2], len(w)
    windows, key = _borrow(x, w, stride, padding, dilation, groups)
    y = np.empty((N, F, windows.HO, windows.WO), x.dtype)
    positions = y.reshape(N, F, windows.HO * windows.WO)
    for seen, filters in _grouped(groups, C, F):
        matrix = windows.weights(w[filters], None if b is None else b[filters])
        weights = windows.split(matrix)
        for images, rows in windows.chunks():
            places = slice(rows.start * windows.WO, rows.stop * windows.WO)
            here = positions[images, filters, places]
            first, *others = zip(weights, windows.load(x[:, seen], images, rows), strict=True)
            np.matmul(*first, out=here)
            for pair in others:
                here += np.matmul(*pair, out=windows.term[: len(here), :, : here.shape[2]])
    _put_back(windows, key)
    return y


def conv2d_backward(dy, x, w, *, stride, padding, dilation, groups):
    N, C, F = *x.shape[:2], len(w)
    windows, key = _borrow(x, w, stride, padding, dilation, groups)
    positions = dy.reshape(N, F, windows.HO * windows.WO)
    # With few channels it is cheaper to scatter their windows than to gather those of dy. Gathered,
    # an infinite weight would meet zeros of the padding that the formula does not have.
    scatter = (
        _full(w.shape[2:], padding, dilation, stride) is None
        or 4 * C < F
        or not np.isfinite(w).all()
    )
    dx = np.zeros(x.shape, x.dtype) if scatter else None
    dw, db = np.empty(w.shape, w.dtype), np.empty(F, w.dtype)
    for seen, filters in _grouped(groups, C, F):
        weights = windows.split(windows.weights(w[filters]))
        total = np.zeros((F // groups, 1 + w[0].size), w.dtype, "F")
        for images, rows in windows.chunks():
            upstream = positions[images, filters, rows.start * windows.WO : rows.stop * windows.WO]
            # Turning dy costs a copy, and makes the product up to twice as fast.
            turned_upstream = np.ascontiguousarray(upstream.transpose(0, 2, 1))
            matrices = windows.load(x[:, seen], images, rows)
            for part, matrix in zip(windows.split(total), matrices, strict=True):
                part += np.matmul(matrix, turned_upstream).sum(axis=0).T
            if scatter:
                dmatrices = [np.matmul(part.T, upstream) for part in weights]
                windows.add(dmatrices, dx[:, seen], images, rows)
        dw[filters], db[filters] = windows.filters(total), total[:, 0]
    _put_back(windows, key)
    if not scatter:
        dx = _correlate_flipped(dy, w, padding, dilation, groups)
    return dx, dw, db


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
    # Column by column: the convolution of each image that is 1 at one pixel, with numbered weights.
    pixels = np.eye(size).reshape(size, *input_shape)
    numbers = np.arange(1.0, w.size + 1).reshape(w.shape)
    y = conv2d(pixels, numbers, stride=stride, padding=padding, dilation=dilation, groups=1)
    # Each entry is now the number of its weight, or 0. So it can be infinite beside zeros.
    which = np.ascontiguousarray(y.reshape(size, -1).T).astype(np.intp)
    return np.concatenate([np.zeros(1, w.dtype), w.ravel()])[which]
