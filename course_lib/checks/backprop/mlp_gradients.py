"""mlp_gradients: backpropagation through dense layers, whatever the activation."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes, named

square = named("z -> z**2", lambda z: z**2)
twice = named("z -> 2 * z", lambda z: 2 * z)
relu = named("z -> max(0, z)", lambda z: np.maximum(z, 0))
step = named("z -> 1 where z > 0, else 0", lambda z: np.where(z > 0, 1.0, 0.0))
tanh = named("z -> tanh(z)", lambda z: np.tanh(z))
slope = named("z -> 1 - tanh(z)**2", lambda z: 1 - np.tanh(z) ** 2)


def cases():
    x, w1, w2 = array([1, 2]), array("1 0 0 1 1 1", 3, 2), array([[1, 10, 100]])
    of = [array("2 4 40 80 600 1200", 3, 2), array([[1, 4, 9]])], array([602, 640])
    yield Case("one hidden layer: f = 1 2 3, g = 1 4 9", call(x, [w1, w2], square, twice), of)
    of = [array([[1, 2]])], array([5, 7])
    yield Case("no hidden layer", call(x, [array([[5, 7]])], square, twice), of)
    w1, w3 = array("1 0 0 1 1 -1", 3, 2), array([[1, 0.5, -1, 1]])
    w2 = array("1 2 3 0 1 -1 1 0 1 2 0 1", 4, 3)
    dw1, dw2 = "64 128 204 408 -142 -284", "24 96 24 3 12 3 -4 -16 -4 6 24 6"
    of = [array(dw1, 3, 2), array(dw2, 4, 3), array([[144, 9, 4, 9]])], array([-78, 346])
    yield Case("two hidden layers", call(x, [w1, w2, w3], square, twice), of, "depth")
    x, w1 = array([1, 2, -1]), array("1 0 2 0 3 1 -1 1 0 2 1 1", 4, 3)
    w2, w3 = array("1 -1 0.5 2 10 1 0 -1", 2, 4), array([[3, -2]])
    dw1 = array("0 0 0 -5 -10 5 1.5 3 -1.5 8 16 -8", 4, 3)
    dw2, dw3 = array("0 15 3 9 0 -10 -2 -6", 2, 4), array([[1.5, 2]])
    of = [dw1, dw2, dw3], array([14.5, -5.5, 3])
    yield Case("ReLU: f[0] of layer 1 is below 0", call(x, [w1, w2, w3], relu, step), of, "depth")


def random(rng):
    for group, sizes in (("idea", (4, 2, 1)), ("depth", (2, 4, 3, 1)), ("depth", (3, 2, 4, 5, 1))):
        weights = [rng.normal(size=shape) for shape in zip(sizes[1:], sizes[:-1], strict=True)]
        of = call(rng.normal(size=sizes[0]), weights, tanh, slope)
        yield Case("random numbers", of, group=group)


POINTS = {"idea": 1, "depth": 1}
RETURNS = ("dW", "dx")
MISTAKES = mistakes(r"""
activation for its derivative: Which of your two functions says how steep the activation is?
    derivative(f[h - 1]) * back -> activation(f[h - 1]) * back || g[h] * back
derivative taken at g: At which numbers is the activation as steep as you say, f or g?
    derivative(f[h - 1]) -> derivative(g[h]) || derivative(activation(f[h - 1]))
derivative left out: What lies between two matrices?
    back = derivative(f[h - 1]) * back -> pass || continue
an activation at the output: Is anything done to f of the last layer?
    np.ones(1), [] -> derivative(f[-1]), [] || derivative(weights[-1] @ g[-2]), []
f instead of g in the gradients: What did the matrix multiply on the way forward?
    np.outer(back, g[h]) -> np.outer(back, f[h - 1] if h else x) || np.outer(back, ([x] + f)[h])
dx behind an activation: Is there an activation between x and the first matrix?
    return gradients, -> return gradients, derivative(x) * || return gradients, derivative(x + 0) *
dW and dx exchanged: What is asked first, the gradients of the matrices or that of x?
    return gradients, back -> return back, gradients || return (back, gradients)
last matrix first: In which order are the gradients asked?
    return gradients, -> return gradients[::-1], || return list(reversed(gradients)),
""")
