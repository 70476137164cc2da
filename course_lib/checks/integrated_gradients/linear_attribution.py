"""linear_attribution: a score whose gradient is the same everywhere."""

from course_lib.checks.cases import Case, array, call, mistakes


def cases():
    of = call(array([2, -1, 0.5]), array([1, 2, 4]), array([0, 1, 0]))
    yield Case("three weights; the score rises by 3", of, array([2, -1, 2]))
    of = call(array([3, 10]), array([1, 2]), array([4, 2]))
    yield Case("from a brighter baseline", of, array([-9, 0]))
    of = call(array([1, 0, -2, 4]), array([0, 3, 1, 0.5]), array([1, 1, 1, 0]))
    yield Case("a weight of 0, a pixel that stays", of, array([-1, 0, 0, 2]))


def random(rng):
    for D in (3, 5):
        yield Case("random numbers", call(*rng.normal(size=(3, D))))


POINTS = {"idea": 1}
MISTAKES = mistakes(r"""
as printed: What is the completeness gap of this, and what makes it 0?
    (x - baseline) -> (x - baseline) / 2 || (x - baseline) * 0.5
baseline missing: What does a pixel get that has not moved from its baseline?
    (x - baseline) -> x || (x + 0 * baseline)
difference alone: Can a pixel of weight 0 get a share?
    return weights * -> return || return (weights == weights) *
weights alone: What does a pixel get that has not moved from its baseline?
    weights * (x - baseline) -> weights || weights + 0 * x
absolute difference: Can darkening a pixel take something away?
    (x - baseline) -> abs(x - baseline) || ((x - baseline) ** 2) ** 0.5
""")
