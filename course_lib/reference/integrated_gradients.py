"""Shares of a difference of scores, as the exercise `integrated_gradients` asks for them.

The network is known through functions: f maps a batch to scores (N,), gradient maps a batch to the
gradients of the score, of the shape of the batch; or through the weights of a ReLU network.
"""

import numpy as np


def integrated_gradients(gradient, x, baseline, *, n_steps=50, rule="midpoint"):
    """Integrated gradients on the straight path from the baseline to x.

    gradient takes a batch of inputs, (n, ...), and returns the gradient
    of the score at each, in the same shape. x and baseline have the
    same shape; the result has it too. rule is "left", "right",
    "midpoint" or "trapezoid"; n_steps counts the pieces of the path.
    """
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
    """How far the sum of the attributions is from right: 0 if complete.

    f takes a batch of inputs, (n, ...), and returns the score of each,
    (n,). x, baseline and attributions have the same shape. The gap is
    above 0 where the sum is too large.
    """
    change = f(x[None])[0] - f(baseline[None])[0]
    return np.sum(attributions) - change


def linear_attribution(weights, x, baseline):
    """Integrated gradients of weights @ x + constant, as a formula.

    weights, x and baseline are (D,), and so is the result.
    """
    return weights * (x - baseline)


def exact_on_pieces(w1, b1, w2, x, baseline):
    """Integrated gradients of w2 @ relu(w1 @ x + b1), exactly.

    w1 is (M, D), b1 and w2 are (M,), x and baseline are (D,), and so is
    the result.
    """
    start = w1 @ baseline + b1
    change = w1 @ (x - baseline)
    kinks = [-z / dz for z, dz in zip(start, change, strict=True) if dz != 0 and 0 < -z / dz < 1]
    ends = np.array([0.0, *sorted(kinks), 1.0])  # between two of them the gradient is constant
    integral = np.zeros(x.shape)
    for a, b in zip(ends, ends[1:], strict=False):
        active = start + (a + b) / 2 * change > 0
        integral += (b - a) * (np.ravel(w2) * active) @ w1
    return (x - baseline) * integral


def deeplift_rescale(weights, biases, x, baseline):
    """DeepLIFT contributions by the rescale rule, for a ReLU network.

    weights is a list of matrices (outputs, inputs), the last one (1,
    M); biases is a list of vectors. There is a ReLU after every layer
    but the last. x and baseline are (D,), and so is the result.
    """
    a, a0, slopes = x, baseline, []
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        z, z0 = w @ a + b, w @ a0 + b
        a, a0 = np.maximum(z, 0), np.maximum(z0, 0)
        dz = z - z0
        equal = np.abs(dz) <= 1e-12
        slope = (a - a0) / np.where(equal, 1, dz)
        slopes.append(np.where(equal, z > 0, slope))
    multipliers = weights[-1][0]
    for w, slope in zip(weights[-2::-1], slopes[::-1], strict=True):
        multipliers = multipliers * slope @ w
    return multipliers * (x - baseline)


def choose_baseline(f, x, pixel):
    """A baseline from which the pixel gets half of all shares or more.

    f takes a batch of inputs, (n, ...), and returns the score of each,
    (n,). pixel is a tuple, the place of the pixel in x. The result has
    the shape of x, and its entries are in [0, 1].
    """
    # All else equals the baseline and gets nothing. Of both ends take the one that moves the score.
    choices = np.stack([x, x])
    choices[0][pixel], choices[1][pixel] = 0, 1
    best = np.argmax(np.abs(f(x[None]) - f(choices)))
    return choices[best]
