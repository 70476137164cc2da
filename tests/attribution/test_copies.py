"""One copy of each trained network: trained once, read by everybody, made again when it must be."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from course_lib import models
from course_lib.models import copies as module


@pytest.fixture
def trainings(tmp_path, monkeypatch):
    """An empty folder for copies and a network that counts how often it is trained."""
    calls = []

    def train(*, rng, progress):
        calls.append(torch.rand(1, generator=rng).item())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = nn.Linear(2, 2)
        return models.Trained(model, 1.0, torch.zeros(1, 2), torch.zeros(1), None)

    monkeypatch.setattr(module, "_FOLDER", tmp_path / "build" / "models")
    monkeypatch.setitem(module.NETWORKS, "motif_cnn", train)
    module._kept_by_this_process.cache_clear()
    yield calls
    module._kept_by_this_process.cache_clear()


def test_it_is_trained_once_with_one_seed_and_each_gets_a_copy(trainings):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first, second = models.trained("motif_cnn"), models.trained("motif_cnn")
    assert trainings == [torch.rand(1, generator=torch.Generator().manual_seed(0)).item()]
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.model.weight, second.model.weight)
    with torch.no_grad():
        first.model.weight.zero_()  # what one caller does to it is nobody else's matter
    assert not torch.equal(models.trained("motif_cnn").model.weight, first.model.weight)


def test_who_comes_while_it_is_trained_waits_for_it(trainings, monkeypatch):
    begun = threading.Event()
    train = module.NETWORKS["motif_cnn"]

    def slowly(**options):
        assert begun.wait(10)
        return train(**options)

    monkeypatch.setitem(module.NETWORKS, "motif_cnn", slowly)
    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(models.trained, "motif_cnn") for _ in range(4)]
        begun.set()
        weights = [result.result().model.weight for result in results]
    assert len(trainings) == 1 and all(torch.equal(weights[0], one) for one in weights)


def test_other_code_data_or_versions_make_it_again_and_the_old_copy_goes(trainings, monkeypatch):
    models.trained("motif_cnn")
    monkeypatch.setattr(module, "_key", lambda: "other")
    models.trained("motif_cnn")
    models.trained("motif_cnn")
    assert len(trainings) == 2
    (copy,) = module._FOLDER.glob("motif_cnn-*")
    assert copy.name == "motif_cnn-other.pickle"


def test_a_training_that_fails_leaves_no_copy(trainings, monkeypatch):
    train = module.NETWORKS["motif_cnn"]
    monkeypatch.setitem(module.NETWORKS, "motif_cnn", lambda **options: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        models.trained("motif_cnn")
    monkeypatch.setitem(module.NETWORKS, "motif_cnn", train)
    assert models.trained("motif_cnn").accuracy == 1.0


def test_without_a_place_to_write_a_process_keeps_its_own(trainings, monkeypatch, tmp_path):
    (tmp_path / "build").write_text("a file where the folder should be")
    models.trained("motif_cnn")
    models.trained("motif_cnn")
    assert len(trainings) == 1


def test_the_key_is_the_code_the_data_and_the_versions(tmp_path, monkeypatch):
    keys = [module._key.__wrapped__()]
    monkeypatch.setattr(module, "_SEED", 1)
    keys.append(module._key.__wrapped__())
    monkeypatch.setattr(module, "_LIBRARY", tmp_path)
    for path in ("models/networks.py", "datasets/images.py", "data/mill.txt"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("a")
        keys.append(module._key.__wrapped__())
        (tmp_path / path).write_text("b")
        keys.append(module._key.__wrapped__())
    assert len(set(keys)) == len(keys)


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="name must be one of 'digits_cnn', .*got 'resnet'"):
        models.trained("resnet")


def test_every_network_has_a_name():
    names = {name.removeprefix("train_") for name in models.__all__ if name.startswith("train_")}
    assert names == set(module.NETWORKS)
