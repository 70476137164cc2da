"""What the page on anchors prints, glues and claims."""

import re
from pathlib import Path

import numpy as np
import pytest

from course_lib.attribution import all_precisions, exact_precision, kl_lower, with_unk
from course_lib.datasets import EXAMPLE_REVIEW
from course_lib.figures.race import Race

PAGE = Path(__file__).parents[3] / "book" / "anchors.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture
def predict(page):
    return page.names["net"].predict


def test_loop_and_library_agree(page):
    assert "3 of 4 stay praise: 0.75" in page.printed
    assert re.findall(r"equal: (\w+)", page.printed) == ["True"]
    assert "128 in A1" in page.printed


def test_what_is_said_of_single_words_and_pairs(page):
    precisions, review = page.names["precisions"], page.names["review"]
    at = {word: i for i, word in enumerate(review)}
    assert precisions[()] == pytest.approx(0.5, abs=0.05)
    assert max(precisions[i,] for i in range(8)) < 0.95
    passing = [a for a in precisions if len(a) == 2 and precisions[a] >= 0.95]
    assert len(passing) == 3 and not any(at["bad"] in a for a in passing)
    assert precisions[at["bad"],] - precisions[()] < 0.02 < precisions[at["is"],] - precisions[()]


def test_ten_samples_let_some_pass(page):
    assert 0.8 < page.glued["anchors-fine"] < 0.9
    assert 2 <= page.glued["anchors-passed"] <= 20


def test_what_agreeing_samples_prove(page):
    said = re.findall(r"(\d+) of \1: at least ([\d.]+)", page.printed)
    assert len(said) > 2
    for n, least in said:
        assert float(least) == pytest.approx(20 ** (-1 / int(n)), abs=0.005)
    beta = np.log(20)
    assert kl_lower(1.0, 58, beta) < 0.95 < kl_lower(1.0, 59, beta)
    assert kl_lower(1.0, 10, beta) < 0.75 and kl_lower(1.0, 40, beta) < 0.95


def test_what_is_said_of_the_race(page):
    """Who is asked first, why "service" never is, and who wins."""
    precisions, review = page.names["precisions"], page.names["review"]
    race = Race()
    first, *_, last = race.rounds
    assert [review[i] for i in first["pair"]] == ["are", "prices"]
    assert {review[i] for i in first["leaders"]} == {"not", "are"}
    best = sorted(range(8), key=lambda i: -precisions[i,])[:2]
    assert sorted(last["leaders"]) == sorted(best)
    service = review.index("service")
    assert last["counts"][service] == first["counts"][service]
    for known in race.rounds:
        others = set(range(8)) - {*known["leaders"]}
        assert max(known["high"][i] for i in others) > known["high"][service]
    assert page.glued["anchors-asked"] == "1,240" and page.glued["anchors-equal"] == "2,800"


def test_the_beam_finds_an_anchor_of_a3_and_looks_at_few(page):
    assert page.glued["anchors-seen"] < 30
    assert page.names["found"].found and page.names["found"].n_evals < 10_000
    assert len(EXAMPLE_REVIEW) == 20


def test_two_anchors_of_one_length_cover_differently(page):
    shares = dict(zip(page.names["compared"], page.names["shares"], strict=True))
    assert abs(shares[2, 3] - shares[6, 7]) > 0.02 and shares[()] == 1


def test_nothing_and_nearly_everything(page, predict):
    assert page.names["empty"] == () and len(page.names["long"]) == 4
    tokens = "portions are awful and so is the selection".split()
    assert list(predict(with_unk(tokens, np.zeros((1, 8), bool)))) == [0]
    tied = "the bread is rude the wine is not bad".split()
    assert list(predict([tied])) == [1]
    precisions = all_precisions(tied, predict)
    best = page.names["long"]
    for lost in best:  # "each of four words, when lost, can tip it"
        assert precisions[tuple(i for i in best if i != lost)] < 0.95
    assert max(p for a, p in precisions.items() if len(a) == 3) == page.glued["anchors-long"]


def test_shapley_values_share_out_the_score(page):
    game, shares = page.names["game"], page.names["shares"]
    both = game(np.array([np.ones(8, bool), np.zeros(8, bool)]))
    assert page.names["phi"].sum() == pytest.approx(both[0] - both[1])
    assert len(shares) == 7


def test_the_answers_to_the_test_questions(page):
    def even(documents):
        return [sum(word != "UNK" for word in words) % 2 for words in documents]

    words = list("abcdefgh")
    assert exact_precision(words, even, range(7)) == 0.5
    assert exact_precision(words, even, range(8)) == 1
    assert kl_lower(1.0, 100, np.log(20)) == pytest.approx(0.97, abs=0.001)
    precisions = page.names["precisions"]
    for anchor, precision in precisions.items():
        if precision == 1:
            assert all(precisions[b] == 1 for b in precisions if set(anchor) < set(b))
    tied = page.names["of_long"]  # "rude", the fourth word, makes it worse
    assert (round(tied[()], 2), round(tied[3,], 2)) == (0.21, 0.11)


def test_the_exercise_is_not_answered_here():
    """Pass rates, other chances of a loss, and what a second shortest anchor says."""
    for words in ("0.107", "10.7", "comb(", "p_unk=0.1", "does not matter"):
        assert words not in TEXT
