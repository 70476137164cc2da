"""deeplift_rescale: slopes between two values in place of slopes at one."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes


def _net(*numbers):
    """Weights and biases of layers given as (matrix, vector)."""
    return [array(w) for w, _ in numbers], [array(b) for _, b in numbers]


def cases():
    toy = _net(([[1]], [0]), ([[1]], [0]))
    yield Case("relu from 2 to -2", call(*toy, array([-2]), array([2])), array([-2]))
    of = call(*_net(([[-1, -1]], [1]), ([[-1]], [1])), array([1, 1]), array([0, 0]))
    yield Case("1 - relu(1 - x0 - x1)", of, array([0.5, 0.5]))
    three = _net(([[1, 2], [-1, 1], [2, 0]], [-4, 0, -1]), ([[1, 10, 100]], [5]))
    of = call(*three, array([2, 3]), array([-2, 1]))
    yield Case("three units; two of them wake up", of, array([262, 22]))
    awake = _net(([[1, 2], [3, -1]], [5, -1]), ([[1, 10]], [0]))
    of = call(*awake, array([1, 0]), array([3, 2]))
    yield Case("awake at both: the slope is 1", of, array([-62, 16]))
    equal = _net(([[1, -1], [-1, 1], [1, 1]], [4, -3, -2]), ([[1, 10, 100]], [0]))
    of = call(*equal, array([2, 3]), array([1, 2]))
    yield Case("the units 0 and 1 stand still, one awake", of, array([101, 99]), "equal")
    first, last = ([[2, -2, 0], [0, 1, -1]], [0, -1]), ([[1, 10, 100, 1000]], [7])
    deep = _net(first, ([[-1, 2], [1, 0], [2, -1], [1, -1]], [-3, -3, 1, -1]), last)
    of = call(*deep, array([0, 2, 0]), array([1, -1, 2]))
    yield Case("two layers of ReLUs", of, array([-802.5, -2827.5, -280]), "layers")
    of = call(*deep, array([1, -1, -5]), array([0, -1, -2]))
    yield Case("two layers, one input stays", of, array([2410, 0, -3300]), "layers")


def random(rng):
    for sizes in ((3, 4, 1), (4, 3, 5, 1), (2, 5, 4, 3, 1)):
        weights = [rng.normal(size=pair) for pair in zip(sizes[1:], sizes, strict=False)]
        biases = [rng.normal(size=len(w)) for w in weights]
        of = call(weights, biases, *rng.normal(size=(2, sizes[0])))
        yield Case("random numbers", of, group="idea" if len(sizes) == 3 else "layers")
    w, x, b = (rng.integers(1, 9, size=n).astype(float) for n in ((2, 3), 3, 2))
    still = np.array([-w[0, 1], w[0, 0], 0])  # a step that the first unit does not feel
    yield Case("a unit stands still", call([w, w[:1, :2]], [b, b[:1]], x, x - still), group="equal")


POINTS = {"idea": 1, "equal": 1, "layers": 1}
MISTAKES = mistakes(r"""
gradient at one of the two: Does the slope know both values, that at x and that at the baseline?
    np.where(equal, z > 0, slope) -> 1.0 * (z > 0) || 1.0 * (z0 > 0) || np.where(a0 > 0, 1, 0)
slope 0 where nothing moves: Which slope is to be taken where z and z0 are equal, and above 0?
    np.where(equal, z > 0, slope) -> np.where(equal, 0, slope) || slope
slope 1 where nothing moves: Which slope is to be taken where z and z0 are equal, and below 0?
    np.where(equal, z > 0, slope) -> np.where(equal, 1, slope) || slope + equal
bias at x only: Has the baseline no biases on its way?
    w @ a0 + b -> w @ a0 || w @ a0 + 0 * b
biases left out: What is added before each ReLU?
    w @ a + b, w @ a0 + b -> w @ a, w @ a0 || w @ a + 0 * b, w @ a0 + b * 0
no ReLU on the baseline's way: What does the ReLU make of the baseline's z?
    np.maximum(z0, 0) -> z0 || 1 * z0
mean of two derivatives: Is the mean slope that of the way from z0 to z, or of its two ends?
    np.where(equal, z > 0, slope) -> (1.0 * (z > 0) + (z0 > 0)) / 2 || (z > 0) / 2 + (z0 > 0) / 2
x for the difference: How far has an input moved that has not left its baseline?
    multipliers * (x - baseline) -> multipliers * x || multipliers * (x - 0 * baseline)
multipliers alone: A multiplier is a slope. What makes a contribution of it?
    multipliers * (x - baseline) -> multipliers || multipliers + 0 * x
relu of the difference: Is relu(z) - relu(z0) the same as relu(z - z0)?
    slope = (a - a0) / -> slope = np.maximum(dz, 0) / || slope = (dz > 0) * dz /
slopes left out: What does a ReLU do to a multiplier?
    multipliers * slope @ w -> multipliers @ w || (multipliers + 0 * slope) @ w
no ReLU on the way forward: What does the second layer get from the first?
    dz = z - z0 -> dz, r, r0, a, a0 = z - z0, a, a0, z, z0
    ;; slope = (a - a0) / -> slope = (r - r0) / || slope = 1 * (r - r0) /
""")
