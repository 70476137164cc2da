"""conv2d forward as an implicit matrix product: im2col that exists only inside the kernel.

The filters are a matrix (F, C*KH*KW) and the windows a matrix (C*KH*KW, N*HO*WO) that is never
written to memory: each program gathers the tile it needs, with a mask where the window hangs over
the edge. Pixels are the fast axis of every tile, as they are in memory.
"""

import torch
import triton
import triton.language as tl


@triton.jit
def _conv2d(
    x, w, b, y, C, H, W, F, HO, WO, pixels,
    KH: tl.constexpr, KW: tl.constexpr, SH: tl.constexpr, SW: tl.constexpr,
    PH: tl.constexpr, PW: tl.constexpr, DH: tl.constexpr, DW: tl.constexpr,
    BIAS: tl.constexpr, PRECISION: tl.constexpr,
    BLOCK_P: tl.constexpr, BLOCK_F: tl.constexpr, BLOCK_C: tl.constexpr,
):  # fmt: skip
    """One program: BLOCK_F filters at BLOCK_P output pixels of one group.

    x is (N, groups*C, H, W), w (groups, KH, KW, C, F), y (N, groups*F, HO, WO); C and F are the
    channels and filters of one group.
    """
    group, groups = tl.program_id(2), tl.num_programs(2)
    pixel = tl.program_id(0) * BLOCK_P + tl.arange(0, BLOCK_P)
    filters = tl.program_id(1) * BLOCK_F + tl.arange(0, BLOCK_F)
    channels = tl.arange(0, BLOCK_C)
    example = (pixel // (HO * WO)).to(tl.int64)
    top = pixel // WO % HO * SH - PH
    left = pixel % WO * SW - PW
    image = x + (example * groups + group) * C * H * W
    weights = w + group.to(tl.int64) * KH * KW * C * F
    total = tl.zeros([BLOCK_F, BLOCK_P], tl.float32)
    for k in range(KH):
        for m in range(KW):
            row, column = top + k * DH, left + m * DW
            real = (pixel < pixels) & (row >= 0) & (row < H) & (column >= 0) & (column < W)
            window = image + row * W + column
            for first in range(0, C, BLOCK_C):
                c = first + channels
                tile_w = tl.load(
                    weights + ((k * KW + m) * C + c[None, :]) * F + filters[:, None],
                    (c[None, :] < C) & (filters[:, None] < F),
                    other=0.0,
                )
                tile_x = tl.load(
                    window[None, :] + c[:, None] * H * W,
                    (c[:, None] < C) & real[None, :],
                    other=0.0,
                )
                total = tl.dot(tile_w, tile_x, total, input_precision=PRECISION)
    if BIAS:
        bias = tl.load(b + group * F + filters, filters < F, other=0.0)
        total += bias[:, None]
    at = (example[None, :] * groups + group) * F + filters[:, None]
    inside = (filters[:, None] < F) & (pixel[None, :] < pixels)
    tl.store(y + at * HO * WO + (pixel % (HO * WO))[None, :], total, inside)


def blocks(C, F):
    """Return (BLOCK_P, BLOCK_F, BLOCK_C) for a group of C channels and F filters."""
    return 128, min(64, max(16, triton.next_power_of_2(F))), 32 if C > 16 else 16


def conv2d(x, w, b=None, *, stride, padding, dilation, groups):
    if x.dtype == torch.float64:
        raise NotImplementedError(
            "conv2d has no 'triton' backend for float64: use float32, or backend='torch'"
        )
    N, _, H, W = x.shape
    F, C, KH, KW = w.shape
    HO = (H + 2 * padding[0] - dilation[0] * (KH - 1) - 1) // stride[0] + 1
    WO = (W + 2 * padding[1] - dilation[1] * (KW - 1) - 1) // stride[1] + 1
    y = x.new_empty(N, F, HO, WO)
    if not y.numel():
        return y
    filters = F // groups
    # Filters last: a tile of weights then lies in consecutive memory.
    w = w.reshape(groups, filters, C, KH, KW).permute(0, 3, 4, 2, 1).contiguous()
    pixels = N * HO * WO
    block_p, block_f, block_c = blocks(C, filters)
    # As in torch: full float32 unless the user has asked for less.
    precision = "ieee" if torch.get_float32_matmul_precision() == "highest" else "tf32"
    grid = triton.cdiv(pixels, block_p), triton.cdiv(filters, block_f), groups
    _conv2d[grid](
        x.contiguous(), w, x if b is None else b.contiguous(), y,
        C, H, W, filters, HO, WO, pixels, KH, KW, *stride, *padding, *dilation,
        BIAS=b is not None, PRECISION=precision,
        BLOCK_P=block_p, BLOCK_F=block_f, BLOCK_C=block_c, num_warps=8, num_stages=3,
    )  # fmt: skip
    return y


def conv1d(x, w, b=None, *, stride, padding, dilation, groups):
    options = dict(stride=(1, stride), padding=(0, padding), dilation=(1, dilation))
    return conv2d(x[:, :, None], w[:, :, None], b, **options, groups=groups)[:, :, 0]
