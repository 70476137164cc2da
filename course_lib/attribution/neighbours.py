"""Another way to perturb a text: words give way to similar words instead of to UNK.

A model may never have seen UNK; a sentence with a word exchanged still reads like a sentence.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from course_lib import validate
from course_lib.attribution.games import random_generator
from course_lib.attribution.kinds import Random
from course_lib.attribution.kl_bounds import probability
from course_lib.attribution.masked_documents import checked_positions, checked_tokens


def sample_neighbours(
    tokens: Sequence[Any],
    positions: Iterable[int],
    n: int,
    *,
    neighbours: Mapping[Any, Sequence[Any]],
    p_exchange: float = 0.5,
    rng: Random = None,
) -> list[list[Any]]:
    r"""Draw documents in which each word outside the anchor may give way to a similar word.

    .. math::

        P(\text{word } i \text{ is exchanged}) =
        \begin{cases}
            0 & \text{if } i \in A \text{ or it has no neighbour} \\
            p_\mathrm{exchange} & \text{otherwise, for each neighbour alike}
        \end{cases}

    All draws are independent.

    Similar is what the table says: word embeddings call words similar that occur in the same
    places, and so "good" and "bad" too.

    Args:
        tokens: the document, a list of b tokens.
        positions: the anchor A, positions in [0, b).
        n: number of samples.
        neighbours: dictionary from a word to the words that may stand in its place, for example
            `course_lib.datasets.NEIGHBOURS`; a word that is not in it stays.
        p_exchange: probability of exchanging a word that has neighbours, in (0, 1).
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.

    Returns:
        list of n lists of b tokens.

    Raises:
        TypeError, ValueError: an empty or wrong token list, positions outside it or repeated, n
            below 0, neighbours not a dictionary of lists, p_exchange outside (0, 1), rng not a
            Generator.

    Source:
        Ribeiro, Singh and Guestrin, Anchors: high-precision model-agnostic explanations (2018),
        section 3, where words closer in an embedding are drawn more often.

    >>> import numpy as np
    >>> table = {"food": ["soup"], "bad": ["good", "slow"]}
    >>> sample_neighbours(["food", "is", "bad"], [2], 3, neighbours=table,
    ...                   rng=np.random.default_rng(0))
    [['food', 'is', 'bad'], ['soup', 'is', 'bad'], ['food', 'is', 'bad']]
    """
    tokens = checked_tokens(tokens)
    fixed = set(checked_positions(positions, len(tokens)))
    n = validate.integer("n", n, minimum=0)
    p_exchange = probability("p_exchange", p_exchange)
    rng = random_generator(rng)
    _check_table(neighbours)
    choices = [
        [] if i in fixed else list(neighbours.get(token, ())) for i, token in enumerate(tokens)
    ]
    documents = []
    for exchanged in rng.random((n, len(tokens))) < p_exchange:
        documents.append(
            [
                others[rng.integers(len(others))] if others and exchange else token
                for token, others, exchange in zip(tokens, choices, exchanged, strict=True)
            ]
        )
    return documents


def _check_table(neighbours):
    if not isinstance(neighbours, dict):
        raise TypeError(f"neighbours must be a dictionary, got {type(neighbours).__name__}")
    for word, others in neighbours.items():
        if isinstance(others, str) or not hasattr(others, "__len__"):
            raise TypeError(f"neighbours must map a word to a list, got {others!r} for {word!r}")
