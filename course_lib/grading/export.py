"""`course export`: the scores as a table, for a spreadsheet or in an LMS's own columns.

What an LMS takes back has its own ids, so the rows come from the file that it exports: Canvas's
gradebook, Moodle's grading worksheet. An answer that nobody has marked yet is never a 0 there.
"""

import csv
import io
import sys

from course_lib.grading import lms
from course_lib.grading.folder import CourseFolder, write_atomically
from course_lib.grading.results import rows

#: Where the table is written; `nbgrader export` writes a grades.csv of its own.
FILE = "scores.csv"
COLUMNS = (
    "assignment", "student", "status", "score", "max_score", "auto_score", "points_not_marked",
    "late_seconds", "needs_manual_grade", "reason",
)  # fmt: skip
NOT_MARKED = "not marked"


def table(course):
    """Write all scores as CSV, one row per submission.

    Args:
        course: the CourseFolder.

    Returns:
        str: the columns of COLUMNS, then one per part. A score is empty where there is no grade; a
        part that waits for its first mark says so.
    """
    records, part_columns = [], {}
    for assignment in course.assignments():
        parts = course.parts(assignment)
        names = [f"{assignment}/{part.name}" for part in parts]
        part_columns |= dict.fromkeys(names)
        records += [_record(assignment, row, parts, names) for row in rows(course, assignment)]
    return csv_text([*COLUMNS, *part_columns], records)


def _record(assignment, row, parts, names):
    told = list(zip(parts, row.parts, strict=True))
    auto = sum(mark.score or 0 for part, mark in told if mark and not part.written)
    return {
        "assignment": assignment,
        "student": row.student,
        "status": row.status,
        "score": row.score,
        "max_score": row.max_score,
        "auto_score": None if row.score is None else auto,
        "points_not_marked": sum(part.points for part, mark in told if lms.is_open(mark)),
        "late_seconds": round(row.late),
        "needs_manual_grade": "yes" if row.waiting else "no",
        "reason": row.result.reason,
    } | {
        name: NOT_MARKED if lms.is_open(mark) else mark and mark.score
        for name, mark in zip(names, row.parts, strict=True)
    }


def csv_text(columns, records):
    """Return records as CSV, without a cell that a spreadsheet would run."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows({name: _safe(value) for name, value in one.items()} for one in records)
    return text.getvalue()


def _safe(value):
    """A spreadsheet runs a cell that begins like a formula; a ' before it makes it text."""
    if isinstance(value, str) and len(value) > 1 and value.lstrip(" ")[:1] in tuple("=+-@\t\r"):
        return f"'{value}"
    return value


def add_arguments(parser):
    """Say what `course export` takes."""
    add = parser.add_argument
    add("--course", default=".", metavar="DIR", help="the course folder (default: here)")
    add("--format", choices=("course", "canvas", "moodle"), default="course", help="the columns")
    add("--assignment", metavar="A", help="for canvas and moodle: which, where there are several")
    add("--roster", metavar="CSV", help="Canvas's exported gradebook or Moodle's grading worksheet")
    add("--incomplete", action="store_true", help="also scores with an answer not marked yet")


def run(arguments):
    """Write the table, and say what has no place in it.

    Returns:
        0; 1 if a score has no row in the LMS's file; 2 for a wrong use.
    """
    try:
        course = CourseFolder(arguments.course)
        path, text, notes, lost = _made(course, arguments)
    except ValueError as error:
        print(f"course export: {error}", file=sys.stderr)
        return 2
    write_atomically(path, text)
    print(path)
    for note in notes:
        print(f"  {note}", file=sys.stderr)
    if lost:
        words = "No row of the LMS is theirs (--roster), so not exported"
        print(f"  {words}: {', '.join(lost)}.", file=sys.stderr)
    return 1 if lost else 0


def _made(course, arguments):
    layout, assignment = arguments.format, arguments.assignment
    if layout == "course":
        if arguments.roster or assignment or arguments.incomplete:
            raise ValueError("--roster, --assignment and --incomplete need --format of an LMS")
        return course.root / FILE, table(course), [], []
    known = course.assignments()
    if assignment is None:
        handed_in = [name for name in known if course.students(name)]
        if len(handed_in) != 1:
            listed = ", ".join(handed_in) or "none that was handed in"
            raise ValueError(f"--assignment must say which one is meant: {listed}")
        [assignment] = handed_in
    elif assignment not in known:
        raise ValueError(f"--assignment must be one of {', '.join(known)}, got {assignment!r}")
    roster = lms.read_roster(arguments.roster, layout) if arguments.roster else None
    columns, lines, notes, lost = lms.filled_in(
        course, assignment, layout, roster, arguments.incomplete
    )
    path = course.root / f"scores-{layout}-{assignment}.csv"
    return path, csv_text(columns, lines), notes, lost
