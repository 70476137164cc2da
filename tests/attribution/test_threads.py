"""One explanation does not disturb another: threads at the same model, rows of one batch."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from course_lib.attribution import (
    _evaluation,
    _model,
    activations,
    gradcam,
    integrated_gradients,
    saliency,
)


def test_the_last_to_finish_puts_the_training_mode_back():
    model = nn.Sequential(nn.Linear(2, 2), nn.Dropout()).train()
    model[0].eval()
    inside, go_on = threading.Event(), threading.Event()

    def explain_for_long():
        with _model.explaining(model):
            inside.set()
            assert go_on.wait(10)
            return model.training, model[1].training

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(explain_for_long)
        assert inside.wait(10)
        with _model.explaining(model):
            assert not model.training
        assert not model.training  # the other thread is not done
        go_on.set()
        assert slow.result() == (False, False)
    assert model.training and model[1].training and not model[0].training
    assert not _evaluation._held


class Dropping(nn.Module):
    """A linear score of what dropout leaves, slow enough for threads to overlap."""

    def forward(self, x):
        time.sleep(0.002)
        return nn.functional.dropout(x, 0.5, self.training).sum(1, keepdim=True)


def test_explaining_one_model_from_many_threads_never_meets_its_dropout():
    model = Dropping().train()

    def explain(_):
        return integrated_gradients(model, torch.ones(1, 3), 0, n_steps=4, chunk=2)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(explain, range(64)))
    assert all(torch.equal(result, torch.ones(1, 3)) for result in results)
    assert model.training


def test_a_callable_is_explained_without_a_word_to_other_threads():
    trained, explained = nn.Dropout(0.5).train(), nn.Sequential(nn.Linear(3, 1), nn.Dropout())
    inside, go_on = threading.Event(), threading.Event()

    def score(x):
        y = explained(x)
        inside.set()
        assert go_on.wait(10)
        return y

    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(saliency, score, torch.ones(1, 3), 0)
        assert inside.wait(10)
        assert not explained[1].training
        modes = [trained(torch.ones(1000)).eq(0).any().item() for _ in range(20)]
        go_on.set()
        assert torch.equal(result.result(), explained[0].weight)
    assert all(modes), "the training loop of this thread ran without its dropout"
    assert explained[1].training and trained.training


@pytest.mark.parametrize("method", ["gradcam", "activations"])
def test_a_layers_hook_hears_its_own_thread_only(method):
    layer, go_on, inside = nn.Conv1d(1, 2, 1), threading.Event(), threading.Event()

    class Waiting(nn.Module):
        def forward(self, x):
            if threading.current_thread() is not threading.main_thread():
                inside.set()
                assert go_on.wait(10)
            return x.sum((1, 2))[:, None]

    model = nn.Sequential(layer, Waiting())
    x = torch.randn(2, 1, 5, generator=torch.Generator().manual_seed(0))

    def explain():
        if method == "gradcam":
            return gradcam(model, x, 0, layer=layer)
        return torch.cat([part.flatten() for part in activations(model, x).values()])

    expected = explain()
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(explain)
        assert inside.wait(10)
        with torch.no_grad():
            model(torch.zeros(3, 1, 5))  # in this thread, nobody's concern
        go_on.set()
        assert torch.equal(result.result(), expected)


@pytest.mark.parametrize("norm", [nn.BatchNorm1d, nn.SyncBatchNorm])
def test_a_batch_norm_in_which_rows_see_each_other_is_refused(norm):
    mixing, x = norm(3, track_running_stats=False), torch.randn(4, 3)
    for model in (nn.Sequential(nn.Linear(3, 3), mixing), lambda x: mixing(x)):
        with pytest.raises(ValueError, match=f"{norm.__name__} without running statistics mixes"):
            integrated_gradients(model, x, 0)
    assert mixing.training and not _evaluation._held
    saliency(nn.BatchNorm1d(3), x, 0)
