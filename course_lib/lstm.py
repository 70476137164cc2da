"""The LSTM layer, its backward pass, and the four terms of its cell Jacobian."""

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple

from course_lib import backends, validate
from course_lib.arrays import AnyArray, Array, Backend


class LSTMTrace(NamedTuple, Generic[Array]):
    """What an LSTM computed at every step: state, cell, and the gates i, f, o and candidate g."""

    h: Array
    c: Array
    i: Array
    f: Array
    g: Array
    o: Array


_TRACE_NAMES = tuple(f"trace.{field}" for field in LSTMTrace._fields)


class LSTMGradients(NamedTuple, Generic[Array]):
    """Gradients of a loss with respect to an LSTM's inputs, weights and first states."""

    dx: Array
    dw_ih: Array
    dw_hh: Array
    db: Array
    dh0: Array
    dc0: Array


class LSTMJacobian(NamedTuple, Generic[Array]):
    """The four terms of dc_t/dc_{t-1}, by what each goes through."""

    forget: Array
    carry: Array
    input: Array
    candidate: Array


def _check(
    x: AnyArray, w_ih: AnyArray, w_hh: AnyArray, b: AnyArray | None, h0: AnyArray | None,
    c0: AnyArray | None,
) -> None:  # fmt: skip
    validate.arrays(x=x, w_ih=w_ih, w_hh=w_hh, b=b, h0=h0, c0=c0)
    validate.shape("x", x, ["T", "N", "D"])
    validate.shape("w_hh", w_hh, ["4M", "M"])
    M = w_hh.shape[1]
    validate.shape("w_hh", w_hh, [4 * M, M])
    validate.shape("w_ih", w_ih, [4 * M, x.shape[2]])
    if b is not None:
        validate.shape("b", b, [4 * M])
    for name, state in (("h0", h0), ("c0", c0)):
        if state is not None:
            validate.shape(name, state, [x.shape[1], M])


def _checked_trace(
    trace: Sequence[AnyArray], shape: Sequence[int | str], like_name: str, like: AnyArray
) -> LSTMTrace[Any]:
    """Refuse what is not six arrays (h, c, i, f, g, o) of one shape; return them named."""
    several = isinstance(trace, (tuple, list))
    if not several or len(trace) != 6 or any(part is None for part in trace):
        got = [type(part).__name__ for part in trace] if several else type(trace).__name__
        raise TypeError(
            f"trace must be the six arrays (h, c, i, f, g, o) of lstm_forward, got {got}"
        )
    named = dict(zip(_TRACE_NAMES, trace, strict=True))
    validate.arrays(**{like_name: like}, **named)
    for name, part in named.items():
        validate.shape(name, part, shape)
    return LSTMTrace(*trace)


def lstm_forward(
    x: Array, w_ih: AnyArray, w_hh: AnyArray, b: AnyArray | None = None,
    h0: AnyArray | None = None, c0: AnyArray | None = None, *, backend: Backend = None,
) -> LSTMTrace[Array]:  # fmt: skip
    r"""Run an LSTM layer over a batch of sequences.

    .. math::

        (z_i, z_f, z_g, z_o) &= W_{ih} \, x_t + W_{hh} \, h_{t-1} + b \\
        i = \sigma(z_i), \quad f &= \sigma(z_f), \quad g = \tanh(z_g), \quad o = \sigma(z_o) \\
        c_t &= f \odot c_{t-1} + i \odot g \\
        h_t &= o \odot \tanh(c_t)

    Args:
        x: (T, N, D) the input at each step.
        w_ih: (4M, D) weights on the input, stacked in the order i, f, g, o, as torch's.
        w_hh: (4M, M) weights on the previous state, likewise.
        b: (4M,) bias, likewise: the sum of torch's two; None for no bias.
        h0: (N, M) the state before the first step, or None for zeros.
        c0: (N, M) the cell before the first step, or None for zeros.
        backend: "reference", "numpy", "torch" or "triton"; None picks by the type of x.

    Returns:
        LSTMTrace(h, c, i, f, g, o), each (T, N, M) in the dtype of x.

    Raises:
        TypeError: an argument is not a floating array, or kinds or dtypes are mixed.
        ValueError: shapes do not fit.

    Source:
        Gers, Schmidhuber and Cummins, Learning to forget: continual prediction with LSTM (2000),
        section 3; torch.nn.LSTM for the order of the gates.

    >>> import numpy as np
    >>> w, b = np.zeros((4, 1)), np.array([100.0, -100.0, 0.5, 0.0])  # write, forget, g, half open
    >>> trace = lstm_forward(np.zeros((1, 1, 1)), w, w, b, c0=np.array([[7.0]]))
    >>> trace.c.round(4), trace.h.round(4)
    (array([[[0.4621]]]), array([[[0.2159]]]))
    """
    _check(x, w_ih, w_hh, b, h0, c0)
    b = backends.zeros(len(w_hh), like=x) if b is None else b
    return LSTMTrace(*backends.call("lstm.lstm_forward", backend, (x, w_ih, w_hh, b, h0, c0)))


