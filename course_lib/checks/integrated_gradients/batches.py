"""Scores and gradients as the tasks get them: functions of a batch, which refuse anything else."""

import numpy as np


class Batched:
    """A function of batches of inputs with ndim axes; a message shows its words."""

    def __init__(self, words, ndim, function):
        self.words, self.ndim, self.function = words, ndim, function

    def __repr__(self):
        return f"<{self.words}>"

    def __call__(self, x):
        x = np.asarray(x)
        if x.ndim != self.ndim + 1:
            raise ValueError(f"a batch has {self.ndim + 1} axes, (n, ...), got shape {x.shape}")
        return self.function(x)


def quadratic(words, linear, pairs):
    """Return f(x) = linear . x + x . pairs . x, pairs symmetric, and its gradient."""

    def f(x):
        rows = x.reshape(len(x), -1)
        return rows @ linear.ravel() + np.sum(rows @ pairs * rows, axis=1)

    def gradient(x):
        return linear + (2 * x.reshape(len(x), -1) @ pairs).reshape(x.shape)

    return Batched(words, linear.ndim, f), gradient
