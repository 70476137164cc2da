"""completeness_gap: what the shares miss of the difference of the scores."""

import numpy as np

from course_lib.checks.cases import Case, array, batched, call, mistakes

squares = batched("x -> the sum of x**2", 2, lambda x: np.sum(x**2, axis=(1, 2)))
product = batched("x -> 10 + x[0, 0] * x[0, 1]", 2, lambda x: 10 + x[:, 0, 0] * x[:, 0, 1])
row, table, block = (
    batched("x -> the sum of sin(x)", ndim, lambda x: np.sin(x).reshape(len(x), -1).sum(axis=1))
    for ndim in (1, 2, 3)
)


def cases():
    x, black = array([[1, 2]]), array([[0, 0]])
    yield Case("1 + 4 = 5 - 0: complete", call(squares, x, black, array([[1, 4]])), 0.0, size=5)
    yield Case("too much", call(squares, x, black, array([[1.5, 5]])), 1.5)
    of = call(product, array([[2, 3]]), array([[1, 0]]), array([[4, 1]]))
    yield Case("from 10 to 16, and the shares make 5", of, -1.0)
    x, grey, shares = array("1 0 3 0 1 1", 2, 3), array("2 1 0 0 1 0", 2, 3), "-3 1 9 0 0 1"
    yield Case("two shares of different sign", call(squares, x, grey, array(shares, 2, 3)), 2.0)


def random(rng):
    for f, shape in ((row, (2,)), (table, (3, 2)), (block, (4, 3, 2))):
        x, baseline, shares = rng.normal(size=(3, *shape))
        yield Case("random numbers", call(f, x, baseline, shares), size=10)


POINTS = {"idea": 1}
SHAPES = "f: , x: H W, baseline: H W, attributions: H W"
MISTAKES = mistakes(r"""
baseline's score missing: The path starts at the baseline. Which score is there already?
    - f(baseline[None])[0] -> - 0 || * 1
absolute shares: Does a share below 0 not take something away?
    np.sum(attributions) -> np.sum(np.abs(attributions)) || np.abs(attributions).sum()
no sign: Can the shares be too small as well as too large?
    np.sum(attributions) - change -> abs(np.sum(attributions) - change)
    return np.sum(attributions) - change -> return np.abs(change - attributions.sum())
relative gap: Is the gap itself asked, or its ratio to the difference of the scores?
    - change -> / change - 1 || * (1 / change) - 1
scores added: Is it the sum of the two scores that is shared out, or their difference?
    f(x[None])[0] - f( -> f(x[None])[0] + f( || f(x[None])[0] - -f(
""")
