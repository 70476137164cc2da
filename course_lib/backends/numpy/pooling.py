"""Pooling as one whole-array operation per place in the window: no loop over pixels."""

import numpy as np


def _views(x, kernel_size, stride, HO, WO):
    """Yield, for each place (k, l) of the window in row-major order, that pixel of every window."""
    (KH, KW), (sh, sw) = kernel_size, stride
    for k in range(KH):
        for m in range(KW):
            yield x[:, :, k : k + (HO - 1) * sh + 1 : sh, m : m + (WO - 1) * sw + 1 : sw]


def _sizes(H, W, kernel_size, stride, padding=(0, 0)):
    return (
        (H + 2 * padding[0] - kernel_size[0]) // stride[0] + 1,
        (W + 2 * padding[1] - kernel_size[1]) // stride[1] + 1,
    )


def max_pool2d(x, *, kernel_size, stride, padding):
    (KH, KW), (sh, sw), (ph, pw) = kernel_size, stride, padding
    N, C, H, W = x.shape
    HO, WO = _sizes(H, W, kernel_size, stride, padding)
    if ph or pw:
        x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    # place counts through the window in row-major order, from its first pixel inside the image.
    small = np.min_scalar_type(KH * KW)
    tops, lefts = np.arange(HO)[:, None] * sh - ph, np.arange(WO) * sw - pw
    first = np.maximum(-tops, 0) * KW + np.maximum(-lefts, 0)
    views = list(_views(x, kernel_size, stride, HO, WO))
    y = views[0].copy()
    place = np.broadcast_to(first, y.shape).astype(small)
    for number, view in enumerate(views[1:], start=1):
        # Strictly greater: of equal maxima the first wins. Later numbers are larger, so the maximum
        # keeps the last improvement.
        np.maximum(place, (view > y) * small.type(number), out=place)
        np.maximum(y, view, out=y)
    if np.isnan(y.max(initial=-np.inf)):
        for number, view in enumerate(views):
            place[np.isnan(view)] = number  # of several NaN the last, as torch
    steps = (np.arange(KH)[:, None] * W + np.arange(KW)).ravel()
    switches = steps[place]
    switches += tops * W + lefts
    return y, switches


def _places(switches, shape):
    """Turn indices into each image into indices into the whole flattened array."""
    N, C, H, W = shape
    return (switches + (np.arange(N * C) * (H * W)).reshape(N, C, 1, 1)).ravel()


def max_pool2d_backward(dy, switches, input_shape):
    places = _places(switches, input_shape)
    dx = np.zeros(np.prod(input_shape), dtype=dy.dtype)
    np.add.at(dx, places, dy.ravel())
    return dx.reshape(input_shape)


def max_unpool2d(y, switches, output_shape):
    x = np.zeros(output_shape, dtype=y.dtype)
    x.ravel()[_places(switches, output_shape)] = y.ravel()
    return x


def avg_pool2d(x, *, kernel_size, stride):
    HO, WO = _sizes(*x.shape[2:], kernel_size, stride)
    y = np.zeros((*x.shape[:2], HO, WO), dtype=x.dtype)
    for view in _views(x, kernel_size, stride, HO, WO):
        y += view
    y /= kernel_size[0] * kernel_size[1]
    return y


def avg_pool2d_backward(dy, *, input_shape, kernel_size, stride):
    dx = np.zeros(input_shape, dtype=dy.dtype)
    share = dy / (kernel_size[0] * kernel_size[1])
    for view in _views(dx, kernel_size, stride, *dy.shape[2:]):
        view += share
    return dx


def global_avg_pool2d(x):
    return x.mean(axis=(2, 3))
