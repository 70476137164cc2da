"""What a set of anchored words guarantees: precision by enumeration or by sampling, and coverage.

The precision of an anchor is the probability that the prediction stays as it was when the other
words are masked.
"""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from course_lib import validate
from course_lib.attribution.coalitions import all_coalitions
from course_lib.attribution.kinds import Positions, Predict, Random
from course_lib.attribution.kl_bounds import kl_lower, kl_upper, probability
from course_lib.attribution.masked_documents import (
    UNK,
    checked_positions,
    checked_tokens,
    labels_of,
    sample_unk,
    with_unk,
)

MOST_TOKENS = 20


class PrecisionEstimate(NamedTuple):
    """A precision from n samples, never without what the samples leave open."""

    precision: float
    std_error: float
    lower: float
    upper: float
    n_evals: int


class AnchorSelection(NamedTuple):
    """Anchors, as tuples of positions, that pass a threshold: all, the shortest, the best of these.

    Attributes:
        eligible: A1, precision at least the threshold.
        shortest: A2, those of A1 with the fewest words.
        best: A3, those of A2 with the highest precision.
    """

    eligible: list[Positions]
    shortest: list[Positions]
    best: list[Positions]


def exact_precision(
    tokens: Sequence[Any],
    predict: Predict,
    positions: Iterable[int],
    *,
    p_unk: float = 0.5,
    unk: Any = UNK,
) -> float:
    r"""Return an anchor's precision by asking for every document that can arise.

    .. math::

        \operatorname{Prec}(A) = \sum_{2^{b - |A|} \text{ masks}}
        P(\text{mask}) \; \mathbb{1}[f(\text{mask}) = f(\text{document})]

    Args:
        tokens: the document, at most 20 tokens.
        predict: function of a list of token lists to their labels.
        positions: the anchor; none gives the precision of the empty anchor.
        p_unk: probability of replacing a word, in (0, 1).
        unk: the token that stands for an unknown word.

    Returns:
        float.

    Raises:
        TypeError, ValueError: bad tokens, positions or options; predict returns something else than
            one label for each document.

    Source:
        Ribeiro, Singh and Guestrin, Anchors: high-precision model-agnostic explanations (2018),
        equation 1.

    >>> good = lambda documents: [int("good" in words) for words in documents]
    >>> exact_precision(["a", "good", "film"], good, [0])
    0.5
    """
    tokens = _few_tokens(tokens)
    positions = checked_positions(positions, len(tokens))
    p_unk = probability("p_unk", p_unk)
    free = np.setdiff1d(np.arange(len(tokens)), positions)
    label = labels_of(predict, [tokens])[0]
    total = 0.0
    for _, masks in all_coalitions(len(free)):
        keep = np.ones((len(masks), len(tokens)), dtype=bool)
        keep[:, free] = masks
        kept = masks.sum(axis=1)
        chance = (1 - p_unk) ** kept * p_unk ** (len(free) - kept)
        total += chance @ (labels_of(predict, with_unk(tokens, keep, unk=unk)) == label)
    return float(total)


def sampled_precision(
    tokens: Sequence[Any],
    predict: Predict,
    positions: Iterable[int],
    *,
    n: int,
    delta: float = 0.05,
    p_unk: float = 0.5,
    unk: Any = UNK,
    rng: Random = None,
) -> PrecisionEstimate:
    r"""Estimate an anchor's precision from n samples, with its standard error and bounds.

    .. math::

        \hat p = \frac{1}{n} \sum_i \mathbb{1}[f(X_i) = f(\text{document})], \qquad
        \mathrm{std\_error} = \sqrt{\hat p \, (1 - \hat p) / n}

    The standard error is 0 when all samples agree, which proves nothing: with n = 10 a precision of
    0.8 passes 10 of 10 in one of ten runs. The bounds hold with probability at least 1 - delta.

    Args:
        tokens, predict, positions, p_unk, unk: as in `exact_precision`, with any number of tokens.
        n: number of samples, at least 1.
        delta: probability that the bounds miss, in (0, 1).
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.

    Returns:
        PrecisionEstimate(precision, std_error, lower, upper, n_evals), with n + 1 evaluations.

    Raises:
        TypeError, ValueError: as in `exact_precision`; n below 1, delta outside (0, 1).

    Source:
        Ribeiro, Singh and Guestrin, Anchors: high-precision model-agnostic explanations (2018),
        section 3.

    >>> import numpy as np
    >>> always = lambda documents: [1] * len(documents)
    >>> round(sampled_precision(["fine"], always, [0], n=10, delta=0.1, rng=0).lower, 4)
    0.7411
    """
    n = validate.integer("n", n, minimum=1)
    delta = probability("delta", delta)
    keep = sample_unk(tokens, positions, n, p_unk=p_unk, rng=rng)
    label = labels_of(predict, [list(tokens)])[0]
    share = float((labels_of(predict, with_unk(tokens, keep, unk=unk)) == label).mean())
    beta = np.log(2 / delta)  # half of delta for each side
    return PrecisionEstimate(
        share,
        float(np.sqrt(share * (1 - share) / n)),
        float(kl_lower(share, n, beta)),
        float(kl_upper(share, n, beta)),
        n + 1,
    )


