"""Shared by the attribution tests: trained models, and a watch over what must stay as found."""

from contextlib import contextmanager

import pytest
import torch

from course_lib import models


def trained(train):
    """A session fixture: train once, seeded, on one thread."""

    @pytest.fixture(scope="session")
    def fixture():
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            return train(generator=torch.Generator().manual_seed(0))
        finally:
            torch.set_num_threads(threads)

    return fixture


digits_cnn = trained(models.train_digits_cnn)
patch_cnn = trained(models.train_patch_cnn)
motif_cnn = trained(models.train_motif_cnn)
motif_lstm = trained(models.train_motif_lstm)
character_lstm = trained(models.train_character_lstm)
review_cnn = trained(models.train_review_cnn)


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
