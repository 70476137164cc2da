"""Explanations from changes and gradients, as the exercise `saliency` asks for them.

The network is known through functions: f maps a batch to scores (N,), gradient maps a batch to the
gradients of the score, of the shape of the batch.
"""

import numpy as np


def occlusion(f, x, window, baseline=0.0):
    """phi[i, j] = mean over the windows that hold (i, j) of f(x) - f(x with the window covered)."""
    H, W = x.shape
    score = f(x[None])[0]
    lost, windows = np.zeros(x.shape), np.zeros(x.shape)
    for i, j in np.ndindex(H - window + 1, W - window + 1):
        covered = x.copy()
        covered[i : i + window, j : j + window] = baseline
        lost[i : i + window, j : j + window] += score - f(covered[None])[0]
        windows[i : i + window, j : j + window] += 1
    return lost / windows


def mutagenesis(f, one_hot):
    """phi[a, i] = f(x with symbol a at position i) - f(x), 0 for the symbol that is there."""
    score = f(one_hot[None])[0]
    change = np.zeros(one_hot.shape)
    for a, i in np.ndindex(*one_hot.shape):
        mutated = one_hot.copy()
        mutated[:, i] = 0
        mutated[a, i] = 1
        change[a, i] = f(mutated[None])[0] - score
    return change


def saliency(gradient, x):
    """M[i, j] = max_c |df/dx[c, i, j]|."""
    return np.abs(gradient(x[None])[0]).max(axis=0)


def smoothgrad(gradient, x, noise):
    """phi = 1/n sum_k gradient(x + noise[k])."""
    return gradient(x + noise).mean(axis=0)


def smoothgrad_bias(third, sigma):
    """E[g_j(x + e)] - g_j(x) = sigma^2 / 2 * tr(third[j]) + ..., e ~ N(0, sigma^2 I)."""
    return sigma**2 / 2 * np.array([np.trace(hessian) for hessian in third])


def class_model(gradient, shape, *, l2, steps, lr):
    """Climb f(I) - l2 |I|^2 from zeros: I <- I + lr * (gradient(I) - 2 l2 I)."""
    image = np.zeros(shape)
    for _ in range(steps):
        image = image + lr * (gradient(image[None])[0] - 2 * l2 * image)
    return image


def untrained(maps):
    """Return the index, from 0, of the map that comes from the network that learnt nothing."""
    agreement = np.corrcoef(maps.reshape(len(maps), -1))
    return int(agreement.sum(axis=0).argmin())
