"""Every name of torch that its documentation does not promise, and what the library needs it for.

When an upgrade of torch breaks one of these tests, this is the place to read on.
"""

import ast
from functools import reduce
from pathlib import Path

import torch

LIBRARY = Path(__file__).parents[1] / "course_lib"

#: name -> what for
NAMES = {
    "torch.ops.aten.convolution_backward": (
        "all three gradients of a convolution in one call; the public torch.nn.grad.conv2d_input "
        "and conv2d_weight are two calls, and take up to 1.4 times as long"
    ),
    "torch.ops.aten.avg_pool2d_backward": (
        "the gradient of average pooling from dy alone; publicly it takes a forward pass besides"
    ),
}
#: name of a node of autograd's graph -> what it is, for attribution/_operations.py
NODES = {
    "AsStridedBackward0": "a view made anew after its base was changed in place",
    "BackwardHookFunctionBackward": "the identity around a module with backward hooks",
}


def dotted(node):
    """Return "torch.a.b" for such an expression, else None."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return ".".join([node.id, *reversed(parts)])
    return None


def promised(name):
    """Tell whether torch's documentation stands behind a dotted name."""
    private = (part.startswith("_") and not part.endswith("__") for part in name.split("."))
    return not any(private) and not name.startswith("torch.ops.")


def used():
    """Return every dotted name of torch that stands in the library."""
    names = set()
    for path in LIBRARY.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                names.add(dotted(node) or "")
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("torch.")}


def test_no_other_private_name_is_used():
    private = {name for name in used() if not promised(name)}
    longest = {n for n in private if not any(other.startswith(f"{n}.") for other in private)}
    assert longest == set(NAMES)
    assert promised("torch.rnn_tanh") and promised("torch.__version__")
    assert not promised("torch._VF.rnn_tanh")


def test_every_private_name_exists():
    for name in NAMES:
        assert callable(reduce(getattr, name.split(".")[1:], torch)), name


def test_the_arguments_of_the_kernels_are_as_we_pass_them():
    expected = {
        "convolution_backward": "grad_output input weight bias_sizes stride padding dilation "
        "transposed output_padding groups output_mask",
        "avg_pool2d_backward": "grad_output self kernel_size stride padding ceil_mode "
        "count_include_pad divisor_override",
    }
    for name, arguments in expected.items():
        schema = getattr(torch.ops.aten, name).default._schema
        assert [argument.name for argument in schema.arguments] == arguments.split()


def test_the_nodes_that_torch_makes_itself_have_these_names():
    x = torch.ones(2, requires_grad=True)
    base = x.clone()
    view = base[:1]
    base.mul_(2)
    layer = torch.nn.Identity()
    layer.register_full_backward_hook(lambda *_: None)
    found = {view.grad_fn.name(), layer(x).grad_fn.name()}
    assert found == set(NODES)

    from course_lib.attribution import _operations

    assert set(_operations._MADE_BY_TORCH) == set(NODES)
