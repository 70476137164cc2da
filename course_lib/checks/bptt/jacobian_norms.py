"""jacobian_norms: how much of a state is left in the last one."""

import numpy as np

from course_lib.checks.cases import Case, array, call, mistakes


def cases():
    yield Case("one unit", call(array("0 0.5 0", 3, 1), array([[2.0]])), array([3, 2, 1]))
    of = call(array("0 0 0.5 0 0 0", 3, 2), array("2 0 0 0.5", 2, 2))
    yield Case("two units that do not mix", of, array([3, 2, 1]))
    of = call(array("0.5 0 0 0.5 -0.5 0", 3, 2), array("1 2 0 -1", 2, 2))
    yield Case("two units that mix", of, array([0.960582304803, 1.91278837345, 1]), "order")
    of = call(array("0 0.5 0.5 0 0 -0.5 0.5 0.5", 4, 2), array("0 1 -2 0.5", 2, 2))
    expected = array([2.94575226431, 1.49492478639, 1.55978072021, 1])
    yield Case("four steps", of, expected, "order")


def random(rng):
    for group in ("idea", "order", "order"):
        T, M = (int(n) for n in rng.permutation([3, 4, 5])[:2])
        M = 1 if group == "idea" else M
        h = np.tanh(rng.normal(size=(T, M)))
        yield Case("random numbers", call(h, rng.normal(size=(M, M))), group=group)


POINTS = {"idea": 1, "order": 1}
SHAPES = "h: T M, w_hh: M M"
MISTAKES = mistakes(r"""
product in the wrong order: Which of two steps stands left in the product, the later or the earlier?
    jacobian @ ( -> ( ;; * w_hh) -> * w_hh) @ jacobian
    jacobian = jacobian @ ( -> step = (
    ;; * w_hh) -> * w_hh)\n        jacobian = step @ jacobian
Frobenius norm: By how much can the matrix stretch one vector at most?
    np.linalg.norm(jacobian, 2) -> np.linalg.norm(jacobian) || np.sqrt((jacobian**2).sum())
largest eigenvalue: By how much can the matrix stretch one vector at most?
    np.linalg.norm(jacobian, 2) -> np.abs(np.linalg.eigvals(jacobian)).max()
    np.linalg.norm(jacobian, 2) -> max(abs(np.linalg.eig(jacobian)[0]))
off by one step: What is the derivative of the last state with respect to itself?
    norms[t] = np.linalg.norm(jacobian, 2) -> pass
    ;; [:, None] * w_hh) -> [:, None] * w_hh)\n        norms[t] = np.linalg.norm(jacobian, 2)
    jacobian = np.eye(M) -> jacobian = (1 - h[T - 1] ** 2)[:, None] * w_hh
    ;; h[t] ** 2 -> h[t - 1] ** 2
slope of the state before: Which state comes out of the tanh of step t?
    h[t] ** 2 -> h[t - 1] ** 2 || h[t - 1] * h[t - 1]
slope on the wrong side: Does the slope scale what goes into w_hh, or what comes out?
    (1 - h[t] ** 2)[:, None] * w_hh -> (1 - h[t] ** 2) * w_hh || w_hh @ np.diag(1 - h[t] ** 2)
w_hh transposed: Which index of w_hh belongs to the state that goes in?
    [:, None] * w_hh -> [:, None] * w_hh.T || [:, None] * np.transpose(w_hh)
slope missing: What does tanh do to a small change of z?
    1 - h[t] ** 2 -> 1 - 0 * h[t] || np.ones(M)
""")
