"""All windows of some images as the columns of matrices (im2col), in buffers that fit the cache.

A convolution is then one matrix product, at the price of copying each pixel once per window that
sees it. Copied whole, the windows of a batch are KH*KW times the batch and travel to memory and
back; copied a few images or rows at a time, into the same buffer, they never leave the cache.
"""

from math import ceil

import numpy as np

#: Bytes of columns at a time. Measured: half of a second-level cache of 1 to 2 MB is best.
BUFFER = 640 * 1024


class Windows:
    """The windows of a batch, chunk by chunk.

    Args:
        x_shape: (N, C, H, W) of the images.
        kernel, stride, padding, dilation: pairs for rows and columns.
        dtype: of the columns.
    """

    def __init__(self, x_shape, kernel, stride, padding, dilation, dtype):
        N, C, H, W = self.x_shape = x_shape
        self.kernel, self.stride, self.padding, self.dilation = kernel, stride, padding, dilation
        self.reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
        self.HO = (H + 2 * padding[0] - self.reach[0]) // stride[0] + 1
        self.WO = (W + 2 * padding[1] - self.reach[1]) // stride[1] + 1
        row = C * kernel[0] * kernel[1] * self.WO * np.dtype(dtype).itemsize
        self.images = max(1, min(N, BUFFER // (row * self.HO)))
        bands = ceil(self.HO / max(1, min(self.HO, BUFFER // row)))
        self.rows = ceil(self.HO / bands)
        high = (self.rows - 1) * stride[0] + self.reach[0]
        self.padded = np.zeros((self.images, C, high, W + 2 * padding[1]), dtype)
        # A last row of ones meets the bias: [w b] [columns; 1] = w columns + b.
        self.columns = np.ones(
            (self.images, C * kernel[0] * kernel[1] + 1, self.rows * self.WO), dtype
        )
        # With stride 1 a row serves KH windows: shift it sideways once, then copy long runs.
        self.shifted = None
        if stride[0] == 1 and kernel[0] > 1:
            self.shifted = np.empty((self.images, kernel[1], C, high, self.WO), dtype)

    def chunks(self):
        """Yield (images, rows): slices of the batch and of the output's rows."""
        for image in range(0, self.x_shape[0], self.images):
            images = slice(image, min(image + self.images, self.x_shape[0]))
            for row in range(0, self.HO, self.rows):
                yield images, slice(row, min(row + self.rows, self.HO))

    def _inputs(self, rows):
        """Return the input rows that a chunk's windows see, and where they lie in the buffer."""
        top = rows.start * self.stride[0] - self.padding[0]
        first, last = max(top, 0), min(top + self.padded.shape[2], self.x_shape[2])
        return slice(first, last), slice(first - top, max(last, first) - top)

    def load(self, x, images, rows):
        """Return a chunk's windows as (images, KH*KW*C + 1, positions), the last row ones."""
        (KH, KW), (sh, sw), (dh, dw) = self.kernel, self.stride, self.dilation
        (C, W), pw = self.x_shape[1::2], self.padding[1]
        count, height = images.stop - images.start, rows.stop - rows.start
        inputs, inside = self._inputs(rows)
        padded = self.padded[:count]
        padded[:, :, : inside.start] = 0
        padded[:, :, inside.stop :] = 0
        padded[:, :, inside, pw : pw + W] = x[images, :, inputs]
        columns = self.columns[:count, :, : height * self.WO]
        windows = columns[:, :-1].reshape(count, KH, KW, C, height, self.WO)
        n, c, h, w = padded.strides
        if self.shifted is None:
            windows[...] = _view(
                padded, (count, KH, KW, C, height, self.WO), (n, h * dh, w * dw, c, h * sh, w * sw)
            )
        else:
            shifted = self.shifted[:count]
            shifted[...] = _view(padded, shifted.shape, (n, w * dw, c, h, w * sw))
            n, w, c, h, one = shifted.strides
            windows[...] = _view(shifted, windows.shape, (n, h * dh, w, c, h, one))
        return columns

    def add(self, dcolumns, dx, images, rows):
        """Add every entry of the columns to the pixel that it was copied from (col2im)."""
        (KH, KW), (sh, sw), (dh, dw) = self.kernel, self.stride, self.dilation
        (C, W), pw = self.x_shape[1::2], self.padding[1]
        count, height = images.stop - images.start, rows.stop - rows.start
        inputs, inside = self._inputs(rows)
        padded = np.zeros_like(self.padded[:count])
        windows = dcolumns.reshape(count, KH, KW, C, height, self.WO)
        for k, m in np.ndindex(KH, KW):
            down = slice(k * dh, k * dh + sh * (height - 1) + 1, sh)
            across = slice(m * dw, m * dw + sw * (self.WO - 1) + 1, sw)
            padded[:, :, down, across] += windows[:, k, m]
        dx[images, :, inputs] += padded[:, :, inside, pw : pw + W]


def _view(array, shape, strides):
    """Return the array's memory under another shape; unlike `as_strided`, within bounds."""
    return np.ndarray(shape, array.dtype, buffer=array, strides=strides)
