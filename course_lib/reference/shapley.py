"""Shapley values close to their formulas, as the exercise `shapley` asks for them.

A game is a function value(masks): coalitions (M, d) bool to their rewards (M,).
"""

from itertools import combinations
from math import comb, factorial

import numpy as np


def shapley_exact(value, d):
    """phi_j = sum over S without j of |S|! (d - |S| - 1)! / d! * (v(S + j) - v(S))."""
    phi = np.zeros(d)
    for j in range(d):
        others = [i for i in range(d) if i != j]
        for size in range(d):
            weight = factorial(size) * factorial(d - size - 1) / factorial(d)
            for S in combinations(others, size):
                masks = np.zeros((2, d), dtype=bool)
                masks[:, list(S)] = True
                masks[1, j] = True
                without, with_j = value(masks)
                phi[j] += weight * (with_j - without)
    return phi


def marginal_values(f, x, background, masks):
    """v(S) = 1/B sum_b f(x on S, background_b elsewhere), for each coalition of masks."""
    return np.array([f(np.where(mask, x, background)).mean() for mask in masks])


def shapley_sampling(value, orders):
    """phi_j = mean over the orders of v(those before j, and j) - v(those before j), and its
    standard error."""
    n, d = orders.shape
    gains = np.zeros((n, d))
    for row, order in zip(gains, orders, strict=True):
        masks = np.zeros((d + 1, d), dtype=bool)
        for k, j in enumerate(order):
            masks[k + 1 :, j] = True
        row[order] = np.diff(value(masks))
    return gains.mean(axis=0), gains.std(axis=0, ddof=1) / np.sqrt(n)


def kernel_shap(masks, values, v_none, v_all):
    """minimise sum_z pi(z) (v(z) - v_none - phi . z)^2 subject to sum_j phi_j = v_all - v_none,
    with pi(z) = (d - 1) / (C(d, |z|) |z| (d - |z|))."""
    d = masks.shape[1]
    sizes = masks.sum(axis=1)
    pi = np.array([(d - 1) / (comb(d, s) * s * (d - s)) for s in sizes.tolist()])
    Z = masks.astype(float)
    # The derivative of the Lagrange function is 0: one linear system for phi and the multiplier.
    system = np.zeros((d + 1, d + 1))
    system[:d, :d] = Z.T @ (pi[:, None] * Z)
    system[:d, d] = system[d, :d] = 1
    right = np.append(Z.T @ (pi * (values - v_none)), v_all - v_none)
    return np.linalg.solve(system, right)[:d]


def shapley_regression(X, y, x):
    """The Shapley values of v(S) = prediction at x of the least-squares fit, with an intercept, on
    the features of S alone."""

    def value(masks):
        predictions = np.zeros(len(masks))
        for row, mask in enumerate(masks):
            columns = np.column_stack([np.ones(len(X)), X[:, mask]])
            fit, *_ = np.linalg.lstsq(columns, y)
            predictions[row] = fit @ np.append(1.0, x[mask])
        return predictions

    return shapley_exact(value, X.shape[1])


def broken_axiom(rule, games):
    """Return the axiom that a rule breaks on some of the games, or None."""

    def differ(a, b):
        return not np.allclose(a, b, rtol=1e-9, atol=1e-9)

    for value, d in games:
        phi = rule(value, d)
        masks = (np.arange(2**d)[:, None] >> np.arange(d)) % 2 == 1
        v = value(masks)  # of the coalition whose number has the bits of its players
        if differ(phi.sum(), v[-1] - v[0]):
            return "efficiency"
        for i in range(d):
            without_i = np.flatnonzero(~masks[:, i])
            if not differ(v[without_i + 2**i], v[without_i]) and differ(phi[i], 0):
                return "null player"
            for j in range(i):
                neither = without_i[~masks[without_i, j]]
                if not differ(v[neither + 2**i], v[neither + 2**j]) and differ(phi[i], phi[j]):
                    return "symmetry"
    for one, d in games:
        for two, _ in games:
            both = rule(lambda masks, one=one, two=two: 2 * one(masks) + two(masks), d)
            if differ(both, 2 * rule(one, d) + rule(two, d)):
                return "linearity"
    return None
