"""The recurrent layer and BPTT are right: worked numbers, torch, the complex step, truncation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import course_lib
from course_lib import rnn_backward, rnn_forward
from course_lib.reference import rnn as reference

BACKENDS = ("reference", "numpy", "torch")


def layer(T=5, N=3, D=2, M=4, seed=0, dtype=np.float64, with_h0=True):
    """Return x, w_ih, w_hh, b, h0 and dh."""
    rng = np.random.default_rng(seed)
    shapes = (T, N, D), (M, D), (M, M), (M,), (N, M), (T, N, M)
    x, w_ih, w_hh, b, h0, dh = (rng.standard_normal(shape).astype(dtype) for shape in shapes)
    return x, w_ih, w_hh, b, h0 if with_h0 else None, dh


def autograd(x, w_ih, w_hh, b, h0, dh, truncate=None):
    """Return h and the gradients, each step's loss carried through at most `truncate` steps."""
    tensors = [torch.tensor(a, requires_grad=True) for a in (x, w_ih, w_hh, b, h0)]
    x, w_ih, w_hh, b, h0 = tensors
    states = [h0]
    for x_t in x:
        states.append(torch.tanh(x_t @ w_ih.T + states[-1] @ w_hh.T + b))
    for u in range(len(x)):
        first = 0 if truncate is None else max(0, u - truncate + 1)
        state = states[first] if first == 0 else states[first].detach()
        for x_t in x[first : u + 1]:
            state = torch.tanh(x_t @ w_ih.T + state @ w_hh.T + b)
        (state * torch.tensor(dh[u])).sum().backward(retain_graph=True)
    return torch.stack(states[1:]).detach().numpy(), [t.grad.numpy() for t in tensors]


def assert_near(actual, expected, tolerance):
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    scale = np.abs(expected).max(initial=1e-300)
    assert np.abs(actual - expected).max(initial=0) <= tolerance * scale


@pytest.mark.parametrize("backend", BACKENDS)
def test_forward_and_backward_equal_torch(backend):
    x, w_ih, w_hh, b, h0, dh = layer()
    expected, gradients = autograd(x, w_ih, w_hh, b, h0, dh)
    h = rnn_forward(x, w_ih, w_hh, b, h0, backend=backend)
    assert_near(h, expected, 1e-12)
    ours = rnn_backward(dh, x, h, w_ih, w_hh, h0, backend=backend)
    for gradient, exact in zip(ours[:5], gradients, strict=True):
        assert_near(gradient, exact, 1e-12)


def test_forward_equals_torchs_own_layer():
    x, w_ih, w_hh, b, h0, _ = layer()
    native = torch.nn.RNN(2, 4).double()
    weights = [torch.tensor(a) for a in (w_ih, w_hh, b, np.zeros(4))]
    for parameter, value in zip(native.parameters(), weights, strict=True):
        parameter.data = value
    expected = native(torch.tensor(x), torch.tensor(h0)[None])[0].detach().numpy()
    for backend in BACKENDS:
        assert_near(rnn_forward(x, w_ih, w_hh, b, h0, backend=backend), expected, 1e-12)


