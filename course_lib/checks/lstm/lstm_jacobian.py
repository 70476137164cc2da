"""lstm_jacobian: four ways from one cell to the next."""

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.datasets import worked

_W2 = array("1 0.5 0 -1 0.5 0 -1 2 1 1 -1 0 0 0.5 2 1", 8, 2)


def _case(why, numbers, arguments, group=None, given=False):
    M = len(arguments[0])
    terms = tuple(array(part, M, M) for part in numbers.split("|"))
    return Case(why, call(*arguments), terms, group, rtol=1e-8, given=given)


def cases():
    half, zero = array([0.5]), array([0])
    arguments = (half, half, zero, half, zero, array("1 1 8 1", 4, 1))
    yield _case("one unit, an empty cell: D = 1/2 · 8 · 1/2", "0 | 0.5 | 0 | 2", arguments)
    given = worked("lstm_jacobian_scalar")
    gates = (array([given["expected"][name]]) for name in ("i", "f", "ctilde"))
    w = array([[given["inputs"]["params"]["w" + gate]] for gate in "ifco"])
    before = (array([given["inputs"][name]]) for name in ("o_prev", "c_prev"))
    numbers = "0.01753335199 | 0.8454316629 | -0.03146156603 | 0.2663851071"
    yield _case("one unit, every way open", numbers, (*gates, *before, w), given=True)
    i, f, g = array([0.5, 0.25]), array([0.75, 0.5]), array([0.5, -0.5])
    numbers = """0.01968629726 0 0.1049935854 -0.07065082485 | 0.75 0 0 0.5 | 0.02624839635
        0.004415676553 0 0.00662351483 | 0.07874518905 0.02649405932 -0.03937259453 0"""
    yield _case("two units", numbers, (i, f, g, array([0.5, 1]), array([1, -2]), _W2), "matrices")


def random(rng):
    for group, M in (("idea", 1), ("matrices", 2), ("matrices", 4)):
        i, f, o = rng.uniform(0.1, 0.9, size=(3, M))
        g, c = rng.uniform(-0.9, 0.9, size=M), rng.normal(size=M)
        yield Case("random numbers", call(i, f, g, o, c, rng.normal(size=(4 * M, M))), group=group)


POINTS = {"idea": 2, "matrices": 2}
RETURNS = ("A", "B", "C", "D")
SHAPES = "i: M, f: M, g: M, o_before: M, c_before: M, w_hh: G M"
MISTAKES = mistakes(r"""
the slope of a sigmoid for the candidate: Through which function does the candidate go?
    (1 - g**2) -> g * (1 - g) || (g - g**2)
columns scaled for rows: Does a slope scale what comes out of the weights, or what goes in?
    )) @ w -> )) * w ;; A = np.diag( -> A = ( ;; C = np.diag( -> C = ( ;; D = np.diag( -> D = (
    A = np.diag(c_before * f * (1 - f)) @ w_f -> A = c_before * f * (1 - f) * w_f
    )) @ w_f -> )) ;; )) @ w_i -> )) ;; )) @ w_g -> ))
    ;; A = -> A = w_f @ ;; C = -> C = w_i @ ;; D = -> D = w_g @
a factor missing on the way into h: h is o times tanh(c). What does a small change of c become?
    o_before * (1 - np.tanh(c_before) ** 2) -> 1 - np.tanh(c_before)**2 || o_before || 1 * o_before
square missing in a slope of tanh: What is the derivative of tanh, written with the tanh itself?
    np.tanh(c_before) ** 2 -> np.tanh(c_before) || 1 * np.tanh(c_before)
tanh forgotten in its slope: What is the derivative of tanh(c), where c is no tanh yet?
    np.tanh(c_before) ** 2 -> c_before**2 || c_before * c_before
the state for its derivative: What does a small change of c become in h?
    (1 - np.tanh(c_before) ** 2) -> np.tanh(c_before) || np.tanh(1.0 * c_before)
the direct path counted twice: In which of the four terms does the cell pass no weight?
    return A, -> return A + B, || return B + A,
c_before missing in A: By what is the forget gate multiplied in the step?
    c_before * f * -> f * || np.ones_like(c_before) * f *
g missing in C: By what is the input gate multiplied in the step?
    g * i * -> i * || np.ones_like(g) * i *
i missing in D: By what is the candidate multiplied in the step?
    i * (1 - g**2) -> 1 - g**2 || (1 + g) * (1 - g)
slopes of the gates missing: What is the derivative of sigmoid(z), written with the gate itself?
    f * (1 - f) -> f ;; i * (1 - i) -> i || 1 * i
blocks of w_hh exchanged: In which order do the four blocks of w_hh stand?
    w_i, w_f, w_g, _ -> w_f, w_i, w_g, _ || (w_f, w_i, w_g, _)
blocks transposed: Which index of a block belongs to the state that goes in?
    np.split(w_hh, 4) -> (k.T for k in np.split(w_hh, 4)) || [k.T for k in np.split(w_hh, 4)]
""")
