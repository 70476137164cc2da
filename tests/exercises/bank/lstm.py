"""Wrong answers as students write them, none of which the checks have seen.

WRONG: task -> (base, names that would be right, edits of the base). A base is a right answer; no
names means that whatever name the check gives is wrong. RIGHT: task -> right answers.
"""

import math

import numpy as np

NAMES = {"np": np, "math": math}

STEP = """
def sigma(z):
    return 1.0 / (1.0 + np.exp(-z))

def lstm_step(x, h, c, w_ih, w_hh, b):
    M = h.shape[1]
    z = np.dot(x, w_ih.T) + np.dot(h, w_hh.T) + b
    i = sigma(z[:, 0:M])
    f = sigma(z[:, M:2*M])
    g = np.tanh(z[:, 2*M:3*M])
    o = sigma(z[:, 3*M:])
    c = f * c + i * g
    h = o * np.tanh(c)
    return h, c, (i, f, g, o)
"""

PRODUCT = """
def gate_product(f):
    T, M = f.shape
    out = np.ones((T, M))
    for t in range(T):
        for s in range(t + 1, T):
            out[t] *= f[s]
    return out
"""

BIAS = """
def memory_bias(steps, share):
    p = math.exp(math.log(share) / steps)
    return -math.log(1 / p - 1)
"""

JACOBIAN = """
def lstm_jacobian(i, f, g, o_before, c_before, w_hh):
    M = len(i)
    Wi, Wf, Wg, Wo = w_hh[:M], w_hh[M:2*M], w_hh[2*M:3*M], w_hh[3*M:]
    A, B, C, D = np.zeros((4, M, M))
    for j in range(M):
        for k in range(M):
            p = o_before[k] * (1 - np.tanh(c_before[k]) ** 2)
            A[j, k] = c_before[j] * f[j] * (1 - f[j]) * Wf[j, k] * p
            C[j, k] = g[j] * i[j] * (1 - i[j]) * Wi[j, k] * p
            D[j, k] = i[j] * (1 - g[j] ** 2) * Wg[j, k] * p
        B[j, j] = f[j]
    return A, B, C, D
"""

BACKWARD = """
def lstm_backward(dh, trace, x, w_ih, w_hh, h0, c0):
    h, c, i, f, g, o = trace
    T, N, M = h.shape
    dx = np.zeros_like(x)
    dw_ih = np.zeros_like(w_ih)
    dw_hh = np.zeros_like(w_hh)
    db = np.zeros(4 * M)
    dh_next = np.zeros((N, M))
    dc_next = np.zeros((N, M))
    for t in range(T - 1, -1, -1):
        if t == 0:
            h_prev, c_prev = h0, c0
        else:
            h_prev, c_prev = h[t - 1], c[t - 1]
        dht = dh[t] + dh_next
        tc = np.tanh(c[t])
        dct = dc_next + dht * o[t] * (1 - tc * tc)
        do = dht * tc
        di = dct * g[t]
        dg = dct * i[t]
        df = dct * c_prev
        dz = np.hstack([di * i[t] * (1 - i[t]), df * f[t] * (1 - f[t]),
                        dg * (1 - g[t] * g[t]), do * o[t] * (1 - o[t])])
        dx[t] = dz.dot(w_ih)
        dw_ih += dz.T.dot(x[t])
        dw_hh += dz.T.dot(h_prev)
        db += dz.sum(0)
        dh_next = dz.dot(w_hh)
        dc_next = dct * f[t]
    return dx, dw_ih, dw_hh, db, dh_next, dc_next
"""

EXCHANGED = {"blocks of the weights exchanged"}
START = {"from the start", "the share of the first"}

