"""What the gradebook holds: the marks of a class, read in a few queries."""

from datetime import timedelta
from typing import NamedTuple

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)

#: What nbgrader says of an answer that is as it was handed out.
NO_RESPONSE = "No response."


class PartMarks(NamedTuple):
    """What one part of a submission scored."""

    score: float
    #: waits for a person, who has not marked it yet or should look at it again
    needs_manual_grade: bool
    #: a person has given it
    manual: bool = False


class Marks(NamedTuple):
    """What the gradebook holds for one submission."""

    parts: dict[tuple[str, str], PartMarks]
    comments: dict[str, str | None]
    #: with the penalty for handing in late taken off
    score: float
    penalty: float = 0.0
    #: seconds after the due date, a student's extension counted
    late: float = 0.0
    #: (notebook, cell) of the answers that are as they were handed out
    blank: frozenset = frozenset()
    #: notebook -> the name of the submission in formgrader's addresses
    pages: tuple[tuple[str, str], ...] = ()


def all_marks(gradebook, assignment, student=None):
    """Return student -> Marks of an assignment, of one student if named, in a few queries."""
    parts, comments, penalties, pages, late = {}, {}, {}, {}, {}
    for table, value, into in (
        (Grade, (Grade.score, Grade.needs_manual_grade, Grade.manual_score), parts),
        (Comment, (Comment.comment, Comment.auto_comment), comments),
    ):
        query = (
            gradebook.db.query(
                SubmittedAssignment.student_id,
                Notebook.name,
                BaseCell.name,
                SubmittedNotebook.id,
                SubmittedNotebook.late_submission_penalty,
                *value,
            )
            .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
            .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
            .join(table, table.notebook_id == SubmittedNotebook.id)
            .join(BaseCell, table.cell_id == BaseCell.id)
            .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
            .filter(Assignment.name == assignment)
        )
        if student is not None:
            query = query.filter(SubmittedAssignment.student_id == student)
        for one, notebook, cell, page, penalty, *values in query:
            into.setdefault(one, {})[notebook, cell] = values
            penalties.setdefault(one, {})[notebook] = penalty or 0
            pages.setdefault(one, {})[notebook] = page
    columns = (SubmittedAssignment.student_id, SubmittedAssignment.timestamp)
    columns += (SubmittedAssignment.extension, Assignment.duedate)
    for one, when, extension, due in (
        gradebook.db.query(*columns)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .filter(Assignment.name == assignment)
    ):
        if when and due:
            limit = due + (extension or timedelta())
            late[one] = max(0.0, (when - limit).total_seconds())
    marks = {}
    for one in penalties:
        found = {
            key: PartMarks(score, bool(needs), manual is not None)
            for key, (score, needs, manual) in parts.get(one, {}).items()
        }
        of_cells = comments.get(one, {})
        said = {f"{notebook}/{cell}": v[0] for (notebook, cell), v in of_cells.items()}
        blank = frozenset(key for key, (_, auto) in of_cells.items() if auto == NO_RESPONSE)
        score = sum(part.score or 0 for part in found.values())
        penalty = sum(penalties[one].values())
        left = max(0.0, score - penalty)
        links = tuple(sorted(pages[one].items()))
        marks[one] = Marks(found, said, left, penalty, late.get(one, 0.0), blank, links)
    return marks


def due(gradebook, assignment):
    """When the assignment is due, in UTC, or None."""
    row = gradebook.db.query(Assignment.duedate).filter(Assignment.name == assignment).first()
    return row and row[0]
