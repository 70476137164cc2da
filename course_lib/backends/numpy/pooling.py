"""Pooling as one whole-array operation per place in the window: no loop over pixels."""

from functools import lru_cache

import numpy as np

CHUNK = 2**16  # pixels worked on at a time: they and the buffers beside them stay in the L2 cache


def _views(x, kernel_size, stride, HO, WO):
    """List, for each place of the window in row-major order, that pixel of every window."""
    (KH, KW), (sh, sw) = kernel_size, stride
    tall, wide = (HO - 1) * sh + 1, (WO - 1) * sw + 1
    return [x[..., k : k + tall : sh, m : m + wide : sw] for k, m in np.ndindex(KH, KW)]


def _sizes(H, W, kernel_size, stride, padding=(0, 0)):
    return (
        (H + 2 * padding[0] - kernel_size[0]) // stride[0] + 1,
        (W + 2 * padding[1] - kernel_size[1]) // stride[1] + 1,
    )


@lru_cache
def _window(H, W, kernel_size, stride, padding):
    """Describe the windows on an image.

    A place counts through the window in row-major order. Return the flat index of each window's
    corner, which padding may put outside; the steps from there to each place; and each window's
    first place inside the image.
    """
    (KH, KW), (sh, sw), (ph, pw) = kernel_size, stride, padding
    HO, WO = _sizes(H, W, kernel_size, stride, padding)
    tops, lefts = np.arange(HO)[:, None] * sh - ph, np.arange(WO) * sw - pw
    steps = np.arange(KH)[:, None] * W + np.arange(KW)
    first = np.maximum(-tops, 0) * KW + np.maximum(-lefts, 0)
    return tops * W + lefts, steps.ravel(), first.astype(np.min_scalar_type(KH * KW))


def max_pool2d(x, *, kernel_size, stride, padding):
    N, C, H, W = x.shape
    corner, steps, first = _window(H, W, kernel_size, stride, padding)
    planes = x.reshape(N * C, H, W)
    y = np.empty((N * C, *corner.shape), dtype=x.dtype)
    switches = np.empty(y.shape, dtype=np.int64)
    chunk = max(1, CHUNK // (H * W))
    for start in range(0, N * C, chunk):
        part = planes[start : start + chunk]
        if any(padding):
            edges = [(0, 0), *((p, p) for p in padding)]
            part = np.pad(part, edges, constant_values=-np.inf)
        best = y[start : start + chunk]
        place = _find_maxima(_views(part, kernel_size, stride, *corner.shape), first, best)
        where = switches[start : start + chunk]
        np.take(steps, place, out=where, mode="clip")  # clips nothing, but works unbuffered
        where += corner
    return y.reshape(N, C, *corner.shape), switches.reshape(N, C, *corner.shape)


def _find_maxima(views, first, best):
    """Write the elementwise maximum of the views into `best`; return which view it came from."""
    np.copyto(best, views[0])
    place = np.empty(best.shape, dtype=first.dtype)
    np.copyto(place, first)
    value, improvement = np.empty_like(best), np.empty_like(place)
    for k, view in enumerate(views[1:], start=1):
        np.copyto(value, view)
        # Strictly greater: of equal maxima the first wins. k grows, so that the maximum of the
        # improvements is the last of them.
        np.multiply(value > best, first.dtype.type(k), out=improvement)
        np.maximum(place, improvement, out=place)
        np.maximum(best, value, out=best)
    if np.isnan(best.max()):
        for k, view in enumerate(views):
            place[np.isnan(view)] = k  # of several NaN the last, as torch
    return place


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
