"""Cascading randomisation and rank correlation."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.attribution import randomise, rank_correlation, saliency


class Scaled(nn.Module):
    """A layer without reset_parameters."""

    def __init__(self, values):
        super().__init__()
        self.scale = nn.Parameter(values)

    def forward(self, x):
        return x * self.scale


@pytest.fixture
def model():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(16, 3)
    )


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def changed(before, after):
    after = after.state_dict()
    return {name for name, value in before.state_dict().items() if not value.equal(after[name])}


def test_layers_are_drawn_anew_from_the_top_and_stay_so(model):
    with torch.no_grad():
        model[2].weight += 1
    state = {name: value.clone() for name, value in model.state_dict().items()}
    steps = list(randomise(model, rng=generator()))
    assert [name for name, _ in steps] == ["4", "2", "0"]
    head, norm = {"4.weight", "4.bias"}, {"2.weight"}
    copies = [copy for _, copy in steps]
    assert changed(model, copies[0]) == head
    assert changed(model, copies[1]) == head | norm
    assert changed(model, copies[2]) == head | norm | {"0.weight", "0.bias"}
    assert changed(copies[0], copies[1]) == norm
    assert all(value.equal(state[name]) for name, value in model.state_dict().items())


def test_copies_are_the_callers_to_change(model):
    steps = randomise(model, rng=generator())
    _, first = next(steps)
    with torch.no_grad():
        first[0].weight.zero_()
    _, second = next(steps)
    assert second[0].weight.equal(model[0].weight)


def test_the_generator_decides_and_the_global_one_is_left_alone(model):
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    first = [copy for _, copy in randomise(model, rng=generator(1))]
    assert torch.random.get_rng_state().equal(before)
    torch.manual_seed(8)
    again = [copy for _, copy in randomise(model, rng=generator(1))]
    other = [copy for _, copy in randomise(model, rng=generator(2))]
    for a, b, c in zip(first, again, other, strict=True):
        assert changed(a, b) == set()
        assert changed(a, c) >= {"4.weight"}


def test_each_layer_gets_numbers_of_its_own():
    single = nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in range(60)))
    *_, (_, last) = randomise(single, rng=generator())
    assert len({layer.weight.item() for layer in last}) == 60


def test_a_layer_leaves_the_layers_inside_it_to_their_turn():
    outer = Scaled(torch.randn(4, generator=generator(3)))
    outer.inside = Scaled(torch.randn(4, generator=generator(4)))
    (first, one), (second, both) = randomise(outer, rng=generator(5))
    assert (first, second) == ("inside", "")
    assert changed(outer, one) == {"inside.scale"}
    assert changed(one, both) == {"scale"}


def test_layers_without_reset_keep_mean_and_spread():
    torch.manual_seed(0)
    values = 5 + 2 * torch.randn(10_000, dtype=torch.float64)
    ((name, drawn),) = randomise(Scaled(values.clone()), rng=generator(5))
    scale = drawn.scale.detach()
    assert name == "" and drawn.scale.requires_grad
    assert scale.mean().item() == pytest.approx(values.mean().item(), abs=0.1)
    assert scale.std().item() == pytest.approx(values.std().item(), rel=0.05)
    assert abs(rank_correlation(scale, values)) < 0.05
    # One value has no spread, and stays.
    ((_, single),) = randomise(Scaled(torch.tensor([3.0])), rng=generator())
    assert single.scale.item() == 3.0


@pytest.mark.parametrize(
    ("model", "generator", "error", "message"),
    [
        (lambda x: x, torch.Generator(), TypeError, "model must be a torch module, got function"),
        (nn.ReLU(), torch.Generator(), ValueError, "model must have parameters .* got ReLU"),
        (nn.Linear(1, 1), "0", TypeError, "rng must be None, a seed or a Generator .* got str"),
        (nn.Linear(1, 1), -1, ValueError, "rng must be an integer of at least 0, got -1"),
    ],
)
def test_randomise_refuses_at_once(model, generator, error, message):
    with pytest.raises(error, match=message):
        randomise(model, rng=generator)


def test_saliency_notices_randomised_layers():
    torch.manual_seed(2)
    layers = nn.Linear(30, 40), nn.ReLU(), nn.Linear(40, 40), nn.ReLU(), nn.Linear(40, 2)
    net = nn.Sequential(*layers).double()
    x = torch.randn(8, 30, dtype=torch.float64)
    before = saliency(net, x, 0)
    *_, (_, last) = randomise(net, rng=generator())
    assert abs(rank_correlation(before, saliency(last, x, 0))) < 0.2
    assert rank_correlation(before, saliency(net, x, 0)) == pytest.approx(1, abs=1e-12)


def test_rank_correlation_by_hand():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert rank_correlation(a, a**3) == pytest.approx(1, abs=1e-12)
    assert rank_correlation(a, -a) == pytest.approx(-1, abs=1e-12)
    # Without ties 1 - 6 sum d^2 / (n (n^2 - 1)): ranks 1 2 3 4 and 2 1 4 3 give 1 - 24/60.
    assert rank_correlation(a, np.array([[2, 1], [4, 3]])) == pytest.approx(0.6, abs=1e-12)
    # Ties share their mean rank: 1.5 1.5 3 against 1 2 3.
    tied = rank_correlation(np.array([0.0, 0.0, 1.0]), torch.tensor([1.0, 2.0, 5.0]))
    assert tied == pytest.approx(np.sqrt(3) / 2, abs=1e-12)
    assert isinstance(tied, float)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_ranks_do_not_ask_for_the_precision(dtype):
    a, b = torch.tensor([1.0, 2.0, 3.0, 4.0]), torch.tensor([2.0, 1.0, 4.0, 3.0])
    assert rank_correlation(a.to(dtype), b.to(dtype)) == pytest.approx(0.6, abs=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "error", "message"),
    [
        ([1.0, 2.0], np.zeros(2), TypeError, "a must be a NumPy array or a torch tensor, got list"),
        (np.arange(2.0), None, TypeError, "b must be a NumPy array or a torch tensor, got NoneT"),
        (np.arange(2.0), np.arange(3.0), ValueError, r"b must have the shape of a \(2,\), got \(3"),
        (np.arange(1.0), np.arange(1.0), ValueError, "a must have at least 2 entries, got 1"),
        (np.arange(2.0), np.array([1, np.nan]), ValueError, "b must be finite"),
        (np.array([1, np.inf]), np.arange(2.0), ValueError, "a must be finite"),
        (np.arange(2.0), np.ones(2), ValueError, "b must have entries that differ, got 1.0 every"),
    ],
)
def test_rank_correlation_refuses(a, b, error, message):
    with pytest.raises(error, match=message):
        rank_correlation(a, b)
