"""run_machine: one rule, applied again and again."""

from course_lib.checks.cases import Case, call, mistakes


def _parity(state, x):
    """parity: 1 after an odd number of ones, else 0"""
    return (state + x) % 2


def _digits(state, x):
    """digits: state, x -> 10 * state + x"""
    return 10 * state + x


def cases():
    yield Case("parity", call(_parity, 0, [1, 0, 1, 1]), [0, 1, 1, 0, 1])
    yield Case("digits", call(_digits, 7, [1, 2, 3]), [7, 71, 712, 7123])
    yield Case("no inputs: the start only", call(_digits, 4, []), [4], "details")


def random(rng):
    for _ in range(3):
        inputs = [int(n) for n in rng.integers(1, 9, size=rng.integers(4, 8))]
        yield Case("random inputs", call(_digits, int(rng.integers(1, 9)), inputs))


POINTS = {"idea": 0.5, "details": 0.5}
MISTAKES = mistakes(r"""
start missing: Which state is there before the first input?
    return states -> return states[1:] || return states[-len(inputs) :]
last missing: How many states are there after three inputs, the start counted?
    return states -> return states[:-1] || return states[: len(inputs)]
state not carried: From which state does the second step start?
    state = step(state, x)\n        states.append(state) -> states.append(step(state, x))
    step(state, x) -> step(states[0], x)
input and state exchanged: In which order does `step` take the two?
    step(state, x) -> step(x, state) || step(*(x, state))
only the last state: Is the last state all that is asked for?
    return states -> return state || return states[-1]
""")