def lstm_backward(
    dh: Array, trace: Sequence[AnyArray], x: AnyArray, w_ih: AnyArray, w_hh: AnyArray,
    h0: AnyArray | None = None, c0: AnyArray | None = None, *, backend: Backend = None,
) -> LSTMGradients[Array]:  # fmt: skip
    r"""Carry each step's loss gradient back through an LSTM, along its state and its cell.

    .. math::

        dh_t &= \text{direct} + W_{hh}^\top \, dz_{t+1} \\
        dc_t &= f_{t+1} \odot dc_{t+1} + o \odot (1 - \tanh^2 c_t) \odot dh_t \\
        dz_i &= dc_t \odot g \odot i \odot (1 - i) \\
        dz_f &= dc_t \odot c_{t-1} \odot f \odot (1 - f) \\
        dz_g &= dc_t \odot i \odot (1 - g^2) \\
        dz_o &= dh_t \odot \tanh(c_t) \odot o \odot (1 - o)

    and from dz the gradients of the weights and inputs, as in `rnn_backward`.

    Args:
        dh: (T, N, M) the direct gradient of the loss at each step's state.
        trace: what `lstm_forward` returned.
        x, w_ih, w_hh, h0, c0, backend: as in `lstm_forward`.

    Returns:
        LSTMGradients(dx, dw_ih, dw_hh, db, dh0, dc0), each shaped as what it belongs to.

    Raises:
        TypeError, ValueError: as in `lstm_forward`; dh and each part of the trace must have the
            shape (T, N, M).

    Source:
        Greff, Srivastava, Koutnik, Steunebrink and Schmidhuber, LSTM: a search space odyssey
        (2017), section II.B, without peepholes.

    >>> import numpy as np
    >>> x, w = np.zeros((1, 1, 1)), np.zeros((4, 1))
    >>> trace = lstm_forward(x, w, w, np.zeros(4), c0=np.array([[0.0]]))
    >>> lstm_backward(np.ones((1, 1, 1)), trace, x, w, w, c0=np.array([[0.0]])).dc0
    array([[0.25]])
    """
    _check(x, w_ih, w_hh, None, h0, c0)
    shape = [*x.shape[:2], w_hh.shape[1]]
    validate.arrays(x=x, dh=dh)
    validate.shape("dh", dh, shape)
    trace = _checked_trace(trace, shape, "x", x)
    arrays = (dh, trace, x, w_ih, w_hh, h0, c0)
    return LSTMGradients(*backends.call("lstm.lstm_backward", backend, arrays))


def lstm_jacobian(
    trace: Sequence[AnyArray], t: int, w_hh: Array, c0: AnyArray | None = None, *,
    backend: Backend = None,
) -> LSTMJacobian[Array]:  # fmt: skip
    r"""Split the Jacobian of one cell update into its four terms.

    .. math::

        \frac{\partial c_t}{\partial c_{t-1}} &= A + B + C + D, \qquad
            P = \operatorname{diag}\bigl(o_{t-1} \odot (1 - \tanh^2 c_{t-1})\bigr) \\
        A &= \operatorname{diag}\bigl(c_{t-1} \odot f \odot (1 - f)\bigr) \, W_f \, P
            \quad \text{through the forget gate} \\
        B &= \operatorname{diag}(f) \quad \text{the direct path} \\
        C &= \operatorname{diag}\bigl(g \odot i \odot (1 - i)\bigr) \, W_i \, P
            \quad \text{through the input gate} \\
        D &= \operatorname{diag}\bigl(i \odot (1 - g^2)\bigr) \, W_g \, P
            \quad \text{through the candidate}

    at fixed output gate, with the blocks of w_hh. At t = 0 the state h0 is given and does not move
    with c0, so that only B is left. Products of these Jacobians leave out what goes through the
    output gates: they are not the Jacobian over several steps.

    Args:
        trace: what `lstm_forward` returned.
        t: the step, in [0, T).
        w_hh: (4M, M) as in `lstm_forward`.
        c0: (N, M) as in `lstm_forward`.
        backend: "reference", "numpy" or "torch"; None picks by the type of the arrays.

    Returns:
        LSTMJacobian(forget, carry, input, candidate) = (A, B, C, D), each (N, M, M); entry
        [n, j, k] is the part of dc_t[n, j] / dc_{t-1}[n, k].

    Raises:
        TypeError: an argument is not a floating array, or kinds or dtypes are mixed.
        ValueError: shapes do not fit, or t lies outside the sequence.

    Source:
        Hochreiter and Schmidhuber, Long Short-Term Memory (1997), appendix A.1, for the method;
        the four terms are the chain rule applied to `lstm_forward`.

    >>> import numpy as np
    >>> x, w_hh = np.zeros((2, 1, 1)), np.array([[0.0], [0.0], [8.0], [0.0]])
    >>> trace = lstm_forward(x, np.zeros((4, 1)), w_hh, np.zeros(4))
    >>> jacobian = lstm_jacobian(trace, 1, w_hh)
    >>> [term.item() for term in jacobian]  # through the candidate: 1/2 * 8 * 1/2
    [0.0, 0.5, 0.0, 2.0]
    """
    validate.arrays(w_hh=w_hh, c0=c0)
    validate.shape("w_hh", w_hh, ["4M", "M"])
    M = w_hh.shape[1]
    validate.shape("w_hh", w_hh, [4 * M, M])
    trace = _checked_trace(trace, ["T", "N", M], "w_hh", w_hh)
    T, N, _ = trace.h.shape
    for name, part in trace._asdict().items():
        validate.shape(f"trace.{name}", part, [T, N, M])
    if c0 is not None:
        validate.shape("c0", c0, [N, M])
    t = validate.integer("t", t, minimum=0, maximum=T - 1)
    return LSTMJacobian(*backends.call("lstm.lstm_jacobian", backend, (trace, t, w_hh, c0)))
