"""Convolution is right: worked numbers, torch's autograd, the complex step, and every backend."""

import numpy as np
import pytest
import torch
import torch.nn.functional

from course_lib import KERNELS, conv1d, conv1d_backward, conv2d, conv2d_backward, pad2d
from course_lib.backends.numpy import convolution as fast
from course_lib.reference import convolution as reference

BACKENDS = ("reference", "numpy", "torch")
FAST = ("numpy", "torch")

#: N, C, F, image, kernel, options: every option alone and together, odd sizes, no square twice
GEOMETRIES = [
    (2, 3, 4, (6, 5), (3, 2), {}),
    (2, 3, 4, (6, 5), (3, 2), dict(padding=(2, 1))),
    (1, 2, 2, (9, 8), (2, 3), dict(stride=(2, 3))),
    (2, 2, 3, (9, 11), (3, 3), dict(dilation=(2, 3))),
    (2, 4, 6, (5, 6), (3, 3), dict(groups=2, padding=1)),
    (2, 4, 4, (7, 6), (2, 2), dict(groups=4, stride=2)),
    (2, 4, 2, (8, 9), (3, 2), dict(stride=(3, 2), padding=(1, 3), dilation=(2, 1), groups=2)),
    (1, 1, 1, (1, 1), (1, 1), {}),
    (2, 2, 3, (3, 3), (3, 3), dict(padding=4)),
    (2, 1, 2, (6, 7), (2, 1), dict(stride=4, padding=(0, 2))),
]


