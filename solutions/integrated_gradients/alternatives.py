"""Right answers of the exercise `integrated_gradients`, written in other ways: `<task>_<how>`."""

import numpy as np


def completeness_gap_loops(f, x, baseline, attributions):
    end, start = f(np.stack([x, baseline]))
    return sum(attributions[at] for at in np.ndindex(x.shape)) + start - end


def linear_attribution_loops(weights, x, baseline):
    return np.array([w * a - w * b for w, a, b in zip(weights, x, baseline, strict=True)])


def integrated_gradients_at_once(gradient, x, baseline, *, n_steps=50, rule="midpoint"):
    ends = np.linspace(0, 1, n_steps + 1)
    alphas = {"left": ends[:-1], "right": ends[1:], "midpoint": (ends[:-1] + ends[1:]) / 2}
    alphas["trapezoid"] = np.concatenate([ends[:-1], ends[1:]])
    points = np.stack([(1 - alpha) * baseline + alpha * x for alpha in alphas[rule]])
    return gradient(points).mean(axis=0) * (x - baseline)


def exact_on_pieces_units(w1, b1, w2, x, baseline):
    start, end = w1 @ baseline + b1, w1 @ x + b1
    change = np.where(end == start, 1, np.abs(end - start))
    stretch = np.maximum(start, end).clip(0) / change
    awake = np.where((start > 0) & (end > 0), 1.0, stretch)
    return (awake * w2) @ w1 * (x - baseline)


def deeplift_rescale_differences(weights, biases, x, baseline):
    both, product = np.stack([x, baseline]), np.eye(len(x))
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        (z, z0), product = both @ w.T + b, w @ product
        both = np.stack([z, z0]).clip(0)
        for row, (u, u0, v, v0) in enumerate(zip(*both, z, z0, strict=True)):
            product[row] *= (u - u0) / (v - v0) if abs(v - v0) > 1e-12 else v > 0
    return (weights[-1] @ product)[0] * (x - baseline)


def choose_baseline_first(f, x, pixel):
    for value in np.linspace(0, 1, 11):
        baseline = np.array(x, dtype=float)
        baseline[pixel] = value
        if abs(f(baseline[None])[0] - f(x[None])[0]) > 1e-6:
            return baseline
