"""What convolution refuses, with its message, and the odd arrays that it must accept."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from course_lib import (
    conv1d,
    conv1d_backward,
    conv2d,
    conv2d_backward,
    conv_matrix,
    output_size,
    pad2d,
)
from course_lib import convolution as public

BACKENDS = ("reference", "numpy", "torch")
X, W, B = np.ones((2, 4, 6, 5)), np.ones((6, 4, 3, 2)), np.ones(6)
DY = np.ones((2, 6, 4, 4))
X1, W1 = np.ones((2, 4, 6)), np.ones((6, 4, 3))


def refusal(error, message, function, *args, **options):
    with pytest.raises(error) as caught:
        function(*args, **options)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("error", "message", "x", "w", "b", "options"),
    [
        (ValueError, "w must fit inside the padded input: a kernel of 7 with dilation 1 covers 7, "
         "but axis 2 of x has 6 + 2*0 = 6", X, np.ones((6, 4, 7, 2)), None, {}),
        (ValueError, "a kernel of 2 with dilation 8 covers 9, but axis 3 of x has 5 + 2*1 = 7",
         X, W, None, dict(dilation=(1, 8), padding=1)),
        (ValueError, "dilation must be an integer of at least 1, got 0",
         X, W, None, dict(dilation=0)),
        (ValueError, "stride must be an integer of at least 1, got 0", X, W, None, dict(stride=0)),
        (ValueError, "stride must be an integer of at least 1, got -2",
         X, W, None, dict(stride=(1, -2))),
        (ValueError, "padding must be an integer of at least 0, got -1",
         X, W, None, dict(padding=-1)),
        (TypeError, "stride must be an integer of at least 1, got 1.5",
         X, W, None, dict(stride=1.5)),
        (TypeError, "stride must be an integer of at least 1, got True",
         X, W, None, dict(stride=True)),
        (ValueError, "padding must be an int or a pair of ints, got (1, 1, 1)",
         X, W, None, dict(padding=(1, 1, 1))),
        (ValueError, "groups must be an integer of at least 1, got 0", X, W, None, dict(groups=0)),
        (ValueError, "groups must divide the channels of x and the filters of w, got groups=3 for "
         "4 channels and 6 filters", X, W, None, dict(groups=3)),
        (ValueError, "got groups=4 for 4 channels and 6 filters", X, W, None, dict(groups=4)),
        (ValueError, "w must have C/groups = 4 channels to fit x of shape (2, 4, 6, 5), got 3 in "
         "shape (6, 3, 3, 2)", X, W[:, :3], None, {}),
        (ValueError, "w must have C/groups = 2 channels", X, W, None, dict(groups=2)),
        (ValueError, "w must have at least 1 along every axis, got shape (6, 4, 0, 2)",
         X, W[:, :, :0], None, {}),
        (ValueError, "w must have at least 1 along every axis, got shape (0, 4, 3, 2)",
         X, W[:0], None, {}),
        (ValueError, "x must have 4 axes (N, C, H, W), got shape (4, 6, 5)", X[0], W, None, {}),
        (ValueError, "w must have 4 axes (F, C/groups, KH, KW), got shape (3, 2)",
         X, W[0, 0], None, {}),
        (ValueError, "at least 1 along every axis but the first, got shape (2, 4, 0, 5)",
         X[:, :, :0], W, None, dict(padding=2)),
        (ValueError, "at least 1 along every axis but the first, got shape (2, 0, 6, 5)",
         X[:, :0], W, None, {}),
        (ValueError, "b must have shape (6,), got (5,)", X, W, B[:5], {}),
        (ValueError, "b must have 1 axes (6,), got shape (6, 1)", X, W, B[:, None], {}),
        (TypeError, "x must have a floating dtype such as float64, got uint8. Convert numbers ",
         X.astype(np.uint8), W.astype(np.uint8), None, {}),
        (TypeError, "x must have a floating dtype such as float64, got bool",
         X.astype(bool), W, None, {}),
        (TypeError, "w must have the dtype of x (float64), got float32",
         X, W.astype(np.float32), None, {}),
        (TypeError, "b must have the dtype of x (float64), got int64",
         X, W, B.astype(np.int64), {}),
        (TypeError, "w must be of the same kind as x (numpy), got torch",
         X, torch.ones(6, 4, 3, 2), None, {}),
        (TypeError, "x must be a NumPy array or a torch tensor, got list",
         X.tolist(), W, None, {}),
        (ValueError, "backend must be one of 'reference', 'numpy', 'torch', 'triton', got 'jax'",
         X, W, None, dict(backend="jax")),
    ],
)  # fmt: skip
def test_conv2d_refuses(error, message, x, w, b, options):
    refusal(error, message, conv2d, x, w, b, **options)
    if b is None:
        refusal(error, message, conv2d_backward, DY, x, w, **options)


@pytest.mark.parametrize(
    ("error", "message", "x", "w", "options"),
    [
        (ValueError, "x must have 3 axes (N, C, L), got shape (2, 4, 6, 5)", X, W1, {}),
        (ValueError, "w must have 3 axes (F, C/groups, KL), got shape (6, 4, 3, 2)", X1, W, {}),
        (ValueError, "a kernel of 3 with dilation 3 covers 7, but axis 2 of x has 6 + 2*0 = 6",
         X1, W1, dict(dilation=3)),
        (TypeError, "stride must be an integer of at least 1, got (1, 1)",
         X1, W1, dict(stride=(1, 1))),
        (ValueError, "stride must be an integer of at least 1, got 0", X1, W1, dict(stride=0)),
        (ValueError, "dilation must be an integer of at least 1, got 0",
         X1, W1, dict(dilation=0)),
        (ValueError, "padding must be an integer of at least 0, got -1",
         X1, W1, dict(padding=-1)),
    ],
)  # fmt: skip
def test_conv1d_refuses(error, message, x, w, options):
    refusal(error, message, conv1d, x, w, **options)
    refusal(error, message, conv1d_backward, np.ones((2, 6, 4)), x, w, **options)


def test_backward_refuses_a_gradient_of_another_output():
    message = "dy must have shape (2, 6, 4, 4), got (2, 6, 4, 5)"
    refusal(ValueError, message, conv2d_backward, np.ones((2, 6, 4, 5)), X, W)
    message = "dy must have 4 axes (2, 6, 4, 4), got shape (6, 4, 4)"
    refusal(ValueError, message, conv2d_backward, DY[0], X, W)
    message = "x must have the dtype of dy (float32), got float64"
    refusal(TypeError, message, conv2d_backward, DY.astype(np.float32), X, W)
    message = "dy must have shape (2, 6, 4), got (2, 6, 3)"
    refusal(ValueError, message, conv1d_backward, np.ones((2, 6, 3)), X1, W1)


def test_conv_matrix_refuses():
    refusal(ValueError, "w must have 4 axes (F, C/groups, KH, KW)", conv_matrix, W[0], (4, 6, 5))
    refusal(TypeError, "w must have a floating dtype", conv_matrix, W.astype(int), (4, 6, 5))
    message = "input_shape must be 3 ints (C, H, W), got (2, 4, 6, 5)"
    refusal(ValueError, message, conv_matrix, W, (2, 4, 6, 5))
    refusal(TypeError, "input_shape must be 3 ints (C, H, W), got 6", conv_matrix, W, 6)
    message = "H of input_shape must be an integer of at least 1, got 0"
    refusal(ValueError, message, conv_matrix, W, (4, 0, 5))
    refusal(ValueError, "w must have C/groups = 3 channels", conv_matrix, W, (3, 6, 5))
    refusal(ValueError, "w must fit inside", conv_matrix, W, (4, 2, 5))
    for name, value in (("stride", 0), ("padding", -1), ("dilation", 0)):
        message = f"{name} must be an integer of at least {value + 1}, got {value}"
        refusal(ValueError, message, conv_matrix, W, (4, 6, 5), **{name: value})


def test_pad2d_refuses():
    refusal(TypeError, "x must have a floating dtype", pad2d, X.astype(np.uint8), 1)
    refusal(ValueError, "x must have 4 axes (N, C, H, W), got shape (6, 5)", pad2d, X[0, 0], 1)
    refusal(ValueError, "padding must be an integer of at least 0, got -1", pad2d, X, (0, -1))
    message = "mode must be one of 'constant', 'wrap', 'reflect', got 'edge'"
    refusal(ValueError, message, pad2d, X, 1, mode="edge")
    message = "padding must be at most 6 for mode 'wrap' on an axis of 6, got 7"
    refusal(ValueError, message, pad2d, X, (7, 0), mode="wrap")
    message = "padding must be at most 4 for mode 'reflect' on an axis of 5, got 5"
    refusal(ValueError, message, pad2d, X, (0, 5), mode="reflect")
    for empty in (X[:, :, :0], X[:, :0]):
        message = "x must have at least 1 along every axis but the first, got shape (2, "
        for mode in ("constant", "wrap", "reflect"):
            refusal(ValueError, message, pad2d, empty, 0, mode=mode)
    refusal(TypeError, "value must be a number, got '0'", pad2d, X, 1, value="0")
    for value in (np.float32(0.5), np.array(0.5), -np.inf):
        assert pad2d(X, 1, value=value)[0, 0, 0, 0] == value
    for mode, most in (("wrap", (6, 5)), ("reflect", (5, 4))):
        assert pad2d(X, most, mode=mode).shape == (2, 4, 6 + 2 * most[0], 5 + 2 * most[1])


def test_a_batch_dimension_of_one_dtype_is_kept():
    for dtype in (np.float16, np.float32, np.float64, np.complex128):
        x, w, b = (a.astype(dtype) for a in (X, W, B))
        for backend in BACKENDS:
            y = conv2d(x, w, b, backend=backend)
            assert y.dtype == dtype
            np.testing.assert_array_equal(y, 25)
            if (dtype, backend) == (np.complex128, "torch"):
                continue  # torch's own kernel for this is missing
            gradients = conv2d_backward(y, x, w, backend=backend)
            assert {g.dtype for g in gradients} == {np.dtype(dtype)}


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_empty_batch_gives_an_empty_output_and_zero_gradients(backend):
    for forward, backward, x, w, out in (
        (conv1d, conv1d_backward, X1[:0], W1, (0, 6, 4)),
        (conv2d, conv2d_backward, X[:0], W, (0, 6, 4, 4)),
    ):
        y = forward(x, w, B, backend=backend)
        assert y.shape == out
        dx, dw, db = backward(np.ones(out), x, w, backend=backend)
        assert dx.shape == x.shape
        np.testing.assert_array_equal(dw, np.zeros(w.shape))
        np.testing.assert_array_equal(db, np.zeros(6))


def awkward(array):
    """Yield the same numbers in memory that trips up careless code."""
    yield "reversed", array[::-1, :, ::-1, ::-1].copy()[::-1, :, ::-1, ::-1]
    yield "transposed", array.transpose(3, 1, 0, 2).copy().transpose(2, 1, 3, 0)
    wide = np.repeat(np.repeat(array, 2, axis=1), 3, axis=3)
    yield "every second", wide[:, ::2, :, ::3]
    frozen = array.copy()
    frozen.flags.writeable = False
    yield "read-only", frozen
    shifted = np.zeros(array.nbytes + 1, np.uint8)[1:].view(array.dtype).reshape(array.shape)
    shifted[...] = array
    yield "unaligned", shifted


@pytest.mark.parametrize("backend", BACKENDS)
def test_memory_layout_does_not_matter(backend):
    rng = np.random.default_rng(0)
    x, w, dy = (
        rng.standard_normal(X.shape),
        rng.standard_normal(W.shape),
        rng.standard_normal(DY.shape),
    )
    y = conv2d(x, w, backend=backend)
    gradients = conv2d_backward(dy, x, w, backend=backend)
    for (name, x_), (_, w_), (_, dy_) in zip(awkward(x), awkward(w), awkward(dy), strict=True):
        np.testing.assert_allclose(conv2d(x_, w_, backend=backend), y, rtol=1e-13, err_msg=name)
        for ours, truth in zip(
            conv2d_backward(dy_, x_, w_, backend=backend), gradients, strict=True
        ):
            np.testing.assert_allclose(ours, truth, rtol=1e-12, atol=1e-13, err_msg=name)
    constant = np.broadcast_to(np.float64(2), x.shape)
    np.testing.assert_allclose(
        conv2d(constant, w, backend=backend), conv2d(constant.copy(), w, backend=backend)
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_tensors_come_back_as_tensors(backend):
    rng = np.random.default_rng(0)
    arrays = (
        rng.standard_normal(DY.shape),
        rng.standard_normal(X.shape),
        rng.standard_normal(W.shape),
    )
    dy, x, w = (torch.from_numpy(a) for a in arrays)
    y = conv2d(x.mT.contiguous().mT, w, backend=backend)
    assert isinstance(y, torch.Tensor) and y.dtype == torch.float64 and y.device == x.device
    np.testing.assert_allclose(y, conv2d(*arrays[1:], backend="reference"), rtol=1e-12)
    gradients = conv2d_backward(dy, x, w, backend=backend)
    expected = conv2d_backward(*arrays, backend="reference")
    for ours, truth in zip(gradients, expected, strict=True):
        assert isinstance(ours, torch.Tensor)
        np.testing.assert_allclose(ours, truth, rtol=1e-10, atol=1e-12)


def test_torch_keeps_the_graph_and_numpy_backends_refuse_to_lose_it():
    x = torch.from_numpy(X).requires_grad_()
    w = torch.from_numpy(W).requires_grad_()
    y = conv2d(x, w, padding=1)
    y.sum().backward()
    expected = conv2d_backward(np.ones(y.shape), X, W, padding=1)
    np.testing.assert_array_equal(x.grad, expected.dx)
    np.testing.assert_array_equal(w.grad, expected.dw)
    message = "backend must be 'torch' for tensors that require a gradient, got 'numpy'"
    refusal(ValueError, message, conv2d, x, w, backend="numpy")
    refusal(ValueError, message, conv2d, x.detach(), w, backend="numpy")


def test_tensors_on_two_devices_are_refused():
    message = "w must be on the device of x (cpu), got meta"
    refusal(
        ValueError, message, conv2d, torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2, device="meta")
    )


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_conv_matrix_of_a_document_example(oracles, kind):
    inputs, expected = (oracles["conv_matrix_CF"][part] for part in ("inputs", "expected"))
    w, x = np.array([[inputs["F"]]], float), np.array(inputs["X"])
    M = conv_matrix(torch.from_numpy(w) if kind == "torch" else w, (1, 3, 3))
    assert isinstance(M, torch.Tensor if kind == "torch" else np.ndarray)
    M = np.asarray(M)
    assert M.flags.c_contiguous
    np.testing.assert_array_equal(M, expected["C"])
    np.testing.assert_array_equal(M @ x.ravel(), expected["vec_output"])
    pattern = np.array(inputs["pattern_F_indices"])
    by_index = {11: 1, 12: 2, 21: 3, 22: 4, 0: 0}
    np.testing.assert_array_equal(M, np.vectorize(by_index.get)(pattern))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options",
    [
        {},
        dict(padding=(1, 2)),
        dict(stride=(3, 2)),
        dict(dilation=(3, 2)),
        dict(stride=(2, 1), padding=(1, 2), dilation=(3, 2)),
    ],
)
def test_conv_matrix_agrees_with_the_formula_written_out(dtype, options):
    from course_lib.reference.convolution import conv_matrix as written_out

    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 3, 5, 6)), rng.standard_normal((2, 3, 2, 3)).astype(dtype)
    expected = written_out(w, (3, 5, 6), **options)
    y = conv2d(x, w.astype(np.float64), **options, backend="reference")
    np.testing.assert_allclose(expected @ x.ravel(), y.ravel(), rtol=1e-12, atol=1e-13)
    for given in (w, torch.from_numpy(w)):
        M = np.asarray(conv_matrix(given, (3, 5, 6), **options))
        assert M.dtype == dtype
        np.testing.assert_array_equal(M, expected)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
def test_conv_matrix_keeps_infinite_weights_apart_and_is_differentiable(kind):
    from course_lib.reference.convolution import conv_matrix as written_out

    w = np.random.default_rng(0).standard_normal((2, 1, 2, 2))
    w[0, 0, 1, 0] = np.inf
    M = conv_matrix(torch.from_numpy(w) if kind == "torch" else w, (1, 3, 4), padding=1)
    np.testing.assert_array_equal(np.asarray(M), written_out(w, (1, 3, 4), padding=1))
    tensor = torch.from_numpy(w).nan_to_num(posinf=1.0).requires_grad_()
    assert torch.autograd.gradcheck(lambda w: conv_matrix(w, (1, 3, 4), stride=2), tensor)


def test_output_sizes_are_those_of_the_operation():
    for n in range(1, 9):
        for k, s, p, d in ((1, 1, 0, 1), (2, 1, 1, 2), (3, 2, 1, 1), (3, 3, 2, 2), (2, 4, 0, 3)):
            if d * (k - 1) + 1 <= n + 2 * p:
                options = dict(stride=s, padding=p, dilation=d)
                y = conv1d(np.ones((1, 1, n)), np.ones((1, 1, k)), **options)
                assert y.shape == (1, 1, output_size(n, k, **options))


def test_numpy_operations_import_neither_torch_nor_triton():
    code = (
        "import sys, numpy as np, course_lib as c, course_lib.gradcheck\n"
        "x, w = np.ones((1, 1, 4, 4)), np.ones((1, 1, 2, 2))\n"
        "c.conv2d_backward(c.conv2d(x, w), x, w); c.pad2d(x, 1); c.conv_matrix(w, (1, 4, 4))\n"
        "c.conv1d(x[0], x[0], backend='reference'); c.track((1, 4, 4), [])\n"
        "print({name.split('.')[0] for name in sys.modules} & {'torch', 'triton'})\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_gradients_have_names():
    gradients = conv2d_backward(DY, X, W)
    assert isinstance(gradients, public.ConvolutionGradients)
    assert (gradients.dx.shape, gradients.dw.shape, gradients.db.shape) == (
        X.shape,
        W.shape,
        B.shape,
    )
