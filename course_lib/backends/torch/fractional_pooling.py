"""Fractional max pooling as one whole-array operation per place in the tile."""

import torch

from course_lib.backends.numpy.fractional_pooling import tiles


def fractional_max_pool2d(x, *, output_size, u, overlapping, rng):
    rows, columns = tiles(x.shape, output_size, u, overlapping, rng)
    (tops, bottoms), (lefts, rights) = (
        [torch.as_tensor(edges, device=x.device) for edges in pair] for pair in (rows, columns)
    )
    tall, wide = (int((ends - starts).max()) if len(x) else 0 for starts, ends in (rows, columns))
    N, C, H, W = x.shape
    shape = (N, C, tops.shape[2], lefts.shape[2])
    flat = x.flatten(2)
    with torch.no_grad():
        best = x.new_full(shape, -torch.inf)
        switches = (tops[..., None] * W + lefts[..., None, :]).expand(shape)
        for k in range(tall):
            for m in range(wide):
                # A tile smaller than the largest sees its last row or column again: harmless.
                row = torch.minimum(tops + k, bottoms - 1)
                column = torch.minimum(lefts + m, rights - 1)
                where = (row[..., None] * W + column[..., None, :]).expand(shape)
                value = flat.gather(2, where.flatten(2)).view(shape)
                better = (value > best) | value.isnan()
                best = torch.where(better, value, best)
                switches = torch.where(better, where, switches)
    return flat.gather(2, switches.flatten(2)).view(shape), switches.contiguous()
