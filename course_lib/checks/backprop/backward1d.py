"""backward1d: all gradients of a small network, from its loss to its input."""

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.datasets import worked


def cases():
    of = array([126]), array([12, 24, 0]), array([12, 120, 0])
    one = call(array([1, 2, -3]), array([2]), array([1, 10, 100]), 39.0)
    yield Case("a kernel of one weight: z = 2 4 -6, L = (42 - 39)**2", one, of)
    given = worked("conv1d_forward_backward")
    x, w1, w2 = (given["inputs"][name].astype(float) for name in ("A0", "W1", "W2"))
    dw1, dw2 = (given["expected"][name].astype(float) for name in ("dL_dW1", "dL_dW2"))
    of = dw1, dw2, array([0, -4, 4, 0, -4])
    yield Case("the network of the recitation", call(x, w1, w2, 1.0), of, given=True)
    of = array([0, 14, -1]), array([210, 21, 302, 30]), array([12, 119, 193, -70])
    four = call(array([1, 2, 0, 3]), array([1, 10, 100]), array([1, 2, -1, 3]), 39.5)
    yield Case("all of z above 0, L = 0.5**2", four, of)
    of = array([580, 240, -60]), array([0, 180, 0, 40]), array([-20, 20, 160, -200])
    four = call(array([1, -2, 3, 1]), array([1, -1, 2]), array([3, -1, 2, 10]), 1.0)
    yield Case("z = -5 9 -3 2", four, of)
    of = array([0, 0, -24, 48, 0]), array([-16, 0]), array([-48, 0])
    two = call(array([1, -2]), array([1, -1, 2, 0, 1]), array([3, -1]), 10.0)
    yield Case("a kernel of five weights over two places", two, of)


def random(rng):
    for k in (1, 3, 5):
        n = k + int(rng.integers(1, 5))
        x, w1, w2, y = (rng.normal(size=size) for size in (n, k, n, ()))
        yield Case("random numbers", call(x, w1, w2, float(y)))


POINTS = {"idea": 2}
RETURNS = ("dw1", "dw2", "dx")
SHAPES = "x: N, w1: K, w2: N"
MISTAKES = mistakes(r"""
factor 2 missing: What is the derivative of (o - y)**2 with respect to o?
    2 * (np.sum(w2 * a) - y) -> (np.sum(w2 * a) - y) || 1 * (np.sum(w2 * a) - y)
loss for its slope: What does L change by when o goes from 3 above y to 3.01 above it?
    2 * (np.sum(w2 * a) - y) -> (np.sum(w2 * a) - y) ** 2 || np.square(np.sum(w2 * a) - y)
w1 turned on the way forward: Which weight meets the first pixel of a window?
    np.sum(w1 * x[i : i + k]) -> np.sum(w1[::-1] * x[i : i + k])
    w1 * x[i : i + k] -> w1[::-1] * x[i : i + k] ;; return dw1, -> return dw1[::-1],
    ;; dz[i] * w1 -> dz[i] * w1[::-1]
    np.sum(w1 * x[i : i + k]) -> np.sum(np.flip(w1) * x[i : i + k])
ReLU left out on the way back: Place i had z below 0. Can its weights change the loss?
    * (z > 0) -> * 1 || * np.isfinite(z)
mask of what arrives: Whose sign decides what a ReLU lets through, that of dL/da or that of z?
    (z > 0) -> (dout * w2 > 0) || (w2 * dout > 0)
ReLU for its derivative: How steep is max(0, z) at z = 3?
    (z > 0) -> a || np.maximum(z, 0)
w2 left out: On its way to place i, what multiplies the gradient of the output?
    dout * w2 * -> dout * || dout * w2**0 *
gradient of w1 reversed: Which pixel met w1[0] at place i when you went forward?
    return dw1, -> return dw1[::-1], || return np.flip(dw1),
dx with the turned kernel: Place i read pixel i + 1. Through which weight?
    dz[i] * w1 -> dz[i] * w1[::-1] || dz[i] * np.flip(w1)
dw1 overwrites: The same weight was used at every place. What happens to their shares?
    dw1 += -> dw1 = || dw1[:] =
dx overwrites: A pixel was read at several places. What happens to their shares?
    dx[i : i + k] += -> dx[i : i + k] = || dx[i : i + k] = 0 +
""")