def numbers(geometry, seed=0, dtype=np.float64, axes=2):
    """Return random x, w, b and dy of a geometry; with one axis, of its columns alone."""
    N, C, F, image, kernel, options = geometry
    if axes == 1:
        image, kernel = image[1:], kernel[1:]
        options = {k: v[1] if isinstance(v, tuple) else v for k, v in options.items()}
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((N, C, *image)).astype(dtype)
    w = rng.standard_normal((F, C // options.get("groups", 1), *kernel)).astype(dtype)
    b = rng.standard_normal(F).astype(dtype)
    forward = (reference.conv1d, reference.conv2d)[axes - 1]
    dy = rng.standard_normal(forward(x, w, b, **options).shape).astype(dtype)
    return x, w, b, dy, options


def assert_near(actual, expected, tolerance):
    """Compare by the largest entry, so that a sum that cancels does not count as an error."""
    assert actual.shape == expected.shape
    scale = np.abs(expected).max(initial=1e-300)
    assert np.abs(actual - expected).max(initial=0) <= tolerance * scale


@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_reference_agrees_with_torch_autograd(geometry, axes):
    x, w, b, dy, options = numbers(geometry, axes=axes)
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    convolve = (torch.nn.functional.conv1d, torch.nn.functional.conv2d)[axes - 1]
    y = convolve(*tensors, **options)
    y.backward(torch.tensor(dy))
    forward = (reference.conv1d, reference.conv2d)[axes - 1]
    backward = (reference.conv1d_backward, reference.conv2d_backward)[axes - 1]
    assert_near(forward(x, w, b, **options), y.detach().numpy(), 1e-12)
    for gradient, tensor in zip(backward(dy, x, w, **options), tensors, strict=True):
        assert_near(gradient, tensor.grad.numpy(), 1e-12)


@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("geometry", GEOMETRIES[4:7])
def test_reference_backward_agrees_with_the_complex_step(geometry, axes):
    x, w, b, dy, options = numbers(geometry, axes=axes)
    forward = (reference.conv1d, reference.conv2d)[axes - 1]
    backward = (reference.conv1d_backward, reference.conv2d_backward)[axes - 1]
    arguments = [x, w, b]
    for which, gradient in enumerate(backward(dy, x, w, **options)):
        step = np.zeros_like(gradient)
        for index in np.ndindex(*gradient.shape):
            moved = [a.astype(complex) for a in arguments]
            moved[which][index] += 1e-30j
            step[index] = np.sum(forward(*moved, **options).imag * dy) / 1e-30
        assert_near(gradient, step, 1e-12)


@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_backend_agrees_with_reference(geometry, axes, backend):
    x, w, b, dy, options = numbers(geometry, axes=axes)
    forward, backward = ((conv1d, conv1d_backward), (conv2d, conv2d_backward))[axes - 1]
    for bias in (None, b):
        expected = forward(x, w, bias, **options, backend="reference")
        assert_near(forward(x, w, bias, **options, backend=backend), expected, 1e-10)
    expected = backward(dy, x, w, **options, backend="reference")
    actual = backward(dy, x, w, **options, backend=backend)
    assert actual._fields == ("dx", "dw", "db")
    for ours, truth in zip(actual, expected, strict=True):
        assert_near(ours, truth, 1e-10)


@pytest.mark.parametrize("backend", FAST)
@pytest.mark.parametrize("geometry", GEOMETRIES)
def test_float32_stays_within_four_eps_of_the_sum_of_products(geometry, backend):
    x, w, b, dy, options = numbers(geometry, dtype=np.float32)
    bound = 4 * np.finfo(np.float32).eps
    wide = [a.astype(np.float64) for a in (x, w, b, dy)]
    size = [np.abs(a) for a in wide]
    actual = conv2d(x, w, b, **options, backend=backend)
    expected = conv2d(*wide[:3], **options, backend="reference")
    room = conv2d(*size[:3], **options, backend="reference")
    assert actual.dtype == np.float32
    assert np.all(np.abs(actual - expected) <= bound * room)
    gradients = conv2d_backward(dy, x, w, **options, backend=backend)
    expected = conv2d_backward(wide[3], *wide[:2], **options, backend="reference")
    room = conv2d_backward(size[3], *size[:2], **options, backend="reference")
    for ours, truth, allowed in zip(gradients, expected, room, strict=True):
        assert ours.dtype == np.float32
        assert np.all(np.abs(ours - truth) <= bound * allowed)


@pytest.mark.parametrize("C", [1, 16, 64, 256, 512])
def test_the_float32_error_of_long_sums_grows_with_the_root_of_their_length(C):
    rng = np.random.default_rng(0)
    x, w = rng.random((1, C, 12, 12), np.float32), rng.random((8, C, 3, 3), np.float32)
    exact = conv2d(x.astype(np.float64), w.astype(np.float64))
    bound = max(4, np.sqrt(C * 3 * 3) / 4) * np.finfo(np.float32).eps
    assert np.all(np.abs(conv2d(x, w) - exact) <= bound * exact)


@pytest.mark.parametrize("N", [10, 1000, 20_000])
def test_the_float32_error_of_the_gradients_of_a_large_batch_does_so_too(N):
    rng = np.random.default_rng(0)
    x, w = rng.random((N, 1, 8, 8), np.float32), rng.random((2, 1, 3, 3), np.float32)
    dy = rng.random((N, 2, 6, 6), np.float32)
    exact = conv2d_backward(*(a.astype(np.float64) for a in (dy, x, w)))
    terms = dict(dx=2 * 3 * 3, dw=N * 6 * 6, db=N * 6 * 6)
    for name, gradient in conv2d_backward(dy, x, w)._asdict().items():
        bound = max(4, np.sqrt(terms[name]) / 4) * np.finfo(np.float32).eps
        assert np.all(np.abs(gradient - getattr(exact, name)) <= bound * getattr(exact, name))


@pytest.mark.parametrize("backend", BACKENDS)
def test_complex_numbers_pass_through(backend):
    x, w, b, dy, options = numbers(GEOMETRIES[6])
    x = x + 1j * x[::-1]
    w, b = w.astype(complex), b.astype(complex)
    parts = [conv2d(part, w.real, **options, backend="reference") for part in (x.real, x.imag)]
    expected = parts[0] + 1j * parts[1] + b[:, None, None]
    assert_near(conv2d(x, w, b, **options, backend=backend), expected, 1e-12)


# The worked numbers of the documents.


@pytest.fixture(params=BACKENDS)
def correlate(request):
    """Convolve one plane with one kernel through the public operation."""

    def apply(image, kernel, **options):
        image, kernel = np.asarray(image, float), np.asarray(kernel, float)
        return conv2d(image[None, None], kernel[None, None], **options, backend=request.param)[0, 0]

    return apply


def test_worked_5x5_example(oracles, correlate):
    example = oracles["conv2d_5x5"]
    output = correlate(example["inputs"]["image"], example["inputs"]["kernel"])
    np.testing.assert_array_equal(output, example["expected"]["output"])


@pytest.mark.parametrize("backend", BACKENDS)
def test_worked_rgb_example(oracles, backend):
    inputs, expected = (oracles["conv2d_rgb"][part] for part in ("inputs", "expected"))
    x, w = np.array([inputs["image"]], float), np.array([inputs["kernels"]], float)
    b = np.array([inputs["bias"]], float)
    y = conv2d(x, w, b, backend=backend)[0, 0]
    np.testing.assert_array_equal(y, expected["full_4x4_valid_derived"])
    assert (y[0, 1], y[0, 0]) == (466, -25)
    flipped = conv2d(x, w[..., ::-1, ::-1], b, backend=backend)[0, 0]
    at = expected["if_true_convolution_flipped"]
    assert (flipped[0, 0], flipped[0, 1]) == (at["at_0_0"], at["at_0_1"]) == (337, 327)
    for i, j in ((0, 1), (0, 0)):
        alone = [conv2d(x[:, [c]], w[:, [c]], backend=backend)[0, 0, i, j] for c in range(3)]
        here = expected[f"at_{i}_{j}"]
        assert alone == here.get("per_channel", here.get("per_channel_derived"))


@pytest.mark.parametrize(
    ("name", "oracle"),
    [
        ("identity", "zoo_identity"),
        ("mixed_derivative", "zoo_edge_mixed"),
        ("laplacian4", "zoo_edge_laplace4"),
        ("laplacian8", "zoo_edge_laplace8"),
        ("sharpen", "zoo_sharpen"),
        ("box_blur", "zoo_box_blur_x9"),
        ("gaussian_blur", "zoo_gauss_blur_x16"),
    ],
)
def test_kernel_zoo(oracles, correlate, name, oracle):
    inputs, expected = (oracles[oracle][part] for part in ("inputs", "expected"))
    kernel = KERNELS[name]
    np.testing.assert_array_equal(
        kernel, np.array(inputs["kernel_integer"]) / inputs["scale_divisor"]
    )
    assert kernel.sum() == pytest.approx(expected["sum"], abs=1e-15)
    assert np.array_equal(kernel, np.rot90(kernel, 2)) == expected["rot180_symmetric"]
    assert np.linalg.matrix_rank(kernel) == expected["rank"]
    output = correlate(oracles["conv2d_5x5"]["inputs"]["image"], kernel)
    np.testing.assert_allclose(output, expected["output_valid"], rtol=0, atol=1e-12)


def test_kernel_zoo_is_complete_and_shared_safely():
    assert len(KERNELS) == 7
    for kernel in KERNELS.values():
        assert kernel.shape == (3, 3)
        assert kernel.dtype == np.float64
        with pytest.raises(ValueError, match="read-only"):
            kernel[0, 0] = 1


def test_worked_dilated_example(oracles, correlate):
    image, kernel = np.arange(49.0).reshape(7, 7), np.arange(1.0, 10).reshape(3, 3)
    expected = oracles["dilated"]["expected"]
    output = correlate(image, kernel, dilation=2)
    np.testing.assert_array_equal(output, expected["output"])
    stuffed = np.zeros((expected["effective_kernel"],) * 2)
    stuffed[::2, ::2] = kernel
    np.testing.assert_array_equal(correlate(image, stuffed), output)


@pytest.mark.parametrize("backend", BACKENDS)
def test_backward_is_full_correlation_with_the_flipped_kernel(oracles, backend):
    inputs, expected = (oracles["conv_backward_flip"][part] for part in ("inputs", "expected"))
    w = np.array([[inputs["F"]]], float)
    dy = np.array([[inputs["upstream"]]], float)
    dx = conv2d_backward(dy, np.zeros((1, 1, 3, 3)), w, backend=backend).dx
    np.testing.assert_array_equal(dx[0, 0], expected["dX"])
    flipped = conv2d(dy, w[..., ::-1, ::-1], padding=1, backend=backend)
    np.testing.assert_array_equal(dx, flipped)


def test_padding_decides_how_many_windows_cover_a_pixel(oracles):
    inputs, expected = (oracles["padding_counts"][part] for part in ("inputs", "expected"))
    x, w = np.zeros((1, 1, inputs["n"], inputs["n"])), np.ones((1, 1, inputs["k"], inputs["k"]))
    for padding in (0, 1, 2):
        y = conv2d(x, w, padding=padding)
        count = conv2d_backward(np.ones_like(y), x, w, padding=padding).dx[0, 0]
        np.testing.assert_array_equal(count, expected[f"p{padding}"])


def test_equivariance_holds_where_the_oracle_says(oracles, correlate):
    expected = oracles["equivariance"]["expected"]
    delta = np.zeros((3, 3))
    delta[1, 1] = 1
    assert np.argwhere(np.roll(delta, 1, axis=0) == 1).tolist() == [expected["moves_to"]]
    rng = np.random.default_rng(0)
    image, kernel = rng.standard_normal((6, 6)), rng.standard_normal((3, 3))

    def circular(plane, stride=1):
        padded = pad2d(plane[None, None], 1, mode="wrap")[0, 0]
        return correlate(padded, kernel, stride=stride)

    def down(plane):
        return np.pad(plane, ((1, 0), (0, 0)))[:-1]

    moved = np.roll(image, 1, axis=0)
    assert_near(circular(moved), np.roll(circular(image), 1, axis=0), 1e-12)
    # Zeros outside: only the k//2 = 1 border row at each end differs.
    error = correlate(down(image), kernel, padding=1) - down(correlate(image, kernel, padding=1))
    wrong = np.abs(error).max(axis=1) > 1e-12
    assert wrong.tolist() == [True, False, False, False, False, True]
    # Stride 2: an even shift moves the output by half of it, an odd one mixes other pixels in.
    even = np.roll(image, 2, axis=0)
    assert_near(circular(even, stride=2), np.roll(circular(image, stride=2), 1, axis=0), 1e-12)
    odd = [np.roll(circular(image, stride=2), s, axis=0) for s in range(3)]
    assert all(np.abs(circular(moved, stride=2) - shifted).max() > 0.1 for shifted in odd)


# pad2d


@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize("mode", ["constant", "wrap", "reflect"])
@pytest.mark.parametrize("padding", [0, 1, (2, 1), (0, 3)])
def test_pad2d_is_numpys(kind, mode, padding):
    x = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    rows, columns = (padding, padding) if isinstance(padding, int) else padding
    options = {"constant_values": -2.5} if mode == "constant" else {}
    expected = np.pad(x, [(0, 0), (0, 0), (rows, rows), (columns, columns)], mode=mode, **options)
    given = torch.from_numpy(x) if kind == "torch" else x
    actual = pad2d(given, padding, mode=mode, value=-2.5)
    assert isinstance(actual, type(given))
    np.testing.assert_array_equal(np.asarray(actual), expected)
    assert not np.shares_memory(np.asarray(actual), x)


def test_pad2d_pads_with_zeros_unless_told(oracles):
    from sklearn.datasets import load_digits

    digit = load_digits().images[0]
    padded = pad2d(digit[None, None], 1)[0, 0]
    np.testing.assert_array_equal(padded, oracles["digit_matrix"]["expected"]["matrix"])


def test_fast_backend_never_writes_to_its_arguments():
    x, w, b, dy, options = numbers(GEOMETRIES[6])
    arrays = x, w, b, dy
    copies = [a.copy() for a in arrays]
    full = dict(stride=(3, 2), padding=(1, 3), dilation=(2, 1), groups=2)
    fast.conv2d(x, w, b, **full)
    fast.conv2d_backward(dy, x, w, **full)
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


@pytest.mark.parametrize("options", [{}, dict(padding=1), dict(stride=2), dict(groups=2)])
def test_an_infinite_weight_reaches_only_the_pixels_that_it_saw(options):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 5, 5)), rng.standard_normal((4, 4, 3, 3))
    w = w[:, : 4 // options.get("groups", 1)].copy()
    w[1, 0, 0, 2] = np.inf
    with np.errstate(invalid="ignore"):  # inf - inf
        y = conv2d(x, w, **options, backend="reference")
        dy = np.abs(rng.standard_normal(y.shape))
        np.testing.assert_allclose(conv2d(x, w, **options), y, rtol=1e-12, atol=1e-12)
        expected = conv2d_backward(dy, x, w, **options, backend="reference")
        ours = conv2d_backward(dy, x, w, **options)
    assert np.isinf(expected.dx).any() and np.isfinite(expected.dx).any()
    for gradient, truth in zip(ours, expected, strict=True):
        np.testing.assert_allclose(gradient, truth, rtol=1e-12, atol=1e-12)
