"""Anchors: bounds that hold, the search against enumeration, counted evaluations."""

import dataclasses
import inspect

import numpy as np
import pytest

from course_lib.attribution import (
    all_anchors,
    all_precisions,
    anytime_threshold,
    exact_precision,
    explain_anchor,
    kl_lower,
    kl_upper,
    select_anchors,
)
from course_lib.attribution.anchor_samples import PrecisionTest, Sampler
from course_lib.attribution.anchors import _one_word_more, _tosses

TOY = {"a": 2, "b": 2, "c": 1, "d": 1, "e": 1}


def toy(documents):
    return [int(sum(TOY.get(word, 0) for word in words) > 3) for words in documents]


def rng(seed=0):
    return np.random.default_rng(seed)


class Counted:
    """A predictor that counts the documents and calls it was asked."""

    def __init__(self, predict):
        self.predict, self.n_calls, self.n_evals = predict, 0, 0

    def __call__(self, documents):
        assert documents, "predict must not be asked about nothing"
        self.n_calls += 1
        self.n_evals += len(documents)
        return self.predict(documents)


def random_linear(seed, b):
    """Return a document and a classifier that is linear in the words that are left."""
    r = rng(seed)
    weights = {f"w{i}": w for i, w in enumerate(r.exponential(size=b))}
    cut = 0.55 * sum(weights.values())
    return list(weights), lambda documents: [
        int(sum(weights.get(word, 0) for word in words) > cut) for words in documents
    ]


def two_layers(seed, b):
    r = rng(seed)
    w, u, c = r.normal(size=(b, 6)), r.normal(size=6), r.normal(size=6)
    words = [f"w{i}" for i in range(b)]

    def predict(documents):
        here = np.array([[word != "UNK" for word in document] for document in documents], float)
        return np.tanh(here @ w + c) @ u > 0

    return words, predict


def all_of(*needed):
    return lambda documents: [int(set(needed) <= set(words)) for words in documents]


@pytest.mark.parametrize("beam_size", [1, 4, 20])
def test_search_equals_enumeration_on_the_toy(oracles, beam_size):
    case = oracles["anchors_exact_toy"]
    best = select_anchors(all_precisions(list(TOY), toy), 1 - case["inputs"]["eps"]).best
    for seed in range(25):
        found = explain_anchor(list(TOY), toy, threshold=0.8, beam_size=beam_size, rng=rng(seed))
        assert [found.positions] == best and found.found
        assert "+".join(found.tokens) in case["expected"]["A3"]
        assert found.lower >= 0.8 and found.upper == 1 and found.precision == 1


@pytest.mark.parametrize("make", [random_linear, two_layers])
@pytest.mark.parametrize("p_unk", [0.5, 0.3, 0.7])
def test_bounds_cover_the_exact_precision_and_anchors_keep_their_word(make, p_unk):
    missed = broken = runs = 0
    for model in range(2):
        words, predict = make(model, 7)
        exact = all_precisions(words, predict, p_unk=p_unk)
        for seed in range(20):
            found = explain_anchor(
                words, predict, threshold=0.85, p_unk=p_unk, rng=rng(seed), beam_size=2
            )
            precision = exact[found.positions]
            runs += 1
            missed += not found.lower <= precision <= found.upper
            broken += found.found and precision < 0.85
            assert found.coverage == pytest.approx((1 - p_unk) ** len(found.positions))
            assert found.found == (found.lower >= 0.85)
    assert missed <= 0.1 * runs and broken <= 0.1 * runs


def test_bounds_hold_for_what_is_reported_when_the_budget_ends():
    words, predict = two_layers(1, 8)
    exact = all_precisions(words, predict)
    missed = 0
    for seed in range(100):
        found = explain_anchor(words, predict, max_evals=60, rng=rng(seed))
        assert found.n_evals <= 60 and not found.found
        missed += not found.lower <= exact[found.positions] <= found.upper
    assert missed <= 10


