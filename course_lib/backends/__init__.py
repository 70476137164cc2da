"""One operation, several implementations: pick the one that fits the array, and convert around it.

`course_lib.reference` is the truth in explicit NumPy; `numpy`, `torch` and `triton` here hold fast
implementations under the same names. A backend returns plain arrays or tuples of arrays; the public
operation has already refused bad input, and names the results.
"""

from functools import cache, partial
from importlib import import_module

import numpy as np

from course_lib.validate import array_kind, choice

BACKENDS = ("reference", "numpy", "torch", "triton")


def call(operation, backend, arrays, **options):
    """Run one operation in one backend and return results of the caller's kind.

    Args:
        operation: "module.function", for example "convolution.conv2d".
        backend: one of BACKENDS, or None for the kind of the first array.
        arrays: the positional arguments in order: arrays, tuples of them, None where one is left
            out, or a number.
        **options: the rest, passed on unchanged.

    Returns:
        What the implementation returns, with arrays of the caller's kind on the caller's device.

    Raises:
        ValueError: an unknown backend, or a tensor that requires a gradient sent to a backend that
            autograd cannot see through.
        TypeError: numbers that the backend's library lacks.
        NotImplementedError: the backend does not have this operation.
        ModuleNotFoundError: the backend's library is not installed.
    """
    first = arrays[0]
    while isinstance(first, tuple):
        first = first[0]
    kind = array_kind(first)
    where = kind if backend is None else choice("backend", backend, BACKENDS)
    function = _find(operation, where)
    in_numpy = where in ("reference", "numpy")
    if in_numpy and first.itemsize == 2:
        function = partial(_in_single, function)
    if kind == "torch" and where != "torch":
        if any(a.requires_grad for a in _flat(arrays)):
            raise ValueError(
                f"backend must be 'torch' for tensors that require a gradient, got {backend!r}, "
                f"which autograd cannot see through: detach the tensors first"
            )
    if kind == "torch" and in_numpy:
        if str(first.dtype) == "torch.bfloat16":
            raise TypeError(
                f"backend must be 'torch' for bfloat16, which NumPy lacks, got {backend!r}"
            )
        inside = _map(lambda a: a.detach().cpu().numpy(), tuple(arrays))
        return _map(lambda a: _to_torch(a, first.device), function(*inside, **options))
    if kind == "numpy" and not in_numpy:
        if first.dtype.char in "gG":
            raise TypeError(
                f"backend must be 'numpy' or 'reference' for {first.dtype}, which torch lacks, got "
                f"{backend!r}"
            )
        device = "cuda" if where == "triton" and _cuda() else "cpu"
        inside = _map(lambda a: _to_torch(a, device), tuple(arrays))
        return _map(lambda a: a.detach().cpu().numpy(), function(*inside, **options))
    return function(*arrays, **options)


def zeros(*shape, like):
    """Return zeros of the kind, dtype and device of an array."""
    library = import_module(array_kind(like))  # numpy and torch share these names
    return library.zeros(shape, dtype=like.dtype, device=like.device)


@cache
def _find(operation, backend):
    module, function = operation.split(".")
    package = "course_lib.reference" if backend == "reference" else f"course_lib.backends.{backend}"
    try:
        return getattr(import_module(f"{package}.{module}"), function)
    except (AttributeError, ModuleNotFoundError) as error:
        missing = getattr(error, "name", None) or ""
        if missing == "triton":
            raise ModuleNotFoundError(
                "backend='triton' needs the package triton, which is not installed. It is the "
                "optional extra gpu: pip install -e '.[gpu]'",
                name=missing,
            ) from None
        if isinstance(error, ModuleNotFoundError) and not missing.startswith(package):
            raise  # torch itself is not installed
        raise NotImplementedError(f"{function} has no {backend!r} backend") from None


def _in_single(function, *arrays, **options):
    """Compute half precision in single and round once, as torch does: NumPy adds up in half."""
    inside = _map(lambda a: a.astype(np.float32) if a.dtype == np.float16 else a, arrays)
    results = function(*inside, **options)
    return _map(lambda a: a.astype(np.float16) if a.dtype == np.float32 else a, results)


def _to_torch(array, device):
    import torch

    array = np.require(array, requirements=["C", "W"])  # torch warns on read-only memory
    # An axis of one may count as contiguous and yet have a negative stride, which torch refuses.
    return torch.from_numpy(array.copy() if min(array.strides, default=0) < 0 else array).to(device)


def _cuda():
    import torch

    return torch.cuda.is_available()


def _flat(arrays):
    for part in arrays:
        if isinstance(part, tuple):
            yield from _flat(part)
        elif array_kind(part):
            yield part


def _map(function, value):
    if isinstance(value, tuple):
        return tuple(_map(function, part) for part in value)
    return function(value) if array_kind(value) or isinstance(value, np.generic) else value
