"""Every layer's output is recorded once, under its name, and not touched afterwards."""

import pytest
import torch
from torch import nn

from course_lib.attribution import activations
from course_lib.models import GapCNN, MotifLSTM


def test_names_shapes_and_values():
    torch.manual_seed(0)
    model, x = GapCNN(classes=10), torch.randn(2, 1, 8, 8)
    recorded = activations(model, x)
    assert {name: tuple(a.shape) for name, a in recorded.items()} == {
        "features.0": (2, 16, 8, 8),
        "features.1": (2, 16, 8, 8),
        "features.2": (2, 32, 8, 8),
        "features.3": (2, 32, 8, 8),
        "features.4": (2, 32, 8, 8),
        "features.5": (2, 32, 8, 8),
        "head": (2, 10),
    }
    assert torch.equal(recorded["features.0"], model.features[0](x))
    assert torch.equal(recorded["head"], model(x))
    assert not any(a.requires_grad for a in recorded.values())


def test_work_in_place_does_not_reach_what_was_recorded():
    model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(inplace=True))
    model[0].weight.data.fill_(-1)
    recorded = activations(model, torch.ones(1, 2))
    assert (recorded["0"] < 0).all() and (recorded["1"] == 0).all()


def test_a_layer_called_again_is_numbered():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.twofold = nn.Linear(1, 1, bias=False)
            self.twofold.weight.data.fill_(2)

        def forward(self, x):
            return self.twofold(self.twofold(self.twofold(x)))

    recorded = activations(Twice(), torch.ones(1, 1))
    assert {name: a.item() for name, a in recorded.items()} == {
        "twofold": 2,
        "twofold#2": 4,
        "twofold#3": 8,
    }


def test_of_an_lstm_the_hidden_states_are_kept_and_other_outputs_are_left_out():
    model, x = MotifLSTM(hidden=5), torch.eye(4)[None]
    recorded = activations(model, x)
    assert recorded["lstm"].shape == (1, 4, 5)
    assert torch.allclose(recorded["lstm"], model.lstm(x.transpose(1, 2))[0], atol=1e-6)

    class Wordy(nn.Module):
        def forward(self, x):
            return {"scores": x}

    assert activations(nn.Sequential(Wordy()), x) == {}


def test_whole_numbers_are_an_input_too():
    recorded = activations(nn.Sequential(nn.Embedding(3, 2)), torch.tensor([[0, 2]]))
    assert recorded["0"].shape == (1, 2, 2)


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
def test_all_is_left_as_found(error, left_as_found):
    model, x = nn.Sequential(nn.Linear(2, 2), nn.Dropout(), nn.Linear(2, 2)), torch.ones(1, 2)

    def fail(module, args):
        if error:
            raise error("midway")

    model[2].register_forward_pre_hook(fail)
    with left_as_found(model, x):
        if error is None:
            assert torch.equal(activations(model, x)["1"], activations(model, x)["0"])
        else:
            with pytest.raises(error, match="midway"):
                activations(model, x)


@pytest.mark.parametrize(
    ("model", "x", "error", "message"),
    [
        (lambda x: x, torch.ones(1, 2), TypeError, "model must be a torch module, got function"),
        (nn.Linear(2, 2), [[1.0, 2.0]], TypeError, "x must be a torch tensor, got list"),
        (nn.Linear(2, 2), torch.full((1, 2), torch.nan), ValueError, "x must be finite"),
    ],
)
def test_refusals(model, x, error, message):
    with pytest.raises(error, match=message):
        activations(model, x)
