"""Whatever happens, the caller's model and tensors are as they were: every method, every ending."""

import copy

import pytest
import torch
from torch import nn

from course_lib import attribution
from course_lib.attribution.cam import VARIANTS

#: Every method that is given a torch model: name -> call with (model, inputs, target).
METHODS = {
    "saliency": attribution.saliency,
    "gradient_times_input": attribution.gradient_times_input,
    "smoothgrad": lambda m, x, t: attribution.smoothgrad(m, x, t, n_samples=2, chunk=3),
    "integrated_gradients": lambda m, x, t: attribution.integrated_gradients(
        m, x, t, n_steps=2, chunk=3, return_delta=True
    ),
    "deeplift": attribution.deeplift,
    "deepshap": lambda m, x, t: attribution.deepshap(m, x, t, x[:2] * 0.5),
    "deconvnet": attribution.deconvnet,
    "guided_backprop": attribution.guided_backprop,
    "class_model": lambda m, x, t: attribution.class_model(
        m, t, shape=x.shape[1:], l2=0.1, steps=2, lr=0.1, init=x[0]
    ),
    "cam": lambda m, x, t: attribution.cam(m, x, t, layer=m.wire, head="head"),
    **{
        variant: lambda m, x, t, variant=variant: attribution.gradcam(
            m, x, t, layer="wire", variant=variant
        )
        for variant in VARIANTS
    },
    "occlusion": lambda m, x, t: attribution.occlusion(m, x, t, window=2, stride=2, chunk=4),
    "randomise": lambda m, x, t: [
        attribution.saliency(layer, x, t) for _, layer in attribution.randomise(m, rng=0)
    ],
}


class Tripwire(nn.Module):
    """Passes its input on, until it is told what to raise."""

    error = None

    def forward(self, x):
        if self.error is not None:
            raise self.error
        return x


class Net(nn.Module):
    """A small network with all that a method could leave changed: modes, buffers, hooks, grads."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1)
        self.norm = nn.BatchNorm2d(3)
        self.relu = nn.ReLU(inplace=True)
        self.pool = nn.MaxPool2d(2)
        self.drop = nn.Dropout(0.5)
        self.wire = Tripwire()
        self.head = nn.Linear(3, 2)

    def forward(self, x):
        features = self.wire(self.drop(self.pool(self.relu(self.norm(self.conv(x))))))
        return self.head(features.mean((2, 3)))


@pytest.fixture
def net():
    torch.manual_seed(3)
    model = Net().double().train()
    model.norm.eval()  # a frozen layer in a model that trains
    model.conv.bias.requires_grad_(False)
    model(torch.randn(2, 1, 4, 4, dtype=torch.float64)).sum().backward()
    model.conv.register_forward_hook(lambda module, args, output: None)
    model.head.register_full_backward_hook(lambda module, before, after: None)
    return model


@pytest.fixture
def inputs():
    x = torch.randn(3, 1, 4, 4, dtype=torch.float64, requires_grad=True)
    (x**2).sum().backward()
    return x


def state(model, x):
    """Everything that a method could leave changed, as comparable values."""
    tensors = {"inputs": x, **dict(model.named_parameters()), **dict(model.named_buffers())}
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return {
        "values": {name: t.tolist() for name, t in tensors.items()},
        "requires_grad": {name: t.requires_grad for name, t in tensors.items()},
        "grad": {name: None if t.grad is None else t.grad.tolist() for name, t in tensors.items()},
        "versions": {name: t._version for name, t in tensors.items()},
        "same tensors": {name: id(t) for name, t in tensors.items()},
        "modules": [(name, id(m), m.training) for name, m in model.named_modules()],
        "hooks": [[list(getattr(m, kind)) for kind in hooks] for m in model.modules()],
        "attributes": [sorted(vars(m)) for m in model.modules()],
        "tensor hooks": len(x._backward_hooks or ()),
        "gradients on": torch.is_grad_enabled(),
        "watching": torch._C._len_torch_function_stack(),
        "global hooks": len(torch.nn.modules.module._global_forward_pre_hooks),
        "cudnn": torch.backends.cudnn.enabled,
    }


@pytest.mark.parametrize("method", METHODS)
def test_a_good_target_leaves_all_as_found(method, net, inputs):
    before = state(net, inputs)
    METHODS[method](net, inputs, 1)
    assert state(net, inputs) == before


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("target", [2, -1, 0.5])
def test_a_bad_target_is_refused_and_leaves_all_as_found(method, target, net, inputs):
    before = state(net, inputs)
    with pytest.raises((ValueError, TypeError), match="target"):
        METHODS[method](net, inputs, target)
    assert state(net, inputs) == before


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_model_that_raises_midway_leaves_all_as_found(method, error, net, inputs):
    before = state(net, inputs)
    net.wire.error = error("midway")
    with pytest.raises(error, match="midway"):
        METHODS[method](net, inputs, 1)
    del net.wire.error
    assert state(net, inputs) == before


@pytest.mark.parametrize("method", METHODS)
def test_the_model_runs_in_evaluation_mode_and_without_the_callers_no_grad(method, net, inputs):
    first = METHODS[method](net, inputs, 1)
    torch.manual_seed(0)
    with torch.no_grad():
        METHODS[method](net, inputs, 1)
    copied = copy.deepcopy(net).eval()
    if method not in ("smoothgrad",):  # which draws from the global generator
        again = METHODS[method](copied, inputs, 1)
        first = first if isinstance(first, (tuple, list)) else [first]
        again = again if isinstance(again, (tuple, list)) else [again]
        for a, b in zip(first, again, strict=True):
            assert torch.equal(a, b)
