"""Right answers of the exercise `dimensions`, written in other ways: `<task>_<how>`."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from course_lib import conv2d


def output_size_counted(n, k, *, stride=1, padding=0, dilation=1):
    last = n + padding - dilation * (k - 1)
    return len(range(-padding, last, stride))


def track_recursive(input_shape, layers):
    if not layers:
        return []
    (kind, *numbers), C = layers[0], input_shape[0]
    if kind == "flatten":
        shape, learns = (int(np.prod(input_shape)),), 0
    elif kind == "dense":
        shape, learns = (numbers[0],), (C + 1) * numbers[0]
    else:
        F, k, s, p = numbers if kind == "conv" else (C, *numbers, 0)
        shape = [F, *((n + 2 * p - k + s) // s for n in input_shape[1:])]
        learns = F * C * k**2 + F if kind == "conv" else 0
    return [[shape, learns], *track_recursive(shape, layers[1:])]


def repair_second():
    layers = [("conv", 6, 5, 1, 0), ("pool", 2, 2), ("conv", 16, 5, 1, 1), ("pool", 2, 2)]
    return [*layers, ("flatten",), ("dense", 120), ("dense", 84), ("dense", 10)]


def receptive_field_from_the_top(layers):
    field = 1
    for k, s in layers[::-1]:
        field = s * (field - 1) + k
    return field


def design_all_convolutional():
    halves = [("conv", filters, 5, 2, 2) for filters in (4, 8, 12, 16, 16)]
    return [*halves, ("conv", 10, 2, 1, 0), ("flatten",), ("dense", 10)]


def max_pool2d_windows(x, kernel_size, *, stride=None):
    s = stride or kernel_size
    places = np.arange(x.shape[2] * x.shape[3]).reshape(x.shape[2:])
    shape = (kernel_size, kernel_size)
    windows = sliding_window_view(x, shape, axis=(2, 3))[:, :, ::s, ::s]
    windows = windows.reshape(*windows.shape[:4], -1)
    places = sliding_window_view(places, shape)[::s, ::s].reshape(*windows.shape[2:4], -1)
    best = windows.argmax(axis=-1)[..., None]
    places = np.broadcast_to(places, windows.shape)
    return tuple(np.take_along_axis(part, best, axis=-1)[..., 0] for part in (windows, places))


def fractional_increments_loop(n_in, n_out, u):
    edges = [int(np.ceil(n_in / n_out * (i + u))) for i in range(n_out + 1)]
    return np.array([after - before for before, after in zip(edges, edges[1:], strict=False)])


def dilate_kron(w, dilation):
    gaps = np.zeros((dilation, dilation), dtype=w.dtype)
    gaps[0, 0] = 1
    return np.kron(w, gaps)[:, :, : 1 - dilation or None, : 1 - dilation or None]


def grouped_conv2d_split(x, w, b, groups):
    parts = (np.split(x, groups, axis=1), np.split(w, groups), np.split(b, groups))
    return np.concatenate([conv2d(*part) for part in zip(*parts, strict=True)], axis=1)
