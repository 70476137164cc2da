"""Integrated gradients: quadrature, completeness, baselines, memory."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.attribution import _model, integrated_gradients
from course_lib.attribution.integrated_gradients import RULES, quadrature


def tensor(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def square(x):
    return (x**2).sum(1)


@pytest.fixture
def smooth_net():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 3)).double()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("n_steps", [1, 2, 7])
def test_linear_model_has_no_half(rule, n_steps, oracles):
    case = oracles["ig_linear"]
    lam, xi, x0 = (tensor(case["inputs"][name]) for name in ("lam", "xi", "x0"))
    values, delta = integrated_gradients(
        lambda x: x @ lam.T, xi, 0, x0, n_steps=n_steps, rule=rule, return_delta=True
    )
    np.testing.assert_allclose(values[0], case["expected"]["ig"], rtol=1e-14)
    assert values.sum() == pytest.approx(case["expected"]["f_diff"], abs=1e-14)
    assert delta.shape == (1,) and delta.abs().max() < 1e-14
    assert not np.allclose(values[0], case["expected"]["document_value_wrong"])


def test_quadratic_by_the_right_rule_and_by_the_midpoint(oracles):
    case = oracles["ig_quadratic_riemann"]
    x, x0 = tensor(case["inputs"]["x"]), tensor(case["inputs"]["x0"])
    for m, expected in case["expected"]["right_rule"].items():
        right = integrated_gradients(square, x, 0, x0, n_steps=int(m), rule="right")
        np.testing.assert_allclose(right[0], expected, rtol=1e-11)
    for rule in ("midpoint", "trapezoid", "gauss_legendre"):
        values = integrated_gradients(square, x, 0, x0, n_steps=10, rule=rule)
        np.testing.assert_allclose(values[0], case["expected"]["exact"], rtol=1e-13)


def test_saturated_sum_gets_half_each(oracles):
    x = tensor([1.0, 1.0])
    values = integrated_gradients(lambda x: 1 - torch.relu(1 - x.sum(1)), x, 0, n_steps=50)
    np.testing.assert_allclose(values[0], oracles["saturation"]["expected"]["ig_at_1_1_from_0"])


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("n", [1, 2, 5, 50])
def test_weights_of_every_rule_sum_to_one(rule, n):
    nodes, weights = quadrature(rule, n)
    assert nodes.shape == weights.shape == (n + (rule == "trapezoid"),)
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    assert nodes.min() >= 0 and nodes.max() <= 1 and (np.diff(nodes) > 0).all()


def test_rules_by_hand():
    third = 1 / 3
    np.testing.assert_allclose(quadrature("midpoint", 2)[0], [0.25, 0.75], rtol=1e-15)
    np.testing.assert_allclose(quadrature("right", 3)[0], [third, 2 * third, 1], rtol=1e-15)
    np.testing.assert_allclose(quadrature("trapezoid", 3)[1], [third / 2, third, third, third / 2])
    nodes, weights = quadrature("gauss_legendre", 2)
    np.testing.assert_allclose(nodes, [(1 - 3**-0.5) / 2, (1 + 3**-0.5) / 2], rtol=1e-14)
    np.testing.assert_allclose(weights, [0.5, 0.5], rtol=1e-14)


@pytest.mark.parametrize("rule,degree", [("right", 0), ("midpoint", 1), ("trapezoid", 1)])
def test_rules_are_exact_up_to_their_degree_only(rule, degree):
    nodes, weights = quadrature(rule, 4)
    for power in range(degree + 2):
        exact = weights @ nodes**power == pytest.approx(1 / (power + 1), abs=1e-13)
        assert exact == (power <= degree)


def test_gauss_legendre_with_n_nodes_is_exact_to_degree_2n_minus_1():
    nodes, weights = quadrature("gauss_legendre", 4)
    for power in range(9):
        exact = weights @ nodes**power == pytest.approx(1 / (power + 1), abs=1e-13)
        assert exact == (power <= 7)


def test_completeness_converges_as_each_rule_promises(smooth_net):
    x, x0 = torch.randn(2, 4, 5, dtype=torch.float64)
    target = [0, 1, 2, 0]

    def gap(rule, n):
        _, delta = integrated_gradients(
            smooth_net, x, target, x0, n_steps=n, rule=rule, return_delta=True
        )
        return delta.abs().max().item()

    assert gap("gauss_legendre", 20) < 1e-12
    for rule, order in (("right", 1), ("midpoint", 2), ("trapezoid", 2)):
        assert np.log2(gap(rule, 64) / gap(rule, 128)) == pytest.approx(order, abs=0.1)


def test_delta_is_what_the_values_miss(smooth_net):
    x, x0 = torch.randn(2, 3, 5, dtype=torch.float64)
    values, delta = integrated_gradients(
        smooth_net, x, 1, x0, n_steps=2, rule="right", return_delta=True
    )
    difference = (smooth_net(x) - smooth_net(x0))[:, 1].detach()
    torch.testing.assert_close(delta, values.sum(1) - difference, rtol=1e-12, atol=1e-14)
    assert delta.abs().min() > 1e-4
    without = integrated_gradients(smooth_net, x, 1, x0, n_steps=2, rule="right")
    assert torch.equal(without, values)


def test_default_is_50_midpoints_from_zero(smooth_net):
    x = torch.randn(3, 5, dtype=torch.float64)
    explicit = integrated_gradients(
        smooth_net, x, 0, torch.zeros_like(x), n_steps=50, rule="midpoint", chunk=256
    )
    assert torch.equal(integrated_gradients(smooth_net, x, 0), explicit)


def test_baselines_may_be_a_number_a_row_or_a_row_for_each(smooth_net):
    x = torch.randn(3, 5, dtype=torch.float64)
    by_number = integrated_gradients(smooth_net, x, 0, 0.5)
    for baselines in (torch.full((1, 5), 0.5), torch.full((3, 5), 0.5)):
        assert torch.equal(integrated_gradients(smooth_net, x, 0, baselines.double()), by_number)
    rows = torch.randn(3, 5, dtype=torch.float64)
    together = integrated_gradients(smooth_net, x, 0, rows)
    for k in range(3):
        alone = integrated_gradients(smooth_net, x[k : k + 1], 0, rows[k : k + 1])
        torch.testing.assert_close(together[k : k + 1], alone, rtol=1e-12, atol=1e-14)
    assert torch.equal(
        integrated_gradients(smooth_net, x, 0, 0), integrated_gradients(smooth_net, x, 0)
    )


@pytest.mark.parametrize(
    ("baselines", "error", "message"),
    [
        (torch.zeros(2, 5).double(), ValueError, r"inputs \(3, 5\), or 1 row of it, got \(2, 5\)"),
        (torch.zeros(5).double(), ValueError, r"got \(5,\)"),
        (torch.zeros(3, 1).double(), ValueError, r"got \(3, 1\)"),
        (torch.zeros(3, 5), TypeError, "baselines must have the dtype of inputs"),
        (torch.zeros(3, 5).long(), TypeError, "baselines must have .* got torch.int64"),
        (np.zeros((3, 5)), TypeError, "baselines must be None, a number or a torch tensor"),
        (True, TypeError, "baselines must be None, a number or a torch tensor, got bool"),
        (torch.full((1, 5), torch.nan).double(), ValueError, "baselines must be finite"),
        (float("inf"), ValueError, "baselines must be finite"),
    ],
)
def test_bad_baselines_are_refused(baselines, error, message, smooth_net):
    with pytest.raises(error, match=message):
        integrated_gradients(smooth_net, torch.ones(3, 5).double(), 0, baselines)


@pytest.mark.parametrize(
    ("option", "value", "error", "message"),
    [
        ("n_steps", 0, ValueError, "n_steps must be an integer of at least 1, got 0"),
        ("n_steps", -3, ValueError, "n_steps must be an integer of at least 1, got -3"),
        ("n_steps", 5.0, TypeError, "n_steps must be an integer of at least 1, got 5.0"),
        ("chunk", 0, ValueError, "chunk must be an integer of at least 1, got 0"),
        ("rule", "simpson", ValueError, "rule must be one of 'midpoint', 'right', 'trapezoid', 'g"),
        ("rule", None, ValueError, "rule must be one of"),
        ("progress", 1, TypeError, "progress must be False, True or a function"),
    ],
)
def test_options_out_of_range_are_refused(option, value, error, message, smooth_net):
    with pytest.raises(error, match=message):
        integrated_gradients(smooth_net, torch.ones(3, 5).double(), 0, **{option: value})


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("chunk", [1, 2, 4, 9, 1000])
def test_chunks_bound_what_the_model_sees_and_change_nothing(rule, chunk, smooth_net):
    seen = []

    def model(x):
        seen.append(len(x))
        return smooth_net(x)

    x = torch.randn(4, 5, dtype=torch.float64)
    counts = []
    values, delta = integrated_gradients(
        model,
        x,
        [0, 1, 2, 0],
        n_steps=6,
        rule=rule,
        chunk=chunk,
        return_delta=True,
        progress=lambda done, total: counts.append((done, total)),
    )
    whole, _ = integrated_gradients(
        smooth_net, x, [0, 1, 2, 0], n_steps=6, rule=rule, return_delta=True
    )
    torch.testing.assert_close(values, whole, rtol=1e-12, atol=1e-14)
    gradients = 4 * (7 if rule == "trapezoid" else 6)
    assert max(seen) <= chunk
    assert sum(seen) == gradients + 2 * 4
    assert counts[-1] == (gradients, gradients)
    assert [done for done, _ in counts] == list(np.cumsum(seen)[: len(counts)])


@pytest.mark.parametrize(
    ("rows", "chunk", "largest"), [(4, 1, 4), (4, 4, 4), (4, 9, 8), (4, 1000, 24), (1, 3, 3)]
)
def test_points_are_made_a_chunk_at_a_time_too(rows, chunk, largest, smooth_net, monkeypatch):
    made, gradients = [], _model.gradients

    def recording(model, x, *args, **options):
        made.append(len(x))
        return gradients(model, x, *args, **options)

    monkeypatch.setattr(_model, "gradients", recording)
    x = torch.randn(rows, 5, dtype=torch.float64)
    integrated_gradients(smooth_net, x, 0, n_steps=6, chunk=chunk)
    assert max(made) == largest and sum(made) == 6 * rows


def test_the_model_sees_256_rows_at_once_by_default(smooth_net):
    seen = []

    def model(x):
        seen.append(len(x))
        return smooth_net(x)

    integrated_gradients(model, torch.ones(1, 5).double(), 0, n_steps=300)
    assert seen == [256, 44]


def test_progress_draws_a_bar_that_ends_full(smooth_net, capsys):
    x = torch.randn(2, 5, dtype=torch.float64)
    integrated_gradients(smooth_net, x, 0, n_steps=3, progress=True)
    bar = capsys.readouterr().err
    assert "integrated_gradients" in bar and "6/6" in bar
    integrated_gradients(smooth_net, x, 0, n_steps=3)
    assert capsys.readouterr().err == ""


def test_500_steps_on_a_batch_of_64_need_chunk_sized_memory():
    # A process of its own, so that its peak is the method's: 64 * 500 points would take 131 MB.
    code = """
import resource, torch
from course_lib.attribution import _model, integrated_gradients
torch.set_num_threads(1)
weights = torch.randn(512, 2, dtype=torch.float64)
model = lambda x: torch.relu(x) @ weights
x = torch.randn(64, 512, dtype=torch.float64)
integrated_gradients(model, x, 0, n_steps=4)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
_, delta = integrated_gradients(model, x, 0, n_steps=500, return_delta=True)
assert float(delta.abs().max()) < 1e-8, delta
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    grown_kib = int(run.stdout)
    chunk_kib = 256 * 512 * 8 / 1024
    assert grown_kib < 24 * chunk_kib < 64 * 500 * 512 * 8 / 1024 / 5
