"""Documents in which words give way to UNK, and the labels that a classifier gives them.

Words outside the anchor are replaced by UNK, each on its own with probability p_unk. An anchor is a
set of positions: the same word elsewhere in the document is another token.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib import validate
from course_lib.attribution.games import random_generator
from course_lib.attribution.kinds import Random
from course_lib.attribution.kl_bounds import probability

UNK = "UNK"
MOST_TOKENS = 20  # to ask for every document that masking can make


def sample_unk(
    tokens: Sequence[Any],
    positions: Iterable[int],
    n: int,
    *,
    p_unk: float = 0.5,
    rng: Random = None,
) -> NDArray[np.bool_]:
    r"""Draw which words stay when each word outside the anchor becomes UNK with probability p_unk.

    .. math::

        \mathrm{keep}_i = 1 \text{ for } i \in A, \qquad
        \mathrm{keep}_i \sim \operatorname{Bernoulli}(1 - p_\mathrm{unk}) \text{ otherwise}

    all independent.

    Args:
        tokens: the document, a list of b tokens.
        positions: the anchor A, positions in [0, b).
        n: number of samples.
        p_unk: probability of replacing a word, in (0, 1).
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.

    Returns:
        (n, b) bool, True where the word stays; see `with_unk` for the documents.

    Raises:
        TypeError, ValueError: an empty or wrong token list, positions outside it or repeated, n
            below 0, p_unk outside (0, 1), rng not a Generator.

    Source:
        Ribeiro, Singh and Guestrin, Anchors: high-precision model-agnostic explanations (2018),
        section 3.

    >>> import numpy as np
    >>> sample_unk(["not", "bad"], [0, 1], 1, rng=np.random.default_rng(0))
    array([[ True,  True]])
    """
    tokens = checked_tokens(tokens)
    positions = checked_positions(positions, len(tokens))
    n = validate.integer("n", n, minimum=0)
    p_unk = probability("p_unk", p_unk)
    keep = random_generator(rng).random((n, len(tokens))) >= p_unk
    keep[:, positions] = True
    return keep


def with_unk(tokens: Sequence[Any], keep: ArrayLike, *, unk: Any = UNK) -> list[list[Any]]:
    r"""Return the documents in which the words not kept are replaced by UNK.

    .. math::

        \mathrm{token}_i \text{ where } \mathrm{keep}_i = 1, \qquad \text{UNK elsewhere}

    Args:
        tokens: the document, a list of b tokens.
        keep: (n, b) bool.
        unk: the token that stands for an unknown word.

    Returns:
        list of n lists of b tokens.

    Raises:
        TypeError, ValueError: an empty or wrong token list, keep not (n, b) bool.

    Source:
        Ribeiro, Singh and Guestrin, Anchors: high-precision model-agnostic explanations (2018),
        section 3.

    >>> import numpy as np
    >>> with_unk(["not", "bad"], np.array([[True, False]]))
    [['not', 'UNK']]
    """
    tokens = checked_tokens(tokens)
    keep = np.asarray(keep)
    validate.shape("keep", keep, ["n", len(tokens)])
    if keep.dtype != bool:
        raise TypeError(f"keep must be boolean, got {keep.dtype}")
    words = np.empty(len(tokens), dtype=object)
    words[:] = tokens
    return np.where(keep, words, unk).tolist()


def checked_tokens(tokens: Sequence[Any]) -> list[Any]:
    """Return the document as a list; refuse a string and an empty document."""
    if isinstance(tokens, str) or not hasattr(tokens, "__len__"):
        raise TypeError(f"tokens must be a list of tokens, got {tokens!r}")
    if len(tokens) == 0:
        raise ValueError("tokens must hold at least one token, got an empty list")
    return list(tokens)


def checked_positions(positions: Iterable[int], b: int) -> list[int]:
    """Return the positions as a sorted list of ints; refuse repeated ones and those outside."""
    positions = [validate.integer("positions", i, minimum=0, maximum=b - 1) for i in positions]
    if len(set(positions)) < len(positions):
        raise ValueError(f"positions must not repeat, got {positions}")
    return sorted(positions)


def checked_predict(predict):
    """Return `predict`; refuse what cannot be called."""
    if not callable(predict):
        raise TypeError(f"predict must be a function, got {type(predict).__name__}")
    return predict


def labels_of(predict, documents):
    """Return the labels of documents, (n,); refuse what is not one class label for each."""
    labels = np.asarray(checked_predict(predict)(documents))
    if labels.shape != (len(documents),):
        raise ValueError(
            f"predict must return one label for each of the {len(documents)} documents, got shape "
            f"{labels.shape}"
        )
    if labels.dtype.kind == "f" and not (labels == np.round(labels)).all():
        raise ValueError("predict must return class labels, got fractions or NaN")
    return labels


def few_tokens(tokens: Sequence[Any]) -> list[Any]:
    """Return the document as a list; refuse one with too many masks to enumerate."""
    tokens = checked_tokens(tokens)
    if len(tokens) > MOST_TOKENS:
        raise ValueError(
            f"tokens must be at most {MOST_TOKENS} to enumerate their masks, got {len(tokens)}"
        )
    return tokens
