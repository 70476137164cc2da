"""The LSTM and its backward pass, one step at a time, and the four terms of the cell Jacobian."""

import numpy as np


def lstm_forward(x, w_ih, w_hh, b, h0=None, c0=None):
    """c_t = f * c_{t-1} + i * g and h_t = o * tanh(c_t); the gates see x_t and h_{t-1}."""
    T, N, _ = x.shape
    M = w_hh.shape[1]
    h, c, i, f, g, o = np.empty((6, T, N, M), dtype=x.dtype)
    h_before = np.zeros((N, M), dtype=x.dtype) if h0 is None else h0
    c_before = np.zeros((N, M), dtype=x.dtype) if c0 is None else c0
    for t in range(T):
        z_i, z_f, z_g, z_o = np.split(x[t] @ w_ih.T + h_before @ w_hh.T + b, 4, axis=1)
        with np.errstate(over="ignore"):  # exp(1000) is inf, and 1 / (1 + inf) the right 0
            i[t], f[t], o[t] = (1 / (1 + np.exp(-z)) for z in (z_i, z_f, z_o))
        g[t] = np.tanh(z_g)
        c_before = c[t] = f[t] * c_before + i[t] * g[t]
        h_before = h[t] = o[t] * np.tanh(c[t])
    return h, c, i, f, g, o


def lstm_backward(dh, trace, x, w_ih, w_hh, h0=None, c0=None):
    """The recursion on two states: dc_{t-1} = f_t * dc_t, and dh_{t-1} = w_hh^T dz_t."""
    h, c, i, f, g, o = trace
    T, N, M = h.shape
    h0 = np.zeros((N, M), dtype=x.dtype) if h0 is None else h0
    c0 = np.zeros((N, M), dtype=x.dtype) if c0 is None else c0
    dx, dw_ih, dw_hh = np.empty_like(x), np.zeros_like(w_ih), np.zeros_like(w_hh)
    db = np.zeros(4 * M, dtype=x.dtype)
    dh_future = np.zeros((N, M), dtype=x.dtype)
    dc = np.zeros((N, M), dtype=x.dtype)
    for t in reversed(range(T)):
        h_before, c_before = (h[t - 1], c[t - 1]) if t > 0 else (h0, c0)
        whole = dh[t] + dh_future
        squashed = np.tanh(c[t])
        dc = dc + whole * o[t] * (1 - squashed**2)
        dz_i = dc * g[t] * i[t] * (1 - i[t])
        dz_f = dc * c_before * f[t] * (1 - f[t])
        dz_g = dc * i[t] * (1 - g[t] ** 2)
        dz_o = whole * squashed * o[t] * (1 - o[t])
        dz = np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=1)
        dx[t] = dz @ w_ih
        dw_ih += dz.T @ x[t]
        dw_hh += dz.T @ h_before
        db += dz.sum(axis=0)
        dh_future = dz @ w_hh
        dc = dc * f[t]
    return dx, dw_ih, dw_hh, db, dh_future, dc


def lstm_jacobian(trace, t, w_hh, c0=None):
    """dc_t/dc_{t-1} = forget + carry + input + candidate, at fixed o_{t-1}.

    Only `carry` is direct; the others go through h_{t-1} = o_{t-1} * tanh(c_{t-1}) and a gate.
    """
    h, c, i, f, g, o = trace
    T, N, M = h.shape
    w_i, w_f, w_g, _ = np.split(w_hh, 4)
    forget, carry, input_, candidate = np.empty((4, N, M, M), dtype=c.dtype)
    for n in range(N):
        if t > 0:
            c_before = c[t - 1, n]
            through_h = np.diag(o[t - 1, n] * (1 - np.tanh(c_before) ** 2))
        else:  # h0 is given: it does not move with c0
            c_before = np.zeros(M, dtype=c.dtype) if c0 is None else c0[n]
            through_h = np.zeros((M, M), dtype=c.dtype)
        i_t, f_t, g_t = i[t, n], f[t, n], g[t, n]
        forget[n] = np.diag(c_before * f_t * (1 - f_t)) @ w_f @ through_h
        carry[n] = np.diag(f_t)
        input_[n] = np.diag(g_t * i_t * (1 - i_t)) @ w_i @ through_h
        candidate[n] = np.diag(i_t * (1 - g_t**2)) @ w_g @ through_h
    return forget, carry, input_, candidate
