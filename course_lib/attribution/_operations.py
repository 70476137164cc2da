"""See a model's operations as it calls them: modules, functions, methods, in place, all alike.

A rule that changes how a nonlinearity passes relevance back must find every call of it. Module
hooks miss `F.relu` and `x.relu()` and are confused by one module called twice, so this watches the
calls themselves. It knows the operations by name, from lists of what is allowed: what is on no list
is refused, because an operation passed over in silence gives a wrong explanation in silence.

Whether a tensor depends on the input needs no bookkeeping: it requires a gradient and is not a leaf
(parameters are leaves, and what is computed from parameters alone is computed without gradients).

Scripted, traced and compiled code and hand-written autograd functions call nothing that can be
watched. What they return gives them away: a tensor with a history that no watched call has made.
"""

import torch
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from course_lib.attribution._model import class_scores, tracked

#: Read no values: what they return is the same for every input.
SHAPE_ONLY = frozenset(
    """
    shape size dim ndim ndimension numel nelement len device dtype layout stride is_cuda is_leaf
    is_contiguous is_floating_point is_complex is_nested requires_grad get_device zeros_like
    ones_like empty_like full_like new_zeros new_ones new_full new_empty grad_fn repr format
    """.split()
)

#: Take values from their first argument and only a shape or a type from the second.
LIKE_OTHER = frozenset("view_as reshape_as expand_as type_as to".split())

#: Linear (or affine) in all their tensor arguments together.
LINEAR = frozenset(
    """
    add radd sub rsub subtract neg negative positive sum mean cat concat concatenate stack hstack
    vstack dstack view reshape flatten unflatten ravel permute transpose swapaxes swapdims movedim t
    T mT squeeze unsqueeze expand broadcast_to repeat repeat_interleave tile contiguous clone double
    float type cpu cuda pad getitem setitem select narrow split chunk tensor_split unbind
    index_select gather take_along_dim scatter_add index_add roll flip rot90 fold unfold
    diagonal tril triu cumsum diff pixel_shuffle pixel_unshuffle avg_pool1d avg_pool2d avg_pool3d
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d copy interpolate where masked_fill
    """.split()
)

#: Linear once training is over.
LINEAR_IN_EVALUATION = frozenset(
    "batch_norm dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout".split()
)

#: Linear in one argument while the others do not depend on the input.
PRODUCTS = frozenset(
    """
    mul multiply matmul rmatmul mm bmm mv dot inner outer linear bilinear einsum tensordot kron
    addmm addmv baddbmm conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d
    """.split()
)

#: Linear in the numerator; with a denominator that depends on the input, elementwise.
QUOTIENTS = frozenset("div divide true_divide".split())

#: Each output depends on the input entry in its own place, nonlinearly.
ELEMENTWISE = frozenset(
    """
    relu relu6 hardtanh clamp clip clamp_min clamp_max threshold leaky_relu prelu abs elu selu celu
    hardsigmoid hardswish softshrink hardshrink maximum minimum tanh sigmoid softplus gelu silu mish
    logsigmoid log_sigmoid softsign tanhshrink exp expm1 log log1p log2 log10 sqrt rsqrt square
    reciprocal rdiv rtruediv pow rpow sin cos atan erf logit
    """.split()
)

#: Each output is the largest entry of one window.
MAX_POOLS = frozenset(
    """
    max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
    """.split()
)


#: Nodes that torch puts in the graph between calls: a view anew after its base has changed, and the
#: identity around a module with backward hooks.
_MADE_BY_TORCH = ("AsStridedBackward0", "BackwardHookFunctionBackward")


