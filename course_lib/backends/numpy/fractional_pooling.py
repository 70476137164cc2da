"""Fractional max pooling as one whole-array operation per place in the tile."""

import numpy as np


def fractional_max_pool2d(x, *, output_size, u, overlapping, rng):
    rows, columns = tiles(x.shape, output_size, u, overlapping, rng)
    (tops, bottoms), (lefts, rights) = rows, columns
    N, C, H, W = x.shape
    HO, WO = tops.shape[2], lefts.shape[2]
    shape = (N, C, HO, WO)
    flat = x.reshape(N, C, H * W)
    y = np.full(shape, -np.inf, dtype=x.dtype)
    switches = np.broadcast_to(tops[..., None] * W + lefts[..., None, :], shape).copy()
    tall, wide = (np.max(ends - starts, initial=0) for starts, ends in (rows, columns))
    for k in range(tall):
        for m in range(wide):
            # A tile smaller than the largest sees its last row or column again, which is harmless.
            row, column = np.minimum(tops + k, bottoms - 1), np.minimum(lefts + m, rights - 1)
            where = np.broadcast_to(row[..., None] * W + column[..., None, :], shape)
            value = np.take_along_axis(flat, where.reshape(N, C, HO * WO), axis=2)
            value = value.reshape(shape)
            better = (value > y) | np.isnan(value)
            np.copyto(y, value, where=better)
            np.copyto(switches, where, where=better)
    return y, switches


def tiles(shape, output_size, u, overlapping, rng):
    """Cut the rows and the columns of all images into tiles.

    Args:
        shape: (N, C, H, W) of the images.
        output_size: (HO, WO).
        u: (N, C, 2) starts of the pseudo-random sequences, for columns and rows; None to draw.
        overlapping, rng: as in the public operation.

    Returns:
        rows, columns: the first pixel of each tile and the one after its last, (N, C, HO) each and
        (N, C, WO) each.
    """
    N, C, H, W = shape
    HO, WO = output_size
    for_columns, for_rows = (None, None) if u is None else (u[..., :1], u[..., 1:])
    columns = _tiles(W, WO, for_columns, overlapping, rng, (N, C))  # first, as torch draws them
    rows = _tiles(H, HO, for_rows, overlapping, rng, (N, C))
    return rows, columns


def _tiles(n_in, n_out, u, overlapping, rng, planes):
    """Return the first pixel of each tile and the one after its last, (N, C, n_out) each."""
    # Disjoint tiles step n_out times over n_in pixels. Overlapping ones are 2 wide, and their
    # starts step n_out - 1 times from 0 to n_in - 2.
    span, parts = (n_in - 2, n_out - 1) if overlapping else (n_in, n_out)
    if u is None:
        small, large = divmod(span, parts) if parts else (0, 0)
        steps = np.repeat([small, small + 1], [parts - large, large])
        steps = rng.permuted(np.broadcast_to(steps, (*planes, parts)), axis=2)
        edges = np.concatenate([np.zeros((*planes, 1), np.int64), steps.cumsum(axis=2)], axis=2)
    elif overlapping:  # floor(alpha (i + u)) in the precision of u, rounding as torch does
        number = u.dtype.type
        alpha = number(span) / number(max(parts, 1))
        edges = np.floor(alpha * (np.arange(parts + 1, dtype=u.dtype) + u)).astype(np.int64)
        edges -= edges[..., :1].copy()
    else:  # ceil(alpha (i + u)), with the whole part of alpha i apart: no u is too small
        whole, rest = np.divmod(span * np.arange(parts + 1), parts)
        edges = whole + np.ceil((rest + span * u.astype(np.float64)) / parts).astype(np.int64)
        edges -= edges[..., :1].copy()
    edges[..., -1] = span  # exact in theory; torch's rounding may miss it
    return (edges, edges + 2) if overlapping else (edges[..., :-1], edges[..., 1:])