WRONG = {
    "lstm_step": [
        (STEP, EXCHANGED, [("z[:, 0:M]", "z[:, A]"), ("z[:, M:2*M]", "z[:, 0:M]"),
                    ("z[:, A]", "z[:, M:2*M]")]),
        (STEP, EXCHANGED, [("z[:, 2*M:3*M]", "z[:, A]"), ("z[:, 3*M:]", "z[:, 2*M:3*M]"),
                    ("z[:, A]", "z[:, 3*M:]")]),
        (STEP, {"gates woven together"}, [
            ("    i =", "    z = np.hstack([z[:, k::4] for k in range(4)])\n    i =")]),
        (STEP, {"the cell before in the state"}, [("c = f * c", "old = c\n    c = f * c"),
                                                  ("np.tanh(c)", "np.tanh(old)")]),
        (STEP, {"the sum of input gate and candidate"}, [("i * g\n", "(i + g)\n")]),
        (STEP, {"tanh missing on the cell"}, [("o * np.tanh(c)", "c * o")]),
        (STEP, {"a sigmoid for the candidate"}, [("g = np.tanh(", "g = sigma(")]),
        (STEP, {"the forget gate turned round"}, [("c = f * c", "c = (1 - f) * c")]),
        (STEP, {"the cell squashed"}, [("c = f * c + i * g", "c = np.tanh(f * c + i * g)")]),
        (STEP, {"the output gate sees the cell"}, [
            ("o = sigma(z[:, 3*M:])", "o = sigma(x @ w_ih[3*M:].T + c @ w_hh[3*M:].T + b[3*M:])")]),
        (STEP, set(), [("return h, c,", "return c, h,")]),
        (STEP, set(), [("(i, f, g, o)\n", "i\n")]),
        (STEP, set(), [("(i, f, g, o)\n", "(i, f, o, g)\n")]),
        (STEP, {"bias ignored"}, [(" + b\n", "\n")]),
        (STEP, set(), [("np.exp(-z)", "np.exp(z)")]),
        (STEP, set(), [("w_hh.T)", "w_hh)")]),
        (STEP, set(), [("    return h, c, (i, f, g, o)", "    print(h, c)")]),
    ],
    "gate_product": [
        (PRODUCT, {"the gate of the own step counted"}, [("range(t + 1, T)", "range(t, T)")]),
        (PRODUCT, START, [("range(t + 1, T)", "range(0, t + 1)")]),
        (PRODUCT, START, [("range(t + 1, T)", "range(1, t + 1)")]),
        (PRODUCT, {"the last gate left out"}, [("range(t + 1, T)", "range(t, T - 1)")]),
        (PRODUCT, {"sum for product"}, [
            ("np.ones", "np.zeros"), ("*= f", "+= f"),
            ("return out", "out[-1] = 1\n    return out")]),
        (PRODUCT, {"only the next gate"}, [("range(t + 1, T)", "range(t + 1, min(t + 2, T))")]),
        (PRODUCT, set(), [("return out", "return out[::-1]")]),
        (PRODUCT, set(), [("return out", "return out[0]")]),
        (PRODUCT, set(), [("return out", "return out[:-1]")]),
    ],
    "memory_bias": [
        (BIAS, {"sign of the bias"}, [("return -math", "return math")]),
        (BIAS, {"the bias of one step"}, [("math.exp(math.log(share) / steps)", "share")]),
        (BIAS, {"the share divided by the steps"}, [
            ("math.exp(math.log(share) / steps)", "share / steps")]),
        (BIAS, {"the gate given, not its bias"}, [("return -math.log(1 / p - 1)", "return p")]),
        (BIAS, {"log of the gate alone"}, [("-math.log(1 / p - 1)", "math.log(p)")]),
        (BIAS, {"the power turned round"}, [("log(share) / steps", "log(share) * steps")]),
        (BIAS, {"the loss spread over the steps"}, [
            ("math.exp(math.log(share) / steps)", "1 - (1 - share) * (1 / steps)")]),
        (BIAS, set(), [("-math.log(1 / p - 1)", "round(-math.log(1 / p - 1), 2)")]),
        (BIAS, set(), [("return -math.log(1 / p - 1)", "print(-math.log(1 / p - 1))")]),
    ],
    "lstm_jacobian": [
        (JACOBIAN, {"the slope of a sigmoid for the candidate"}, [
            ("(1 - g[j] ** 2)", "g[j] * (1 - g[j])")]),
        (JACOBIAN, {"a factor missing on the way into h"}, [("o_before[k] * ", "")]),
        (JACOBIAN, {"a factor missing on the way into h"}, [
            (" * (1 - np.tanh(c_before[k]) ** 2)", "")]),
        (JACOBIAN, {"tanh forgotten in its slope"}, [("np.tanh(c_before[k])", "c_before[k]")]),
        (JACOBIAN, {"the state for its derivative"}, [
            ("(1 - np.tanh(c_before[k]) ** 2)", "np.tanh(c_before[k])")]),
        (JACOBIAN, {"the direct path counted twice"}, [
            ("B[j, j] = f[j]", "B[j, j] = f[j]\n        A[j, j] += f[j]")]),
        (JACOBIAN, {"c_before missing in A"}, [("c_before[j] * f", "f")]),
        (JACOBIAN, {"g missing in C"}, [("g[j] * i", "i")]),
        (JACOBIAN, {"i missing in D"}, [("i[j] * (1 - g", "(1 - g")]),
        (JACOBIAN, {"slopes of the gates missing"}, [
            ("f[j] * (1 - f[j])", "f[j]"), ("i[j] * (1 - i[j])", "i[j]")]),
        (JACOBIAN, {"blocks of w_hh exchanged"}, [
            ("w_hh[:M], w_hh[M:2*M]", "w_hh[M:2*M], w_hh[:M]")]),
        (JACOBIAN, {"blocks transposed"}, [
            ("Wf[j, k]", "Wf[k, j]"), ("Wi[j, k]", "Wi[k, j]"), ("Wg[j, k]", "Wg[k, j]")]),
        (JACOBIAN, {"columns scaled for rows"}, [
            ("c_before[j] * f[j] * (1 - f[j])", "c_before[k] * f[k] * (1 - f[k])"),
            ("g[j] * i[j] * (1 - i[j])", "g[k] * i[k] * (1 - i[k])"),
            ("i[j] * (1 - g[j] ** 2)", "i[k] * (1 - g[k] ** 2)")]),
        (JACOBIAN, {"columns scaled for rows"}, [
            ("c_before[j] * f[j] * (1 - f[j])", "c_before[k] * f[k] * (1 - f[k])")]),
        (JACOBIAN, {"square missing in a slope of tanh"}, [("np.tanh(c_before[k]) ** 2", "tanh_c"), (
            "            p =", "            tanh_c = np.tanh(c_before[k])\n            p =")]),
        (JACOBIAN, set(), [(" * p", "")]),
        (JACOBIAN, set(), [("(1 - g[j] ** 2)", "(1 - g[j])")]),
        (JACOBIAN, set(), [("return A, B, C, D", "return A + B + C + D")]),
        (JACOBIAN, set(), [("return A, B, C, D", "return A, np.diag(B), C, D")]),
        (JACOBIAN, set(), [("return A, B, C, D", "return C, B, A, D")]),
        (JACOBIAN, set(), [("return A, B, C, D", "return A.T, B, C.T, D.T")]),
    ],
    "lstm_backward": [
        (BACKWARD, {"the way through the output gate left out"}, [
            ("dz.dot(w_hh)", "dz[:, :3*M].dot(w_hh[:3*M])")]),
        (BACKWARD, {"no gradient for the output gate"}, [("do = dht * tc", "do = 0 * dht")]),
        (BACKWARD, {"the cell's gradient for the output gate"}, [("do = dht", "do = dct")]),
        (BACKWARD, {"the cell's gradient not carried"}, [("dct = dc_next + ", "dct = ")]),
        (BACKWARD, {"the state's gradient dropped"}, [("dht = dh[t] + dh_next", "dht = dh[t]")]),
        (BACKWARD, {"slope at the cell before"}, [("(1 - tc * tc)", "(1 - np.tanh(c_prev) ** 2)")]),
        (BACKWARD, {"the forget gate missing on the way back"}, [("dct * f[t]\n", "dct\n")]),
        (BACKWARD, {"only what was carried is carried on"}, [
            ("= dct * f[t]\n", "= dc_next * f[t]\n")]),
        (BACKWARD, {"the new cell for the one before it"}, [("dct * c_prev", "dct * c[t]")]),
        (BACKWARD, {"the state after the step for the one before it"}, [
            ("dz.T.dot(h_prev)", "dz.T.dot(h[t])")]),
        (BACKWARD, {"the slope of a sigmoid for the candidate"}, [
            ("(1 - g[t] * g[t])", "g[t] * (1 - g[t])")]),
        (BACKWARD, {"input and forget gate exchanged"}, [
            ("np.hstack([di * i[t] * (1 - i[t]), df * f[t] * (1 - f[t]),",
             "np.hstack([df * f[t] * (1 - f[t]), di * i[t] * (1 - i[t]),")]),
        (BACKWARD, {"each step in place of the sum"}, [
            ("dw_ih += ", "dw_ih = "), ("dw_hh += ", "dw_hh = "), ("db += ", "db = ")]),
        (BACKWARD, {"h0 and c0 ignored"}, [
            ("h_prev, c_prev = h0, c0", "h_prev, c_prev = np.zeros((2, N, M))")]),
        (BACKWARD, {"tanh forgotten in its slope"}, [("(1 - tc * tc)", "(1 - c[t] ** 2)")]),
        (BACKWARD, {"square missing in a slope of tanh"}, [("(1 - tc * tc)", "(1 - tc)")]),
        (BACKWARD, {"square missing in a slope of tanh"}, [("(1 - g[t] * g[t])", "(1 - g[t])")]),
        (BACKWARD, {"the state for tanh(c)"}, [("(1 - tc * tc)", "(1 - h[t] ** 2)")]),
        (BACKWARD, {"the state for tanh(c)"}, [("do = dht * tc", "do = dht * h[t]")]),
        (BACKWARD, {"a factor missing"}, [("dht * o[t] * (1 - tc", "dht * (1 - tc")]),
        (BACKWARD, {"a factor missing"}, [("di = dct * g[t]", "di = dct")]),
        (BACKWARD, {"the state's gradient dropped"}, [("do = dht * tc", "do = dh[t] * tc")]),
        (BACKWARD, {"the state's gradient dropped"}, [("dht * o[t]", "dh[t] * o[t]")]),
        (BACKWARD, {"the forget gate missing on the way back"}, [
            ("db, dh_next, dc_next\n", "db, dh_next, dct\n")]),
        (BACKWARD, {"each step in place of the sum"}, [("dw_hh += ", "dw_hh = ")]),
        (BACKWARD, {"h0 and c0 ignored"}, [("= h0, c0", "= h0, np.zeros((N, M))")]),
        (BACKWARD, set(), [("dg = dct * i[t]", "dg = dct")]),
        (BACKWARD, set(), [("(1 - g[t] * g[t])", "(1 - np.tanh(g[t]) ** 2)")]),
        (BACKWARD, set(), [("dw_hh, db, dh_next, dc_next\n", "dw_hh, db\n")]),
        (BACKWARD, set(), [("db, dh_next, dc_next\n", "db, dc_next, dh_next\n")]),
        (BACKWARD, set(), [("dz.sum(0)", "dz.mean(0)")]),
        (BACKWARD, set(), [("dz.dot(w_hh)", "dz.dot(w_hh.T)")]),
    ],
}  # fmt: skip

RIGHT = {
    "lstm_step": [STEP],
    "gate_product": [
        PRODUCT,
        """
def gate_product(f):
    return np.vstack([np.cumprod(f[:0:-1], axis=0)[::-1], np.ones((1, f.shape[1]))])
""",
    ],
    "memory_bias": [
        BIAS,
        """
def memory_bias(steps, share):
    b = 0.0
    for _ in range(200):
        p = 1 / (1 + math.exp(-b))
        b -= (steps * math.log(p) - math.log(share)) / (steps * (1 - p))
    return np.float64(b)
""",
    ],
    "lstm_jacobian": [JACOBIAN],
    "lstm_backward": [BACKWARD],
}
