"""Precision by enumeration and by sampling, masked documents, coverage of a corpus."""

from math import comb

import numpy as np
import pytest

from course_lib.attribution import (
    all_anchors,
    all_precisions,
    corpus_coverage,
    exact_precision,
    sample_unk,
    sampled_precision,
    select_anchors,
    with_unk,
)

WORDS = ["a", "good", "film", "not"]


def rng(seed=0):
    return np.random.default_rng(seed)


def good_not(documents):
    return [int("good" in words and "not" in words) for words in documents]


def test_documents_with_unknown_words(oracles):
    case = oracles["anchors_samples"]
    tokens, anchor = case["inputs"]["tokens"], case["inputs"]["anchor"]
    expected = case["expected"]
    positions = [i for i, word in enumerate(tokens) if word in anchor]
    assert len(tokens) == expected["n_tokens"]
    assert len(tokens) - len(positions) == expected["n_non_anchor"]
    for sample, unknown in zip(case["inputs"]["samples"], expected["unk_positions"], strict=True):
        keep = np.ones((1, len(tokens)), dtype=bool)
        keep[0, unknown] = False
        assert with_unk(tokens, keep) == [sample.split()]
        assert not set(unknown) & set(positions)
    keep = sample_unk(tokens, positions, 4000, rng=rng())
    assert keep[:, positions].all() == expected["anchor_never_masked"]
    masked = 16 - (keep.sum(axis=1) - 4)
    # As few as 3 of 16 are rare at p = 1/2, so the printed samples are illustrations.
    at_most_3 = sum(comb(16, k) for k in range(4)) / 2**16
    assert at_most_3 == pytest.approx(0.0106, abs=1e-4)
    assert abs((masked <= 3).mean() - at_most_3) < 0.006


@pytest.mark.parametrize("p_unk", [0.2, 0.5, 0.8])
def test_words_are_masked_independently_and_coverage_is_a_power(p_unk):
    n = 20_000
    keep = sample_unk(WORDS, [1], n, p_unk=p_unk, rng=rng(2))
    assert keep.shape == (n, 4) and keep[:, 1].all()
    free = keep[:, [0, 2, 3]]
    np.testing.assert_allclose(free.mean(axis=0), 1 - p_unk, atol=0.015)
    np.testing.assert_allclose(np.cov(free.T)[np.triu_indices(3, 1)], 0, atol=0.01)
    kept_both = sample_unk(WORDS, [], n, p_unk=p_unk, rng=rng(3))[:, [0, 3]].all(axis=1)
    np.testing.assert_allclose(kept_both.mean(), (1 - p_unk) ** 2, atol=0.015)


@pytest.mark.parametrize("p_unk", [0.5, 0.1, 0.7])
def test_exact_precision_in_closed_form(p_unk):
    stay = 1 - p_unk
    for positions, expected in (((), stay**2), ((0,), stay**2), ((1,), stay), ((1, 3), 1)):
        assert exact_precision(WORDS, good_not, positions, p_unk=p_unk) == pytest.approx(
            expected, abs=1e-12
        )
    for anchor, precision in all_precisions(WORDS, good_not, p_unk=p_unk).items():
        expected = stay ** ((1 not in anchor) + (3 not in anchor))
        assert precision == pytest.approx(expected, abs=1e-12)


def test_precision_of_a_document_that_is_predicted_otherwise():
    """The label to keep is the document's own, whichever it is."""
    assert exact_precision(["film", "not"], good_not, []) == 1
    assert exact_precision(["good", "not"], lambda d: ["x" if "good" in w else "y" for w in d],
                           [1]) == 0.5  # fmt: skip


def test_enumeration_asks_in_bounded_calls():
    sizes = []

    def predict(documents):
        sizes.append(len(documents))
        return np.array([words.count("UNK") % 2 for words in documents])

    words = [f"w{i}" for i in range(14)]
    assert exact_precision(words, predict, [2]) == 0.5
    assert sum(sizes) == 1 + 2**13 and max(sizes) <= 4096
    sizes.clear()
    assert set(all_precisions(words, predict).values()) == {0.5, 1.0}
    assert sum(sizes) == 1 + 2**14 and max(sizes) <= 4096


def test_ten_samples(oracles):
    case = oracles["anchors_n10"]["expected"]
    n = oracles["anchors_n10"]["inputs"]["n"]
    assert 0.8**n == pytest.approx(case["P_pass_if_true_prec_0_8"])
    assert 0.95**n == pytest.approx(case["P_pass_if_true_prec_0_95"])
    assert np.sqrt(0.95 * 0.05 / n) == pytest.approx(case["std_err_at_0_95"])
    # a word kept in 8 of 10: its precision is 0.8, and one run in ten sees no failure
    passed = [
        sampled_precision(["a", "b"], lambda d: [int("b" in w) for w in d], [0], n=n, p_unk=0.2,
                          rng=rng(seed)).precision >= 0.95
        for seed in range(500)
    ]  # fmt: skip
    assert abs(np.mean(passed) - case["P_pass_if_true_prec_0_8"]) < 0.04


def test_sampled_precision_has_its_error_and_its_bounds():
    missed, values = 0, []
    for seed in range(200):
        estimate = sampled_precision(WORDS, good_not, [1], n=50, delta=0.1, rng=rng(seed))
        p, n = estimate.precision, 50
        assert estimate.std_error == pytest.approx(np.sqrt(p * (1 - p) / n))
        assert estimate.lower < p < estimate.upper and estimate.n_evals == 51
        missed += not estimate.lower <= 0.5 <= estimate.upper
        values.append(p)
    assert missed <= 20
    assert np.mean(values) == pytest.approx(0.5, abs=0.02)
    assert np.std(values) == pytest.approx(np.sqrt(0.25 / 50), rel=0.15)
    sure = sampled_precision(WORDS, good_not, [1, 3], n=10, delta=0.1, rng=rng())
    assert (sure.precision, sure.std_error, sure.upper) == (1, 0, 1)
    assert sure.lower == pytest.approx((0.1 / 2) ** (1 / 10))
    default = sampled_precision(WORDS, good_not, [1, 3], n=10, rng=rng())
    assert default.lower == pytest.approx((0.05 / 2) ** (1 / 10))


