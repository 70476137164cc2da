"""The recurrent layer and backpropagation through time."""

from typing import Generic, NamedTuple

from course_lib import backends, validate
from course_lib.arrays import AnyArray, Array, Backend


class RNNGradients(NamedTuple, Generic[Array]):
    """Gradients of a loss with respect to a recurrent layer, and how large they are on the way."""

    dx: Array
    dw_ih: Array
    dw_hh: Array
    db: Array
    dh0: Array
    step_norms: Array


def _check(
    x: AnyArray, w_ih: AnyArray, w_hh: AnyArray, b: AnyArray | None, h0: AnyArray | None
) -> None:
    validate.arrays(x=x, w_ih=w_ih, w_hh=w_hh, b=b, h0=h0)
    validate.shape("x", x, ["T", "N", "D"])
    validate.shape("w_hh", w_hh, ["M", "M"])
    M = w_hh.shape[0]
    validate.shape("w_hh", w_hh, [M, M])
    validate.shape("w_ih", w_ih, [M, x.shape[2]])
    if b is not None:
        validate.shape("b", b, [M])
    if h0 is not None:
        validate.shape("h0", h0, [x.shape[1], M])


def rnn_forward(
    x: Array, w_ih: AnyArray, w_hh: AnyArray, b: AnyArray | None = None,
    h0: AnyArray | None = None, *, backend: Backend = None,
) -> Array:  # fmt: skip
    r"""Run a recurrent layer over a batch of sequences.

    .. math::

        h_t = \tanh(W_{ih} \, x_t + W_{hh} \, h_{t-1} + b)

    Args:
        x: (T, N, D) the input at each step.
        w_ih: (M, D) weights on the input.
        w_hh: (M, M) weights on the previous state.
        b: (M,) bias, or None for no bias.
        h0: (N, M) the state before the first step, or None for zeros.
        backend: "reference", "numpy" or "torch"; None picks by the type of x.

    Returns:
        h, (T, N, M): the state after each step, in the dtype of x.

    Raises:
        TypeError: an argument is not a floating array, or kinds or dtypes are mixed.
        ValueError: shapes do not fit.

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), section 10.2, equations 10.8-10.9.

    >>> import numpy as np
    >>> one = np.array([[1.0]])
    >>> rnn_forward(np.array([[[0.5]], [[0.0]]]), one, one, np.zeros(1)).ravel().round(4)
    array([0.4621, 0.4318])
    """
    _check(x, w_ih, w_hh, b, h0)
    b = backends.zeros(len(w_hh), like=x) if b is None else b
    return backends.call("rnn.rnn_forward", backend, (x, w_ih, w_hh, b, h0))


def rnn_backward(
    dh: Array, x: AnyArray, h: AnyArray, w_ih: AnyArray, w_hh: AnyArray,
    h0: AnyArray | None = None, *, truncate: int | None = None, backend: Backend = None,
) -> RNNGradients[Array]:  # fmt: skip
    r"""Backpropagation through time: carry each step's loss gradient back through the past.

    With L the loss of all steps, and F_t the sum of the losses of the steps after t:

    .. math::

        \frac{\partial \mathcal{L}}{\partial h_t} &= \frac{\partial \mathcal{L}_t}{\partial h_t}
            + \frac{\partial F_t}{\partial h_t}, \qquad
        \frac{\partial F_{t-1}}{\partial h_{t-1}} = W_{hh}^\top \, dz_t \\
        dz_t &= (1 - h_t^2) \odot \frac{\partial \mathcal{L}}{\partial h_t}, \qquad
        dx_t = W_{ih}^\top \, dz_t \\
        dW_{ih} &= \sum_t dz_t \, x_t^\top, \qquad
        dW_{hh} = \sum_t dz_t \, h_{t-1}^\top, \qquad
        db = \sum_t dz_t

    Each term of the sums is an immediate partial: the past state is held fixed in it.

    With `truncate`, the loss of step u is carried through the steps u, u-1, ..., u - truncate + 1
    and no further: F_t is the sum of the losses of the steps t+1, ..., t + truncate - 1. One as
    long as the sequence, or longer, cuts nothing.

    Args:
        dh: (T, N, M) dL_t/dh_t, the direct gradient of the loss at each step.
        x: (T, N, D) the input of the forward pass.
        h: (T, N, M) what `rnn_forward` returned.
        w_ih, w_hh, h0: as in `rnn_forward`.
        truncate: the number of steps through which a loss is carried, at least 1; None for all.
        backend: as in `rnn_forward`.

    Returns:
        RNNGradients(dx, dw_ih, dw_hh, db, dh0, step_norms): the gradients, shaped as what they
        belong to, and step_norms (T,), the Euclidean norm over the batch of dL/dh_t.

    Raises:
        TypeError, ValueError: as in `rnn_forward`; dh and h must have the shape of its output, and
            truncate must be at least 1.

    Source:
        Werbos, Backpropagation through time: what it does and how to do it (1990); the truncation
        is that of Williams and Peng, An efficient gradient-based algorithm for on-line training of
        recurrent network trajectories (1990).

    >>> import numpy as np
    >>> x, one = np.zeros((2, 1, 1)), np.array([[1.0]])
    >>> dh = np.array([[[0.0]], [[3.0]]])
    >>> rnn_backward(dh, x, np.zeros((2, 1, 1)), one, one).step_norms
    array([3., 3.])
    >>> rnn_backward(dh, x, np.zeros((2, 1, 1)), one, one, truncate=1).step_norms
    array([0., 3.])
    """
    _check(x, w_ih, w_hh, None, h0)
    validate.arrays(x=x, dh=dh, h=h)
    for name, value in (("dh", dh), ("h", h)):
        validate.shape(name, value, [*x.shape[:2], w_hh.shape[0]])
    if truncate is not None:
        truncate = validate.integer("truncate", truncate, minimum=1)
    arrays = (dh, x, h, w_ih, w_hh, h0)
    return RNNGradients(*backends.call("rnn.rnn_backward", backend, arrays, truncate=truncate))
