"""A layer's output and its gradient: one hook, removed again whatever happens."""

from contextlib import contextmanager

import torch

from course_lib.attribution import _model


def find(name, model, module):
    """Return a module of the model, given as the module or by its name; refuse any other.

    Args:
        name: the argument's name.
        model: a module; a bare callable has no modules to check against.
        module: a `torch.nn.Module`, or a string such as "features.2".
    """
    own = dict(model.named_modules()) if isinstance(model, torch.nn.Module) else None
    if isinstance(module, str) and own is not None:
        if module not in own:
            listed = ", ".join(repr(one) for one in own if one)
            raise ValueError(f"{name} must name a module of model ({listed}), got {module!r}")
        return own[module]
    if not isinstance(module, torch.nn.Module):
        raise TypeError(f"{name} must be a module of model or its name, got {module!r}")
    if own is not None and all(module is not one for one in own.values()):
        raise ValueError(f"{name} must be a module of model, got another {type(module).__name__}")
    return module


@contextmanager
def passing(layer, change):
    """Replace what the layer returns by `change(what it returns)` for as long as this lasts.

    Yields a list that grows by one at each call of the layer.
    """
    calls = []

    def hook(module, args, output):
        calls.append(None)
        if len(calls) > 1:
            raise ValueError("layer must be called once for each input, but the model reuses it")
        if not isinstance(output, torch.Tensor) or output.ndim not in (3, 4):
            raise ValueError(
                "layer must return feature maps (N, V, h, w) or (N, V, l), got "
                f"{tuple(output.shape) if hasattr(output, 'shape') else type(output).__name__}"
            )
        return change(output)

    handle = layer.register_forward_hook(_model.in_this_thread(hook))
    try:
        yield calls
    finally:
        handle.remove()


def maps_and_score(model, x, target, layer, *, gradients=False):
    """Return the layer's maps B, the score f_c (N,), and df_c/dB if asked for, else None.

    Call it inside `_model.explaining`.
    """
    kept = []

    def keep(output):
        # A leaf of its own; what the model goes on with is a copy, because it may work in place.
        kept.append(output.detach().clone().requires_grad_(gradients))
        return kept[-1].clone()

    with torch.set_grad_enabled(gradients), passing(layer, keep):
        score = _model.class_scores(model(x.clone()), target)
    if not kept:
        raise ValueError("layer must be called when the model runs, but it was not")
    (maps,) = kept
    _model.refuse_non_finite("the layer's output", maps)
    if len(maps) != len(x):
        raise ValueError(f"layer must keep the batch axis, {len(x)} rows, got {len(maps)}")
    slope = None
    if gradients:
        if score.requires_grad:
            (slope,) = torch.autograd.grad(score.sum(), maps, allow_unused=True)
        if slope is None:
            raise ValueError(
                "layer must lead to the score by differentiable operations, but the score for "
                "target does not depend on its output"
            )
        _model.refuse_non_finite("the gradient of the model's score", slope)
    return maps.detach(), score.detach(), slope
