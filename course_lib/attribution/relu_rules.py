"""DeconvNet and guided backpropagation: backpropagation with another rule at each ReLU.

A linear operation and max pooling (by its switches) pass the signal R back as a gradient does. Only
the ReLU y = max(f, 0) differs: the gradient keeps R where f > 0, DeconvNet where R > 0, and guided
backpropagation where both are. Neither rule gives the derivative of anything.
"""

import torch

from course_lib.attribution import _model
from course_lib.attribution._operations import Operations, watched_score
from course_lib.attribution.kinds import Model, Target


def deconvnet(model: Model, inputs: torch.Tensor, target: Target) -> torch.Tensor:
    r"""Project a score back to the input, keeping at each ReLU the positive part of the signal.

    .. math::

        R_l = R_{l+1} \odot \mathbb{1}[R_{l+1} > 0]

    at a ReLU; the gradient's rule everywhere else, with max pooling going back by its switches.

    To see what one unit inside the network responds to, let the model return that unit's activation
    as its score, (N,).

    Args:
        model: `nn.Module` or callable, (N, ...) -> scores (N, K), made of linear operations, ReLUs
            (in any spelling: module, function, method, in place, clamp(min=0)) and max pooling.
        inputs: (N, ...) floating tensor.
        target: the class to explain, an int or (N,) ints.

    Returns:
        (N, ...) tensor like inputs.

    Raises:
        TypeError: inputs or target of the wrong kind.
        ValueError: NaN or infinity, a target outside [0, K), or another nonlinearity in the model.

    Source:
        Zeiler and Fergus, Visualizing and understanding convolutional networks (2014), section 2.1;
        Springenberg et al., Striving for simplicity (2015), section 3.4.

    >>> import torch
    >>> deconvnet(lambda x: -torch.relu(x).sum(1), torch.tensor([[1.0, -1.0]]), 0)
    tensor([[0., 0.]])
    """
    return _explain("deconvnet", model, inputs, target)


def guided_backprop(model: Model, inputs: torch.Tensor, target: Target) -> torch.Tensor:
    r"""Backpropagate a score, keeping at each ReLU what is positive both forward and backward.

    .. math::

        R_l = R_{l+1} \odot \mathbb{1}[f_l > 0] \odot \mathbb{1}[R_{l+1} > 0]

    at a ReLU of f_l; the gradient's rule everywhere else.

    Args:
        model, inputs, target: as in `deconvnet`.

    Returns:
        (N, ...) tensor like inputs.

    Raises:
        TypeError, ValueError: as in `deconvnet`.

    Source:
        Springenberg et al., Striving for simplicity: the all convolutional net (2015), section 3.4.

    >>> import torch
    >>> guided_backprop(lambda x: torch.relu(x) @ torch.tensor([1.0, 1, -1]),
    ...                 torch.tensor([[1.0, -1.0, 1.0]]), 0)
    tensor([[1., 0., 0.]])
    """
    return _explain("guided", model, inputs, target)


def _explain(rule, model, inputs, target):
    with _model.explaining(model):
        x = _model.checked_tensor("inputs", inputs)
        classes = _model.checked_target(target, x)
        if not len(x):
            return torch.zeros_like(x)
        score, leaf = watched_score(_ReluRule(rule), model, x, classes)
        return _model.gradient_of(score, leaf)


class _Relu(torch.autograd.Function):
    """max(x, 0), whose backward pass follows `rule` instead of the derivative."""

    @staticmethod
    def forward(ctx, x, rule):
        ctx.rule = rule
        ctx.save_for_backward(x > 0)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, signal):
        (active,) = ctx.saved_tensors
        positive = signal.clamp(min=0)
        return (positive * active if ctx.rule == "guided" else positive), None


class _ReluRule(Operations):
    """Gives every ReLU the backward rule; refuses other elementwise functions."""

    def __init__(self, rule):
        super().__init__({"guided": "guided_backprop"}.get(rule, rule))
        self.rule = rule

    def elementwise(self, name, function, x, y):
        if not _is_relu(function, x):
            self.refuse(name, "is a nonlinearity other than the ReLU, for which it has no rule")
        return _Relu.apply(x, self.rule)

    def max_pool(self, name, function, x):
        return function(x)[0]


def _is_relu(function, x):
    """Whether an elementwise function is max(z, 0), however it is spelt: try it on +-z."""
    limits = torch.finfo(x.dtype)
    with torch.no_grad():
        for size in (limits.tiny, 1.0, limits.max):
            up, down = torch.full_like(x, size), torch.full_like(x, -size)
            if not torch.equal(function(up.clone()), up):
                return False
            if not torch.equal(function(down), torch.zeros_like(x)):
                return False
    return True
