"""DeepLIFT (rescale rule) and DeepSHAP: differences from a reference, carried back exactly."""

import torch

from course_lib import validate
from course_lib.attribution import _model
from course_lib.attribution._operations import Operations, watched_score
from course_lib.attribution.kinds import Baselines, Model, Progress, Target, ValuesOrPair


def deeplift(
    model: Model,
    inputs: torch.Tensor,
    target: Target,
    baselines: Baselines = None,
    *,
    return_delta: bool = False,
) -> ValuesOrPair:
    r"""Share the difference of a score from its value at a reference among the inputs (DeepLIFT).

    .. math::

        C_i = m_i \, (x_i - x'_i), \qquad \sum_i C_i = f_c(x) - f_c(x')

    where the multiplier m follows the chain rule: a linear operation passes it on as it passes a
    gradient, an elementwise function y = g(z) multiplies it by

    .. math::

        \frac{g(z) - g(z')}{z - z'} \quad \text{(the rescale rule)}, \qquad
        \text{or by } g'(z) \text{ where } z = z'

    and max pooling gives the difference of a window's outputs to the place of the larger of the two
    maxima (of the input's, if they are equal).

    Functions, methods, modules, modules used twice and operations in place are all seen. Products
    of two tensors that depend on the input (gates, attention), a softmax, recurrent layers and
    comparisons are refused.

    Args:
        model: `nn.Module` or callable, (N, ...) -> scores (N, K); run in evaluation mode.
        inputs: (N, ...) floating tensor.
        target: the class to explain, an int or (N,) ints.
        baselines: the reference inputs x': None for zeros, a number, or a tensor (1, ...) or
            (N, ...).
        return_delta: return the completeness error too.

    Returns:
        (N, ...) contributions; with return_delta, also delta (N,) = sum_i C_i - (f(x) - f(x')).

    Raises:
        TypeError: inputs, baselines or target of the wrong kind.
        ValueError: shapes that do not fit, NaN or infinity, a target outside [0, K), an operation
            that the rule does not cover, or a completeness error above rounding.

    Source:
        Shrikumar, Greenside and Kundaje, Learning important features through propagating activation
        differences (2017), sections 3.1 to 3.5.1.

    >>> import torch
    >>> deeplift(torch.relu, torch.tensor([[-2.0]]), 0, torch.tensor([[2.0]]))
    tensor([[-2.]])
    """
    with _model.explaining(model):
        x = _model.checked_tensor("inputs", inputs)
        classes = _model.checked_target(target, x)
        reference = _model.checked_baselines(baselines, x)
        if not len(x):
            values, delta = torch.zeros_like(x), x.new_zeros(0)
        else:
            values, delta = _contributions(model, x, classes, reference, "deeplift")
    return (values, delta) if return_delta else values


