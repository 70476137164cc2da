"""rnn_forward: the states of a recurrent layer."""

from course_lib.checks.cases import Case, array, call, mistakes

_X, _B = array("1 0 0 1 0 2", 2, 1, 3), array([0, 0.1, -0.2, 0])
_W_IH = array("0.5 0 0 0 -0.5 0 1 0 0.25 0 0 0.5", 4, 3)
_W_HH = array("0.5 1 0 0 0 0 -1 0 0 0 0.5 0 1 0 0 0", 4, 4)


def _case(why, numbers, arguments, group=None):
    shape = (*arguments[0].shape[:2], len(arguments[2]))
    return Case(why, call(*arguments), array(numbers, *shape), group)


def cases():
    x, one, zero = array("1 0 -1", 3, 1, 1), array([[1.0]]), array([0.0])
    numbers = "0.761594155956 0.363399484389 -0.674143676158"
    yield _case("one unit: tanh(1), tanh(0.5 tanh(1)), ...", numbers, (x, one, one / 2, zero))
    numbers = """0.46211715726 0 0.761594155956 0 0.623712549826 -0.642014992012 0.954562955109
        0.898063011461"""
    yield _case("four units", numbers, (_X, _W_IH, _W_HH, 0 * _B))
    numbers = """0.46211715726 0.099667994625 0.664036770268 0 0.680865948507 -0.51096640525
        0.926348482876 0.898063011461"""
    yield _case("with a bias", numbers, (_X, _W_IH, _W_HH, _B), "details")
    x, h0 = array("1 -1 0 2 0.5 1", 2, 3, 1), array("0.5 -0.5 1", 3, 1)
    why = "three sequences at once, from a start h0"
    numbers = """0.848283639958 -0.848283639958 0.46211715726 0.984438380699 0.0757130064617
        0.84288610332"""
    yield _case(why, numbers, (x, one, one / 2, zero, h0), "details")


def random(rng):
    for group in ("idea", "details"):
        T, N, D, M = (int(n) for n in rng.permutation([2, 3, 4, 5]))
        x, w_ih = rng.normal(size=(T, N, D)), rng.normal(size=(M, D))
        w_hh, b, h0 = rng.normal(size=(M, M)), rng.normal(size=M), rng.normal(size=(N, M))
        rest = (b * 0,) if group == "idea" else (b, h0)
        yield Case("random numbers", call(x, w_ih, w_hh, *rest), group=group)


ANSWER = "course_lib.reference.rnn"
POINTS = {"idea": 1, "details": 1}
SHAPES = "x: T N D, w_ih: M D, w_hh: M M, b: M, h0: N M"
MISTAKES = mistakes(r"""
w_hh transposed: Which index of w_hh belongs to the state that goes in?
    state @ w_hh.T -> state @ w_hh || np.einsum("nm,mk->nk", state, w_hh)
h0 ignored: From which state does the first step start?
    else h0 -> else 0 * h0 || else np.zeros_like(h0)
tanh missing on the state: Which numbers does the next step get, those before tanh or after it?
    state = h[t] = np.tanh(x -> state = (x ;; + b) -> + b)\n        h[t] = np.tanh(state)
    np.tanh(x -> (x ;; return h -> return np.tanh(h)
no tanh: Can a state be larger than 1?
    np.tanh( -> ( || np.asarray(
state not carried: Which state does the second step continue?
    state = h[t] = -> h[t] =
    state @ w_hh.T -> (np.zeros((N, M)) if h0 is None else h0) @ w_hh.T
bias ignored: Which numbers are added whatever comes in?
    + b) -> ) || + 0 * b)
""")
