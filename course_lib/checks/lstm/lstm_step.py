"""lstm_step: three gates, a candidate, a cell and a state."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.datasets import worked

_W_HH = array("1 0 0 -1 0.5 0 0 2 1 1 -1 0 0 0.5 2 1", 8, 2)


def _case(why, numbers, arguments, group=None, given=False):
    h, c, *gates = (array(part, *arguments[1].shape) for part in numbers.split("|"))
    return Case(why, call(*arguments), (h, c, tuple(gates)), group, rtol=1e-8, given=given)


def cases():
    zero, one = array("0 0 0 0", 4, 1), array([[1.0]])
    numbers, arguments = "0.4996646499 | 4 | 0.5 | 0.5 | 0 | 0.5", (one, one, 8 * one, zero, zero)
    yield _case("all weights 0: every gate half open", numbers, (*arguments, zero[:, 0]))
    given = worked("lstm_jacobian_scalar")["inputs"]
    w, u, b = (array([given["params"][name + gate] for gate in "ifco"]) for name in "wub")
    c = given["c_prev"] * one
    arguments = (given["x"] * one, given["o_prev"] * np.tanh(c), c, u[:, None], w[:, None], b)
    found = "0.3664359367 | 0.850995804 | 0.4629624515 | 0.8454316629 | 0.3772454399 | 0.5298461298"
    yield _case("one unit", found, arguments, given=True)
    h, c = array("0 0.5 0.5 0 -0.5 1", 3, 2), array("1 2 0 -1 3 0.5", 3, 2)
    w_ih, b = array("1 0 2 0 0.5 -1 0 1", 8, 1), array([0, 0.5, 1, 0, -1, 0, 0, 2])
    arguments = (array("1 0 -1", 3, 1), h, c, w_ih, _W_HH, b)
    numbers = """0.4165425393 0.7704233474 -0.139984823 -0.6259128497 0.3017330989 0.4780588654 |
        0.9525741268 1.081320079 -0.2876491366 -0.7876491366 0.5291662036 0.782128816 | 0.7310585786
        0.5 0.6224593312 0.6224593312 0.1824255238 0.3775406688 | 0.9525741268 0.7310585786
        0.7772998612 0.5 0.2227001388 0.880797078 | 0 -0.761594156 -0.4621171573 -0.4621171573
        -0.761594156 0.9051482536 | 0.5621765009 0.9706877692 0.5 0.9525741268 0.6224593312
        0.7310585786"""
    yield _case("three sequences, two units", numbers, arguments, "units")


def random(rng):
    for group in ("idea", "units", "units"):
        N, D, M = (int(n) for n in rng.permutation([2, 3, 4]))
        M = 1 if group == "idea" else M
        sizes = (N, D), (N, M), (N, M), (4 * M, D), (4 * M, M), 4 * M
        yield Case("random numbers", call(*(rng.normal(size=s) for s in sizes)), group=group)


POINTS = {"idea": 2, "units": 1}
RETURNS = ("h", "c", "gates")
SHAPES = "x: N D, h: N M, c: N M, w_ih: G D, w_hh: G M, b: G"
MISTAKES = mistakes(r"""
blocks of the weights exchanged: In which order do the four blocks of the weights stand?
    z_i, z_f, z_g, z_o = -> z_f, z_i, z_g, z_o = || z_i, z_f, z_o, z_g = || (z_i, z_f, z_o, z_g) =
gates woven together: Are the first M rows one gate, or do the gates take turns?
    np.split(x -> ((x ;; , 4, axis=1) -> )[:, k::4] for k in range(4))
    np.split(x -> ((x ;; , 4, axis=1) -> ).T[k::4].T for k in range(4))
the cell before in the state: Which cell does the output gate let out, the old or the new one?
    np.tanh(c_new) -> np.tanh(c) || np.tanh(1.0 * c)
the sum of input gate and candidate: What may enter when the input gate is 0?
    i * g -> i + g || (g + i)
the output gate sees the cell: Which two vectors does every gate look at?
    o = 1 -> z_o = z_o + (c - h) @ w_hh[-h.shape[1]:].T\n    o = 1
    -z_o)) -> -np.split(x @ w_ih.T + c @ w_hh.T + b, 4, axis=1)[3]))
tanh missing on the cell: Can a number of the state be larger than 1?
    o * np.tanh(c_new) -> o * c_new || np.multiply(c_new, o)
a sigmoid for the candidate: Can the cell also shrink by what is added to it?
    g = np.tanh(z_g) -> g = 1 / (1 + np.exp(-z_g)) || g = 0.5 + 0.5 * np.tanh(z_g / 2)
the forget gate turned round: What does a forget gate of 1 do to the cell?
    f * c + -> (1 - f) * c + || c - f * c +
bias ignored: Which numbers are added whatever comes in?
    + b, 4 -> , 4 || + 0 * b, 4
the cell squashed: Where in the step stands a tanh, and where does none?
    f * c + i * g -> np.tanh(f * c + i * g) || np.tanh(i * g + c * f)
""")
