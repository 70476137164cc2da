"""Occlusion and in-silico mutagenesis on linear models, against loops, and their refusals."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.attribution import in_silico_mutagenesis, occlusion


def double(values):
    return torch.tensor(values, dtype=torch.float64)


def randn(*shape, seed=0):
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.fixture
def one_hot():
    symbols = torch.randint(4, (3, 7), generator=torch.Generator().manual_seed(2))
    return nn.functional.one_hot(symbols, 4).double().transpose(1, 2)


def test_one_feature_at_a_time_on_a_linear_model_is_weight_times_difference():
    w, x, baseline = randn(6, seed=1), randn(4, 6), randn(1, 6, seed=3)
    result = occlusion(lambda x: x @ w + 7, x, 0, window=1, baseline=baseline)
    assert torch.allclose(result, w * (x - baseline), rtol=0, atol=1e-13)


def test_saturation_hides_every_single_feature(oracles):
    oracle = oracles["saturation"]

    def y(i):
        return 1 - (1 - i.sum(1)).relu()

    points = double(oracle["inputs"]["points"])
    assert y(points).tolist() == oracle["expected"]["y"]
    result = occlusion(y, points[:1], 0, window=1)
    assert result[0].tolist() == oracle["expected"]["occlusion_at_1_1"]
    assert occlusion(y, double([[0.25, 0.5]]), 0, window=1).tolist() == [[0.25, 0.5]]
    assert occlusion(y, points[:1], 0, window=2).tolist() == [[1, 1]]  # both at once show


@pytest.mark.parametrize(
    ("window", "stride", "starts"),
    [
        (3, 1, [0, 1, 2, 3, 4]),
        (3, 3, [0, 3, 4]),  # the last window ends with the input
        (3, 2, [0, 2, 4]),
        (7, 1, [0]),
        (1, 1, [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_windows_of_a_sequence(window, stride, starts):
    x, seen = randn(2, 3, 7), []
    w = randn(3, 7, seed=5)

    def model(x):
        seen.extend(x)
        return ((x * w).sum((1, 2)) ** 2)[:, None]

    result = occlusion(model, x, 0, window=window, stride=stride, baseline=0.5)
    assert len(seen) == 2 * (1 + len(starts))
    for row in range(2):
        lost, times = np.zeros(7), np.zeros(7)
        whole = ((x[row] * w).sum() ** 2).item()
        for start in starts:
            covered = x[row].clone()
            covered[:, start : start + window] = 0.5
            drop = whole - ((covered * w).sum() ** 2).item()
            lost[start : start + window] += drop
            times[start : start + window] += 1
        expected = np.tile(lost / times, (3, 1))
        assert np.allclose(result[row], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("window", "stride"), [(2, 1), ((2, 3), (1, 2)), ((1, 4), 1), (3, (3, 2))])
def test_windows_of_an_image(window, stride):
    x, w = randn(2, 2, 5, 6), randn(2, 5, 6, seed=5)
    result = occlusion(
        lambda x: (x * w).sum((1, 2, 3)) ** 2, x, 0, window=window, stride=stride, chunk=3
    )
    (high, wide), (down, right) = np.broadcast_to(window, 2), np.broadcast_to(stride, 2)
    lost, times = np.zeros((2, 5, 6)), np.zeros((2, 5, 6))
    for top in sorted({*range(0, 5 - high, down), 5 - high}):
        for left in sorted({*range(0, 6 - wide, right), 6 - wide}):
            covered = x.clone()
            covered[:, :, top : top + high, left : left + wide] = 0
            drop = (x * w).sum((1, 2, 3)) ** 2 - (covered * w).sum((1, 2, 3)) ** 2
            lost[:, top : top + high, left : left + wide] += drop[:, None, None].numpy()
            times[:, top : top + high, left : left + wide] += 1
    expected = np.repeat((lost / times)[:, None], 2, axis=1)
    assert result.shape == x.shape and np.allclose(result, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 256])
def test_chunks_bound_what_the_model_sees_and_change_nothing(chunk, one_hot):
    largest = 0
    w = randn(4, 7)

    def model(x):
        nonlocal largest
        largest = max(largest, len(x))
        return ((x * w).sum((1, 2)) ** 2)[:, None]

    expected = occlusion(lambda x: (x * w).sum((1, 2)) ** 2, one_hot, 0, window=2)
    result = occlusion(model, one_hot, 0, window=2, chunk=chunk)
    assert torch.allclose(result, expected, rtol=0, atol=1e-13) and largest <= max(chunk, 1)
    expected = in_silico_mutagenesis(lambda x: (x * w).sum((1, 2)) ** 2, one_hot, 0)
    result = in_silico_mutagenesis(model, one_hot, 0, chunk=chunk)
    assert torch.allclose(result, expected, rtol=0, atol=1e-13) and largest <= max(chunk, 1)


def test_the_work_is_cut_into_no_more_chunks_than_needed():
    calls = []

    def model(x):
        calls.append(len(x))
        return x.sum(1)

    occlusion(model, randn(3, 10), 0, window=1, chunk=9)
    assert calls == [3, 9, 9, 9, 3]


def test_evaluations_are_one_more_than_features():
    seen, told = [], []

    def model(x):
        seen.append(len(x))
        return x.sum(1)

    occlusion(model, randn(1, 9), 0, window=1, progress=lambda *counts: told.append(counts))
    assert sum(seen) == 10 and told[-1] == (10, 10)


def test_nothing_is_printed_unless_asked(one_hot, capsys):
    methods = (
        lambda **options: occlusion(model, one_hot, 0, window=2, **options),
        lambda **options: in_silico_mutagenesis(model, one_hot, 0, **options),
    )
    for method in methods:
        method()
        assert capsys.readouterr() == ("", "")
        method(progress=True)
        assert "Perturbation" in capsys.readouterr().err


def test_mutagenesis_evaluates_every_other_symbol_once(one_hot):
    seen, told = [], []

    def model(x):
        assert (x.sum(1) == 1).all()
        seen.extend("".join("ACGT"[s] for s in row.argmax(0)) for row in x)
        return x[:, 0].sum(1)

    in_silico_mutagenesis(model, one_hot, 0, progress=lambda *counts: told.append(counts))
    assert len(seen) == len(set(seen)) == 3 * (1 + 3 * 7) and told[-1] == (66, 66)


def test_mutagenesis_of_a_linear_model_is_a_difference_of_weights(one_hot):
    w = randn(4, 7)
    result = in_silico_mutagenesis(lambda x: (x * w).sum((1, 2)) + 3, one_hot, 0)
    here = (one_hot * w).sum(1, keepdim=True)
    assert torch.allclose(result, w - here, rtol=0, atol=1e-13)
    assert (result[one_hot == 1] == 0).all()


def test_targets_go_with_their_rows(one_hot):
    w = randn(3, 4, 7)

    def model(x):
        return torch.einsum("nal,kal->nk", x, w)

    result = in_silico_mutagenesis(model, one_hot, [2, 0, 1], chunk=4)
    windows = occlusion(model, one_hot, [2, 0, 1], window=1, chunk=4)
    for row, target in enumerate([2, 0, 1]):
        alone = in_silico_mutagenesis(model, one_hot[row : row + 1], target)
        assert torch.allclose(result[row], alone[0], rtol=0, atol=1e-13)
        alone = occlusion(model, one_hot[row : row + 1], target, window=1)
        assert torch.allclose(windows[row], alone[0], rtol=0, atol=1e-13)


def test_a_baseline_for_each_row():
    x, baseline = randn(3, 4), randn(3, 4, seed=9)
    result = occlusion(lambda x: x.sum(1), x, 0, window=1, baseline=baseline)
    assert torch.allclose(result, x - baseline, rtol=0, atol=1e-13)


def test_no_rows_give_no_rows(one_hot):
    assert occlusion(lambda x: x.sum(1), randn(0, 4), 0, window=1).shape == (0, 4)
    assert in_silico_mutagenesis(lambda x: x.sum((1, 2)), one_hot[:0], 0).shape == (0, 4, 7)


def model(x):
    return x.flatten(1).sum(1)


@pytest.mark.parametrize(
    ("shape", "options", "error", "message"),
    [
        ((2, 5), {"window": 6}, ValueError, "window must fit into the input's 5, got 6"),
        ((2, 1, 5, 4), {"window": (2, 5)}, ValueError, "window must fit into the input's 4, got 5"),
        ((2, 5), {"window": 0}, ValueError, "window must be an integer of at least 1"),
        ((2, 5), {"window": (2, 2)}, TypeError, "window must be an integer"),
        ((2, 5), {"window": 2, "stride": 0}, ValueError, "stride must be an integer of at least 1"),
        ((2, 5), {"window": 2, "stride": 3}, ValueError, "stride must be at most the window's 2"),
        (
            (2, 1, 5, 5),
            {"window": (3, 2), "stride": 3},
            ValueError,
            "most the window's 2.*got 3",
        ),
        ((2, 5), {"window": 2, "chunk": 0}, ValueError, "chunk must be an integer of at least 1"),
        ((2, 5), {"window": 2, "progress": 1}, TypeError, "progress must be"),
        ((2,), {"window": 1}, ValueError, r"inputs must be \(N, D\)"),
        ((2, 1, 3, 3, 3), {"window": 1}, ValueError, r"inputs must be \(N, D\)"),
        ((2, 5), {"window": 1, "baseline": float("nan")}, ValueError, "baseline must be finite"),
        (
            (2, 5),
            {"window": 1, "baseline": randn(3, 5)},
            ValueError,
            "baseline must have the",
        ),
        ((2, 5), {"window": 1, "target": 1}, ValueError, r"target must be in \[0, 1\)"),
        ((2, 5), {"window": 1, "target": -1}, ValueError, "target must be"),
    ],
)
def test_occlusion_refuses(shape, options, error, message):
    options = dict(options)
    with pytest.raises(error, match=message):
        occlusion(model, randn(*shape), options.pop("target", 0), **options)


def test_inputs_that_are_not_finite_are_refused(one_hot):
    with pytest.raises(ValueError, match="inputs must be finite"):
        occlusion(model, double([[1.0, float("nan")]]), 0, window=1)
    one_hot[0, 0, 0] = float("inf")
    with pytest.raises(ValueError, match="one_hot must be finite"):
        in_silico_mutagenesis(model, one_hot, 0)


@pytest.mark.parametrize(
    ("x", "options", "error", "message"),
    [
        (torch.zeros(1, 4, 2), {}, ValueError, "one_hot must have exactly one 1 in each column"),
        (torch.full((1, 4, 2), 0.25), {}, ValueError, "exactly one 1 in each column"),
        (double([[[1.0], [1.0]]]), {}, ValueError, "exactly one 1 in each column"),
        (double([[[2.0], [-1.0]]]), {}, ValueError, "exactly one 1 in each column"),
        (torch.eye(4), {}, ValueError, "one_hot must have 3 axes"),
        (torch.eye(4).long()[None], {}, TypeError, "one_hot must have a floating dtype"),
        (torch.eye(4)[None], {"chunk": 0}, ValueError, "chunk must be an integer of at least 1"),
        (torch.eye(4)[None], {"target": 3}, ValueError, r"target must be in \[0, 1\)"),
    ],
)
def test_mutagenesis_refuses(x, options, error, message):
    options = dict(options)
    with pytest.raises(error, match=message):
        in_silico_mutagenesis(model, x, options.pop("target", 0), **options)


@pytest.mark.parametrize("method", ["occlusion", "mutagenesis"])
@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
def test_all_is_left_as_found(method, error, one_hot, left_as_found):
    net = nn.Sequential(nn.Flatten(), nn.Dropout(), nn.Linear(28, 2)).double().train()
    runs = []

    def fail_at_the_second(module, args):
        runs.append(None)
        if error and len(runs) == 2:
            raise error("second run")

    net[2].register_forward_pre_hook(fail_at_the_second)
    one_hot.requires_grad_()

    def explain():
        if method == "occlusion":
            return occlusion(net, one_hot, 1, window=2, chunk=2)
        return in_silico_mutagenesis(net, one_hot, 1, chunk=2)

    with left_as_found(net, one_hot):
        if error is None:
            assert torch.equal(explain(), explain())  # no dropout: evaluation mode
        else:
            with pytest.raises(error, match="second run"):
                explain()
