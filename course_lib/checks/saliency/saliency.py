"""saliency: how steep is the score at each pixel?"""

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.checks.saliency.networks import bowl, constant, mixed

_BOWL = bowl(3)


def cases():
    w = array("1 -10 100 -1000 2 20 -3 5 7 -8 -30 40", 2, 2, 3)
    expected = array("3 10 100 1000 30 40", 2, 3)
    x = array("1 2 3 4 5 6 0 0 2 1 1 1", 2, 2, 3)
    yield Case("two channels", call(constant(w), x), expected, given=True)
    x = array("0 -1 2 4 -2 0 -1 0.5 3 -4 0 0 2.5 1 -3 -1 1.5 0.5", 3, 1, 6)
    yield Case("three channels, slope 2 x", call(_BOWL, x), array("5 2 6 8 4 1", 1, 6))
    x = array("-3 0 1 2 -0.5 4 -1 -2", 1, 4, 2)
    yield Case("one channel", call(_BOWL, x), array("6 0 2 4 1 8 2 4", 4, 2))


def random(rng):
    for gradient in (_BOWL, mixed):
        C, H, W = (int(n) for n in rng.permutation([2, 3, 4, 5])[:3])
        yield Case("random numbers", call(gradient, rng.normal(size=(C, H, W))))


POINTS = {"idea": 1}
SHAPES = "gradient: , x: C H W"
MISTAKES = mistakes(r"""
sum or mean over the channels: One channel says 3, another 4. What does the map say?
    .max(axis=0) -> .sum(axis=0) || .mean(axis=0) || .sum(axis=0) / len(x)
no absolute values: Is a slope of -10 steep?
    np.abs(gradient(x[None])[0]) -> gradient(x[None])[0] || np.asarray(gradient(x[None])[0])
absolute value after the largest: The largest of -10 and 2 is 2. Which of the two is steeper?
    np.abs(gradient(x[None])[0]).max(axis=0) -> np.abs(gradient(x[None])[0].max(axis=0))
    np.abs(gradient(x[None])[0]).max(axis=0) -> abs(np.max(gradient(x[None])[0], axis=0))
summed before the absolute value: Two channels say 5 and -5. Does the pixel not matter?
    ).max(axis=0) -> .sum(axis=0)) || .mean(axis=0)) * len(x)
length of the vector: One channel says 3, another 4. Is it their largest, or the length?
    np.abs(gradient(x[None])[0]).max(axis=0) -> np.linalg.norm(gradient(x[None])[0], axis=0)
    np.abs(gradient(x[None])[0]).max(axis=0) -> np.sqrt((gradient(x[None])[0] ** 2).sum(axis=0))
times the input: A black pixel has x = 0. Can it still be steep there?
    gradient(x[None])[0] -> x * gradient(x[None])[0] || gradient(x[None])[0] * x
the first channel alone: How many channels has a pixel?
    .max(axis=0) -> [0] || [:1].max(axis=0)
""")
