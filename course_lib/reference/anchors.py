"""Coverage, precision, bounds and search of anchors, as the exercise `anchors` asks for them.

A classifier is a function predict: a list of token lists to their labels.
"""

from itertools import product
from math import comb

import numpy as np


def coverage(words, documents):
    """The share of documents that contain all of the words.

    words is a list of words, documents a list of token lists. The
    result is a number in [0, 1].
    """
    holds = [all(word in document for word in words) for document in documents]
    return sum(holds) / len(documents)


def exact_precision(tokens, predict, positions, *, p_unk=0.5):
    """The precision of an anchor, from every document that can arise.

    tokens is a list of words, positions says which of them are held.
    predict takes a list of token lists and returns their labels. p_unk
    is the probability that a word which is not held becomes "UNK". The
    result is a number in [0, 1].
    """
    free = [i for i in range(len(tokens)) if i not in positions]
    label = predict([tokens])[0]
    total = 0.0
    for masked in product([False, True], repeat=len(free)):
        document, chance = list(tokens), 1.0
        for i, gone in zip(free, masked, strict=True):
            document[i] = "UNK" if gone else tokens[i]
            chance *= p_unk if gone else 1 - p_unk
        total += chance * (predict([document])[0] == label)
    return total


def pass_rate(p, n, threshold):
    """How often k of n samples agree with k / n >= threshold.

    p is the probability that a sample agrees. The result is a number in
    [0, 1].
    """
    passing = [k for k in range(n + 1) if k / n >= threshold]
    return sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in passing)


def kl_upper(p_hat, n, beta):
    """The largest share q that n samples with mean p_hat leave possible.

    That is the largest q from p_hat to 1 with n KL(p_hat, q) <= beta.
    p_hat is in [0, 1], n at least 1, beta above 0. The result is a
    number, right to 1e-6.
    """

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


def select_anchors(precisions, threshold):
    """The anchors that pass, the shortest of them, the best of those.

    precisions is a dict from tuples of positions to numbers. The result
    is three lists of tuples, A1, A2 and A3, each in the order of
    sorted().
    """
    A1 = [anchor for anchor in sorted(precisions) if precisions[anchor] >= threshold]
    fewest = min((len(anchor) for anchor in A1), default=0)
    A2 = [anchor for anchor in A1 if len(anchor) == fewest]
    best = max((precisions[anchor] for anchor in A2), default=0)
    A3 = [anchor for anchor in A2 if precisions[anchor] == best]
    return A1, A2, A3


def beam_search(precision, n_tokens, *, beam, threshold):
    """Grow anchors word by word, keeping the `beam` best of each length.

    precision takes a sorted tuple of positions and returns a number.
    The result is the tuple of positions that is found, or None.
    """
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
