"""Scores in the rows and columns of an LMS's own file."""

import csv
import re

from course_lib.grading.results import rows

_CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_MOODLE = (
    "Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade",
    "Grade can be changed", "Last modified (submission)", "Last modified (grade)",
)  # fmt: skip
#: Columns by which a row of an LMS's file is known, the surest first.
_KEYS = {
    "canvas": ("SIS Login ID", "SIS User ID", "ID", "Integration ID", "Student"),
    "moodle": ("Email address", "ID number", "Username", "Identifier", "Full name"),
}
#: Moodle takes no worksheet without the third, by which it sees grades given since.
_NEEDED = {
    "canvas": ("Student", "ID"),
    "moodle": ("Identifier", "Grade", "Last modified (grade)"),
}
_NUMBER = re.compile(r" *\(\d+\)$")


def is_open(mark):
    """Whether a part waits for its first mark.

    Args:
        mark: its PartMarks, or None where there is no grade.
    """
    return bool(mark and mark.needs_manual_grade and not mark.manual)


def read_roster(path, layout):
    """Read the file that an LMS exported; return (columns, rows).

    Raises:
        ValueError: it cannot be read, or has not the LMS's columns.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, restkey="")
            lines, columns = list(reader), reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        words = f"--roster must be a CSV file in UTF-8, got {str(path)!r}: {error}"
        raise ValueError(words) from None
    if not set(_NEEDED[layout]) <= set(columns):
        raise ValueError(
            f"--roster must be what {layout.capitalize()} exports, with the columns "
            f"{', '.join(_NEEDED[layout])}; {path} has {', '.join(columns) or 'none'}"
        )
    return columns, lines


def filled_in(course, assignment, layout, roster=None, incomplete=False):
    """Put one assignment's scores into the rows of an LMS.

    Args:
        course: the CourseFolder.
        assignment: its name.
        layout: "canvas" or "moodle".
        roster: (columns, rows) of the file that the LMS exported; None to make rows out of the
            students' names.
        incomplete: also give the scores of those who have an answer that nobody has marked.

    Returns:
        tuple: columns; rows; notes, sentences for the teacher; lost, the students whose score has
        no row, so that the LMS would not get it.
    """
    given = rows(course, assignment)
    largest = sum(part.points for part in course.parts(assignment))
    columns, lines = roster or _made_up(layout, given, largest)
    columns, lines = list(columns), [dict(line) for line in lines]
    notes, column = [], "Grade"
    if layout == "canvas":
        column = _canvas_column(columns, assignment, notes)
        columns = [*(name for name in columns if name in (*_CANVAS, *_KEYS["canvas"])), column]
        points = next(filter(_is_points, lines), {})
        # Neither the row of points nor Canvas's notes on posting, which have no name, are students.
        lines = [line for line in lines if _called(line) and not _is_points(line)]
        _compare(points.get(column), largest, f"Points Possible of {column!r}", notes)
    elif lines:
        _compare(lines[0].get("Maximum Grade"), largest, "Maximum Grade", notes)
    found, unclear = _matched(given, lines, _KEYS[layout])
    waiting, without = [], []
    for number, row in found.items():
        waits = any(map(is_open, row.parts)) and not incomplete
        if waits:
            waiting.append(row.student)
        elif row.score is None:
            without.append(row.student)
        score = None if waits else row.score
        lines[number][column] = "" if score is None else f"{score:g}"
    nothing = [_called(line) for number, line in enumerate(lines) if number not in found]
    for words, who in (
        ("Left empty, as an answer is not marked yet (--incomplete)", waiting),
        ("Left empty, as there is no grade", without),
        ("In the roster, but nothing came", nothing),
        ("Fits several rows of the roster", unclear),
    ):
        if who:
            notes.append(f"{words}: {', '.join(who)}.")
    graded = {row.student for row in found.values()}
    lost = [row.student for row in given if row.student not in graded]
    if layout == "canvas":
        # Canvas takes its points from this row, so what it exported goes back as it came.
        worth = points.get(column) or f"{largest:g}"
        lines = [{"Student": "    Points Possible", column: worth}, *lines]
    return (
        columns,
        [{name: line.get(name) or "" for name in columns} for line in lines],
        notes,
        lost,
    )


def _made_up(layout, given, largest):
    """Rows for a class without a roster: `course collect` keeps the LMS's number in the name."""
    lines = []
    for row in given:
        name, number = numbered(row.student)
        if layout == "canvas":
            line = {"Student": name, "ID": number, "SIS Login ID": "" if number else row.student}
        elif number:
            line = {"Identifier": f"Participant {number}", "Full name": name}
            line |= {"Maximum Grade": f"{largest:g}", "Grade can be changed": "Yes"}
        else:
            continue  # Moodle passes over a row without its number, and says nothing
        lines.append(line)
    return (_CANVAS if layout == "canvas" else _MOODLE), lines


def numbered(student):
    """Return (name, number) of a student called `name_number`, as `course collect` does it.

    >>> numbered("Ana Lee_101"), numbered("ana")
    (('Ana Lee', '101'), ('ana', ''))
    """
    name, _, number = student.rpartition("_")
    return (name, number) if name and number.isdigit() else (student, "")


def _canvas_column(columns, assignment, notes):
    """The header of the assignment's column, which Canvas ends with its number in parentheses."""
    titles = {name: _NUMBER.sub("", name).casefold() for name in columns if name not in _CANVAS}
    word = assignment.casefold()
    alike = [name for name, title in titles.items() if word in title and _NUMBER.search(name)]
    found = [name for name, title in titles.items() if title == word] or alike
    if len(found) == 1:
        return found[0]
    notes.append(
        f"No column of the roster is {assignment!r} alone; Canvas will ask which assignment it is."
    )
    return assignment


def _is_points(line):
    return (line.get("Student") or "").strip() == "Points Possible"


def _compare(text, largest, what, notes):
    try:
        worth = float(text or largest)
    except ValueError:  # "(read only)", or a comma for a point
        return
    if abs(worth - largest) > 1e-9:
        notes.append(f"{what} is {worth:g} in the LMS, {largest:g} here: scores are not scaled.")


def _matched(given, lines, keys):
    """Return row number -> Row, and the students who fit several rows."""
    by_key = {}
    for number, line in enumerate(lines):
        for key in keys:
            text = (line.get(key) or "").strip().casefold()
            for one in {text, text.removeprefix("participant ")} - {""}:
                by_key.setdefault((key, one), set()).add(number)
    found, unclear = {}, []
    for row in given:
        _, number = numbered(row.student)
        for key in keys:
            names = {row.student.casefold()} | ({number} if key in ("ID", "Identifier") else set())
            fits = set().union(*(by_key.get((key, name), ()) for name in names)) - set(found)
            if len(fits) == 1:
                found[fits.pop()] = row
                break
            if fits:
                unclear.append(row.student)
                break
    return found, unclear


def _called(line):
    names = (line.get(key) for key in ("Student", "Full name", "Email address", "ID", "Identifier"))
    return next((name.strip() for name in names if name and name.strip()), "")
