"""Shares of a difference of scores, as the exercise `integrated_gradients` asks for them.

The network is known through functions: f maps a batch to scores (N,), gradient maps a batch to the
gradients of the score, of the shape of the batch; or through the weights of a ReLU network.
"""

import numpy as np


def integrated_gradients(gradient, x, baseline, *, n_steps=50, rule="midpoint"):
    """phi = (x - baseline) * sum_k weights[k] * gradient(baseline + alphas[k] * (x - baseline))."""
    weights = np.full(n_steps, 1 / n_steps)
    if rule == "left":
        alphas = np.arange(n_steps) / n_steps
    elif rule == "right":
        alphas = np.arange(1, n_steps + 1) / n_steps
    elif rule == "midpoint":
        alphas = (np.arange(n_steps) + 0.5) / n_steps
    else:  # trapezoid: both ends, each half
        alphas = np.arange(n_steps + 1) / n_steps
        weights = np.full(n_steps + 1, 1 / n_steps)
        weights[0] = weights[-1] = 0.5 / n_steps
    integral = np.zeros(x.shape)
    for alpha, weight in zip(alphas, weights, strict=True):
        integral += weight * gradient((baseline + alpha * (x - baseline))[None])[0]
    return (x - baseline) * integral


def completeness_gap(f, x, baseline, attributions):
    """sum_i phi_i - (f(x) - f(baseline)): 0 if the shares are complete."""
    return np.sum(attributions) - (f(x[None])[0] - f(baseline[None])[0])


def linear_attribution(weights, x, baseline):
    """phi_i = weights_i * (x_i - baseline_i): the gradient of a linear score is the same all along
    the path."""
    return weights * (x - baseline)


def exact_on_pieces(w1, b1, w2, x, baseline):
    """Integrate the gradient of w2 . relu(w1 x + b1) piece by piece: between two kinks of the path
    it is constant."""
    start = w1 @ baseline + b1
    change = w1 @ (x - baseline)
    kinks = [-z / dz for z, dz in zip(start, change, strict=True) if dz != 0 and 0 < -z / dz < 1]
    ends = np.array([0.0, *sorted(kinks), 1.0])
    integral = np.zeros(x.shape)
    for a, b in zip(ends, ends[1:], strict=False):
        active = start + (a + b) / 2 * change > 0
        integral += (b - a) * (np.ravel(w2) * active) @ w1
    return (x - baseline) * integral


def deeplift_rescale(weights, biases, x, baseline):
    """Carry multipliers back through a ReLU network: slope (relu(z) - relu(z')) / (z - z') at each
    ReLU, and its derivative at z where the two are equal."""
    a, a0, slopes = x, baseline, []
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        z, z0 = w @ a + b, w @ a0 + b
        a, a0 = np.maximum(z, 0), np.maximum(z0, 0)
        equal = np.abs(z - z0) <= 1e-12
        slopes.append(np.where(equal, z > 0, (a - a0) / np.where(equal, 1, z - z0)))
    multipliers = weights[-1][0]
    for w, slope in zip(weights[-2::-1], slopes[::-1], strict=True):
        multipliers = (multipliers * slope) @ w
    return multipliers * (x - baseline)


def choose_baseline(f, x, pixel):
    """Change that pixel alone, to the end of [0, 1] that changes the score most: all else has a
    difference of 0 from the baseline, and so a share of 0."""
    choices = np.stack([x, x])
    choices[0][pixel], choices[1][pixel] = 0, 1
    return choices[np.argmax(np.abs(f(x[None]) - f(choices)))]
