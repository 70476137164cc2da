"""coverage: in how many documents an anchor has something to say."""

from course_lib.checks.cases import Case, call, mistakes

_DOCUMENTS = [["a", "the"], ["the"], ["the", "and"], ["zyx"], ["the", "and", "a"]]
_WINES = ["the wine is fine", "prices are fine", "the bread is fine and so is the wine"]
_WINES = [text.split() for text in (*_WINES, "the wine is refined")]


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
        lengths = rng.integers(2, 7, size=rng.integers(3, 8))
        documents = [rng.choice(words, length).tolist() for length in lengths]
        chosen = rng.choice(words[:4], size, replace=False).tolist()
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
    / len(documents) -> / sum(len(one) for one in documents) || / len(sum(documents, []))
""")
