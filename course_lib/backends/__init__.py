"""One operation, several implementations: pick the one that fits the array, and convert around it.

`course_lib.reference` is the truth in explicit NumPy; `numpy`, `torch` and `triton` here hold fast
implementations under the same names. A backend returns plain arrays or tuples of arrays; the public
operation has already refused bad input, and names the results.
"""

from functools import cache
from importlib import import_module

import numpy as np

from course_lib.validate import array_kind, choice

BACKENDS = ("reference", "numpy", "torch", "triton")


def call(operation, backend, arrays, **options):
    """Run one operation in one backend and return results of the caller's kind.

    Args:
        operation: "module.function", for example "convolution.conv2d".
        backend: one of BACKENDS, or None for the kind of the first array.
        arrays: the array arguments in order, or tuples of them; None where one is left out.
        **options: the rest, passed on unchanged.

    Returns:
        What the implementation returns, with arrays of the caller's kind on the caller's device.

    Raises:
        ValueError: an unknown backend, or a tensor that requires a gradient sent to a backend that
            autograd cannot see through.
        NotImplementedError: the backend does not have this operation.
    """
    kind = array_kind(arrays[0])
    if backend is None:
        return _find(operation, kind)(*arrays, **options)
    function = _find(operation, choice("backend", backend, BACKENDS))
    needs_numpy = backend in ("reference", "numpy")
    if kind == "torch" and backend != "torch":
        if any(a.requires_grad for a in _flat(arrays)):
            raise ValueError(
                f"backend must be 'torch' for tensors that require a gradient, got {backend!r}, "
                f"which autograd cannot see through: detach the tensors first"
            )
    if kind == "torch" and needs_numpy:
        device = arrays[0].device
        if str(arrays[0].dtype) == "torch.bfloat16":
            raise TypeError(
                f"backend must be 'torch' for bfloat16, which NumPy lacks, got {backend!r}"
            )
        inside = _map(lambda a: a.detach().cpu().numpy(), tuple(arrays))
        return _map(lambda a: _to_torch(a, device), function(*inside, **options))
    if kind == "numpy" and not needs_numpy:
        device = "cuda" if backend == "triton" and _cuda() else "cpu"
        inside = _map(lambda a: _to_torch(a, device), tuple(arrays))
        return _map(lambda a: a.detach().cpu().numpy(), function(*inside, **options))
    return function(*arrays, **options)


@cache
def _find(operation, backend):
    module, function = operation.split(".")
    package = "course_lib.reference" if backend == "reference" else f"course_lib.backends.{backend}"
    try:
        return getattr(import_module(f"{package}.{module}"), function)
    except (AttributeError, ModuleNotFoundError) as error:
        missing = getattr(error, "name", None) or ""
        if isinstance(error, ModuleNotFoundError) and not missing.startswith(package):
            raise  # torch or triton itself is not installed
        raise NotImplementedError(f"{function} has no {backend!r} backend") from None


def _to_torch(array, device):
    import torch

    # from_numpy refuses negative strides, and warns on read-only memory.
    return torch.from_numpy(np.require(array, requirements=["C", "W"])).to(device)


def _cuda():
    import torch

    return torch.cuda.is_available()


def _flat(arrays):
    for part in arrays:
        if isinstance(part, tuple):
            yield from _flat(part)
        elif part is not None:
            yield part


def _map(function, value):
    if isinstance(value, tuple):
        return tuple(_map(function, part) for part in value)
    return function(value) if array_kind(value) else value