def test_no_shorter_anchor_with_room_to_spare_is_passed_over():
    shortest_hits = 0
    for model in range(8):
        words, predict = random_linear(model, 8)
        exact = all_precisions(words, predict)
        clear = select_anchors(exact, 0.95)  # clearly above 0.85
        found = explain_anchor(words, predict, threshold=0.85, rng=rng(model))
        assert exact[found.positions] >= 0.85
        shortest_hits += len(found.positions) <= len(clear.shortest[0])
    assert shortest_hits >= 7


def test_a_small_tolerance_decides_closer_calls():
    """The best words of the toy keep it in 0.75 of the cases, not far above 0.7."""
    sizes = {
        tolerance: [
            len(explain_anchor(list(TOY), toy, threshold=0.7, tolerance=tolerance,
                               rng=rng(seed)).positions)
            for seed in range(8)
        ]
        for tolerance in (0.3, 0.9)
    }  # fmt: skip
    assert sum(sizes[0.3]) <= 10 and sum(sizes[0.9]) > 10


@pytest.mark.parametrize("p_unk", [0.5, 0.8])
def test_a_rule_is_found_with_its_words_alone(p_unk):
    words = "the food was not bad at all and so was the wine".split()
    found = explain_anchor(words, all_of("not", "bad"), p_unk=p_unk, rng=rng())
    assert found.tokens == ("not", "bad") and found.positions == (3, 4) and found.found
    assert found.coverage == pytest.approx((1 - p_unk) ** 2)


def test_positions_are_not_word_types():
    words = ["the", "end", "of", "the", "film"]
    first_the = lambda documents: [int(words[3] == "the") for words in documents]  # noqa: E731
    found = explain_anchor(words, first_the, rng=rng())
    assert found.positions == (3,) and found.tokens == ("the",)


def test_defaults_are_those_of_the_contract():
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(explain_anchor).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
    assert defaults == dict(
        threshold=0.95, delta=0.1, tolerance=0.15, beam_size=4, batch_size=100, p_unk=0.5,
        max_evals=None, unk="UNK", rng=None, progress=False,
    )  # fmt: skip


def test_labels_may_be_names_and_the_unknown_word_another():
    def predict(documents):
        return ["good" if "fine" in words and "[gone]" not in words[:1] else "bad"
                for words in documents]  # fmt: skip

    found = explain_anchor(["a", "fine", "day"], predict, unk="[gone]", rng=rng())
    assert found.tokens == ("a", "fine")


@pytest.mark.parametrize("words", [["one"], ["one", "two"]])
@pytest.mark.parametrize("max_evals", [2, None])
def test_the_whole_document_is_the_last_resort_and_always_precise(words, max_evals):
    counted = Counted(all_of(*words))
    found = explain_anchor(words, counted, max_evals=max_evals, rng=rng(4))
    assert found.n_evals == counted.n_evals > 0
    if max_evals is None or len(words) == 1:
        assert found.positions == tuple(range(len(words))) and found.found
        assert (found.precision, found.lower, found.upper) == (1, 1, 1)


@pytest.mark.parametrize("words", [list("abcdef"), ["a"]])
def test_where_the_prediction_always_stays_no_word_is_needed(words):
    counted = Counted(lambda documents: np.zeros(len(documents), int))
    found = explain_anchor(words, counted, rng=rng())
    assert found.positions == found.tokens == () and found.found and found.coverage == 1
    # The document, one batch that would have served all words, and what proves the first anchor.
    assert (found.n_calls, found.n_evals) == (2, 1 + 100 + 119)
    assert found.lower >= 0.95 and found.precision == found.upper == 1


def test_where_the_prediction_nearly_always_stays_no_word_is_needed():
    def any_left(documents):
        return [int(any(word != "UNK" for word in words)) for words in documents]

    words = list("abcdef")
    assert exact_precision(words, any_left, []) == 1 - 2**-6
    found = [explain_anchor(words, any_left, rng=rng(seed)) for seed in range(20)]
    assert sum(one.positions == () for one in found) >= 10
    assert all(one.lower <= 1 - 2**-6 for one in found if one.positions == ())
    first = explain_anchor(words, any_left, threshold=0.99, rng=rng())
    assert len(first.positions) == 1  # one word that is left is enough, none is not


