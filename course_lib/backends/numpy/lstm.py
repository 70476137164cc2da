"""The LSTM: what does not depend on the past is one matrix product for all steps."""

import numpy as np


def lstm_forward(x, w_ih, w_hh, b, h0=None, c0=None):
    T, N, D = x.shape
    M = w_hh.shape[1]
    # Inside, the gates stand as i, f, o, g, so that one sigmoid serves a contiguous three.
    order = np.r_[0 : 2 * M, 3 * M : 4 * M, 2 * M : 3 * M]
    turned = np.ascontiguousarray(w_hh[order].T)
    gates = x.reshape(T * N, D) @ w_ih[order].T
    gates += b[order]
    gates = gates.reshape(T, N, 4 * M)
    h, c = np.empty((2, T, N, M), dtype=x.dtype)
    h_before = h0
    c_before = np.zeros((N, M), dtype=x.dtype) if c0 is None else c0
    product = np.empty((N, M), dtype=x.dtype)
    with np.errstate(over="ignore"):  # exp(1000) is inf, and 1 / (1 + inf) the right 0
        for t in range(T):
            z = gates[t]
            if h_before is not None:
                z += h_before @ turned
            sigmoid, g = z[:, : 3 * M], z[:, 3 * M :]
            np.negative(sigmoid, out=sigmoid)
            np.exp(sigmoid, out=sigmoid)
            sigmoid += 1
            np.reciprocal(sigmoid, out=sigmoid)
            np.tanh(g, out=g)
            np.multiply(z[:, :M], g, out=product)
            np.multiply(z[:, M : 2 * M], c_before, out=c[t])
            c_before = c[t]
            c_before += product
            h_before = np.tanh(c_before, out=h[t])
            h_before *= z[:, 2 * M : 3 * M]
    i, f, o, g = (gates[:, :, k * M : (k + 1) * M] for k in range(4))
    return h, c, i, f, g, o


def lstm_backward(dh, trace, x, w_ih, w_hh, h0=None, c0=None):
    h, c, i, f, g, o = trace
    T, N, M = h.shape
    dz = np.empty((T, N, 4, M), dtype=dh.dtype)
    dc = np.zeros((N, M), dtype=dh.dtype)
    carried = np.zeros((N, M), dtype=dh.dtype)
    zeros = np.zeros((N, M), dtype=dh.dtype)
    for t in reversed(range(T)):
        c_before = c[t - 1] if t else (zeros if c0 is None else c0)
        i_t, f_t, g_t, o_t = i[t], f[t], g[t], o[t]
        dz_i, dz_f, dz_g, dz_o = dz[t].swapaxes(0, 1)
        whole = carried
        whole += dh[t]
        squashed = np.tanh(c[t])
        np.multiply(whole, squashed, out=dz_o)
        whole *= o_t
        dc += whole * (1 - squashed * squashed)
        dz_o *= o_t * (1 - o_t)
        spread = dc * i_t
        np.multiply(spread, 1 - g_t * g_t, out=dz_g)
        spread *= g_t
        np.multiply(spread, 1 - i_t, out=dz_i)
        dc *= f_t
        np.multiply(dc * c_before, 1 - f_t, out=dz_f)
        carried = dz[t].reshape(N, 4 * M) @ w_hh
    flat = dz.reshape(T * N, 4 * M)
    dx = (flat @ w_ih).reshape(x.shape)
    dw_ih = flat.T @ x.reshape(T * N, x.shape[2])
    dw_hh = flat[N:].T @ h[:-1].reshape(-1, M)
    if h0 is not None and T:
        dw_hh += flat[:N].T @ h0
    return dx, dw_ih, dw_hh, flat.sum(axis=0), carried, dc