def test_coverage_of_a_corpus_is_a_fraction(oracles):
    case = oracles["coverage_toy"]
    documents = case["inputs"]["docs"]
    for name, fraction in case["expected"]["fraction"].items():
        words = name.split("+")
        assert corpus_coverage(words, documents) == pytest.approx(fraction)
        assert fraction == case["expected"]["count"][name] / len(documents)
    # Longer anchors cover less only when they contain the shorter one.
    assert corpus_coverage(["the", "and"], documents) > corpus_coverage(["zyx"], documents)
    assert corpus_coverage(["the", "and"], documents) <= corpus_coverage(["and"], documents)


def test_numbers_of_anchors():
    assert len(all_anchors(5)) == 2**5 and all_anchors(1) == [(), (0,)]
    sizes = [len(anchor) for anchor in all_anchors(6)]
    assert sizes == sorted(sizes) and len(set(all_anchors(6))) == 64


def test_selection_by_length_then_precision():
    precisions = {(0,): 0.7, (1,): 0.8, (2,): 0.8, (0, 1): 1.0}
    picked = select_anchors(precisions, 0.7)
    assert picked.eligible == [(0,), (1,), (2,), (0, 1)]
    assert picked.shortest == [(0,), (1,), (2,)] and picked.best == [(1,), (2,)]
    assert select_anchors(precisions, 0.9).best == [(0, 1)]
    assert select_anchors({(0,): 0.5}, 0.9) == ([], [], [])


# Refused input


def test_refusals():
    with pytest.raises(ValueError, match="tokens must hold at least one token"):
        exact_precision([], good_not, [])
    with pytest.raises(TypeError, match="tokens must be a list of tokens, got 5"):
        exact_precision(5, good_not, [])
    for enumerate_all in (lambda t: exact_precision(t, good_not, []),
                          lambda t: all_precisions(t, good_not)):  # fmt: skip
        with pytest.raises(ValueError, match="tokens must be at most 20 .*, got 21"):
            enumerate_all(["a"] * 21)
    assert exact_precision(["a"] * 20, good_not, range(20)) == 1  # twenty are allowed
    with pytest.raises(TypeError, match="predict must be a function, got list"):
        exact_precision(WORDS, [1], [])
    with pytest.raises(ValueError, match="predict must return class labels, got fractions or NaN"):
        exact_precision(WORDS, lambda documents: [w.count("UNK") / 2 for w in documents], [])
    assert exact_precision(WORDS, lambda documents: [2.0] * len(documents), []) == 1
    with pytest.raises(ValueError, match="positions must be .* at most 3, got 4"):
        exact_precision(WORDS, good_not, [4])
    with pytest.raises(ValueError, match="positions must be .* at least 0 .*, got -1"):
        sample_unk(WORDS, [-1], 1, rng=rng())
    with pytest.raises(ValueError, match=r"positions must not repeat, got \[1, 1\]"):
        exact_precision(WORDS, good_not, [1, 1])
    with pytest.raises(TypeError, match="positions must be an integer .* got 'good'"):
        exact_precision(WORDS, good_not, ["good"])
    for p_unk in (0, 1, 2):
        with pytest.raises(ValueError, match="p_unk must be a number above 0 and below 1"):
            sample_unk(WORDS, [], 1, p_unk=p_unk, rng=rng())
        with pytest.raises(ValueError, match="p_unk must be a number above 0 and below 1"):
            exact_precision(WORDS, good_not, [], p_unk=p_unk)
        with pytest.raises(ValueError, match="p_unk must be a number above 0 and below 1"):
            all_precisions(WORDS, good_not, p_unk=p_unk)
    with pytest.raises(TypeError, match="rng must be None, a seed or a NumPy Generator"):
        sample_unk(WORDS, [], 1, rng="0")
    with pytest.raises(ValueError, match="n must be an integer of at least 0, got -1"):
        sample_unk(WORDS, [], -1, rng=rng())
    with pytest.raises(ValueError, match="n must be an integer of at least 1, got 0"):
        sampled_precision(WORDS, good_not, [], n=0, rng=rng())
    with pytest.raises(ValueError, match="delta must be a number above 0 and below 1"):
        sampled_precision(WORDS, good_not, [], n=5, delta=1, rng=rng())
    with pytest.raises(TypeError, match="keep must be boolean, got float64"):
        with_unk(WORDS, np.ones((1, 4)))
    with pytest.raises(ValueError, match=r"keep must have shape \(n, 4\), got \(1, 3\)"):
        with_unk(WORDS, np.ones((1, 3), dtype=bool))
    with pytest.raises(ValueError, match="predict must return one label for each of the 16"):
        all_precisions(WORDS, lambda documents: [1])
    with pytest.raises(ValueError, match="b must be an integer .* at most 20, got 21"):
        all_anchors(21)
    with pytest.raises(ValueError, match="threshold must be a number above 0"):
        select_anchors({(0,): 1.0}, 1)
    with pytest.raises(TypeError, match="precisions must be a dict, got list"):
        select_anchors([1.0], 0.5)
    with pytest.raises(TypeError, match="words must be a list of words, got the string 'the'"):
        corpus_coverage("the", [["the"]])
    with pytest.raises(ValueError, match="documents must hold at least one document, got none"):
        corpus_coverage(["the"], [])
