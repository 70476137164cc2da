"""choose_baseline: a start from which one pixel matters."""

import numpy as np

from course_lib.checks.cases import Case, array, batched, call, mistakes


def _case(why, words, linear, pairs, x, pixel, group=None):
    """The score is the sum of linear * x and of weight * x_i * x_j over pairs, (i, j) -> weight."""
    linear, x = array(linear).ravel(), array(x)
    products = np.zeros((x.size, x.size))
    for place, weight in pairs.items():
        products[place] = weight

    def score(batch):
        rows = batch.reshape(len(batch), -1)
        return rows @ linear + np.sum(rows @ products * rows, axis=1)

    def gradient(at):
        return (linear + (products + products.T) @ at.ravel()).reshape(at.shape)

    of = call(batched(words, 2, score), x, pixel)
    return Case(why, of, _rule(gradient, x, pixel), group)


def _rule(gradient, x, pixel):
    def judge(baseline):
        baseline = np.asarray(baseline)
        if baseline.shape != x.shape:
            return f"its shape is {baseline.shape}, not {x.shape}, that of x"
        if not np.all((baseline >= 0) & (baseline <= 1)):
            return f"its entries go from {baseline.min():g} to {baseline.max():g}, not in [0, 1]"
        # Along a line the gradient of a quadratic score is linear: its mean is the one half-way.
        shares = np.abs((x - baseline) * gradient((x + baseline) / 2))
        others = np.sum(baseline != x) - (baseline[pixel] != x[pixel])
        words = f"pixel {pixel} is {baseline[pixel]:g} in it, others changed: {others}"
        if shares.sum() < 1e-12:
            return f"{words}; from it no pixel gets a share"
        share = shares[pixel] / shares.sum()
        return None if share > 0.5 - 1e-9 else f"{words}; it gets {share:.0%} of all abs(IG)"

    return judge


def cases():
    words, numbers = "x -> x[0, 0] + 10 * x[0, 1] + 100 * x[1, 2]", [[1, 10, 0], [0, 0, 100]]
    yield _case("the others weigh more", words, numbers, {}, [[1, 0.5, 0], [1, 0, 1]], (0, 0))
    words, x = "x -> x[0, 0] + 2 * x[0, 1] + 4 * x[1, 0]", [[0, 1], [0.5, 0], [0.5, 0.25]]
    numbers = [[1, 2], [4, 0], [0, 0]]
    yield _case("a pixel that is black", words, numbers, {}, x, (0, 0), "ends")
    words, x = "x -> x[0, 0] * x[0, 1] - x[0, 2]", [[0.5, 0.5, 1]]
    yield _case("two that act together", words, [[0, 0, -1]], {(0, 1): 1}, x, (0, 1))
    for end, middle in ((0, 0.25), (1, 0.75)):
        words, numbers = f"x -> (x[0, 0] - {middle})**2 - 3 * x[0, 1] + const", [[-2 * middle, -3]]
        why = f"the same score at {end} and at x"
        yield _case(why, words, numbers, {(0, 0): 1}, [[0.5, 0.75]], (0, 0), "ends")


POINTS = {"idea": 1, "ends": 1}
SHAPES = "f: , x: H W"
MISTAKES = mistakes(r"""
black or white everywhere: From there, which pixels move?
    return choices[best] -> return np.zeros_like(x) || return np.ones_like(x) || return 0 * x + 1
the pixel always black: And if the pixel is black already?
    return choices[best] -> return choices[0] || return choices[0 * best]
a whole row moved: Which entries does x[pixel[0]] have?
    pixel], choices[1][pixel -> pixel[0]], choices[1][pixel[0] || pixel[:1]], choices[1][pixel[:1]
all others moved: What does a pixel get that has not left its baseline?
    = 0, 1 -> = x[pixel], x[pixel] ;; ([x, x]) -> ([1 - x, 1 - x]) || (1 - np.array([x, x]))
""")
