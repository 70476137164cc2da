"""Right answers of the exercise `anchors`, written in other ways: `<task>_<how>`."""

from itertools import combinations

import numpy as np
from scipy.optimize import brentq
from scipy.special import rel_entr


def coverage_sets(words, documents):
    return float(np.mean([set(words).issubset(document) for document in documents]))


def exact_precision_recursive(tokens, predict, positions, *, p_unk=0.5):
    label = predict([tokens])[0]

    def share(document, i):
        if i == len(tokens):
            return float(predict([document])[0] == label)
        kept = share([*document, tokens[i]], i + 1)
        if i in positions:
            return kept
        return p_unk * share([*document, "UNK"], i + 1) + (1 - p_unk) * kept

    return share([], 0)


def pass_rate_tosses(p, n, threshold):
    """The chances of k agreements, toss by toss."""
    chances = np.array([1.0])
    for _ in range(n):
        chances = np.convolve(chances, [1 - p, p])
    return chances[np.arange(n + 1) / n >= threshold].sum()


def kl_upper_root(p_hat, n, beta):
    def excess(q):
        return n * (rel_entr(p_hat, q) + rel_entr(1 - p_hat, 1 - q)) - beta

    return 1.0 if p_hat == 1 else brentq(excess, p_hat, 1 - 1e-15, xtol=1e-12)


def select_anchors_loops(precisions, threshold):
    a1 = sorted(anchor for anchor, value in precisions.items() if not value < threshold)
    for size in range(20):
        a2 = [anchor for anchor in a1 if len(anchor) == size]
        if a2:
            top = precisions[sorted(a2, key=lambda anchor: precisions[anchor])[-1]]
            return a1, a2, [anchor for anchor in a2 if precisions[anchor] == top]
    return [], [], []


def beam_search_levels(precision, n_tokens, *, beam, threshold):
    kept = None
    for size in range(n_tokens + 1):
        scores = {
            anchor: precision(anchor)
            for anchor in combinations(range(n_tokens), size)
            if kept is None or any(set(parent) < set(anchor) for parent in kept)
        }
        kept = sorted(scores, key=lambda anchor: (-scores[anchor], anchor))[:beam]
        if kept and scores[kept[0]] >= threshold:
            return kept[0]
    return None
