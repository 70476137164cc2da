"""Explanations read off the gradient of a score: saliency, gradient times input, SmoothGrad."""

import math
from collections.abc import Sequence
from itertools import islice
from typing import Literal

import torch

from course_lib import validate
from course_lib.attribution import _model
from course_lib.attribution.kinds import Model, Progress, Target, TorchRandom


def saliency(
    model: Model, inputs: torch.Tensor, target: Target, *, reduce: Literal["max_abs"] | None = None
) -> torch.Tensor:
    r"""Return the gradient of a class score in the input: one backward pass, no optimisation.

    .. math::

        g = \frac{\partial f_c}{\partial x}, \qquad
        f_c(x + d) = f_c(x) + g^\top d + o(\lVert d \rVert)

    With reduce="max_abs" the largest absolute value over the channels is taken.

    Args:
        model: `nn.Module` or callable, (N, ...) -> scores (N, K), or (N,) with target 0; run in
            evaluation mode.
        inputs: (N, ...) floating tensor.
        target: the class to explain, an int or (N,) ints. Take the score before the softmax: a
            probability's gradient also tells what lowers the other classes.
        reduce: None, or "max_abs" for the largest magnitude over the channel axis 1.

    Returns:
        (N, ...) tensor like inputs; with "max_abs" (N, C, ...) becomes (N, ...), without axis 1.

    Raises:
        TypeError: inputs or target of the wrong kind, a model that does not return a tensor.
        ValueError: NaN or infinity in inputs or scores, a target outside [0, K), an unknown
            reduce, "max_abs" without a channel axis, or scores that do not depend on inputs.

    Source:
        Simonyan, Vedaldi and Zisserman, Deep inside convolutional networks (2014), section 3.

    >>> import torch
    >>> saliency(lambda x: (x**2).sum(1), torch.tensor([[1.0, -3.0]]), 0)
    tensor([[ 2., -6.]])
    """
    if reduce is not None:
        validate.choice("reduce", reduce, ("max_abs",))
    with _model.explaining(model):
        x = _model.checked_tensor("inputs", inputs)
        if reduce is not None and x.ndim < 3:
            raise ValueError(
                f"inputs must have a channel axis, (N, C, ...), for reduce='max_abs', got shape "
                f"{tuple(x.shape)}"
            )
        _, slope = _model.gradients(model, x, _model.checked_target(target, x))
    return slope if reduce is None else slope.abs().amax(dim=1)


def gradient_times_input(model: Model, inputs: torch.Tensor, target: Target) -> torch.Tensor:
    r"""Multiply the gradient of a class score by the input, entry by entry.

    .. math::

        \phi_i = x_i \, \frac{\partial f_c}{\partial x_i}

    On a ReLU network without biases the credits sum to the score. An input of 0 never shows.

    Args:
        model, inputs, target: as in `saliency`.

    Returns:
        (N, ...) tensor like inputs.

    Raises:
        TypeError, ValueError: as in `saliency`.

    Source:
        Shrikumar et al., Not just a black box (2016), section 2.3.

    >>> import torch
    >>> gradient_times_input(lambda x: (x**2).sum(1), torch.tensor([[1.0, -3.0]]), 0)
    tensor([[ 2., 18.]])
    """
    with _model.explaining(model):
        x = _model.checked_tensor("inputs", inputs)
        _, slope = _model.gradients(model, x, _model.checked_target(target, x))
    return x * slope


