"""All windows of some images as the columns of matrices (im2col), in buffers that fit the cache.

A convolution is then a matrix product. Copied for a whole batch, the windows are KH*KW times the
batch and travel to memory and back; copied for a few images or rows at a time, into the same
buffers, they never leave the cache. And only the KW sideways shifts need a copy. An image of 4 x 4
pixels, numbered from 1, with a kernel of 3 x 3 and padding 1:

>>> x = np.arange(1.0, 17).reshape(1, 1, 4, 4)
>>> windows = Windows(x.shape, 1, (3, 3), (1, 1), (1, 1), (1, 1), x.dtype)
>>> (chunk,) = windows.chunks()
>>> (matrix,) = windows.load(x, *chunk)
>>> print(windows.shifted[0, 0].astype(int))
[[ 1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1  1]
 [ 0  0  0  0  0  1  2  3  0  5  6  7  0  9 10 11  0 13 14 15  0  0  0  0]
 [ 0  0  0  0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16  0  0  0  0]
 [ 0  0  0  0  2  3  4  0  6  7  8  0 10 11 12  0 14 15 16  0  0  0  0  0]]

  q = 0       q = 1       q = 2       q = 3       q = 4       q = 5
  |------------------- k = 0 ------------------|
              |------------------- k = 1 ------------------|
                          |------------------- k = 2 ------------------|

Below the ones stand the pixels that the m-th column of each window sees, m = 0, 1, 2, one padded
row q after the other. The k-th rows of all windows lie one after another there, from q = k on:
three views, marked above, that need no copy. Output position (i, j) is column 4 i + j of a view.
So column 5 of the three views together is the window around pixel 6, which stands at (1, 1):

>>> print(matrix[0, 1:, 5].reshape(3, 3).astype(int))
[[ 1  2  3]
 [ 5  6  7]
 [ 9 10 11]]

and y = sum_k w[:, k] @ view_k, one product for each k. With few channels, as here, these products
are too thin to be fast; then the views are copied below each other into `columns`, and there is one
product. The row of ones meets the bias: [b w] @ [1; windows] = b + w @ windows.

With stride s, output row i reads the padded rows s i + k: those of one k are s apart. So padded row
s q + r is kept at place q of phase r, for each r that some k reads, and they are neighbours again.

What always holds, and `load` and `add` rely on:

1. The rows of ones are written once. Of the views only the first of several has one.
2. A place that sees padding is 0 whenever matrices are used. `moves` says what is copied, `edges`
   what is cleared after it: the columns at the left and right, which joined rows overwrite, and
   the rows above and below, unless one chunk holds all rows: then they are never written.
3. A chunk smaller than the buffers uses their first images and places. What is behind is old.
4. The buffer of the gradient is laid out alike. What windows send to padding is cleared with the
   edges, and `moves`, read backwards, adds the rest to the image.
"""

from functools import lru_cache
from math import ceil
from typing import NamedTuple

import numpy as np

#: Bytes of shifted images at a time; measured, with second-level caches of 1 to 2 MB in mind.
BUFFER = 2**19
#: OpenBLAS multiplies matrices of up to this many multiplications without repacking them first,
SMALL = 10**6
#: and larger ones best when they are very large, even beyond the cache: bytes of a shifted image.
IMAGE = 5 * BUFFER
#: Bytes of all buffers together, unless a single image needs more.
KEPT = 8 * BUFFER
#: Up to this many rows in a view, one product over copied rows is faster than KH over views.
THIN = 24
#: Up to this many weights it pays to transpose them: OpenBLAS then multiplies a tenth faster.
FEW = 2**16


