"""Networks with hand-sized numbers: functions of a batch, which refuse anything else."""

from functools import cache

import numpy as np

from course_lib.checks.cases import array, named

#: Weights that leave a trace in every sum: 1, 10, 100, ...
DIGITS = 10.0 ** np.arange(12)


def network(words, function, axes):
    """Return the function of a batch whose examples have so many axes."""

    def of_batch(batch):
        if np.ndim(batch) != axes + 1:
            letters = ("N, D", "N, H, W", "N, C, H, W")[axes - 1]
            raise ValueError(f"a batch ({letters}) must come in, not the shape {np.shape(batch)}")
        return function(np.asarray(batch))

    return named(words, of_batch)


_OF_WEIGHTS = {
    "weighted": ("f: batch -> the sum of w * x", lambda w, x: (w * x).reshape(len(x), -1).sum(1)),
    "heaviest": (
        "f: batch -> the largest of w * x",
        lambda w, x: (w * x).reshape(len(x), -1).max(1),
    ),
    "constant": ("gradient: batch -> w for each example", lambda w, x: w + 0 * x),
    "cubic": ("gradient: batch -> w - batch**3", lambda w, x: w - x**3),
}


def of_weights(kind, weights):
    """Return a function of a batch with weights; for equal weights always the same one."""
    return _made(kind, tuple(weights.ravel().tolist()), weights.shape)


@cache
def _made(kind, numbers, shape):
    weights, (words, function) = np.reshape(numbers, shape), _OF_WEIGHTS[kind]
    words += f", w = {weights.tolist()}" if weights.size < 13 else ""
    return network(words, lambda batch: function(weights, batch), len(shape))


def bowl(axes):
    """Return the gradient of the sum of x**2."""
    return network("gradient: batch -> 2 * batch", lambda batch: 2 * batch, axes)


def grid(*shape):
    """Return the weights 1, 10, 100, ... in that shape."""
    return DIGITS[: int(np.prod(shape))].reshape(shape)


def letters(word):
    """Return a word of A, C, G and T one-hot, (4, L)."""
    return array([[float(letter == symbol) for letter in word] for symbol in "ACGT"])
