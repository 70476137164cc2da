"""Fractional max pooling close to its definition: one loop step is one tile."""

from fractions import Fraction
from math import ceil, floor

import numpy as np


def fractional_max_pool2d(x, output_size, *, u=None, overlapping=False, rng=None):
    """y[n, c, i, j] is the maximum of x[n, c] in row tile i and column tile j of its plane."""
    N, C, H, W = x.shape
    HO, WO = np.broadcast_to(output_size, 2)

    def tiles(n_in, n_out, axis):
        """Cut one axis for every plane (n, c)."""
        for plane in np.ndindex(N, C):
            if u is None:
                yield plane, drawn(n_in, n_out, overlapping, rng)
            else:
                cut = overlapping_tiles if overlapping else disjoint_tiles
                yield plane, cut(n_in, n_out, np.broadcast_to(u, (N, C, 2))[*plane, axis])

    columns, rows = dict(tiles(W, WO, 0)), dict(tiles(H, HO, 1))  # u holds columns first, as torch
    y = np.empty((N, C, HO, WO), dtype=x.dtype)
    switches = np.empty((N, C, HO, WO), dtype=np.int64)
    for n, c, i, j in np.ndindex(N, C, HO, WO):
        best = None
        for row in range(*rows[n, c][i]):
            for column in range(*columns[n, c][j]):
                value = x[n, c, row, column]
                # Strictly greater: of equal maxima the first wins. NaN wins over everything.
                if best is None or value > best or np.isnan(value):
                    best = y[n, c, i, j] = value
                    switches[n, c, i, j] = row * W + column
    return y, switches


def disjoint_tiles(n_in, n_out, u):
    """Tile i goes from a_{i-1} - a_0 to before a_i - a_0, where a_i = ceil(alpha (i + u))."""
    alpha, u = Fraction(int(n_in), int(n_out)), Fraction(float(u))  # exact: nothing is rounded
    a = [ceil(alpha * (i + u)) for i in range(n_out + 1)]
    return [(a[i - 1] - a[0], a[i] - a[0]) for i in range(1, n_out + 1)]


def overlapping_tiles(n_in, n_out, u):
    """Tile i has 2 pixels from floor(alpha (i + u)) - floor(alpha u), and the last is at the end.

    alpha = (n_in - 2) / (n_out - 1). Rounding decides between neighbours, so it is torch's: all in
    the precision of u.
    """
    number = np.result_type(u, np.float16).type
    u, alpha = number(u), number(n_in - 2) / number(max(n_out - 1, 1))
    starts = [floor(alpha * (i + u)) - floor(alpha * u) for i in range(n_out - 1)]
    return [(start, start + 2) for start in [*starts, n_in - 2]]


def drawn(n_in, n_out, overlapping, rng):
    """The same sizes (the same steps, if tiles overlap) in a random order, each equally likely."""
    if not overlapping:
        ends = np.cumsum(_shuffled(n_in, n_out, rng))
        return list(zip([0, *ends], ends, strict=False))
    starts = np.cumsum([0, *_shuffled(n_in - 2, n_out - 1, rng)]) if n_out > 1 else [n_in - 2]
    return [(start, start + 2) for start in starts]


def _shuffled(total, parts, rng):
    small, large = divmod(total, parts)  # `large` of the parts are one more than small
    return rng.permutation([small] * (parts - large) + [small + 1] * large)
