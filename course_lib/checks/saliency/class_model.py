"""class_model: an image that one class likes."""

from course_lib.checks.cases import Case, array, batched, call, mistakes
from course_lib.checks.saliency.networks import constant, cubic

_W = array("1 -2 0.5 4 8 -16", 2, 3)
hill = batched("gradient: batch -> 8 - 4 * batch", 2, lambda batch: 8 - 4 * batch)


def cases():
    of = call(constant(_W), (2, 3), l2=0.25, steps=1, lr=0.5)
    yield Case("one step from zeros", of, 0.5 * _W)
    of = call(constant(_W), (2, 3), l2=0.25, steps=3, lr=0.5)
    yield Case("three steps", of, 1.15625 * _W, "penalty")
    of = call(constant(_W), (2, 3), l2=0.0, steps=3, lr=0.25)
    yield Case("no penalty: straight up", of, 0.75 * _W)
    w = array("1 -2 0.5", 1, 1, 3)
    of = call(constant(w), (1, 1, 3), l2=0.25, steps=200, lr=0.5)
    yield Case("the top is w / (2 l2)", of, array("2 -4 1", 1, 1, 3), "penalty")
    of = call(hill, (3, 1), l2=1.0, steps=2, lr=0.125)
    yield Case("a slope that falls on the way", of, array("1.25 1.25 1.25", 3, 1), "penalty")
    of = call(hill, (2, 1), l2=0.0, steps=3, lr=0.125)
    yield Case("the same without a penalty", of, array("1.75 1.75", 2, 1))


def random(rng):
    for group, l2 in (("idea", 0.0), ("penalty", 0.3), ("penalty", 0.7)):
        shape = tuple(int(n) for n in rng.permutation([2, 3, 4])[:2])
        of = call(cubic, shape, l2=l2, steps=int(rng.integers(2, 6)), lr=0.2)
        yield Case("random numbers", of, group=group)


POINTS = {"idea": 2, "penalty": 1}
MISTAKES = mistakes(r"""
downhill: Should the score rise or fall?
    image + lr * -> image - lr * || image + -lr *
uphill on the penalty: Should the penalty grow or shrink the image?
    - 2 * l2 * image -> + 2 * l2 * image || + l2 * image * 2
2 of the penalty forgotten: What is the derivative of l2 * x**2?
    2 * l2 * image -> l2 * image || (l2 * image)
the slope of |I| for that of its square: What is the derivative of x**2?
    2 * l2 * image -> l2 * np.sign(image) || l2 * image / (abs(image) + 1e-12)
penalty forgotten: What is the derivative of f(I) - l2 * |I|**2?
    2 * l2 * image -> 0 * image || 0
begins with ones: With which image does the climb begin?
    np.zeros(shape) -> np.ones(shape) || np.zeros(shape) + 1
the slope of the beginning: At which image is the slope of the third step taken?
    image = np.zeros(shape) -> image = np.zeros(shape)\n    start = gradient(image[None])[0]
    ;; (gradient(image[None])[0] -> (start
    gradient(image[None])[0] -> gradient(0 * image[None])[0]
one step too few: How many steps are asked?
    range(steps) -> range(1, steps) || range(steps - 1)
one step too many: How many steps are asked?
    range(steps) -> range(steps + 1) || range(0, steps + 1)
step size forgotten: By what is the slope multiplied?
    lr * -> 1 * || 1.0 *
penalty not multiplied by lr: Which slopes does a step multiply by lr?
    - 2 * l2 * image) -> ) - 2 * l2 * image || - 2 * l2 / lr * image)
penalty after the step: Is the slope of the penalty taken before the step, or after it?
    image + lr * -> (image + lr * ;; - 2 * l2 * image) -> )) * (1 - 2 * lr * l2)
    - 2 * l2 * image) -> )\n        image = image - 2 * lr * l2 * image
""")
