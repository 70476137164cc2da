"""The recurrent layer: what does not depend on the past is one matrix product for all steps."""

import numpy as np

from course_lib.backends.numpy.sums import add_rows


def rnn_forward(x, w_ih, w_hh, b, h0=None):
    T, N, D = x.shape
    M = len(w_hh)
    h = x.reshape(T * N, D) @ w_ih.T
    h += b
    h = h.reshape(T, N, M)
    turned = np.ascontiguousarray(w_hh.T)
    before = h0
    for z in h:  # z becomes h_t in place
        if before is not None:
            z += before @ turned
        before = np.tanh(z, out=z)
    return h


def rnn_backward(dh, x, h, w_ih, w_hh, h0=None, *, truncate=None):
    T, N, M = h.shape
    slope = 1 - h * h
    if truncate is None or truncate >= T:
        whole, dz = dh.copy(), np.empty_like(h)
        carried = None
        for t in reversed(range(T)):
            if carried is not None:
                whole[t] += carried
            np.multiply(whole[t], slope[t], out=dz[t])
            carried = dz[t] @ w_hh
    else:
        whole = dh
        for _ in range(truncate - 1):  # each pass sees the loss of one step further ahead
            carried = (whole[1:] * slope[1:]).reshape((T - 1) * N, M) @ w_hh
            whole = dh.copy()
            whole[:-1] += carried.reshape(T - 1, N, M)
        dz = whole * slope
    dh0 = dz[0] @ w_hh if T else np.zeros((N, M), dtype=dh.dtype)
    flat = dz.reshape(T * N, M)
    dx = (flat @ w_ih).reshape(x.shape)
    dw_ih = flat.T @ x.reshape(T * N, x.shape[2])
    dw_hh = flat[N:].T @ h.reshape(T * N, M)[:-N]
    if h0 is not None and T:
        dw_hh += dz[0].T @ h0
    step_norms = np.sqrt((np.abs(whole) ** 2).sum(axis=(1, 2)))
    return dx, dw_ih, dw_hh, add_rows(flat), dh0, step_norms
