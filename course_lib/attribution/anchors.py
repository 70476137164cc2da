"""Anchors: the few words that keep a prediction as it is, whatever becomes of the others."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib import validate
from course_lib.attribution._progress import reporting
from course_lib.attribution.anchor_samples import PrecisionTest, Sampler, positions_of
from course_lib.attribution.games import random_generator
from course_lib.attribution.kinds import Positions, Predict, Progress, Random
from course_lib.attribution.kl_bounds import kl_lucb, probability
from course_lib.attribution.masked_documents import UNK, checked_predict, checked_tokens


@dataclass(frozen=True)
class Anchor:
    """A set of words with what is known of its precision.

    Attributes:
        positions: the anchored positions, ascending.
        tokens: the words there.
        precision: share of the fresh samples that kept the prediction.
        lower, upper: bounds that hold the exact precision with probability at least 1 - delta.
        coverage: (1 - p_unk)^|A|, the share of masked documents that keep the anchor.
        found: whether lower reaches the threshold.
        n_evals: documents that `predict` was asked for.
        n_calls: calls of `predict`.
    """

    positions: Positions
    tokens: tuple[Any, ...]
    precision: float
    lower: float
    upper: float
    coverage: float
    found: bool
    n_evals: int
    n_calls: int


def explain_anchor(
    tokens: Sequence[Any],
    predict: Predict,
    *,
    threshold: float = 0.95,
    delta: float = 0.1,
    tolerance: float = 0.15,
    beam_size: int = 4,
    batch_size: int = 100,
    p_unk: float = 0.5,
    max_evals: int | None = None,
    unk: Any = UNK,
    rng: Random = None,
    progress: Progress = False,
) -> Anchor:
    r"""Search for the shortest set of words that keeps the prediction with high precision.

    .. math::

        \min |A| \quad \text{subject to} \quad
        P\bigl(f(X) = f(\text{document}) \mid X \text{ keeps } A\bigr) \ge \mathrm{threshold}

    Anchors grow by one word at a time, from none: the empty anchor is the answer where the
    prediction hardly ever changes. KL-LUCB keeps the `beam_size` most precise of each length. A
    sample that happens to keep a longer anchor counts for that one too, so that every call serves
    all candidates. Choosing by the same samples flatters the chosen: an anchor is therefore only
    taken, and its bounds only reported, on fresh samples. The i-th anchor put to this test may fail
    with probability delta / (i (i + 1)), together at most delta, and the bounds hold at every
    number of samples, so that the test may stop as soon as it is decided. It gives up when a
    precision at the threshold would leave so few samples kept with less than even odds: that costs
    at worst a longer anchor.

    Args:
        tokens: the document, a list of b tokens.
        predict: function of a list of token lists to their labels, the same for the same tokens.
        threshold: the precision to reach, in (0, 1).
        delta: probability that the bounds miss the exact precision, in (0, 1); also that a step of
            the search fails its tolerance.
        tolerance: how much less precise than the best a kept candidate may be, in (0, 1). The test
            of an anchor ends undecided, as a failure, when its bounds are within a fifth of it.
        beam_size: candidates kept of each length.
        batch_size: documents in a call of `predict`, at least; calls grow as a question stays open.
        p_unk: probability that a word outside the anchor becomes UNK, in (0, 1).
        max_evals: the most documents to ask for, at least 2; None for no limit.
        unk: the token that stands for an unknown word.
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.
        progress: False, True, or a function of (done, max_evals) documents.

    Returns:
        Anchor. No word means that the prediction stays whatever is masked. The whole document is
        the last resort: its precision is 1 without a sample. `found` is False when max_evals ran
        out first; the bounds are then those of the best candidate.

    Raises:
        TypeError, ValueError: an empty or wrong token list, an option out of range, or predict
            returns something else than one label for each document.

    Source:
        Ribeiro, Singh and Guestrin, Anchors: high-precision model-agnostic explanations (2018),
        algorithms 1 and 2.

    >>> def good(documents):
    ...     return [int("good" in words) for words in documents]
    >>> anchor = explain_anchor(["a", "good", "film"], good, rng=0)
    >>> anchor.tokens, anchor.precision, anchor.found
    (('good',), 1.0, True)
    """
    tokens, predict = checked_tokens(tokens), checked_predict(predict)
    threshold, delta = probability("threshold", threshold), probability("delta", delta)
    tolerance, p_unk = probability("tolerance", tolerance), probability("p_unk", p_unk)
    beam_size = validate.integer("beam_size", beam_size, minimum=1)
    batch_size = validate.integer("batch_size", batch_size, minimum=1)
    if max_evals is not None:
        max_evals = validate.integer("max_evals", max_evals, minimum=2)
    rng = random_generator(rng)
    with reporting(progress, max_evals, "explain_anchor") as advance:
        sampler = Sampler(tokens, predict, p_unk, unk, max_evals, rng, advance)
        test = PrecisionTest(sampler, threshold, delta, tolerance / 5, batch_size)
        positions = _search(sampler, test, beam_size, batch_size, tolerance)
    precision, lower, upper = test.results[positions]
    return Anchor(
        positions=positions,
        tokens=tuple(tokens[i] for i in positions),
        precision=float(precision),
        lower=float(lower),
        upper=float(upper),
        coverage=float((1 - p_unk) ** len(positions)),
        found=bool(lower >= threshold),
        n_evals=sampler.n_evals,
        n_calls=sampler.n_calls,
    )


def _search(sampler, test, beam_size, batch_size, tolerance):
    """Return the positions of the anchor to report, one that `test` has seen."""
    reserve = max(1, int(min(test.first_draws(), sampler.left / 2)))  # for the last test
    candidates = parents = np.zeros((1, sampler.b), dtype=bool)  # no word at all comes first
    for size in range(sampler.b):
        toss = _tosses(sampler, candidates, parents, batch_size, reserve)
        leaders = kl_lucb(toss, beam_size, tolerance=tolerance, delta=test.delta)
        counts, successes = sampler.statistics(candidates)
        beam = candidates[leaders]
        for leader in leaders:
            hopeful = successes[leader] >= test.threshold * counts[leader] > 0
            if hopeful and sampler.left > 0 and test.passes(candidates[leader]):
                return positions_of(candidates[leader])
        # What was drawn for the empty anchor tells the words apart, too.
        if size and sampler.left <= reserve:
            if sampler.left > 0 and positions_of(beam[0]) not in test.results:
                test.passes(beam[0])
            return max(test.results, key=lambda positions: test.results[positions][1])
        candidates, parents = _one_word_more(beam)
    if not sampler.n_calls:  # one word and a budget of two: ask at all
        test.passes(beam[0])
    everything = tuple(range(sampler.b))
    test.results[everything] = 1.0, 1.0, 1.0  # nothing is left to be masked
    return everything


def _one_word_more(beam):
    """Return the distinct anchors with one word more, (K, b), and for each one of its parents."""
    found = {}
    for parent in beam:
        for position in np.flatnonzero(~parent):
            child = parent.copy()
            child[position] = True
            found.setdefault(child.tobytes(), (child, parent))
    candidates, parents = zip(*found.values(), strict=True)
    return np.array(candidates), np.array(parents)


def _tosses(sampler, candidates, parents, batch_size, reserve):
    """Return the `draw` of `kl_lucb` for the candidates of one length."""
    # A sample that keeps the parent serves all its children, each with probability 1 - p_unk.
    sources = parents if sampler.p_unk <= 0.5 else candidates
    known = sampler.statistics(candidates)
    drawn = 0

    def toss(arms):
        nonlocal known, drawn
        if not arms and 4 * known[0].min() >= batch_size:
            drawn = batch_size  # earlier calls say enough about every candidate to begin with
            return known
        n = min(max(batch_size, drawn // 2), sampler.left - reserve)
        if n <= 0:
            return None if arms else known
        first = sampler.n_draws
        sampler.draw(np.unique(sources[list(arms)] if arms else sources, axis=0), n)
        drawn += n
        fresh = sampler.statistics(candidates, first)
        known = known[0] + fresh[0], known[1] + fresh[1]
        return known

    return toss
