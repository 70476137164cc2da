"""Anchors: the few words that keep a prediction as it is, whatever becomes of the others."""

from dataclasses import dataclass

import numpy as np

from course_lib import validate
from course_lib.attribution._progress import reporting
from course_lib.attribution.anchor_precision import (
    UNK,
    checked_predict,
    checked_tokens,
    labels_of,
    with_unk,
)
from course_lib.attribution.games import random_generator
from course_lib.attribution.kl_bounds import (
    anytime_threshold,
    kl_lower,
    kl_lucb,
    kl_upper,
    probability,
)


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

    positions: tuple
    tokens: tuple
    precision: float
    lower: float
    upper: float
    coverage: float
    found: bool
    n_evals: int
    n_calls: int


def explain_anchor(
    tokens,
    predict,
    *,
    threshold=0.95,
    delta=0.1,
    tolerance=0.15,
    beam_size=4,
    batch_size=100,
    p_unk=0.5,
    max_evals=None,
    unk=UNK,
    rng=None,
    progress=False,
):
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
        sampler = _Sampler(tokens, predict, p_unk, unk, max_evals, rng, advance)
        test = _Test(sampler, threshold, delta, tolerance / 5, batch_size)
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


class _Sampler:
    """Draws masked documents within a budget and remembers every answer.

    A sample drawn to keep A that also keeps B, a superset of A, is a fair sample of B: the words
    are masked independently.
    """

    def __init__(self, tokens, predict, p_unk, unk, max_evals, rng, advance):
        self._tokens, self._predict, self._unk = tokens, predict, unk
        self._rng, self._advance = rng, advance
        self._max_evals = np.inf if max_evals is None else max_evals
        self.n_evals = self.n_calls = 0
        self.b, self.p_unk = len(tokens), p_unk
        self._kept, self._asked, self._same = [], [], []

    @property
    def left(self):
        """How many documents may still be asked for."""
        return self._max_evals - max(self.n_evals, 1)  # the document itself is one

    def draw(self, anchors, n):
        """Ask in one call for n documents, shared out over the anchors; return which stayed.

        Args:
            anchors: (A, b) bool, the positions that each must keep.
            n: documents wanted; fewer are drawn where the budget ends.

        Returns:
            (n,) bool: the prediction stayed as it was.
        """
        n = int(min(n, self.left))
        asked = anchors[np.arange(n) % len(anchors)]
        kept = (self._rng.random(asked.shape) >= self.p_unk) | asked
        same = self._stays(with_unk(self._tokens, kept, unk=self._unk))
        self._kept.append(kept)
        self._asked.append(asked)
        self._same.append(same)
        return same

    def statistics(self, candidates, first=0):
        """Return the counts and successes, (K,) each, of the calls from the `first` on."""
        counts = successes = np.zeros(len(candidates))
        wanted = candidates.T.astype(np.float32)
        for kept, asked, same in zip(
            self._kept[first:], self._asked[first:], self._same[first:], strict=True
        ):
            fair = ((~kept) @ wanted == 0) & (asked @ (1 - wanted) == 0)
            counts = counts + fair.sum(axis=0)
            successes = successes + fair[same].sum(axis=0)
        return counts, successes

    @property
    def n_draws(self):
        """How many calls have drawn samples."""
        return len(self._same)

    def _stays(self, documents):
        first = [] if self.n_calls else [self._tokens]  # the document joins the first samples
        labels = labels_of(self._predict, first + documents)
        if first:
            self._label = labels[0]
        self.n_calls += 1
        self.n_evals += len(labels)
        self._advance(len(labels))
        return labels[len(first) :] == self._label


class _Test:
    """Decides on fresh samples whether an anchor's precision reaches the threshold."""

    def __init__(self, sampler, threshold, delta, resolution, batch_size):
        self.threshold, self.delta = threshold, delta
        self._sampler, self._resolution, self._batch_size = sampler, resolution, batch_size
        self.results = {}

    def first_draws(self):
        """Return how many samples, all of them kept, prove the next anchor."""
        n, share = 1, self._share_of_delta()
        while self.threshold**n > np.exp(-anytime_threshold(n, share)):
            n += 1
        return n

    def passes(self, mask):
        """Test an anchor, (b,) bool, note its precision and bounds, and return the verdict."""
        share = self._share_of_delta()
        wanted = self.first_draws()
        n = successes = 0
        while True:
            drawn = self._sampler.draw(mask[None], wanted)
            n, successes = n + len(drawn), successes + drawn.sum()
            precision, beta = successes / n, anytime_threshold(n, share)
            lower, upper = kl_lower(precision, n, beta), kl_upper(precision, n, beta)
            hopeless = kl_upper(precision, n, np.log(2)) < self.threshold
            decided = lower >= self.threshold or hopeless or upper - lower < self._resolution
            if decided or self._sampler.left == 0:
                self.results[_positions(mask)] = precision, lower, upper
                return lower >= self.threshold
            wanted = max(self._batch_size, n // 2)

    def _share_of_delta(self):
        i = len(self.results) + 1
        return self.delta / (i * (i + 1))


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
                return _positions(candidates[leader])
        # What was drawn for the empty anchor tells the words apart, too.
        if size and sampler.left <= reserve:
            if sampler.left > 0 and _positions(beam[0]) not in test.results:
                test.passes(beam[0])
            return max(test.results, key=lambda positions: test.results[positions][1])
        candidates, parents = _one_word_more(beam)
    if not sampler.n_calls:  # one word and a budget of two: ask at all
        test.passes(beam[0])
    everything = tuple(range(sampler.b))
    test.results[everything] = 1.0, 1.0, 1.0  # nothing is left to be masked
    return everything


def _positions(mask):
    return tuple(int(i) for i in np.flatnonzero(mask))


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
