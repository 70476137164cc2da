"""The Triton kernels: against the reference, compiled for two GPUs, and run on one if there is one.

Without a GPU, Triton's interpreter runs the kernels on the CPU (conftest.py switches it on).
It hides races and reads past a mask quietly, so sizes here are ragged and need several programs.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("triton", reason="triton is the optional extra gpu")
import torch
import torch.nn.functional as F

from course_lib import (
    conv1d,
    conv2d,
    lstm_backward,
    lstm_forward,
    max_pool2d,
    max_pool2d_backward,
    max_unpool2d,
)

EPS = float(np.finfo(np.float32).eps)
DEVICES = [
    pytest.param(
        "cpu",
        marks=pytest.mark.skipif(
            os.environ.get("TRITON_INTERPRET") != "1", reason="kernels run on the GPU here"
        ),
    ),
    pytest.param("cuda", marks=pytest.mark.cuda),
]
on_each_device = pytest.mark.parametrize("device", DEVICES)


def draw(seed, *shapes, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return [
        torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype) for shape in shapes
    ]


GEOMETRIES = [
    dict(),
    dict(padding=1),
    dict(stride=2, padding=(1, 2)),
    dict(stride=(2, 1), dilation=(1, 2), padding=2),
    dict(groups=2),
    dict(groups=2, stride=2, padding=1, dilation=2),
]


@on_each_device
@pytest.mark.parametrize("options", GEOMETRIES, ids=str)
@pytest.mark.parametrize("bias", [True, False])
def test_conv2d_is_within_the_float32_bound_of_float64(device, options, bias):
    groups = options.get("groups", 1)
    # 3 * 9 * 7 pixels need two programs of 128, the last one ragged; 18 filters a ragged block.
    x, w, b = draw(0, (3, 4, 9, 7), (18, 4 // groups, 3, 2), (18,))
    exact = conv2d(x.double(), w.double(), b.double() if bias else None, **options)
    scale = conv2d(x.double().abs(), w.double().abs(), b.double().abs(), **options)
    y = conv2d(
        x.to(device), w.to(device), b.to(device) if bias else None, backend="triton", **options
    )
    assert y.dtype == torch.float32 and y.device.type == device
    assert ((y.cpu().double() - exact).abs() <= 4 * EPS * scale).all()


@on_each_device
def test_conv2d_with_many_channels_walks_all_blocks_of_them(device):
    x, w = draw(1, (1, 37, 6, 6), (70, 37, 3, 3))
    exact = conv2d(x.double(), w.double(), padding=1)
    scale = conv2d(x.double().abs(), w.double().abs(), padding=1)
    y = conv2d(x.to(device), w.to(device), padding=1, backend="triton")
    assert ((y.cpu().double() - exact).abs() <= 4 * EPS * scale).all()


@on_each_device
def test_conv1d_and_views_and_empty_batches(device):
    x, w, b = draw(2, (2, 9, 4), (3, 4, 3), (3,))
    view = x.to(device).transpose(1, 2)  # not contiguous
    expected = conv1d(x.transpose(1, 2), w, b, stride=2, padding=1)
    y = conv1d(view, w.to(device), b.to(device), stride=2, padding=1, backend="triton")
    assert torch.allclose(y.cpu(), expected, atol=1e-5)
    empty = conv1d(view[:0], w.to(device), b.to(device), backend="triton")
    assert empty.shape == (0, 3, 7)


def test_conv2d_refuses_float64():
    x, w = draw(0, (1, 1, 3, 3), (1, 1, 2, 2), dtype=torch.float64)
    with pytest.raises(NotImplementedError, match="float64: use float32"):
        conv2d(x, w, backend="triton")


POOLS = [
    dict(kernel_size=2),
    dict(kernel_size=(3, 2), stride=(1, 2), padding=1),
    dict(kernel_size=3, stride=2, padding=1),
]


@on_each_device
@pytest.mark.parametrize("options", POOLS, ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_max_pool2d_equals_torch_with_ties_nan_and_infinities(device, options, dtype):
    (x,) = draw(3, (2, 4, 37, 18), dtype=dtype)  # 18*9 and more outputs: ragged blocks of 256
    x[0, 0, 0, 0] = x[1, 0, 5, 5] = x[1, 0, 5, 6] = float("nan")  # of several, the last wins
    x[1, 1] = 1.0
    x[1, 2] = float("-inf")
    y, switches = max_pool2d(x.to(device), backend="triton", **options)
    expected = F.max_pool2d(x, **options, return_indices=True)
    torch.testing.assert_close(y.cpu(), expected[0], rtol=0, atol=0, equal_nan=True)
    assert torch.equal(switches.cpu(), expected[1])


@on_each_device
def test_the_ways_back_from_max_pooling(device):
    x, dy = draw(4, (2, 3, 9, 8), (2, 3, 7, 6))
    y, switches = max_pool2d(x, 3, stride=1)
    from course_lib.backends.triton import pooling

    back = pooling.max_pool2d_backward(dy.to(device), switches.to(device), x.shape)
    assert torch.allclose(back.cpu(), max_pool2d_backward(dy, switches, x.shape), atol=1e-6)
    y, switches = max_pool2d(x, 2)
    up = pooling.max_unpool2d(y.to(device), switches.to(device), x.shape)
    assert torch.equal(up.cpu(), max_unpool2d(y, switches, x.shape))


@on_each_device
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
@pytest.mark.parametrize("start", [True, False])
def test_lstm_equals_the_reference(device, dtype, tolerance, start):
    T, N, D, M = 4, 3, 5, 6
    x, w_ih, w_hh, b, h0, c0, dh = draw(
        5, (T, N, D), (4 * M, D), (4 * M, M), (4 * M,), (N, M), (N, M), (T, N, M), dtype=dtype
    )
    states = (h0, c0) if start else (None, None)
    expected = lstm_forward(x, w_ih, w_hh, b, *states, backend="reference")
    there = [v if v is None else v.to(device) for v in (x, w_ih, w_hh, b, *states)]
    trace = lstm_forward(*there, backend="triton")
    for ours, exact in zip(trace, expected, strict=True):
        assert ours.dtype == dtype
        torch.testing.assert_close(ours.cpu(), exact, rtol=tolerance, atol=tolerance)
    gradients = lstm_backward(dh, expected, x, w_ih, w_hh, *states, backend="reference")
    ours = lstm_backward(dh.to(device), trace, *there[:3], *there[4:], backend="triton")
    for got, exact in zip(ours, gradients, strict=True):
        torch.testing.assert_close(got.cpu(), exact, rtol=10 * tolerance, atol=10 * tolerance)


@on_each_device
def test_the_lstm_cell_with_more_units_than_one_program(device):
    T, N, D, M = 2, 2, 3, 1030  # 1030 units: a block of 1024 and a ragged one
    x, w_ih, w_hh, b = draw(6, (T, N, D), (4 * M, D), (4 * M, M), (4 * M,))
    expected = lstm_forward(x, w_ih, w_hh / 30, b, backend="torch")
    trace = lstm_forward(*(v.to(device) for v in (x, w_ih, w_hh / 30, b)), backend="triton")
    for ours, exact in zip(trace, expected, strict=True):
        torch.testing.assert_close(ours.cpu(), exact, rtol=1e-4, atol=1e-5)


def test_every_kernel_compiles_for_two_generations_of_gpus():
    environment = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    script = Path(__file__).with_name("compile_triton.py")
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert len(lines) == len(set(lines)) > 0
    assert sum(line.endswith("sm_80") for line in lines) == len(lines) / 2
    for kernel in ("cell_forward", "cell_backward", "max_pool2d", "send", "conv2d"):
        assert any(line.startswith(kernel) for line in lines)
