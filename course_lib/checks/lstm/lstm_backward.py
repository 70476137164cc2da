"""lstm_backward: two gradients travel back, one with the state and one with the cell."""

from course_lib.checks.cases import Case, array, arrays, call, mistakes
from course_lib.lstm import lstm_forward

_W_HH = array("1 0 0 -1 0.5 0 0 1 1 1 -1 0 0 0.5 2 1", 8, 2)


def _call(dh, x, w_ih, w_hh, b, h0, c0):
    return call(dh, lstm_forward(x, w_ih, w_hh, b, h0, c0), x, w_ih, w_hh, h0, c0)


def _case(why, numbers, arguments, group=None):
    _, x, w_ih, w_hh, b, h0, c0 = arguments
    shapes = (x.shape, w_ih.shape, w_hh.shape, b.shape, h0.shape, c0.shape)
    return Case(why, _call(*arguments), arrays(numbers, *shapes), group, rtol=1e-8)


def cases():
    none, dh, x = array("0 0 0 0", 4, 1), array("0 16", 2, 1, 1), array("1 1", 2, 1, 1)
    arguments = (dh, x, none, none, none[:, 0], none[:1], none[:1])
    numbers = "0 0 | 0 0 6 0 | 0 0 0 0 | 0 0 6 0 | 0 | 2"
    yield _case("two steps, every gate 1/2, no recurrent weights", numbers, arguments)
    arguments = (dh, 0 * x, none, array("0 0 2 0", 4, 1), none[:, 0], none[:1], none[:1])
    numbers = "0 0 | 0 0 0 0 | 0 0 0 0 | 0 0 8 0 | 8 | 4"
    yield _case("two steps, w_hh leads into g alone", numbers, arguments)
    dh, w_hh, b = array("0 0 16", 3, 1, 1), array("0 0 0 4", 4, 1), array([0, 0, 1, 0])
    arguments = (dh, 0 * dh, none, w_hh, b, none[:1], 1 + none[:1])
    numbers = """0 0 0 | 0 0 0 0 | 1.227714867 1.354085803 1.354024946 0.6709252314 | 3.267943683
        3.756370865 3.604157111 1.669033845 | 1.162930301 | 1.643916503"""
    yield _case("three steps, w_hh leads into o alone", numbers, arguments)
    dh = array("1 0 2 0 0 1 4 0 0 0 1 0 0 2 0 1 0 0 4 1 0 0 2 1", 4, 3, 2)
    x, w_ih = array("1 0 1 0 2 0 1 1 0 0 -1 1", 4, 3, 1), array("1 0 2 0 0.5 -1 0 1", 8, 1)
    h0, c0 = array("0 0.5 0.5 0 -0.5 1", 3, 2), array("1 2 0 -1 3 0.5", 3, 2)
    b = array([0, 0.5, 1, 0, -1, 0, 0, 0])
    numbers = """0.9880416115 0.1069125046 -0.1042427351 0.9311146096 -0.003095450721 0.2929338197
        0.2534098274 -0.2846896249 0.06117066141 0.07075303381 0 0.01041924778 | 0.01919304961
        -1.294694396 0.2343242511 1.535277484 3.449078252 1.429989747 0.9066654638 0.07435649391 |
        -0.2007864833 0.08829130222 -0.3111429066 -0.6192549593 0.4803017314 0.3325752351
        0.2040759827 1.185288459 1.763821527 2.32210251 0.6781706936 1.116586036 0.5403664011
        0.4775057519 -0.05830896868 0.3731808907 | -0.4745392019 -1.670352944 1.316990715
        1.989235828 6.60332943 3.157099315 1.817670558 0.01871987578 | 2.128072447 4.418470165
        0.3037961711 0.3222084699 -0.03619810334 0.488424529 | 2.664680868 1.761670742 0.6216997705
        0.0031778741 0.2728186194 0.8480002548"""
    yield _case("three sequences, two units", numbers, (dh, x, w_ih, _W_HH, b, h0, c0), "units")


def random(rng):
    for group in ("idea", "units", "units"):
        T, N, D, M = (int(n) for n in rng.permutation([2, 3, 4, 5]))
        M = 1 if group == "idea" else M
        sizes = (T, N, M), (T, N, D), (4 * M, D), (4 * M, M), 4 * M, (N, M), (N, M)
        yield Case("random numbers", _call(*(rng.normal(size=s) for s in sizes)), group=group)


