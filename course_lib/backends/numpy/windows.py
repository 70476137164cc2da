"""All windows of some images as the columns of matrices (im2col), in buffers that fit the cache.

A convolution is then a matrix product. Copied for a whole batch, the windows are KH*KW times the
batch and travel to memory and back; copied for a few images or rows at a time, into the same
buffers, they never leave the cache. And only the KW sideways shifts need a copy: the windows' k-th
rows, of all output rows together, lie one after another in the shifted image, so that

    y = sum_k w[:, k] @ shifted[rows k, k + stride, ...]

where each term is a view. With few channels these products are too thin to be fast; then the KH
views are copied below each other, and there is one product. A row of ones at the end of the first
matrix meets the bias: [w b] @ [windows; 1] = w @ windows + b.
"""

from math import ceil

import numpy as np

#: Bytes of shifted images at a time; measured, with second-level caches of 1 to 2 MB in mind.
BUFFER = 512 * 1024
#: Up to this many rows in a view, one product over copied rows is faster than KH over views.
THIN = 24
#: OpenBLAS multiplies matrices of up to this many multiplications without repacking them first.
SMALL = 100**3


class Windows:
    """The windows of a batch, chunk by chunk.

    Args:
        x_shape: (N, C, H, W) of the images.
        F: number of filters.
        kernel, stride, padding, dilation: pairs, for rows and for columns.
        dtype: of the matrices.
    """

    def __init__(self, x_shape, F, kernel, stride, padding, dilation, dtype):
        N, C, H, W = self.x_shape = x_shape
        (KH, KW), (sh, sw), (ph, pw), (dh, dw) = kernel, stride, padding, dilation
        self.kernel, self.stride, self.padding, self.dilation = kernel, stride, padding, dilation
        self.HO = (H + 2 * ph - dh * (KH - 1) - 1) // sh + 1
        self.WO = (W + 2 * pw - dw * (KW - 1) - 1) // sw + 1
        self.one_product = KW * C <= THIN
        row = KW * C * self.WO * np.dtype(dtype).itemsize * (KH if self.one_product else sh)
        rows = max(1, min(self.HO, BUFFER // row))
        small = SMALL // (F * (KW * C + 1) * self.WO)
        if not self.one_product and small * self.WO >= 128:
            rows = min(rows, small)
        self.rows = ceil(self.HO / ceil(self.HO / rows))
        self.images = max(1, min(N, BUFFER // (row * self.rows)))
        quotients = self.rows + (KH - 1) * dh // sh
        self.padded = np.zeros((self.images, C, quotients * sh, W + 2 * pw), dtype)
        self.scattered = np.empty_like(self.padded)
        self._inner = slice(pw, pw + W)
        # Input row q*sh + r is kept at [r, q]: the rows of one k, sh apart, become neighbours.
        self.shifted = np.empty((self.images, sh, KW * C + 1, quotients * self.WO), dtype)
        size = (
            (self.images, KH * KW * C + 1, self.rows * self.WO) if self.one_product else (0, 1, 0)
        )
        self.columns = np.empty(size, dtype)
        self.shifted[:, :, -1] = self.columns[:, -1] = 1

    def chunks(self):
        """Yield (images, rows): slices of the batch and of the output's rows."""
        for image in range(0, self.x_shape[0], self.images):
            images = slice(image, min(image + self.images, self.x_shape[0]))
            for row in range(0, self.HO, self.rows):
                yield images, slice(row, min(row + self.rows, self.HO))

    def weights(self, w, b=None):
        """Return filters (F, C, KH, KW) and bias as the factors of the matrices of `load`."""
        F, rows = len(w), w.transpose(2, 0, 3, 1).reshape(self.kernel[0], len(w), -1)
        bias = np.zeros((F, 1), w.dtype) if b is None else b[:, None]
        if self.one_product:
            return [np.concatenate([*rows, bias], axis=1)]
        return [np.concatenate([rows[0], bias], axis=1), *rows[1:]]

    def filters(self, weights):
        """Return the filters and the bias of such matrices: undo `weights`."""
        (KH, KW), C, (first, *others) = self.kernel, self.x_shape[1], weights
        together = np.concatenate([first[:, :-1], *others], axis=1).reshape(-1, KH, KW, C)
        return together.transpose(0, 3, 1, 2), first[:, -1]

    def load(self, x, images, rows):
        """Return a chunk's windows as matrices with one column for each position.

        One matrix (images, KW*C, positions) for each k, or one of all (images, KH*KW*C, positions);
        the first matrix has a row of ones more.
        """
        inputs, inside = self._inputs(rows)
        padded = self.padded[: images.stop - images.start]
        shifted = self.shifted[: len(padded)]
        padded[:, :, : inside.start] = 0
        padded[:, :, inside.stop :] = 0
        padded[:, :, inside, self._inner] = x[images, :, inputs]
        planes, (n, c, h, w) = self._planes(shifted), padded.strides
        (sh, sw), dw = self.stride, self.dilation[1]
        planes[...] = np.ndarray(  # at [n, r, m, c, q, j]: the padded [n, c, q*sh + r, j*sw + m*dw]
            planes.shape, padded.dtype, padded, strides=(n, h, w * dw, c, h * sh, w * sw)
        )
        views = self._views(shifted, rows)
        if not self.one_product:
            return views
        columns = self.columns[: len(padded), :, : views[0].shape[2]]
        for part, view in zip(self._parts(columns), views, strict=True):
            part[...] = view[:, : part.shape[1]]
        return [columns]

    def add(self, dmatrices, dx, images, rows):
        """Add every entry of such matrices to the pixel that it was copied from (col2im)."""
        inputs, inside = self._inputs(rows)
        padded = self.scattered[: images.stop - images.start]
        shifted = self.shifted[: len(padded)]
        planes = self._planes(shifted)
        padded[...] = planes[...] = 0
        if self.one_product:
            dmatrices = self._parts(*dmatrices)
        height = self.kernel[1] * self.x_shape[1]
        for view, part in zip(self._views(shifted, rows), dmatrices, strict=True):
            view[:, :height] += part[:, :height]
        (sh, sw), dw = self.stride, self.dilation[1]
        for r, m in np.ndindex(sh, self.kernel[1]):
            across = slice(m * dw, m * dw + sw * (self.WO - 1) + 1, sw)
            padded[:, :, r::sh, across] += planes[:, r, m]
        dx[images, :, inputs] += padded[:, :, inside, self._inner]

    def _inputs(self, rows):
        """Return the input rows that a chunk's windows may see, and where the buffer has them."""
        top = rows.start * self.stride[0] - self.padding[0]
        first = min(max(top, 0), self.x_shape[2])
        last = min(max(top + self.padded.shape[2], first), self.x_shape[2])
        return slice(first, last), slice(first - top, last - top)

    def _planes(self, shifted):
        """Return the pixels of a shifted buffer as (images, sh, KW, C, rows, WO)."""
        KW, C = self.kernel[1], self.x_shape[1]
        images, sh = shifted.shape[:2]
        return shifted[:, :, :-1].reshape(images, sh, KW, C, -1, self.WO)

    def _views(self, shifted, rows):
        """Return for each k the k-th rows of all windows, the first with the row of ones."""
        views = []
        for k in range(self.kernel[0]):
            q, r = divmod(k * self.dilation[0], self.stride[0])
            height = shifted.shape[2] - (k > 0)
            places = slice(q * self.WO, (q + rows.stop - rows.start) * self.WO)
            views.append(shifted[:, r, :height, places])
        return views

    def _parts(self, columns):
        """Split the rows of the one product by k."""
        height = self.kernel[1] * self.x_shape[1]
        return [columns[:, k * height : (k + 1) * height] for k in range(self.kernel[0])]
