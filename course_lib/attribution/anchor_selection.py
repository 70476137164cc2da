"""Every anchor of a short document at once, with its precision, and which of them to choose."""

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from course_lib import validate
from course_lib.attribution.coalitions import all_coalitions
from course_lib.attribution.kinds import Positions, Predict
from course_lib.attribution.kl_bounds import probability
from course_lib.attribution.masked_documents import (
    MOST_TOKENS,
    UNK,
    few_tokens,
    labels_of,
    with_unk,
)


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
    tokens = few_tokens(tokens)
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

        \mathcal{A}_1 &= \{A : \operatorname{Prec}(A) \ge \mathrm{threshold}\} \\
        \mathcal{A}_2 &= \operatorname*{argmin}_{A \in \mathcal{A}_1} |A| \\
        \mathcal{A}_3 &= \operatorname*{argmax}_{A \in \mathcal{A}_2} \operatorname{Prec}(A)

    Args:
        precisions: dict from tuples of positions to precisions, as `all_precisions` returns.
        threshold: in (0, 1).

    Returns:
        AnchorSelection(eligible, shortest, best); empty lists when nothing passes.

    Raises:
        TypeError, ValueError: precisions is not a dict of shares, threshold outside (0, 1).

    Source:
        Ribeiro, Singh and Guestrin, Anchors: high-precision model-agnostic explanations (2018),
        section 3, where the most covering of the eligible is sought: under masking by UNK that is
        the shortest.

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
