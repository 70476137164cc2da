"""DeepLIFT and DeepSHAP: the toy, completeness for adjacent nonlinearities, refusals."""

import itertools
import math
import warnings

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.attribution import deeplift, deepshap, integrated_gradients, saliency


def tensor(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def randn(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_slope_of_the_toy(oracles):
    case = oracles["deeplift_toy"]
    point = case["inputs"]["reconstruction_of_lost_figure"]
    x, reference = tensor([point["x"]]), tensor([point["x_ref"]])
    values, delta = deeplift(torch.relu, x, 0, reference, return_delta=True)
    assert values.item() == case["expected"]["contribution"]
    assert (values / (x - reference)).item() == case["expected"]["slope"]
    assert delta.tolist() == [0.0]
    assert saliency(torch.relu, x, 0).item() == 0


def test_saturated_sum_gets_half_each(oracles):
    values = deeplift(lambda x: 1 - torch.relu(1 - x.sum(1)), tensor([1.0, 1.0]), 0)
    assert values[0].tolist() == oracles["saturation"]["expected"]["deeplift_at_1_1"]


NETWORKS = {
    "relu before max pool": nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 3)
    ),
    "max pool before relu": nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(36, 3)
    ),
    "overlapping and padded max pools": nn.Sequential(
        nn.Conv2d(2, 4, 3),
        nn.Tanh(),
        nn.MaxPool2d(3, 1, padding=1),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, dilation=1, ceil_mode=True),
        nn.AdaptiveMaxPool2d(2),
        nn.Flatten(),
        nn.Linear(16, 3),
    ),
    "one dimension": nn.Sequential(
        nn.Flatten(2),
        nn.Conv1d(2, 3, 5),
        nn.ELU(),
        nn.MaxPool1d(2),
        nn.AdaptiveMaxPool1d(4),
        nn.Flatten(),
        nn.Linear(12, 3),
    ),
    "three dimensions": nn.Sequential(
        nn.Unflatten(2, (2, 4)), nn.ReLU(), nn.MaxPool3d(2), nn.Flatten(), nn.Linear(16, 3)
    ),
    "nonlinear upon nonlinear": nn.Sequential(
        nn.Flatten(), nn.Linear(128, 9), nn.GELU(), nn.Sigmoid(), nn.SiLU(), nn.Linear(9, 3)
    ),
    "normalised and averaged": nn.Sequential(
        nn.BatchNorm2d(2), nn.Conv2d(2, 3, 3), nn.Hardtanh(), nn.AvgPool2d(2), nn.LeakyReLU(0.2),
        nn.AdaptiveAvgPool2d(1), nn.Dropout(), nn.Flatten(), nn.Softplus(),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("baselines", [None, 0.7, randn(5, 2, 8, 8, seed=3)])
def test_contributions_sum_to_the_difference_of_the_score(name, baselines):
    torch.manual_seed(0)
    net = NETWORKS[name].double()
    for layer in net.modules():
        if hasattr(layer, "reset_parameters"):
            layer.reset_parameters()
    x, target = randn(5, 2, 8, 8), torch.tensor([0, 1, 2, 0, 1])
    values, delta = deeplift(net, x, target, baselines, return_delta=True)
    start = torch.zeros_like(x) if baselines is None else baselines + torch.zeros_like(x)
    net.eval()
    scores = (net(x) - net(start)).detach()[torch.arange(5), target]
    assert values.shape == x.shape and values.dtype == x.dtype
    assert delta.abs().max() < 1e-13
    torch.testing.assert_close(values.flatten(1).sum(1), scores, rtol=1e-12, atol=1e-13)
    assert (values != 0).any(), "trivially complete"


SMOOTH = {
    "tanh": torch.tanh,
    "sigmoid": F.sigmoid,
    "softplus": F.softplus,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "logsigmoid": F.logsigmoid,
    "softsign": F.softsign,
    "exp": torch.exp,
    "expm1": torch.expm1,
    "square": torch.square,
    "cube": lambda z: z**3,
    "power of two": lambda z: 2**z,
    "sin": torch.sin,
    "cos": lambda z: z.cos(),
    "atan": torch.atan,
    "erf": torch.erf,
    "log": lambda z: torch.log(z.expm1() + 3),
    "root": lambda z: (z + 9).sqrt(),
    "reciprocal": lambda z: 1 / (z + 9),
    "quotient": lambda z: torch.div(2.0, z + 9),
}
KINKED = {
    "relu6": F.relu6,
    "hardtanh": F.hardtanh,
    "clamp both": lambda z: z.clamp(-0.2, 0.3),
    "clip": lambda z: torch.clip(z, max=0.1),
    "leaky": lambda z: F.leaky_relu(z, 0.1, True),
    "elu": lambda z: F.elu(z, 0.5),
    "selu": torch.selu,
    "celu": F.celu,
    "abs": abs,
    "prelu": lambda z: F.prelu(z, torch.tensor([0.3]).double()),
    "threshold": lambda z: F.threshold(z, 0.1, 0.1),
    "hardswish": F.hardswish,
    "hardsigmoid": F.hardsigmoid,
    "softshrink": F.softshrink,
    "tanhshrink": F.tanhshrink,
    "maximum": lambda z: torch.maximum(z, torch.tensor(0.1).double()),
    "minimum": lambda z: torch.minimum(torch.tensor(0.1).double(), z),
}


@pytest.mark.parametrize("name", [*SMOOTH, *KINKED])
def test_elementwise_functions_give_difference_quotients(name):
    function = (SMOOTH | KINKED)[name]
    x, x0 = randn(6, 4, seed=1), randn(6, 4, seed=2)
    values = deeplift(lambda x: function(x.clone()).sum(1), x, 0, x0)
    expected = function(x.clone()) - function(x0.clone())
    torch.testing.assert_close(values, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", SMOOTH)
def test_near_the_reference_the_multiplier_is_the_gradient(name):
    x = randn(6, 4, seed=1)
    slope = saliency(lambda x: SMOOTH[name](x).sum(1), x, 0)
    for step in (1e-6, 1e-9, 1e-12, 0.0):
        x0 = x + step
        values = deeplift(lambda x: SMOOTH[name](x).sum(1), x, 0, x0)
        # The slope up to the second order; no rounding error divided by the step.
        torch.testing.assert_close(values, slope * (x - x0), rtol=1e-9, atol=20 * step**2)


def test_cancelled_differences_do_not_blow_up_rounding():
    # z = x1 - x2 is the same for both up to 1e-11, while x1 and x2 differ by 1.
    x, x0 = tensor([1.0, 0.5]), tensor([2.0, 1.5 + 1e-11])

    def model(x):
        return torch.exp(x[:, 0] - x[:, 1])

    values = deeplift(model, x, 0, x0)
    expected = math.exp(0.5) * (x - x0) * tensor([1.0, -1.0])
    torch.testing.assert_close(values, expected, rtol=1e-9, atol=0)


def test_at_a_small_difference_the_multiplier_is_more_exact_than_the_quotient():
    step = 2.0**-20
    values = deeplift(lambda x: x.exp(), tensor([1 + step]), 0, 1.0)
    assert values.item() == pytest.approx(math.e * math.expm1(step), rel=1e-12, abs=0)
    quotient = math.exp(1 + step) - math.exp(1)
    assert quotient != pytest.approx(math.e * math.expm1(step), rel=1e-12, abs=0)


def test_linear_operations_pass_multipliers_as_gradients():
    weights = randn(3, 4, seed=5)

    def model(x):
        h = torch.cat([x[:, :2] * 2, x[:, 2:] / 4], dim=1).flip(1)
        h = torch.stack([h, -h], 2).mean(2) + h.roll(1, 1)
        return (h @ weights.T + 3).view(len(x), 3)

    x, x0 = randn(5, 4), randn(5, 4, seed=1)
    values = deeplift(model, x, 1, x0)
    torch.testing.assert_close(values, saliency(model, x, 1) * (x - x0), rtol=1e-12, atol=1e-14)


def test_max_pool_gives_a_window_to_the_place_of_the_larger_maximum():
    def model(x):
        return F.max_pool1d(x[:, None], 2).flatten(1)

    # Input maxima 3 (place 0) and 1 (place 3); reference maxima 1 (place 1) and 4 (place 2).
    x, x0 = tensor([3.0, 0.0, 0.0, 1.0]), tensor([0.0, 1.0, 4.0, 0.0])
    assert deeplift(model, x, 0, x0).tolist() == [[2.0, 0.0, 0.0, 0.0]]
    assert deeplift(model, x, 1, x0).tolist() == [[0.0, 0.0, -3.0, 0.0]]
    # A tie of the maxima: nothing to share, whoever has them.
    assert deeplift(model, x, 0, tensor([0.0, 3.0, 0.0, 0.0])).tolist() == [[0.0] * 4]


def test_a_tie_of_the_maxima_goes_to_the_place_of_the_inputs():
    def model(x):
        entries = torch.stack([x[:, 0], x[:, 1] - x[:, 2]], dim=1)
        return F.max_pool1d(entries[:, None], 2).flatten(1)

    # Entries (0, 1) for the input and (1, 1) for the reference, whose maximum is in place 0.
    values = deeplift(model, tensor([0.0, 2.0, 1.0]), 0, tensor([1.0, 1.0, 0.0]))
    assert values.tolist() == [[0.0, 1.0, -1.0]]


def test_a_maximum_that_stays_equal_passes_the_multiplier_on():
    def model(x):
        entries = torch.stack([x[:, 0] - x[:, 1], x[:, 2]], dim=1)
        return F.max_pool1d(entries[:, None], 2).flatten(1)

    # The maximum is 0 for both, but x1 and x2 changed by 1 each and cancel.
    assert deeplift(model, tensor([1.0, 1.0, -5.0]), 0).tolist() == [[1.0, -1.0, 0.0]]


def test_constants_may_be_made_inside_the_model():
    weight = randn(4, 4, seed=1).requires_grad_()
    scale = nn.Parameter(randn(4, seed=2))

    def model(x):
        state = torch.zeros(len(x), 4, dtype=x.dtype)
        for column in range(4):
            state[:, column] = x[:, column] * scale[column]
        mask = (scale.detach() > 0).double()
        steps = x.new_ones(x.shape[0], 4) * torch.arange(4)
        product = state @ torch.relu(weight).t().contiguous()
        return F.relu(product + steps) * mask + torch.sigmoid(scale) * x

    x, x0 = randn(3, 4), randn(3, 4, seed=9)
    values, delta = deeplift(model, x, 2, x0, return_delta=True)
    assert delta.abs().max() < 1e-13
    assert weight.grad is None and scale.grad is None


def test_a_batch_axis_that_moves_is_no_matter():
    torch.manual_seed(0)
    conv, head = nn.Conv1d(3, 4, 3).double(), nn.Linear(4, 2).double()

    def model(x):  # (N, T, D) -> (T, N, D) and windows as rows
        h = torch.relu(x.transpose(0, 1) - 0.1).transpose(0, 1)
        h = torch.tanh(conv(h.transpose(1, 2))).permute(2, 0, 1).reshape(-1, 4)
        return head(torch.relu(h)).view(-1, len(x), 2).sum(0)

    x, x0 = randn(5, 6, 3), randn(5, 6, 3, seed=1)
    together, delta = deeplift(model, x, [0, 1, 0, 1, 0], x0, return_delta=True)
    assert delta.abs().max() < 1e-13
    alone = deeplift(model, x[3:4], 1, x0[3:4])
    torch.testing.assert_close(together[3:4], alone, rtol=1e-12, atol=1e-14)


def test_float32_is_explained_in_float32():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(20, 50), nn.ReLU(), nn.Linear(50, 50), nn.Tanh(), nn.Linear(50, 2)
    )
    values, delta = deeplift(net, torch.randn(8, 20), 0, return_delta=True)
    assert values.dtype == delta.dtype == torch.float32
    assert delta.abs().max() < 1e-5


class HandWritten(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, signal):
        return signal * (ctx.saved_tensors[0] > 0)


class NoTorchFunction(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        with torch._C.DisableTorchFunction():
            return x.clamp(min=0)

    @staticmethod
    def backward(ctx, signal):
        return signal


def written_without_gradients(x):
    h, half = torch.zeros_like(x), x / 2
    with torch.no_grad():
        h[:, :] = half
    return h + x


def without_gradients(x):
    with torch.no_grad():
        h = x * 2
    return h + x


with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    SCRIPTED = torch.jit.script(nn.ReLU())

REFUSED = {
    "product of two": (lambda x: x * torch.sigmoid(x), "mul joins two tensors"),
    "product with itself": (lambda x: x * x, "mul joins two tensors"),
    "quotient of two": (lambda x: x / (1 + x.exp()), "div joins two tensors"),
    "matrix product of two": (lambda x: x @ x.T, "matmul joins two tensors"),
    "power of two tensors": (lambda x: x.abs() ** x, "pow joins two tensors"),
    "maximum of two": (lambda x: torch.maximum(x, -x), "maximum joins two tensors"),
    "softmax": (lambda x: x.softmax(1), "softmax is not an operation it knows"),
    "log softmax": (lambda x: F.log_softmax(x, 1), "log_softmax is not"),
    "mask": (lambda x: x * (x > 0), "gt is not"),
    "where": (lambda x: torch.where(x > 0, x, 0.0), "gt is not"),
    "detach": (lambda x: x + x.detach(), "detach is not"),
    "data": (lambda x: x + x.data, "data is not"),
    "branch": (lambda x: x if x.sum() > 0 else -x, "gt is not"),
    "item": (lambda x: x * x.sum().item(), "item is not"),
    "norm": (lambda x: x / x.norm(), "norm is not"),
    "layer norm": (lambda x: F.layer_norm(x, (2,)), "layer_norm is not"),
    "argmax": (lambda x: x[:, x.argmax()], "argmax is not"),
    "largest": (lambda x: x.amax(1), "amax is not"),
    "integers": (lambda x: x + x.long(), "long is not"),
    "converted to integers": (lambda x: x + x.to(torch.int64), "to gives integers"),
    "no grad": (without_gradients, "mul gives integers, or is called where gradients are off"),
    "written in no grad": (written_without_gradients, "setitem gives integers, or is called where"),
    "dropout": (F.dropout, "dropout is called in its training form"),
    "dropout by position": (lambda x: torch.dropout(x, 0.5, True), "dropout is called in its trai"),
    "batch statistics": (lambda x: F.batch_norm(x, None, None, training=True), "batch_norm is ca"),
    "indices": (
        lambda x: F.max_pool1d(x[:, None], 2, return_indices=True)[0][:, 0],
        "max_pool1d_with_indices is not an",
    ),
    "pool with two results": (
        lambda x: torch.adaptive_max_pool1d(x[:, None], 2)[0][:, 0],
        "adaptive_max_pool1d returns indices too",
    ),
    "floor": (lambda x: x + torch.div(x, 2, rounding_mode="floor"), "div rounds"),
    "out": (lambda x: torch.add(x, 1, out=torch.empty(2, 2).double()), r"add\(out=...\) writes"),
    "shape": (lambda x: torch.maximum(x[:, :1], torch.zeros(2, 2).double()), "maximum changes"),
    "lstm": (lambda x: nn.LSTM(2, 2).double()(x)[0], "lstm is not"),
    "random": (lambda x: torch.rrelu(x, training=True), "rrelu is not"),
    "function by hand": (HandWritten.apply, "clamp is called where gradients are off"),
    "wrapped": (
        NoTorchFunction.apply,
        "NoTorchFunctionBackward comes from code whose calls cannot",
    ),
    "scripted": (SCRIPTED, "comes from code whose calls cannot be watched"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_rule_does_not_cover_is_refused(name):
    model, message = REFUSED[name]
    for _ in range(2):  # scripted code changes its graph after its first runs
        with pytest.raises(ValueError, match=message):
            deeplift(model, tensor([1.0, -2.0], [3.0, 0.5]), 1, 0.25)
    with pytest.raises(ValueError, match="operations that deeplift can explain"):
        deeplift(model, tensor([1.0, -2.0], [3.0, 0.5]), 1, 0.25)


def test_operations_that_differ_between_input_and_reference_are_refused():
    calls = itertools.count()

    def model(x):
        return torch.relu(x) if next(calls) else torch.tanh(x)

    with pytest.raises(ValueError, match="relu is not called in the same way for the input and"):
        deeplift(model, tensor([1.0]), 0)


def test_more_operations_than_on_the_reference_are_refused():
    calls = itertools.count()

    def model(x):
        return torch.relu(torch.relu(x)) if next(calls) else torch.relu(x)

    with pytest.raises(ValueError, match="relu is not called in the same way"):
        deeplift(model, tensor([1.0]), 0)


def test_a_gap_above_rounding_is_refused():
    calls = itertools.count()

    def model(x):  # not a function: it counts
        return x.sum(1) + next(calls)

    with pytest.raises(
        ValueError, match="contributions miss the difference of the score by up to 1"
    ):
        deeplift(model, tensor([1.0]), 0)


def test_a_gap_in_one_row_is_refused_and_the_largest_is_named():
    calls = itertools.count()
    extra = torch.tensor([0.0, 0.25, 0.5]).double()

    def model(x):
        return x.sum(1) + next(calls) * extra

    with pytest.raises(ValueError, match="by up to 0.5, which is more than rounding"):
        deeplift(model, tensor([1.0], [2.0], [3.0]), 0)


def test_a_gap_within_rounding_is_reported_not_refused():
    calls = itertools.count()

    def model(x):
        return x.sum(1) + 1e-12 * next(calls)

    _, delta = deeplift(model, tensor([1.0]), 0, return_delta=True)
    assert delta.item() == pytest.approx(-1e-12, rel=1e-3)
    with pytest.raises(ValueError, match="by up to 1e-09"):
        calls = itertools.count(start=0, step=1000)
        deeplift(model, tensor([1.0]), 0)


@pytest.mark.parametrize(
    ("x", "x0"),
    [
        ([0.0, 0.0], [0.0, 0.0]),
        ([1e6, -1e6], [0.0, 0.0]),  # large contributions
        ([1e6, 0.0], [0.0, 0.0]),  # and a large score
        ([0.0, 0.0], [1e6, 0.0]),  # and a large score of the reference
    ],
)
def test_rounding_grows_with_the_contributions_and_the_scores(x, x0):
    size = 1 + sum(abs(a - b) for a, b in zip(x, x0, strict=True)) + abs(sum(x)) + abs(sum(x0))
    bound = 2.0 ** (-52 * 2 / 3) * size
    for share in (0.9, 1.1):
        calls = itertools.count()

        def model(x, share=share, calls=calls):  # off by a share of the bound
            return x.sum(1) + next(calls) * share * bound

        if share < 1:
            deeplift(model, tensor(x), 0, tensor(x0))
        else:
            with pytest.raises(ValueError, match="which is more than rounding"):
                deeplift(model, tensor(x), 0, tensor(x0))


def additive(x):
    return torch.tanh(x[:, 0]) + torch.relu(x[:, 1]) + x[:, 2].exp()


def shapley_by_permutations(model, x, background):
    """Marginal Shapley values of a single row, straight from the definition."""
    d = x.shape[1]
    phi = np.zeros(d)
    for order in itertools.permutations(range(d)):
        rows = background.clone()
        before = model(rows).mean().item()
        for feature in order:
            rows[:, feature] = x[0, feature]
            after = model(rows).mean().item()
            phi[feature] += (after - before) / math.factorial(d)
            before = after
    return phi


@pytest.mark.parametrize("model", [additive, lambda x: x @ tensor([1.0], [-2.0], [0.5])])
def test_deepshap_of_an_additive_model_is_the_shapley_value(model):
    x, background = randn(1, 3), randn(7, 3, seed=1)
    values = deepshap(model, x, 0, background)
    expected = shapley_by_permutations(model, x, background)
    np.testing.assert_allclose(values[0], expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 256])
def test_deepshap_is_the_mean_of_deeplift_over_the_background(chunk):
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Linear(6, 3)).double()
    seen, counts = [], []

    def model(x):
        seen.append(len(x))
        return net(x)

    x, background, target = randn(3, 4), randn(5, 4, seed=1), [2, 0, 1]
    values = deepshap(
        model, x, target, background, chunk=chunk, progress=lambda *count: counts.append(count)
    )
    each = [deeplift(net, x, target, row[None]) for row in background]
    torch.testing.assert_close(values, torch.stack(each).mean(0), rtol=1e-12, atol=1e-14)
    assert max(seen) <= chunk and sum(seen) == 2 * 15
    assert counts[-1] == (15, 15)


def test_deepshap_shows_the_model_256_pairs_at_once_and_nothing_to_the_reader(capsys):
    seen = []

    def model(x):
        seen.append(len(x))
        return x.sum(1)

    deepshap(model, randn(1, 4), 0, randn(300, 4, seed=1))
    assert seen == [256, 256, 44, 44]  # references, then the input beside them
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("background", "error", "message"),
    [
        (torch.zeros(0, 4).double(), ValueError, "background must have at least 1 row, got 0"),
        (torch.zeros(2, 3).double(), ValueError, r"rows of shape \(4,\), as inputs have, got \(3,"),
        (torch.full((1, 4), torch.inf).double(), ValueError, "background must be finite"),
        (np.zeros((2, 4)), TypeError, "background must be a torch tensor, got ndarray"),
        (torch.zeros(2, 4), TypeError, "background must have the dtype of inputs"),
        (None, TypeError, "background must be a torch tensor, got NoneType"),
    ],
)
def test_bad_backgrounds_are_refused(background, error, message):
    with pytest.raises(error, match=message):
        deepshap(lambda x: x.sum(1), randn(2, 4), 0, background)


def test_deepshap_refuses_bad_options():
    with pytest.raises(ValueError, match="chunk must be an integer of at least 1, got 0"):
        deepshap(lambda x: x.sum(1), randn(2, 4), 0, randn(2, 4), chunk=0)
    with pytest.raises(ValueError, match="operations that deepshap can explain: softmax"):
        deepshap(lambda x: x.softmax(1), randn(2, 4), 0, randn(2, 4))


def test_deeplift_and_integrated_gradients_agree_on_one_unit():
    def model(x):
        return torch.tanh(x @ tensor([1.0], [-0.5])).sum(1)

    x, x0 = randn(4, 2), randn(4, 2, seed=1)
    along = integrated_gradients(model, x, 0, x0, n_steps=30, rule="gauss_legendre")
    torch.testing.assert_close(deeplift(model, x, 0, x0), along, rtol=1e-9, atol=1e-12)
