"""Dense layers, ReLU and the softmax loss close to the formula."""

import numpy as np


def dense(x, w, b=None):
    """y[n, f] = b[f] + sum_d x[n, d] * w[f, d]."""
    N, F = len(x), len(w)
    y = np.empty((N, F), dtype=x.dtype)
    for n, f in np.ndindex(N, F):
        y[n, f] = np.sum(x[n] * w[f])
    return y if b is None else y + b


def dense_backward(dy, x, w):
    """Every product x*w of the forward sum sends dy*w to its x and dy*x to its w."""
    dx, dw = np.zeros_like(x), np.zeros_like(w)
    for n, f in np.ndindex(*dy.shape):
        dx[n] += dy[n, f] * w[f]
        dw[f] += dy[n, f] * x[n]
    return dx, dw, dy.sum(axis=0)


def relu(x):
    """y = max(x, 0)."""
    return np.asarray(np.maximum(x, 0))  # of an array without axes NumPy makes a number


def relu_backward(dy, x, *, rule="gradient"):
    """Carry dy back: by the sign of x, by its own sign (DeconvNet), or by both (guided)."""
    passes = {
        "gradient": x > 0,
        "deconvnet": dy > 0,
        "guided": (x > 0) & (dy > 0),
    }
    return np.where(passes[rule], dy, 0)


def softmax_cross_entropy(scores, labels):
    """L = -1/N sum_n log p[n, label_n] with p = softmax(scores); dL/dscores = (p - one_hot) / N."""
    N = len(scores)
    loss = np.zeros((), dtype=scores.dtype)
    dscores = np.empty_like(scores)
    for n in range(N):
        shifted = scores[n] - scores[n].max()  # the same softmax, without overflow
        total = np.sum(np.exp(shifted))
        loss += (np.log(total) - shifted[labels[n]]) / N
        dscores[n] = np.exp(shifted) / total / N
        dscores[n, labels[n]] -= 1 / N
    return loss, dscores
