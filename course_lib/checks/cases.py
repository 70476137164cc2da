"""What a task is made of: calls with their results, and wrong answers that are known by name."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from course_lib.checks.values import Tolerance


class Call(NamedTuple):
    """The arguments of one call: positional ones, and keyword arguments."""

    arguments: tuple
    options: dict


def call(*arguments, **options):
    """Return a Call; reads like the call itself: `call(x, w, stride=2)`."""
    return Call(arguments, options)


def array(numbers, *shape):
    """Return numbers as a float64 array.

    Args:
        numbers: nested lists, or a text with numbers between blanks.
        shape: of the array, where the numbers are a text.

    >>> array("1 2.5 3 4", 2, 2).tolist()
    [[1.0, 2.5], [3.0, 4.0]]
    """
    if isinstance(numbers, str):
        return np.array(numbers.split(), dtype=np.float64).reshape(shape)
    return np.array(numbers, dtype=np.float64)


def arrays(text, *shapes):
    """Return float64 arrays from a text with `|` between them, each in its shape.

    >>> [part.tolist() for part in arrays("1 2 | 3", (2,), (1, 1))]
    [[1.0, 2.0], [[3.0]]]
    """
    return tuple(array(part, *shape) for part, shape in zip(text.split("|"), shapes, strict=True))


def named(words, function, **arrays):
    """Return the function with what a message shows for it where it is an argument.

    Args:
        words: short ones, in place of its name.
        arrays: the numbers that it uses, shown beside those of the call.

    >>> named("x -> x**2", lambda x: x**2).__doc__
    'x -> x**2'
    """
    function.__doc__, function.arrays = words, arrays
    return function


def batched(words, ndim, function, **arrays):
    """Return the function as `named` does; it refuses what is not a batch.

    Args:
        words, arrays: as for `named`.
        ndim: how many axes an example has.
        function: of the batch, an array with one axis more.
    """

    def of_batch(batch):
        batch = np.asarray(batch)
        if batch.ndim != ndim + 1:
            letters = ("N, D", "N, H, W", "N, C, H, W")[ndim - 1]
            raise ValueError(f"a batch ({letters}) must come in, not the shape {batch.shape}")
        return function(batch)

    return named(words, of_batch, **arrays)


class NotReady(Exception):
    """A rule needs another function of the student's, which is not right yet; the text says so."""


#: The expected result is that of the model answer (for calls with random numbers).
ANSWER = object()


@dataclass(frozen=True)
class Case:
    """One call and its result.

    Args:
        why: what this call is about, in a few words.
        call: a Call.
        expected: the nest that must come back; or a function that gets what came back and returns
            None or, in words, what is wrong with it; or ANSWER.
        group: which of the task's points it decides; None for the first.
        rtol: how far a right number may be off, relative to the largest of its array.
        each: whether rtol is relative to every number by itself.
        size: what rtol is relative to where the result is a difference of larger numbers.
        dtype: whether the dtype counts, which it does in few cases.
        given: whether the numbers are those of a source, and may be square.
    """

    why: str
    call: Call
    expected: object = ANSWER
    group: str | None = None
    rtol: float = 1e-9
    each: bool = False
    size: float | None = None
    dtype: bool = False
    given: bool = False

    @property
    def tolerance(self):
        """The case's Tolerance."""
        return Tolerance(self.rtol, self.each, self.size, self.dtype)


class Mistake(NamedTuple):
    """A wrong answer known by name, as edits of the model answer.

    Fields: name; question, which leads out of it without giving the code; spellings, each of them
    a tuple of edits (old text, new text), or the text of a whole function. The last of several
    spellings is kept from the look-up and tries the audit.
    """

    name: str
    question: str
    spellings: tuple

    @property
    def known(self):
        """The spellings whose results the look-up knows."""
        return self.spellings[:-1] or self.spellings

    @property
    def held_out(self):
        """The spellings whose results it does not know."""
        return self.spellings[len(self.known) :]


def mistakes(text):
    r"""Return the mistakes that a text tells, in the order of the text.

    A line `name: question?` begins a mistake, and each indented line under it is a spelling: edits
    `old -> new`, with ` ;; ` between two edits of one spelling; a line that begins with `;;` goes
    on with the spelling above. `old -> new || newer` is two spellings with the same old text. In an
    edit `\n` stands for the end of a line, and a missing new text deletes the old one.

    Raises:
        ValueError: a line is neither, or a mistake has no question or no spelling.

    >>> (one,) = mistakes("kernel flipped: Which weight comes first?\n  w[k] -> w[-1 - k]")
    >>> one.name, one.spellings
    ('kernel flipped', ((('w[k]', 'w[-1 - k]'),),))
    """
    found = []
    for line in filter(str.strip, text.split("\n")):
        if line[0] != " ":
            name, colon, question = line.partition(": ")
            if not question.endswith("?"):
                raise ValueError(f"a mistake must be `name: question?`, got {line!r}")
            found.append((name, question, []))
            continue
        goes_on = line.strip().startswith(";; ") and found and found[-1][2]
        edits = list(found[-1][2].pop()) if goes_on else []
        for edit in line.strip().removeprefix(";; ").split(" ;; "):
            old, arrow, new = (part.strip() for part in f"{edit} ".partition("-> "))
            if not (found and arrow and old):
                raise ValueError(f"a spelling must be `old -> new` under a mistake, got {line!r}")
            edits.append((old.replace("\\n", "\n"), new.replace("\\n", "\n")))
        *more, (old, news) = edits
        found[-1][2].extend((*more, (old, new.strip())) for new in news.split(" || "))
    empty = [name for name, _, spellings in found if not spellings]
    if empty:
        raise ValueError(f"every mistake must have a spelling, {empty[0]!r} has none")
    return tuple(Mistake(name, question, tuple(ways)) for name, question, ways in found)
