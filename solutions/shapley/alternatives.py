"""Right answers of the exercise `shapley`, written in other ways: `<task>_<how>`."""

from itertools import combinations, permutations, product
from math import comb

import numpy as np


def _gains(value, orders):
    ranks = orders.argsort(axis=1)
    before = ranks[:, None, :] < ranks[:, :, None]
    own = np.eye(orders.shape[1], dtype=bool)
    return np.array([value(teams | own) - value(teams) for teams in before])


def shapley_sampling_ranks(value, orders):
    gains = _gains(value, orders)
    return gains.mean(axis=0), np.sqrt(gains.var(axis=0, ddof=1) / len(gains))


def shapley_exact_orders(value, d):
    return _gains(value, np.array(list(permutations(range(d))))).mean(axis=0)


def broken_axiom_swaps(rule, games):
    d, near = games[0][1], np.allclose
    masks = np.array(list(product([False, True], repeat=d)))
    for value, _ in games:
        phi, v = rule(value, d), value(masks)
        if not near(sum(phi), v[-1] - v[0]):
            return "efficiency"
        for j in range(d):
            if near(value(masks & (np.arange(d) != j)), v) and not near(phi[j], 0):
                return "null player"
        for i, j in combinations(range(d), 2):
            swap = np.arange(d)
            swap[[i, j]] = j, i
            if near(value(masks[:, swap]), v) and not near(phi[i], phi[j]):
                return "symmetry"
    for (one, _), (two, _) in combinations(games, 2):
        both = rule(lambda m, one=one, two=two: one(m) + two(m), d)
        if not near(both, rule(one, d) + rule(two, d)):
            return "linearity"


def marginal_values_at_once(f, x, background, masks):
    rows = np.where(masks[:, None], x, background)
    return f(rows.reshape(-1, len(x))).reshape(rows.shape[:2]).mean(axis=1)


def shapley_regression_pinv(X, y, x):
    def value(masks):
        designs = [np.insert(X[:, mask], 0, 1, axis=1) for mask in masks]
        fits = [np.linalg.pinv(A) @ y for A in designs]
        return np.array([fit[0] + x[m] @ fit[1:] for fit, m in zip(fits, masks, strict=True)])

    return shapley_exact_orders(value, len(x))


def kernel_shap_last_one_out(masks, values, v_none, v_all):
    d, Z, total = masks.shape[1], masks.astype(float), v_all - v_none
    root = np.sqrt([1 / (comb(d, s) * s * (d - s)) for s in masks.sum(axis=1).tolist()])
    A, b = Z[:, :-1] - Z[:, -1:], values - v_none - total * Z[:, -1]
    first, *_ = np.linalg.lstsq(A * root[:, None], b * root)
    return np.append(first, total - first.sum())
