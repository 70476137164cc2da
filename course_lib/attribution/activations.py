"""What every layer of a model makes of one input."""

from contextlib import ExitStack

import torch

from course_lib import validate
from course_lib.attribution import _model


def activations(model: torch.nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    r"""Run a model once and record what each of its layers returns.

    .. math::

        A_l = \mathrm{layer}_l(A_{l-1}), \qquad A_0 = x

    Args:
        model: `nn.Module`; run in evaluation mode. Its layers are the modules without children.
        x: (N, ...) tensor, whatever the model takes.

    Returns:
        dict from the layer's name to its output, in the order of the calls. A layer that is
        called again is recorded as "name#2", "name#3", ...; of a layer that returns a tuple, such
        as an LSTM, the first tensor is kept.

    Raises:
        TypeError: model is not a module, x is not a tensor.
        ValueError: NaN or infinity in x.

    Source:
        Yosinski et al., Understanding neural networks through deep visualization (2015), section
        2.

    >>> list(activations(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU()),
    ...                  torch.zeros(1, 2)))
    ['0', '1']
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model must be a torch module, got {type(model).__name__}")
    if validate.array_kind(x) != "torch":
        raise TypeError(f"x must be a torch tensor, got {type(x).__name__}")
    if x.is_floating_point():
        _model.refuse_non_finite("x", x)
    recorded: dict[str, torch.Tensor] = {}

    def recording(name):
        def hook(module, args, output):
            first = output[0] if isinstance(output, tuple) else output
            if not isinstance(first, torch.Tensor):
                return
            calls = sum(key.split("#")[0] == name for key in recorded)
            # A copy, because the next layer may work in place.
            recorded[f"{name}#{calls + 1}" if calls else name] = first.detach().clone()

        return hook

    with _model.explaining(model), torch.no_grad(), ExitStack() as hooks:
        for name, module in model.named_modules():
            if not list(module.children()):
                hook = _model.in_this_thread(recording(name))
                hooks.callback(module.register_forward_hook(hook).remove)
        model(x.clone())
    return recorded
