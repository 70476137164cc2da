"""What the search for an anchor asks a predictor: samples to choose by, fresh ones to test by."""

import numpy as np

from course_lib.attribution.kl_bounds import anytime_threshold, kl_lower, kl_upper
from course_lib.attribution.masked_documents import labels_of, with_unk


class Sampler:
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


class PrecisionTest:
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
                self.results[positions_of(mask)] = precision, lower, upper
                return lower >= self.threshold
            wanted = max(self._batch_size, n // 2)

    def _share_of_delta(self):
        i = len(self.results) + 1
        return self.delta / (i * (i + 1))


def positions_of(mask):
    """Return the anchor that a mask (b,) stands for, a tuple of positions."""
    return tuple(int(i) for i in np.flatnonzero(mask))
