"""Pooling close to the formula: one loop step is one window."""

import numpy as np


def max_pool2d(x, kernel_size, *, stride=None, padding=0):
    """y[n, c, i, j] = max_{k,l} x[n, c, i*s + k - p, j*s + l - p], over the pixels inside."""
    (KH, KW), (ph, pw) = (np.broadcast_to(v, 2) for v in (kernel_size, padding))
    sh, sw = np.broadcast_to(kernel_size if stride is None else stride, 2)
    N, C, H, W = x.shape
    HO, WO = (H + 2 * ph - KH) // sh + 1, (W + 2 * pw - KW) // sw + 1
    y = np.empty((N, C, HO, WO), dtype=x.dtype)
    switches = np.empty((N, C, HO, WO), dtype=np.int64)
    for n, c, i, j in np.ndindex(N, C, HO, WO):
        top, left = i * sh - ph, j * sw - pw
        best = None
        for row in range(max(top, 0), min(top + KH, H)):
            for column in range(max(left, 0), min(left + KW, W)):
                value = x[n, c, row, column]
                # Strictly greater: of equal maxima the first wins. NaN wins over everything.
                if best is None or value > best or np.isnan(value):
                    best = y[n, c, i, j] = value
                    switches[n, c, i, j] = row * W + column
    return y, switches


def max_pool2d_backward(dy, switches, input_shape):
    """dx[n, c, s] = sum of dy[n, c, i, j] over the windows (i, j) whose maximum was at s."""
    dx = np.zeros(input_shape, dtype=dy.dtype)
    W = input_shape[3]
    for n, c, i, j in np.ndindex(*dy.shape):
        row, column = divmod(switches[n, c, i, j], W)
        dx[n, c, row, column] += dy[n, c, i, j]
    return dx


def max_unpool2d(y, switches, output_shape):
    """x[n, c, s] = y[n, c, i, j] where the switch of (i, j) is s, and 0 elsewhere."""
    x = np.zeros(output_shape, dtype=y.dtype)
    W = output_shape[3]
    for n, c, i, j in np.ndindex(*y.shape):
        row, column = divmod(switches[n, c, i, j], W)
        x[n, c, row, column] = y[n, c, i, j]
    return x


def avg_pool2d(x, kernel_size, *, stride=None):
    """y[n, c, i, j] = 1/(KH*KW) sum_{k,l} x[n, c, i*s + k, j*s + l]."""
    KH, KW = np.broadcast_to(kernel_size, 2)
    sh, sw = np.broadcast_to(kernel_size if stride is None else stride, 2)
    N, C, H, W = x.shape
    y = np.empty((N, C, (H - KH) // sh + 1, (W - KW) // sw + 1), dtype=x.dtype)
    for n, c, i, j in np.ndindex(*y.shape):
        top, left = i * sh, j * sw
        y[n, c, i, j] = np.sum(x[n, c, top : top + KH, left : left + KW]) / (KH * KW)
    return y


def avg_pool2d_backward(dy, input_shape, kernel_size, *, stride=None):
    """Every pixel of a window receives an equal share, dy / (KH*KW), of the window's gradient."""
    KH, KW = np.broadcast_to(kernel_size, 2)
    sh, sw = np.broadcast_to(kernel_size if stride is None else stride, 2)
    dx = np.zeros(input_shape, dtype=dy.dtype)
    for n, c, i, j in np.ndindex(*dy.shape):
        top, left = i * sh, j * sw
        dx[n, c, top : top + KH, left : left + KW] += dy[n, c, i, j] / (KH * KW)
    return dx


def avg_pool_matrix(input_shape, kernel_size, *, stride=None):
    """M with vec(avg_pool2d(x)) = M vec(x): row (i, j) holds 1/(KH*KW) at its window's pixels."""
    H, W = input_shape
    KH, KW = np.broadcast_to(kernel_size, 2)
    sh, sw = np.broadcast_to(kernel_size if stride is None else stride, 2)
    HO, WO = (H - KH) // sh + 1, (W - KW) // sw + 1
    matrix = np.zeros((HO * WO, H * W))
    for i, j, k, m in np.ndindex(HO, WO, KH, KW):
        matrix[i * WO + j, (i * sh + k) * W + j * sw + m] = 1 / (KH * KW)
    return matrix


def global_avg_pool2d(x):
    """y[n, c] = 1/(H*W) sum_{i,j} x[n, c, i, j]."""
    N, C, H, W = x.shape
    y = np.empty((N, C), dtype=x.dtype)
    for n, c in np.ndindex(N, C):
        y[n, c] = np.sum(x[n, c]) / (H * W)
    return y