def test_one_word_is_asked_about_too():
    with pytest.raises(ZeroDivisionError):
        explain_anchor(["a"], lambda documents: 1 / 0)


# Evaluations


@pytest.mark.parametrize("max_evals", [2, 3, 5, 50, 120, 121, 240, 1000, None])
@pytest.mark.parametrize("batch_size", [1, 30, 100])
def test_evaluations_are_counted_and_bounded(max_evals, batch_size):
    words, predict = random_linear(0, 7)
    counted = Counted(predict)
    found = explain_anchor(words, counted, max_evals=max_evals, batch_size=batch_size, rng=rng(1))
    assert (found.n_evals, found.n_calls) == (counted.n_evals, counted.n_calls)
    assert found.n_evals <= (max_evals or np.inf)
    assert found.found == (found.lower >= 0.95) and 0 <= found.lower <= found.upper <= 1
    assert 0 <= found.precision <= 1 and found.lower <= found.precision <= found.upper
    if max_evals is not None and max_evals <= 121:
        assert not found.found and found.n_evals == max_evals


def test_a_sure_word_is_proven_with_as_few_samples_as_the_bound_allows():
    counted = Counted(all_of("b"))
    found = explain_anchor(["a", "b", "c", "d", "e", "f"], counted, rng=rng(), beam_size=1)
    # the document and one batch that serves all words in one call, and the smallest n with
    # 0.95^n <= exp(-log(2 sqrt(n) / 0.05))
    proof = next(n for n in range(1, 500) if 0.95**n <= 0.05 / (2 * np.sqrt(n)))
    assert found.tokens == ("b",) and found.n_evals == 1 + 100 + proof and found.n_calls == 2
    assert found.lower >= 0.95 > found.lower - 0.001


def test_only_what_looks_precise_enough_is_put_to_the_test():
    sizes = []

    def predict(documents):
        sizes.append(len(documents))
        return all_of("a", "b", "c")(documents)

    found = explain_anchor(list("abcdef"), predict, rng=rng(), beam_size=1)
    assert found.tokens == ("a", "b", "c")
    assert sizes.index(119) == len(sizes) - 1  # 119 samples prove the first anchor that is tested


def test_half_of_a_small_budget_is_kept_for_the_test():
    found = explain_anchor(list("abcd"), all_of("a"), max_evals=3, rng=rng())
    assert (found.n_evals, found.n_calls) == (3, 2)
    for seed in range(10):
        found = explain_anchor(list("abcd"), all_of("a"), max_evals=101, rng=rng(seed))
        assert found.positions == (0,) and found.precision == 1 and not found.found
        assert found.n_evals == 101 and found.n_calls == 2
        assert found.lower == pytest.approx(kl_lower(1, 50, anytime_threshold(50, 0.05)))


def test_the_best_word_is_reported_when_the_budget_ends_and_none_looks_precise_enough():
    def mostly(documents):
        return [int("a" in words and ("b" in words or "c" in words)) for words in documents]

    for seed in range(10):
        found = explain_anchor(list("abcd"), mostly, max_evals=150, rng=rng(seed))
        assert found.positions == (0,) and 0.5 < found.precision < 0.95 and not found.found


def test_calls_grow_while_evaluations_stay_within_the_same_bounds():
    words, predict = two_layers(3, 10)
    found = explain_anchor(words, predict, rng=rng(), batch_size=10)
    assert found.n_calls < found.n_evals / 40


def test_progress(capsys):
    steps = []
    found = explain_anchor(
        list(TOY), toy, threshold=0.8, max_evals=5000, rng=rng(),
        progress=lambda done, total: steps.append((done, total)),
    )  # fmt: skip
    assert steps[0] == (101, 5000) and steps[-1] == (found.n_evals, 5000)
    assert len(steps) == found.n_calls
    explain_anchor(list(TOY), toy, progress=True)
    assert "explain_anchor" in capsys.readouterr().err


# The parts


