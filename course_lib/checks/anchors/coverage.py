"""coverage: in how many documents an anchor has something to say."""

from course_lib.checks.cases import Case, call, mistakes

_DOCUMENTS = [["a", "the"], ["the"], ["the", "and"], ["zyx"], ["the", "and", "a"]]
_WINES = [
    "the wine is fine".split(),
    "prices are fine".split(),
    "the bread is fine and so is the wine".split(),
    "the wine is refined".split(),
]


def cases():
    yield Case("two of five", call(["the", "and"], _DOCUMENTS), 0.4)
    yield Case("one word, one of five", call(["zyx"], _DOCUMENTS), 0.2)
    yield Case("the words need not stand side by side", call(["wine", "fine"], _WINES), 0.5)
    yield Case("'refined' is another word", call(["fine"], _WINES), 0.75)
    yield Case("no word at all holds everywhere", call([], _DOCUMENTS), 1.0)
    yield Case("nowhere", call(["zyx", "the"], _DOCUMENTS), 0.0)


def random(rng):
    words = ["wine", "fine", "is", "the", "so", "refined"]
    for size in (1, 2, 3):
        documents = [
            [str(word) for word in rng.choice(words, rng.integers(2, 7))]
            for _ in range(rng.integers(3, 8))
        ]
        chosen = [str(word) for word in rng.choice(words[:4], size, replace=False)]
        yield Case("random documents", call(chosen, documents))


POINTS = {"idea": 1}
MISTAKES = mistakes(r"""
a count: How large is the corpus, that this number could be compared with another?
    sum(holds) / len(documents) -> sum(holds) || holds.count(True)
one of the words is enough: Does the rule hold where one of its words is missing?
    all(word in -> any(word in || 0 < sum(word in
parts of words: Is 'fine' a word of "the wine is refined"?
    word in document -> word in " ".join(document) || any(word in other for other in document)
share of the words: Of what is the coverage a share: of documents, or of words?
    / len(documents) -> / sum(len(document) for document in documents)
    / len(documents) -> / len([word for document in documents for word in document])
""")
