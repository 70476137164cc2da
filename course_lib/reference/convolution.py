"""Convolution close to the formula: one loop step is one output value."""

import numpy as np


def conv1d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """y[n, f, i] = b[f] + sum_{c,k} x[n, c, i*stride + k*dilation - padding] * w[f, c, k]."""
    N, C, L = x.shape
    F, channels, K = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    reach = dilation * (K - 1) + 1
    LO = (L + 2 * padding - reach) // stride + 1
    y = np.zeros((N, F, LO), dtype=np.result_type(x, w))
    for n, f, i in np.ndindex(N, F, LO):
        first = f // (F // groups) * channels
        left = i * stride
        window = x[n, first : first + channels, left : left + reach : dilation]
        y[n, f, i] = np.sum(window * w[f])
    return y if b is None else y + b[:, None]


def conv1d_backward(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    """Every product x*w of the forward sum sends dy*w to its x and dy*x to its w."""
    N, C, L = x.shape
    F, channels, K = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    reach = dilation * (K - 1) + 1
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, f, i in np.ndindex(*dy.shape):
        first = f // (F // groups) * channels
        left = i * stride
        window = n, slice(first, first + channels), slice(left, left + reach, dilation)
        dx[window] += dy[n, f, i] * w[f]
        dw[f] += dy[n, f, i] * x[window]
    return dx[:, :, padding : padding + L], dw, dy.sum(axis=(0, 2))


def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """y[n, f, i, j] = b[f] + sum_{c,k,l} x[n, c, i*s + k*d - p, j*s + l*d - p] * w[f, c, k, l]."""
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(v, 2) for v in (stride, padding, dilation))
    N, C, H, W = x.shape
    F, channels, KH, KW = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    high, wide = dh * (KH - 1) + 1, dw * (KW - 1) + 1
    HO, WO = (H + 2 * ph - high) // sh + 1, (W + 2 * pw - wide) // sw + 1
    y = np.zeros((N, F, HO, WO), dtype=np.result_type(x, w))
    for n, f, i, j in np.ndindex(N, F, HO, WO):
        first = f // (F // groups) * channels
        top, left = i * sh, j * sw
        window = x[n, first : first + channels, top : top + high : dh, left : left + wide : dw]
        y[n, f, i, j] = np.sum(window * w[f])
    return y if b is None else y + b[:, None, None]


def conv2d_backward(dy, x, w, *, stride=1, padding=0, dilation=1, groups=1):
    """Every product x*w of the forward sum sends dy*w to its x and dy*x to its w."""
    (sh, sw), (ph, pw), (dh, dw_) = (np.broadcast_to(v, 2) for v in (stride, padding, dilation))
    N, C, H, W = x.shape
    F, channels, KH, KW = w.shape
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    high, wide = dh * (KH - 1) + 1, dw_ * (KW - 1) + 1
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, f, i, j in np.ndindex(*dy.shape):
        first = f // (F // groups) * channels
        rows, columns = slice(i * sh, i * sh + high, dh), slice(j * sw, j * sw + wide, dw_)
        window = n, slice(first, first + channels), rows, columns
        dx[window] += dy[n, f, i, j] * w[f]
        dw[f] += dy[n, f, i, j] * x[window]
    return dx[:, :, ph : ph + H, pw : pw + W], dw, dy.sum(axis=(0, 2, 3))


def conv_matrix(w, input_shape, *, stride=1, padding=0, dilation=1):
    """M[(f, i, j), (c, r, q)] = w[f, c, k, l] where r = i*s + k*d - p and q = j*s + l*d - p."""
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(v, 2) for v in (stride, padding, dilation))
    C, H, W = input_shape
    F, _, KH, KW = w.shape
    HO = (H + 2 * ph - dh * (KH - 1) - 1) // sh + 1
    WO = (W + 2 * pw - dw * (KW - 1) - 1) // sw + 1
    M = np.zeros((F, HO, WO, C, H, W), dtype=w.dtype)
    for i, j, k, m in np.ndindex(HO, WO, KH, KW):
        r, q = i * sh + k * dh - ph, j * sw + m * dw - pw
        if 0 <= r < H and 0 <= q < W:
            M[:, i, j, :, r, q] = w[:, :, k, m]
    return M.reshape(F * HO * WO, C * H * W)
