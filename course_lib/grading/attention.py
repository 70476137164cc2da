"""Which submissions need a person, and why, the gravest first."""

from typing import NamedTuple


class Item(NamedTuple):
    """One thing to look at.

    Fields: row, of the submission; why, sentences.
    """

    row: object
    why: str


class Group(NamedTuple):
    """Everything that asks for the same act: its title, what to do, and the Items."""

    title: str
    advice: str
    items: list


def groups(rows):
    """Return the Groups that the Rows of an assignment have Items for."""
    found = [
        Group(
            "A score that cannot be",
            "It counts as 0 until you have looked.",
            _items(rows, lambda row: [one[7:] for one in row.result.evidence if _is_alarm(one)]),
        ),
        Group(
            "Rejected",
            "Ask for the work again, or repair the file.",
            _items(rows, lambda row: [row.result.reason] * (row.status == "rejected")),
        ),
        Group(
            "Failed",
            "The machine's fault. The next run tries again.",
            _items(rows, lambda row: [row.result.reason] * (row.status == "not graded")),
        ),
        Group(
            "Not graded yet",
            "Grading was interrupted. The next run goes on.",
            _items(rows, lambda row: ["No grade yet."] * (row.status == "not graded yet")),
        ),
        Group(
            "Stopped",
            "What did not run scores 0.",
            _items(rows, lambda row: row.result.events if row.marks else []),
        ),
        Group(
            "Another answer under your mark",
            "The mark counts until you change it.",
            _items(rows, _changed),
        ),
        Group(
            "Worth a look",
            "It changed no score.",
            _items(rows, lambda row: [one for one in row.result.evidence if not _is_alarm(one)]),
        ),
    ]
    return [group for group in found if group.items]


def _items(rows, why):
    pairs = [(row, why(row)) for row in rows]
    return [Item(row, " ".join(said)) for row, said in pairs if said]


def _is_alarm(sentence):
    return sentence.startswith("ALARM: ")


def _changed(row):
    waiting = {
        f"{part.notebook}/{part.name}": mark.score
        for part, mark in zip(row.course_parts, row.parts, strict=True)
        if mark and mark.needs_manual_grade
    }
    return [
        f"{name.rpartition('/')[2].removeprefix('answer-')}: marked {waiting[name]:g} before."
        for name in row.result.changed
        if name in waiting
    ]
