"""The Triton kernels on a CUDA GPU, against eager torch and cuDNN.

    python -m benchmarks.gpu

Prints and writes benchmarks/gpu.json: the device's name, each ratio ours / theirs, and the share of
the device's own ceiling that was reached. The ceilings are measured in the same run: bytes per
second of a large device-to-device copy, and FLOP/s of a large matrix product in the same precision.
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
import triton
from triton.testing import do_bench

from course_lib.backends.triton import convolution, lstm, pooling


def milliseconds(function):
    return do_bench(function, warmup=50, rep=200, return_mode="median")


def ceilings():
    """Return (bytes/s of a copy, FLOP/s of an 8192^3 float32 product at today's precision)."""
    source = torch.randn(1 << 28, device="cuda")
    target = torch.empty_like(source)
    copied = 2 * source.numel() * source.element_size()
    bandwidth = copied / milliseconds(lambda: target.copy_(source)) * 1e3
    a, b = torch.randn(2, 8192, 8192, device="cuda")
    return bandwidth, 2 * 8192**3 / milliseconds(lambda: a @ b) * 1e3


def eager_cell(z, c_before):
    i, f, g, o = z.chunk(4, 1)
    i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
    c = f * c_before + i * g
    return o * c.tanh(), c, i, f, g, o


def eager_cell_backward(dh, dc, c_before, c, i, f, g, o):
    squashed = c.tanh()
    dc = dc + dh * o * (1 - squashed * squashed)
    parts = (
        dc * g * i * (1 - i),
        dc * c_before * f * (1 - f),
        dc * i * (1 - g * g),
        dh * squashed * o * (1 - o),
    )
    return torch.cat(parts, 1), dc * f


def lstm_rows(bandwidth):
    N, M = 8192, 2048  # about 700 MB a step: far more than the cache
    z, c_before = torch.randn(N, 4 * M, device="cuda"), torch.randn(N, M, device="cuda")
    trace = [torch.empty_like(c_before) for _ in range(6)]
    lstm.cell_forward(z, c_before, *trace)
    for ours, theirs in zip(trace, eager_cell(z, c_before), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)
    numbers = N * M * z.element_size()
    yield row(
        "LSTM cell forward",
        lambda: lstm.cell_forward(z, c_before, *trace),
        lambda: eager_cell(z, c_before),
        "eager torch",
        work=11 * numbers,
        ceiling=bandwidth,
    )
    dh, dc = torch.randn(2, N, M, device="cuda")
    step = (dh, dc, c_before, *trace[1:])
    for ours, theirs in zip(lstm.cell_backward(*step), eager_cell_backward(*step), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
    yield row(
        "LSTM cell backward",
        lambda: lstm.cell_backward(*step),
        lambda: eager_cell_backward(*step),
        "eager torch",
        work=13 * numbers,
        ceiling=bandwidth,
    )


def conv_row(flops):
    N, C, size, k = 128, 64, 56, 3
    x = torch.randn(N, C, size, size, device="cuda")
    w = torch.randn(C, C, k, k, device="cuda") / (C * k * k) ** 0.5
    options = dict(stride=(1, 1), padding=(1, 1), dilation=(1, 1), groups=1)
    precision = torch.get_float32_matmul_precision()
    torch.backends.cudnn.allow_tf32 = precision != "highest"
    y = convolution.conv2d(x, w, **options)
    exact = F.conv2d(x[:4].double(), w.double(), padding=1)
    error = (y[:4].double() - exact).norm() / exact.norm()
    return row(
        f"conv2d {'float32' if precision == 'highest' else 'tf32'}",
        lambda: convolution.conv2d(x, w, **options),
        lambda: F.conv2d(x, w, padding=1),
        "cuDNN",
        work=2 * N * C * C * k * k * size * size,
        ceiling=flops,
    ) | {"relative_error": error.item()}


def pool_row(bandwidth):
    x = torch.randn(128, 64, 112, 112, device="cuda")
    options = dict(kernel_size=(2, 2), stride=(2, 2), padding=(0, 0))
    y, switches = pooling.max_pool2d(x, **options)
    expected = F.max_pool2d(x, 2, return_indices=True)
    assert torch.equal(y, expected[0]) and torch.equal(switches, expected[1])
    return row(
        "max_pool2d",
        lambda: pooling.max_pool2d(x, **options),
        lambda: F.max_pool2d(x, 2, return_indices=True),
        "torch",
        work=x.nbytes + y.nbytes + switches.nbytes,
        ceiling=bandwidth,
    )


def row(name, ours, theirs, peer, *, work, ceiling):
    """Time ours, theirs, ours, theirs, ...; return the medians, their ratio, and the share."""
    pairs = [(milliseconds(ours), milliseconds(theirs)) for _ in range(5)]
    ratios = sorted(a / b for a, b in pairs)
    best = sorted(a for a, _ in pairs)[2]
    return {
        "name": name,
        "peer": peer,
        "ours_ms": best,
        "theirs_ms": sorted(b for _, b in pairs)[2],
        "ratio": ratios[2],
        "share_of_ceiling": work / (best / 1e3) / ceiling,
    }


def main():
    if not torch.cuda.is_available():
        sys.exit("benchmarks.gpu needs a CUDA GPU, and torch sees none here")
    bandwidth, float32 = ceilings()
    rows = [*lstm_rows(bandwidth), pool_row(bandwidth), conv_row(float32)]
    torch.set_float32_matmul_precision("high")
    _, tf32 = ceilings()
    rows.append(conv_row(tf32))
    result = {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "triton": triton.__version__,
        "copy_bytes_per_s": bandwidth,
        "float32_flops_per_s": float32,
        "tf32_flops_per_s": tf32,
        "rows": rows,
    }
    for r in rows:
        print(
            f"{r['name']:20} {r['ours_ms']:8.3f} ms  {r['ratio']:5.2f} x {r['peer']:12}"
            f"  {r['share_of_ceiling']:6.1%} of the ceiling"
        )
    Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
