"""Integrated gradients: the gradient along the straight path from a baseline, by quadrature."""

import numpy as np
import torch

from course_lib import validate
from course_lib.attribution import _model
from course_lib.attribution.kinds import Baselines, Model, Progress, Rule, Target, ValuesOrPair

RULES = ("midpoint", "right", "trapezoid", "gauss_legendre")


def integrated_gradients(
    model: Model,
    inputs: torch.Tensor,
    target: Target,
    baselines: Baselines = None,
    *,
    n_steps: int = 50,
    rule: Rule = "midpoint",
    chunk: int = 256,
    return_delta: bool = False,
    progress: Progress = False,
) -> ValuesOrPair:
    r"""Integrate the gradient of a score along the straight line from a baseline to the input.

    .. math::

        \begin{aligned}
        \phi_i &= (x_i - x'_i) \int_0^1 \frac{\partial f_c}{\partial x_i}
        \bigl(x' + \alpha (x - x')\bigr) \, d\alpha \\
        &\approx (x_i - x'_i) \sum_k w_k \frac{\partial f_c}{\partial x_i}
        \bigl(x' + \alpha_k (x - x')\bigr)
        \end{aligned}

    Exactly, the credits sum to :math:`f_c(x) - f_c(x')`; what the quadrature misses of it is delta.

    Args:
        model: `nn.Module` or callable, (N, ...) -> scores (N, K), or (N,) with target 0; run in
            evaluation mode.
        inputs: (N, ...) floating tensor.
        target: the class to explain, an int or (N,) ints.
        baselines: the start x' of each path: None for zeros, a number, or a tensor (1, ...) or
            (N, ...).
        n_steps: subintervals of [0, 1] (for "gauss_legendre": nodes). "trapezoid" evaluates
            n_steps + 1 gradients, the others n_steps.
        rule: "midpoint", a_k = (k - 1/2) / n; "right", a_k = k / n, which is what the sum in the
            paper says and errs by O(1/n); "trapezoid"; or "gauss_legendre".
        chunk: rows the model sees at once; memory grows with it and not with n_steps.
        return_delta: return the completeness error too (2 more evaluations for each row).
        progress: False, True for a bar, or a function of (done, total), counted in gradients.

    Returns:
        (N, ...) tensor like inputs; with return_delta, also delta (N,) =
        sum_i phi_i - (f_c(x) - f_c(x')).

    Raises:
        TypeError: inputs, baselines or target of the wrong kind.
        ValueError: NaN or infinity, shapes that do not fit, a target outside [0, K), n_steps or
            chunk below 1, an unknown rule, or scores that do not depend on inputs.

    Source:
        Sundararajan, Taly and Yan, Axiomatic attribution for deep networks (2017), sections 3, 5.

    >>> import torch
    >>> integrated_gradients(lambda x: (x**2).sum(1), torch.tensor([[1.0, 2.0]]), 0, n_steps=1)
    tensor([[1., 4.]])
    """
    n_steps = validate.integer("n_steps", n_steps, minimum=1)
    chunk = validate.integer("chunk", chunk, minimum=1)
    nodes, weights = quadrature(rule, n_steps)
    with _model.explaining(model):
        x = _model.checked_tensor("inputs", inputs)
        classes = _model.checked_target(target, x)
        start = _model.checked_baselines(baselines, x)
        # One axis in front of the batch: the steps along the path.
        nodes, weights = (x.new_tensor(part).view(-1, *[1] * x.ndim) for part in (nodes, weights))
        path, integral = x - start, torch.zeros_like(x)
        at_once = max(1, chunk // max(len(x), 1))
        total = len(nodes) * len(x)
        with _model.reporting(progress, total, "integrated_gradients") as advance:
            for first in range(0, len(nodes), at_once):
                some = slice(first, first + at_once)
                points = (start + nodes[some] * path).flatten(0, 1)
                steps = len(nodes[some])
                _, slopes = _model.gradients(
                    model, points, classes.repeat(steps), chunk=chunk, advance=advance
                )
                slopes = slopes.unflatten(0, (steps, len(x)))
                integral += (weights[some] * slopes).sum(0)
        values = path * integral
        if not return_delta:
            return values
        difference = _model.scores(model, x, classes, chunk=chunk)
        difference = difference - _model.scores(model, start, classes, chunk=chunk)
        return values, _model.row_sums(values) - difference


def quadrature(rule, n_steps):
    """Return the nodes and weights of a rule for the integral over [0, 1].

    int_0^1 g(a) da = sum_k w_k g(a_k), approximately; the weights sum to 1.

    Args:
        rule: "midpoint", "right", "trapezoid" or "gauss_legendre".
        n_steps: subintervals, or nodes for "gauss_legendre".

    Returns:
        (nodes, weights), each (n_steps,), or (n_steps + 1,) for "trapezoid".

    Raises:
        ValueError: an unknown rule, or n_steps below 1.

    Source:
        Press et al., Numerical recipes (2007), sections 4.1 and 4.6.

    >>> quadrature("trapezoid", 2)
    (array([0. , 0.5, 1. ]), array([0.25, 0.5 , 0.25]))
    """
    n_steps = validate.integer("n_steps", n_steps, minimum=1)
    validate.choice("rule", rule, RULES)
    even = np.full(n_steps, 1 / n_steps)
    if rule == "midpoint":
        return (np.arange(n_steps) + 0.5) / n_steps, even
    if rule == "right":
        return np.arange(1, n_steps + 1) / n_steps, even
    if rule == "trapezoid":
        halves = np.full(n_steps + 1, 1 / n_steps)
        halves[[0, -1]] /= 2
        return np.arange(n_steps + 1) / n_steps, halves
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    return (nodes + 1) / 2, weights / 2
