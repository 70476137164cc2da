"""Care of the caller's model: what every attribution method does before, around and after it.

A model is any `nn.Module` or callable, batch first, that returns one score per class, (N, K), or
one score per example, (N,) or (N, 1), which counts as K = 1 with target 0. Each row's score must
depend on that row alone. Modules are explained in evaluation mode, and nothing is written to them
that is not put back: gradients are asked for by name, so no `.grad` changes.
"""

import torch

from course_lib import validate
from course_lib.attribution._evaluation import explaining as explaining
from course_lib.attribution._evaluation import in_this_thread as in_this_thread
from course_lib.attribution._progress import reporting as reporting  # for every method here


def checked_tensor(name, value):
    """Return `value` detached; refuse what is not a finite floating torch tensor, batch first.

    Call it inside `explaining`, where a tensor made under `torch.inference_mode` can be copied into
    one that autograd accepts.
    """
    if validate.array_kind(value) != "torch":
        raise TypeError(f"{name} must be a torch tensor, got {type(value).__name__}")
    validate.arrays(**{name: value})
    if value.ndim < 1:
        raise ValueError(f"{name} must have a batch axis (N, ...), got a single number")
    refuse_non_finite(name, value)
    return _detached(value)


def _detached(value):
    return value.clone() if value.is_inference() else value.detach()


def refuse_non_finite(name, value):
    """Refuse a tensor that holds NaN or infinity."""
    if bool(torch.isfinite(value.sum())):  # then every term is: one quick pass
        return
    bad = int((~torch.isfinite(value)).sum())  # 0 if only the sum was too large
    if bad:
        raise ValueError(f"{name} must be finite, got NaN or infinity in {bad} of its entries")


def checked_target(target, inputs):
    """Return the class to explain for each row: (N,) int64 on the device of the inputs.

    Args:
        target: an int for all rows, or (N,) ints: a tensor, an array or a list.
        inputs: (N, ...) tensor.

    Raises:
        TypeError: not whole numbers.
        ValueError: below 0, or not one per row. The upper end is checked by `class_scores`.
    """
    N = len(inputs)
    if not hasattr(target, "__len__") or getattr(target, "ndim", None) == 0:
        number = validate.integer("target", target, minimum=0)
        return torch.full((N,), number, dtype=torch.int64, device=inputs.device)
    try:
        classes = torch.as_tensor(target)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"target must be an int or (N,) ints, got {target!r}") from None
    if classes.is_floating_point() or classes.is_complex() or classes.dtype == torch.bool:
        if classes.numel():
            raise TypeError(f"target must be an int or (N,) ints, got dtype {classes.dtype}")
    if tuple(classes.shape) != (N,):
        raise ValueError(
            f"target must be an int or have shape (N,) = ({N},), got {tuple(classes.shape)}"
        )
    if N and int(classes.min()) < 0:
        raise ValueError(f"target must be at least 0, got {int(classes.min())}")
    return classes.to(inputs.device, torch.int64)


def checked_baselines(baselines, inputs, name="baselines"):
    """Return the reference input for each row, expanded to the shape of the inputs.

    Args:
        baselines: None for zeros, a number, or a tensor (1, ...) or (N, ...).
        inputs: (N, ...) tensor.
    """
    if baselines is None:
        return torch.zeros_like(inputs)
    if validate.array_kind(baselines) != "torch" or baselines.ndim == 0:
        try:
            number = validate.number(name, baselines)
        except TypeError:
            raise TypeError(
                f"{name} must be None, a number or a torch tensor, got {type(baselines).__name__}"
            ) from None
        filled = torch.full_like(inputs, number)
        refuse_non_finite(name, filled)
        return filled
    validate.arrays(inputs=inputs, **{name: baselines})
    if baselines.shape[1:] != inputs.shape[1:] or len(baselines) not in (1, len(inputs)):
        raise ValueError(
            f"{name} must have the shape of inputs {tuple(inputs.shape)}, or 1 row of it, got "
            f"{tuple(baselines.shape)}"
        )
    refuse_non_finite(name, baselines)
    return _detached(baselines).expand_as(inputs)


def class_scores(output, target):
    """Return each row's score for its target, (N,), from what the model returned.

    Raises:
        TypeError: the output is not a floating tensor.
        ValueError: not (N, K) or (N,), a target at or above K, or a score that is not finite.
    """
    if not isinstance(output, torch.Tensor):
        raise TypeError(f"model must return one tensor of scores, got {type(output).__name__}")
    if not output.is_floating_point():
        raise TypeError(f"model must return floating scores, got dtype {output.dtype}")
    N = len(target)
    if output.ndim not in (1, 2) or len(output) != N:
        raise ValueError(
            f"model must return scores of shape (N, K) or (N,) with N = {N}, got "
            f"{tuple(output.shape)}"
        )
    scores = output[:, None] if output.ndim == 1 else output
    K = scores.shape[1]
    if N and (highest := int(target.max())) >= K:
        raise ValueError(f"target must be in [0, {K}), the model's number of scores, got {highest}")
    chosen = scores.gather(1, target[:, None])[:, 0]
    refuse_non_finite("the model's score for target", chosen.detach())
    return chosen


def scores(model, x, target, *, chunk=None, advance=None):
    """Return f_c(x) for each row, (N,), without gradients; call it inside `explaining`."""
    parts = []
    with torch.no_grad():
        for rows in row_blocks(x, chunk):
            # A copy, because the model may work in place.
            parts.append(class_scores(model(x[rows].clone()), target[rows]))
            if advance:
                advance(len(parts[-1]))
    return torch.cat(parts) if parts else x.new_zeros(0)


def gradients(model, x, target, *, chunk=None, advance=None):
    """Return f_c(x), (N,), and its gradient in x, like x; call it inside `explaining`.

    Args:
        model: called on at most `chunk` rows at a time.
        x: (N, ...) detached tensor.
        target: (N,) int64.
        chunk: rows at a time; None for all.
        advance: called with the number of rows done.

    Raises:
        ValueError: as in `class_scores`; a score that does not depend on x through operations that
            torch can differentiate; a gradient that is not finite.
    """
    values, slopes = [], []
    for rows in row_blocks(x, chunk):
        leaf, copy = tracked(x[rows])
        value = class_scores(model(copy), target[rows])
        slopes.append(gradient_of(value, leaf))
        values.append(value.detach())
        if advance:
            advance(len(value))
    if not values:
        return x.new_zeros(0), x
    return torch.cat(values), torch.cat(slopes)


def tracked(x):
    """Return (leaf, copy): give the model the copy, because it may work in place."""
    leaf = x.detach().requires_grad_()
    return leaf, leaf.clone()


def gradient_of(scores, leaf):
    """Return the gradient of the sum of `scores` in `leaf`; no `.grad` is written."""
    slope = None
    if scores.requires_grad:
        (slope,) = torch.autograd.grad(scores.sum(), leaf, allow_unused=True)
    if slope is None:
        raise ValueError(
            "model must compute its scores from inputs with differentiable torch operations: the "
            "score for target does not depend on inputs (is there a detach() or NumPy inside?)"
        )
    refuse_non_finite("the gradient of the model's score", slope)
    return slope


def row_sums(values):
    """Return the sum over each row of an (N, ...) tensor, (N,)."""
    return values.flatten(1).sum(1) if values.ndim > 1 else values


def row_blocks(x, chunk):
    """Return slices that take the rows of x at most `chunk` at a time; None for all at once."""
    size = len(x) if chunk is None else chunk
    return [slice(first, first + size) for first in range(0, len(x), max(size, 1))]
