"""Max pooling with switches, and the two ways back, as Triton kernels.

Forward, one program takes a block of output pixels of one (example, channel) plane and walks
through the window; nothing is shared, so nothing can race. Backward, overlapping windows may send
to the same pixel: there the sum is atomic.
"""

import torch
import triton
import triton.language as tl

BLOCK = 256


@triton.jit
def _max_pool2d(
    x, y, switches, H, W, HO, WO,
    KH: tl.constexpr, KW: tl.constexpr, SH: tl.constexpr, SW: tl.constexpr,
    PH: tl.constexpr, PW: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    plane = tl.program_id(0).to(tl.int64)
    pixel = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < HO * WO
    top, left = pixel // WO * SH - PH, pixel % WO * SW - PW
    # Where a whole window holds -inf, the switch is its first real pixel, as in torch.
    where = tl.maximum(top, 0) * W + tl.maximum(left, 0)
    best = tl.full([BLOCK], float("-inf"), x.dtype.element_ty)
    for k in tl.static_range(KH):
        for m in tl.static_range(KW):
            row, column = top + k, left + m
            real = inside & (row >= 0) & (row < H) & (column >= 0) & (column < W)
            here = row * W + column
            value = tl.load(x + plane * H * W + here, real, other=float("-inf"))
            # Strictly greater: the first of equals wins. NaN, unequal to itself, always wins.
            wins = (value > best) | (value != value)
            best = tl.where(wins, value, best)
            where = tl.where(wins, here, where)
    tl.store(y + plane * HO * WO + pixel, best, inside)
    tl.store(switches + plane * HO * WO + pixel, where.to(tl.int64), inside)


@triton.jit
def _send(source, switches, target, pixels, size, ADD: tl.constexpr, BLOCK: tl.constexpr):
    plane = tl.program_id(0).to(tl.int64)
    pixel = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = pixel < pixels
    value = tl.load(source + plane * pixels + pixel, inside, other=0.0)
    where = tl.load(switches + plane * pixels + pixel, inside, other=0)
    if ADD:
        tl.atomic_add(target + plane * size + where, value, inside)
    else:
        tl.store(target + plane * size + where, value, inside)


def max_pool2d(x, *, kernel_size, stride, padding):
    (KH, KW), (SH, SW), (PH, PW) = kernel_size, stride, padding
    N, C, H, W = x.shape
    HO, WO = (H + 2 * PH - KH) // SH + 1, (W + 2 * PW - KW) // SW + 1
    y = x.new_empty(N, C, HO, WO)
    switches = x.new_empty(N, C, HO, WO, dtype=torch.int64)
    if y.numel():
        grid = N * C, triton.cdiv(HO * WO, BLOCK)
        _max_pool2d[grid](
            x.contiguous(), y, switches, H, W, HO, WO, KH, KW, SH, SW, PH, PW, BLOCK=BLOCK
        )
    return y, switches


def max_pool2d_backward(dy, switches, input_shape):
    return _scatter(dy, switches, input_shape, add=True)


def max_unpool2d(y, switches, output_shape):
    return _scatter(y, switches, output_shape, add=False)


def _scatter(source, switches, shape, add):
    target = source.new_zeros(shape)
    N, C, HO, WO = source.shape
    if source.numel():
        grid = N * C, triton.cdiv(HO * WO, BLOCK)
        _send[grid](
            source.contiguous(), switches.contiguous(), target,
            HO * WO, shape[2] * shape[3], ADD=add, BLOCK=BLOCK,
        )  # fmt: skip
    return target