def test_samples_of_an_anchor_serve_the_longer_anchors_they_contain():
    sampler = Sampler(list("abcd"), all_of("a", "b"), 0.5, "UNK", None, rng(), lambda n: None)
    short = np.array([[True, False, False, False]])
    sampler.draw(short, 600)
    candidates = np.array(
        [[True, True, False, False], [True, False, True, False], [False, True, False, False]]
    )
    counts, successes = sampler.statistics(candidates)
    assert 250 < counts[0] < 350 and 250 < counts[1] < 350
    assert successes[0] == counts[0]  # what keeps a and b keeps the prediction
    assert abs(successes[1] / counts[1] - 0.5) < 0.12
    assert counts[2] == 0  # a sample that was made to keep a is no fair sample of b alone
    sampler.draw(candidates[2:], 100)
    again, _ = sampler.statistics(candidates)
    assert again[2] == 100 and 20 < again[0] - counts[0] < 80 and again[1] == counts[1]
    later, _ = sampler.statistics(candidates, first=1)
    np.testing.assert_array_equal(later, again - counts)


def test_tosses_draw_from_the_parents_of_the_arms_in_question_and_grow():
    asked = Counted(all_of("a"))
    sampler = Sampler(list("abcd"), asked, 0.5, "UNK", 1000, rng(), lambda n: None)
    beam = np.array([[True, False, False, False], [False, True, False, False]])
    candidates, parents = _one_word_more(beam)
    toss = _tosses(sampler, candidates, parents, 40, 100)
    counts, _ = toss(())  # nothing is known yet: one batch for the whole beam
    assert asked.n_evals == 41 and asked.n_calls == 1
    assert (counts > 0).all() and counts.max() < 35
    of_second = [i for i, parent in enumerate(parents) if parent[1]]
    before = counts
    counts, successes = toss((of_second[0], of_second[1]))
    assert asked.n_evals == 81 and asked.n_calls == 2  # all 40 keep b
    b_and_c = candidates[of_second[0]]
    assert b_and_c[1] and 10 < (counts - before)[of_second[0]] < 30
    assert (successes <= counts).all()
    sizes = []
    while toss((0, of_second[0])) is not None:
        sizes.append(asked.n_evals - sum(sizes) - 81)
    assert sizes[:5] == [40, 60, 90, 135, 202] and asked.n_evals == 900
    again = _tosses(sampler, candidates, parents, 40, 0)
    np.testing.assert_array_equal(again(())[0], sampler.statistics(candidates)[0])
    assert asked.n_evals == 900  # enough is known to begin with


def test_a_batch_is_only_drawn_where_little_is_known():
    asked = Counted(all_of("a"))
    sampler = Sampler(list("abc"), asked, 0.5, "UNK", None, rng(), lambda n: None)
    candidates, parents = _one_word_more(np.zeros((1, 3), dtype=bool))
    for word, n in zip(candidates, (10, 10, 9), strict=True):
        sampler.draw(word[None], n)
    for batch_size, draws in ((36, 0), (37, 37), (40, 0)):
        before = asked.n_evals
        counts, _ = _tosses(sampler, candidates, parents, batch_size, 1)(())
        assert asked.n_evals - before == draws
        np.testing.assert_array_equal(counts, sampler.statistics(candidates)[0])


@pytest.mark.parametrize("p_unk", [0.5, 0.6, 0.8])
def test_where_masking_is_frequent_the_arms_themselves_are_drawn(p_unk):
    sampler = Sampler(list("abcd"), all_of("a"), p_unk, "UNK", None, rng(), lambda n: None)
    candidates, parents = _one_word_more(np.zeros((1, 4), dtype=bool))
    toss = _tosses(sampler, candidates, parents, 200, 1)
    before, _ = toss(())
    after, _ = toss((0, 1))
    fresh = after - before
    if p_unk > 0.5:
        assert (fresh[:2] == 100).all() and (fresh[2:] == 0).all()
    else:
        assert (abs(fresh - 100) < 30).all() and (fresh != 100).any()


def test_a_result_cannot_be_changed():
    found = explain_anchor(["one"], toy)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.precision = 0.5


def test_one_sample_proves_a_low_precision():
    assert PrecisionTest(Scripted(), 0.001, 0.9, 0.1, 10).first_draws() == 1


