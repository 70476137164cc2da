"""Networks with hand-sized numbers: functions of a batch, which refuse anything else."""

import numpy as np

from course_lib.checks.cases import array, named

#: Weights that leave a trace in every sum: 1, 10, 100, ...
_DIGITS = 10.0 ** np.arange(12)


def network(words, function, axes, **arrays):
    """Return the function of a batch whose examples have so many axes; see `named`."""

    def of_batch(batch):
        if np.ndim(batch) != axes + 1:
            letters = ("N, D", "N, H, W", "N, C, H, W")[axes - 1]
            raise ValueError(f"a batch ({letters}) must come in, not the shape {np.shape(batch)}")
        return function(np.asarray(batch))

    return named(words, of_batch, **arrays)


def weighted(weights):
    """Return f: the sum of weights * x."""
    words, axes = "f: batch -> the sum of w * x", weights.ndim
    return network(words, lambda x: np.tensordot(x, weights, axes), axes, w=weights)


def constant(weights):
    """Return the gradient of `weighted`: the weights, whatever comes in."""
    words = "gradient: batch -> w for each example"
    return network(words, lambda x: weights + 0 * x, weights.ndim, w=weights)


def waves(batch):
    """Return weights for examples of any shape, no two alike: sin(1), sin(2), sin(3), ..."""
    return np.sin(1 + np.arange(batch[0].size)).reshape(batch.shape[1:])


def bowl(axes):
    """Return the gradient of the sum of x**2."""
    return network("gradient: batch -> 2 * batch", lambda batch: 2 * batch, axes)


def grid(*shape):
    """Return the weights 1, 10, 100, ... in that shape."""
    return _DIGITS[: int(np.prod(shape))].reshape(shape)


def letters(word):
    """Return a word of A, C, G and T one-hot, (4, L)."""
    return array([[float(letter == symbol) for letter in word] for symbol in "ACGT"])


_K = "k = sin(1), sin(2), ..."
slanted = network(f"f: batch -> the sum of k * x, {_K}", lambda x: (waves(x) * x).sum((1, 2)), 2)
highest = network(
    f"f: batch -> the largest of k * x, {_K}", lambda x: (waves(x) * x).max((1, 2)), 2
)
mixed = network(f"gradient: batch -> k + batch**2, {_K}", lambda x: waves(x) + x**2, 3)
cubic = network(f"gradient: batch -> k - batch**3, {_K}", lambda x: waves(x) - x**3, 2)
