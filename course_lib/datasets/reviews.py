"""Restaurant reviews from a small grammar, with the words that decide the label.

The language is that of document 002's example sentence: clauses about the food, the service and the
prices, each with an adjective that praises or complains, and sometimes a "not" before it.
"""

from typing import NamedTuple

import numpy as np

from course_lib import validate

#: The 20 words that document 002 explains with an anchor.
EXAMPLE_REVIEW = tuple(
    "the selection on the menu is great and so is the food "
    "the service is not bad prices are fine".split()
)

GOOD = ("great", "good", "fine", "tasty", "lovely")
BAD = ("bad", "bland", "awful", "slow", "rude")
_THINGS = ("food", "service", "selection", "soup", "bread", "wine", "cake", "waiter")
_PLURALS = ("prices", "desserts", "tables", "portions")

#: word -> the words that occur in the same places of a review, as a word embedding would group them
NEIGHBOURS = {
    word: tuple(other for other in words if other != word)
    for words in (GOOD + BAD, _THINGS, _PLURALS)
    for word in words
}


class Reviews(NamedTuple):
    """Token lists, labels (1 for praise), and masks of the words that decide."""

    tokens: list
    labels: np.ndarray
    masks: list


def _votes(tokens):
    """Yield (vote, positions of the deciding words) for each clause that has a polarity."""
    last = 0
    for i, token in enumerate(tokens):
        if token in GOOD or token in BAD:
            last = 1 if token in GOOD else -1
            negated = i > 0 and tokens[i - 1] == "not"
            last = -last if negated else last
            yield last, ([i - 1, i] if negated else [i])
        elif token == "so":
            yield last, []  # "and so is the food" repeats the last opinion


def sentiment(tokens):
    """Return the true label of a review: do the clauses that praise outnumber the others?

    label = 1 if sum of votes > 0, else 0; a praising clause votes +1, a complaint -1, "not" turns
    the vote of the next word around, "so" repeats the last vote.

    Args:
        tokens: a list of words; unknown words, such as UNK, do not vote.

    Returns:
        0 or 1.

    Source:
        The grammar of this course, after the example of document 002.

    >>> sentiment("the service is not bad prices are fine".split())
    1
    """
    return int(sum(vote for vote, _ in _votes(tokens)) > 0)


def closed_boxes():
    """Return two classifiers of reviews by name; what they look at is to be found by asking them.

    Returns:
        {"box A": predict, "box B": predict}: functions of a list of N reviews, each a list of
        words, to N labels, 1 for praise and 0 for complaint.

    Source:
        The grammar of this course, after the example of document 002.

    >>> [predict([["lovely"]]) for predict in closed_boxes().values()]
    [[1], [1]]
    """

    def counted(tokens):
        return int(sum((word in GOOD) - (word in BAD) for word in tokens) > 0)

    return {
        "box A": lambda documents: [sentiment(document) for document in documents],
        "box B": lambda documents: [counted(document) for document in documents],
    }


def deciding_words(tokens):
    """Mark the words that decide a review's label: the adjectives, and each "not" before one.

    mask[i] = true if word i is an adjective, or the "not" that turns one around

    Args:
        tokens: a list of T words.

    Returns:
        (T,) bool.

    Source:
        The grammar of this course, after the example of document 002.

    >>> deciding_words("the service is not bad".split())
    array([False, False, False,  True,  True])
    """
    mask = np.zeros(len(tokens), dtype=bool)
    for _, positions in _votes(tokens):
        mask[positions] = True
    return mask


def restaurant_reviews(n, *, rng=None):
    """Draw reviews of two to four clauses from the grammar.

    review = clause+; clause = "the" THING ["on the menu"] "is" ["not"] ADJECTIVE
    | PLURAL "are" ["not"] ADJECTIVE | "and so is the" THING

    Args:
        n: how many reviews; a review whose votes are tied is drawn again.
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.

    Returns:
        Reviews(tokens, labels, masks): n lists of words, (N,) labels from `sentiment`, n bool
        arrays from `deciding_words`.

    Raises:
        ValueError: n below 0.

    Source:
        The grammar of this course, after the example of document 002.

    >>> " ".join(restaurant_reviews(1, rng=np.random.default_rng(3)).tokens[0])
    'the service is good and so is the bread the bread is great the service on the menu is fine'
    """
    rng = validate.random_generator(rng)
    n = validate.integer("n", n, minimum=0)
    reviews = []
    while len(reviews) < n:
        tokens = [word for place in range(rng.integers(2, 5)) for word in _clause(place, rng)]
        if sum(vote for vote, _ in _votes(tokens)) != 0:
            reviews.append(tokens)
    labels = np.array([sentiment(tokens) for tokens in reviews], dtype=np.int64)
    return Reviews(reviews, labels, [deciding_words(tokens) for tokens in reviews])


def _clause(place, rng):
    kind = rng.integers(4 if place else 3)  # a review does not open with "and so is"
    if kind == 3:
        return ["and", "so", "is", "the", str(rng.choice(_THINGS))]
    adjective = [str(rng.choice(GOOD + BAD))]
    if rng.random() < 0.3:
        adjective.insert(0, "not")
    if kind == 2:
        return [str(rng.choice(_PLURALS)), "are", *adjective]
    on_the_menu = ["on", "the", "menu"] if kind == 1 else []
    return ["the", str(rng.choice(_THINGS)), *on_the_menu, "is", *adjective]
