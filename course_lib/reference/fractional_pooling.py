"""Fractional max pooling close to the formula: one loop step is one tile."""

import numpy as np


def fractional_max_pool2d(x, output_size, *, u=None, overlapping=False, rng=None):
    """Max pooling over tiles whose steps differ: the sizes next to alpha = n_in / n_out > 1."""
    N, C, H, W = x.shape
    HO, WO = np.broadcast_to(output_size, 2)
    u = None if u is None else np.broadcast_to(1.0 * np.asarray(u), (N, C, 2))
    tiles = []
    for axis, (n_in, n_out) in enumerate([(W, WO), (H, HO)]):  # as torch: u[..., 0] for columns
        starts = np.empty((N, C, n_out), dtype=np.int64)
        ends = np.empty((N, C, n_out), dtype=np.int64)
        for n, c in np.ndindex(N, C):
            # Disjoint tiles step n_out times over n_in pixels. Overlapping tiles are 2 wide: their
            # starts step n_out - 1 times, from 0 to n_in - 2.
            span, parts = (n_in - 2, n_out - 1) if overlapping else (n_in, n_out)
            if u is None:
                small, large = divmod(span, parts) if parts else (0, 0)
                steps = rng.permutation(np.repeat([small, small + 1], [parts - large, large]))
                edges = np.concatenate([[0], np.cumsum(steps)])
            elif overlapping:  # floor(alpha (i + u)) in the precision of u, rounding as torch does
                number = u.dtype.type
                alpha = number(span) / number(max(parts, 1))
                edges = np.floor(alpha * (np.arange(parts + 1, dtype=u.dtype) + u[n, c, axis]))
                edges -= edges[0]
            else:  # ceil(alpha (i + u)), with the whole part of alpha i apart: no u is too small
                whole, rest = np.divmod(span * np.arange(parts + 1), parts)
                edges = whole + np.ceil((rest + span * u[n, c, axis]) / parts)
                edges -= edges[0]
            edges[-1] = span  # exact in theory; torch's rounding may miss it
            if overlapping:
                starts[n, c], ends[n, c] = edges, edges + 2
            else:
                starts[n, c], ends[n, c] = edges[:-1], edges[1:]
        tiles.append((starts, ends))
    (lefts, rights), (tops, bottoms) = tiles
    y = np.empty((N, C, HO, WO), dtype=x.dtype)
    switches = np.empty((N, C, HO, WO), dtype=np.int64)
    for n, c, i, j in np.ndindex(N, C, HO, WO):
        best = None
        for row in range(tops[n, c, i], bottoms[n, c, i]):
            for column in range(lefts[n, c, j], rights[n, c, j]):
                value = x[n, c, row, column]
                if best is None or value > best or np.isnan(value):
                    best = y[n, c, i, j] = value
                    switches[n, c, i, j] = row * W + column
    return y, switches