class _Chunk(NamedTuple):
    """The parts of the buffers that some images and some rows of their output need."""

    moves: list  # (part of the shifted images, index of the pixels to copy there)
    edges: list  # parts of the shifted images that see only padding
    views: list  # for each k, the k-th rows of all windows, in the shifted images
    stacks: list  # if there is one product: (part of its matrix, view to copy there) for each k
    matrices: list  # what `Windows.load` returns


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
        self.phases = sorted({k * dh % sh for k in range(KH)})
        height, phases, itemsize = KW * C, len(self.phases), np.dtype(dtype).itemsize

        row = height * self.WO * itemsize * (KH if self.one_product else phases)
        rows, small = BUFFER // row, SMALL // (F * height * self.WO)
        if not self.one_product:
            rows = min(rows, small) if small * self.WO >= 128 else IMAGE // row
        self.rows = ceil(self.HO / ceil(self.HO / max(1, min(self.HO, rows))))

        positions = self.rows * self.WO
        width = positions + (KH - 1) * dh // sh * self.WO
        image = phases * (1 + height) * width  # a long dilation makes it far wider than its rows
        image += (1 + KH * height if self.one_product else F) * positions
        fitting = min(BUFFER // (row * self.rows), KEPT // (image * itemsize))
        self.images = max(1, min(N, fitting))

        self.shifted = np.zeros((self.images, phases, 1 + height, width), dtype)
        self.shifted[:, :, 0] = 1
        self._gradient = None  # like `shifted`, once `add` needs it
        if self.one_product:
            self.columns = np.empty((self.images, 1 + KH * height, positions), dtype)
            self.columns[:, 0] = 1
        #: room for a product that is added to the first
        self.term = None if self.one_product else np.empty((self.images, F, positions), dtype)
        self._parts = [slice(1 + k * height, 1 + (k + 1) * height) for k in range(KH)]
        # Output rows as long as input rows lie in memory alike: images move as one long row.
        self.joined = stride == (1, 1) and self.WO == W
        self._chunks = {}

    def chunks(self):
        """Yield (images, rows): slices of the batch and of the output's rows."""
        for image in range(0, self.x_shape[0], self.images):
            images = slice(image, min(image + self.images, self.x_shape[0]))
            for row in range(0, self.HO, self.rows):
                yield images, slice(row, min(row + self.rows, self.HO))

    def weights(self, w, b=None):
        """Return bias and filters (F, C, KH, KW) as one matrix (F, 1 + KH*KW*C)."""
        order = "F" if w.size <= FEW else "C"
        matrix = np.empty((len(w), 1 + w[0].size), w.dtype, order)
        matrix[:, 0] = 0 if b is None else b
        self.filters(matrix)[...] = w
        return matrix

    def filters(self, matrix):
        """Return the filters in such a matrix, as a view (F, C, KH, KW)."""
        filters = matrix[:, 1:].reshape(len(matrix), *self.kernel, self.x_shape[1])
        return filters.transpose(0, 3, 1, 2)

    def split(self, matrix):
        """Split the columns of such a matrix between the matrices of `load`."""
        if self.one_product:
            return [matrix]
        first, *others = self._parts
        return [matrix[:, : first.stop], *(matrix[:, part] for part in others)]

    def load(self, x, images, rows):
        """Return a chunk's windows as matrices with one column for each position.

        One matrix (images, KW*C, positions) for each k, or one of all (images, KH*KW*C, positions);
        the first matrix has a row of ones above.
        """
        chunk, pixels = self._chunk(self.shifted, images, rows), self._pixels(x[images])
        for place, seen in chunk.moves:
            place[...] = pixels[seen]
        for edge in chunk.edges:
            edge[...] = 0
        for part, view in chunk.stacks:
            part[...] = view
        return chunk.matrices

    def add(self, dmatrices, dx, images, rows):
        """Add every entry of such matrices to the pixel that it was copied from (col2im)."""
        if self._gradient is None:
            self._gradient = np.empty_like(self.shifted)
        self._gradient[...] = 0
        if self.one_product:
            dmatrices = [dmatrices[0][:, part] for part in self._parts]
        chunk, pixels = self._chunk(self._gradient, images, rows), self._pixels(dx[images])
        for view, dview in zip(chunk.views, dmatrices, strict=True):
            view += dview
        for edge in chunk.edges:
            edge[...] = 0
        for place, seen in chunk.moves:
            pixels[seen] += place

    def _pixels(self, x):
        """Return images as `moves` indexes them; a view, if their rows are contiguous as in dx."""
        n, C, H, W = x.shape
        return x.reshape(n, C, H * W) if self.joined else x

    def _chunk(self, buffer, images, rows):
        """Return the parts of a buffer for some images and rows, cut once for each such place."""
        n = images.stop - images.start
        key = buffer is self.shifted, n, rows.start
        if key not in self._chunks:
            self._chunks[key] = self._cut(buffer[:n], rows)
        return self._chunks[key]

    def _cut(self, shifted, rows):
        """Cut a buffer into the parts that a chunk needs: all indices are worked out here."""
        n, (sh, _), (KH, KW) = len(shifted), self.stride, self.kernel
        width = shifted.shape[3]
        lines = shifted[:, :, 1:].reshape(n, len(self.phases), KW, self.x_shape[1], width)
        planes = lines.reshape(*lines.shape[:4], width // self.WO, self.WO)
        top = rows.start * sh - self.padding[0]
        moves, edges, above_and_below = _moves(
            self.x_shape[2:], planes.shape[4:], KW, self.stride, tuple(self.phases),
            (top, -self.padding[1]), self.dilation[1], self.joined,
        )  # fmt: skip
        if self.rows < self.HO:
            edges = [*edges, *above_and_below]
        places = lines if self.joined else planes
        size, views = (rows.stop - rows.start) * self.WO, []
        for k in range(KH):
            q, r = divmod(k * self.dilation[0], sh)
            ones = 0 if k == 0 and not self.one_product else 1
            phase = self.phases.index(r)
            views.append(shifted[:, phase, ones:, q * self.WO : q * self.WO + size])
        stacks, matrices = [], views
        if self.one_product:
            columns = self.columns[:n, :, :size]
            parts = [columns[:, part] for part in self._parts]
            stacks, matrices = list(zip(parts, views, strict=True)), [columns]
        return _Chunk(
            [(places[place], seen) for place, seen in moves],
            [planes[edge] for edge in edges],
            views, stacks, matrices,
        )  # fmt: skip


@lru_cache  # a network asks for the same few shapes again and again
def _moves(size, places, KW, stride, phases, first, dilation, joined):
    """Return which pixels of images go where in planes (n, R, KW, C, Q, WO), and where none goes.

    Args:
        size: (H, W) of the images.
        places: (Q, WO).
        KW: number of sideways shifts.
        stride: pair.
        phases: the R remainders of rows that are kept.
        first: row and column of the image at the first place, negative in the padding.
        dilation: of the columns.
        joined: index rows that are joined: (n, R, KW, C, Q*WO) and images (n, C, H*W).

    Returns:
        moves: pairs (index into the planes, index into the images).
        edges: indices into the planes, of columns that see only padding.
        above_and_below: such indices of rows.
    """
    (H, W), (Q, WO), (sh, sw), moves, edges, above_and_below = size, places, stride, [], [], []
    for r, phase in enumerate(phases):
        down, rows = _overlap(first[0] + phase, sh, Q, H)
        above_and_below += [np.s_[:, r, :, :, edge] for edge in _outside(down, Q)]
        for m in range(KW):
            across, columns = _overlap(first[1] + m * dilation, sw, WO, W)
            edges += [np.s_[:, r, m, :, :, edge] for edge in _outside(across, WO)]
            if not joined:
                moves.append((np.s_[:, r, m, :, down, across], np.s_[:, :, rows, columns]))
                continue
            # What leaves a row at its end enters the next one, where the edges are cleared.
            length = (down.stop - down.start) * W
            here, there = _overlap(first[1] + m * dilation, 1, length, length)
            here, there = (
                slice(part.start + row * W, part.stop + row * W)
                for part, row in ((here, down.start), (there, rows.start))
            )
            moves.append((np.s_[:, r, m, :, here], np.s_[:, :, there]))
    return moves, edges, above_and_below


def _overlap(first, step, places, size):
    """Return which of the pixels first, first + step, ... are in range(size), as two slices.

    The first slice says where they are among the `places`, the second which pixels they are.
    """
    start = min(max(0, -(first // step)), places)
    stop = max(start, min(places, (size - 1 - first) // step + 1))
    return slice(start, stop), slice(first + start * step, first + stop * step, step)


def _outside(inside, places):
    """Return the places before and after a slice, where there are any."""
    around = slice(0, inside.start), slice(inside.stop, places)
    return [part for part in around if part.start < part.stop]
