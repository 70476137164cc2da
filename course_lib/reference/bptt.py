"""The loss, the gradients and their sizes in a recurrent network, for the exercise `bptt`."""

import numpy as np


def run_machine(step, state, inputs):
    """Return the list of all states: the start, then one for each input.

    s_t = step(s_(t-1), x_t), where s_0 is `state`.
    """
    states = [state]
    for x in inputs:
        state = step(state, x)
        states.append(state)
    return states


def output_gradients(h, w_o, c, labels):
    """Gradients of the loss L = sum over t and n of -log softmax(w_o h[t, n] + c)[labels[t, n]].

    h is (T, N, M), w_o is (K, M), c is (K,), labels is (T, N) with classes from 0. Returns dh, dw_o
    and dc, shaped like h, w_o and c; dh[t] holds dL_t/dh_t, the loss of step t alone.
    """
    scores = h @ w_o.T + c
    p = np.exp(scores - scores.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    do = p - np.eye(len(c))[labels]
    dh = do @ w_o
    dw_o = np.einsum("tnk,tnm->km", do, h)
    dc = do.sum(axis=(0, 1))
    return dh, dw_o, dc


def rnn_backward(dh, x, h, w_ih, w_hh, h0=None):
    """Backpropagation through time for h = rnn_forward(x, w_ih, w_hh, b, h0).

    dh is (T, N, M): dh[t] is dL_t/dh_t, of the loss of step t alone. x is (T, N, D), h is
    (T, N, M), w_ih is (M, D), w_hh is (M, M), h0 is (N, M) or None for zeros. Returns dx, dw_ih,
    dw_hh, db and dh0, the gradients of the loss of all steps.
    """
    T, N, M = h.shape
    dx, dw_ih, dw_hh, db = np.zeros_like(x), np.zeros_like(w_ih), np.zeros_like(w_hh), np.zeros(M)
    before = np.zeros((N, M)) if h0 is None else h0
    past = np.concatenate([before[None], h[:-1]])
    future = np.zeros((N, M))
    for t in reversed(range(T)):
        dz = (dh[t] + future) * (1 - h[t] ** 2)
        dx[t] = dz @ w_ih
        dw_ih += dz.T @ x[t]
        dw_hh += dz.T @ past[t]
        db += dz.sum(axis=0)
        future = dz @ w_hh
    return dx, dw_ih, dw_hh, db, future


def weight_gradient(w, x, y):
    """dL/dw of h_t = tanh(w h_(t-1) + x_t), h_0 = 0, with L = sum over t of (h_t - y_t)^2 / 2.

    w is a number, x and y are (T,). Returns a number.
    """
    h = [0.0]
    for number in x:
        h.append(np.tanh(w * h[-1] + number))
    gradient, later = 0.0, 0.0
    for t in range(len(x), 0, -1):
        later += h[t] - y[t - 1]
        slope = 1 - h[t] ** 2
        gradient += later * slope * h[t - 1]
        later *= slope * w
    return gradient


def jacobian_norms(h, w_hh):
    """The spectral norm of dh_T/dh_t for each row t of h, (T, M), of one sequence.

    h holds the states of a layer with the weights w_hh, (M, M). Returns (T,); the last is 1.
    """
    T, M = h.shape
    norms = np.empty(T)
    jacobian = np.eye(M)
    for t in reversed(range(T)):
        norms[t] = np.linalg.norm(jacobian, 2)
        jacobian = jacobian @ ((1 - h[t] ** 2)[:, None] * w_hh)
    return norms


def clip_by_norm(gradients, limit):
    """Scale all gradients by one factor, so that their common norm is at most `limit`.

    gradients is a list of arrays, whose norm is the root of the sum of all their squares. Returns a
    new list; where the norm is at most `limit`, nothing is changed.
    """
    norm = np.sqrt(sum(np.sum(g**2) for g in gradients))
    if norm <= limit:
        return list(gradients)
    return [g * (limit / norm) for g in gradients]
