"""Wrong answers as students write them, none of which the checks have seen.

WRONG: task -> (base, names that would be right, edits of the base). A base is a right answer; no
names means that whatever name the check gives is wrong. RIGHT: task -> right answers.
"""

from functools import reduce

import numpy as np

NAMES = {"np": np, "reduce": reduce}

MACHINE = """
def run_machine(step, state, inputs):
    out = [state]
    for i in range(len(inputs)):
        out.append(step(out[i], inputs[i]))
    return out
"""

FORWARD = """
def rnn_forward(x, w_ih, w_hh, b, h0=None):
    T, N, D = x.shape
    M = w_hh.shape[0]
    if h0 is None:
        h0 = np.zeros((N, M))
    out = np.zeros((T, N, M))
    prev = h0
    for t in range(T):
        for n in range(N):
            out[t, n] = np.tanh(w_ih @ x[t, n] + w_hh @ prev[n] + b)
        prev = out[t]
    return out
"""

OUTPUT = """
def output_gradients(h, w_o, c, labels):
    T, N, M = h.shape
    K = w_o.shape[0]
    logits = np.einsum("tnm,km->tnk", h, w_o) + c
    e = np.exp(logits)
    probs = e / e.sum(axis=-1, keepdims=True)
    d = probs.copy()
    for t in range(T):
        for n in range(N):
            d[t, n, labels[t, n]] -= 1
    dh = np.einsum("tnk,km->tnm", d, w_o)
    dw = d.reshape(T * N, K).T @ h.reshape(T * N, M)
    dc = d.reshape(T * N, K).sum(axis=0)
    return dh, dw, dc
"""

BACKWARD = """
def rnn_backward(dh, x, h, w_ih, w_hh, h0=None):
    T, N, M = h.shape
    if h0 is None:
        h0 = np.zeros((N, M))
    dx = np.zeros(x.shape)
    dwi, dwh, db = np.zeros(w_ih.shape), np.zeros(w_hh.shape), np.zeros(M)
    dF = np.zeros((N, M))
    for t in range(T - 1, -1, -1):
        prev = h[t - 1] if t > 0 else h0
        total = dh[t] + dF
        delta = total * (1 - np.square(h[t]))
        for n in range(N):
            dx[t, n] = w_ih.T @ delta[n]
            dwi += np.outer(delta[n], x[t, n])
            dwh += np.outer(delta[n], prev[n])
            db += delta[n]
            dF[n] = w_hh.T @ delta[n]
    return dx, dwi, dwh, db, dF
"""

SCALAR = """
def weight_gradient(w, x, y):
    T = len(x)
    h = np.zeros(T + 1)
    for t in range(1, T + 1):
        h[t] = np.tanh(w * h[t - 1] + x[t - 1])
    grad = 0.0
    for u in range(1, T + 1):
        signal = h[u] - y[u - 1]
        for t in range(u, 0, -1):
            grad += signal * (1 - h[t] ** 2) * h[t - 1]
            signal = signal * (1 - h[t] ** 2) * w
    return grad
"""

NORMS = """
def jacobian_norms(h, w_hh):
    T = h.shape[0]
    J = np.identity(w_hh.shape[0])
    out = [1.0]
    for t in range(T - 1, 0, -1):
        step = np.diag(1 - h[t] ** 2) @ w_hh
        J = J @ step
        out.append(np.linalg.svd(J)[1].max())
    return np.array(out[::-1])
"""

CLIP = """
def clip_by_norm(gradients, limit):
    total = 0.0
    for g in gradients:
        total += (g * g).sum()
    norm = total ** 0.5
    if norm > limit:
        scale = limit / norm
    else:
        scale = 1.0
    return [g * scale for g in gradients]
"""

MEAN = {"mean for sum"}
TOTAL = {"total for immediate partial"}

