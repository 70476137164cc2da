"""weight_gradient: a recurrent weight is used at every step, and each use counts once."""

from course_lib.checks.cases import Case, array, call, mistakes


def cases():
    yield Case("one step: the start is 0", call(0.5, array([1]), array([0])), 0.0)
    yield Case("two steps", call(0.5, array([1, 0]), array([1, 0])), 0.24021383739)
    yield Case("three steps", call(0.5, array([1, 0, -1]), array([0, 1, 0.5])), -0.865274888931)
    of = call(-2.0, array([0.5, 0, 0.25, 0]), array([0, 0, 0, 1]))
    yield Case("four steps, w = -2", of, -0.5085292301)


def random(rng):
    for T in rng.integers(3, 8, size=4):
        x, y = rng.normal(size=(2, T))
        yield Case("random numbers", call(float(rng.normal()), x, y))


POINTS = {"idea": 2}
MISTAKES = mistakes(r"""
not repaired: With a loss at the last step only, how often does the use of w at step 2 count?
    gradient, later = 0.0, 0.0 -> gradient, later, again = 0.0, 0.0, 0.0
    ;; gradient += later * slope -> again += later; gradient += again * slope
    ;; later *= slope * w -> later *= slope * w; again *= slope * w
    gradient, later = 0.0, 0.0 -> gradient, later, many = 0.0, 0.0, 0.0
    ;; gradient += later * slope -> many = later + many; gradient += slope * many
    ;; later *= slope * w -> many = many * w * slope; later *= w * slope
later losses left out: Which losses does the state of step t change, besides its own?
    later += h[t] - y[t - 1] -> later = h[t] - y[t - 1]
    later *= slope * w -> later = 0
only the last loss: Has not every step a loss of its own?
    later += h[t] - y[t - 1] -> later += (h[t] - y[t - 1]) * (t == len(x))
    gradient, later = 0.0, 0.0 -> gradient, later = 0.0, h[-1] - y[-1]
    ;; later += h[t] - y[t - 1] ->
the state after the step for the one before it: With which state was w multiplied in step t?
    h[t - 1] -> h[t] || h[1:][t - 1]
the last state before the first: Which state does an index of -1 give you at the first step?
    h[t - 1] -> (h[t - 1] if t > 1 else h[-1]) || h[(t - 1) or -1]
slope missing on the way back: The gradient passes tanh, then w. What does tanh do to it?
    later *= slope * w -> later *= w || later = later * w
w missing on the way back: By what was the past state multiplied?
    slope * w -> slope || slope * 1
""")
