"""The same function, written five ways, has the same explanation."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib import attribution

CONV1, CONV2 = nn.Conv2d(1, 4, 3, padding=1).double(), nn.Conv2d(4, 5, 3).double()
NORM, HEAD = nn.BatchNorm2d(5).double().eval(), nn.Linear(5 * 3 * 3, 3).double()
RELU = nn.ReLU()
MODULES = nn.Sequential(
    CONV1, nn.ReLU(), nn.MaxPool2d(2), CONV2, NORM, nn.ReLU(), nn.Flatten(), HEAD
)
IN_PLACE = nn.Sequential(
    CONV1, nn.ReLU(inplace=True), nn.MaxPool2d(2), CONV2, NORM, nn.ReLU(True), nn.Flatten(), HEAD
)
REUSED = nn.Sequential(CONV1, RELU, nn.MaxPool2d(2), CONV2, NORM, RELU, nn.Flatten(), HEAD)


def functions(x):
    h = F.max_pool2d(F.relu(F.conv2d(x, CONV1.weight, CONV1.bias, padding=1)), 2)
    h = F.conv2d(h, CONV2.weight, CONV2.bias)
    h = F.batch_norm(h, NORM.running_mean, NORM.running_var, NORM.weight, NORM.bias)
    return F.linear(F.relu(h, inplace=True).flatten(1), HEAD.weight, HEAD.bias)


def methods(x):
    h = torch.max_pool2d(CONV1(x).relu_(), 2)
    return NORM(CONV2(h)).clamp(min=0).view(len(x), -1) @ HEAD.weight.t() + HEAD.bias


def mixed(x):
    h = x.new_zeros(len(x), 4, 10, 10)
    h += torch.relu(CONV1(x))
    h = MODULES[2](h)
    h = torch.cat([F.relu(part) for part in NORM(CONV2(h)).split(2, dim=1)], dim=1)
    return torch.einsum("nd,kd->nk", h.reshape(h.shape[0], -1), HEAD.weight).add(HEAD.bias)


WAYS = {
    "modules": MODULES,
    "modules in place": IN_PLACE,
    "one ReLU used twice": REUSED,
    "functions": functions,
    "methods": methods,
    "mixed": mixed,
}
METHODS = {
    "saliency": attribution.saliency,
    "gradient_times_input": attribution.gradient_times_input,
    "smoothgrad": lambda m, x, t: attribution.smoothgrad(m, x, t, n_samples=5, rng=0),
    "integrated_gradients": lambda m, x, t: attribution.integrated_gradients(m, x, t, 0.2),
    "deeplift": lambda m, x, t: attribution.deeplift(m, x, t, 0.2),
    "deepshap": lambda m, x, t: attribution.deepshap(m, x, t, x[:3].flip(3)),
    "deconvnet": attribution.deconvnet,
    "guided_backprop": attribution.guided_backprop,
}


@pytest.fixture
def inputs():
    return torch.randn(
        4, 1, 10, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(0)
    )


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("way", list(WAYS)[1:])
def test_every_way_of_writing_a_network_has_the_same_explanation(method, way, inputs):
    target = [0, 1, 2, 0]
    expected = METHODS[method](MODULES, inputs, target)
    result = METHODS[method](WAYS[way], inputs, target)
    assert expected.abs().max() > 1e-3
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-15)
