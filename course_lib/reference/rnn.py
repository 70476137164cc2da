"""The recurrent layer and backpropagation through time, one step at a time."""

import numpy as np


def rnn_forward(x, w_ih, w_hh, b, h0=None):
    """h_t = tanh(w_ih x_t + w_hh h_(t-1) + b) for every step of a batch of sequences.

    x is (T, N, D), w_ih is (M, D), w_hh is (M, M), b is (M,), h0 is (N, M), the state before the
    first step, or None for zeros. Returns all states after it, (T, N, M).
    """
    T, N, _ = x.shape
    M = len(w_hh)
    h = np.empty((T, N, M), dtype=x.dtype)
    state = np.zeros((N, M), dtype=x.dtype) if h0 is None else h0
    for t in range(T):
        state = h[t] = np.tanh(x[t] @ w_ih.T + state @ w_hh.T + b)
    return h


def rnn_backward(dh, x, h, w_ih, w_hh, h0=None, *, truncate=None):
    """dL/dh_t = dL_t/dh_t + dF_t/dh_t, where F_t is the loss of the steps after t."""
    T, N, M = h.shape
    dx, dw_ih, dw_hh = np.empty_like(x), np.zeros_like(w_ih), np.zeros_like(w_hh)
    db = np.zeros(M, dtype=x.dtype)
    step_norms = np.empty(T, dtype=dh.real.dtype)
    future = np.zeros((N, M), dtype=x.dtype)  # dF_t/dh_t
    for t in reversed(range(T)):
        if truncate is not None and t + truncate < T:  # the window ends before the sequence
            future = np.zeros((N, M), dtype=x.dtype)
            for u in range(t + truncate - 1, t, -1):
                future = ((dh[u] + future) * (1 - h[u] ** 2)) @ w_hh
        whole = dh[t] + future
        step_norms[t] = np.sqrt(np.sum(np.abs(whole) ** 2))
        dz = whole * (1 - h[t] ** 2)
        # The immediate partials: what step t alone, its past state held fixed, adds to each.
        if t > 0:
            before = h[t - 1]
        else:
            before = np.zeros((N, M), dtype=x.dtype) if h0 is None else h0
        dx[t] = dz @ w_ih
        dw_ih += dz.T @ x[t]
        dw_hh += dz.T @ before
        db += dz.sum(axis=0)
        future = dz @ w_hh  # dF_{t-1}/dh_{t-1} = dh_t/dh_{t-1} [dL_t/dh_t + dF_t/dh_t]
    return dx, dw_ih, dw_hh, db, future, step_norms
