"""Precision, bounds and search of anchors, as the exercise `anchors` asks for them.

A classifier is a function predict: a list of token lists to their labels.
"""

from itertools import product
from math import comb

import numpy as np


def exact_precision(tokens, predict, positions, *, p_unk=0.5):
    """Prec(A) = sum over the masks of the other words of P(mask) * 1[label as unmasked]."""
    free = [i for i in range(len(tokens)) if i not in positions]
    documents, chances = [tokens], []
    for masked in product([False, True], repeat=len(free)):
        document = list(tokens)
        chance = 1.0
        for i, gone in zip(free, masked, strict=True):
            document[i] = "UNK" if gone else tokens[i]
            chance *= p_unk if gone else 1 - p_unk
        documents.append(document)
        chances.append(chance)
    label, *labels = predict(documents)
    return sum(chance for chance, other in zip(chances, labels, strict=True) if other == label)


def estimate_precision(same):
    """p = mean of 1[same label], its standard error sqrt(p (1 - p) / n)."""
    p = np.mean(same)
    return p, np.sqrt(p * (1 - p) / len(same))


def kl_upper(p_hat, n, beta):
    """max { q : n KL(p_hat, q) <= beta }, KL(p, q) = p log(p/q) + (1-p) log((1-p)/(1-q))."""

    def kl(p, q):
        heads = p * np.log(p / q) if p > 0 else 0.0
        tails = (1 - p) * np.log((1 - p) / (1 - q)) if p < 1 else 0.0
        return heads + tails

    low, high = p_hat, 1.0
    while high - low > 1e-12:  # KL grows with q above p_hat: halve the interval
        middle = (low + high) / 2
        if n * kl(p_hat, middle) <= beta:
            low = middle
        else:
            high = middle
    return low


def kl_lower(p_hat, n, beta):
    """min { q : n KL(p_hat, q) <= beta }: the upper bound of the share of failures, turned."""
    return 1 - kl_upper(1 - p_hat, n, beta)


def coverage(words, documents):
    """Cov(A) = |{document : every word of A is in it}| / |documents|."""
    holds = [all(word in document for word in words) for document in documents]
    return sum(holds) / len(documents)


def select_anchors(precisions, threshold):
    """A1 = {A : Prec(A) >= threshold}, A2 = the shortest of A1, A3 = the most precise of A2."""
    A1 = [anchor for anchor in sorted(precisions) if precisions[anchor] >= threshold]
    fewest = min((len(anchor) for anchor in A1), default=0)
    A2 = [anchor for anchor in A1 if len(anchor) == fewest]
    best = max((precisions[anchor] for anchor in A2), default=0)
    A3 = [anchor for anchor in A2 if precisions[anchor] == best]
    return A1, A2, A3


def beam_search(precision, n_tokens, *, beam, threshold):
    """Grow anchors word by word from (), keep the `beam` most precise, stop at the first level on
    which one passes."""
    level = [()]
    while level:
        ranked = sorted(level, key=lambda anchor: (-precision(anchor), anchor))
        if precision(ranked[0]) >= threshold:
            return ranked[0]
        longer = {
            tuple(sorted({*anchor, i}))
            for anchor in ranked[:beam]
            for i in range(n_tokens)
            if i not in anchor
        }
        level = list(longer)
    return None


def pass_rate(p, n, threshold):
    """P(k / n >= threshold) = sum of C(n, k) p^k (1 - p)^(n - k) over the k that pass."""
    passing = [k for k in range(n + 1) if k / n >= threshold]
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in passing)
