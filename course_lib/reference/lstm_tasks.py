"""The answers of the exercise `lstm`: one step, its derivative by path, and the way back."""

import numpy as np


def lstm_step(x, h, c, w_ih, w_hh, b):
    """One step of an LSTM layer.

    x is (N, D), h and c are (N, M), the state and the cell before the step. w_ih is (4M, D), w_hh
    is (4M, M), b is (4M,), each four blocks of M rows in the order i, f, g, o. Returns the new h,
    the new c, and the tuple (i, f, g, o), all (N, M).
    """
    z_i, z_f, z_g, z_o = np.split(x @ w_ih.T + h @ w_hh.T + b, 4, axis=1)
    i = 1 / (1 + np.exp(-z_i))
    f = 1 / (1 + np.exp(-z_f))
    g = np.tanh(z_g)
    o = 1 / (1 + np.exp(-z_o))
    c_new = f * c + i * g
    h_new = o * np.tanh(c_new)
    return h_new, c_new, (i, f, g, o)


def lstm_jacobian(i, f, g, o_before, c_before, w_hh):
    """The four terms of dc_t/dc_(t-1), for one sequence.

    i, f and g are (M,), of step t; o_before and c_before are (M,), the output gate and the cell of
    step t - 1; w_hh is (4M, M) in the order i, f, g, o. Returns A, B, C, D, each (M, M), with
    outputs in rows: through the forget gate, straight on, through the input gate, through g.
    """
    w_i, w_f, w_g, _ = np.split(w_hh, 4)
    into_h = np.diag(o_before * (1 - np.tanh(c_before) ** 2))
    A = np.diag(c_before * f * (1 - f)) @ w_f @ into_h
    B = np.diag(f)
    C = np.diag(g * i * (1 - i)) @ w_i @ into_h
    D = np.diag(i * (1 - g**2)) @ w_g @ into_h
    return A, B, C, D


def lstm_backward(dh, trace, x, w_ih, w_hh, h0, c0):
    """Backpropagation through time for an LSTM layer.

    dh is (T, N, M): dh[t] is dL_t/dh_t, of the loss of step t alone. trace holds h, c, i, f, g, o,
    each (T, N, M), of all steps. x is (T, N, D), w_ih is (4M, D), w_hh is (4M, M), h0 and c0 are
    (N, M). Returns dx, dw_ih, dw_hh, db, dh0 and dc0, the gradients of the loss of all steps.
    """
    h, c, i, f, g, o = trace
    dx, dw_ih, dw_hh = np.zeros_like(x), np.zeros_like(w_ih), np.zeros_like(w_hh)
    db = np.zeros(len(w_hh))
    h_past = np.concatenate([h0[None], h[:-1]])
    c_past = np.concatenate([c0[None], c[:-1]])
    future_h, future_c = np.zeros_like(h0), np.zeros_like(c0)
    for t in reversed(range(len(x))):
        total_h = dh[t] + future_h
        total_c = future_c + total_h * o[t] * (1 - np.tanh(c[t]) ** 2)
        dz_i = total_c * g[t] * i[t] * (1 - i[t])
        dz_f = total_c * c_past[t] * f[t] * (1 - f[t])
        dz_g = total_c * i[t] * (1 - g[t] ** 2)
        dz_o = total_h * np.tanh(c[t]) * o[t] * (1 - o[t])
        dz = np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=1)
        dx[t] = dz @ w_ih
        dw_ih += dz.T @ x[t]
        dw_hh += dz.T @ h_past[t]
        db += dz.sum(axis=0)
        future_h = dz @ w_hh
        future_c = total_c * f[t]
    return dx, dw_ih, dw_hh, db, future_h, future_c


def gate_product(f):
    """Entry t: the share of the cell of row t that is left in the cell of the last row.

    f is (T, M), the forget gates of one sequence. Returns (T, M); the last row is 1.
    """
    share = np.ones_like(f)
    for t in reversed(range(len(f) - 1)):
        share[t] = share[t + 1] * f[t + 1]
    return share


def memory_bias(steps, share):
    """The bias b of a forget gate that keeps this share of the cell for so many steps.

    With weights 0 and no input the gate is sigmoid(b) at every step. steps is an int, share a
    number between 0 and 1. Returns a number.
    """
    gate = share ** (1 / steps)
    return np.log(gate / (1 - gate))
