"""Uses of the operations whose types mypy checks in `make lint`; nothing here runs.

A wrong type of a parameter, of a result or of a field of a result turns lint red.
"""

from typing import Any, assert_type

import numpy as np
import torch
from numpy.typing import NDArray

import course_lib as c


def with_arrays() -> None:
    x, w, b = np.ones((1, 1, 4, 4)), np.ones((2, 1, 3, 3), np.float32), np.ones(2)
    assert_type(c.conv2d(x, w, b, stride=(1, 2), padding=1), NDArray[Any])
    assert_type(c.conv2d_backward(x, x, w).dw, NDArray[Any])
    assert_type(c.conv_matrix(w, (1, 4, 4)), NDArray[Any])
    assert_type(c.max_pool2d(x, 2).switches, NDArray[Any])
    assert_type(c.fractional_max_pool2d(x, 3, rng=0).y, NDArray[Any])
    assert_type(c.pad2d(x, (0, 1), mode="wrap"), NDArray[Any])
    sequences, gates = np.ones((3, 1, 2)), np.ones((8, 2))
    loss, dscores = c.softmax_cross_entropy(gates, np.zeros(8, int))
    assert_type(loss, NDArray[Any])
    assert_type(dscores, NDArray[Any])
    trace = c.lstm_forward(sequences, gates, gates, backend="reference")
    assert_type(trace.c, NDArray[Any])
    assert_type(c.lstm_backward(sequences, trace, sequences, gates, gates).dc0, NDArray[Any])
    assert_type(c.lstm_jacobian(trace, 1, gates).carry, NDArray[Any])
    assert_type(c.KERNELS["identity"], NDArray[np.float64])


def with_tensors() -> None:
    x, w, b = torch.ones(1, 1, 4, 4), torch.ones(2, 1, 3, 3), torch.ones(2)
    assert_type(c.conv2d(x, w, b), torch.Tensor)
    assert_type(c.conv2d_backward(x, x, w).db, torch.Tensor)
    assert_type(c.max_pool2d(x, 2, stride=1).y, torch.Tensor)
    assert_type(c.dense_backward(w, x, w).dx, torch.Tensor)
    assert_type(c.rnn_backward(x, x, x, w, w, truncate=3).step_norms, torch.Tensor)
    assert_type(c.softmax_cross_entropy(x, b).loss, torch.Tensor)


def without_either() -> None:
    assert_type(c.output_size(7, 3, stride=2), int)
    assert_type(c.track((1, 8, 8), [])[0].shape, tuple[int, ...])
    assert_type(c.avg_pool_matrix((4, 4), 2), NDArray[np.float64])


def refused() -> None:
    x, w = np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2))
    c.conv2d(x, w, backend="jax")  # type: ignore[arg-type]
    c.conv2d(x, w, stride=1.5)  # type: ignore[arg-type]
    c.conv2d([1.0], w)  # type: ignore[type-var]
    c.pad2d(x, 1, mode="edge")  # type: ignore[arg-type]
    c.relu_backward(x, x, rule="backprop")  # type: ignore[arg-type]
