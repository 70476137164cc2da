"""The LSTM is right: worked numbers, torch's own, the complex step, and its cell Jacobian."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import course_lib
from course_lib import lstm_backward, lstm_forward, lstm_jacobian
from course_lib.backends.numpy import lstm as on_arrays
from course_lib.backends.torch import lstm as on_tensors
from course_lib.reference import lstm as reference

BACKENDS = ("reference", "numpy", "torch")


def layer(T=5, N=3, D=2, M=4, seed=0, dtype=np.float64):
    """Return x, w_ih, w_hh, b, h0, c0 and dh."""
    rng = np.random.default_rng(seed)
    shapes = (T, N, D), (4 * M, D), (4 * M, M), (4 * M,), (N, M), (N, M), (T, N, M)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def assert_near(actual, expected, tolerance):
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    scale = np.abs(expected).max(initial=1e-300)
    assert np.abs(actual - expected).max(initial=0) <= tolerance * scale


def native(x, w_ih, w_hh, b, h0, c0):
    """Run torch's own LSTM; return its states, last cell, and the leaves that hold gradients."""
    network = torch.nn.LSTM(x.shape[2], w_hh.shape[1]).double()
    values = [torch.tensor(a) for a in (w_ih, w_hh, b, np.zeros_like(b))]
    for parameter, value in zip(network.parameters(), values, strict=True):
        parameter.data = value
    x, h0, c0 = (torch.tensor(a, requires_grad=True) for a in (x, h0, c0))
    h, (_, c) = network(x, (h0[None], c0[None]))
    weights = list(network.parameters())[:3]
    return h, c[0], [x, *weights, h0, c0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_forward_and_backward_equal_torchs_own_layer(backend):
    *arrays, dh = layer()
    x, w_ih, w_hh, b, h0, c0 = arrays
    h, c, leaves = native(*arrays)
    h.backward(torch.tensor(dh))
    trace = lstm_forward(*arrays, backend=backend)
    assert_near(trace.h, h.detach().numpy(), 1e-12)
    assert_near(trace.c[-1], c.detach().numpy(), 1e-12)
    gradients = lstm_backward(dh, trace, x, w_ih, w_hh, h0, c0, backend=backend)
    for gradient, leaf in zip(gradients, leaves, strict=True):
        assert_near(gradient, leaf.grad.numpy(), 1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_trace_holds_what_the_equations_say(backend):
    x, w_ih, w_hh, b, h0, c0, _ = layer()
    h, c, i, f, g, o = lstm_forward(x, w_ih, w_hh, b, h0, c0, backend=backend)
    before = np.concatenate([h0[None], h[:-1]])
    z = torch.tensor(x @ w_ih.T + before @ w_hh.T + b).chunk(4, 2)
    for gate, exact in zip((i, f, g, o), z, strict=True):
        exact = exact.tanh() if gate is g else exact.sigmoid()
        assert_near(np.ascontiguousarray(gate), exact.numpy(), 1e-12)
    assert_near(c, f * np.concatenate([c0[None], c[:-1]]) + i * g, 1e-12)
    assert_near(h, o * np.tanh(c), 1e-12)


@pytest.mark.parametrize("backend", ["reference", "numpy"])
def test_backward_equals_the_complex_step(backend):
    *arrays, dh = layer(T=3, N=2, M=2)
    x, w_ih, w_hh, b, h0, c0 = arrays
    trace = lstm_forward(*arrays, backend=backend)
    gradients = lstm_backward(dh, trace, x, w_ih, w_hh, h0, c0, backend=backend)
    for which, gradient in enumerate(gradients):
        step = np.zeros_like(gradient)
        for index in np.ndindex(*gradient.shape):
            moved = [a.astype(complex) for a in arrays]
            moved[which][index] += 1e-30j
            step[index] = np.sum(lstm_forward(*moved, backend=backend).h.imag * dh) / 1e-30
        assert_near(gradient, step, 1e-12)


@given(
    st.integers(0, 4), *(st.integers(1, 4) for _ in range(3)),
    st.booleans(), st.booleans(), st.integers(0, 2**32 - 1),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_backends_agree_on_any_shape(T, N, D, M, with_h0, with_c0, seed):
    x, w_ih, w_hh, b, h0, c0, dh = layer(T, N, D, M, seed)
    states = h0 if with_h0 else None, c0 if with_c0 else None
    trace = reference.lstm_forward(x, w_ih, w_hh, b, *states)
    expected = reference.lstm_backward(dh, trace, x, w_ih, w_hh, *states)
    for backend in BACKENDS:
        ours = lstm_forward(x, w_ih, w_hh, b, *states, backend=backend)
        for part, exact in zip(ours, trace, strict=True):
            assert_near(part, exact, 1e-10)
        ours = lstm_backward(dh, ours, x, w_ih, w_hh, *states, backend=backend)
        for part, exact in zip(ours, expected, strict=True):
            assert_near(part, exact, 1e-10)


@given(
    st.integers(0, 4), *(st.integers(1, 4) for _ in range(3)), st.booleans(), st.integers(0, 99)
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_the_steps_written_in_torch_agree_too(T, N, D, M, with_states, seed):
    x, w_ih, w_hh, b, *states, dh = layer(T, N, D, M, seed)
    states = states if with_states else [None, None]
    trace = reference.lstm_forward(x, w_ih, w_hh, b, *states)
    expected = reference.lstm_backward(dh, trace, x, w_ih, w_hh, *states)
    x, w_ih, w_hh, b, dh = (torch.tensor(a) for a in (x, w_ih, w_hh, b, dh))
    states = [None if state is None else torch.tensor(state) for state in states]
    ours = on_tensors.forward_in_torch(x, w_ih, w_hh, b, *states)
    for part, exact in zip(ours, trace, strict=True):
        assert_near(part.numpy(), exact, 1e-10)
    ours = on_tensors.backward_in_torch(dh, ours, x, w_ih, w_hh, *states)
    for part, exact in zip(ours, expected, strict=True):
        assert_near(part.numpy(), exact, 1e-10)


@pytest.mark.parametrize("steps", [1, 2, 3, 4])
def test_working_on_few_steps_at_a_time_changes_nothing(monkeypatch, steps):
    x, w_ih, w_hh, b, h0, c0, dh = layer()
    trace = reference.lstm_forward(x, w_ih, w_hh, b, h0, c0)
    expected = reference.lstm_backward(dh, trace, x, w_ih, w_hh, h0, c0)
    monkeypatch.setattr(on_arrays, "CHUNK", steps * h0.size)
    ours = on_arrays.lstm_backward(dh, trace, x, w_ih, w_hh, h0, c0)
    for part, exact in zip(ours, expected, strict=True):
        assert_near(part, exact, 1e-10)


def test_tensors_that_record_gradients_may_go_backward():
    *arrays, dh = (torch.tensor(a, requires_grad=True) for a in layer())
    x, w_ih, w_hh, _, h0, c0 = arrays
    trace = lstm_forward(*arrays)
    trace.h.backward(dh.detach())
    ours = lstm_backward(dh.detach(), trace, x, w_ih, w_hh, h0, c0)
    for gradient, tensor in zip(ours, arrays, strict=True):
        assert not gradient.requires_grad
        assert_near(gradient.numpy(), tensor.grad.numpy(), 1e-12)


def test_half_precision_stays_in_torch():
    *arrays, dh = (torch.tensor(a).bfloat16() for a in layer())
    x, w_ih, w_hh, _, h0, c0 = arrays
    trace = lstm_forward(*arrays)
    gradients = lstm_backward(dh, trace, x, w_ih, w_hh, h0, c0)
    assert {a.dtype for a in (*trace, *gradients)} == {torch.bfloat16}
    expected = reference.lstm_forward(*(a.double().numpy() for a in arrays))
    assert np.abs(trace.h.double().numpy() - expected[0]).max() < 0.05


@pytest.mark.parametrize("backend", BACKENDS)
def test_left_out_first_states_are_zero(backend):
    x, w_ih, w_hh, b, h0, c0, dh = layer()
    zeros = np.zeros_like(h0)
    trace = lstm_forward(x, w_ih, w_hh, b, backend=backend)
    expected = lstm_forward(x, w_ih, w_hh, b, zeros, zeros, backend=backend)
    for a, b_ in zip(trace, expected, strict=True):
        assert_near(a, b_, 0)
    without = lstm_backward(dh, trace, x, w_ih, w_hh, backend=backend)
    expected = lstm_backward(dh, trace, x, w_ih, w_hh, zeros, zeros, backend=backend)
    for a, b_ in zip(without, expected, strict=True):
        assert_near(a, b_, 1e-14)


def worked(oracles):
    """Return the worked cell, the last step of a trace whose step before is given."""
    case = oracles["lstm_jacobian_scalar"]
    given_, p = case["inputs"], case["inputs"]["params"]
    w_ih, w_hh, b = (np.array([p[letter + gate] for gate in "ifco"]) for letter in ("u", "w", "b"))
    c_before, o_before = np.array([[given_["c_prev"]]]), np.array([[given_["o_prev"]]])
    x = np.array([[[given_["x"]]]])
    return case["expected"], x, w_ih[:, None], w_hh[:, None], b, o_before, c_before


@pytest.mark.parametrize("backend", BACKENDS)
def test_worked_cell_and_its_jacobian(oracles, backend):
    expected, x, w_ih, w_hh, b, o_before, c_before = worked(oracles)
    h_before = o_before * np.tanh(c_before)
    step = lstm_forward(x, w_ih, w_hh, b, h_before, c_before, backend=backend)
    for name, key in zip("chifgo", ("c", "h", "i", "f", "ctilde", "o"), strict=True):
        assert getattr(step, name).item() == pytest.approx(expected[key], rel=1e-12)
    before = dict(h=h_before, c=c_before, o=o_before)
    zeros = np.zeros((1, 1, 1))
    trace = [np.concatenate([np.reshape(before.get(k, zeros), (1, 1, 1)), getattr(step, k)])
             for k in "hcifgo"]  # fmt: skip
    for jacobian in (reference.lstm_jacobian, lstm_jacobian):
        terms = [term.item() for term in jacobian(tuple(trace), 1, w_hh)]
        np.testing.assert_allclose(terms, [expected[k] for k in "ABCD"], rtol=1e-12)
        assert sum(terms) == pytest.approx(expected["total"], rel=1e-12)


def autograd_jacobian(arrays, trace, t, n):
    """Return dc_t/dc_{t-1} of one example by autograd, at fixed o_{t-1}."""
    x, w_ih, w_hh, b, h0, c0 = (torch.tensor(a) for a in arrays)
    _, c, _, _, _, o = (torch.tensor(np.ascontiguousarray(part)) for part in trace)

    def step(c_before):
        h_before = o[t - 1, n] * torch.tanh(c_before) if t else h0[n]
        z_i, z_f, z_g, _ = (w_ih @ x[t, n] + w_hh @ h_before + b).chunk(4)
        return z_f.sigmoid() * c_before + z_i.sigmoid() * z_g.tanh()

    return torch.autograd.functional.jacobian(step, c[t - 1, n] if t else c0[n]).numpy()


@pytest.mark.parametrize("M", [1, 2, 5])
@pytest.mark.parametrize("kind", ["reference", "numpy", "torch"])
def test_the_four_terms_add_up_to_the_jacobian_of_autograd(kind, M):
    *arrays, _ = layer(M=M)
    trace, w_hh, c0 = lstm_forward(*arrays), arrays[2], arrays[5]
    for t in range(5):
        if kind == "reference":
            terms = reference.lstm_jacobian(trace, t, w_hh, c0)
        elif kind == "numpy":
            terms = lstm_jacobian(trace, t, w_hh, c0)
        else:
            tensors = [torch.tensor(np.ascontiguousarray(a)) for a in (*trace, w_hh, c0)]
            terms = [p.numpy() for p in lstm_jacobian(tensors[:6], t, *tensors[6:])]
        for n in range(3):
            expected = autograd_jacobian(arrays, trace, t, n)
            assert_near(sum(term[n] for term in terms), expected, 1e-12)
        separate = reference.lstm_jacobian(trace, t, w_hh, c0)
        for term, exact in zip(terms, separate, strict=True):
            assert_near(term, exact, 1e-12)


def test_each_term_is_what_its_gate_contributes():
    x, w_ih, w_hh, b, h0, c0, _ = layer()
    trace = lstm_forward(x, w_ih, w_hh, b, h0, c0)
    blocks = dict(input=0, forget=1, candidate=2)
    for name, block in blocks.items():
        alone = np.zeros_like(w_hh)
        alone[4 * block : 4 * block + 4] = w_hh[4 * block : 4 * block + 4]
        whole, part = (lstm_jacobian(trace, 2, w) for w in (w_hh, alone))
        assert_near(getattr(whole, name), getattr(part, name), 0)
        others = [n for n in blocks if n != name]
        assert not any(getattr(part, n).any() for n in others)
    assert_near(whole.carry[0], np.diag(trace.f[2, 0]), 0)


def test_a_product_of_cell_jacobians_misses_the_output_gates():
    x, w_ih, w_hh, b, h0, c0, _ = layer(T=3, N=1)
    trace = lstm_forward(x, w_ih, w_hh, b, h0, c0)
    first, second, third = (sum(lstm_jacobian(trace, t, w_hh, c0))[0] for t in range(3))
    product = third @ second @ first
    tensors = [torch.tensor(a) for a in (x, w_ih, w_hh, b, h0)]
    true = torch.autograd.functional.jacobian(
        lambda c: lstm_forward(*tensors, c[None]).c[2, 0], torch.tensor(c0[0])
    )
    assert np.abs(product - true.numpy()).max() > 1e-3


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_open_forget_gate_carries_the_gradient(oracles, backend):
    expected = oracles["vanish_scalar"]["expected"]
    for bias, key in [(5, "lstm_forget_sigmoid_5_pow50"), (0, "lstm_forget_sigmoid_0_pow50")]:
        x, w_ih, w_hh = np.zeros((51, 1, 1)), np.zeros((4, 1)), np.zeros((4, 1))
        b = np.array([-np.inf, bias, 0, 800.0])  # nothing written, everything shown
        trace = lstm_forward(x, w_ih, w_hh, b, backend=backend)
        dh = np.zeros((51, 1, 1))
        dh[49] = 1
        result = lstm_backward(dh, trace, x, w_ih, w_hh, backend=backend)
        assert result.dc0.item() == pytest.approx(expected[key], rel=1e-12)
        carried = np.prod([lstm_jacobian(trace, t, w_hh).carry.item() for t in range(50)])
        assert carried == pytest.approx(expected[key], rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_saturated_gates_neither_overflow_nor_warn(backend, dtype):
    x, w = np.zeros((1, 1, 1), dtype), np.zeros((4, 1), dtype)
    b = np.array([1e4, -1e4, -1e4, 1e4], dtype)
    with np.errstate(all="raise", under="ignore"):
        trace = lstm_forward(x, w, w, b, c0=np.full((1, 1), 7, dtype), backend=backend)
        lstm_backward(np.ones((1, 1, 1), dtype), trace, x, w, w, backend=backend)
    assert [part.item() for part in trace[1:]] == [-1, 1, 0, -1, 1]


@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize("backend", [*BACKENDS, None])
def test_left_out_bias_is_zero(backend, kind):
    x, w_ih, w_hh, b, h0, c0, _ = layer(dtype=np.float32)
    expected = lstm_forward(x, w_ih, w_hh, 0 * b, h0, c0, backend="reference")
    if kind == "torch":
        x, w_ih, w_hh, h0, c0 = (torch.tensor(a) for a in (x, w_ih, w_hh, h0, c0))
    for trace in (
        lstm_forward(x, w_ih, w_hh, None, h0, c0, backend=backend),
        lstm_forward(x, w_ih, w_hh, h0=h0, c0=c0, backend=backend),
    ):
        for part, exact in zip(trace, expected, strict=True):
            assert type(part) is type(x) and part.dtype == x.dtype
            np.testing.assert_allclose(part, exact, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", ["numpy", "torch"])
@pytest.mark.parametrize("backend", [*BACKENDS, None])
def test_results_keep_dtype_and_kind(backend, kind):
    arrays = layer(dtype=np.float32)
    if kind == "torch":
        arrays = [torch.tensor(a) for a in arrays]
    *arrays, dh = arrays
    x, w_ih, w_hh, _, h0, c0 = arrays
    trace = lstm_forward(*arrays, backend=backend)
    gradients = lstm_backward(dh, trace, x, w_ih, w_hh, h0, c0, backend=backend)
    for result in (*trace, *gradients, *lstm_jacobian(trace, 1, w_hh, c0)):
        assert type(result) is type(x) and result.dtype == x.dtype


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_float32_stays_within_its_rounding(backend):
    *arrays, _ = layer(T=1, N=4, D=30, M=20, dtype=np.float32)
    x, w_ih, w_hh, b, h0, c0 = (a.astype(np.float64) for a in arrays)
    exact = reference.lstm_forward(x, w_ih, w_hh, b, h0, c0)
    ours = lstm_forward(*arrays, backend=backend)
    # Sigmoid and tanh have a slope of at most 1; their own rounding is one more eps.
    size = np.abs(x[0]) @ np.abs(w_ih).T + np.abs(h0) @ np.abs(w_hh).T + np.abs(b) + 1
    for k, (gate, right) in enumerate(zip(ours[2:], exact[2:], strict=True)):
        bound = 4 * np.finfo(np.float32).eps * size[:, 20 * k : 20 * k + 20]
        assert np.all(np.abs(gate[0] - right[0]) <= bound)


@pytest.mark.parametrize("backend", ["numpy", "torch"])
def test_the_bias_gradient_of_a_large_float32_batch_is_as_exact(backend):
    N = 200_000
    dh = np.random.default_rng(0).random((1, N, 1), dtype=np.float32)
    half, nothing = np.full_like(dh, 0.5), np.zeros_like(dh)
    trace = (half, nothing, half, half, half, half)
    db = lstm_backward(dh, trace, nothing, np.zeros((4, 1), "f"), np.zeros((4, 1), "f"),
                       c0=np.ones((N, 1), "f"), backend=backend).db  # fmt: skip
    exact = dh.sum(dtype=np.float64) * np.array([1 / 16, 1 / 8, 3 / 16, 0])
    assert np.all(np.abs(db - exact) <= 4 * np.finfo(np.float32).eps * exact)


@pytest.mark.parametrize("backend", BACKENDS)
def test_empty_sequences_and_batches_work(backend):
    for T, N in ((0, 3), (4, 0), (0, 0), (1, 1)):
        *arrays, dh = layer(T, N)
        x, w_ih, w_hh, b, h0, c0 = arrays
        trace = lstm_forward(*arrays, backend=backend)
        assert {part.shape for part in trace} == {(T, N, 4)}
        result = lstm_backward(dh, trace, x, w_ih, w_hh, h0, c0, backend=backend)
        assert [a.shape for a in result] == [a.shape for a in arrays]
        if T * N == 0:
            assert not any(a.any() for a in result)


def test_views_work_and_inputs_are_left_as_they_were():
    *arrays, dh = layer()
    x, w_ih, w_hh, b, h0, c0 = arrays
    views = [x[::-1], w_ih[:, ::-1], w_hh[::-1], b[::-1], h0[::-1], c0[::-1], dh[::-1]]
    copies = [a.copy() for a in views]
    for array in (*arrays, dh, *views):
        array.flags.writeable = False
    trace = lstm_forward(*views[:6])
    expected = lstm_forward(*copies[:6])
    for part, exact in zip(trace, expected, strict=True):
        assert_near(part, exact, 1e-12)
        part.flags.writeable = False
    ours = lstm_backward(views[6], trace, *views[:3], *views[4:6])
    exact = lstm_backward(copies[6], expected, *copies[:3], *copies[4:6])
    for a, b_ in zip(ours, exact, strict=True):
        assert_near(a, b_, 1e-12)


def test_forward_in_torch_is_differentiable():
    *arrays, _ = layer(T=2, N=2, M=2)
    tensors = [torch.tensor(a, requires_grad=True) for a in arrays]
    assert torch.autograd.gradcheck(lambda *a: tuple(lstm_forward(*a)), tensors)


X, W_IH, W_HH, B, H0, C0, DH = layer()
TRACE = lstm_forward(X, W_IH, W_HH, B, H0, C0)
SHORT = TRACE._replace(g=TRACE.g[:4])
FORWARD, BACKWARD, JACOBIAN = "lstm_forward", "lstm_backward", "lstm_jacobian"
REFUSALS = [
    (FORWARD, (X.astype(int), W_IH, W_HH, B), TypeError, "x must have a floating dtype"),
    (FORWARD, (X, W_IH, W_HH.astype("f"), B), TypeError, "w_hh must have the dtype of x"),
    (FORWARD, (torch.tensor(X), W_IH, W_HH, B), TypeError, "w_ih must be of the same kind as x"),
    (FORWARD, (X[0], W_IH, W_HH, B), ValueError, r"x must have 3 axes \(T, N, D\)"),
    (FORWARD, (X, W_IH, W_HH[:12], B), ValueError, r"w_hh must have shape \(16, 4\)"),
    (FORWARD, (X, W_IH, W_HH[0], B), ValueError, r"w_hh must have 2 axes \(4M, M\)"),
    (FORWARD, (X, W_IH[:4], W_HH, B), ValueError, r"w_ih must have shape \(16, 2\)"),
    (FORWARD, (X, W_IH, W_HH, B[:4]), ValueError, r"b must have shape \(16,\), got \(4,\)"),
    (FORWARD, (X, W_IH, W_HH, B, H0[:2]), ValueError, r"h0 must have shape \(3, 4\)"),
    (FORWARD, (X, W_IH, W_HH, B, H0, C0[:, :2]), ValueError, r"c0 must have shape \(3, 4\)"),
    (BACKWARD, (DH[:4], TRACE, X, W_IH, W_HH), ValueError, r"dh must have shape \(5, 3, 4\)"),
    (BACKWARD, (DH, TRACE[:5], X, W_IH, W_HH), TypeError, "trace must be the six arrays"),
    (BACKWARD, (DH, TRACE.h, X, W_IH, W_HH), TypeError, "trace must be the six .*got ndarray"),
    (BACKWARD, (DH, TRACE._replace(i=None), X, W_IH, W_HH), TypeError, "six .*'NoneType', 'nda"),
    (BACKWARD, (DH, SHORT, X, W_IH, W_HH), ValueError, r"trace.g must have shape \(5, 3, 4\)"),
    (BACKWARD, (DH.astype("f"), TRACE, X, W_IH, W_HH), TypeError, "dh must have the dtype of x"),
    (BACKWARD, (DH, TRACE, X, W_IH, W_HH, None, C0[0]), ValueError, "c0 must have 2 axes"),
    (JACOBIAN, (TRACE, 5, W_HH), ValueError, "t must be .* at most 4, got 5"),
    (JACOBIAN, (TRACE, -1, W_HH), ValueError, "t must be an integer of at least 0.*got -1"),
    (JACOBIAN, (TRACE, 1.0, W_HH), TypeError, "t must be an integer"),
    (JACOBIAN, (SHORT, 1, W_HH), ValueError, r"trace.g must have shape \(5, 3, 4\)"),
    (JACOBIAN, (TRACE, 1, W_HH[:12]), ValueError, r"w_hh must have shape \(16, 4\)"),
    (JACOBIAN, (TRACE, 1, W_HH.astype("f")), TypeError, "trace.h must have the dtype of w_hh"),
    (JACOBIAN, (TRACE, 1, W_HH, C0[:1]), ValueError, r"c0 must have shape \(3, 4\)"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "error", "message"), REFUSALS)
def test_bad_input_is_refused_with_a_clear_message(name, arguments, error, message):
    with pytest.raises(error, match=message):
        getattr(course_lib, name)(*arguments)
