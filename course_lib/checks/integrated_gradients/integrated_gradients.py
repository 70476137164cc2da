"""integrated_gradients: the gradient along a straight path, by four rules."""

import numpy as np

from course_lib.checks.cases import Case, array, batched, call, mistakes

cubes = batched("x -> 3 * x**2, the gradient of the sum of x**3", 2, lambda x: 3 * x**2)
squares = batched("x -> 2 * x, the gradient of the sum of x**2", 2, lambda x: 2 * x)


@lambda function: batched("the gradient of x[0, 0] * x[0, 1]**2 + x[0, 2]", 2, function)
def mixed(x):
    a, b, c = x[:, :, 0], x[:, :, 1], x[:, :, 2]
    return np.stack([b**2, 2 * a * b, c**0], axis=-1)


def _waves(x):
    k = np.linspace(-1, 2, x[0].size).reshape(x.shape[1:])
    return np.array([k * np.cos(np.sum(k * one)) for one in x])


row, table, block = (batched("the gradient of sin(sum of k * x)", n, _waves) for n in (1, 2, 3))


def _case(why, expected, gradient, x, baseline, group=None, **options):
    x, baseline, expected = (array(numbers)[None] for numbers in (x, baseline, expected))
    return Case(why, call(gradient, x, baseline, **options), expected, group)


def cases():
    of = cubes, [1, 2], [0, 0]
    yield _case("at 0 and 1/2 of the way", [0.375, 3], *of, n_steps=2, rule="left")
    yield _case("at 1/2 and at the end", [1.875, 15], *of, n_steps=2, rule="right")
    yield _case("at 1/4 and 3/4", [0.9375, 7.5], *of, n_steps=2, rule="midpoint")
    yield _case("as they come: midpoint, 50 steps", [0.9999, 7.9992], *of)
    x, grey, group = [3, 1, 2], [1, 1, 4], "baseline"
    yield _case("left, from grey", [6, 0, -14], squares, x, grey, group, n_steps=2, rule="left")
    yield _case("they act together", [2, 0, -2], mixed, x, grey, group, n_steps=2, rule="right")
    of = mixed, [2, 4, 3], grey, group
    yield _case("three steps", [83 / 12, 143 / 6, -1], *of, n_steps=3, rule="midpoint")
    of = cubes, [1, 2], [0, 0], "trapezoid"
    yield _case("at 0, 1/2 and 1", [1.125, 9], *of, n_steps=2, rule="trapezoid")
    yield _case("one step: both ends", [1.5, 12], *of, n_steps=1, rule="trapezoid")


def random(rng):
    groups = "idea", "baseline", "baseline", "trapezoid"
    shapes = (row, 5), (table, 2, 3), (block, 2, 1, 4), (table, 3, 2)
    rules = "left", "midpoint", "right", "trapezoid"
    for group, (gradient, *shape), rule in zip(groups, shapes, rules, strict=True):
        x, start = rng.normal(size=(2, *shape))
        start = start * (group != "idea")
        of = call(gradient, x, start, n_steps=int(rng.integers(2, 6)), rule=rule)
        yield Case("random numbers", of, group=group)


POINTS = {"idea": 2, "baseline": 1, "trapezoid": 1}
SHAPES = "gradient: , x: H W, baseline: H W"
MISTAKES = mistakes(r"""
x for x - baseline: How far has a pixel moved that has not left its baseline?
    return (x - baseline) * -> return x * || return (x - 0 * baseline) *
path from black: Where is the path at alpha = 0, and where at alpha = 1?
    (baseline + alpha * (x - baseline)) -> (alpha * x) || np.multiply(alpha, x)
left and right exchanged: Is the left end of a piece the one nearer to the baseline?
    "left" -> "other" ;; "right" -> "left" ;; "other" -> "right"
    (baseline + alpha * (x - baseline)) -> (x + alpha * (baseline - x))
n points over both ends: n pieces: how long is each? At which of its ends is the gradient taken?
    np.arange(1, n_steps + 1) / n_steps -> np.arange(n_steps) / n_steps
    ;; np.arange(n_steps) / n_steps -> np.linspace(0, 1, n_steps) || np.r_[0:1:n_steps*1j]
n - 1 pieces: How many ends have n pieces?
    weights = np.full(n_steps, -> n_steps, weights = n_steps - 1, np.full(n_steps - 1,
    weights = np.full(n_steps, -> n_steps -= 1; weights = np.full(n_steps,
    weights = np.full(n_steps, 1 / n_steps) -> n_steps -= 1; weights = np.ones(n_steps) / n_steps
a factor alpha too many: Is the gradient taken by the point of the path, or by its end?
    integral += weight * -> integral += alpha * weight * || integral += weight * alpha *
ends of the trapezoid whole: How many pieces share an inner point, and how many an end?
    weights[0] = weights[-1] = 0.5 / n_steps -> pass || weights *= 1
ends added: What is the mean of the gradients at the two ends of a piece?
    weights[0] = weights[-1] = 0.5 / n_steps -> weights[1:-1] *= 2 || weights[1:-1] += 1 / n_steps
midpoint for the trapezoid: Is it the gradient at a mean place, or a mean of gradients?
    elif rule == "midpoint" -> elif rule in ("midpoint", "trapezoid") || elif rule[0] in "mt"
trapezoid as a mean: How many pieces share an inner point, and how many an end?
    weights[-1] = 0.5 / n_steps -> weights[:] = 1 / len(alphas) || weights[:] = 1 / (n_steps + 1)
sum for mean: The pieces are short. How much does each count?
    integral += weight -> integral += n_steps * weight || integral += weight / (1 / n_steps)
gradient alone: The integral is a mean slope. What makes a share of it?
    return (x - baseline) * -> return 1 * || return np.ones(x.shape) *
the last point only: Is the result of each step kept?
    integral += -> integral = || integral = 0 * integral +
gradient at x only: Where else does the gradient matter?
    (baseline + alpha * (x - baseline)) -> x || (baseline + (x - baseline))
""")
