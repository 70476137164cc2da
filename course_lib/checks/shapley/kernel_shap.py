"""kernel_shap: a weighted straight fit that must hold a constraint."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes


def interior(d):
    """Return all coalitions but nobody and everybody, by size, (2^d - 2, d)."""
    masks = (np.arange(1, 2**d - 1)[:, None] >> np.arange(d)) % 2 == 1
    return masks[masks.sum(axis=1).argsort(kind="stable")]


def cases():
    of = call(interior(2), array([1, 2]), 0.0, 4.0)
    yield Case("the game of the lecture", of, array([1.5, 2.5]), given=True)
    of = call(interior(3), array([1, 0, 2, 3, 4, 2]), 0.0, 7.0)
    yield Case("three players", of, array([17 / 6, 4 / 3, 17 / 6]))
    of = call(interior(4), array("4 10 12 15 10 12 12 15 15 15 12 15 15 15", 14), 0.0, 15.0)
    yield Case("runways of 4, 10, 12, 15: the longest", of, array([1, 3, 4, 7]))
    of = call(interior(3), array([11, 10, 12, 13, 14, 12]), 10.0, 17.0)
    yield Case("the same three, nobody has 10", of, array([17 / 6, 4 / 3, 17 / 6]), "details")
    of = call(interior(4)[:5], array([2, 1, 3, 5, 7]), 1.0, 9.0)
    yield Case("five coalitions only", of, array([2, 1, 1.5, 3.5]), "details")


def random(rng):
    some = interior(5)[np.append(np.arange(5), 5 + rng.permutation(25)[:9])]
    for masks in (interior(3), interior(4), some):
        of = call(masks, rng.normal(size=len(masks)), *rng.normal(size=2))
        yield Case("random rewards", of, group="details")


POINTS = {"idea": 2, "details": 1}
SHAPES = "masks: M D, values: M, v_none: , v_all: "
MISTAKES = mistakes(r"""
as printed, without the constraint: What must the values add up to, and who asks for it?
    (system, right)[:d] -> (system[:d, :d], right[:d]) || (system[:-1, :-1], right[:-1])
a free constant for the constraint: Which two coalitions of infinite weight did the fit leave out?
    , v_all - v_none) -> , pi @ (values - v_none))
    ;; np.linalg.solve(system, right) -> (np.linalg.pinv(system) @ right)
    ;; zeros((d + 1, d + 1)) -> diag([0.0] * d + [pi.sum()]) ;; ] = 1 -> ] = pi @ Z || ] = Z.T @ pi
v_none forgotten: Whose is v_none?
    (values - v_none) -> values ;; , v_all - v_none) -> , v_all)
    d = masks.shape[1] -> d, v_none = masks.shape[1], 0
v_none in one place only: Two places count from v_none. Which of yours does not?
    (values - v_none) -> values ||  (values - 0 * v_none)
    , v_all - v_none) -> , v_all) || , v_all + 0 * v_none)
the last value left out on the right: Put phi[d-1] = t - ... into phi . z. Which term has no phi?
    (values - v_none) -> (values - v_none + (v_all - v_none) * Z[:, -1])
    (values - v_none) -> (values - v_none + (v_all - v_none) * masks[:, d - 1])
pi in place of its root: What does lstsq square, and what becomes of a factor before it?
    s in sizes.tolist()]) -> s in sizes.tolist()]) ** 2
    Z.T @ (pi[:, None] * Z) -> Z.T @ (pi[:, None] ** 2 * Z) ;; (pi * (values -> (pi**2 * (values
weights on one side only: Both sides carry the same factor. Which of yours is without it?
    Z = masks.astype(float) -> Z = masks.astype(float)\n    t = (v_all - v_none) * Z[:, -1]
    ;; pi * (values - v_none) -> pi**0.5 * (values - v_none - t) + pi * t
    Z = masks.astype(float) -> Z = masks.astype(float)\n    t = (v_all - v_none) * Z[:, -1]
    ;; pi[:, None] * Z -> Z ;; pi * (values - v_none) -> pi**0.5 * (values - v_none - t) + t
    pi * (values - v_none) -> values - v_none || (values - v_none)
all coalitions weighted alike: Which of them say most about a single player?
    (d - 1) / (comb(d, s) * s * (d - s)) -> 1.0 || d / 2
the number of coalitions of a size forgotten: How many coalitions of size s share its weight?
    comb(d, s) * s * (d - s) -> s * (d - s) || 1 * s * (d - s)
a large weight for the constraint: Does a large weight hold a sum exactly?
    np.zeros((d + 1, d + 1)) -> np.diag([0.0] * d + [-1e-6]) || np.diag([0.0] * d + [-1e-3])
""")
