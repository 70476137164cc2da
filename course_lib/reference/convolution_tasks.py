"""The answers of the exercise `convolution`: stride and padding, no dilation, no groups."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def conv1d(x, w, b=None, *, stride=1, padding=0):
    """y[n, f, i] = b[f] + sum over c and u of w[f, c, u] * x[n, c, i*stride + u - padding].

    x is (N, C, L), w is (F, C, KL), b is (F,) or None; the result is (N, F, LO).
    """
    N, C, L = x.shape
    F, _, KL = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    LO = (L + 2 * padding - KL) // stride + 1
    y = np.zeros((N, F, LO), dtype=x.dtype)
    for n, f, i in np.ndindex(N, F, LO):
        start = i * stride
        y[n, f, i] = np.sum(x[n, :, start : start + KL] * w[f])
        if b is not None:
            y[n, f, i] += b[f]
    return y


def conv2d(x, w, b=None, *, stride=1, padding=0):
    """y[n, f, i, j] = b[f] + the sum of w[f, c, u, v] * x[n, c, i*sh + u - ph, j*sw + v - pw].

    x is (N, C, H, W), w is (F, C, KH, KW), b is (F,) or None; the result is (N, F, HO, WO).
    `stride` and `padding` are one number or a pair (rows, columns).
    """
    sh, sw = np.broadcast_to(stride, 2)
    ph, pw = np.broadcast_to(padding, 2)
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    HO = (H + 2 * ph - KH) // sh + 1
    WO = (W + 2 * pw - KW) // sw + 1
    y = np.zeros((N, F, HO, WO), dtype=x.dtype)
    for n, f, i, j in np.ndindex(N, F, HO, WO):
        top, left = i * sh, j * sw
        y[n, f, i, j] = np.sum(x[n, :, top : top + KH, left : left + KW] * w[f])
        if b is not None:
            y[n, f, i, j] += b[f]
    return y


def true_convolution2d(x, w):
    """y[i, j] = the sum over c, u and v of w[c, u, v] * x[c, i - u, j - v].

    x is (C, H, W), w is (C, KH, KW). Element [0, 0] of the result belongs to the first i and j for
    which all indices lie inside x; the result is (H - KH + 1, W - KW + 1).
    """
    C, H, W = x.shape
    _, KH, KW = w.shape
    y = np.zeros((H - KH + 1, W - KW + 1))
    for i in range(KH - 1, H):
        for j in range(KW - 1, W):
            for c, u, v in np.ndindex(C, KH, KW):
                y[i - KH + 1, j - KW + 1] += w[c, u, v] * x[c, i - u, j - v]
    return y


def move(image, rows, mode):
    """Move an image (H, W) down by `rows` rows, 0 or more.

    In mode "wrap" what leaves below comes in above; in mode "constant" zeros come in.
    """
    moved = np.roll(image, rows, axis=0)
    if mode == "constant":
        moved[:rows] = 0
    return moved


def layer(image, w, stride, mode):
    """Cross-correlate without changing the size, then keep every stride-th row and column."""
    KH, KW = w.shape
    padded = np.pad(image, ((KH // 2, KH // 2), (KW // 2, KW // 2)), mode=mode)
    full = np.sum(sliding_window_view(padded, w.shape) * w, axis=(2, 3))
    return full[::stride, ::stride]


def equivariance_error(x, w, shift, *, stride=1, mode="wrap"):
    """The largest absolute difference between the layer of the moved image and the moved layer.

    The image x (H, W) moves `shift` rows, the layer's output `shift // stride` rows. One number.
    """
    before = layer(move(x, shift, mode), w, stride, mode)
    after = move(layer(x, w, stride, mode), shift // stride, mode)
    return float(np.max(np.abs(before - after)))


def diagonal_kernel():
    """A kernel (3, 3) for lines that fall to the right at 45 degrees.

    It answers more to them than to level, upright and rising lines, and with 0 to a constant image.
    """
    return 3 * np.eye(3) - 1
