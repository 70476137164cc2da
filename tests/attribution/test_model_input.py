"""What every method refuses: inputs, targets and models that would give a silently wrong map."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import attribution

#: Methods that take (model, inputs, target), with what else they need.
METHODS = {
    "saliency": attribution.saliency,
    "gradient_times_input": attribution.gradient_times_input,
    "smoothgrad": attribution.smoothgrad,
    "integrated_gradients": attribution.integrated_gradients,
    "deeplift": attribution.deeplift,
    "deepshap": lambda m, x, t: attribution.deepshap(m, x, t, torch.ones(1, 3).double()),
    "deconvnet": attribution.deconvnet,
    "guided_backprop": attribution.guided_backprop,
}


@pytest.fixture(params=METHODS)
def method(request):
    return METHODS[request.param]


@pytest.fixture
def model():
    return nn.Linear(3, 2).double()


@pytest.fixture
def inputs():
    return torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, -1.0]], dtype=torch.float64)


def with_entry(value):
    x = torch.ones(2, 3, dtype=torch.float64)
    x[1, 2] = value
    return x


@pytest.mark.parametrize(
    ("inputs", "error", "message"),
    [
        (with_entry(math.nan), ValueError, "inputs must be finite, got NaN or infinity in 1 of"),
        (with_entry(math.inf), ValueError, "inputs must be finite, got NaN or infinity in 1 of"),
        (with_entry(-math.inf), ValueError, "inputs must be finite"),
        (torch.ones(2, 3).long(), TypeError, "inputs must have a floating dtype .* got torch.int"),
        (torch.ones(2, 3).byte(), TypeError, "inputs must have a floating dtype"),
        (torch.ones(2, 3).bool(), TypeError, "inputs must have a floating dtype"),
        (np.ones((2, 3)), TypeError, "inputs must be a torch tensor, got ndarray"),
        ([[1.0, 2.0, 3.0]], TypeError, "inputs must be a torch tensor, got list"),
        (None, TypeError, "inputs must be a torch tensor, got NoneType"),
        (torch.tensor(1.0), ValueError, r"inputs must have a batch axis \(N, ...\), got a single"),
    ],
)
def test_bad_inputs(method, model, inputs, error, message):
    with pytest.raises(error, match=message):
        method(model, inputs, 0)


def test_finite_inputs_are_accepted_also_where_their_sum_is_not(method):
    x = torch.full((2, 3), 1e308, dtype=torch.float64)
    assert torch.isfinite(method(lambda x: (x / 1e308 * torch.arange(3.0)).sum(1), x, 0)).all()


@pytest.mark.filterwarnings("error")
def test_inputs_that_need_gradients_are_checked_without_a_warning(method, model, inputs):
    method(model, inputs.requires_grad_(), 0)


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (2, ValueError, r"target must be in \[0, 2\), the model's number of scores, got 2"),
        (-1, ValueError, "target must be an integer of at least 0, got -1"),
        (0.0, TypeError, "target must be an integer"),
        (True, TypeError, "target must be an integer"),
        (None, TypeError, "target must be an integer"),
        ("1", TypeError, "target"),
        ([0, 5], ValueError, r"target must be in \[0, 2\).* got 5"),
        ([0, -1], ValueError, "target must be at least 0, got -1"),
        ([0], ValueError, r"shape \(N,\) = \(2,\), got \(1,\)"),
        ([0, 1, 1], ValueError, r"shape \(N,\) = \(2,\), got \(3,\)"),
        ([[0], [1]], ValueError, r"shape \(N,\) = \(2,\), got \(2, 1\)"),
        ([0.0, 1.0], TypeError, r"target must be an int or \(N,\) ints, got dtype torch.float32"),
        (torch.tensor([False, True]), TypeError, "ints, got dtype torch.bool"),
        (torch.tensor(2), ValueError, r"target must be in \[0, 2\)"),
    ],
)
def test_bad_targets(method, model, inputs, target, error, message):
    with pytest.raises(error, match=message):
        method(model, inputs, target)


BIAS = nn.Parameter(torch.zeros(1).double())
NOT_A_SCORE = {
    "no callable": ("resnet", TypeError, "model must be a torch module or a callable, got str"),
    "a tuple": (lambda x: (x, x), TypeError, "model must return one tensor of scores, got tuple"),
    "an array": (
        lambda x: x.detach().numpy(),
        (TypeError, ValueError),  # the watching methods see `detach` first
        "return one tensor of scores, got ndarray|detach is not an operation",
    ),
    "integers": (
        lambda x: torch.zeros(len(x), 2).long(),
        TypeError,
        "model must return floating scores, got dtype torch.int64",
    ),
    "three axes": (
        lambda x: x[:, None],
        ValueError,
        r"scores of shape \(N, K\) or \(N,\) with N = \d+, got \(\d+, 1, 3\)",
    ),
    "one number": (lambda x: x.sum(), ValueError, r"scores of shape .*, got \(\)"),
    "rows lost": (lambda x: x[:-1], ValueError, r"scores of shape \(N, K\) or \(N,\) with N = "),
    "NaN": (lambda x: x * math.nan, ValueError, "the model's score for target must be finite"),
    "infinity": (lambda x: x + math.inf, ValueError, "score for target must be finite"),
    "a constant": (
        lambda x: torch.zeros(len(x), 2, dtype=x.dtype),
        ValueError,
        "score for target does not depend on inputs",
    ),
    "parameters only": (
        lambda x: BIAS.expand(len(x), 2),
        ValueError,
        "score for target does not depend on inputs",
    ),
    "infinite slope": (
        lambda x: (x * 0).sqrt(),
        ValueError,
        "(gradient of the model's score|model's score for target) must be finite",
    ),
}


@pytest.mark.parametrize("name", NOT_A_SCORE)
def test_models_that_give_no_score(method, inputs, name, request):
    model, error, message = NOT_A_SCORE[name]
    watching = request.node.callspec.params["method"] in ("deconvnet", "guided_backprop")
    if name == "infinite slope" and watching:
        message = "sqrt is a nonlinearity other than the ReLU"
    with pytest.raises(error, match=message):
        method(model, inputs, 0)


def test_another_class_may_be_infinite(method, inputs):
    mask = torch.tensor([0.0, 0.0, -math.inf], dtype=torch.float64)
    result = method(lambda x: x * 2 + mask, inputs, 1)
    assert torch.isfinite(result).all()


@pytest.mark.parametrize("shape", [(2,), (2, 1)])
def test_one_score_for_each_row_is_class_0(method, inputs, shape):
    result = method(lambda x: x.sum(1).view(-1, *shape[1:]), inputs, 0)
    assert result.shape == inputs.shape
    with pytest.raises(ValueError, match=r"target must be in \[0, 1\), .* got 1"):
        method(lambda x: x.sum(1).view(-1, *shape[1:]), inputs, 1)


def test_targets_of_every_integer_kind(method, model, inputs):
    def run(target):
        torch.manual_seed(0)
        return method(model, inputs, target)

    both = run(1)
    for target in (np.int64(1), torch.tensor(1), [1, 1], (1, 1), np.array([1, 1], dtype=np.uint8)):
        assert torch.equal(run(target), both)
    mixed = run(torch.tensor([0, 1], dtype=torch.int32))
    assert torch.equal(mixed[1], both[1]) and not torch.equal(mixed[0], both[0])


def test_an_empty_batch_gives_an_empty_explanation(method, model):
    result = method(model, torch.zeros(0, 3).double(), 0)
    assert result.shape == (0, 3) and result.dtype == torch.float64
    assert method(model, torch.zeros(0, 3).double(), []).shape == (0, 3)
    needs_rows = method(lambda x: model(x.reshape(len(x), -1)), torch.zeros(0, 3).double(), 0)
    assert needs_rows.shape == (0, 3)


def test_the_result_keeps_dtype_and_is_detached(method):
    if method is METHODS["deepshap"]:
        background = torch.ones(1, 3)
        method = lambda m, x, t: attribution.deepshap(m, x, t, background)  # noqa: E731
    result = method(nn.Linear(3, 2), torch.randn(2, 3, requires_grad=True), 1)
    assert result.dtype == torch.float32
    assert not result.requires_grad


def test_non_contiguous_inputs_and_inference_mode(method, model):
    wide = torch.arange(12, dtype=torch.float64).view(2, 6)
    torch.manual_seed(0)
    expected = method(model, wide[:, ::2].contiguous(), 1)
    torch.manual_seed(0)
    assert torch.equal(method(model, wide[:, ::2], 1), expected)
    with torch.inference_mode():
        made_inside = wide[:, ::2] * 1
        torch.manual_seed(0)
        result = method(model, made_inside, 1)
    assert torch.equal(result, expected)


def test_empty_delta_and_one_axis_inputs():
    _, delta = attribution.integrated_gradients(
        lambda x: x, torch.zeros(0, 3).double(), 0, return_delta=True
    )
    assert delta.shape == (0,)
    _, delta = attribution.deeplift(lambda x: x, torch.zeros(0, 3).double(), 0, return_delta=True)
    assert delta.shape == (0,)
    numbers = torch.tensor([1.0, 2.0]).double()
    for method in METHODS:
        if method != "deepshap":
            assert METHODS[method](lambda x: 3 * x, numbers, 0).shape == (2,)


def test_modules_behind_a_callable_are_held_in_evaluation_mode_too(method, inputs):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 2))
    net.double().train()[3].eval()
    statistics = net[1].running_mean.clone()
    torch.manual_seed(1)
    expected = method(net, inputs, 1)
    torch.manual_seed(1)
    assert torch.equal(method(lambda x: net(x), inputs, 1), expected)
    with pytest.raises(KeyboardInterrupt):
        method(lambda x: interrupt(net(x)), inputs, 1)
    assert [module.training for module in net] == [True, True, True, False]
    assert torch.equal(net[1].running_mean, statistics)
    assert not torch.nn.modules.module._global_forward_pre_hooks


def interrupt(scores):
    raise KeyboardInterrupt


def test_recurrent_layers_are_run_without_cudnn_for_the_time(method):
    seen = []

    class Recurrent(nn.RNN):
        def forward(self, x):
            seen.append(torch.backends.cudnn.enabled)
            return x

    layer = Recurrent(3, 3).double()
    x = torch.ones(2, 3).double()
    for model in (layer, lambda x: layer(x)):
        method(model, x, 1)
    assert seen and not any(seen)
    assert torch.backends.cudnn.enabled