def test_each_further_test_has_a_smaller_share_of_delta():
    sampler = Sampler(list("abcd"), all_of("a"), 0.5, "UNK", None, rng(), lambda n: None)
    test = PrecisionTest(sampler, 0.9, 0.1, 0.03, 50)
    for i, word in enumerate("abc", start=1):
        share = 0.1 / (i * (i + 1))
        needed = next(n for n in range(1, 500) if 0.9**n <= share / (2 * np.sqrt(n)))
        assert test.first_draws() == needed
        before = sampler.n_evals or 1  # the document itself
        mask = np.array([letter in (word, "a") for letter in "abcd"])
        assert test.passes(mask) and sampler.n_evals == before + needed
        precision, lower, upper = test.results[tuple(np.flatnonzero(mask))]
        beta = anytime_threshold(needed, share)
        assert (precision, upper) == (1, 1) and lower == pytest.approx(kl_lower(1, needed, beta))
        assert lower >= 0.9


@pytest.mark.parametrize("resolution", [0.1, 0.3])
def test_a_test_that_cannot_be_decided_ends_at_its_resolution(resolution):
    sampler = Sampler(list("ab"), all_of("a"), 0.5, "UNK", None, rng(1), lambda n: None)
    test = PrecisionTest(sampler, 0.5, 0.1, resolution, 10)
    assert not test.passes(np.array([False, True]))  # its precision is the threshold, 1/2
    precision, lower, upper = test.results[(1,)]
    n = sampler.n_evals - 1
    beta = anytime_threshold(n, 0.05)
    assert upper - lower == pytest.approx(
        kl_upper(precision, n, beta) - kl_lower(precision, n, beta)
    )
    assert lower < 0.5 < upper and upper - lower < resolution
    assert upper - lower > 0.75 * resolution  # and not long after


def test_the_resolution_is_a_fifth_of_the_tolerance(monkeypatch):
    seen = []

    class Noted(PrecisionTest):
        def __init__(self, sampler, threshold, delta, resolution, batch_size):
            seen.append(resolution)
            super().__init__(sampler, threshold, delta, resolution, batch_size)

    monkeypatch.setattr("course_lib.attribution.anchors.PrecisionTest", Noted)
    explain_anchor(["a", "b"], all_of("a"), tolerance=0.2, rng=rng())
    assert seen == [pytest.approx(0.04)]


def test_a_test_that_is_lost_ends_at_once():
    sampler = Sampler(list("ab"), all_of("a"), 0.9, "UNK", None, rng(1), lambda n: None)
    test = PrecisionTest(sampler, 0.9, 0.1, 0.01, 10)
    assert not test.passes(np.array([False, True]))
    assert sampler.n_evals == 1 + PrecisionTest(sampler, 0.9, 0.1, 0.01, 10).first_draws()
    assert test.results[(1,)][2] < 0.9


class Scripted:
    """A sampler whose i-th draw keeps a given number of samples."""

    left, n_evals = np.inf, 1

    def __init__(self, *kept):
        self.kept, self.drawn = list(kept), []

    def draw(self, anchors, n):
        self.drawn.append(n)
        return np.arange(n) < self.kept.pop(0)


def test_a_test_gives_up_below_even_odds_long_before_it_is_proven_lost():
    most = next(k for k in range(119, 0, -1) if kl_upper(k / 119, 119, np.log(2)) < 0.95)
    sampler = Scripted(most)
    test = PrecisionTest(sampler, 0.95, 0.1, 0.01, 100)
    assert test.first_draws() == 119 and not test.passes(np.array([True, False]))
    assert sampler.drawn == [119]
    precision, lower, upper = test.results[(0,)]
    assert precision == pytest.approx(most / 119) and lower < precision < 0.95 < upper
    sampler = Scripted(most + 1, 0)  # one sample more and the test goes on
    assert not PrecisionTest(sampler, 0.95, 0.1, 0.01, 100).passes(np.array([True, False]))
    assert sampler.drawn == [119, 100]