POINTS = {"idea": 3, "units": 2}
RETURNS = ("dx", "dw_ih", "dw_hh", "db", "dh0", "dc0")
SHAPES = "dh: T N M, trace: , x: T N D, w_ih: G D, w_hh: G M, h0: N M, c0: N M"
MISTAKES = mistakes(r"""
the way through the output gate left out: Into which four things does the state before go?
    future_h = dz @ w_hh -> future_h = dz[:, : -len(w_hh) // 4] @ w_hh[: -len(w_hh) // 4]
    future_h = dz @ w_hh -> future_h = (dz * np.repeat([1, 1, 1, 0], len(w_hh) // 4)) @ w_hh
no gradient for the output gate: The state is o times tanh(c). What does a change of o change?
    dz_o = total_h * -> dz_o = 0 * || dz_o = 0 * total_h *
the cell's gradient for the output gate: Does the output gate change the cell, or the state?
    dz_o = total_h -> dz_o = total_c || dz_o = 1 * total_c
the cell's gradient not carried: On which two ways does a cell act on what comes later?
    future_c + total_h -> total_h || 0 * future_c + total_h
the state's gradient dropped: Which gates of the next step does a state change?
    total_h * o[t] -> dh[t] * o[t]
    dz_o = total_h -> dz_o = dh[t]
    dh[t] + future_h -> dh[t] || dh[t] + 0 * future_h
slope at the cell before: Which cell does the output gate let out, the old or the new one?
    np.tanh(c[t]) ** 2 -> np.tanh(c_past[t]) ** 2 || np.square(np.tanh(c_past[t]))
square missing in a slope of tanh: What is the derivative of tanh, written with the tanh itself?
    np.tanh(c[t]) ** 2 -> np.tanh(c[t]) || 1 * np.tanh(c[t])
    (1 - g[t] ** 2) -> (1 - g[t]) || (1.0 - g[t])
the state for tanh(c): In which of h and tanh(c) is the output gate already?
    np.tanh(c[t]) ** 2 -> h[t] ** 2 || h[t] * h[t]
    total_h * np.tanh(c[t]) * o[t] -> total_h * h[t] * o[t] || h[t] * total_h * o[t]
a factor missing: By what does the step multiply this gate, or the tanh of the cell?
    total_c * g[t] -> total_c || 1.0 * total_c
    total_h * o[t] -> total_h || 1.0 * total_h
tanh forgotten in its slope: What is the derivative of tanh(c), where c is no tanh yet?
    np.tanh(c[t]) ** 2 -> c[t] ** 2 || c[t] * c[t]
the forget gate missing on the way back: What does the forget gate do to the cell before it?
    future_c = total_c * f[t] -> future_c = total_c || future_c = 1 * total_c
only what was carried is carried on: How does a loss at step t reach the cell of step t - 1?
    future_c = total_c * f[t] -> future_c = future_c * f[t] || future_c = f[t] * future_c
the new cell for the one before it: Which cell does the forget gate scale?
    c_past[t] * f -> c[t] * f || (1 * c[t]) * f
the state after the step for the one before it: With which state was w_hh multiplied in step t?
    h_past[t] -> h[t] || (1 * h[t])
the slope of a sigmoid for the candidate: Through which function does the candidate go?
    (1 - g[t] ** 2) -> g[t] * (1 - g[t]) || (g[t] - g[t] ** 2)
input and forget gate exchanged: In which order do the four blocks of the weights stand?
    [dz_i, dz_f, -> [dz_f, dz_i, || [dz_f, 1 * dz_i,
each step in place of the sum: How many steps use each weight?
    dw_hh += -> dw_hh =
    dw_ih += -> dw_ih = ;; dw_hh += -> dw_hh = ;; db += -> db = || db = 0 +
h0 and c0 ignored: What comes before the first step?
    [c0[None] -> [0 * c0[None]
    [h0[None] -> [0 * h0[None] ;; [c0[None] -> [0 * c0[None] || [np.zeros_like(c0[None])
""")
