"""One call, several implementations: the right one runs, on the caller's kind and device."""

import sys
import types

import numpy as np
import pytest
import torch

from course_lib import backends


def message_of(error, function, *args, **options):
    with pytest.raises(error) as caught:
        function(*args, **options)
    return str(caught.value)


@pytest.fixture
def twice(monkeypatch):
    """Install an operation `made_up.twice` in three backends; it records what it was given."""
    seen = []

    def implementation(name):
        def twice(x, y=None, *, add=0):
            seen.append((name, type(x), None if y is None else type(y)))
            return 2 * x + add, (x, "text"), None

        return twice

    for package in (
        "course_lib.reference",
        "course_lib.backends.numpy",
        "course_lib.backends.torch",
    ):
        module = types.ModuleType(f"{package}.made_up")
        module.twice = implementation(package.rsplit(".", 1)[1])
        monkeypatch.setitem(sys.modules, module.__name__, module)
    backends._find.cache_clear()
    yield seen
    backends._find.cache_clear()


def test_the_array_decides_unless_told(twice):
    x, t = np.ones(2), torch.ones(2)
    for array in (x, t):
        for backend in (None, "reference", "numpy", "torch"):
            first, (second, text), nothing = backends.call(
                "made_up.twice", backend, (array, array), add=1
            )
            assert type(first) is type(second) is type(array)
            assert first.tolist() == [3, 3] and second.tolist() == [1, 1]
            assert (text, nothing) == ("text", None)
    A, T = np.ndarray, torch.Tensor
    assert twice == [
        ("numpy", A, A), ("reference", A, A), ("numpy", A, A), ("torch", T, T),
        ("torch", T, T), ("reference", A, A), ("numpy", A, A), ("torch", T, T),
    ]  # fmt: skip


def test_arguments_left_out_stay_out(twice):
    for array in (np.ones(2), torch.ones(2)):
        for backend in (None, "reference", "torch"):
            backends.call("made_up.twice", backend, (array, None))
    assert [y for _, _, y in twice] == [None] * 6


def test_gradients_are_not_lost_silently(twice):
    x, g = torch.ones(2), torch.ones(2, requires_grad=True)
    for backend in ("reference", "numpy"):
        message = message_of(ValueError, backends.call, "made_up.twice", backend, (x, g))
        assert message.startswith("backend must be 'torch' for tensors that require a gradient")
        assert repr(backend) in message
    assert backends.call("made_up.twice", "torch", (g, None))[0].requires_grad
    assert not twice[:-1]


def test_numbers_that_numpy_lacks_are_refused(twice):
    x = torch.ones(2, dtype=torch.bfloat16)
    message = message_of(TypeError, backends.call, "made_up.twice", "numpy", (x,))
    assert message == "backend must be 'torch' for bfloat16, which NumPy lacks, got 'numpy'"
    assert backends.call("made_up.twice", None, (x,))[0].dtype == torch.bfloat16


def test_awkward_memory_reaches_torch(twice):
    frozen = np.arange(4.0)
    frozen.flags.writeable = False
    one, none = np.arange(4.0)[3:][::-1], np.arange(0.0)[::-1]
    for array in (frozen, frozen[::-1], np.arange(12.0)[::3], one, one[None, ::-1], none):
        first, (second, _), _ = backends.call("made_up.twice", "torch", (array,))
        np.testing.assert_array_equal(first, 2 * array)
        np.testing.assert_array_equal(second, array)


def test_half_precision_is_computed_in_single_and_rounded_once(monkeypatch):
    seen = []

    def backend_module(name):
        def total(x, labels):
            seen.append((name, x.dtype, labels.dtype))
            return x.sum(), x / 3, labels

        return types.SimpleNamespace(total=total)

    monkeypatch.setattr(backends, "import_module", backend_module)
    backends._find.cache_clear()
    x, labels = np.ones(4000, np.float16), np.arange(3)
    for given in ((x, labels), (torch.tensor(x), torch.tensor(labels))):
        for backend in ("reference", "numpy"):
            total, third, same = backends.call("made_up.total", backend, given)
            assert total == 4000 and "float16" in str(total.dtype) and third[0] == np.float16(1 / 3)
            assert type(total) is type(x[0]) or isinstance(total, torch.Tensor)
            assert same.dtype == given[1].dtype and third.dtype == given[0].dtype
    assert {dtypes[1:] for dtypes in seen} == {(np.dtype("f"), np.dtype("int64"))}
    backends._find.cache_clear()


@pytest.mark.parametrize("dtype", [np.longdouble, np.clongdouble])
def test_long_double_is_refused_where_torch_lacks_it(twice, dtype):
    x = np.ones(2, dtype)
    message = message_of(TypeError, backends.call, "made_up.twice", "torch", (x,))
    assert message == (
        f"backend must be 'numpy' or 'reference' for {x.dtype}, which torch lacks, got 'torch'"
    )
    assert backends.call("made_up.twice", None, (x,))[0].dtype == dtype


def test_a_missing_triton_names_the_extra_that_brings_it(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'triton'", name="triton")

    monkeypatch.setattr(backends, "import_module", missing)
    backends._find.cache_clear()
    message = message_of(
        ModuleNotFoundError, backends.call, "convolution.conv2d", "triton", (np.ones(1),)
    )
    assert message == (
        "backend='triton' needs the package triton, which is not installed. It is the optional "
        "extra gpu: pip install -e '.[gpu]'"
    )
    backends._find.cache_clear()


def test_what_does_not_exist_is_said(twice):
    message = message_of(ValueError, backends.call, "made_up.twice", "jax", (np.ones(1),))
    assert message == ("backend must be one of 'reference', 'numpy', 'torch', 'triton', got 'jax'")
    message = message_of(NotImplementedError, backends.call, "made_up.thrice", None, (np.ones(1),))
    assert message == "thrice has no 'numpy' backend"
    for operation in ("nowhere.twice", "made_up.thrice"):
        with pytest.raises(NotImplementedError, match="has no 'reference' backend"):
            backends.call(operation, "reference", (np.ones(1),))


def test_a_missing_library_is_not_mistaken_for_a_missing_operation(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'somewhere'", name="somewhere")

    monkeypatch.setattr(backends, "import_module", missing)
    backends._find.cache_clear()
    with pytest.raises(ModuleNotFoundError, match="somewhere"):
        backends.call("needy.thing", None, (np.ones(1),))
    backends._find.cache_clear()


@pytest.mark.cuda
@pytest.mark.parametrize("backend", [None, "reference", "numpy", "torch"])
def test_results_return_to_the_tensors_device(backend):
    from course_lib import conv2d, conv2d_backward

    x, w = torch.randn(2, 3, 5, 5, device="cuda"), torch.randn(4, 3, 3, 3, device="cuda")
    y = conv2d(x, w, backend=backend)
    assert y.device == x.device
    assert {g.device for g in conv2d_backward(y, x, w, backend=backend)} == {x.device}
