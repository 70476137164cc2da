"""smoothgrad: the mean of the gradient around an input."""

import numpy as np

from course_lib.checks.cases import Case, array, batched, call, mistakes
from course_lib.checks.saliency.networks import bowl

_BOWL = bowl(2)
relu = batched("gradient: batch -> 1 where batch > 0, else 0", 2, lambda x: 1.0 * (x > 0))
size = batched("gradient: batch -> 10 * the sign of batch", 2, lambda x: 10 * np.sign(x))
product = batched("gradient: batch -> (x1, x0) (f is x0 * x1)", 2, lambda x: x[:, :, ::-1])


def cases():
    noise = array("-1 0 0 0.5 0 2 1 3", 4, 1, 2)
    yield Case("ReLU at 0.5 and -1", call(relu, array([[0.5, -1]]), noise), array([[0.75, 0.5]]))
    noise = array("0 1 2 -1 0 3 6 -2 1 4 0 5 -3 4 0 0 3 1 1 1 1 1 1 3", 4, 2, 3)
    expected = array("4 6 8 10 12 18", 2, 3)
    yield Case("slope 2 x", call(_BOWL, array("1 2 3 4 5 6", 2, 3), noise), expected)
    expected = array([[9.5, 4]])
    noise = array("1 2 -1 0 2 5 0 3", 4, 1, 2)
    yield Case("a product", call(product, array([[3.5, 7]]), noise), expected)
    of = call(size, array("3 -0.5 -0.75", 1, 3), array("2 -1 0.5 -2 1 0.5 1 -3 1 1 -2 2", 4, 1, 3))
    yield Case("slopes of both signs", of, array("10 -5 0", 1, 3), "signs")


def random(rng):
    for group, gradient in (("idea", _BOWL), ("idea", relu), ("signs", size)):
        shape = tuple(int(n) for n in rng.permutation([2, 3, 4])[:2])
        x, noise = rng.normal(size=shape), 0.7 * rng.normal(size=(int(rng.integers(5, 9)), *shape))
        yield Case("random numbers", call(gradient, x, noise), group=group)


POINTS = {"idea": 1, "signs": 1}
SHAPES = "gradient: , x: H W, noise: N H W"
MISTAKES = mistakes(r"""
sum for mean: Slopes of 3 and 5: what is their mean?
    .mean(axis=0) -> .sum(axis=0) || .mean(axis=0) * len(noise)
absolute values before the mean: Slopes of 10 and -10: what is their mean?
    gradient(x + noise) -> np.abs(gradient(x + noise)) || abs(gradient(noise + x))
absolute value of the mean: Does your map keep the sign?
    gradient(x + noise).mean(axis=0) -> np.abs(gradient(x + noise).mean(axis=0))
    gradient(x + noise).mean(axis=0) -> abs(np.mean(gradient(x + noise), axis=0))
the noise as the point: Where is the gradient taken, at the noise or around x?
    x + noise -> noise || 0 * x + noise
one sample alone: How many samples are averaged?
    .mean(axis=0) -> [-1] || [0] || [:1].mean(axis=0)
without noise: At which points is the gradient taken?
    x + noise -> x[None] || x + 0 * noise
mean of the noise instead of the gradients: Which mean is asked, that of the points?
    gradient(x + noise).mean(axis=0) -> gradient((x + noise).mean(axis=0)[None])[0]
    gradient(x + noise).mean(axis=0) -> gradient(x[None] + noise.mean(axis=0))[0]
noise on the gradient: To what is the noise added, to the input or to the gradient?
    gradient(x + noise) -> (gradient(x[None]) + noise) || (noise + gradient(x[None])[0])
noise subtracted: Is it x + noise or x - noise?
    x + noise -> x - noise || x + -noise
mean of the squares: Is the mean of the gradients asked, or of their squares?
    gradient(x + noise) -> (gradient(x + noise) ** 2) || np.square(gradient(x + noise))
the middle one: Is it the mean or the median?
    gradient(x + noise).mean(axis=0) -> np.median(gradient(x + noise), axis=0)
    gradient(x + noise).mean(axis=0) -> np.quantile(gradient(x + noise), 0.5, axis=0)
times the input: Is it the slope alone, or the slope times x?
    gradient(x + noise) -> x * gradient(x + noise) || (gradient(x + noise) * x)
""")