WRONG = {
    "run_machine": [
        (MACHINE, {"start missing"}, [
            ("out = [state]", "out = []"), ("out[i]", "(out or [state])[-1]")]),
        (MACHINE, {"last missing"}, [("len(inputs)", "len(inputs) - 1")]),
        (MACHINE, {"state not carried"}, [("step(out[i]", "step(state")]),
        (MACHINE, {"input and state exchanged"}, [("out[i], inputs[i]", "inputs[i], out[i]")]),
        (MACHINE, {"only the last state"}, [("return out", "return out.pop()")]),
    ],
    "rnn_forward": [
        (FORWARD, {"w_hh transposed"}, [("w_hh @ prev[n]", "prev[n] @ w_hh")]),
        (FORWARD, {"h0 ignored"}, [("prev = h0", "prev = np.zeros((N, M))")]),
        (FORWARD, {"tanh missing on the state"}, [
            ("out[t, n] = np.tanh(", "out[t, n] = ("), ("return out", "return np.tanh(out)")]),
        (FORWARD, {"state not carried"}, [("prev = out[t]", "pass")]),
        (FORWARD, {"no tanh"}, [("np.tanh(", "(")]),
        (FORWARD, {"bias ignored"}, [(" + b)", ")")]),
        (FORWARD, {"a sigmoid for tanh"}, [
            ("np.tanh(", "1 / (1 + np.exp(-1 * ("), (" + b)", " + b)))")]),
        (FORWARD, set(), [("return out", "return out[-1]")]),
    ],
    "output_gradients": [
        (OUTPUT, MEAN, [("dh = ", "d /= T * N\n    dh = ")]),
        (OUTPUT, MEAN, [("dh = ", "d = d / N\n    dh = ")]),
        (OUTPUT, {"softmax over another axis"}, [("axis=-1", "axis=0")]),
        (OUTPUT, {"label not subtracted"}, [("-= 1", "-= 0")]),
        (OUTPUT, {"no softmax"}, [("d = probs", "d = logits")]),
        (OUTPUT, {"bias ignored"}, [("w_o) + c\n", "w_o)\n")]),
        (OUTPUT, set(), [("-= 1", "+= 1")]),
        (OUTPUT, set(), [("return dh, dw, dc", "return dh, dw.T, dc")]),
        (OUTPUT, set(), [("return dh, dw, dc", "return dw, dh, dc")]),
    ],
    "rnn_backward": [
        (BACKWARD, {"future loss dropped"}, [("total = dh[t] + dF", "total = dh[t]")]),
        (BACKWARD, {"the state after the step for the one before it"}, [
            ("h[t - 1] if t > 0 else h0", "h[t]")]),
        (BACKWARD, {"the last state before the first"}, [
            ("h[t - 1] if t > 0 else h0", "h[t - 1]")]),
        (BACKWARD, {"tanh taken again"}, [("np.square(h[t])", "np.tanh(h[t]) ** 2")]),
        (BACKWARD, {"the slope of a sigmoid"}, [("(1 - np.square(h[t]))", "(h[t] * (1 - h[t]))")]),
        (BACKWARD, {"slope missing"}, [(" * (1 - np.square(h[t]))", "")]),
        (BACKWARD, {"slope missing on the way back"}, [("w_hh.T @ delta[n]", "w_hh.T @ total[n]")]),
        (BACKWARD, {"w_hh transposed"}, [("w_hh.T @ delta", "w_hh @ delta")]),
        (BACKWARD, {"each step in place of the sum"}, [
            ("dwi += ", "dwi = "), ("dwh += ", "dwh = ")]),
        (BACKWARD, TOTAL, [
            ("dF = np.zeros((N, M))", "dF = np.zeros((N, M)); A = np.zeros((N, M))"),
            ("        for n", "        A = delta + (1 - h[t] ** 2) * (A @ w_hh)\n        for n"),
            ("np.outer(delta[n]", "np.outer(A[n]"), ("db += delta[n]", "db += A[n]")]),
        (BACKWARD, {"h0 ignored"}, [("if h0 is None:", "if True:")]),
        (BACKWARD, set(), [("return dx, dwi, dwh, db, dF", "return dx, dwh, dwi, db, dF")]),
        (BACKWARD, set(), [("return dx, dwi, dwh, db, dF", "return dx, dwi, dwh, db")]),
        (BACKWARD, {"dw_hh transposed"}, [
            ("np.outer(delta[n], prev[n])", "np.outer(prev[n], delta[n])")]),
    ],
    "weight_gradient": [
        (SCALAR, {"the state after the step for the one before it"}, [
            ("(1 - h[t] ** 2) * h[t - 1]", "(1 - h[t] ** 2) * h[t]")]),
        (SCALAR, {"the last state before the first"}, [
            ("* h[t - 1]\n", "* (h[t - 1] if t > 1 else h[T])\n")]),
        (SCALAR, {"slope missing on the way back"}, [
            ("signal * (1 - h[t] ** 2) * w", "signal * w")]),
        (SCALAR, {"w missing on the way back"}, [
            ("(1 - h[t] ** 2) * w\n", "(1 - h[t] ** 2)\n")]),
        (SCALAR, {"only the last loss"}, [
            ("for u in range(1, T + 1)", "for u in range(T, T + 1)")]),
        (SCALAR, {"later losses left out"}, [("range(u, 0, -1)", "range(u, u - 1, -1)")]),
        (SCALAR, {"not repaired"}, [("grad += ", "grad += (u - t + 1) * ")]),
        (SCALAR, {"slope missing in the term of the weight"}, [
            ("signal * (1 - h[t] ** 2) * h", "signal * h")]),
        (SCALAR, set(), [("return grad", "return -grad")]),
        (SCALAR, set(), [("return grad", "return 2 * grad")]),
    ],
    "jacobian_norms": [
        (NORMS, {"product in the wrong order"}, [("J @ step", "step @ J")]),
        (NORMS, {"Frobenius norm"}, [("np.linalg.svd(J)[1].max()", "np.linalg.norm(J, 'fro')")]),
        (NORMS, {"largest eigenvalue"}, [
            ("np.linalg.svd(J)[1].max()", "max(abs(np.linalg.eigvals(J)))")]),
        (NORMS, {"slope missing"}, [("np.diag(1 - h[t] ** 2) @ w_hh", "w_hh")]),
        (NORMS, {"slope on the wrong side"}, [
            ("np.diag(1 - h[t] ** 2) @ w_hh", "w_hh @ np.diag(1 - h[t] ** 2)")]),
        (NORMS, {"w_hh transposed"}, [("@ w_hh", "@ w_hh.T")]),
        (NORMS, {"slope of the state before"}, [("1 - h[t] ** 2", "1 - h[t - 1] ** 2")]),
        (NORMS, set(), [("out[::-1]", "out")]),
        (NORMS, set(), [("out = [1.0]", "out = []")]),
    ],
    "clip_by_norm": [
        (CLIP, {"each array alone"}, [
            ("g * scale for", "g * min(1, limit / max(1e-9, np.linalg.norm(g))) for")]),
        (CLIP, {"each array alone"}, [
            ("g * scale for", "g * (limit / max(1e-9, np.linalg.norm(g))) for")]),
        (CLIP, {"scaled up too"}, [("norm > limit", "norm > 0")]),
        (CLIP, {"clipped entry by entry"}, [("g * scale for", "np.clip(g, -limit, limit) for")]),
        (CLIP, {"root forgotten"}, [("total ** 0.5", "total")]),
        (CLIP, {"the limit forgotten"}, [("limit / norm", "1 / norm")]),
        (CLIP, {"a small number in the denominator"}, [("limit / norm", "limit / (norm + 1e-6)")]),
        (CLIP, {"sum of the norms"}, [
            ("(g * g).sum()", "np.linalg.norm(g)"), ("total ** 0.5", "total")]),
    ],
}  # fmt: skip

RIGHT = {
    "run_machine": [
        MACHINE,
        """
def run_machine(step, state, inputs):
    return reduce(lambda past, x: past + [step(past[-1], x)], inputs, [state])
""",
    ],
    "rnn_forward": [FORWARD],
    "output_gradients": [OUTPUT],
    "rnn_backward": [BACKWARD],
    "weight_gradient": [
        SCALAR,
        """
def weight_gradient(w, x, y):
    def loss(w):
        h, total = 0.0, 0.0
        for a, b in zip(x, y):
            h = np.tanh(w * h + a)
            total = total + (h - b) ** 2 / 2
        return total
    return loss(w + 1e-30j).imag / 1e-30
""",
    ],
    "jacobian_norms": [NORMS],
    "clip_by_norm": [CLIP],
}
