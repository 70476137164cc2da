"""DeconvNet and guided backpropagation: the rules of document 003, and what 002 printed."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.attribution import deconvnet, guided_backprop, saliency

METHODS = {"backprop": saliency, "deconvnet": deconvnet, "guided": guided_backprop}
RULES = {
    "backprop": lambda f, R: R * (f > 0),
    "deconvnet": lambda f, R: R * (R > 0),
    "guided": lambda f, R: R * (f > 0) * (R > 0),
}


def tensor(*rows):
    return torch.tensor(rows, dtype=torch.float64)


def randn(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def network(weights):
    """A bias-free ReLU network from its weight matrices."""

    def model(x):
        for W in weights[:-1]:
            x = torch.relu(x @ W.T)
        return x @ weights[-1].T

    return model


@pytest.mark.parametrize("rule", METHODS)
def test_three_rules_on_the_tiny_network(rule, oracles):
    case = oracles["three_rules_tiny_net"]
    weights = [tensor(*case["inputs"][name]) for name in ("W1", "W2", "W3")]
    result = METHODS[rule](network(weights), tensor(case["inputs"]["x"]), 0)
    assert result[0].tolist() == case["expected"][rule]


@pytest.mark.parametrize("rule", METHODS)
def test_three_rules_on_one_relu(rule, oracles):
    case = oracles["relu_backward_rules"]
    x = tensor(*case["inputs"]["X_n"])[None]
    upstream = tensor(*case["inputs"]["upstream"])
    assert torch.relu(x)[0].tolist() == case["expected"]["forward"]
    result = METHODS[rule](lambda x: (torch.relu(x) * upstream).sum((1, 2)), x, 0)
    assert result[0].tolist() == case["expected"][rule]


@pytest.mark.parametrize("rule", METHODS)
def test_zero_counts_as_inactive_and_zero_signals_do_not_matter(rule):
    x = tensor([0.0, 0.0, 1.0, 1.0])
    upstream = tensor(2.0, -2.0, 0.0, 2.0)
    result = METHODS[rule](lambda x: (torch.relu(x) * upstream).sum(1), x, 0)
    expected = {"backprop": [0, 0, 0, 2], "deconvnet": [2, 0, 0, 2], "guided": [0, 0, 0, 2]}
    assert result[0].tolist() == expected[rule]


def by_hand(weights, x, rule):
    """Carry R back through a bias-free ReLU network in NumPy, layer by layer."""
    pre, g = [], x
    for W in weights[:-1]:
        pre.append(W @ g)
        g = np.maximum(pre[-1], 0)
    R = weights[-1][0]
    for W, f in zip(weights[-2::-1], pre[::-1], strict=True):
        R = W.T @ RULES[rule](f, R)
    return R


def as_document_002_prints(weights, x, rule):
    """S^(h) = [1 at f^(h) > 0 if guided] W^T (1 at f^(h+1) > 0) S^(h+1), for post-activations.

    The mask comes from the forward pass of the layer above, where a ReLU is: the output has none.
    """
    pre, g = [], x
    for W in weights[:-1]:
        pre.append(W @ g)
        g = np.maximum(pre[-1], 0)
    S = weights[-1].T @ np.ones(1)
    if rule == "guided":
        S = S * (pre[-1] > 0)
    for h in range(len(pre) - 1, -1, -1):
        S = weights[h].T @ (S * (pre[h] > 0))
        if rule == "guided" and h:
            S = S * (pre[h - 1] > 0)
    return S


def test_rules_agree_with_numpy_and_those_of_document_002_are_the_plain_gradient(oracles):
    rng = np.random.default_rng(0)
    expected = oracles["three_rules_tiny_net"]["expected"]
    tiny = [np.array(oracles["three_rules_tiny_net"]["inputs"][f"W{k}"]) for k in (1, 2, 3)]
    same = {"deconvnet": 0, "guided": 0}
    runs = 200
    for run in range(runs):
        weights = [rng.normal(size=s) for s in ((6, 4), (5, 6), (1, 5))]
        x = rng.normal(size=4)
        model = network([torch.from_numpy(W) for W in weights])
        results = {
            rule: method(model, torch.from_numpy(x)[None], 0)[0].numpy()
            for rule, method in METHODS.items()
        }
        for rule, result in results.items():
            np.testing.assert_allclose(result, by_hand(weights, x, rule), rtol=1e-12, atol=1e-13)
        for rule in same:
            printed = as_document_002_prints(weights, x, rule)
            np.testing.assert_allclose(printed, results["backprop"], rtol=1e-12, atol=1e-13)
            same[rule] += np.allclose(results[rule], results["backprop"])
        if run == 0:
            x = np.array(oracles["three_rules_tiny_net"]["inputs"]["x"])
            for rule, name in (("deconvnet", "deconv"), ("guided", "guided")):
                printed = as_document_002_prints(tiny, x, rule)
                assert printed.tolist() == expected[f"document_002_{name}_as_printed"]
    assert same["deconvnet"] < 0.1 * runs and same["guided"] < 0.3 * runs


@pytest.mark.parametrize("rule", METHODS)
def test_max_pooling_goes_back_by_its_switches(rule):
    # Overlapping windows 0..2 and 2..4 of (1, 0, 5, 2, 3) both choose the 5: signals add up.
    upstream = tensor(1.0, -3.0)

    def model(x):
        return (F.max_pool1d(x[:, None], 3, 2)[:, 0] * upstream).sum(1)

    result = METHODS[rule](model, tensor([1.0, 0.0, 5.0, 2.0, 3.0]), 0)
    assert result.tolist() == [[0.0, 0.0, -2.0, 0.0, 0.0]]


@pytest.mark.parametrize("rule", METHODS)
def test_rule_masks_the_signal_that_max_pooling_sends_back(rule):
    x = tensor([3.0, -1.0, 2.0, 4.0], [-3.0, -1.0, 2.0, -4.0])

    def model(x):
        pooled = nn.MaxPool1d(2)(torch.relu(x)[:, None])[:, 0]
        return pooled[:, 0] - 2 * pooled[:, 1]

    expected = {
        "backprop": [[1, 0, 0, -2], [0, 0, -2, 0]],
        "deconvnet": [[1, 0, 0, 0], [1, 0, 0, 0]],  # where all are 0, the first is the maximum
        "guided": [[1, 0, 0, 0], [0, 0, 0, 0]],
    }
    assert METHODS[rule](model, x, 0).tolist() == expected[rule]


RELUS = {
    "module": nn.ReLU(),
    "module in place": nn.ReLU(inplace=True),
    "function": F.relu,
    "function in place": lambda z: F.relu(z, inplace=True),
    "function of torch": torch.relu,
    "function of torch in place": torch.relu_,
    "method": lambda z: z.relu(),
    "method in place": lambda z: z.relu_(),
    "clamp": lambda z: z.clamp(min=0),
    "clamp in place": lambda z: z.clamp_(0),
    "clamp_min": lambda z: torch.clamp_min(z, 0.0),
    "clip": lambda z: torch.clip(z, 0, None),
    "threshold": lambda z: F.threshold(z, 0, 0),
    "maximum": lambda z: torch.maximum(z, torch.zeros_like(z)),
    "maximum first": lambda z: torch.maximum(torch.zeros(()).to(z.dtype), other=z),
    "prelu": lambda z: F.prelu(z, torch.zeros(1, dtype=z.dtype)),
    "hardtanh": nn.Hardtanh(0, float("inf")),
}


@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
@pytest.mark.parametrize("spelling", RELUS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_every_spelling_of_the_relu_is_the_relu(rule, spelling, dtype):
    x = randn(4, 3).to(dtype)
    weights = [randn(5, 3, seed=1).to(dtype), randn(5, 5, seed=2).to(dtype), randn(2, 5, seed=3)]
    weights[2] = weights[2].to(dtype)
    relu = RELUS[spelling]

    def model(x):
        return relu(relu(x @ weights[0].T) @ weights[1].T) @ weights[2].T

    result = METHODS[rule](model, x, 1)
    assert torch.equal(result, METHODS[rule](network(weights), x, 1))
    assert not torch.allclose(result, saliency(model, x, 1))


OTHERS = {
    "leaky_relu": lambda z: F.leaky_relu(z, 0.01),
    "relu6": F.relu6,
    "hardtanh": lambda z: F.hardtanh(z, 0, 1e30),
    "clamp": lambda z: z.clamp(min=1e-30),
    "clamp_min": lambda z: z.clamp_min(torch.tensor([0.0, 0.0, 1.0]).double()),
    "threshold": lambda z: F.threshold(z, 0, 1e-5),
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "softplus": F.softplus,
    "abs": torch.abs,
    "neg": lambda z: torch.minimum(-z, torch.tensor(0.0).double()),
    "tanh": torch.tanh,
    "softmax": lambda z: z.softmax(1),
    "mul": lambda z: z * z,
    "gt": lambda z: z * (z > 0),
    "layer_norm": lambda z: F.layer_norm(z, (3,)),
}


@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
@pytest.mark.parametrize("name", OTHERS)
def test_other_nonlinearities_are_refused(rule, name):
    method = {"guided": "guided_backprop"}.get(rule, rule)
    shown = {"neg": "minimum"}.get(name, name)
    with pytest.raises(ValueError, match=f"that {method} can explain: {shown} "):
        METHODS[rule](OTHERS[name], randn(4, 3), 0)


HIDDEN = {
    "ReLU": nn.ReLU(),
    "Tanh": nn.Tanh(),
    "Sigmoid": nn.Sigmoid(),
    "Softmax": nn.Softmax(1),
    "GELU": nn.GELU(),
    "Softplus": nn.Softplus(),
}


class Doubled(torch.autograd.Function):
    """2 x, by hand."""

    @staticmethod
    def forward(ctx, x):
        return 2 * x

    @staticmethod
    def backward(ctx, signal):
        return 2 * signal


@pytest.mark.filterwarnings("ignore:`torch.jit")
@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
@pytest.mark.parametrize("how", ["script", "trace", "trace behind a function"])
@pytest.mark.parametrize("name", HIDDEN)
def test_scripted_and_traced_code_is_refused(rule, how, name):
    model = nn.Sequential(nn.Linear(3, 4), HIDDEN[name], nn.Linear(4, 2)).double()
    hidden = torch.jit.script(model) if how == "script" else torch.jit.trace(model, randn(4, 3))
    called = (lambda x: torch.relu(2 * hidden(x))) if "function" in how else hidden
    for _ in range(3):  # its graph changes after the first runs
        with pytest.raises(ValueError, match="comes from code whose calls cannot be watched"):
            METHODS[rule](called, randn(4, 3), 0)


@pytest.mark.filterwarnings("ignore:`torch.jit")
@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
def test_a_hidden_product_and_a_function_by_hand_are_refused(rule):
    squared = torch.jit.trace(lambda x: x * x, randn(4, 3))
    for model in (squared, Doubled.apply, lambda x: Doubled.apply(torch.relu(x))):
        with pytest.raises(ValueError, match="cannot be watched|where gradients are off"):
            METHODS[rule](model, randn(4, 3), 0)


VIEWS = {
    "slice": lambda h: h[:, 1:],
    "select": lambda h: h[:, 1][:, None],
    "view": lambda h: h.view(-1, 3, 1)[:, :, 0],
    "transposed": lambda h: h.T.T,
    "unsqueezed": lambda h: h[:, None].squeeze(1),
    "expanded": lambda h: h[:, :1].expand(-1, 2),
    "diagonal": lambda h: h.diagonal()[:, None],
    "permuted": lambda h: h.permute(1, 0),
    "unfolded": lambda h: h.unfold(1, 2, 1)[:, 0],
    "narrowed": lambda h: h.narrow(1, 0, 2),
    "flattened": lambda h: h.reshape(-1)[:, None],
    "moved": lambda h: h.movedim(0, 1),
}


@pytest.mark.parametrize("rule", METHODS)
@pytest.mark.parametrize("view", VIEWS)
def test_views_follow_their_base_when_it_changes_in_place(rule, view):
    def in_place(x):
        h = x * 1.0
        part = VIEWS[view](h)
        h.mul_(-2)
        h[:, 0] += 1
        return torch.relu(part).sum() + torch.relu(h).sum(1)

    def afresh(x):
        h = x * -2.0 + torch.eye(3).double()[0]
        return torch.relu(VIEWS[view](h)).sum() + torch.relu(h).sum(1)

    x = randn(4, 3)
    assert torch.equal(METHODS[rule](in_place, x, 0), METHODS[rule](afresh, x, 0))


@pytest.mark.parametrize("rule", ["deconvnet", "guided"])
def test_a_unit_inside_the_network_can_be_projected_back(rule):
    conv = nn.Conv2d(1, 3, 3, padding=1, bias=False).double()
    x = randn(6, 1, 6, 6)

    def unit(x):
        return torch.relu(conv(x))[:, 1, 2, 3]

    result = METHODS[rule](unit, x, 0)
    active = unit(x) > 0
    expected = torch.zeros_like(x)
    for n in range(len(x)):
        if rule == "deconvnet" or active[n]:
            expected[n, 0, 1:4, 2:5] = conv.weight[1, 0].detach()
    assert active.any() and not active.all(), "tells nothing"
    torch.testing.assert_close(result, expected, rtol=0, atol=0)


@pytest.mark.parametrize("rule", METHODS)
def test_backward_hooks_of_the_caller_are_no_obstacle(rule):
    head = nn.Linear(3, 2).double()
    head.register_full_backward_hook(lambda module, before, after: None)
    x = randn(4, 3)
    with_hook = METHODS[rule](lambda x: head(torch.relu(x)), x, 0)
    without = METHODS[rule](lambda x: torch.relu(x) @ head.weight.T + head.bias, x, 0)
    assert torch.equal(with_hook, without)