def test_a_lower_bound_at_the_threshold_is_enough():
    threshold = float(kl_lower(1.0, 50, anytime_threshold(50, 0.05)))
    sampler = Scripted(50)
    test = PrecisionTest(sampler, threshold, 0.1, 0.01, 10)
    test.first_draws = lambda: 50
    assert test.passes(np.array([True, False])) and sampler.drawn == [50]
    assert test.results[(0,)][1] == threshold


def test_looks_grow_by_half_from_a_batch():
    sampler = Scripted(115, 57, 86, 128, 0)
    assert not PrecisionTest(sampler, 0.95, 0.1, 0.01, 30).passes(np.array([True, False]))
    assert sampler.drawn == [119, 59, 89, 133, 200]


def test_children_of_a_beam_are_distinct_and_know_a_parent():
    beam = np.array([[True, False, False], [False, True, False]])
    candidates, parents = _one_word_more(beam)
    assert sorted(map(tuple, candidates.tolist())) == [
        (False, True, True), (True, False, True), (True, True, False),
    ]  # fmt: skip
    assert (candidates & parents).sum() == 3 and ((candidates ^ parents).sum(axis=1) == 1).all()


def test_plane_of_all_anchors_and_what_is_selected(oracles):
    case = oracles["anchors_exact_toy"]
    words = case["inputs"]["words"]
    precisions = all_precisions(words, toy)
    named = {"+".join(words[i] for i in anchor): p for anchor, p in precisions.items() if anchor}
    assert named == pytest.approx(case["expected"]["prec"], abs=1e-12)
    assert list(precisions) == all_anchors(5) and len(precisions) == 2**5
    picked = select_anchors(precisions, 1 - case["inputs"]["eps"])
    for got, name in zip(picked, ("A1", "A2", "A3"), strict=True):
        assert ["+".join(words[i] for i in anchor) for anchor in got] == case["expected"][name]
    for anchor in precisions:
        assert exact_precision(words, toy, anchor) == pytest.approx(precisions[anchor])


# Refused input


@pytest.mark.parametrize("name", ["threshold", "delta", "tolerance", "p_unk"])
@pytest.mark.parametrize("value", [0, 1, -0.1, 1.5, np.nan])
def test_shares_outside_the_unit_interval_are_refused(name, value):
    with pytest.raises(ValueError, match=f"{name} must be a number above 0 and below 1, got"):
        explain_anchor(["a"], toy, **{name: value})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (dict(beam_size=0), "beam_size must be an integer of at least 1, got 0"),
        (dict(batch_size=0), "batch_size must be an integer of at least 1, got 0"),
        (dict(max_evals=1), "max_evals must be an integer of at least 2, got 1"),
    ],
)
def test_counts_out_of_range_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        explain_anchor(["a", "b"], toy, **options)


def test_other_refusals():
    with pytest.raises(ValueError, match="tokens must hold at least one token, got an empty list"):
        explain_anchor([], toy)
    with pytest.raises(TypeError, match="tokens must be a list of tokens, got 'a b'"):
        explain_anchor("a b", toy)
    with pytest.raises(TypeError, match="threshold must be a number .* got '0.9'"):
        explain_anchor(["a"], toy, threshold="0.9")
    with pytest.raises(TypeError, match="rng must be None, a seed or a NumPy Generator, got str"):
        explain_anchor(["a"], toy, rng="3")
    with pytest.raises(TypeError, match="predict must be a function, got list"):
        explain_anchor(["a"], [1])
    with pytest.raises(ValueError, match=r"predict must return one label .* 3 documents.*\(3, 2\)"):
        explain_anchor(["a", "b"], lambda documents: [[0.1, 0.9]] * len(documents), max_evals=5)
    with pytest.raises(ValueError, match="predict must return class labels, got fractions or NaN"):
        explain_anchor(["a", "b"], lambda documents: [0.3] * len(documents))
    with pytest.raises(ValueError, match="predict must return class labels, got fractions or NaN"):
        explain_anchor(["a", "b"], lambda documents: [np.nan] * len(documents))
    with pytest.raises(TypeError, match="progress must be False, True or a function"):
        explain_anchor(["a"], toy, progress=1)
