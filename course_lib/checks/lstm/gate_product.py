"""gate_product: what a row of forget gates leaves of a cell."""

from course_lib.checks.cases import Case, array, call, mistakes


def cases():
    yield Case("one step: nothing happens after it", call(array([[0.25]])), array([[1]]))
    yield Case("three steps", call(array("0.1 0.5 0.25", 3, 1)), array("0.125 0.25 1", 3, 1))
    f = array("0.5 1 0.25 0.5 0.8 0.25 0.5 0.1", 4, 2)
    yield Case("four steps, two units", call(f), array("0.1 0.0125 0.4 0.025 0.5 0.1 1 1", 4, 2))
    f = array("0.5 0.25 1 0.2 0 0.5", 2, 3)
    yield Case("a gate that is shut", call(f), array("0.2 0 0.5 1 1 1", 2, 3))


def random(rng):
    for _ in range(3):
        T, M = (int(n) for n in rng.permutation([3, 4, 5])[:2])
        yield Case("random numbers", call(rng.uniform(0.1, 1, size=(T, M))))


POINTS = {"idea": 1}
SHAPES = "f: T M"
MISTAKES = mistakes(r"""
the gate of the own step counted: Has the gate of step t not acted on c_t already?
    return share -> return share * f || return np.cumprod(f[::-1], axis=0)[::-1]
from the start: Is it asked what is left in the last step, or what is left of the first?
    return share -> return np.cumprod(f, axis=0) || return f.cumprod(0)
the share of the first: Is it asked what is left in the last step, or what is left of the first?
    return share -> return np.cumprod([share[-1], *f[1:]], axis=0) || return f.cumprod(0) / f[0]
the last gate left out: Which gates does c_t meet on its way to the last step?
    f[t + 1] -> f[t] || f[t + 1 - 1]
sum for product: If half is kept twice, how much is left?
    share[t + 1] * f -> (share[t + 1] if t < len(f) - 2 else 0) + f
    return share -> share[:-1] = np.cumsum(f[:0:-1], axis=0)[::-1]\n    return share
only the next gate: How many gates does c_t meet on its way to the last step?
    share[t + 1] * f -> f || 1 * f
""")
