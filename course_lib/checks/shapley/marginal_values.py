"""marginal_values: features outside the coalition come from rows of the background."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes, named

product = named("f: rows -> x0 * x1", lambda x: x[:, 0] * x[:, 1])
weighted = named("f: rows -> 1*x0 + 10*x1 + 100*x2", lambda x: x @ [1.0, 10, 100])
squares = named("f: rows -> the sum of x**2", lambda x: (x**2).sum(axis=1))
waves = named(
    "f: rows -> sin(sum of (j + 1) * xj)", lambda x: np.sin(x @ np.arange(1.0, x.shape[1] + 1))
)


def cases():
    x, rows = array([5, 2, 4]), array([[1, 0, 3], [3, 1, 1]])
    of = call(weighted, x, rows, array("0 0 0 1 0 0 0 1 0 0 0 1 1 1 1", 5, 3) > 0)
    yield Case("5*1, 2*10, 4*100 or the rows' means", of, array([207, 210, 222, 407, 425]))
    x, rows = array([3, 4]), array([[1, 2], [2, 5], [0, 2]])
    of = call(product, x, rows, array("1 0 0 1 0 0 1 1", 4, 2) > 0)
    yield Case("two that are multiplied", of, array([9, 4, 4, 12]), "rows")
    x, rows = array([1, 0, 2, 1]), array([[2, 2, 0, 0], [0, 4, 2, 2]])
    of = call(squares, x, rows, array("0 0 0 0 1 0 1 0 0 1 1 1", 3, 4) > 0)
    yield Case("squares, four features", of, array([16, 17, 7]), "rows")


def random(rng):
    for d, B, M in ((3, 5, 4), (4, 2, 3)):
        x, rows = rng.normal(size=d), rng.normal(size=(B, d))
        yield Case("random rows", call(waves, x, rows, rng.random((M, d)) < 0.5), group="rows")


POINTS = {"idea": 1, "rows": 1}
SHAPES = "f: , x: D, background: B D, masks: M D"
MISTAKES = mistakes(r"""
the mean row, not the mean of f: Is f of a mean the mean of f?
    x, background) -> x, background.mean(axis=0))[None] || x, background.mean(0, keepdims=True))
x and background exchanged: Where the mask is True, whose feature is it?
    np.where(mask, x, background) -> np.where(mask, background, x) || np.where(~mask, x, background)
one row only: How many rows stand for absence?
    np.where(mask, x, background) -> np.where(mask, x, background[:1])
    background)).mean() -> background))[0]
absent as 0: Is 0 a usual value of this feature?
    np.where(mask, x, background) -> (mask * x)[None] || np.where(mask, x, 0)[None]
sum for mean: If every row came twice in the background, would v be twice as large?
    .mean() for -> .sum() for || .mean() * len(background) for
""")