def deepshap(
    model: Model,
    inputs: torch.Tensor,
    target: Target,
    background: torch.Tensor,
    *,
    chunk: int = 256,
    progress: Progress = False,
) -> torch.Tensor:
    r"""Average DeepLIFT over the rows of a background set (DeepSHAP).

    .. math::

        \phi(x) = \frac{1}{B} \sum_b C(x, x'_b), \qquad
        \sum_i \phi_i = f_c(x) - \frac{1}{B} \sum_b f_c(x'_b)

    On a linear or additive model these are the Shapley values of the marginal game exactly; on
    others they approximate them.

    Args:
        model: `nn.Module` or callable, (N, ...) -> scores (N, K); run in evaluation mode.
        inputs: (N, ...) floating tensor.
        target: the class to explain, an int or (N,) ints.
        background: (B, ...) references, at least one.
        chunk: pairs of input and reference in one call of the model.
        progress: False, True for a bar, or a function of (done, total), counted in pairs.

    Returns:
        (N, ...) contributions.

    Raises:
        TypeError, ValueError: as in `deeplift`; also a background without rows or of another shape.

    Source:
        Lundberg and Lee, A unified approach to interpreting model predictions (2017), section 4.2.

    >>> import torch
    >>> background = torch.tensor([[0.0, 0.0], [2.0, 0.0]])
    >>> deepshap(lambda x: x.sum(1), torch.tensor([[3.0, 1.0]]), 0, background)
    tensor([[2., 1.]])
    """
    chunk = validate.integer("chunk", chunk, minimum=1)
    with _model.explaining(model):
        x = _model.checked_tensor("inputs", inputs)
        classes = _model.checked_target(target, x)
        references = _model.checked_tensor("background", background)
        validate.arrays(inputs=x, background=references)
        N, B = len(x), len(references)
        if B < 1:
            raise ValueError("background must have at least 1 row, got 0")
        if references.shape[1:] != x.shape[1:]:
            raise ValueError(
                f"background must have rows of shape {tuple(x.shape[1:])}, as inputs have, got "
                f"{tuple(references.shape[1:])}"
            )
        total = torch.zeros_like(x)
        with _model.reporting(progress, N * B, "deepshap") as advance:
            at_once = max(1, chunk // max(N, 1))
            for first in range(0, B, at_once):
                some = references[first : first + at_once]
                for rows in _model.row_blocks(x, chunk):
                    each = len(x[rows])
                    part, _ = _contributions(
                        model,
                        x[rows].repeat(len(some), *[1] * (x.ndim - 1)),
                        classes[rows].repeat(len(some)),
                        some.repeat_interleave(each, dim=0),
                        "deepshap",
                    )
                    total[rows] += part.unflatten(0, (len(some), each)).sum(0)
                    advance(len(part))
        return total / B


def _contributions(model, x, target, reference, method):
    """Return (C, delta): multipliers times differences, and what they miss of the score's."""
    at_reference = _Reference(method)
    base, _ = watched_score(at_reference, model, reference, target)
    base = base.detach()
    score, leaf = watched_score(_Compared(method, at_reference.calls), model, x, target)
    multipliers = _model.gradient_of(score, leaf)
    score = score.detach()
    values = multipliers * (x - reference)
    missed = _model.row_sums(values) - (score - base)
    size = 1 + _model.row_sums(values.abs()) + score.abs() + base.abs()
    bound = torch.finfo(x.dtype).eps ** (2 / 3) * size
    if bool((missed.abs() > bound).any()):
        raise ValueError(
            f"model must be made of operations that {method} can explain: the contributions miss "
            f"the difference of the score by up to {float(missed.abs().max()):.3g}, which is more "
            f"than rounding. Some operation in the model is not seen"
        )
    return values, missed


class _Reference(Operations):
    """Keeps the input and output of every nonlinear call on the reference."""

    def __init__(self, method):
        super().__init__(method)
        self.calls = []

    def elementwise(self, name, function, x, y):
        self.calls.append((name, x.detach().clone(), y, None))
        return _carry(y, x, 1)

    def max_pool(self, name, function, x):
        y, indices = function(x.detach())
        self.calls.append((name, x.detach().clone(), y, indices))
        return _carry(y, _pick(x, indices, name), 1)


class _Compared(Operations):
    """Meets the same calls on the inputs, and multiplies by difference quotients on the way back.

    Args:
        method: as in Operations.
        calls: what `_Reference` kept, in order.
    """

    def __init__(self, method, calls):
        super().__init__(method)
        self.calls = iter(calls)

    def elementwise(self, name, function, x, y):
        z = x.detach()
        z0, y0, _ = self._reference(name, z)
        dz, dy = z - z0, y - y0
        slope = _slope(function, z0 + dz / 2)
        quotient = dy / dz
        # Rounding blurs the quotient of nearly equal numbers: where that alone can explain its
        # distance from the slope half-way, the slope is the better value.
        blur = 4 * torch.finfo(z.dtype).eps * (y.abs() + y0.abs()) / dz.abs()
        near = (dz == 0) | ((quotient - slope).abs() <= blur)
        return _carry(y, x, torch.where(near, slope, quotient))

    def max_pool(self, name, function, x):
        y, indices = function(x.detach())
        z0, y0, indices0 = self._reference(name, x)
        place = torch.where(y >= y0, indices, indices0)
        picked = _pick(x, place, name)
        dz = picked.detach() - _pick(z0, place, name)  # at least as large as y - y0
        slope = torch.where(dz == 0, 1, (y - y0) / dz)
        return _carry(y, picked, slope)

    def _reference(self, name, x):
        name0, z0, y0, indices0 = next(self.calls, (None, None, None, None))
        if name0 != name or z0.shape != x.shape:
            self.refuse(name, "is not called in the same way for the input and for the baseline")
        return z0, y0, indices0


def _carry(y, x, slope):
    """Return the values of y, which pass `slope` times their gradient on to x."""
    return y + slope * (x - x.detach())


def _pick(x, indices, name):
    """Return the entries of x at the flat indices that a max pool of this name gave."""
    axes = int(name.removesuffix("d")[-1])
    flat = x.flatten(-axes).gather(-1, indices.flatten(-axes))
    return flat.view(indices.shape)


def _slope(function, z):
    """Return the derivative of an elementwise function at z."""
    leaf = z.detach().requires_grad_()
    (slope,) = torch.autograd.grad(function(leaf.clone()).sum(), leaf)
    return slope
