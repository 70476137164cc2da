"""exact_precision: every document that masking can make, each with its chance."""

from course_lib.checks.cases import Case, call, mistakes, named

_WEIGHTS = {"a": 2, "b": 2, "c": 1, "d": 1, "e": 1}


def _classifier(words, of):
    def predict(documents):
        if any(isinstance(document, str) for document in documents):
            raise TypeError("predict takes a list of reviews, got the words of a single one")
        return [of(document) for document in documents]

    return named(words, predict)


good = _classifier("1 where 'good' stands, else 0", lambda words: int("good" in words))
not_bad = _classifier(
    "1 where 'not' stands right before 'bad', else 0",
    lambda words: int(("not", "bad") in zip(words, words[1:], strict=False)),
)
count = _classifier("how often 'good' stands", lambda words: words.count("good"))
mild = _classifier("0 where 'bad' stands, else 1", lambda words: int("bad" not in words))
votes = _classifier(
    "1 where more than 3 votes are left: a, b have 2, c, d, e have 1",
    lambda words: int(sum(_WEIGHTS.get(word, 0) for word in words) > 3),
)


def cases():
    film = ["a", "good", "film"]
    yield Case("'good' is masked half of the time", call(film, good, [0]), 0.5)
    yield Case("'good' is held", call(film, good, [1]), 1.0)
    yield Case("no word held; label 0 stays 0", call(["a", "bad", "film"], good, []), 1.0)
    yield Case("votes: a held", call(list("abcde"), votes, [0]), 0.75, given=True)
    yield Case("votes: a and c held", call(list("abcde"), votes, [0, 2]), 0.875, given=True)
    yield Case("UNK keeps its place", call(["not", "so", "bad"], not_bad, [0, 2]), 1.0)
    yield Case("one of two equal words held", call(["good", "or", "good"], count, [2]), 0.5)
    of = call(["not", "bad", "wine"], not_bad, [1], p_unk=0.25)
    yield Case("'not' stays in 3 of 4", of, 0.75, "chances")
    yield Case("both stay", call(["not", "bad"], not_bad, [], p_unk=0.25), 0.5625, "chances")
    yield Case("label 0 may become 1", call(["bad", "wine"], mild, [], p_unk=0.25), 0.75, "chances")
    of = call(list("abcde"), votes, (2, 3), p_unk=0.25)
    yield Case("votes: c and d held", of, 0.9375, "chances")


def random(rng):
    words = ["good", "not", "bad", "a", "c"]
    for group, p_unk in (("idea", 0.5), ("idea", 0.5), ("chances", 0.2), ("chances", 0.7)):
        tokens = rng.choice(words, rng.integers(4, 7)).tolist()
        positions = sorted(rng.choice(len(tokens), rng.integers(0, 3), replace=False).tolist())
        predict = (good, not_bad, count, mild)[rng.integers(4)]
        options = {} if group == "idea" else {"p_unk": p_unk}
        yield Case("a random review", call(tokens, predict, positions, **options), group=group)


POINTS = {"idea": 2, "chances": 1}
MISTAKES = mistakes(r"""
the anchor's own words masked: Which words may become UNK?
    if i not in positions -> if True || if i >= 0
the anchor masked, the others held: Which words may become UNK?
    if i not in positions -> if i in positions || if i in list(positions)
the same word elsewhere held: An anchor is a set of places. Is each place of a word in it?
    if i not in positions -> if tokens[i] not in [tokens[j] for j in positions]
    if i not in positions -> if not any(tokens[i] == tokens[j] for j in positions)
words left out: What stands where a masked word stood?
    predict([document]) -> predict([[word for word in document if word != "UNK"]])
    predict([document]) -> predict([[word for word in document if not word == "UNK"]])
agreement with label 1: With which label does each document have to agree?
    == label -> == 1 || > 0
the share that changes: Does the anchor promise that the label changes, or that it stays?
    == label -> != label || - label != 0
p_unk for 1 - p_unk: Is p_unk the chance that a word goes, or that it stays?
    p_unk if gone else 1 - -> 1 - p_unk if gone else || p_unk if not gone else 1 -
all documents alike: With p_unk 0.25, is a document with no UNK as likely as one full of them?
    total += chance * -> total += 0.5 ** len(free) * || total += 1 / 2 ** len(free) *
only the masked words counted: A word that stays has its chance, too. Which?
    else 1 - p_unk -> else 1 || else 1.0
chances not multiplied: Is the chance of a document the product over all its free words?
    chance *= -> chance = || chance = 1.0 *
""")
