"""Saliency, gradient times input, SmoothGrad and class models against what is known by hand."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.attribution import (
    _model,
    class_model,
    deconvnet,
    deepshap,
    gradient_times_input,
    guided_backprop,
    integrated_gradients,
    saliency,
    smoothgrad,
)


def tensor(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def normal_cdf(z):
    return (1 + math.erf(z / math.sqrt(2))) / 2


@pytest.fixture
def relu_net():
    torch.manual_seed(0)
    layers = nn.Linear(6, 20), nn.ReLU(), nn.Linear(20, 20), nn.ReLU(), nn.Linear(20, 3)
    return nn.Sequential(*layers).double()


def test_saliency_of_a_linear_model_is_its_weights():
    W = tensor([2.0, -1.0, 0.5], [0.0, 3.0, 1.0])
    x = tensor([1.0, 2.0, 4.0], [0.0, -1.0, 5.0])
    assert torch.equal(saliency(lambda x: x @ W.T, x, 0), W[[0, 0]])
    assert torch.equal(saliency(lambda x: x @ W.T, x, [1, 0]), W[[1, 0]])
    assert torch.equal(saliency(lambda x: x @ W.T, x, np.array([1, 0])), W[[1, 0]])
    assert torch.equal(saliency(lambda x: x @ W.T, x, torch.tensor([0, 1])), W[[0, 1]])


def test_saliency_is_the_complex_step_derivative():
    W = np.random.default_rng(0).normal(size=(4, 3))
    x = np.random.default_rng(1).normal(size=3)
    steps = np.array([np.tanh(W @ (x + 1e-30j * e)).sum().imag / 1e-30 for e in np.eye(3)])
    weights = torch.from_numpy(W)
    result = saliency(lambda x: torch.tanh(x @ weights.T).sum(1), torch.from_numpy(x)[None], 0)
    np.testing.assert_allclose(result[0].numpy(), steps, rtol=1e-12)


def test_max_abs_takes_the_largest_magnitude_over_channels():
    weights = torch.zeros(1, 3, 2, 2, dtype=torch.float64)
    weights[0, :, 0, 0] = torch.tensor([1.0, -5.0, 2.0])
    weights[0, :, 1, 0] = torch.tensor([0.5, 0.25, 0.0])
    x = torch.ones(2, 3, 2, 2, dtype=torch.float64)
    result = saliency(lambda x: (x * weights).sum((1, 2, 3)), x, 0, reduce="max_abs")
    assert result.tolist() == [[[5.0, 0.0], [0.5, 0.0]]] * 2
    sequence = saliency(lambda x: (x * weights[..., 0]).sum((1, 2)), x[..., 0], 0, reduce="max_abs")
    assert sequence.tolist() == [[5.0, 0.5]] * 2


@pytest.mark.parametrize("reduce", ["max", "", 3, True])
def test_an_unknown_reduce_is_refused(reduce):
    with pytest.raises(ValueError, match="reduce must be one of 'max_abs'"):
        saliency(lambda x: x.sum(1), tensor([1.0]), 0, reduce=reduce)


def test_max_abs_needs_a_channel_axis():
    with pytest.raises(ValueError, match=r"inputs must have a channel axis.* got shape \(1, 2\)"):
        saliency(lambda x: x.sum(1), tensor([1.0, 2.0]), 0, reduce="max_abs")


def test_gradients_vanish_in_the_saturated_part(oracles):
    def saturating(x):
        return 1 - torch.relu(1 - x.sum(1))

    expected = oracles["saturation"]["expected"]
    x = tensor(*oracles["saturation"]["inputs"]["points"])
    assert saturating(x).tolist() == expected["y"]
    assert saliency(saturating, x, 0)[0].tolist() == expected["grad_at_1_1"]
    assert gradient_times_input(saturating, x, 0)[0].tolist() == expected["grad_x_input_at_1_1"]


def test_saliency_of_a_loss_follows_the_chain_rule(oracles):
    case = oracles["softmax_ce_chain"]
    result = saliency(
        lambda x: -x.log_softmax(1), tensor(case["inputs"]["logits"]), case["inputs"]["answer"]
    )
    np.testing.assert_allclose(result[0].numpy(), case["expected"]["dL_dl"], rtol=1e-12)


def test_gradient_times_input_is_complete_without_biases(relu_net):
    for layer in relu_net[::2]:
        nn.init.zeros_(layer.bias)
    x = torch.randn(10, 6, dtype=torch.float64)
    score = relu_net(x)[:, 2].detach()
    complete = gradient_times_input(relu_net, x, 2).sum(1)
    torch.testing.assert_close(complete, score, rtol=1e-12, atol=1e-12)
    for rule in (guided_backprop, deconvnet):
        gap = ((x * rule(relu_net, x, 2)).sum(1) - score).abs()
        assert gap.min() > 1e-3, "no derivative, so it cannot be complete"


def test_smoothgrad_of_a_relu_is_the_normal_distribution_function(oracles):
    case = oracles["smoothgrad_relu"]
    seeds, n = 300, 64
    for pair, expected in case["expected"]["value"].items():
        point, sigma = (float(part) for part in pair.split(","))
        assert expected == pytest.approx(normal_cdf(point / sigma), abs=1e-12)
        x = tensor([point, point - 1])  # a second input, so that the range is 1
        means = [
            smoothgrad(
                lambda x: torch.relu(x[:, 0]),
                x,
                0,
                n_samples=n,
                stdev=sigma,
                rng=torch.Generator().manual_seed(seed),
            )[0, 0].item()
            for seed in range(seeds)
        ]
        error = math.sqrt(expected * (1 - expected) / n)
        assert abs(np.mean(means) - expected) < 4 * error / math.sqrt(seeds)
        assert np.std(means) == pytest.approx(error, rel=0.2)


def test_smoothgrad_adds_half_the_variance_times_the_trace_of_the_hessian(oracles):
    case = oracles["smoothgrad_trace"]
    cubic = case["inputs"]["cubic"]
    n = 40_000
    result = smoothgrad(
        lambda x: x[:, 0] ** 3,
        tensor([cubic["x"], cubic["x"] + 1]),
        0,
        n_samples=n,
        stdev=cubic["sigma"],
        chunk=n,
        rng=torch.Generator().manual_seed(0),
    )
    deviation = math.sqrt(10.125)  # of 3 (1 + e)^2 with e ~ N(0, 0.25)
    assert abs(result[0, 0] - case["expected"]["cubic_smoothgrad"]) < 4 * deviation / math.sqrt(n)
    assert result[0, 1] == 0
    without = smoothgrad(lambda x: x[:, 0] ** 3, tensor([cubic["x"], 2.0]), 0, stdev=0, n_samples=2)
    assert without[0, 0] == case["expected"]["cubic_gradient"]


def test_smoothgrad_scales_its_noise_by_the_range_of_each_row():
    seen = []

    def model(x):
        seen.append(x.detach())
        return x.sum((1, 2))

    x = torch.stack([torch.linspace(0, 1, 2000), torch.linspace(-5, 5, 2000)]).double()[:, None]
    smoothgrad(model, x, 0, n_samples=3, stdev=0.1, chunk=4, rng=torch.Generator().manual_seed(0))
    assert [len(part) for part in seen] == [4, 2]
    noise = (torch.cat(seen) - x.repeat(3, 1, 1)).std(dim=(1, 2))
    torch.testing.assert_close(noise, torch.tensor([0.1, 1.0] * 3).double(), rtol=0.06, atol=0)


@pytest.mark.parametrize("n_samples", [1, 10])
def test_smoothgrad_adds_the_noise_of_its_generator(n_samples):
    x = tensor([0.5, 2.5, -1.5], [1.0, 1.0, 2.0])  # ranges 4 and 1
    noise = torch.randn(
        n_samples, 2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(4)
    )
    expected = (2 * (x + noise * tensor([1.0], [0.25]))).mean(0)
    result = smoothgrad(
        lambda x: (x**2).sum(1), x, 0, n_samples=n_samples, stdev=0.25,
        rng=torch.Generator().manual_seed(4),
    )  # fmt: skip
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-12)


def test_smoothgrad_shows_the_model_256_rows_at_once_unless_told_otherwise():
    rows = []
    x = torch.zeros(1, 3).double()
    smoothgrad(lambda x: rows.append(len(x)) or x.sum(1), x, 0, n_samples=600)
    assert rows == [256, 256, 88]


@pytest.mark.parametrize(("rows", "chunk", "largest"), [(4, 1, 4), (4, 9, 8), (4, 1000, 24)])
def test_smoothgrad_makes_its_points_a_chunk_at_a_time(rows, chunk, largest, monkeypatch):
    made, gradients = [], _model.gradients

    def recording(model, x, *args, **options):
        made.append(len(x))
        return gradients(model, x, *args, **options)

    monkeypatch.setattr(_model, "gradients", recording)
    smoothgrad(lambda x: x.sum(1), torch.zeros(rows, 5), 0, n_samples=6, chunk=chunk)
    assert max(made) == largest and sum(made) == 6 * rows


def test_smoothgrad_draws_its_noise_in_few_blocks_of_bounded_size(monkeypatch):
    drawn, randn = [], torch.randn

    def counted(*args, **options):
        drawn.append(randn(*args, **options))
        return drawn[-1]

    monkeypatch.setattr(torch, "randn", counted)
    for size, n_samples in ((1000, 200), (70_000, 3)):  # many copies in a block, and one
        drawn.clear()
        smoothgrad(lambda x: x.sum(1), torch.zeros(1, size), 0, n_samples=n_samples)
        numbers = [block.numel() for block in drawn]
        assert sum(numbers) == size * n_samples
        assert max(numbers) <= max(size, 2**16)
        assert len(numbers) <= 1.1 * size * n_samples / 2**16 + 1


def test_smoothgrad_does_not_depend_on_the_chunk_and_repeats_with_its_generator(relu_net):
    x = torch.randn(5, 6, dtype=torch.float64)

    def run(chunk, seed=1):
        generator = torch.Generator().manual_seed(seed)
        return smoothgrad(relu_net, x, 1, n_samples=7, chunk=chunk, rng=generator)

    for chunk in (1, 3, 5, 10, 35):
        torch.testing.assert_close(run(chunk), run(256), rtol=1e-12, atol=1e-14)
    assert torch.equal(run(256), run(256))
    assert not torch.equal(run(256), run(256, seed=2))


def test_long_work_reports_its_progress_and_is_silent_unless_asked(relu_net, capsys):
    counts = []
    x = torch.randn(5, 6, dtype=torch.float64)
    smoothgrad(relu_net, x, 1, n_samples=4, chunk=10, progress=lambda *count: counts.append(count))
    assert counts == [(10, 20), (20, 20)]
    smoothgrad(relu_net, x, 1, n_samples=4)
    class_model(relu_net, 1, shape=(6,), l2=0.1, steps=2, lr=0.1)
    deepshap(relu_net, x, 1, x[:2])
    assert capsys.readouterr() == ("", "")
    smoothgrad(relu_net, x, 1, n_samples=4, progress=True)
    class_model(relu_net, 1, shape=(6,), l2=0.1, steps=2, lr=0.1, progress=True)
    deepshap(relu_net, x, 1, x[:2], progress=True)
    bars = capsys.readouterr().err
    assert all(bar in bars for bar in ("smoothgrad", "20/20", "class_model", "2/2", "10/10"))


@pytest.mark.parametrize("number", [np.float32(0.5), np.float64(0.5), torch.tensor(0.5), 0.5])
def test_every_kind_of_number_is_a_number(number, relu_net):
    x = torch.randn(2, 6, dtype=torch.float64)
    for method in (
        lambda number: smoothgrad(relu_net, x, 1, stdev=number, rng=0),
        lambda number: class_model(relu_net, 0, shape=(6,), l2=number, steps=2, lr=number),
        lambda number: integrated_gradients(relu_net, x, 0, number),
    ):
        assert torch.equal(method(number), method(0.5))


def test_smoothgrads_defaults_are_the_usual_ones(relu_net):
    x = torch.randn(2, 6, dtype=torch.float64)
    first = smoothgrad(relu_net, x, 1, rng=5)
    usual = smoothgrad(relu_net, x, 1, n_samples=50, stdev=0.15, rng=5)
    assert torch.equal(usual, first)


@pytest.mark.parametrize(
    ("option", "value", "error", "message"),
    [
        ("n_samples", 0, ValueError, "n_samples must be an integer of at least 1, got 0"),
        ("n_samples", 2.0, TypeError, "n_samples must be an integer"),
        ("chunk", 0, ValueError, "chunk must be an integer of at least 1, got 0"),
        ("stdev", -0.1, ValueError, "stdev must be a number of at least 0 .* got -0.1"),
        ("stdev", math.nan, ValueError, "stdev must be a number .* got nan"),
        ("stdev", "0.1", TypeError, "stdev must be a number"),
        ("stdev", True, TypeError, "stdev must be a number"),
        ("progress", "yes", TypeError, "progress must be False, True or a function"),
    ],
)
def test_smoothgrad_refuses_options_out_of_range(option, value, error, message):
    with pytest.raises(error, match=message):
        smoothgrad(lambda x: x.sum(1), tensor([1.0]), 0, **{option: value})


def test_class_model_of_a_linear_score(oracles):
    case = oracles["class_model_linear"]["inputs"]
    w = tensor(case["w"])
    seen = []
    result = class_model(
        lambda x: (x @ w.T) + 7,
        0,
        shape=(3,),
        l2=case["lam"],
        steps=200,
        lr=0.5,
        init=torch.full((3,), float(case["init"]), dtype=torch.float64),
        progress=lambda done, total: seen.append((done, total)),
    )
    expected = torch.tensor(oracles["class_model_linear"]["expected"]["argmax"]).double()
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-12)
    assert seen == [(k, 200) for k in range(1, 201)]


def test_class_model_climbs_from_the_given_start_by_the_given_steps():
    w = tensor([1.0, -2.0])
    start = torch.tensor([3.0, 4.0]).double()
    result = class_model(lambda x: x @ w.T, 0, shape=(2,), l2=0.25, steps=1, lr=0.1, init=start)
    # I + lr (w - 2 l2 I)
    torch.testing.assert_close(result, tensor(2.95, 3.6), rtol=1e-14, atol=0)
    assert start.tolist() == [3.0, 4.0]


def test_class_model_starts_at_zero_in_the_dtype_of_the_model():
    model = nn.Linear(2, 3, bias=False).double()
    result = class_model(model, 2, shape=[2], l2=0.5, steps=1, lr=1.0)
    assert torch.equal(result, model.weight[2].detach())
    assert class_model(lambda x: x.sum(1), 0, shape=(2,), l2=0, steps=1, lr=1).tolist() == [1, 1]


def test_class_model_raises_the_score(relu_net):
    image = class_model(relu_net, 1, shape=(6,), l2=0.01, steps=50, lr=0.1)
    assert relu_net(image[None])[0, 1] > relu_net(torch.zeros(1, 6).double())[0, 1] + 0.03


@pytest.mark.parametrize(
    ("option", "value", "error", "message"),
    [
        ("target", 3, ValueError, r"target must be in \[0, 3\)"),
        ("target", -1, ValueError, "target must be an integer of at least 0, got -1"),
        ("target", [0], TypeError, "target must be an integer"),
        ("shape", 6, TypeError, "shape must be a tuple of ints, got 6"),
        ("shape", (0,), ValueError, "shape must be an integer of at least 1, got 0"),
        ("shape", (6.0,), TypeError, "shape must be an integer"),
        ("l2", -1, ValueError, "l2 must be a number of at least 0 .* got -1"),
        ("lr", 0, ValueError, "lr must be a number above 0 .* got 0"),
        ("lr", math.inf, ValueError, "lr must be a number above 0 .* got inf"),
        ("steps", 0, ValueError, "steps must be an integer of at least 1, got 0"),
        ("init", np.zeros(6), TypeError, "init must be a torch tensor, got ndarray"),
        ("init", torch.zeros(5), ValueError, r"init must have shape \(6,\), got \(5,\)"),
        ("init", torch.full((6,), math.nan), ValueError, "init must be finite"),
    ],
)
def test_class_model_refuses(option, value, error, message, relu_net):
    options = dict(target=0, shape=(6,), l2=0.1, steps=2, lr=0.1) | {option: value}
    with pytest.raises(error, match=message):
        class_model(relu_net, **options)


def test_class_model_refuses_to_run_away():
    with pytest.raises(ValueError, match="lr must be small enough .* got 10.0 with l2=1.0"):
        class_model(lambda x: x.sum(1), 0, shape=(2,), l2=1, steps=1000, lr=10)


def test_class_model_stops_when_one_pixel_alone_overflows():
    weights = torch.tensor([1.0, 3e38])
    with pytest.raises(ValueError, match="lr must be small enough"):
        class_model(lambda x: (x * weights).sum(1), 0, shape=(2,), l2=0.0, steps=3, lr=2.0)