def smoothgrad(
    model: Model,
    inputs: torch.Tensor,
    target: Target,
    *,
    n_samples: int = 50,
    stdev: float = 0.15,
    rng: TorchRandom = None,
    chunk: int = 256,
    progress: Progress = False,
) -> torch.Tensor:
    r"""Average the gradient of a class score over noisy copies of the input.

    .. math::

        \phi = \frac{1}{n} \sum_k \nabla f_c(x + \varepsilon_k), \qquad
        \varepsilon_k \sim \mathcal{N}(0, \sigma^2), \qquad
        \sigma = \mathrm{stdev} \cdot (\max x - \min x)

    It tends to the gradient of the score smoothed by the noise: for a ReLU, to the normal
    distribution function of x / sigma.

    Args:
        model, inputs, target: as in `saliency`.
        n_samples: noisy copies of each input.
        stdev: standard deviation of the noise as a share of the range of each input row; 0.1 to
            0.2 is usual.
        rng: None draws anew in each call, a seed repeats itself, a Generator of NumPy or of torch
            goes on.
        chunk: rows the model sees at once. The result does not depend on it but for rounding.
        progress: False, True for a bar, or a function of (done, total), counted in rows.

    Returns:
        (N, ...) tensor like inputs.

    Raises:
        TypeError, ValueError: as in `saliency`; also n_samples or chunk below 1, stdev below 0.

    Source:
        Smilkov et al., SmoothGrad: removing noise by adding noise (2017), section 3.

    >>> import torch
    >>> smoothgrad(lambda x: 2 * x.sum(1), torch.tensor([[1.0, -3.0]]), 0, n_samples=4)
    tensor([[2., 2.]])
    """
    n_samples = validate.integer("n_samples", n_samples, minimum=1)
    chunk = validate.integer("chunk", chunk, minimum=1)
    stdev = validate.number("stdev", stdev, minimum=0, below=math.inf)
    with _model.explaining(model):
        x = _model.checked_tensor("inputs", inputs)
        classes = _model.checked_target(target, x)
        total = torch.zeros_like(x)
        if not x.numel():
            return total
        flat = x.flatten(1) if x.ndim > 1 else x[:, None]
        sigma = stdev * (flat.amax(1) - flat.amin(1))
        sigma = sigma.view(-1, *[1] * (x.ndim - 1))
        noise = _normal_copies(x, n_samples, validate.torch_generator(rng))
        at_once = max(1, chunk // len(x))
        with _model.reporting(progress, n_samples * len(x), "smoothgrad") as advance:
            for first in range(0, n_samples, at_once):
                copies = min(at_once, n_samples - first)
                some = torch.stack(list(islice(noise, copies))).to(x.device)
                points = (x + sigma * some).flatten(0, 1)
                _, slopes = _model.gradients(
                    model, points, classes.repeat(copies), chunk=chunk, advance=advance
                )
                total += slopes.unflatten(0, (copies, len(x))).sum(0)
    return total / n_samples


def _normal_copies(x, n, generator):
    """Yield n tensors like x of normal numbers, the same ones whatever the caller's chunk is."""
    at_once = max(1, 2**16 // x.numel())
    for first in range(0, n, at_once):
        shape = min(at_once, n - first), *x.shape
        yield from torch.randn(shape, dtype=x.dtype, generator=generator, device=generator.device)


def class_model(
    model: Model,
    target: int,
    *,
    shape: Sequence[int],
    l2: float,
    steps: int,
    lr: float,
    init: torch.Tensor | None = None,
    progress: Progress = False,
) -> torch.Tensor:
    r"""Climb the score of one class from a start image to an image that is typical of the class.

    .. math::

        \text{maximise } S_c(x) - \lambda \lVert x \rVert^2 \quad \text{by} \quad
        x \leftarrow x + \eta \, (\nabla S_c(x) - 2 \lambda x)

    with lambda = l2 and eta = lr. For a linear score :math:`w^\top x + b` the maximum is :math:`w /
    (2 \lambda)`.

    Args:
        model: `nn.Module` or callable, (1, ...) -> scores (1, K), or (1,) with target 0.
        target: the class, an int. Take its score before the softmax: raising a probability can
            also mean to lower the other classes.
        shape: shape of one input, without the batch axis.
        l2: weight of the penalty, at least 0.
        steps: gradient steps.
        lr: step size; below 1 / l2, or the penalty makes the image grow.
        init: tensor of that shape to start from; None for zeros, in the dtype and on the device of
            the model's first parameter.
        progress: False, True for a bar, or a function of (done, total), counted in steps.

    Returns:
        Tensor of that shape.

    Raises:
        TypeError: target, shape, l2, steps, lr or init of the wrong kind.
        ValueError: one of them out of range, a target outside [0, K), or a climb that runs away.

    Source:
        Simonyan, Vedaldi and Zisserman, Deep inside convolutional networks (2014), section 2.

    >>> import torch
    >>> class_model(lambda x: x @ torch.tensor([1.0, -2.0]), 0, shape=(2,), l2=0.5, steps=1, lr=1.0)
    tensor([ 1., -2.])
    """
    target = validate.integer("target", target, minimum=0)
    steps = validate.integer("steps", steps, minimum=1)
    l2 = validate.number("l2", l2, minimum=0, below=math.inf)
    lr = validate.number("lr", lr, above=0, below=math.inf)
    shape = _shape(shape)
    with _model.explaining(model):
        if init is None:
            image = _zeros_for(model, shape)[None]
        else:
            image = _model.checked_tensor("init", init)[None]
            validate.shape("init", image[0], list(shape))
        classes = _model.checked_target(target, image)
        with _model.reporting(progress, steps, "class_model") as advance:
            for _ in range(steps):
                _, slope = _model.gradients(model, image, classes)
                image = image + lr * (slope - 2 * l2 * image)
                if not bool(torch.isfinite(image).all()):
                    raise ValueError(
                        f"lr must be small enough for the climb to stay finite, got {lr} with "
                        f"l2={l2}"
                    )
                advance(1)
    return image[0]


def _shape(shape):
    if not isinstance(shape, (tuple, list)):
        raise TypeError(f"shape must be a tuple of ints, got {shape!r}")
    return tuple(validate.integer("shape", size, minimum=1) for size in shape)


def _zeros_for(model, shape):
    parameters = model.parameters() if isinstance(model, torch.nn.Module) else iter(())
    like = next(parameters, torch.zeros(()))
    return torch.zeros(shape, dtype=like.dtype, device=like.device)
