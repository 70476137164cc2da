"""rnn_backward: backpropagation through time."""

from course_lib.checks.cases import Case, array, arrays, call, mistakes

_ONE = array([[1.0]])
_X, _H = array("1 2 0 1 1 3 0 0 1 1 2 0", 4, 1, 3), array("0.5 0 0 -0.5 0 0 0.5 0", 4, 1, 2)
_W_IH, _W_HH = array("1 0 2 0 1 -1", 2, 3), array("1 2 -1 0.5", 2, 2)


def _case(why, numbers, arguments, group=None):
    dh, x, _, w_ih, w_hh, *_ = arguments
    shapes = (x.shape, w_ih.shape, w_hh.shape, dh.shape[2:], dh.shape[1:])
    return Case(why, call(*arguments), arrays(numbers, *shapes), group)


def cases():
    dh, x, h = array("0 16 2 0 0.5 -0.5", 3, 2, 1, 1)
    numbers = "54 36 | 36 | 6 | 30 | 36"
    yield _case("two steps, one unit, a loss at the end", numbers, (dh, x, h, 3 * _ONE, 2 * _ONE))
    dh, x, h = array("8 4 1 1 0 2 0.5 0 -0.5", 3, 3, 1, 1)
    numbers = "14.25 5.5 0.75 | 15.75 | 2.75 | 20.5 | 28.5"
    yield _case("three steps, a loss at each", numbers, (dh, x, h, _ONE, 2 * _ONE))
    dh = array("16 0 0 32 -16 0 64 16", 4, 1, 2)
    numbers = """-119.25 -132.5 -106 -88 87 -263 16 104 -72 48 16 80 | -159.25 -230.5 -248 -29.5
        -146 365 | -44 -8 43.5 -52 | -143.25 74.5 | 13.25 -304.75"""
    yield _case("two units", numbers, (dh, _X, _H, _W_IH, _W_HH), "units")
    dh, x, h = array("16 0 32 0 64 16 1 2 0 1 -1 2 0.5 0 -0.5 0 0.5 0", 3, 2, 3, 1)
    numbers = "24 -96 24 0 96 32 | -100 | -8 | 40 | -12 48 -12"
    yield _case("three sequences", numbers, (dh, x, h, 2 * _ONE, -_ONE), "units")
    h0, dh = array("2 -1", 1, 2), 16 * _H + 16
    numbers = """-43.125 -8.25 -78 -26 55.5 -107.5 18 60 -24 18 16 20 | -51.125 -76.25 -60 63.25 71
        226.5 | -99.25 34.125 11.25 -21.75 | -33.125 123.25 | -34.875 -90.375"""
    yield _case("from a start h0", numbers, (dh, _X, _H, _W_IH, _W_HH, h0), "start")


def random(rng):
    for group in ("idea", "units", "start"):
        T, N, D, M = (int(n) for n in rng.permutation([2, 3, 4, 5]))
        M = 1 if group == "idea" else M
        x, dh, h = (rng.normal(size=(T, N, size)) for size in (D, M, M))
        w_ih, w_hh, h0 = (rng.normal(size=size) for size in ((M, D), (M, M), (N, M)))
        rest = (h0,) if group == "start" else ()
        yield Case("random numbers", call(dh, x, h / (1 + abs(h)), w_ih, w_hh, *rest), group=group)


POINTS = {"idea": 2, "units": 1, "start": 1}
RETURNS = ("dx", "dw_ih", "dw_hh", "db", "dh0")
SHAPES = "dh: T N M, x: T N D, h: T N M, w_ih: M D, w_hh: M M, h0: N M"
MISTAKES = mistakes(r"""
future loss dropped: Which losses does a state change, besides its own?
    (dh[t] + future) -> dh[t] || (dh[t] + 0 * future)
the state after the step for the one before it: With which state was w_hh multiplied in step t?
    past[t] -> h[t] || (1 * h[t])
the last state before the first: Which row does h[t - 1] give you at t = 0?
    np.zeros((N, M)) if h0 is None -> h[-1] if h0 is None
    past[t] -> h[t - 1]
    np.concatenate([before[None], h[:-1]]) -> np.roll(h, 1, axis=0)
tanh taken again: h is tanh(z) already. What is 1 - tanh(z)^2 then?
    1 - h[t] ** 2 -> 1 - np.tanh(h[t]) ** 2 || 1 / np.cosh(h[t]) ** 2
the slope of a sigmoid: What is the derivative of tanh, written with h = tanh(z)?
    (1 - h[t] ** 2) -> h[t] * (1 - h[t]) || (h[t] - h[t] ** 2)
slope missing: What does tanh do to a gradient that passes it?
    (1 - h[t] ** 2) -> 1 || np.ones_like(h[t])
slope missing on the way back: The gradient passes tanh, then w_hh. What does tanh do to it?
    future = dz @ w_hh -> future = (dh[t] + future) @ w_hh || future = dz / (1 - h[t] ** 2) @ w_hh
w_hh transposed: Which index of w_hh belongs to the state that went in?
    dz @ w_hh -> dz @ w_hh.T || (w_hh @ dz.T).T
dw_hh transposed: Which index of dw_hh belongs to the state that went in?
    dz.T @ past[t] -> past[t].T @ dz || np.einsum("nm,nk->mk", past[t], dz)
each step in place of the sum: How many steps use each weight?
    += dz.T @ -> = dz.T @ || = 0 + dz.T @
total for immediate partial: In the term of step t, is the state before it held fixed?
    dz = -> again = (dh[t] + future + again @ w_hh) * (1 - h[t] ** 2); dz =
    ;; dz.T -> again.T ;; db += dz -> db += again ;; future = np.zeros -> again = future = np.zeros
    dx[t] = -> again = dz + (again @ w_hh) * (1 - h[t] ** 2); dx[t] =
    ;; dz.T -> again.T ;; db += dz -> db += again ;; future = np.zeros -> again = future = np.zeros
the sum added again at every step: How often does the term of step t belong into the gradient?
    dw_ih += dz.T @ x[t] -> run = run + dz.T @ x[t]; dw_ih += run
    ;; dw_hh += dz.T @ past[t] -> way = way + dz.T @ past[t]; dw_hh += way
    ;; future = np.zeros((N, M)) -> future = np.zeros((N, M)); run, way = 0, 0
    dz.T @ -> (t + 1) * dz.T @
h0 ignored: Which state comes before the first step?
    else h0 -> else 0 * h0 || else np.zeros_like(h0)
""")