@pytest.mark.parametrize("backend", ["reference", "numpy"])
def test_backward_equals_the_complex_step(backend):
    *arrays, dh = layer(T=3, N=2)
    x, w_ih, w_hh, b, h0 = arrays
    h = rnn_forward(*arrays, backend=backend)
    gradients = rnn_backward(dh, x, h, w_ih, w_hh, h0, backend=backend)
    for which, gradient in enumerate(gradients[:5]):
        step = np.zeros_like(gradient)
        for index in np.ndindex(*gradient.shape):
            moved = [a.astype(complex) for a in arrays]
            moved[which][index] += 1e-30j
            step[index] = np.sum(rnn_forward(*moved, backend=backend).imag * dh) / 1e-30
        assert_near(gradient, step, 1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_worked_bptt(oracles, backend):
    case = oracles["bptt_scalar"]
    given_, expected = case["inputs"], case["expected"]
    x = np.array(given_["x"], dtype=float).reshape(3, 1, 1)
    w_ih, w_hh, wo = np.array([[float(given_["wx"])]]), np.array([[given_["wh"]]]), given_["wo"]
    h = rnn_forward(x, w_ih, w_hh, np.zeros(1), backend=backend)
    np.testing.assert_allclose(h.ravel(), expected["h"], rtol=1e-12)
    error = wo * h - np.reshape(given_["y"], (3, 1, 1))
    assert 0.5 * np.sum(error**2) == pytest.approx(expected["loss"], rel=1e-12)
    assert np.sum(error * h) == pytest.approx(expected["dwo"], rel=1e-12)
    result = rnn_backward(wo * error, x, h, w_ih, w_hh, backend=backend)
    assert result.dw_hh.item() == pytest.approx(expected["dwh"], rel=1e-12)
    assert result.dw_ih.item() == pytest.approx(expected["dwx"], rel=1e-12)
    assert result.dh0.item() == pytest.approx(expected["dF0_dh0"], rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_worked_vanishing_and_exploding(oracles, backend):
    case = oracles["vanish_scalar"]
    T = case["inputs"]["steps"]
    x, dh = np.zeros((T, 1, 1)), np.zeros((T, 1, 1))
    dh[-1] = 1
    for w, power in zip(case["inputs"]["w"], case["expected"]["power"], strict=True):
        w_hh = np.array([[float(w)]])  # at h = 0 the slope of tanh is 1
        result = rnn_backward(dh, x, np.zeros_like(x), w_hh, w_hh, backend=backend)
        assert result.dh0.item() == pytest.approx(power, rel=1e-12)
        np.testing.assert_allclose(result.step_norms, float(w) ** np.arange(T)[::-1], rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_step_norms_are_the_norms_of_the_whole_gradient_at_each_state(backend):
    x, w_ih, w_hh, b, h0, dh = layer()
    state, states = torch.tensor(h0), []
    for x_t in torch.tensor(x):
        state = torch.tanh(
            x_t @ torch.tensor(w_ih).T + state @ torch.tensor(w_hh).T + torch.tensor(b)
        )
        state.requires_grad_() if not states else state.retain_grad()
        states.append(state)
    (torch.stack(states) * torch.tensor(dh)).sum().backward()
    h = torch.stack(states).detach().numpy()
    norms = rnn_backward(dh, x, h, w_ih, w_hh, h0, backend=backend).step_norms
    np.testing.assert_allclose(norms, [s.grad.norm() for s in states], rtol=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("truncate", [1, 2, 4, 5, 6])
def test_truncation_carries_each_loss_through_so_many_steps(backend, truncate):
    x, w_ih, w_hh, b, h0, dh = layer()
    h, gradients = autograd(x, w_ih, w_hh, b, h0, dh, truncate)
    result = rnn_backward(dh, x, h, w_ih, w_hh, h0, truncate=truncate, backend=backend)
    for gradient, exact in zip(result[:5], gradients, strict=True):
        assert_near(gradient, exact, 1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_one_loss_reaches_exactly_the_steps_of_its_window(backend):
    x, w_ih, w_hh, b, h0, dh = layer(T=6)
    dh[:-1] = 0
    h = rnn_forward(x, w_ih, w_hh, b, h0)
    full = rnn_backward(dh, x, h, w_ih, w_hh, h0, backend=backend)
    for truncate in range(1, 6):
        cut = rnn_backward(dh, x, h, w_ih, w_hh, h0, truncate=truncate, backend=backend)
        assert not cut.step_norms[: 6 - truncate].any() and not cut.dh0.any()
        np.testing.assert_allclose(
            cut.step_norms[6 - truncate :], full.step_norms[6 - truncate :], rtol=1e-12
        )
        assert_near(cut.dx[6 - truncate :], full.dx[6 - truncate :], 1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_window_as_long_as_the_sequence_is_full_bptt_bit_for_bit(backend, dtype):
    x, w_ih, w_hh, b, h0, dh = layer(T=20, M=9, dtype=dtype)
    h = rnn_forward(x, w_ih, w_hh, b, h0)
    full = rnn_backward(dh, x, h, w_ih, w_hh, h0, backend=backend)
    for truncate in (20, 21, 1000):
        cut = rnn_backward(dh, x, h, w_ih, w_hh, h0, truncate=truncate, backend=backend)
        for a, b_ in zip(full, cut, strict=True):
            assert a.tobytes() == b_.tobytes()
    almost = rnn_backward(dh, x, h, w_ih, w_hh, h0, truncate=19, backend=backend)
    assert np.abs(almost.dh0 - full.dh0).max() > 0


@given(
    st.integers(0, 5), *(st.integers(1, 4) for _ in range(3)),
    st.booleans(), st.none() | st.integers(1, 6), st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_backends_agree_on_any_shape(T, N, D, M, with_h0, truncate, seed):
    x, w_ih, w_hh, b, h0, dh = layer(T, N, D, M, seed, with_h0=with_h0)
    h = reference.rnn_forward(x, w_ih, w_hh, b, h0)
    expected = reference.rnn_backward(dh, x, h, w_ih, w_hh, h0, truncate=truncate)
    for backend in BACKENDS:
        assert_near(rnn_forward(x, w_ih, w_hh, b, h0, backend=backend), h, 1e-10)
        result = rnn_backward(dh, x, h, w_ih, w_hh, h0, truncate=truncate, backend=backend)
        for ours, exact in zip(result, expected, strict=True):
            assert_near(ours, exact, 1e-10)


@pytest.mark.parametrize("backend", BACKENDS)
def test_left_out_first_state_is_zero(backend):
    x, w_ih, w_hh, b, h0, dh = layer()
    zeros = np.zeros_like(h0)
    h = rnn_forward(x, w_ih, w_hh, b, backend=backend)
    assert_near(h, rnn_forward(x, w_ih, w_hh, b, zeros, backend=backend), 0)
    without = rnn_backward(dh, x, h, w_ih, w_hh, backend=backend)
    for a, b_ in zip(without, rnn_backward(dh, x, h, w_ih, w_hh, zeros), strict=True):
        assert_near(a, b_, 1e-12)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize("backend", [*BACKENDS, None])
def test_left_out_bias_is_zero(backend, kind):
    x, w_ih, w_hh, b, h0, _ = layer(dtype=np.float32)
    expected = rnn_forward(x, w_ih, w_hh, 0 * b, h0, backend="reference")
    if kind == "torch":
        x, w_ih, w_hh, h0 = (torch.tensor(a) for a in (x, w_ih, w_hh, h0))
    for h in (
        rnn_forward(x, w_ih, w_hh, None, h0, backend=backend),
        rnn_forward(x, w_ih, w_hh, h0=h0, backend=backend),
    ):
        assert type(h) is type(x) and h.dtype == x.dtype
        np.testing.assert_allclose(h, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_results_keep_dtype_and_kind(backend, kind):
    x, w_ih, w_hh, b, h0, dh = layer(dtype=np.float32)
    if kind == "torch":
        x, w_ih, w_hh, b, h0, dh = (torch.tensor(a) for a in (x, w_ih, w_hh, b, h0, dh))
    h = rnn_forward(x, w_ih, w_hh, b, h0, backend=backend)
    for truncate in (None, 2):
        result = rnn_backward(dh, x, h, w_ih, w_hh, h0, truncate=truncate, backend=backend)
        assert {type(a) for a in (h, *result)} == {type(x)}
        assert {a.dtype for a in (h, *result)} == {x.dtype}


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_float32_stays_within_its_rounding(backend):
    *arrays, dh = layer(T=1, N=4, D=30, M=20, dtype=np.float32)
    x, w_ih, w_hh, b, h0 = (a.astype(np.float64) for a in arrays)
    exact = reference.rnn_forward(x, w_ih, w_hh, b, h0)
    # The slope of tanh is at most 1; its own rounding is one more eps.
    size = np.abs(x) @ np.abs(w_ih).T + np.abs(h0) @ np.abs(w_hh).T + np.abs(b) + 1
    error = np.abs(rnn_forward(*arrays, backend=backend) - exact)
    assert np.all(error <= 4 * np.finfo(np.float32).eps * size)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_the_bias_gradient_of_many_float32_steps_is_as_exact(backend):
    T, N = 20, 10_000
    dh = np.random.default_rng(0).random((T, N, 2), dtype=np.float32)
    x, h, w = np.zeros((T, N, 1), "f"), np.zeros((T, N, 2), "f"), np.zeros((2, 2), "f")
    db = rnn_backward(dh, x, h, w[:, :1], w, backend=backend).db  # here each dz is its dh
    exact = dh.sum(axis=(0, 1), dtype=np.float64)
    assert np.all(np.abs(db - exact) <= 4 * np.finfo(np.float32).eps * exact)


@pytest.mark.parametrize("backend", BACKENDS)
def test_empty_sequences_and_batches_work(backend):
    for T, N in ((0, 3), (4, 0), (0, 0), (1, 1)):
        x, w_ih, w_hh, b, h0, dh = layer(T, N)
        h = rnn_forward(x, w_ih, w_hh, b, h0, backend=backend)
        result = rnn_backward(dh, x, h, w_ih, w_hh, h0, backend=backend)
        assert h.shape == (T, N, 4)
        shapes = [x.shape, w_ih.shape, w_hh.shape, b.shape, h0.shape, (T,)]
        assert [a.shape for a in result] == shapes
        if T * N == 0:
            assert not any(a.any() for a in result)


def test_views_work_and_inputs_are_left_as_they_were():
    x, w_ih, w_hh, b, h0, dh = layer()
    copies = [a.copy() for a in (x[::-1], w_ih[:, ::-1], w_hh.T, b[::-1], h0[::-1], dh[::-1])]
    views = [x[::-1], w_ih[:, ::-1], w_hh.T, b[::-1], h0[::-1], dh[::-1]]
    for array in (x, w_ih, w_hh, b, h0, dh, *views):
        array.flags.writeable = False
    h = rnn_forward(*views[:5])
    assert_near(h, rnn_forward(*copies[:5]), 1e-12)
    h.flags.writeable = False
    for truncate in (None, 2):
        ours = rnn_backward(views[5], views[0], h, *views[1:3], views[4], truncate=truncate)
        exact = rnn_backward(copies[5], copies[0], h, *copies[1:3], copies[4], truncate=truncate)
        for a, b_ in zip(ours, exact, strict=True):
            assert_near(a, b_, 1e-12)


def test_forward_in_torch_is_differentiable():
    *arrays, _ = layer(T=3, N=2)
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    assert torch.autograd.gradcheck(rnn_forward, tensors)


X, W_IH, W_HH, B, H0, DH = layer()
H = rnn_forward(X, W_IH, W_HH, B, H0)
FORWARD, BACKWARD = "rnn_forward", "rnn_backward"
REFUSALS = [
    (FORWARD, (X.astype(int), W_IH, W_HH, B), {}, TypeError, "x must have a floating dtype"),
    (FORWARD, (X, W_IH.astype(np.float32), W_HH, B), {}, TypeError, "w_ih must have the dtype of"),
    (FORWARD, (X, W_IH, torch.tensor(W_HH), B), {}, TypeError, "w_hh must be of the same kind"),
    (FORWARD, (X[0], W_IH, W_HH, B), {}, ValueError, r"x must have 3 axes \(T, N, D\)"),
    (FORWARD, (X, W_IH, W_HH[:3], B), {}, ValueError, r"w_hh must have shape \(3, 3\), got"),
    (FORWARD, (X, W_IH, W_HH[0], B), {}, ValueError, r"w_hh must have 2 axes \(M, M\)"),
    (FORWARD, (X, W_IH[:, :1], W_HH, B), {}, ValueError, r"w_ih must have shape \(4, 2\)"),
    (FORWARD, (X, W_IH, W_HH, B[:3]), {}, ValueError, r"b must have shape \(4,\), got \(3,\)"),
    (FORWARD, (X, W_IH, W_HH, B, H0[:2]), {}, ValueError, r"h0 must have shape \(3, 4\)"),
    (FORWARD, (X, W_IH, W_HH, B), dict(backend="jax"), ValueError, "backend must be one of"),
    (FORWARD, (X, W_IH, W_HH, B), dict(backend="triton"), NotImplementedError, "has no 'triton'"),
    (BACKWARD, (DH[:4], X, H, W_IH, W_HH), {}, ValueError, r"dh must have shape \(5, 3, 4\)"),
    (BACKWARD, (DH, X, H[:, :2], W_IH, W_HH), {}, ValueError, r"h must have shape \(5, 3, 4\)"),
    (BACKWARD, (DH, X, H, W_IH, W_HH, H0[0]), {}, ValueError, "h0 must have 2 axes"),
    (BACKWARD, (DH.astype(int), X, H, W_IH, W_HH), {}, TypeError, "dh must have the dtype of x"),
    (BACKWARD, (DH, X, H, W_IH, W_HH), dict(truncate=0), ValueError, "truncate must be .*1, got 0"),
    (BACKWARD, (DH, X, H, W_IH, W_HH), dict(truncate=2.0), TypeError, "truncate must be an int"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "options", "error", "message"), REFUSALS)
def test_bad_input_is_refused_with_a_clear_message(name, arguments, options, error, message):
    with pytest.raises(error, match=message):
        getattr(course_lib, name)(*arguments, **options)
