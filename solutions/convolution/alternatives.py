"""Right answers of the exercise `convolution` in other styles than the library's.

`course audit` checks that full marks do not depend on the style.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage, signal


def _add_bias(y, b):
    return y if b is None else y + b.reshape(1, -1, *[1] * (y.ndim - 2))


def conv1d_loops(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """One product at a time, with the test for the border inside the loop."""
    N, C, L = x.shape
    F, _, K = w.shape
    LO = (L + 2 * padding - K) // stride + 1
    y = np.zeros((N, F, LO), dtype=x.dtype)
    for n in range(N):
        for f in range(F):
            for i in range(LO):
                for c in range(C):
                    for k in range(K):
                        j = i * stride + k - padding
                        if 0 <= j < L:
                            y[n, f, i] += x[n, c, j] * w[f, c, k]
                if b is not None:
                    y[n, f, i] += b[f]
    return y


def conv1d_windows(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """All windows as one view, one einsum."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    windows = sliding_window_view(x, w.shape[2], axis=2)[:, :, ::stride]
    return _add_bias(np.einsum("ncik,fck->nfi", windows, w), b)


def conv1d_by_weight(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """One shifted copy of the input per weight."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    K = w.shape[2]
    reach = x.shape[2] - K
    y = sum(
        np.einsum("nci,fc->nfi", x[:, :, k : k + reach + 1 : stride], w[:, :, k]) for k in range(K)
    )
    return _add_bias(y, b)


def conv1d_correlate(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """NumPy's own correlation, one channel and one filter at a time."""
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    y = [
        [
            sum(np.correlate(channel, row, "valid") for channel, row in zip(one, f, strict=True))
            for f in w
        ]
        for one in x
    ]
    return _add_bias(np.array(y)[:, :, ::stride], b)


def conv2d_loops(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Seven loops, one product at a time."""
    sh, sw = np.broadcast_to(stride, 2)
    ph, pw = np.broadcast_to(padding, 2)
    dh, dw = np.broadcast_to(dilation, 2)
    N, C, H, W = x.shape
    F, channels, KH, KW = w.shape
    HO = (H + 2 * ph - dh * (KH - 1) - 1) // sh + 1
    WO = (W + 2 * pw - dw * (KW - 1) - 1) // sw + 1
    y = np.zeros((N, F, HO, WO), dtype=x.dtype)
    for n, f, i, j in np.ndindex(N, F, HO, WO):
        total = 0.0 if b is None else b[f]
        group = f // (F // groups)
        for c in range(channels):
            for k in range(KH):
                for m in range(KW):
                    row, column = i * sh + k * dh - ph, j * sw + m * dw - pw
                    if 0 <= row < H and 0 <= column < W:
                        total += x[n, group * channels + c, row, column] * w[f, c, k, m]
        y[n, f, i, j] = total
    return y


def _windows(x, w, stride, padding, dilation):
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(v, 2) for v in (stride, padding, dilation))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    reach = dh * (w.shape[2] - 1) + 1, dw * (w.shape[3] - 1) + 1
    return sliding_window_view(x, reach, axis=(2, 3))[:, :, ::sh, ::sw, ::dh, ::dw]


def conv2d_windows(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """All windows as one view, one einsum for each group."""
    y = [
        np.einsum("ncijkl,fckl->nfij", _windows(part, filters, stride, padding, dilation), filters)
        for part, filters in zip(np.split(x, groups, 1), np.split(w, groups), strict=True)
    ]
    return _add_bias(np.concatenate(y, axis=1), b)


def conv2d_matrix(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Every window as a row of a matrix, then one matrix product for each group."""
    parts = []
    for part, filters in zip(np.split(x, groups, 1), np.split(w, groups), strict=True):
        windows = _windows(part, filters, stride, padding, dilation).transpose(0, 2, 3, 1, 4, 5)
        N, HO, WO = windows.shape[:3]
        y = windows.reshape(N * HO * WO, -1) @ filters.reshape(len(filters), -1).T
        parts.append(y.reshape(N, HO, WO, -1).transpose(0, 3, 1, 2))
    return _add_bias(np.concatenate(parts, axis=1), b)


def conv2d_by_weight(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """One shifted copy of the image per weight, in the reverse order of summation."""
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(v, 2) for v in (stride, padding, dilation))
    padded = np.zeros(
        (x.shape[0], x.shape[1], x.shape[2] + 2 * ph, x.shape[3] + 2 * pw), dtype=x.dtype
    )
    padded[:, :, ph : ph + x.shape[2], pw : pw + x.shape[3]] = x
    F, channels, KH, KW = w.shape
    HO = (padded.shape[2] - dh * (KH - 1) - 1) // sh + 1
    WO = (padded.shape[3] - dw * (KW - 1) - 1) // sw + 1
    y = np.zeros((x.shape[0], F, HO, WO), dtype=x.dtype)
    for f in range(F):
        first = f // (F // groups) * channels
        for k in reversed(range(KH)):
            for m in reversed(range(KW)):
                rows = slice(k * dh, k * dh + (HO - 1) * sh + 1, sh)
                columns = slice(m * dw, m * dw + (WO - 1) * sw + 1, sw)
                shifted = padded[:, first : first + channels, rows, columns]
                y[:, f] += np.sum(shifted * w[f, :, k, m][:, None, None], axis=1)
    return _add_bias(y, b)


def conv2d_fourier(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Multiply in the frequency domain; the conjugate turns convolution into correlation."""
    (sh, sw), (ph, pw), (dh, dw) = (np.broadcast_to(v, 2) for v in (stride, padding, dilation))
    x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    F, channels, KH, KW = w.shape
    spread = np.zeros((F, channels, dh * (KH - 1) + 1, dw * (KW - 1) + 1))
    spread[:, :, ::dh, ::dw] = w
    size = x.shape[2:]
    image = np.fft.rfft2(x).reshape(len(x), groups, channels, size[0], -1)
    kernel = np.conj(np.fft.rfft2(spread, s=size)).reshape(groups, -1, channels, *image.shape[3:])
    y = np.fft.irfft2(np.einsum("ngcij,gfcij->ngfij", image, kernel), s=size)
    y = y.reshape(len(x), F, *size)
    y = y[:, :, : size[0] - spread.shape[2] + 1 : sh, : size[1] - spread.shape[3] + 1 : sw]
    return _add_bias(y, b).astype(x.dtype)


def true_convolution2d_scipy(x, w):
    """SciPy's convolution of each channel."""
    return sum(signal.convolve2d(x[c], w[c], mode="valid") for c in range(len(x)))


def true_convolution2d_literal(x, w):
    """The formula with its own indices, from the first place where they all lie inside."""
    C, H, W = x.shape
    _, KH, KW = w.shape
    y = np.zeros((H - KH + 1, W - KW + 1), dtype=x.dtype)
    for i in range(KH - 1, H):
        for j in range(KW - 1, W):
            for c, m, n in np.ndindex(*w.shape):
                y[i - KH + 1, j - KW + 1] += x[c, i - m, j - n] * w[c, m, n]
    return y


def true_convolution2d_image_turned(x, w):
    """Turn the image instead, correlate, and turn the result back."""
    windows = sliding_window_view(np.flip(x, (1, 2)), w.shape[1:], axis=(1, 2))
    return np.einsum("cijkl,ckl->ij", windows, w)[::-1, ::-1]


def equivariance_error_loops(x, w, shift, *, stride=1, mode="wrap"):
    """Every pixel by itself."""
    H, W = x.shape
    R = len(w) // 2

    def pixel(image, i, j):
        rows, columns = len(image), len(image[0])
        if mode == "wrap":
            return image[i % rows][j % columns]
        return image[i][j] if 0 <= i < rows and 0 <= j < columns else 0.0

    def move(image, rows):
        size = range(len(image)), range(len(image[0]))
        return [[pixel(image, i - rows, j) for j in size[1]] for i in size[0]]

    def layer(image):
        return [
            [
                sum(
                    w[k, m] * pixel(image, i + k - R, j + m - R)
                    for k in range(len(w))
                    for m in range(len(w))
                )
                for j in range(0, W, stride)
            ]
            for i in range(0, H, stride)
        ]

    one, other = layer(move(x, shift)), move(layer(x), shift // stride)
    pairs = zip(sum(one, []), sum(other, []), strict=True)
    return max(abs(a - b) for a, b in pairs)


def equivariance_error_pad(x, w, shift, *, stride=1, mode="wrap"):
    """Pad by hand; move by joining two pieces."""

    def layer(image):
        padded = np.pad(image, len(w) // 2, mode=mode)
        return np.einsum("ijkl,kl->ij", sliding_window_view(padded, w.shape), w)[::stride, ::stride]

    def move(image, rows):
        rows = min(rows, len(image)) if mode == "constant" else rows % len(image)
        entering = image[len(image) - rows :]
        if mode == "constant":
            entering = np.zeros_like(entering)
        return np.concatenate([entering, image[: len(image) - rows]])

    return np.abs(layer(move(x, shift)) - move(layer(x), shift // stride)).max()


def equivariance_error_ndimage(x, w, shift, *, stride=1, mode="wrap"):
    """SciPy's shift of whole pixels; returns an array without axes."""
    outside = {"wrap": "grid-wrap", "constant": "grid-constant"}[mode]

    def layer(image):
        return ndimage.correlate(image, w, mode=mode)[::stride, ::stride]

    def move(image, rows):
        return ndimage.shift(image, (rows, 0), order=0, mode=outside)

    return np.array(np.abs(layer(move(x, shift)) - move(layer(x), shift // stride)).max())


_CONV2D = {
    "loops": conv2d_loops,
    "window view and einsum": conv2d_windows,
    "matrix product": conv2d_matrix,
    "one weight at a time": conv2d_by_weight,
    "Fourier transform": conv2d_fourier,
}

#: name of a check -> style -> a right answer
ALTERNATIVES = {
    "conv1d": {
        "loops": conv1d_loops,
        "window view and einsum": conv1d_windows,
        "one weight at a time": conv1d_by_weight,
        "np.correlate": conv1d_correlate,
    },
    "conv2d": _CONV2D,
    "conv2d_dilation_groups": _CONV2D,
    "true_convolution2d": {
        "scipy.signal.convolve2d": true_convolution2d_scipy,
        "indices of the formula": true_convolution2d_literal,
        "image turned, result turned back": true_convolution2d_image_turned,
    },
    "equivariance_error": {
        "loops": equivariance_error_loops,
        "np.pad and einsum": equivariance_error_pad,
        "scipy.ndimage.shift": equivariance_error_ndimage,
    },
}
