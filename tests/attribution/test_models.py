"""The models of the chapters: trained, seeded, accurate, and with what the methods ask for."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib import datasets, models


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("digits_cnn", 0.92),
        ("patch_cnn", 0.97),
        ("motif_cnn", 0.97),
        ("motif_lstm", 0.97),
        ("character_lstm", 0.4),  # always guessing a space scores 0.18
        ("review_cnn", 0.92),
    ],
)
def test_accuracy_on_unseen_data(name, least, request):
    trained = request.getfixturevalue(name)
    assert trained.accuracy >= least
    again = models.accuracy(trained.model, trained.inputs, trained.labels)
    assert again == trained.accuracy
    assert not any(module.training for module in trained.model.modules())


@pytest.mark.parametrize("name", ["patch_cnn", "motif_cnn", "motif_lstm", "review_cnn"])
def test_masks_belong_to_the_unseen_data(name, request):
    trained = request.getfixturevalue(name)
    assert len(trained.masks) == len(trained.labels) == len(trained.inputs)


def test_training_follows_the_generator_and_leaves_torchs_own_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first, same, other = (
        models.train_motif_cnn(rng=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(torch.get_rng_state(), before)
    pairs = zip(first.model.parameters(), same.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    assert torch.equal(first.inputs, same.inputs)
    assert not torch.equal(first.inputs, other.inputs)
    assert not torch.equal(first.model.head.weight, other.model.head.weight)


def test_a_gap_head_gives_scores_from_pooled_maps():
    model, x = models.GapCNN(classes=3, filters=7), torch.randn(2, 1, 9, 5)
    maps = model.features(x)
    assert maps.shape == (2, 7, 9, 5)
    assert torch.allclose(model(x), model.head(maps.mean((2, 3))))


def test_motif_models_read_any_length():
    for model in (models.MotifCNN(filters=3, width=4), models.MotifLSTM(hidden=5)):
        for length in (4, 11):
            assert model(torch.zeros(2, 4, length)).shape == (2, 2)
    model, x = models.MotifCNN(), torch.randn(2, 4, 12)
    assert torch.allclose(model(x), model.head(model.features(x).amax(2)))


def test_a_character_model_predicts_from_the_past_only():
    model = models.CharacterLSTM("abc", hidden=6)
    x = model.encode("abcab")
    assert x.shape == (1, 3, 5) and x.argmax(1).tolist() == [[0, 1, 2, 0, 1]]
    other = model.encode("abcbb")
    assert torch.equal(model(x)[:, :3], model(other)[:, :3])
    assert not torch.equal(model(x)[:, 3], model(other)[:, 3])
    assert model.double().encode("a").dtype == torch.float64


def test_reviews_are_judged_alone_whatever_stands_beside_them():
    torch.manual_seed(0)
    model = models.ReviewCNN(["good", "bad"])
    short, long = ["good"], ["bad", "good", "so", "bad"]
    together = model(model.encode([short, long]))
    alone = model(model.encode([short]))
    assert torch.allclose(together[:1], alone, atol=1e-7)
    assert model.encode([short, ["never"]]).tolist() == [[2, 0, 0], [1, 0, 0]]
    assert model.encode([]).shape == (0, 2)
    ids = model.encode([long])
    assert torch.equal(model.scores(model.embed(ids)), model(ids))


def test_a_review_model_predicts_lists_of_words(review_cnn):
    reviews = datasets.restaurant_reviews(200, rng=np.random.default_rng(99))
    predicted = review_cnn.model.predict(reviews.tokens)
    assert isinstance(predicted, np.ndarray) and predicted.shape == (200,)
    assert (predicted == reviews.labels).mean() > 0.9
    assert review_cnn.model.predict([list(datasets.EXAMPLE_REVIEW)]).tolist() == [1]
    masked = ["UNK" if w in ("great", "bad") else w for w in datasets.EXAMPLE_REVIEW]
    assert review_cnn.model.predict([masked]).shape == (1,)


def test_train_lowers_the_loss_and_ends_in_evaluation_mode():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.1), nn.Linear(8, 2))
    x = np.random.default_rng(0).normal(size=(64, 3))
    labels = (x[:, 0] > 0).astype(int)
    losses = models.train(
        model, x, labels, epochs=20, rng=torch.Generator().manual_seed(0), batch_size=10
    )
    assert len(losses) == 20 and losses[-1] < 0.5 * losses[0]
    assert not model.training
    assert models.accuracy(model, torch.tensor(x).float(), torch.tensor(labels)) > 0.9


def test_the_loss_is_the_mean_over_all_examples():
    model = nn.Linear(1, 2)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    (loss,) = models.train(
        model,
        torch.ones(7, 1),
        torch.zeros(7).long(),
        epochs=1,
        rng=torch.Generator(),
        batch_size=3,
        learning_rate=0.0,
    )
    assert loss == pytest.approx(np.log(2), rel=1e-6)


def test_training_shows_a_bar_only_if_asked(capsys):
    for progress in (False, True):
        models.train(
            nn.Linear(1, 2),
            torch.ones(2, 1),
            torch.zeros(2).long(),
            epochs=2,
            rng=torch.Generator(),
            progress=progress,
        )
        captured = capsys.readouterr()
        assert captured.out == "" and ("2/2" in captured.err) == progress


@pytest.mark.parametrize("option", ["epochs", "batch_size"])
def test_train_refuses(option):
    options = {"epochs": 1, "batch_size": 1, option: 0}
    with pytest.raises(ValueError, match=f"{option} must be an integer of at least 1, got 0"):
        models.train(
            nn.Linear(1, 2),
            torch.ones(2, 1),
            torch.zeros(2).long(),
            rng=torch.Generator(),
            **options,
        )
