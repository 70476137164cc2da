"""The LSTM with one matrix product per step, and everything that can wait done for many steps."""

import numpy as np

from course_lib.backends.numpy.sums import add_rows

CHUNK = 2**14  # numbers per gate worked on at a time in the backward pass: they stay in the cache


def lstm_forward(x, w_ih, w_hh, b, h0=None, c0=None):
    T, N, D = x.shape
    M = w_hh.shape[1]
    # Inside, the gates are blocks in the order i, f, o, g: one sigmoid serves the first three. It
    # is 1 / (1 + exp(-z)), and the minus is in the weights. Input, state and a one for the bias
    # stand side by side, so that one product makes all the pre-activations.
    weights = np.concatenate([w_ih, w_hh, b[:, None]], axis=1).reshape(4, M, D + M + 1)
    weights = weights[[0, 1, 3, 2]].swapaxes(1, 2).copy()
    np.negative(weights[:3], out=weights[:3])
    seen = np.ones((N, D + M + 1), dtype=x.dtype)
    seen[:, D:-1] = 0 if h0 is None else h0
    gates = np.empty((T, 4, N, M), dtype=x.dtype)
    h, c = np.empty((2, T, N, M), dtype=x.dtype)
    cell = np.zeros((N, M), dtype=x.dtype) if c0 is None else c0
    written = np.empty((N, M), dtype=x.dtype)
    with np.errstate(over="ignore"):  # exp(1000) is inf, and 1 / (1 + inf) the right 0
        for t in range(T):
            z = gates[t]
            seen[:, :D] = x[t]
            np.matmul(seen, weights, out=z)
            sigmoid, (i, f, o, g) = z[:3], z
            np.exp(sigmoid, out=sigmoid)
            sigmoid += 1
            np.reciprocal(sigmoid, out=sigmoid)
            np.tanh(g, out=g)
            np.multiply(i, g, out=written)
            cell = np.multiply(f, cell, out=c[t])
            cell += written
            state = np.tanh(cell, out=h[t])
            state *= o
            seen[:, D:-1] = state
    i, f, o, g = gates.swapaxes(0, 1)
    return h, c, i, f, g, o


def lstm_backward(dh, trace, x, w_ih, w_hh, h0=None, c0=None):
    dz, dh0, dc0 = _carry_back(dh, trace, w_hh, c0)
    T, N, M = dh.shape
    dx = (dz @ w_ih).reshape(x.shape)
    dw_ih = dz.T @ x.reshape(T * N, x.shape[2])
    dw_hh = dz[N:].T @ trace[0].reshape(T * N, M)[:-N]
    if h0 is not None and T:
        dw_hh += dz[:N].T @ h0
    return dx, dw_ih, dw_hh, add_rows(dz), dh0, dc0


def _carry_back(dh, trace, w_hh, c0):
    """Return dz, (T*N, 4M), the gradient at the pre-activations, and those at h0 and c0."""
    h, c, i, f, g, o = trace
    T, N, M = h.shape
    dz = np.empty((T, N, 4, M), dtype=dh.dtype)
    dc, carried = np.zeros((2, N, M), dtype=dh.dtype)
    to_cell = np.empty((N, M), dtype=dh.dtype)
    if c0 is None:
        c0 = np.zeros((N, M), dtype=dh.dtype)
    chunk = max(1, CHUNK // max(1, N * M))
    for end in range(T, 0, -chunk):
        start = max(0, end - chunk)
        before = c[start - 1 : end - 1] if start else np.concatenate([c0[None], c[: end - 1]])
        slopes, through_h = _local_slopes(before, *(a[start:end] for a in (c, i, f, g, o)))
        for t in reversed(range(start, end)):
            slope = slopes[:, t - start]
            carried += dh[t]  # now the whole gradient at h_t
            np.multiply(carried, through_h[t - start], out=to_cell)
            dc += to_cell
            slope[:3] *= dc
            slope[3] *= carried
            dz[t] = slope.swapaxes(0, 1)
            np.matmul(dz[t].reshape(N, 4 * M), w_hh, out=carried)
            dc *= f[t]
    return dz.reshape(T * N, 4 * M), carried, dc


def _local_slopes(before, c, i, f, g, o):
    """Return what each pre-activation's gradient is per unit of dc (i, f, g) or of dh (o).

    dz_i = dc g i (1 - i),  dz_f = dc c_{t-1} f (1 - f),  dz_g = dc i (1 - g^2),
    dz_o = dh tanh(c) o (1 - o). Return also what dc receives per unit of dh: o (1 - tanh(c)^2).
    """
    slopes = np.empty((4, *c.shape), dtype=c.dtype)
    s_i, s_f, s_g, s_o = slopes
    squashed = np.tanh(c)
    through_h = o * squashed
    np.multiply(through_h, 1 - o, out=s_o)
    through_h *= squashed
    np.subtract(o, through_h, out=through_h)
    np.multiply(i, g, out=s_g)
    np.multiply(s_g, 1 - i, out=s_i)
    s_g *= g
    np.subtract(i, s_g, out=s_g)
    np.multiply(f, 1 - f, out=s_f)
    s_f *= before
    return slopes, through_h


def lstm_jacobian(trace, t, w_hh, c0=None, *, library=np):
    _, c, i, f, g, o = trace
    i, f, g = i[t], f[t], g[t]
    M = w_hh.shape[1]
    w_i, w_f, w_g, _ = w_hh.reshape(4, M, M)
    if t > 0:
        c_before = c[t - 1]
        through_h = o[t - 1] * (1 - library.tanh(c_before) ** 2)
    else:
        c_before = library.zeros_like(f) if c0 is None else c0
        through_h = library.zeros_like(f)

    def term(left, w):  # diag(left) w diag(through_h), for each example
        return left[:, :, None] * w * through_h[:, None, :]

    return (
        term(c_before * f * (1 - f), w_f),
        f[:, :, None] * library.eye(M, dtype=f.dtype, device=f.device),
        term(g * i * (1 - i), w_i),
        term(i * (1 - g**2), w_g),
    )
