"""shapley_sampling: the mean of what each player adds on arrival, over some orders."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.checks.shapley.games import runway, shifted, surprise, team, three


def _case(why, value, orders, values, error, group=None):
    orders = np.array([[int(j) for j in order] for order in orders.split()])
    return Case(why, call(value, orders), (array(values), array(error)), group)


def cases():
    yield _case("one order, twice: no spread", three, "120 120", [5, 0, 2], [0, 0, 0])
    of = "three orders", runway, "2013 0132 3210"
    yield _case(*of, [1 / 3, 1 / 3, 1, 7 / 3], [1 / 3, 1 / 3, 1, 7**0.5 / 3], "error")
    yield _case("nobody has 10", shifted, "021 210", [3, 1.5, 2.5], [2, 1.5, 0.5], "error")


def random(rng):
    for n, d, value in ((4, 3, surprise), (5, 4, team)):
        orders = rng.permuted(np.tile(np.arange(d), (n, 1)), axis=1)
        yield Case("random orders", call(value, orders), group="error")


POINTS = {"idea": 1, "error": 1}
RETURNS = ("values", "standard error")
SHAPES = "value: , orders: N D"
MISTAKES = mistakes(r"""
orders walked from the end: Who of an order has arrived when its first player has?
    in enumerate(order) -> in enumerate(order[::-1]) ;; row[order] -> row[order[::-1]]
    zip(gains, orders, -> zip(gains, orders[:, ::-1],
by arrival, not by player: The first gain of an order, whose is it?
    row[order] = -> row[:] = || row[: len(order)] =
each alone against no one: Who is there already when j arrives?
    [k + 1 :, -> [k + 1, ;; np.diff(value(masks)) -> value(masks)[1:] - value(masks)[0]
    [k + 1 :, -> [k + 1, ;; np.diff(value(masks)) -> value(masks[1:]) - value(masks[:1])
worth of the team, not the gain: What was there before j came?
    np.diff(value(masks)) -> value(masks)[1:] || value(masks[1:])
nobody taken for nothing: Is the reward of the empty coalition always 0?
    value(masks) -> value(masks) * masks.any(axis=1) || value(masks[1:]), prepend=0
sum for mean: If the same order comes twice, does a player get twice as much?
    gains.mean(axis=0), -> gains.sum(axis=0), || n * gains.mean(axis=0),
the spread, not the error of the mean: Does a mean of 100 orders vary as much as one order does?
    ddof=1) / np.sqrt(n) -> ddof=1) || ddof=1) / np.sqrt(1)
divided by n, not by its root: What happens to the error when n is four times as large?
    / np.sqrt(n) -> / n || / np.sqrt(n * n)
n for n - 1: The mean was itself found from these n gains. By what is the sum of squares divided?
    ddof=1 -> ddof=0 || dtype=float
""")
