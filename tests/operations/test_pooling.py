"""Pooling is right: worked numbers, torch's autograd, every backend, and its awkward corners."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import course_lib
from course_lib.backends.numpy import pooling as on_arrays
from course_lib.reference import pooling as reference

BACKENDS = ("reference", "numpy", "torch")

#: input shape, kernel_size, stride, padding: no square twice, overlaps, gaps, leftovers
GEOMETRIES = [
    ((2, 3, 6, 5), (3, 2), None, 0),
    ((2, 2, 6, 7), (3, 2), (1, 2), (1, 1)),
    ((1, 2, 9, 8), (2, 3), (3, 4), (0, 1)),
    ((2, 1, 5, 5), 3, 1, 1),
    ((1, 1, 7, 6), (4, 5), (2, 3), 2),
    ((1, 2, 3, 4), (3, 4), None, 0),
    ((1, 1, 1, 1), 1, 1, 0),
    ((1, 1, 2, 8), (1, 8), 1, (0, 4)),
]


def run(backend, name, *arguments, **options):
    """Call an operation of one backend with NumPy arrays and return NumPy arrays."""
    if backend == "reference":
        return getattr(reference, name)(*arguments, **options)
    if backend == "numpy":
        return getattr(course_lib, name)(*arguments, **options)
    tensors = [torch.tensor(a) if isinstance(a, np.ndarray) else a for a in arguments]
    result = getattr(course_lib, name)(*tensors, **options)
    return tuple(r.numpy() for r in result) if isinstance(result, tuple) else result.numpy()


def assert_near(actual, expected, tolerance):
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    scale = np.abs(expected).max(initial=1e-300)
    assert np.abs(actual - expected).max(initial=0) <= tolerance * scale


def image(shape, seed=0, values=None, dtype=np.float64):
    """Return a random image; with `values`, one of so few integers that ties abound."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(shape) if values is None else rng.integers(values, size=shape)
    return x.astype(dtype)


