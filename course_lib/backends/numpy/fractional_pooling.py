"""Fractional max pooling as one whole-array operation per place in the tile."""

import numpy as np


def fractional_max_pool2d(x, *, rows, columns):
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
