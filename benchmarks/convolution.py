"""Convolution of the NumPy and torch backends against torch's own, forward and backward."""

import numpy as np
import torch

from course_lib import conv2d, conv2d_backward

GOALS = {
    "conv2d forward, numpy": 1.0,
    "conv2d backward, numpy": 1.0,
    "conv2d forward, torch": 1.05,
    "conv2d backward, torch": 1.05,
}

#: letter -> N, C, H = W, filters, kernel, stride, N of the backward pass; padding keeps the size
SHAPES = {
    "A": (64, 1, 8, 8, 3, 1, 64),
    "B": (64, 1, 28, 8, 5, 1, 64),
    "C": (64, 8, 14, 16, 5, 1, 64),
    "D": (64, 16, 28, 32, 3, 1, 64),
    "E": (64, 32, 14, 32, 3, 1, 64),
    "F": (64, 16, 28, 32, 3, 2, 64),
    "L": (128, 64, 56, 64, 3, 1, 64),
}


def cases():
    """Yield (group, name, make): see `benchmarks.__main__`."""
    for backend in ("numpy", "torch"):
        for direction in ("forward", "backward"):
            for letter, (N, C, H, F, K, stride, N_backward) in SHAPES.items():
                batch = N if direction == "forward" else N_backward
                name = f"{letter} {batch}x{C}x{H}x{H}, {F} filters, k{K}"
                name += f", stride {stride}" if stride > 1 else ""
                sizes = (batch, C, H, F, K, stride)
                make = forward if direction == "forward" else backward
                yield f"conv2d {direction}, {backend}", name, _bind(make, backend, sizes)


def _bind(make, backend, sizes):
    return lambda: make(backend, *sizes)


def _inputs(N, C, H, F, K):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, C, H, H), dtype=np.float32)
    w = rng.standard_normal((F, C, K, K), dtype=np.float32)
    b = rng.standard_normal(F, dtype=np.float32)
    return x, w, b


def forward(backend, N, C, H, F, K, stride):
    """Return our and torch's forward pass on the same numbers."""
    arrays = _inputs(N, C, H, F, K)
    tensors = [torch.from_numpy(a) for a in arrays]
    options = dict(stride=stride, padding=K // 2)
    given = arrays if backend == "numpy" else tensors
    return (
        lambda: conv2d(*given, **options),
        lambda: torch.nn.functional.conv2d(*tensors, **options),
    )


def backward(backend, N, C, H, F, K, stride):
    """Return our and torch's backward pass, all three gradients, on the same numbers."""
    x, w, b = _inputs(N, C, H, F, K)
    padding = K // 2
    HO = (H + 2 * padding - K) // stride + 1
    dy = np.random.default_rng(1).standard_normal((N, F, HO, HO), dtype=np.float32)
    arrays = dy, x, w
    tensors = [torch.from_numpy(a) for a in arrays]
    given = arrays if backend == "numpy" else tensors
    return (
        lambda: conv2d_backward(*given, stride=stride, padding=padding),
        lambda: torch.ops.aten.convolution_backward(
            *tensors, [F], [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, [True] * 3
        ),
    )
