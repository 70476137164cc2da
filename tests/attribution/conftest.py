"""Shared by the attribution tests: trained models, and a watch over what must stay as found."""

from contextlib import contextmanager

import pytest
import torch

from course_lib import models


def trained(name):
    """A session fixture: this machine's one copy of a trained network."""
    return pytest.fixture(scope="session")(lambda: models.trained(name))


digits_cnn = trained("digits_cnn")
patch_cnn = trained("patch_cnn")
motif_cnn = trained("motif_cnn")
motif_lstm = trained("motif_lstm")
character_lstm = trained("character_lstm")
review_cnn = trained("review_cnn")


def _state(model, tensors):
    watched = [*tensors, *model.parameters(), *model.buffers()]
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    return (
        [(id(t), t._version, t.tolist(), t.requires_grad) for t in watched],
        [None if t.grad is None else t.grad.tolist() for t in watched],
        [(id(m), m.training, sorted(vars(m))) for m in model.modules()],
        [[list(getattr(m, kind)) for kind in hooks] for m in model.modules()],
        (torch.is_grad_enabled(), torch.is_inference_mode_enabled()),
    )


@pytest.fixture
def left_as_found():
    """Return a context that compares model and tensors before and after, exceptions included."""

    @contextmanager
    def watching(model, *tensors):
        before = _state(model, tensors)
        try:
            yield
        finally:
            assert _state(model, tensors) == before

    return watching
