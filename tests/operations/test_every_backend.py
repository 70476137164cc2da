"""Every operation takes every backend, from arrays and from tensors, or says why it takes none."""

import inspect
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

import course_lib

rng = np.random.default_rng(0)
X, DY = rng.standard_normal((2, 2, 6, 5)), rng.standard_normal((2, 2, 3, 2))
W, Y = rng.standard_normal((2, 2, 2, 2)), rng.standard_normal((2, 2, 5, 4))
W1, Y1 = rng.standard_normal((3, 6, 2)), rng.standard_normal((2, 3, 4))  # for X[0], (2, 6, 5)
SWITCHES = course_lib.max_pool2d(X, 2).switches
S, H, W_IH, W_HH = (rng.standard_normal(s) for s in ((3, 2, 2), (3, 2, 2), (2, 2), (2, 2)))
GATES = rng.standard_normal((8, 2))
TRACE = course_lib.lstm_forward(S, GATES, GATES)

#: operation -> positional arguments, options
CALLS = {
    "avg_pool2d": ((X, 2), {}),
    "avg_pool2d_backward": ((DY, X.shape, 2), {}),
    "conv1d": ((X[0], W1), {}),
    "conv1d_backward": ((Y1, X[0], W1), {}),
    "conv2d": ((X, W), {}),
    "conv2d_backward": ((Y, X, W), {}),
    "conv_matrix": ((W, (2, 4, 3)), {}),
    "dense": ((W_IH, W_HH, W_HH[0]), {}),
    "dense_backward": ((W_IH, W_IH, W_HH), {}),
    "fractional_max_pool2d": ((X, 3), dict(u=0.5)),
    "global_avg_pool2d": ((X,), {}),
    "lstm_backward": ((H, TRACE, S, GATES, GATES), {}),
    "lstm_forward": ((S, GATES, GATES), {}),
    "lstm_jacobian": ((TRACE, 1, GATES), {}),
    "max_pool2d": ((X, 2), {}),
    "max_pool2d_backward": ((DY, SWITCHES, X.shape), {}),
    "max_unpool2d": ((DY, SWITCHES, X.shape), {}),
    "relu": ((X,), {}),
    "relu_backward": ((X, X), dict(rule="guided")),
    "rnn_backward": ((H, S, H, W_IH, W_HH), {}),
    "rnn_forward": ((S, W_IH, W_HH), {}),
    "softmax_cross_entropy": ((W_IH, np.array([0, 1])), {}),
}
#: what there is no array to compute with, or nothing to compute
WITHOUT = {"KERNELS", "avg_pool_matrix", "output_size", "pad2d", "track"}


def test_every_operation_is_called_below():
    assert set(CALLS) | WITHOUT == set(course_lib.__all__)
    for name in ("avg_pool_matrix", "pad2d"):
        assert "no backend to choose" in " ".join(getattr(course_lib, name).__doc__.split())


def tensors(value):
    """Return the same arguments with a tensor for every array."""
    if isinstance(value, tuple):
        return tuple(map(tensors, value))
    return torch.tensor(value) if isinstance(value, np.ndarray) else value


def flat(result):
    return result if isinstance(result, tuple) else (result,)


@pytest.mark.parametrize("name", CALLS)
def test_an_operation_gives_the_same_in_every_backend_and_returns_what_came(name):
    operation, (arguments, options) = getattr(course_lib, name), CALLS[name]
    parameter = inspect.signature(operation).parameters["backend"]
    assert parameter.kind is parameter.KEYWORD_ONLY and parameter.default is None
    assert "backend" in operation.__doc__
    expected = flat(operation(*arguments, **options, backend="reference"))
    for backend in (None, "reference", "numpy", "torch"):
        for kind in ("numpy", "torch"):
            given = arguments if kind == "numpy" else tensors(arguments)
            result = operation(*given, **options, backend=backend)
            for ours, truth in zip(flat(result), expected, strict=True):
                assert isinstance(ours, torch.Tensor) == (kind == "torch")
                np.testing.assert_allclose(ours, truth, rtol=1e-10, atol=1e-12)
            if isinstance(result, tuple):
                assert type(result) is type(operation(*arguments, **options))
    with pytest.raises(ValueError, match="backend must be one of 'reference', 'numpy'"):
        operation(*arguments, **options, backend="jax")


@pytest.mark.parametrize("name", ["max_pool2d_backward", "max_unpool2d"])
@pytest.mark.parametrize("backend", [None, "reference", "numpy", "torch"])
def test_wrong_switches_are_refused_in_every_backend(name, backend):
    for wrong in (-1, 30):
        switches = np.full_like(SWITCHES, wrong)
        for given in ((DY, switches), (torch.tensor(DY), torch.tensor(switches))):
            with pytest.raises(ValueError, match=rf"switches must lie in .0, 30., got {wrong}"):
                getattr(course_lib, name)(*given, X.shape, backend=backend)


@pytest.mark.parametrize("name", [n for n in course_lib.__all__ if n != "KERNELS"])
def test_every_operation_says_the_types_of_its_arguments_and_result(name):
    signature = inspect.signature(getattr(course_lib, name))
    untyped = [p.name for p in signature.parameters.values() if p.annotation is p.empty]
    assert not untyped and signature.return_annotation is not signature.empty


def test_type_checkers_of_other_projects_see_the_types():
    assert Path(course_lib.__file__).with_name("py.typed").exists()


def test_the_function_that_hides_its_module_is_the_documented_one():
    modules = {n.split(".")[1] for n in sys.modules if n.startswith("course_lib.")}
    hidden = {n for n in modules if inspect.isfunction(getattr(course_lib, n, None))}
    assert hidden == {"dense"} and "`course_lib.dense` is the function" in course_lib.__doc__
    from course_lib.dense import DenseGradients

    assert DenseGradients.__module__ == "course_lib.dense"
