"""Documents with some words exchanged for similar ones."""

import numpy as np
import pytest

from course_lib import datasets
from course_lib.attribution import sample_neighbours

WORDS = ["the", "food", "is", "bad"]
TABLE = {"food": ["soup", "cake"], "bad": ["good"]}


def rng(seed=0):
    return np.random.default_rng(seed)


def test_words_of_the_anchor_and_words_without_neighbours_stay():
    documents = sample_neighbours(WORDS, [3], 200, neighbours=TABLE, rng=rng())
    assert len(documents) == 200
    assert {tuple(document) for document in documents} == {
        ("the", "food", "is", "bad"), ("the", "soup", "is", "bad"), ("the", "cake", "is", "bad")
    }  # fmt: skip


@pytest.mark.parametrize("p_exchange", [0.2, 0.5])
def test_each_word_is_exchanged_alone_and_for_each_neighbour_alike(p_exchange):
    n = 20_000
    documents = sample_neighbours(WORDS, [], n, neighbours=TABLE, p_exchange=p_exchange, rng=rng(1))
    foods = np.array([document[1] for document in documents])
    bads = np.array([document[3] for document in documents])
    six_sigma = 6 * np.sqrt(0.25 / n)
    assert abs((bads == "good").mean() - p_exchange) < six_sigma
    for food in TABLE["food"]:
        assert abs((foods == food).mean() - p_exchange / 2) < six_sigma
    both = ((foods != "food") & (bads != "bad")).mean()
    assert abs(both - p_exchange**2) < six_sigma


def test_the_same_seed_draws_the_same_documents_and_the_document_stays_as_it_was():
    words = list(WORDS)
    first, second = (sample_neighbours(words, [], 9, neighbours=TABLE, rng=rng(2)) for _ in "ab")
    assert first == second and words == WORDS
    half = sample_neighbours(words, [], 9, neighbours=TABLE, p_exchange=0.5, rng=rng(2))
    assert first == half  # the default
    assert sample_neighbours(words, [], 0, neighbours=TABLE, rng=rng()) == []
    assert sample_neighbours(words, [], 2, neighbours={}, rng=rng()) == [WORDS, WORDS]


def test_the_neighbours_of_the_reviews_stand_in_the_same_places_and_may_mean_the_opposite():
    table = datasets.NEIGHBOURS
    assert "bad" in table["good"] and "good" not in table["good"]
    assert all(word in table[other] for word, others in table.items() for other in others)
    documents = sample_neighbours(datasets.EXAMPLE_REVIEW, [], 300, neighbours=table, rng=rng())
    assert {datasets.sentiment(document) for document in documents} == {0, 1}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (dict(neighbours=["soup"]), TypeError, "neighbours must be a dictionary, got list"),
        (dict(neighbours={"a": "b"}), TypeError, "map a word to a list, got 'b' for 'a'"),
        (dict(neighbours={"a": None}), TypeError, "map a word to a list, got None for 'a'"),
        (dict(p_exchange=1.0), ValueError, "p_exchange must be"),
        (dict(rng="0"), TypeError, "rng must be"),
        (dict(n=-1), ValueError, "n must be"),
        (dict(positions=[4]), ValueError, "positions must be"),
        (dict(tokens=[]), ValueError, "tokens must hold"),
    ],
)
def test_bad_input_is_refused(change, error, message):
    given = dict(tokens=WORDS, positions=[], n=1, neighbours=TABLE, rng=rng()) | change
    tokens, positions, n = (given.pop(name) for name in ("tokens", "positions", "n"))
    with pytest.raises(error, match=message):
        sample_neighbours(tokens, positions, n, **given)
