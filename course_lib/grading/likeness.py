"""How alike two students' work is, beyond what they were given and what many of them wrote.

It is evidence for a person to look at. It never changes a score.
"""

import io
import keyword
import re
import tokenize
import zlib
from collections import Counter, defaultdict
from itertools import combinations
from typing import NamedTuple

from nbgrader.utils import is_solution

#: Tokens of code, and words of prose, that one number stands for.
_CODE, _PROSE = 12, 6
#: Of so many neighbours one is kept.
_WINDOW = 4
_KEPT = 2000


class Likeness(NamedTuple):
    """Two students, and the share of the smaller work that both have, from 0 to 1."""

    one: str
    other: str
    share: float


class Shared(NamedTuple):
    """What more students have in common than `alike` compares: who, and how many numbers."""

    students: tuple[str, ...]
    count: int


def fingerprint(notebook, release):
    """Return numbers that stand for what a student wrote, the released text left out.

    Names are all one, so a renamed variable changes nothing; comments and blanks do not count.

    Source: Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document
    Fingerprinting", SIGMOD 2003, section 4.
    """
    given = {number for cell in release.cells for number in _grams(cell)}
    own = set()
    for cell in notebook.cells:
        if is_solution(cell) or not cell.metadata.get("nbgrader"):
            own.update(_winnowed([number for number in _grams(cell) if number not in given]))
    return sorted(own)[:_KEPT]


def alike(fingerprints, share=0.6, least=10):
    """Return the Likenesses that are unusual in a class, the highest first.

    What more than an eighth of the class wrote counts for nobody, nor what more than eight did:
    right answers to one question are alike. `shared` looks at that.

    Args:
        fingerprints: student -> what `fingerprint` returned.
        share: the smallest that is unusual.
        least: numbers that two must have in common.
    """
    common = _common(fingerprints)
    rare = [who for who in _owners(fingerprints) if len(who) <= common]
    written = Counter(student for who in rare for student in who)
    shared = Counter(pair for who in rare for pair in combinations(sorted(who), 2))
    found = [
        Likeness(one, other, count / min(written[one], written[other]))
        for (one, other), count in shared.items()
        if count >= least
    ]
    return sorted((one for one in found if one.share >= share), key=lambda one: -one.share)


def shared(fingerprints, least=10):
    """Return the Shared of a class, the most numbers first: one answer that went round.

    Many who find the same answer alone share parts of it, each part with others. Here the very same
    students have all of it in common, and nobody else has any.

    Args:
        fingerprints: student -> what `fingerprint` returned.
        least: numbers that they must have in common.
    """
    common = _common(fingerprints)
    many = Counter(tuple(who) for who in _owners(fingerprints) if len(who) > common)
    return [Shared(who, count) for who, count in many.most_common() if count >= least]


def _owners(fingerprints):
    """The students who wrote a number, for each number, in the order of `fingerprints`."""
    owners = defaultdict(list)
    for student, numbers in fingerprints.items():
        for number in numbers:
            owners[number].append(student)
    return owners.values()


def _common(fingerprints):
    """How many may have something in common that is still unusual."""
    return min(8, max(3, len(fingerprints) // 8))


def _grams(cell):
    tokens = _tokens(cell.source) if cell.cell_type == "code" else _words(cell.source)
    size = _CODE if cell.cell_type == "code" else _PROSE
    text = ["\0".join(tokens[i : i + size]) for i in range(len(tokens) - size + 1)]
    return [zlib.crc32(one.encode()) for one in text]


def _winnowed(numbers):
    last = max(1, len(numbers) - _WINDOW + 1)
    return {min(numbers[i : i + _WINDOW]) for i in range(last if numbers else 0)}


def _words(text):
    return re.findall(r"\w+", text.lower())


def _tokens(text):
    found, before = [], ""
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            kind, word = token.type, token.string
            if kind == tokenize.NAME:
                # What stands behind a dot belongs to a library: it keeps its name.
                found.append(word if keyword.iskeyword(word) or before == "." else "v")
            elif kind == tokenize.STRING:
                found.append("s")
            elif kind in (tokenize.NUMBER, tokenize.OP):
                found.append(word)
            before = word
    except (tokenize.TokenError, SyntaxError):  # the rest cannot be read
        pass
    return found
