"""Dense, ReLU and the softmax loss are right: worked numbers, torch and the complex step."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import course_lib
from course_lib.reference import dense as reference

BACKENDS = ("reference", "numpy", "torch")


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


def layer(N=4, D=3, F=5, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(dtype) for shape in ((N, D), (F, D), (F,), (N, F))]


def complex_step(function, arrays, which):
    """Differentiate a number with respect to every entry of one array."""
    gradient = np.zeros(arrays[which].shape)
    for index in np.ndindex(*gradient.shape):
        moved = [a.astype(complex) for a in arrays]
        moved[which][index] += 1e-30j
        gradient[index] = np.imag(function(*moved)) / 1e-30
    return gradient


@pytest.mark.parametrize("backend", BACKENDS)
def test_dense_and_its_backward_equal_torch(backend):
    x, w, b, dy = layer()
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]
    expected = F.linear(*tensors)
    expected.backward(torch.tensor(dy))
    assert_near(run(backend, "dense", x, w, b), expected.detach().numpy(), 1e-12)
    assert_near(run(backend, "dense", x, w), F.linear(*tensors[:2]).detach().numpy(), 1e-12)
    gradients = run(backend, "dense_backward", dy, x, w)
    for gradient, tensor in zip(gradients, tensors, strict=True):
        assert_near(gradient, tensor.grad.numpy(), 1e-12)


@pytest.mark.parametrize("backend", ["reference", "numpy"])
def test_dense_backward_equals_the_complex_step(backend):
    x, w, b, dy = layer(seed=1)
    gradients = run(backend, "dense_backward", dy, x, w)
    for which, gradient in enumerate(gradients):
        step = complex_step(lambda *a: np.sum(run(backend, "dense", *a) * dy), [x, w, b], which)
        assert_near(gradient, step, 1e-12)


@given(*(st.integers(0, 6) for _ in range(3)), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_dense_backward_is_the_adjoint_in_every_backend(N, D, F, seed):
    x, w, _, dy = layer(N, D, F, seed)
    expected = reference.dense_backward(dy, x, w)
    y = reference.dense(x, w)
    scale = 1 + np.sum(np.abs(y * dy))
    for backend in BACKENDS:
        gradients = run(backend, "dense_backward", dy, x, w)
        inner = np.sum(run(backend, "dense", x, w) * dy)
        assert abs(inner - np.sum(x * gradients[0])) <= 1e-12 * scale
        assert abs(inner - np.sum(w * gradients[1])) <= 1e-12 * scale
        for gradient, exact in zip(gradients, expected, strict=True):
            assert_near(gradient, exact, 1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_worked_relu_and_its_three_rules(oracles, backend):
    case = oracles["relu_backward_rules"]
    x, upstream = (np.array(case["inputs"][k], dtype=float) for k in ("X_n", "upstream"))
    assert run(backend, "relu", x).tolist() == case["expected"]["forward"]
    for rule, key in [("gradient", "backprop"), ("deconvnet", "deconvnet"), ("guided", "guided")]:
        result = run(backend, "relu_backward", upstream, x, rule=rule)
        assert result.tolist() == case["expected"][key]


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_rule_blocks_by_the_signs_alone(backend):
    values = np.array([-2.0, -0.1, 0.0, 0.1, 2.0])
    dy, x = (grid.ravel() for grid in np.meshgrid(values, values))
    for rule, passes in [
        ("gradient", np.sign(x) == 1),
        ("deconvnet", np.sign(dy) == 1),
        ("guided", (np.sign(x) == 1) & (np.sign(dy) == 1)),
    ]:
        np.testing.assert_array_equal(run(backend, "relu_backward", dy, x, rule=rule), dy * passes)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_default_rule_is_the_gradient_and_the_kink_blocks(backend):
    x = np.array([-1.0, -0.0, 0.0, 1e-300, 2.0])
    dy = np.array([3.0, 3.0, 3.0, -3.0, np.inf])
    assert run(backend, "relu_backward", dy, x).tolist() == [0, 0, 0, -3, np.inf]
    tensor = torch.tensor(x, requires_grad=True)
    torch.relu(tensor).backward(torch.tensor(dy))
    np.testing.assert_array_equal(run(backend, "relu_backward", dy, x), tensor.grad)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("rule", ["gradient", "deconvnet", "guided"])
def test_blocked_infinities_do_not_become_nan(backend, rule):
    dy, x = np.array([-np.inf, -np.inf]), np.array([-1.0, -np.inf])
    assert run(backend, "relu_backward", dy, x, rule=rule).tolist() == [0, 0]
    assert run(backend, "relu", np.array([-np.inf, np.inf])).tolist() == [0, np.inf]
    assert np.isnan(run(backend, "relu", np.array([np.nan])))


@pytest.mark.parametrize("backend", BACKENDS)
def test_softmax_cross_entropy_equals_torch(backend):
    rng = np.random.default_rng(0)
    scores, labels = rng.standard_normal((6, 4)) * 5, np.array([0, 3, 1, 1, 2, 0])
    tensor = torch.tensor(scores, requires_grad=True)
    expected = F.cross_entropy(tensor, torch.tensor(labels))
    expected.backward()
    loss, dscores = run(backend, "softmax_cross_entropy", scores, labels)
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    assert_near(dscores, tensor.grad.numpy(), 1e-12)


@pytest.mark.parametrize("backend", ["reference", "numpy"])
def test_the_gradient_of_the_loss_equals_the_complex_step(backend):
    scores, labels = np.random.default_rng(1).standard_normal((3, 4)), np.array([2, 0, 3])
    step = complex_step(lambda s: run(backend, "softmax_cross_entropy", s, labels)[0], [scores], 0)
    assert_near(run(backend, "softmax_cross_entropy", scores, labels)[1], step, 1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_worked_softmax_chain(oracles, backend):
    case = oracles["softmax_ce_chain"]
    scores = np.array([case["inputs"]["logits"]], dtype=float)
    labels = np.array([case["inputs"]["answer"]])
    _, dscores = run(backend, "softmax_cross_entropy", scores, labels)
    np.testing.assert_allclose(dscores[0], case["expected"]["dL_dl"], rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_large_scores_do_not_overflow(backend):
    scores = np.array([[1000.0, -1000.0], [-np.inf, 0.0]])
    loss, dscores = run(backend, "softmax_cross_entropy", scores, np.array([1, 1]))
    assert loss == 1000
    np.testing.assert_array_equal(dscores, [[0.5, -0.5], [0, 0]])


@given(
    st.integers(1, 5), st.integers(1, 5), st.floats(-300, 300), st.integers(0, 2**32 - 1)
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_the_loss_agrees_between_backends_and_ignores_a_shift(N, K, shift, seed):
    rng = np.random.default_rng(seed)
    scores, labels = rng.standard_normal((N, K)) * 10, rng.integers(K, size=N)
    loss, dscores = reference.softmax_cross_entropy(scores, labels)
    assert np.abs(dscores.sum(axis=1)).max() <= 1e-15
    for backend in BACKENDS:
        other = run(backend, "softmax_cross_entropy", scores, labels)
        assert other[0] == pytest.approx(loss, rel=1e-10, abs=1e-14)
        np.testing.assert_allclose(other[1], dscores, rtol=0, atol=1e-12)
        shifted = run(backend, "softmax_cross_entropy", scores + shift, labels)
        np.testing.assert_allclose(shifted[1], dscores, rtol=0, atol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_results_keep_the_dtype(backend, dtype):
    x, w, b, dy = layer(dtype=dtype)
    labels = np.array([0, 1, 2, 4], dtype=np.uint8)
    loss, dscores = run(backend, "softmax_cross_entropy", dy, labels)
    results = [run(backend, "dense", x, w, b), *run(backend, "dense_backward", dy, x, w)]
    results += [run(backend, "relu", x), loss, dscores]
    for rule in ("gradient", "deconvnet", "guided"):
        results.append(run(backend, "relu_backward", dy, dy, rule=rule))
    assert {r.dtype for r in results} == {np.dtype(dtype)}
    assert np.shape(loss) == ()


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_float32_stays_within_its_rounding(backend):
    x, w, b, dy = layer(8, 40, 7, dtype=np.float32)
    exact = reference.dense(*(a.astype(np.float64) for a in (x, w, b)))
    bound = 4 * np.finfo(np.float32).eps * (np.abs(x) @ np.abs(w).T + np.abs(b))
    assert np.all(np.abs(run(backend, "dense", x, w, b) - exact) <= bound)


@pytest.mark.parametrize("N", [255, 256, 257, 200_000])
def test_the_bias_gradient_of_a_large_float32_batch_is_as_exact(N):
    dy = np.random.default_rng(0).random((N, 3), dtype=np.float32)
    x, w = np.ones((N, 2), np.float32), np.ones((3, 2), np.float32)
    exact = dy.sum(axis=0, dtype=np.float64)
    for backend in ("numpy", "torch"):
        error = np.abs(run(backend, "dense_backward", dy, x, w)[2] - exact)
        assert np.all(error <= 4 * np.finfo(np.float32).eps * exact)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
@pytest.mark.parametrize(("N", "K"), [(700, 100), (200_000, 4)])
def test_half_precision_survives_large_batches(N, K, backend):
    scores, labels = np.zeros((N, K), np.float16), np.zeros(N, int)
    loss, dscores = run(backend, "softmax_cross_entropy", scores, labels)
    assert loss.dtype == dscores.dtype == np.float16
    assert float(loss) == pytest.approx(np.log(K), rel=1e-3)
    expected = (np.eye(K)[0] - 1 / K) / -N
    smallest = float(np.finfo(np.float16).smallest_subnormal)
    np.testing.assert_allclose(dscores[0].astype(float), expected, rtol=3e-3, atol=smallest)
    x, w = np.ones((1, 5000), np.float16), np.ones((2, 5000), np.float16)
    assert run(backend, "dense", x, w).tolist() == [[5000, 5000]]  # in half 2048 + 1 is 2048


@pytest.mark.parametrize("backend", BACKENDS)
def test_arrays_without_axes_stay_arrays(backend):
    loss, _ = run(backend, "softmax_cross_entropy", np.zeros((1, 2)), np.array([0]))
    assert isinstance(loss, np.ndarray) and loss.shape == () and f"{loss:.3f}" == "0.693"
    for value, expected in ((-1.0, 0), (2.0, 2)):
        y = run(backend, "relu", np.array(value))
        assert isinstance(y, np.ndarray) and y.shape == () and y == expected
        for rule in ("gradient", "deconvnet", "guided"):
            dx = run(backend, "relu_backward", np.array(3.0), np.array(value), rule=rule)
            assert isinstance(dx, np.ndarray) and dx.shape == ()


@pytest.mark.parametrize("backend", BACKENDS)
def test_empty_batches_work_without_a_warning(backend):
    x, w, b, dy = layer(N=0)
    assert run(backend, "dense", x, w, b).shape == (0, 5)
    dx, dw, db = run(backend, "dense_backward", dy, x, w)
    assert dx.shape == (0, 3) and not dw.any() and not db.any()
    loss, dscores = run(backend, "softmax_cross_entropy", dy, np.zeros(0, dtype=int))
    assert loss == 0 and dscores.shape == (0, 5)


def test_views_work_and_inputs_are_left_as_they_were():
    x, w, b, dy = layer()
    labels = np.array([0, 1, 2, 4])
    expected = course_lib.dense(x[::-1].copy(), w[:, ::-1].copy(), b)
    for array in (x, w, b, dy, labels):
        array.flags.writeable = False
    assert_near(course_lib.dense(x[::-1], w[:, ::-1], b), expected, 1e-12)
    course_lib.dense_backward(dy, x, w)
    course_lib.softmax_cross_entropy(dy, labels)
    for rule in ("gradient", "deconvnet", "guided"):
        course_lib.relu_backward(dy, dy, rule=rule)


def test_operations_in_torch_are_differentiable():
    x, w, b, dy = (torch.tensor(a, requires_grad=True) for a in layer(N=2))
    labels = torch.tensor([1, 4])
    check = torch.autograd.gradcheck
    assert check(course_lib.dense, (x, w, b))
    assert check(lambda s: course_lib.softmax_cross_entropy(s, labels), (dy,))
    assert check(course_lib.relu, (dy,))


X, W, B, DY = layer()
LABELS = np.array([0, 1, 2, 4])
SOFTMAX = "softmax_cross_entropy"
REFUSALS = [
    ("dense", (X.astype(int), W, B), {}, TypeError, "x must have a floating dtype"),
    ("dense", (X, W.astype(np.float32)), {}, TypeError, "w must have the dtype of x.*float32"),
    ("dense", (X, torch.tensor(W)), {}, TypeError, "w must be of the same kind as x.*torch"),
    ("dense", (X[0], W), {}, ValueError, r"x must have 2 axes \(N, D\), got shape \(3,\)"),
    ("dense", (X, W[:, :2]), {}, ValueError, r"w must have shape \(F, 3\), got \(5, 2\)"),
    ("dense", (X, W, B[:4]), {}, ValueError, r"b must have shape \(5,\), got \(4,\)"),
    ("dense_backward", (DY[:, :4], X, W), {}, ValueError, r"dy must have shape \(4, 5\)"),
    ("dense_backward", (DY.astype(int), X, W), {}, TypeError, "dy must have the dtype of x"),
    ("dense_backward", (DY, X, W[:, :2]), {}, ValueError, "w must have shape"),
    ("relu", ([1.0],), {}, TypeError, "x must be a NumPy array or a torch tensor, got list"),
    ("relu", (X > 0,), {}, TypeError, "x must have a floating dtype.*bool"),
    ("relu_backward", (X[:2], X), {}, ValueError, r"dy must have shape \(4, 3\), got \(2, 3\)"),
    ("relu_backward", (X, X), dict(rule="backprop"), ValueError, "rule must be one of 'gradient'"),
    ("relu_backward", (X > 0, X), {}, TypeError, "dy must have the dtype of x"),
    (SOFTMAX, (DY, LABELS - 1), {}, ValueError, r"labels must lie in \[0, 5\), got -1"),
    (SOFTMAX, (DY, LABELS + 1), {}, ValueError, r"labels must lie in \[0, 5\), got 5"),
    (SOFTMAX, (DY, LABELS * 1.0), {}, TypeError, "labels must have an integer dtype.*float64"),
    (SOFTMAX, (DY, [0, 1, 2, 4]), {}, TypeError, "labels must be an array of integers.*list"),
    (SOFTMAX, (DY, LABELS[:3]), {}, ValueError, r"labels must have shape \(4,\), got \(3,\)"),
    (SOFTMAX, (DY, np.eye(5, dtype=int)[:4]), {}, ValueError, "labels must have 1 axes"),
    (SOFTMAX, (DY[0], LABELS), {}, ValueError, r"scores must have 2 axes \(N, K\)"),
    (SOFTMAX, (DY[:, :0], LABELS), {}, ValueError, "scores must have at least one class"),
    (SOFTMAX, (DY.astype(int), LABELS), {}, TypeError, "scores must have a floating dtype"),
    (SOFTMAX, (torch.tensor(DY), LABELS), {}, TypeError, "labels .*same kind.*torch.*got numpy"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "options", "error", "message"), REFUSALS)
def test_bad_input_is_refused_with_a_clear_message(name, arguments, options, error, message):
    with pytest.raises(error, match=message):
        getattr(course_lib, name)(*arguments, **options)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64", "int8", "int32"])
@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_labels_may_have_any_integer_type(dtype, backend):
    given, expected = (run(backend, SOFTMAX, DY, LABELS.astype(t)) for t in (dtype, "int64"))
    np.testing.assert_array_equal(given[1], expected[1])


def test_torch_refuses_a_negative_label_too():
    with pytest.raises(ValueError, match=r"labels must lie in \[0, 5\), got -1"):
        course_lib.softmax_cross_entropy(torch.tensor(DY), torch.tensor(LABELS - 1))
