"""What a set of anchored words guarantees: its precision, by enumeration or by sampling.

The precision of an anchor is the probability that the prediction stays as it was when the other
words are masked.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from course_lib import validate
from course_lib.attribution.coalitions import all_coalitions
from course_lib.attribution.kinds import Predict, Random
from course_lib.attribution.kl_bounds import kl_lower, kl_upper, probability
from course_lib.attribution.masked_documents import (
    UNK,
    checked_positions,
    few_tokens,
    labels_of,
    sample_unk,
    with_unk,
)


class PrecisionEstimate(NamedTuple):
    """A precision from n samples, never without what the samples leave open."""

    precision: float
    std_error: float
    lower: float
    upper: float
    n_evals: int


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
    tokens = few_tokens(tokens)
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