@st.composite
def geometries(draw):
    """Draw an input shape with a window that fits it."""
    kernel, stride, padding, sizes = [], [], [], []
    for _ in range(2):
        k = draw(st.integers(1, 4))
        p = draw(st.integers(0, k // 2))
        kernel.append(k)
        padding.append(p)
        stride.append(draw(st.integers(1, 4)))
        sizes.append(draw(st.integers(max(1, k - 2 * p), 7)))
    shape = draw(st.integers(1, 2)), draw(st.integers(1, 2)), *sizes
    return shape, tuple(kernel), tuple(stride), tuple(padding)


@pytest.mark.parametrize("values", [None, 3])
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("shape", "kernel_size", "stride", "padding"), GEOMETRIES)
def test_max_pooling_and_its_backward_equal_torch(
    shape, kernel_size, stride, padding, backend, values
):
    x = image(shape, values=values)
    tensor = torch.tensor(x, requires_grad=True)
    expected, switches = F.max_pool2d(tensor, kernel_size, stride, padding, return_indices=True)
    dy = image(tuple(expected.shape), seed=1)
    expected.backward(torch.tensor(dy))
    pooled = run(backend, "max_pool2d", x, kernel_size, stride=stride, padding=padding)
    np.testing.assert_array_equal(pooled[0], expected.detach())
    np.testing.assert_array_equal(pooled[1], switches)
    assert pooled[1].dtype == np.int64
    dx = run(backend, "max_pool2d_backward", dy, pooled[1], shape)
    assert_near(dx, tensor.grad.numpy(), 1e-12)


@given(geometries(), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_max_pooling_agrees_between_backends_on_any_geometry(geometry, seed):
    shape, kernel_size, stride, padding = geometry
    options = dict(stride=stride, padding=padding)
    x = image(shape, seed, values=4)
    y, switches = reference.max_pool2d(x, kernel_size, **options)
    dy = image(y.shape, seed)
    dx = reference.max_pool2d_backward(dy, switches, shape)
    assert dx.sum() == pytest.approx(dy.sum(), abs=1e-12)  # nothing is lost and nothing is made
    np.testing.assert_array_equal(
        y.ravel(), np.take_along_axis(x.reshape(*shape[:2], -1), _flat(switches), 2).ravel()
    )
    for backend in ("numpy", "torch"):
        other = run(backend, "max_pool2d", x, kernel_size, **options)
        np.testing.assert_array_equal(other[0], y)
        np.testing.assert_array_equal(other[1], switches)
        assert_near(run(backend, "max_pool2d_backward", dy, switches, shape), dx, 1e-12)


def _flat(switches):
    return switches.reshape(*switches.shape[:2], -1)


@pytest.mark.parametrize("backend", BACKENDS)
def test_worked_overlapping_windows_add(oracles, backend):
    case = oracles["maxpool_overlap_backward"]
    x = np.array(case["inputs"]["x"], dtype=float).reshape(1, 1, 1, 4)
    dy = np.array(case["inputs"]["upstream"], dtype=float).reshape(1, 1, 1, 3)
    y, switches = run(backend, "max_pool2d", x, (1, case["inputs"]["window"]), stride=1)
    assert y.ravel().tolist() == case["expected"]["forward"]
    dx = run(backend, "max_pool2d_backward", dy, switches, (1, 1, 1, 4))
    assert dx.ravel().tolist() == case["expected"]["dx"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_tie_sends_to_the_first_place_alone(backend):
    x = np.ones((1, 1, 2, 2))
    _, switches = run(backend, "max_pool2d", x, 2)
    dx = run(backend, "max_pool2d_backward", np.full((1, 1, 1, 1), 7.0), switches, (1, 1, 2, 2))
    np.testing.assert_array_equal(dx, [[[[7, 0], [0, 0]]]])


@pytest.mark.parametrize("backend", BACKENDS)
def test_nan_wins_and_of_several_the_last(backend):
    x = image((1, 2, 5, 6))
    x[0, 0, [1, 1, 3], [1, 2, 4]] = np.nan
    x[0, 1, 0, 0] = np.inf
    y, switches = run(backend, "max_pool2d", x, 3, stride=2, padding=1)
    expected = F.max_pool2d(torch.tensor(x), 3, 2, 1, return_indices=True)
    assert np.isnan(y).any()
    np.testing.assert_array_equal(y, expected[0])
    np.testing.assert_array_equal(switches, expected[1])


@pytest.mark.parametrize("backend", BACKENDS)
def test_padding_is_never_selected(backend):
    x = np.full((1, 1, 4, 5), -np.inf)
    x[0, 0, 1, 1] = -1e300
    y, switches = run(backend, "max_pool2d", x, (2, 3), stride=1, padding=1)
    expected = F.max_pool2d(torch.tensor(x), (2, 3), 1, 1, return_indices=True)
    np.testing.assert_array_equal(y, expected[0])
    np.testing.assert_array_equal(switches, expected[1])


@pytest.mark.parametrize("backend", BACKENDS)
def test_unpooling_puts_each_value_back_and_zero_elsewhere(backend):
    x = image((2, 3, 6, 5))
    y, switches = reference.max_pool2d(x, (2, 2))
    restored = run(backend, "max_unpool2d", y, switches, x.shape)
    expected = F.max_unpool2d(torch.tensor(y), torch.tensor(switches), 2, output_size=(6, 5))
    np.testing.assert_array_equal(restored, expected)
    assert np.count_nonzero(restored) == y.size
    np.testing.assert_array_equal(restored[restored != 0], x[restored != 0])


@pytest.mark.parametrize("backend", BACKENDS)
def test_unpooling_overlapping_windows_does_not_add(backend):
    y, switches = np.full((1, 1, 1, 3), 5.0), np.array([[[[1, 1, 2]]]])
    restored = run(backend, "max_unpool2d", y, switches, (1, 1, 1, 4))
    assert restored.ravel().tolist() == [0, 5, 5, 0]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("shape", "kernel_size", "stride", "padding"), GEOMETRIES)
def test_average_pooling_and_its_backward_equal_torch(shape, kernel_size, stride, padding, backend):
    x = image(shape)
    tensor = torch.tensor(x, requires_grad=True)
    expected = F.avg_pool2d(tensor, kernel_size, stride)
    dy = image(tuple(expected.shape), seed=1)
    expected.backward(torch.tensor(dy))
    y = run(backend, "avg_pool2d", x, kernel_size, stride=stride)
    assert_near(y, expected.detach().numpy(), 1e-12)
    dx = run(backend, "avg_pool2d_backward", dy, shape, kernel_size, stride=stride)
    assert_near(dx, tensor.grad.numpy(), 1e-12)


@pytest.mark.parametrize("matrix", [reference.avg_pool_matrix, course_lib.avg_pool_matrix])
@given(geometries(), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_average_pooling_is_its_matrix_and_backward_the_transpose(matrix, geometry, seed):
    (N, C, H, W), kernel_size, stride, _ = geometry
    H, W = max(H, kernel_size[0]), max(W, kernel_size[1])
    x = image((N, C, H, W), seed)
    M = matrix((H, W), kernel_size, stride=stride)
    np.testing.assert_allclose(M.sum(axis=1), 1, rtol=1e-12)
    for backend in BACKENDS:
        y = run(backend, "avg_pool2d", x, kernel_size, stride=stride)
        assert_near(y, (x.reshape(N * C, -1) @ M.T).reshape(y.shape), 1e-12)
        dy = image(y.shape, seed)
        dx = run(backend, "avg_pool2d_backward", dy, x.shape, kernel_size, stride=stride)
        assert_near(dx, (dy.reshape(N * C, -1) @ M).reshape(x.shape), 1e-12)


@pytest.mark.parametrize("matrix", [reference.avg_pool_matrix, course_lib.avg_pool_matrix])
@pytest.mark.parametrize("backend", BACKENDS)
def test_worked_average_and_maximum(oracles, backend, matrix):
    case = oracles["avgpool_matrix"]
    x = np.array(case["inputs"]["X"])[None, None]
    average = run(backend, "avg_pool2d", x, 2).ravel()
    assert average.tolist() == case["expected"]["correct_average"]
    assert (4 * average).tolist() == case["expected"]["document_formula_is_sum_pool"]
    assert (matrix((4, 4), 2) @ x.ravel()).tolist() == case["expected"]["correct_average"]
    assert run(backend, "max_pool2d", x, 2)[0].ravel().tolist() == case["expected"]["max"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_global_average_pooling_gives_the_worked_score(oracles, backend):
    case = oracles["cam_gradcam_small"]
    maps = np.array(case["inputs"]["B"])[None]
    score = run(backend, "global_avg_pool2d", maps) @ np.array(case["inputs"]["alpha"], float)
    assert score.tolist() == [case["expected"]["y"]]


@pytest.mark.parametrize("backend", BACKENDS)
def test_global_average_pooling_is_the_mean_of_each_channel(backend):
    x = image((2, 3, 4, 5))
    expected = F.adaptive_avg_pool2d(torch.tensor(x), 1)[:, :, 0, 0].numpy()
    assert_near(run(backend, "global_avg_pool2d", x), expected, 1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("backend", BACKENDS)
def test_results_keep_the_dtype(backend, dtype):
    x = image((1, 2, 5, 5), dtype=dtype)
    y, switches = run(backend, "max_pool2d", x, 3, stride=2, padding=1)
    results = [
        y,
        run(backend, "max_pool2d_backward", y, switches, x.shape),
        run(backend, "max_unpool2d", y, switches, x.shape),
        run(backend, "avg_pool2d", x, 2),
        run(backend, "avg_pool2d_backward", y, (1, 2, 7, 7), 3, stride=2),
        run(backend, "global_avg_pool2d", x),
    ]
    assert {r.dtype for r in results} == {np.dtype(dtype)}


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_float32_stays_within_its_rounding(backend):
    x = image((2, 2, 9, 9), dtype=np.float32)
    exact = reference.avg_pool2d(x.astype(np.float64), 3, stride=2)
    bound = 4 * np.finfo(np.float32).eps * reference.avg_pool2d(np.abs(x), 3, stride=2)
    assert np.all(np.abs(run(backend, "avg_pool2d", x, 3, stride=2) - exact) <= bound)
    dy = image(exact.shape, seed=1, dtype=np.float32)
    options = dict(input_shape=x.shape, kernel_size=3, stride=2)
    exact = reference.avg_pool2d_backward(dy.astype(np.float64), **options)
    bound = 4 * np.finfo(np.float32).eps * reference.avg_pool2d_backward(np.abs(dy), **options)
    assert np.all(np.abs(run(backend, "avg_pool2d_backward", dy, **options) - exact) <= bound)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_the_mean_of_large_halves_is_no_infinity(backend):
    x = np.full((1, 1, 4, 4), 30_000, np.float16)
    for y in (run(backend, "avg_pool2d", x, 2), run(backend, "global_avg_pool2d", x)):
        assert y.dtype == np.float16 and np.all(y == 30_000)
    y, switches = run(backend, "max_pool2d", x, 2)
    assert y.dtype == np.float16 and switches.dtype == np.int64


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_named_backend_is_used_and_the_result_is_named(backend):
    x = image((1, 1, 4, 4))
    for given_x in (x, torch.tensor(x)):
        result = course_lib.max_pool2d(given_x, 2, backend=backend)
        assert isinstance(result.y, type(given_x)) and isinstance(result.switches, type(given_x))
        np.testing.assert_array_equal(result.y, reference.max_pool2d(x, 2)[0])


@pytest.mark.parametrize("backend", BACKENDS)
def test_empty_batches_and_views_work(backend):
    y, switches = run(backend, "max_pool2d", np.zeros((0, 2, 4, 4)), 2)
    assert y.shape == switches.shape == (0, 2, 2, 2)
    assert run(backend, "max_pool2d_backward", y, switches, (0, 2, 4, 4)).shape == (0, 2, 4, 4)
    assert run(backend, "max_unpool2d", y, switches, (0, 2, 4, 4)).shape == (0, 2, 4, 4)
    assert run(backend, "avg_pool2d", np.zeros((0, 2, 4, 4)), 2).shape == (0, 2, 2, 2)
    assert run(backend, "avg_pool2d_backward", y, (0, 2, 4, 4), 2).shape == (0, 2, 4, 4)
    assert run(backend, "global_avg_pool2d", np.zeros((0, 2, 4, 4))).shape == (0, 2)


def test_non_contiguous_and_reversed_arrays_work():
    x = image((4, 2, 6, 10))
    for view in (x[::-1, :, ::-1, ::2], x.transpose(0, 1, 3, 2), np.broadcast_to(x[:1], x.shape)):
        copy = view.copy()
        y, switches = course_lib.max_pool2d(view, 3, stride=2, padding=1)
        assert np.array_equal(y, course_lib.max_pool2d(copy, 3, stride=2, padding=1).y)
        turned = (y[::-1], switches[::-1])
        expected = reference.max_pool2d_backward(*(a.copy() for a in turned), copy.shape)
        assert_near(course_lib.max_pool2d_backward(*turned, copy.shape), expected, 1e-12)
        assert_near(course_lib.avg_pool2d(view, 2), course_lib.avg_pool2d(copy, 2), 0)


def test_inputs_are_left_as_they_were():
    x = image((1, 2, 5, 5))
    x[0, 0, 2, 2] = np.nan
    y, switches = reference.max_pool2d(x, 2)
    for array in (x, y, switches):
        array.flags.writeable = False
    course_lib.max_pool2d(x, 3, padding=1)
    course_lib.max_pool2d_backward(y, switches, x.shape)
    course_lib.max_unpool2d(y, switches, x.shape)
    course_lib.avg_pool2d(x, 2)
    course_lib.avg_pool2d_backward(y, x.shape, 2)


@pytest.mark.parametrize("planes", [1, 2, 4])
def test_working_on_few_planes_at_a_time_changes_nothing(monkeypatch, planes):
    x = image((2, 3, 6, 5))
    expected = reference.max_pool2d(x, 3, stride=2, padding=1)
    monkeypatch.setattr(on_arrays, "CHUNK", planes * 30)
    pooled = course_lib.max_pool2d(x, 3, stride=2, padding=1)
    np.testing.assert_array_equal(pooled.y, expected[0])
    np.testing.assert_array_equal(pooled.switches, expected[1])


def test_a_window_of_many_places_counts_right():
    x = image((1, 1, 20, 17))  # 340 places: more than a byte counts
    x[0, 0, 19, 16] = 100
    _, switches = course_lib.max_pool2d(x, (20, 17))
    assert switches.item() == 339


def test_pooling_in_torch_is_differentiable():
    x = torch.tensor(image((1, 2, 4, 4)), requires_grad=True)
    dy = torch.tensor(image((1, 2, 2, 2), seed=1), requires_grad=True)
    switches = course_lib.max_pool2d(x.detach(), 2).switches
    for function, argument in [
        (lambda x: course_lib.max_pool2d(x, 2).y, x),
        (lambda x: course_lib.avg_pool2d(x, 3, stride=1), x),
        (course_lib.global_avg_pool2d, x),
        (lambda dy: course_lib.max_pool2d_backward(dy, switches, x.shape), dy),
        (lambda dy: course_lib.max_unpool2d(dy, switches, x.shape), dy),
        (lambda dy: course_lib.avg_pool2d_backward(dy, x.shape, 2), dy),
    ]:
        assert torch.autograd.gradcheck(function, (argument,))


X = np.zeros((1, 2, 5, 4))
DY, SWITCHES = np.zeros((1, 2, 2, 2)), np.zeros((1, 2, 2, 2), dtype=np.int64)
MAX, BACK, UNPOOL = "max_pool2d", "max_pool2d_backward", "max_unpool2d"
AVG, AVG_BACK, MATRIX = "avg_pool2d", "avg_pool2d_backward", "avg_pool_matrix"
REFUSALS = [
    (MAX, (X.astype(np.uint8), 2), {}, TypeError, "x must have a floating dtype.*uint8"),
    (MAX, ([[1.0]], 2), {}, TypeError, "x must be a NumPy array or a torch tensor, got list"),
    (MAX, (X[0], 2), {}, ValueError, r"x must have 4 axes \(N, C, H, W\), got shape \(2, 5, 4\)"),
    (MAX, (X, 0), {}, ValueError, "kernel_size must be an integer of at least 1, got 0"),
    (MAX, (X, (2, 2, 2)), {}, ValueError, "kernel_size must be an int or a pair"),
    (MAX, (X, 2.0), {}, TypeError, "kernel_size must be an integer of at least 1, got 2.0"),
    (MAX, (X, 2), dict(stride=0), ValueError, "stride must be an integer of at least 1, got 0"),
    (MAX, (X, 2), dict(padding=-1), ValueError, "padding must be an integer of at least 0, got -1"),
    (MAX, (X, 3), dict(padding=2), ValueError, "padding must be at most half the kernel, 1 .*2"),
    (MAX, (X, (5, 5)), {}, ValueError, r"kernel_size must fit inside .* 4 \+ 2\*0 = 4, got 5"),
    (MAX, (X, (8, 2)), dict(padding=(1, 0)), ValueError, r"5 \+ 2\*1 = 7, got 8"),
    (MAX, (X, 2), dict(backend="cupy"), ValueError, "backend must be one of .*got 'cupy'"),
    (BACK, (DY.astype(int), SWITCHES, X.shape), {}, TypeError, "dy must have a floating dtype"),
    (BACK, (DY, SWITCHES.astype(float), X.shape), {}, TypeError, "switches must have an integer"),
    (BACK, (DY, SWITCHES > 0, X.shape), {}, TypeError, "switches must have an integer.*bool"),
    (BACK, (DY, SWITCHES.tolist(), X.shape), {}, TypeError, "switches must be an array of int"),
    (BACK, (DY, torch.tensor(SWITCHES), X.shape), {}, TypeError, "same kind.*numpy.*got torch"),
    (BACK, (DY, SWITCHES - 1, X.shape), {}, ValueError, r"switches must lie in \[0, 20\), got -1"),
    (BACK, (DY, SWITCHES + 20, X.shape), {}, ValueError, r"switches must lie in \[0, 20\), got 20"),
    (BACK, (DY, SWITCHES[:, :1], X.shape), {}, ValueError, "switches must have shape"),
    (BACK, (DY[0], SWITCHES, X.shape), {}, ValueError, "dy must have 4 axes"),
    (BACK, (DY, SWITCHES, (1, 3, 5, 4)), {}, ValueError, "input_shape must begin with .N, C"),
    (BACK, (DY, SWITCHES, (5, 4)), {}, ValueError, "input_shape must be 4 ints"),
    (UNPOOL, (DY, SWITCHES + 20, X.shape), {}, ValueError, r"switches must lie in \[0, 20\)"),
    (UNPOOL, (DY, SWITCHES, (2, 2, 5, 4)), {}, ValueError, "output_shape must begin with"),
    (UNPOOL, (DY, SWITCHES, 20), {}, TypeError, "output_shape must be 4 ints"),
    (AVG, (X.astype(np.int64), 2), {}, TypeError, "x must have a floating dtype"),
    (AVG, (X, (6, 1)), {}, ValueError, "kernel_size must fit inside .*got 6"),
    (AVG, (X, 2), dict(stride=(1, 0)), ValueError, "stride must be .* at least 1, got 0"),
    (AVG, (X[0], 2), {}, ValueError, "x must have 4 axes"),
    (AVG_BACK, (DY, (1, 2, 6, 4), 2), {}, ValueError, r"dy must have shape \(1, 2, 3, 2\)"),
    (AVG_BACK, (DY, (1, 1, 4, 4), 2), {}, ValueError, "input_shape must begin with"),
    (AVG_BACK, (DY, (1, 2, 4, 1), 2), {}, ValueError, "kernel_size must fit inside"),
    (AVG_BACK, (DY.astype(int), (1, 2, 4, 4), 2), {}, TypeError, "dy must have a floating dtype"),
    (MATRIX, ((4, 4, 4), 2), {}, ValueError, r"input_shape must be 2 ints \(H, W\)"),
    (MATRIX, ((4, 0), 2), {}, ValueError, "W of input_shape must be an integer of at least 1"),
    (MATRIX, ((4, 4), 5), {}, ValueError, "kernel_size must fit inside .*got 5"),
    ("global_avg_pool2d", (X[0],), {}, ValueError, "x must have 4 axes"),
    ("global_avg_pool2d", (X[:, :, :0],), {}, ValueError, "x must have at least 1 along"),
    ("global_avg_pool2d", (X[:, :0],), {}, ValueError, "x must have at least 1 along every axis"),
    (MAX, (X[:, :, :0], 2), dict(padding=1), ValueError, r"x .* got shape \(1, 2, 0, 4\)"),
    (MAX, (torch.zeros(1, 0, 4, 4), 2), {}, ValueError, r"x .* got shape \(1, 0, 4, 4\)"),
    (AVG, (X[:, :0], 2), {}, ValueError, r"x must have at least 1 .* got shape \(1, 0, 5, 4\)"),
    (AVG, (torch.zeros(1, 0, 4, 4), 2), {}, ValueError, "x must have at least 1 along every axis"),
    (BACK, (DY, SWITCHES, (1, 2, 0, 4)), {}, ValueError, "input_shape must have at least 1 along"),
    (BACK, (DY[..., :0], SWITCHES[..., :0], X.shape), {}, ValueError, "dy must have at least 1"),
    (AVG_BACK, (DY, (1, 2, 0, 4), 2), {}, ValueError, "input_shape must have at least 1 along"),
    ("global_avg_pool2d", (X.astype(int),), {}, TypeError, "x must have a floating dtype"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "options", "error", "message"), REFUSALS)
def test_bad_input_is_refused_with_a_clear_message(name, arguments, options, error, message):
    with pytest.raises(error, match=message):
        getattr(course_lib, name)(*arguments, **options)


@pytest.mark.parametrize("wrong", [-1, 20])
@pytest.mark.parametrize("name", [BACK, UNPOOL])
def test_torch_refuses_wrong_switches_with_the_same_message(name, wrong):
    dy, switches = torch.tensor(DY), torch.tensor(SWITCHES)
    switches[0, 1, 1, 0] = wrong
    with pytest.raises(ValueError, match=rf"switches must lie in \[0, 20\), got {wrong}"):
        getattr(course_lib, name)(dy, switches, X.shape)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64", "int8", "int64"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_switches_may_have_any_integer_type(dtype, backend):
    y, switches = reference.max_pool2d(image((1, 2, 5, 4)), 2)
    expected = reference.max_pool2d_backward(y, switches, (1, 2, 5, 4))
    for name in (BACK, UNPOOL):
        given = switches.astype(dtype)
        np.testing.assert_array_equal(run(backend, name, y, given, (1, 2, 5, 4)), expected)
