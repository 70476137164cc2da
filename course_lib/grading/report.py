"""`course report`: one page about the class, from the gradebook and the results of grading."""

import re
import statistics
from collections import Counter
from datetime import datetime
from urllib.parse import quote

from markupsafe import Markup, escape

from course_lib.grading.feedback import TEMPLATES
from course_lib.grading.folder import CourseFolder, write_atomically
from course_lib.grading.results import rows

_SHADES = {"graded": "good", "graded, with a stop": "warn", "not graded yet": "warn"}


def _points(value):
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def _short(name):
    """A part's name without the word for its kind, which the exercises put in front."""
    return name.removeprefix("check-").removeprefix("answer-")


def _breakable(name):
    """A part's name, which may break after its hyphens and underscores."""
    return Markup(re.sub("([-_])", r"\1<wbr>", str(escape(_short(name)))))


TEMPLATES.filters["breakable"] = _breakable
TEMPLATES.filters["points"] = _points
TEMPLATES.filters["shade"] = lambda status: _SHADES.get(status, "bad")
TEMPLATES.filters["address"] = quote


def page(course):
    """Write the report as HTML that loads nothing from anywhere.

    Args:
        course: the CourseFolder.

    Returns:
        str: the page, with one section per assignment.
    """
    template = TEMPLATES.get_template("report.html")
    return template.render(
        course=course.nbgrader.course_id or course.root.name,
        time=f"{datetime.now().astimezone():%d %B %Y, %H:%M %Z}",
        classes=[_class(course, assignment) for assignment in course.assignments()],
    )


def _class(course, assignment):
    parts, class_rows = course.parts(assignment), rows(course, assignment)
    scores = [row.score for row in class_rows if row.score is not None]
    max_score = sum(part.points for part in parts)
    counts = _histogram(scores, max_score)
    shown = [
        f"{10 * i} to {10 * i + 10} percent: {count}" for i, count in enumerate(counts) if count
    ]
    to_mark = [(_short(part.name), _waiting(class_rows, i)) for i, part in enumerate(parts)]
    return {
        "assignment": assignment,
        "parts": parts,
        "rows": class_rows,
        "scores": scores,
        "max_score": max_score,
        "median": statistics.median(scores) if scores else None,
        "waiting": sum(row.waiting for row in class_rows),
        "histogram": [
            {"count": count, "height": round(125 * count / max(counts))} for count in counts
        ]
        if scores
        else [],
        "histogram_text": "; ".join(shown),
        "checks": [_check(class_rows, i, part) for i, part in enumerate(parts) if not part.written],
        "to_mark": [(name, students) for name, students in to_mark if students],
    }


def _histogram(scores, max_score):
    """How many scores lie in each tenth; a full score in the last."""
    counts = [0] * 10
    for score in scores:
        counts[min(9, int(10 * score / max_score)) if max_score else 0] += 1
    return counts


def _waiting(class_rows, index):
    return [
        row.student
        for row in class_rows
        if row.parts[index] and row.parts[index].needs_manual_grade
    ]


def _check(class_rows, index, part):
    graded = [row for row in class_rows if row.parts[index]]
    full = sum(row.parts[index].score == part.points for row in graded)
    seen = [row.result.checks.get(f"{part.notebook}/{part.name}", {}) for row in graded]
    unrun = sum(check.get("state", "not run") not in ("ok", "error") for check in seen)
    mistakes = Counter(mistake for check in seen for mistake in set(check.get("mistakes", [])))
    return {
        "name": _short(part.name),
        "full": full,
        "less": len(graded) - full - unrun,
        "unrun": unrun,
        "mistakes": mistakes.most_common(),
    }


def add_arguments(parser):
    """Say what `course report` takes."""
    parser.add_argument("--course", default=".", help="the course folder (default: here)")


def run(arguments):
    """Write report.html into the course folder."""
    try:
        course = CourseFolder(arguments.course)
    except ValueError as error:
        raise SystemExit(f"course report: {error}") from error
    path = course.root / "report.html"
    write_atomically(path, page(course))
    print(path)
    return 0
