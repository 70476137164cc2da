"""gradient_check: how far a gradient is from small steps in every direction."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes, named

cube = named("x -> the sum of x**3", lambda x: np.sum(x**3))
mixed = named("x -> x[0]**2 + 10 * x[1]", lambda x: x[0] ** 2 + 10 * x[1])
falling = named("x -> minus the sum of x**2", lambda x: -np.sum(x**2))
product = named("x -> x[1] * x[2]", lambda x: x[1] * x[2])


def cases():
    of = call(cube, array([1, 2]), array([3, 12]), step=0.1)
    yield Case("n is 3.01 and 12.01: off by 0.01 of 3.01", of, 0.01 / 3.01)
    of = call(cube, array([-2, 1, 3]), array([12, 3, 30]), step=0.5)
    yield Case("n is 12.25, 3.25, 27.25", of, 2.75 / 30)
    of = call(mixed, array([3, 1]), array([6, 20]), step=0.25)
    yield Case("n is 6 and 10, the second entry is twice that", of, 0.5)
    of = call(mixed, array([3, 1]), array([-6, 10]), step=0.25)
    yield Case("the first entry has the wrong sign", of, 2.0)
    of = call(falling, array([3, 1.5]), array([-3, -3]), step=0.25)
    yield Case("a = -3 and n = -6, both below 0", of, 0.5)
    of = call(product, array([3, 1, 8]), array([0, 8, 1]), step=0.25)
    yield Case("x[0] does nothing: 0 / 0 counts as 0", of, 0.0, "details", size=1)
    of = call(cube, array([100, 0.1]), array([30000.25, 0.56]), step=0.5)
    yield Case("a large entry that is right, a small one that is not", of, 0.5, "details")


def random(rng):
    x, step = rng.normal(size=4), float(rng.uniform(0.05, 0.2))
    wrong = 3 * x**2 * rng.uniform(0.5, 1.5, size=4)
    yield Case("random numbers", call(cube, x, wrong, step=step))
    for shape in ((2, 3), (2, 1, 3)):
        x = rng.normal(size=shape)
        wrong = -2 * x * rng.uniform(0.5, 1.5, size=shape)
        wrong[-1, ..., -1] *= 4  # the largest error is at the last entry of the table
        yield Case("random numbers", call(falling, x, wrong, step=step), group="details")


POINTS = {"idea": 1, "details": 1}
MISTAKES = mistakes(r"""
step on one side only: A parabola at its lowest point: what does your n say there?
    (f(x + e) - f(x - e)) / (2 * step) -> (f(x) - f(x - e)) / step
    (f(x + e) - f(x - e)) / (2 * step) -> (f(x + e) - f(x)) / step || -(f(x) - f(x + e)) / step
half or twice the slope: How far apart are x + e and x - e?
    / (2 * step) -> / step || * 0.5 / step * 2
multiplied by the step: How does Python read 6 / 2 * 3, from the left or from the right?
    / (2 * step) -> / 2 * step || * step / 2
no absolute values below: By what do you divide when a is -3 and n is -6?
    max(abs(a), abs(n))) -> max(a, n)) || (a if a > n else n))
absolute instead of relative: An error of 0.1: is it large for 0.2, and for 2000?
    abs(a - n) / max(abs(a), abs(n)) -> abs(a - n) || abs(n - a)
not relative to the larger one: By which of the two numbers does the formula divide?
    max(abs(a), abs(n))) -> abs(n)) || abs(a)) || min(abs(a), abs(n))) || abs(n + 0.0))
only the first entry: How many entries does x have?
    a != n: -> a != n and not any(at): || a != n and at == (0,) * x.ndim:
only the last entry: Is the largest kept, or the latest?
    if a != n: -> worst = 0.0\n        if a != n: || worst *= 0\n        if a != n:
relative to the sum: By which of the two numbers does the formula divide?
    max(abs(a), abs(n))) -> (abs(a) + abs(n))) || sum([abs(a), abs(n)]))
all errors added up: Is the largest asked, or the sum?
    worst = max(worst, -> worst += max(0, || worst = worst + max(0.0,
mean instead of the largest: One entry of a thousand is wrong. Should that show?
    worst = max(worst, -> worst += 1 / x.size * max(0, || worst += max(0, 1 / x.size *
step not used: With which step does your function go when somebody gives one?
    worst = 0.0 -> worst, step = 0.0, 1e-6 || worst, step = 0.0, 1e-5
all entries moved at once: How many entries of x should differ between x and x + e?
    e[at] = step -> e[...] = step || e += step
""")
