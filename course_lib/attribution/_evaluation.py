"""Hold a model in evaluation mode while it is explained, and put everything back afterwards."""

import threading
from contextlib import ExitStack, contextmanager
from typing import Any

import torch

_BATCH_NORMS = (
    torch.nn.BatchNorm1d,
    torch.nn.BatchNorm2d,
    torch.nn.BatchNorm3d,
    torch.nn.SyncBatchNorm,
)

#: What is switched off while somebody explains: key -> (its owner, who holds it so).
_held: dict[tuple[int, str], tuple[Any, set[object]]] = {}
_lock = threading.RLock()


@contextmanager
def explaining(model):
    """Hold the model in evaluation mode with gradients on, and put everything back afterwards.

    Each module's own training flag comes back, because a frozen layer may differ from its parent;
    after every kind of exception, KeyboardInterrupt included. Threads may explain one model at the
    same time: the last to finish puts it back. The modules behind another callable cannot be
    listed, so each is switched when this thread calls it.

    Raises:
        TypeError: model cannot be called.
        ValueError: a batch norm without running statistics, in which rows see each other.
    """
    if not callable(model):
        raise TypeError(f"model must be a torch module or a callable, got {type(model).__name__}")
    with ExitStack() as stack:
        hold = stack.enter_context(_holding())

        def evaluate(module, *_):
            if isinstance(module, torch.nn.RNNBase):
                # cuDNN has no backward pass for recurrent layers in evaluation mode.
                hold(torch.backends.cudnn, "enabled")
            if isinstance(module, _BATCH_NORMS) and module.running_mean is None:
                raise ValueError(
                    f"model must score each row alone, but {type(module).__name__} without running "
                    f"statistics mixes the rows of a batch"
                )
            hold(module, "training")

        if isinstance(model, torch.nn.Module):
            for module in model.modules():
                evaluate(module)
        else:
            hook = in_this_thread(evaluate)
            handle = torch.nn.modules.module.register_module_forward_pre_hook(hook)
            stack.callback(handle.remove)
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        yield


@contextmanager
def _holding():
    """Yield `hold(owner, name)`, which keeps an attribute False until its last holder is done."""
    holder, keys = object(), set()

    def hold(owner, name):
        key = id(owner), name
        with _lock:
            if key not in _held:
                if not getattr(owner, name):
                    return
                _held[key] = owner, set()
            keys.add(key)
            _held[key][1].add(holder)
            setattr(owner, name, False)

    try:
        yield hold
    finally:
        with _lock:
            for key in keys:
                owner, holders = _held[key]
                holders.discard(holder)
                if not holders:
                    del _held[key]
                    setattr(owner, key[1], True)


def in_this_thread(hook):
    """Return a hook that acts in this thread only: others may be calling the same module."""
    thread = threading.get_ident()
    return lambda *args: hook(*args) if threading.get_ident() == thread else None
