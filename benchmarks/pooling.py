"""Pooling of the NumPy and torch backends against torch's own, forward and backward."""

import numpy as np
import torch
import torch.nn.functional as F

from course_lib import avg_pool2d, avg_pool2d_backward, max_pool2d, max_pool2d_backward

GOALS = {
    "max pool forward, numpy": 1.0,
    "max pool backward, numpy": None,
    "average pool, numpy": None,
    "max pool forward, torch": 1.05,
    "max pool backward, torch": 1.05,
    "average pool, torch": 1.05,
}

#: N, C, H = W, kernel, stride, padding
SHAPES = [
    (64, 8, 24, 2, 2, 0),
    (64, 32, 28, 2, 2, 0),
    (32, 32, 28, 3, 2, 1),
    (64, 64, 56, 2, 2, 0),
]


def cases():
    """Yield (group, name, make): see `benchmarks.__main__`."""
    for backend in ("numpy", "torch"):
        for sizes in SHAPES:
            N, C, H, k, stride, _ = sizes
            name = f"{N}x{C}x{H}x{H}, k{k}, stride {stride}"
            yield f"max pool forward, {backend}", name, _bind(max_forward, backend, sizes)
            yield f"max pool backward, {backend}", name, _bind(max_backward, backend, sizes)
            yield f"average pool, {backend}", name, _bind(average, backend, sizes)


def _bind(make, backend, sizes):
    return lambda: make(backend, *sizes)


def _numbers(shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def max_forward(backend, N, C, H, k, stride, padding):
    """Return our and torch's maximum with its places."""
    x = _numbers((N, C, H, H))
    tensor = torch.from_numpy(x)
    given = x if backend == "numpy" else tensor
    return (
        lambda: max_pool2d(given, k, stride=stride, padding=padding),
        lambda: F.max_pool2d(tensor, k, stride, padding, return_indices=True),
    )


def max_backward(backend, N, C, H, k, stride, padding):
    """Return our and torch's way back through a maximum."""
    x = torch.from_numpy(_numbers((N, C, H, H)))
    y, switches = F.max_pool2d(x, k, stride, padding, return_indices=True)
    dy = torch.from_numpy(_numbers(y.shape, seed=1))
    given = (dy.numpy(), switches.numpy()) if backend == "numpy" else (dy, switches)
    geometry = [k, k], [stride, stride], [padding, padding], [1, 1], False
    return (
        lambda: max_pool2d_backward(*given, tuple(x.shape)),
        lambda: torch.ops.aten.max_pool2d_with_indices_backward(dy, x, *geometry, switches),
    )


def average(backend, N, C, H, k, stride, padding):
    """Return our and torch's average, forward and backward."""
    x = torch.from_numpy(_numbers((N, C, H, H)))
    dy = torch.from_numpy(_numbers(F.avg_pool2d(x, k, stride).shape, seed=1))
    given = (x.numpy(), dy.numpy()) if backend == "numpy" else (x, dy)
    geometry = [k, k], [stride, stride], [0, 0], False, True, None

    def ours():
        return (
            avg_pool2d(given[0], k, stride=stride),
            avg_pool2d_backward(given[1], tuple(x.shape), k, stride=stride),
        )

    def theirs():
        return (
            F.avg_pool2d(x, k, stride),
            torch.ops.aten.avg_pool2d_backward(dy, x, *geometry),
        )

    return ours, theirs
