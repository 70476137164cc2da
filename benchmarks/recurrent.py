"""Recurrent layers of the NumPy and torch backends against torch.nn.RNN and torch.nn.LSTM.

The backward pass is timed together with the forward pass, because torch's needs autograd's record.
torch.nn.LSTM returns the states alone; ours returns every gate besides, which backward and the
chapters read.
"""

import numpy as np
import torch

from course_lib import lstm_backward, lstm_forward, rnn_backward, rnn_forward

GOALS = {
    "RNN with BPTT, numpy": 0.8,
    "LSTM forward, numpy": None,
    "LSTM with backward, numpy": 1.2,
    "RNN with BPTT, torch": 1.05,
    "LSTM forward, torch": None,
    "LSTM with backward, torch": 1.05,
}

#: T steps, N sequences, D features, M units
SHAPES = [(20, 1, 8, 16), (50, 32, 32, 64), (100, 64, 64, 128)]


def cases():
    """Yield (group, name, make): see `benchmarks.__main__`."""
    for backend in ("numpy", "torch"):
        for sizes in SHAPES:
            name = "T{} N{} D{} M{}".format(*sizes)
            yield f"RNN with BPTT, {backend}", name, _bind(rnn_both, backend, sizes)
            yield f"LSTM forward, {backend}", name, _bind(lstm_alone, backend, sizes)
            yield f"LSTM with backward, {backend}", name, _bind(lstm_both, backend, sizes)


def _bind(make, backend, sizes):
    return lambda: make(backend, *sizes)


def _inputs(backend, network, T, N, D):
    """Return x, w_ih, w_hh, b, dh for our function, and x, dh as torch's layer takes them."""
    rng = np.random.default_rng(0)
    w_ih, w_hh, b_ih, b_hh = (p.detach() for p in network.parameters())
    x, dh = (
        torch.from_numpy(rng.standard_normal((T, N, size), dtype=np.float32))
        for size in (D, w_hh.shape[1])
    )
    given = x, w_ih, w_hh, b_ih + b_hh, dh
    if backend == "numpy":
        given = [tensor.numpy() for tensor in given]
    return given, x.clone().requires_grad_(), dh


def _train(network, x, dh):
    """Return a function that runs torch's layer forward and backward."""

    def run():
        network.zero_grad()
        x.grad = None
        network(x)[0].backward(dh)

    return run


def rnn_both(backend, T, N, D, M):
    """Return our and torch's recurrent layer, forward and backward through time."""
    network = torch.nn.RNN(D, M)
    (x, w_ih, w_hh, b, dh), *theirs = _inputs(backend, network, T, N, D)

    def ours():
        h = rnn_forward(x, w_ih, w_hh, b)
        return rnn_backward(dh, x, h, w_ih, w_hh)

    return ours, _train(network, *theirs)


def lstm_alone(backend, T, N, D, M):
    """Return our LSTM with its whole trace and torch's without autograd."""
    network = torch.nn.LSTM(D, M)
    (x, w_ih, w_hh, b, _), their_x, _ = _inputs(backend, network, T, N, D)

    @torch.no_grad()
    def theirs():
        return network(their_x)

    return lambda: lstm_forward(x, w_ih, w_hh, b), theirs


def lstm_both(backend, T, N, D, M):
    """Return our and torch's LSTM, forward and backward."""
    network = torch.nn.LSTM(D, M)
    (x, w_ih, w_hh, b, dh), *theirs = _inputs(backend, network, T, N, D)

    def ours():
        trace = lstm_forward(x, w_ih, w_hh, b)
        return lstm_backward(dh, trace, x, w_ih, w_hh)

    return ours, _train(network, *theirs)
