"""Networks with hand-sized numbers: functions of a batch, which refuse anything else."""

import numpy as np

from course_lib.checks.cases import batched


def weighted(weights):
    """Return f: the sum of weights * x."""
    words, axes = "f: batch -> the sum of w * x", weights.ndim
    return batched(words, axes, lambda x: np.tensordot(x, weights, axes), w=weights)


def constant(weights):
    """Return the gradient of `weighted`: the weights, whatever comes in."""
    words = "gradient: batch -> w for each example"
    return batched(words, weights.ndim, lambda x: weights + 0 * x, w=weights)


def waves(batch):
    """Return weights for examples of any shape, no two alike: sin(1), sin(2), sin(3), ..."""
    return np.sin(1 + np.arange(batch[0].size)).reshape(batch.shape[1:])


def bowl(axes):
    """Return the gradient of the sum of x**2."""
    return batched("gradient: batch -> 2 * batch", axes, lambda batch: 2 * batch)


_K = "k = sin(1), sin(2), ..."
slanted = batched(f"f: batch -> the sum of k * x, {_K}", 2, lambda x: (waves(x) * x).sum((1, 2)))
highest = batched(f"f: batch -> largest of k * x, {_K}", 2, lambda x: (waves(x) * x).max((1, 2)))
mixed = batched(f"gradient: batch -> k + batch**2, {_K}", 3, lambda x: waves(x) + x**2)
cubic = batched(f"gradient: batch -> k - batch**3, {_K}", 2, lambda x: waves(x) - x**3)
