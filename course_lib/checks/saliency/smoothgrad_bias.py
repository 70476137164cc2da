"""smoothgrad_bias: how far the noise moves the mean, to second order."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes


def cases():
    of = call(array([[[6]]]), 0.5)
    yield Case("x**3, its gradient has 6 as second derivative", of, array([0.75]))
    third = array("1 10 100 1000 2 20 200 4000", 2, 2, 2)
    yield Case("two features", call(third, 1.0), array([500.5, 2001]), given=True)
    yield Case("sigma 3", call(third, 3.0), array([4504.5, 18009]), given=True)
    third = np.arange(27.0).reshape(3, 3, 3) ** 2 % 13
    yield Case("three features", call(third, 2.0), array([30, 12, 30]), given=True)


def random(rng):
    for D in rng.permutation([2, 3, 4, 5])[:3]:
        third = rng.normal(size=(D, D, D))
        yield Case("random numbers", call(third, float(rng.uniform(0.2, 0.8))))


_ALL = "np.array([np.trace(hessian) for hessian in third])"

POINTS = {"idea": 2}
SHAPES = "third: D D D"
MISTAKES = mistakes(rf"""
sigma for its square: A noise of 3 instead of 1: is the bias 3 times as large?
    sigma**2 / 2 -> sigma / 2 || 0.5 * sigma
half of sigma squared: Is it half of the square, or the square of the half?
    sigma**2 / 2 -> (sigma / 2) ** 2 || sigma**2 / 4
trace over the wrong axes: Which index of third names the component of the map?
    {_ALL} -> np.trace(third) || np.trace(third, axis1=0, axis2=2) || np.einsum("iji->j", third)
all entries in place of the trace: Which entries of a matrix are in its trace?
    np.trace(hessian) -> hessian.sum() || np.sum(hessian)
one entry of each Hessian: Which entries of a matrix are in its trace?
    {_ALL} -> np.array([third[j, j, j] for j in range(len(third))])
    {_ALL} -> np.einsum("iii->i", third)
determinant: Is it the sum of the diagonal, or the determinant?
    np.trace(hessian) -> np.linalg.det(hessian) || np.prod(np.linalg.eigvals(hessian)).real
one number for all: How many components has the map?
    {_ALL} -> np.full(len(third), sum(np.trace(h) for h in third))
    {_ALL} -> np.ones(len(third)) * np.einsum("jii->", third)
the other diagonal: Which diagonal of a matrix is in its trace?
    np.trace(hessian) -> np.trace(hessian[::-1]) || np.fliplr(hessian).trace()
""")
