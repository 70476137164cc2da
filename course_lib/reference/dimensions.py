"""Shapes, receptive fields, pooling and grouping, as the exercise `dimensions` asks for them."""

import numpy as np


def conv2d(x, w, b):
    """An ordinary layer, which the exercise gives: every filter sees every channel."""
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))
    return np.einsum("nchwuv,fcuv->nfhw", windows, w) + b[:, None, None]


def output_size(n, k, *, stride=1, padding=0, dilation=1):
    """o = floor((n + 2*padding - dilation*(k - 1) - 1) / stride) + 1."""
    reach = dilation * (k - 1) + 1
    return (n + 2 * padding - reach) // stride + 1


def track(input_shape, layers):
    """Return (shape, parameters) after each of the layers, which are tuples:

    ("conv", F, k, s, p), ("pool", k, s), ("flatten",) and ("dense", units).
    """
    shape = tuple(input_shape)
    tracked = []
    for kind, *numbers in layers:
        parameters = 0
        if kind == "conv":
            F, k, s, p = numbers
            C, H, W = shape
            parameters = F * (C * k * k + 1)
            shape = (F, output_size(H, k, stride=s, padding=p))
            shape += (output_size(W, k, stride=s, padding=p),)
        elif kind == "pool":
            k, s = numbers
            C, H, W = shape
            shape = (C, output_size(H, k, stride=s), output_size(W, k, stride=s))
        elif kind == "flatten":
            shape = (int(np.prod(shape)),)
        elif kind == "dense":
            (units,) = numbers
            parameters = units * (shape[0] + 1)
            shape = (units,)
        tracked.append((shape, parameters))
    return tracked


def receptive_field(layers):
    """r = 1 + sum_l (k_l - 1) * s_1 * ... * s_(l-1), for layers (k, s)."""
    field, step = 1, 1
    for k, s in layers:
        field += (k - 1) * step
        step *= s
    return field


def max_pool2d(x, kernel_size, *, stride=None):
    """Return y and switches: the maximum of each window, and its place in the image.

    y[n, c, i, j] = max_{u,v} x[n, c, i*s + u, j*s + v]
    """
    k, s = kernel_size, kernel_size if stride is None else stride
    N, C, H, W = x.shape
    HO, WO = (H - k) // s + 1, (W - k) // s + 1
    y = np.zeros((N, C, HO, WO), dtype=x.dtype)
    switches = np.zeros((N, C, HO, WO), dtype=int)
    for n, c, i, j in np.ndindex(N, C, HO, WO):
        window = x[n, c, i * s : i * s + k, j * s : j * s + k]
        row, column = np.unravel_index(np.argmax(window), window.shape)
        y[n, c, i, j] = window[row, column]
        switches[n, c, i, j] = (i * s + row) * W + (j * s + column)
    return y, switches


def fractional_increments(n_in, n_out, u):
    """a_i - a_(i-1) for i = 1 ... n_out, a_i = ceil(n_in / n_out * (i + u))."""
    alpha = n_in / n_out
    edges = np.ceil(alpha * (np.arange(n_out + 1) + u))
    return np.diff(edges).astype(int)


def dilate(w, dilation):
    """Put dilation - 1 zeros between the weights of w (F, C, KH, KW)."""
    F, C, KH, KW = w.shape
    high, wide = dilation * (KH - 1) + 1, dilation * (KW - 1) + 1
    spread = np.zeros((F, C, high, wide), dtype=w.dtype)
    spread[:, :, ::dilation, ::dilation] = w
    return spread


def grouped_conv2d(x, w, b, groups):
    """Block g of the filters sees block g of the channels, and nothing else."""
    C, F = x.shape[1] // groups, w.shape[0] // groups
    parts = []
    for g in range(groups):
        seen, own = slice(g * C, (g + 1) * C), slice(g * F, (g + 1) * F)
        parts.append(conv2d(x[:, seen], w[own], b[own]))
    return np.concatenate(parts, axis=1)


def design():
    """Return the layers of a network from (1, 64, 64) to (10,)."""
    # Shrink first, widen slowly: 18,826 parameters, a field of 76 pixels.
    return [
        ("conv", 8, 5, 1, 2),
        ("pool", 2, 2),
        ("conv", 16, 5, 1, 2),
        ("pool", 2, 2),
        ("conv", 16, 5, 1, 2),
        ("pool", 2, 2),
        ("conv", 16, 5, 1, 2),
        ("pool", 2, 2),
        ("flatten",),
        ("dense", 10),
    ]


def repair():
    """Return the layers for images of 28 by 28 that the trained weights fit."""
    # Two pixels of padding make of 28 by 28 the 32 by 32 of the training.
    return [
        ("conv", 6, 5, 1, 2),
        ("pool", 2, 2),
        ("conv", 16, 5, 1, 0),
        ("pool", 2, 2),
        ("flatten",),
        ("dense", 120),
        ("dense", 84),
        ("dense", 10),
    ]