def all_anchors(b: int) -> list[Positions]:
    r"""Return every set of positions, the empty one first, and short ones before long.

    .. math::

        \{A : A \subseteq \{0, \dots, b - 1\}\}, \qquad 2^b \text{ of them}

    Args:
        b: number of tokens, at most 20.

    Returns:
        list of ascending tuples.

    Raises:
        TypeError, ValueError: b is not an integer in 1 to 20.

    Source:
        Ribeiro, Singh and Guestrin, Anchors: high-precision model-agnostic explanations (2018),
        section 3: what a search has to choose from.

    >>> all_anchors(2)
    [(), (0,), (1,), (0, 1)]
    """
    b = validate.integer("b", b, minimum=1, maximum=MOST_TOKENS)
    return [anchor for size in range(b + 1) for anchor in combinations(range(b), size)]


def all_precisions(
    tokens: Sequence[Any], predict: Predict, *, p_unk: float = 0.5, unk: Any = UNK
) -> dict[Positions, float]:
    r"""Return the exact precision of every anchor of a document, from one pass over its masks.

    .. math::

        \operatorname{Prec}(A) = (1 - p_\mathrm{unk})^{-|A|}
        \sum_{\text{masks that keep } A} P(\text{mask}) \;
        \mathbb{1}[f(\text{mask}) = f(\text{document})]

    Args:
        tokens, predict, p_unk, unk: as in `exact_precision`; 2^b documents are asked for.

    Returns:
        dict from each tuple of positions to its precision, in the order of `all_anchors`.

    Raises:
        TypeError, ValueError: as in `exact_precision`.

    Source:
        Ribeiro, Singh and Guestrin, Anchors: high-precision model-agnostic explanations (2018),
        equation 1.

    >>> good = lambda documents: [int("good" in words) for words in documents]
    >>> all_precisions(["a", "good"], good)
    {(): 0.5, (0,): 0.5, (1,): 1.0, (0, 1): 1.0}
    """
    tokens = _few_tokens(tokens)
    p_unk = probability("p_unk", p_unk)
    b = len(tokens)
    label = labels_of(predict, [tokens])[0]
    table = np.empty(2**b)
    for first, keep in all_coalitions(b):
        kept = keep.sum(axis=1)
        same = labels_of(predict, with_unk(tokens, keep, unk=unk)) == label
        table[first : first + len(keep)] = (1 - p_unk) ** kept * p_unk ** (b - kept) * same
    for position in range(b):  # add to each set the masks that also keep `position`
        halves = table.reshape(-1, 2, 2**position)
        halves[:, 0] += halves[:, 1]
    return {
        anchor: float(table[sum(1 << i for i in anchor)] / (1 - p_unk) ** len(anchor))
        for anchor in all_anchors(b)
    }


def select_anchors(precisions: dict[Positions, float], threshold: float) -> AnchorSelection:
    r"""Pick the anchors above a threshold, the shortest of these, and the most precise of those.

    .. math::

        \mathcal{A}_1 = \{A : \operatorname{Prec}(A) \ge \mathrm{threshold}\}, \qquad
        \mathcal{A}_2 = \operatorname*{argmin}_{A \in \mathcal{A}_1} |A|, \qquad
        \mathcal{A}_3 = \operatorname*{argmax}_{A \in \mathcal{A}_2} \operatorname{Prec}(A)

    Args:
        precisions: dict from tuples of positions to precisions, as `all_precisions` returns.
        threshold: in (0, 1).

    Returns:
        AnchorSelection(eligible, shortest, best); empty lists when nothing passes.

    Raises:
        TypeError, ValueError: precisions is not a dict of shares, threshold outside (0, 1).

    >>> select_anchors({(0,): 0.5, (1,): 0.9, (0, 1): 1.0}, 0.8).shortest
    [(1,)]
    """
    threshold = probability("threshold", threshold)
    if not isinstance(precisions, dict):
        raise TypeError(f"precisions must be a dict, got {type(precisions).__name__}")
    eligible = [anchor for anchor, precision in precisions.items() if precision >= threshold]
    fewest = min(map(len, eligible), default=0)
    shortest = [anchor for anchor in eligible if len(anchor) == fewest]
    highest = max((precisions[anchor] for anchor in shortest), default=0)
    return AnchorSelection(eligible, shortest, [a for a in shortest if precisions[a] == highest])


def corpus_coverage(words: Iterable[Any], documents: Sequence[Sequence[Any]]) -> float:
    r"""Return the share of a corpus that contains all words of an anchor.

    .. math::

        \operatorname{Cov}(A) = \frac{|\{\text{document} \in \mathcal{C} :
            A \subseteq \text{document}\}|}{|\mathcal{C}|}

    A longer anchor covers less only if it contains the shorter one.

    Args:
        words: the anchor's words.
        documents: the corpus C, token lists, at least one.

    Returns:
        float in [0, 1].

    Raises:
        TypeError, ValueError: a string in place of a list of words, no documents.

    Source:
        Ribeiro, Singh and Guestrin, Anchors: high-precision model-agnostic explanations (2018),
        section 3.

    >>> corpus_coverage(["the"], [["the", "end"], ["fin"]])
    0.5
    """
    if isinstance(words, str):
        raise TypeError(f"words must be a list of words, got the string {words!r}")
    if len(documents) == 0:
        raise ValueError("documents must hold at least one document, got none")
    words = set(words)
    return sum(words <= set(document) for document in documents) / len(documents)


def _few_tokens(tokens):
    tokens = checked_tokens(tokens)
    if len(tokens) > MOST_TOKENS:
        raise ValueError(
            f"tokens must be at most {MOST_TOKENS} to enumerate their masks, got {len(tokens)}"
        )
    return tokens
