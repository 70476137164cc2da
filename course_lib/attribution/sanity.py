"""Sanity checks of explanations: an explanation must change when the model is made random."""

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from course_lib.arrays import AnyArray
from course_lib.attribution.kinds import TorchRandom
from course_lib.validate import array_kind, torch_generator


def randomise(
    model: torch.nn.Module, *, rng: TorchRandom = None
) -> Iterator[tuple[str, torch.nn.Module]]:
    r"""Re-initialise a model layer by layer from the top, keeping what was done (a cascade).

    .. math::

        \text{step } k: \quad \text{layers } L - k, \dots, L - 1 \text{ drawn anew}

    and the others as they were, of the L layers that hold parameters. A layer is drawn by its own
    `reset_parameters`; one without has each parameter replaced by normal numbers of the same mean
    and standard deviation. The top is the layer registered last.

    Args:
        model: `nn.Module` with parameters; never changed.
        rng: None draws anew in each call, a seed repeats itself, a Generator of NumPy or of torch
            goes on.

    Returns:
        An iterator of (name, copy): the name of the layer that was drawn in this step, and a model
        of its own that later steps do not change.

    Raises:
        TypeError: model is not a module, or rng none of these.
        ValueError: the model has no parameters.

    Source:
        Adebayo et al., Sanity checks for saliency maps (2018), section 3.1.

    >>> import torch
    >>> model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    >>> [name for name, _ in randomise(model, rng=0)]
    ['2', '0']
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"model must be a torch module, got {type(model).__name__}")
    generator = torch_generator(rng)
    working = copy.deepcopy(model)
    layers = [
        (name, layer)
        for name, layer in working.named_modules()
        if any(True for _ in layer.parameters(recurse=False))
    ]
    if not layers:
        raise ValueError(f"model must have parameters to randomise, got {type(model).__name__}")
    return _cascade(working, layers, generator)


def _cascade(working, layers, generator):
    for name, layer in reversed(layers):
        _draw(layer, generator)
        yield name, copy.deepcopy(working)


def _draw(layer, generator):
    with torch.no_grad():
        if hasattr(layer, "reset_parameters"):
            seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
            with torch.random.fork_rng():  # reset_parameters draws from the global generator
                torch.manual_seed(seed)
                layer.reset_parameters()
            return
        for parameter in layer.parameters(recurse=False):
            noise = torch.randn(
                parameter.shape,
                dtype=parameter.dtype,
                generator=generator,
                device=generator.device,
            )
            spread = parameter.std(correction=0)
            parameter.copy_(parameter.mean() + spread * noise.to(parameter.device))


def rank_correlation(a: AnyArray, b: AnyArray) -> float:
    r"""Return Spearman's rank correlation of two explanations, over all their entries.

    .. math::

        \rho = \operatorname{corr}(\operatorname{rank} a, \operatorname{rank} b)

    where equal entries share their mean rank.

    Args:
        a: array or tensor of any shape.
        b: array or tensor of that shape.

    Returns:
        A float in [-1, 1].

    Raises:
        TypeError: not arrays or tensors.
        ValueError: different shapes, fewer than 2 entries, NaN or infinity, or an explanation whose
            entries are all equal, which has no ranks.

    Source:
        Spearman, The proof and measurement of association between two things (1904).

    >>> import numpy as np
    >>> round(rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([0.0, 9.0, 4.0])), 12)
    0.5
    """
    from scipy.stats import rankdata  # where it is used: it takes most of a second to import

    ranks = []
    for name, value in (("a", a), ("b", b)):
        if array_kind(value) is None:
            raise TypeError(
                f"{name} must be a NumPy array or a torch tensor, got {type(value).__name__}"
            )
        if tuple(value.shape) != tuple(getattr(a, "shape", ())):
            raise ValueError(
                f"{name} must have the shape of a {tuple(a.shape)}, got {tuple(value.shape)}"
            )
        flat = _as_numpy(value).ravel()
        if flat.size < 2:
            raise ValueError(f"{name} must have at least 2 entries, got {flat.size}")
        if not np.isfinite(flat).all():
            raise ValueError(f"{name} must be finite, got NaN or infinity")
        if flat.min() == flat.max():
            raise ValueError(f"{name} must have entries that differ, got {flat.min()} everywhere")
        ranks.append(rankdata(flat))
    return float(np.corrcoef(ranks)[0, 1])


def _as_numpy(value: AnyArray) -> NDArray[Any]:
    # NumPy has no bfloat16, but float64 holds all of it.
    return value.detach().cpu().double().numpy() if isinstance(value, torch.Tensor) else value
