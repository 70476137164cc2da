"""Dense layers, ReLU with its three backward rules, and the softmax cross-entropy."""

from typing import Generic, Literal, NamedTuple

from course_lib import backends, validate
from course_lib.arrays import AnyArray, Array, Backend

RULES = ("gradient", "deconvnet", "guided")


class DenseGradients(NamedTuple, Generic[Array]):
    """Gradients of a loss with respect to a dense layer's input, weights and bias."""

    dx: Array
    dw: Array
    db: Array


class LossAndGradient(NamedTuple, Generic[Array]):
    """The mean loss of a batch and its gradient with respect to the scores."""

    loss: Array
    dscores: Array


def _check(x: AnyArray, w: AnyArray, b: AnyArray | None) -> None:
    validate.arrays(x=x, w=w, b=b)
    validate.shape("x", x, ["N", "D"])
    validate.shape("w", w, ["F", x.shape[1]])
    if b is not None:
        validate.shape("b", b, [w.shape[0]])


def dense(x: Array, w: AnyArray, b: AnyArray | None = None, *, backend: Backend = None) -> Array:
    r"""Weigh all inputs for every output: a matrix product and a bias.

    .. math::

        y_{n,f} = b_f + \sum_{d} w_{f,d} \, x_{n,d}

    Args:
        x: (N, D).
        w: (F, D) one row of weights per output.
        b: (F,) bias, or None for no bias.
        backend: "reference", "numpy" or "torch"; None picks by the type of x.

    Returns:
        (N, F) in the dtype of x.

    Raises:
        TypeError: an argument is not a floating array, or kinds or dtypes are mixed.
        ValueError: shapes do not fit.

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.1.

    >>> import numpy as np
    >>> dense(np.array([[1.0, 2.0]]), np.array([[10.0, 1.0], [0.0, 3.0]]), np.array([0.5, 0.0]))
    array([[12.5,  6. ]])
    """
    _check(x, w, b)
    return backends.call("dense.dense", backend, (x, w, b))


def dense_backward(
    dy: Array, x: AnyArray, w: AnyArray, *, backend: Backend = None
) -> DenseGradients[Array]:
    r"""Carry the gradient of a loss from the output of `dense` back to its input and weights.

    .. math::

        dx = dy \, w, \qquad dw = dy^\top x, \qquad db_f = \sum_n dy_{n,f}

    Args:
        dy: (N, F) gradient of the loss at the output.
        x: (N, D) the input of the forward pass.
        w: (F, D) the weights of the forward pass.
        backend: as in `dense`.

    Returns:
        DenseGradients(dx, dw, db), shaped (N, D), (F, D) and (F,).

    Raises:
        TypeError, ValueError: as in `dense`; dy must have the shape of the forward output.

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.5.4.

    >>> import numpy as np
    >>> x, w = np.array([[1.0, 2.0]]), np.array([[10.0, 1.0]])
    >>> dense_backward(np.array([[3.0]]), x, w)
    DenseGradients(dx=array([[30.,  3.]]), dw=array([[3., 6.]]), db=array([3.]))
    """
    _check(x, w, None)
    validate.arrays(x=x, dy=dy)
    validate.shape("dy", dy, [x.shape[0], w.shape[0]])
    return DenseGradients(*backends.call("dense.dense_backward", backend, (dy, x, w)))


def relu(x: Array, *, backend: Backend = None) -> Array:
    r"""Cut negative values off.

    .. math::

        y = \max(x, 0)

    Args:
        x: an array of any shape.
        backend: as in `dense`.

    Returns:
        The same shape and dtype.

    Raises:
        TypeError: x is not a floating array.

    Source:
        Glorot, Bordes and Bengio, Deep Sparse Rectifier Neural Networks (2011), section 3.1.

    >>> import numpy as np
    >>> relu(np.array([-1.0, 2.0]))
    array([0., 2.])
    """
    validate.arrays(x=x)
    return backends.call("dense.relu", backend, (x,))


def relu_backward(
    dy: Array, x: AnyArray, *, rule: Literal["gradient", "deconvnet", "guided"] = "gradient",
    backend: Backend = None,
) -> Array:  # fmt: skip
    r"""Carry a gradient, or a relevance, back through a ReLU.

    .. math::

        \text{gradient:} \quad & dy \odot \mathbb{1}[x > 0] \\
        \text{deconvnet:} \quad & dy \odot \mathbb{1}[dy > 0] \\
        \text{guided:} \quad & dy \odot \mathbb{1}[x > 0] \odot \mathbb{1}[dy > 0]

    Only "gradient" is a derivative; at x = 0 it is taken as 0.

    Args:
        dy: what arrives at the output, in the shape of x.
        x: the input of the forward pass.
        rule: "gradient", "deconvnet" or "guided".
        backend: as in `dense`.

    Returns:
        What goes on to the input, in the shape and dtype of x.

    Raises:
        TypeError: an argument is not a floating array, or kinds or dtypes are mixed.
        ValueError: shapes differ, or the rule is unknown.

    Source:
        Springenberg, Dosovitskiy, Brox and Riedmiller, Striving for Simplicity (2015), section 3.4
        and figure 1.

    >>> import numpy as np
    >>> dy, x = np.array([-3.0, 5.0, 7.0]), np.array([1.0, 1.0, -1.0])
    >>> [relu_backward(dy, x, rule=rule).tolist() for rule in ("gradient", "deconvnet", "guided")]
    [[-3.0, 5.0, 0.0], [0.0, 5.0, 7.0], [0.0, 5.0, 0.0]]
    """
    validate.arrays(x=x, dy=dy)
    validate.shape("dy", dy, tuple(x.shape))
    validate.choice("rule", rule, RULES)
    return backends.call("dense.relu_backward", backend, (dy, x), rule=rule)


def softmax_cross_entropy(
    scores: Array, labels: AnyArray, *, backend: Backend = None
) -> LossAndGradient[Array]:
    r"""Turn scores into probabilities and charge each row minus the log of its label's.

    .. math::

        p_{n,k} = \frac{e^{S_{n,k}}}{\sum_j e^{S_{n,j}}}, \qquad
        \mathcal{L} = -\frac{1}{N} \sum_n \log p_{n,\,\ell_n}, \qquad
        \frac{\partial \mathcal{L}}{\partial S_{n,k}} = \frac{p_{n,k} - \mathbb{1}[k = \ell_n]}{N}

    with S the scores and l the labels.

    Args:
        scores: (N, K), any real numbers; large ones do not overflow.
        labels: (N,) integers in [0, K).
        backend: "reference", "numpy" or "torch"; None picks by the type of scores.

    Returns:
        LossAndGradient(loss, dscores): the mean loss, without axes (0 for an empty batch), and its
        gradient, (N, K), both in the dtype of scores.

    Raises:
        TypeError: scores are not a floating array, or labels are not an integer array of its kind.
        ValueError: shapes do not fit, or a label lies outside [0, K).

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), section 6.2.2.3.

    >>> import numpy as np
    >>> loss, dscores = softmax_cross_entropy(np.log([[1.0, 3.0]]), np.array([1]))
    >>> print(loss.round(6), dscores)
    0.287682 [[ 0.25 -0.25]]
    """
    validate.arrays(scores=scores)
    validate.shape("scores", scores, ["N", "K"])
    N, K = scores.shape
    if K == 0:
        raise ValueError(f"scores must have at least one class, got shape {(N, K)}")
    labels = validate.indices("labels", labels, like=scores, below=K)
    validate.shape("labels", labels, [N])
    return LossAndGradient(*backends.call("dense.softmax_cross_entropy", backend, (scores, labels)))
