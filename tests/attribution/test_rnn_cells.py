"""Cells, probes and the score over time: synthetic cells, trained models and refusals."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import models
from course_lib.attribution import (
    cell_trace,
    probe_position,
    probe_quotes,
    temporal_output,
    token_saliency,
)

TEXT = 'one "two" three\nfour "five\nsix"\n\nseven'


class Cells:
    """A reader with cells made by hand, as (T, M) columns."""

    def __init__(self, *columns):
        self.columns = torch.tensor(np.array(columns).T)

    def states(self, text):
        return self.columns, -self.columns


def columns(text):
    return np.array([len(text[:i].split("\n")[-1]) for i in range(len(text))], dtype=float)


def inside(text):
    return np.array([text[: i + 1].count('"') % 2 for i in range(len(text))], dtype=float)


def test_a_trace_is_one_column():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, len(TEXT)))
    for cell in range(3):
        trace = cell_trace(Cells(*values), TEXT, cell)
        assert np.allclose(trace, np.tanh(values[cell]), rtol=0, atol=1e-15)
        assert trace.shape == (len(TEXT),) and trace.dtype == np.float64
        hidden = cell_trace(Cells(*values), TEXT, cell, state="hidden")
        assert np.array_equal(hidden, -values[cell])


def test_a_constant_cell_has_a_constant_trace_and_follows_nothing():
    trace = cell_trace(Cells(np.full(len(TEXT), 0.3)), TEXT, 0)
    assert np.ptp(trace) == 0
    assert probe_position(trace, TEXT) == 0
    assert probe_quotes(trace, TEXT) == 0.5


def test_a_synthetic_position_cell():
    position = columns(TEXT)
    assert probe_position(position, TEXT) == pytest.approx(1, abs=1e-12)
    assert probe_position(2 - 3 * position, TEXT) == pytest.approx(-1, abs=1e-12)
    noise = np.random.default_rng(0).normal(size=len(TEXT))
    expected = np.corrcoef(position + 5 * noise, position)[0, 1]
    assert probe_position(position + 5 * noise, TEXT) == pytest.approx(expected, abs=1e-12)
    assert 0.05 < expected < 0.95


def test_a_synthetic_quotes_cell():
    on = inside(TEXT)
    assert probe_quotes(on, TEXT) == 1
    assert probe_quotes(-on, TEXT) == 0
    late = np.concatenate([[0], on[:-1]])  # turns on and off one character late
    right = late[on == 1].mean(), 1 - late[on == 0].mean()
    assert probe_quotes(late, TEXT) == pytest.approx(np.mean(right), abs=1e-12)


def test_the_area_under_the_curve_counts_pairs():
    noisy = inside(TEXT) + np.random.default_rng(1).normal(size=len(TEXT)).round(1)
    on = inside(TEXT) == 1
    pairs = noisy[on][:, None] - noisy[~on][None]
    expected = (pairs > 0).mean() + (pairs == 0).mean() / 2
    assert (pairs == 0).any()
    assert probe_quotes(noisy, TEXT) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("probe", [probe_position, probe_quotes])
@pytest.mark.parametrize(
    ("trace", "text", "message"),
    [
        ([], "", "text must have at least one character"),
        ([1.0], "ab", "trace must have one value for each of the 2 characters"),
        ([[1.0, 2.0]], "ab", "trace must have one value"),
        ([1.0, np.nan], "ab", "trace must be finite"),
        ([1.0], "a", "text must have characters"),
        ([1.0, 2.0], "\n\n", "text must have characters"),
    ],
)
def test_probes_refuse(probe, trace, text, message):
    with pytest.raises(ValueError, match=message):
        probe(np.array(trace), text)


def test_a_text_all_inside_has_no_outside():
    with pytest.raises(ValueError, match="inside and outside"):
        probe_quotes([1.0, 2.0], '"a')
    with pytest.raises(TypeError, match="text must be a string, got list"):
        probe_quotes([1.0], ["a"])


@pytest.mark.parametrize(
    ("text", "cell", "options", "error", "message"),
    [
        ("", 0, {}, ValueError, "text must have at least one character"),
        (["a"], 0, {}, TypeError, "text must be a string"),
        (TEXT, 1, {}, ValueError, "cell must be an integer of at least 0 and at most 0, got 1"),
        (TEXT, -1, {}, ValueError, "cell must be an integer of at least 0"),
        (TEXT, 0.5, {}, TypeError, "cell must be an integer"),
        (TEXT, 0, {"state": "gate"}, ValueError, "state must be one of 'cell', 'hidden'"),
    ],
)
def test_cell_trace_refuses(text, cell, options, error, message):
    with pytest.raises(error, match=message):
        cell_trace(Cells(np.zeros(len(TEXT))), text, cell, **options)


def test_a_model_without_states_is_refused():
    with pytest.raises(TypeError, match=r"model must have a method states\(text\).*got Linear"):
        cell_trace(nn.Linear(2, 2), TEXT, 0)


def test_a_characters_states_depend_on_what_came_before_only(left_as_found):
    torch.manual_seed(0)
    model = models.CharacterLSTM("abc", hidden=4).train()
    with left_as_found(model):
        long = [cell_trace(model, "abcab", cell) for cell in range(4)]
    short = [cell_trace(model, "abc", cell) for cell in range(4)]
    assert np.allclose(np.array(long)[:, :3], short, rtol=0, atol=1e-7)
    output, (hidden, cell) = model.lstm(model.encode("abcab").transpose(1, 2))
    states = model.states("abcab")
    assert torch.allclose(states.hidden, output[0], atol=1e-6)
    assert torch.allclose(states.cell[-1], cell[0, 0], atol=1e-6)
    with pytest.raises(ValueError, match="'d' at position 1"), left_as_found(model):
        cell_trace(model, "ad", 0)


@pytest.fixture
def dna():
    symbols = torch.randint(4, (3, 9), generator=torch.Generator().manual_seed(0))
    return nn.functional.one_hot(symbols, 4).float().transpose(1, 2)


@pytest.fixture
def lstm():
    torch.manual_seed(1)
    return models.MotifLSTM(hidden=5)


def test_forward_is_the_output_layer_at_each_time_step(lstm, dna):
    result = temporal_output(lstm, dna)
    with torch.no_grad():
        hidden = lstm.lstm(dna.transpose(1, 2))[0]
        expected = lstm.head(hidden).softmax(2)
    assert result.shape == (3, 9, 2)
    assert torch.allclose(result, expected, atol=1e-6)


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_the_last_entry_is_the_prediction(direction, lstm, dna):
    told = []
    result = temporal_output(
        lstm, dna, direction=direction, progress=lambda *counts: told.append(counts)
    )
    with torch.no_grad():
        assert torch.equal(result[:, -1], lstm(dna).softmax(1))
    assert told[-1] == (27, 27)
    assert torch.allclose(result.sum(2), torch.ones(3, 9))


def test_nothing_is_printed_unless_asked(lstm, dna, capsys):
    temporal_output(lstm, dna)
    assert capsys.readouterr() == ("", "")
    temporal_output(lstm, dna, progress=True)
    assert "Temporal output" in capsys.readouterr().err


def test_backward_reads_the_end_first(lstm, dna):
    result = temporal_output(lstm, dna, direction="backward")
    with torch.no_grad():
        for t in range(9):
            assert torch.equal(result[:, t], lstm(dna[:, :, 8 - t :]).softmax(1))


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
@pytest.mark.parametrize("method", [temporal_output, lambda m, x: token_saliency(m, x, 1)])
def test_all_is_left_as_found(method, error, lstm, dna, left_as_found):
    lstm.train()
    dna.requires_grad_()

    def fail(module, args):
        if error:
            raise error("midway")

    lstm.head.register_forward_pre_hook(fail)
    with left_as_found(lstm, dna):
        if error is None:
            method(lstm, dna)
        else:
            with pytest.raises(error, match="midway"):
                method(lstm, dna)


def scores(change):
    return lambda x: change(x.sum(2)[:, :2])


@pytest.mark.parametrize(
    ("model", "x", "options", "error", "message"),
    [
        (scores(lambda s: s), "dna", {"direction": "left"}, ValueError, "direction must be one of"),
        (scores(lambda s: s), "empty", {}, ValueError, "one_hot must have at least one symbol"),
        (scores(lambda s: s), "soft", {}, ValueError, "one_hot must have exactly one 1"),
        (scores(lambda s: s), "nan", {}, ValueError, "one_hot must be finite"),
        (scores(lambda s: s[:, :1]), "dna", {}, ValueError, r"K of at least 2, got \(3, 1\)"),
        (
            scores(lambda s: s[:, 0]),
            "dna",
            {},
            ValueError,
            r"model must return scores .*got \(3,\)",
        ),
        (scores(lambda s: s[1:]), "dna", {}, ValueError, r"N = 3 .*got \(2, 2\)"),
        (scores(lambda s: s / 0), "dna", {}, ValueError, "the model's scores must be finite"),
        (scores(lambda s: [s]), "dna", {}, TypeError, "model must return one tensor.*got list"),
        (3, "dna", {}, TypeError, "model must be a torch module or a callable"),
        (scores(lambda s: s), "dna", {"progress": 3}, TypeError, "progress must be"),
    ],
)
def test_temporal_output_refuses(model, x, options, error, message, dna):
    inputs = {"dna": dna, "empty": dna[:, :, :0], "soft": dna / 2, "nan": dna * torch.nan}
    with pytest.raises(error, match=message):
        temporal_output(model, inputs[x], **options)


def test_token_saliency_of_a_linear_model():
    w = torch.randn(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x = torch.randn(2, 3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    norm = token_saliency(lambda x: (x * w).sum((1, 2)), x, 0)
    assert torch.allclose(norm, (w**2).sum(0).sqrt().expand(2, 5), rtol=1e-14, atol=0)
    product = token_saliency(lambda x: (x * w).sum((1, 2)), x, 0, reduce="product")
    assert torch.allclose(product, (x * w).sum(1), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (torch.ones(2, 3), {}, "inputs must have 3 axes"),
        (torch.ones(2, 3, 4), {"reduce": "sum"}, "reduce must be one of 'norm', 'product'"),
        (torch.full((2, 3, 4), torch.nan), {}, "inputs must be finite"),
        (torch.ones(2, 3, 4), {"target": 1}, r"target must be in \[0, 1\)"),
    ],
)
def test_token_saliency_refuses(x, options, message):
    options = dict(options)
    with pytest.raises(ValueError, match=message):
        token_saliency(lambda x: x.sum((1, 2)), x, options.pop("target", 0), **options)