class Operations(TorchFunctionMode):
    """Watches calls of torch functions; a subclass says what becomes of the nonlinear ones.

    Args:
        method: the attribution method's name, for messages.
    """

    def __init__(self, method):
        super().__init__()
        self.method = method
        self._known = set()  # the nodes of the graph that watched calls have made

    def trust(self, *tensors):
        """Take the history of these tensors as known."""
        nodes = [t.grad_fn for t in tensors]
        while nodes:
            node = nodes.pop()
            if node is not None and node not in self._known:
                self._known.add(node)
                nodes.extend(before for before, _ in node.next_functions)

    def check(self, *tensors):
        """Refuse tensors with a history that no watched call has made."""
        nodes = [t.grad_fn for t in tensors]
        while nodes:
            node = nodes.pop()
            if node is None or node in self._known:
                continue
            if node.name() not in _MADE_BY_TORCH:
                self.refuse(node.name(), "comes from code whose calls cannot be watched")
            nodes.extend(before for before, _ in node.next_functions)

    def forget(self):
        """Let go of the graph, which holds memory."""
        self._known.clear()

    def elementwise(self, name, function, x, y):
        """Return y = function(x) with this method's way back; function may overwrite its input."""
        raise NotImplementedError

    def max_pool(self, name, function, x):
        """Return the pooled x with this method's way back; `function` gives (y, indices)."""
        raise NotImplementedError

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tensors = list(_tensors((args, kwargs)))
        depends = [t for t in tensors if t.requires_grad and not t.is_leaf]
        if not depends:
            if not any(t.requires_grad for t in tensors):
                return func(*args, **kwargs)
            with torch.no_grad():  # what comes of parameters alone stays a constant
                return func(*args, **kwargs)
        name = _name(func)
        constant_first = not args or not any(args[0] is t for t in depends)
        if name in SHAPE_ONLY or (name in LIKE_OTHER and constant_first):
            return func(*args, **kwargs)
        if kwargs.get("out") is not None:
            self.refuse(f"{name}(out=...)", "writes into another tensor")
        self.check(*depends)
        nonlinear = self._nonlinear(name, depends, constant_first, kwargs)
        if nonlinear and not torch.is_grad_enabled():
            self.refuse(name, "is called where gradients are off")
        if nonlinear:
            call = self._pooled if name in MAX_POOLS else self._replaced
            result = call(name, func, depends, args, kwargs)
        else:
            result = func(*args, **kwargs)
        changed = list(_tensors((result, args)))  # an argument, if the call worked in place
        self.trust(*changed, *(t._base for t in changed if t._base is not None))
        if nonlinear:
            return result
        for part in _tensors(args[0] if name == "setitem" else result):
            if not part.requires_grad:
                self.refuse(name, "gives integers, or is called where gradients are off")
        return result

    def refuse(self, name, why):
        """Raise for a call that this method cannot carry relevance through."""
        raise ValueError(
            f"model must be made of operations that {self.method} can explain: {name} {why}. "
            f"Allowed are linear operations, elementwise functions and max pooling of what depends "
            f"on inputs; a softmax at the end can be left off by explaining the score before it"
        )

    def _nonlinear(self, name, depends, constant_first, kwargs):
        """Return whether the call is nonlinear; refuse what is on no list."""
        if name in MAX_POOLS or name in ELEMENTWISE or (name in QUOTIENTS and constant_first):
            return True
        if name in PRODUCTS or name in QUOTIENTS:
            if len(depends) > 1:
                self.refuse(name, "joins two tensors that both depend on inputs")
            if kwargs.get("rounding_mode"):
                self.refuse(name, "rounds")
        elif name in LINEAR_IN_EVALUATION:
            if kwargs.get("training", True):
                self.refuse(name, "is called in its training form")
        elif name not in LINEAR and name not in LIKE_OTHER:
            self.refuse(name, "is not an operation it knows")
        return False

    def _replaced(self, name, func, depends, args, kwargs):
        if len(depends) > 1:
            self.refuse(name, "joins two tensors that both depend on inputs")
        x = depends[0]

        def function(value):
            swapped = {key: value if a is x else a for key, a in kwargs.items()}
            return func(*(value if a is x else a for a in args), **swapped)

        with torch.no_grad():
            copy = x.clone()
            outcome = function(copy)
        if outcome.shape != x.shape:
            self.refuse(name, "changes the shape of what depends on inputs")
        result = self.elementwise(name, function, x, outcome)
        # A call that hands its own argument back worked in place, and must go on doing so.
        return x.copy_(result) if outcome is copy else result

    def _pooled(self, name, func, depends, args, kwargs):
        if func is torch.adaptive_max_pool1d:  # unlike its namesake in torch.nn.functional
            self.refuse(name, "returns indices too")
        options = {k: v for k, v in kwargs.items() if k not in ("input", "return_indices")}

        def function(value):
            return getattr(functional, f"{name}_with_indices")(value, *args[1:], **options)

        return self.max_pool(name, function, depends[0])


def watched_score(operations, model, x, target):
    """Call the model in `operations`; return each row's score, (N,), and the leaf it came from.

    Raises:
        ValueError: as in `class_scores`; the score comes of code that cannot be watched, such as a
            scripted or compiled function.
    """
    leaf, copy = tracked(x)
    operations.trust(copy)
    with operations:
        output = model(copy)
    if isinstance(output, torch.Tensor):
        operations.check(output)
    operations.forget()
    return class_scores(output, target), leaf


def _name(func):
    """The operation's plain name: `relu` for relu_, `shape` for the property, `rsub` for 1 - x."""
    name = func.__name__
    if name == "__get__":
        name = func.__self__.__name__
    return name.strip("_")


def _tensors(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _tensors(part)
