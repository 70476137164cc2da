"""`course report`: one page about the class, from the gradebook and the results of grading."""

import base64
import hashlib
import re
import statistics
from collections import defaultdict
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from jupyter_server.serverapp import list_running_servers
from markupsafe import Markup, escape

from course_lib.grading import attention, likeness, marks, sandbox
from course_lib.grading.feedback import TEMPLATES, short
from course_lib.grading.folder import CourseFolder, write_atomically
from course_lib.grading.results import rows

#: Where `jupyter lab` serves when nothing else has taken its port.
SERVER = "http://localhost:8888/"

_STATES = {
    "rejected": ("rejected", "bad"),
    "not graded": ("failed", "bad"),
    "not graded yet": ("not yet", "warn"),
    "graded, with a stop": ("stopped", "warn"),
    "graded": ("graded", "good"),
}
_WENT = ("full", "partial", "wrong", "blank", "stopped")


def _breakable(name):
    """A name that may break after its hyphens and underscores."""
    return Markup(re.sub("([-_])", r"\1<wbr>", str(escape(name))))


TEMPLATES.filters["breakable"] = _breakable
TEMPLATES.filters["address"] = quote


def page(course, formgrader=None):
    """Write the report as HTML that loads nothing from anywhere.

    Args:
        course: the CourseFolder.
        formgrader: the address to which its links lead; None for that of the `jupyter lab` which
            runs in the course folder, or will.

    Returns:
        str: the page, with one section per assignment.
    """
    script = files("course_lib.grading").joinpath("templates/report.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    classes = [_class(course, name) for name in course.assignments()]
    return TEMPLATES.get_template("report.html").render(
        course=course.nbgrader.course_id or course.root.name,
        time=f"{datetime.now().astimezone():%d %B %Y, %H:%M %Z}",
        classes=classes,
        unassigned=course.unassigned(),
        formgrader=(formgrader or f"{_server(course.root)}formgrader").rstrip("/"),
        submitted=course.nbgrader.submitted_directory,
        script=Markup(script),
        digest=digest,
    )


def _class(course, assignment):
    class_rows, parts = rows(course, assignment), course.parts(assignment)
    with course.gradebook() as gradebook:
        due = marks.due(gradebook, assignment)
    tests = [part for part in parts if not part.written]
    graded = [row for row in class_rows if row.marks]
    highest = sum(part.points for part in tests)
    needs = attention.groups(class_rows)
    concerned = {item.row.student for group in needs for item in group.items}
    checks = [_check(graded, part) for part in tests]
    scores = [row.automatic for row in graded]
    alike, shared = _alike(class_rows)
    return {
        "assignment": assignment,
        "due": due and due.replace(tzinfo=UTC).astimezone(),
        "parts": parts,
        "tests": tests,
        "lines": [_line(row, row.student in concerned) for row in class_rows],
        "graded": len(graded),
        "highest": highest,
        "highest_written": sum(part.points for part in parts if part.written),
        "median": statistics.median(scores) if scores else None,
        "mean": statistics.fmean(scores) if scores else None,
        "spread": statistics.stdev(scores) if len(scores) > 1 else None,
        "range": (min(scores, default=None), max(scores, default=None)),
        "alpha": alpha([[_points_of(row, part) for row in graded] for part in tests]),
        "histogram": _histogram(scores, highest),
        "needs": needs,
        "written": [_written(graded, part) for part in parts if part.written],
        "waiting": sum(row.waiting for row in graded),
        "late": sum(row.late > 0 for row in class_rows),
        "blank": sum(any(row.kind(part) == "blank" for part in parts) for row in graded),
        "changed": [row for row in graded if row.changes],
        "checks": checks,
        "hardest": min(checks, key=lambda one: one["mean"]) if graded and checks else None,
        "alike": alike,
        "shared": shared,
        "walls": [w for w in sandbox.WALLS if all(w in row.result.layers for row in graded)],
    }


def _line(row, concerned):
    """What the table shows of a Row."""
    state, shade = _STATES[row.status]
    flags = {
        "person": concerned,
        "mark": row.waiting,
        "late": row.late > 0,
        "changed": bool(row.changes),
        "blank": any(row.kind(part) == "blank" for part in row.course_parts),
    }
    notes = {
        "Reason": [why for why in (row.result.reason, row.result.unwritten) if why],
        "Stopped": row.result.events,
        "Repaired": row.result.repairs,
        "Look at": row.result.evidence,
        "Without": _missing_walls(row),
        "Mistakes": [
            f"{short(part.name)}: {', '.join(row.check(part)['mistakes'])}."
            for part in row.course_parts
            if row.check(part).get("mistakes")
        ],
    }
    return {
        "row": row,
        "state": "look" if concerned and shade == "good" else state,
        "shade": "warn" if concerned and shade == "good" else shade,
        "flags": " ".join(name for name, holds in flags.items() if holds),
        "notes": [(heading, said) for heading, said in notes.items() if said],
        "cells": [_cell(row, part) for part in row.course_parts],
    }


def _missing_walls(row):
    missing = [wall for wall in sandbox.WALLS if wall not in row.result.layers]
    return [f"{', '.join(missing)} around the student's code."] if missing and row.marks else []


def _cell(row, part):
    mark, kind = row.marks and row.marks.parts.get((part.notebook, part.name)), row.kind(part)
    score = mark.score if mark and kind != "none" else None
    share = (score or 0) / part.points if part.points else 1
    return {"kind": kind, "score": score, "step": min(4, int(4 * share))}


def _points_of(row, part):
    return row.marks.parts[part.notebook, part.name].score or 0


def _histogram(scores, highest):
    """Ten bars: from, to, count and height in percent; a full score is in the last."""
    counts = [0] * 10
    for score in scores:
        counts[min(9, int(10 * score / highest)) if highest else 0] += 1
    return [
        {"from": 10 * i, "to": 10 * i + 10, "count": n, "height": 100 * n / max(1, *counts)}
        for i, n in enumerate(counts)
    ]


def _check(graded, part):
    """The statistics of one test."""
    kinds = [row.kind(part) for row in graded]
    scores = [_points_of(row, part) for row in graded]
    rest = [row.automatic - score for row, score in zip(graded, scores, strict=True)]
    mistakes = defaultdict(list)
    for row in graded:
        for mistake in dict.fromkeys(row.check(part).get("mistakes", ())):
            mistakes[mistake].append(row)
    return {
        "part": part,
        "mean": statistics.fmean(scores) / part.points if scores and part.points else 0,
        "full": kinds.count("full") / len(kinds) if kinds else 0,
        "went": [(kind, kinds.count(kind)) for kind in _WENT if kinds.count(kind)],
        "discrimination": correlation(scores, rest),
        "mistakes": sorted(mistakes.items(), key=lambda one: (-len(one[1]), one[0])),
    }


def correlation(one, other):
    """Pearson's r of two lists, None where one of them is constant or has under five numbers.

    >>> round(correlation([0, 0, 1, 1, 1], [1, 2, 3, 4, 5]), 3)
    0.866
    """
    if len(one) < 5 or len(set(one)) < 2 or len(set(other)) < 2:
        return None
    return statistics.correlation(one, other)


def alpha(scores):
    """Cronbach's alpha of checks, one list of scores each; None where there is nothing to compare.

    k/(k-1) (1 - sum of the variances / variance of the sums)

    Source: L. J. Cronbach, "Coefficient alpha and the internal structure of tests", 1951, eq. 2.

    >>> alpha([[0, 1, 1, 2, 2], [0, 1, 1, 2, 2]])
    1.0
    """
    sums = [sum(of_one) for of_one in zip(*scores, strict=True)]
    if len(scores) < 2 or len(sums) < 5 or len(set(sums)) < 2:
        return None
    share = sum(map(statistics.variance, scores)) / statistics.variance(sums)
    return len(scores) / (len(scores) - 1) * (1 - share)


def _written(graded, part):
    """How far the marking of one written answer is."""
    kinds = [row.kind(part) for row in graded]
    scores = [
        row.marks.parts[part.notebook, part.name].score
        for row, kind in zip(graded, kinds, strict=True)
        if kind not in ("to mark", "none", "blank")
    ]
    return {
        "part": part,
        "waiting": kinds.count("to mark"),
        "marked": len(scores),
        "mean": statistics.fmean(scores) if scores else None,
        "blank": kinds.count("blank"),
    }


def _alike(class_rows):
    """Pairs of Rows with the share they have in common, and groups of Rows that share an answer."""
    by_name = {row.student: row for row in class_rows if row.result.fingerprint}
    fingerprints = {name: row.result.fingerprint for name, row in by_name.items()}
    pairs = likeness.alike(fingerprints)[:30]
    groups = likeness.shared(fingerprints)[:10]
    return (
        [(by_name[pair.one], by_name[pair.other], pair.share) for pair in pairs],
        [[by_name[name] for name in group.students] for group in groups],
    )


def _server(folder):
    """Return the address of the Jupyter server that was started in a folder."""
    servers = list(list_running_servers())
    running = [one["url"] for one in servers if Path(one["root_dir"]).resolve() == folder.resolve()]
    return running[0] if running else SERVER


def add_arguments(parser):
    """Say what `course report` takes."""
    parser.add_argument("--course", default=".", help="the course folder (default: here)")
    parser.add_argument("--formgrader", metavar="URL", help="for its links")


def run(arguments):
    """Write report.html into the course folder."""
    try:
        course = CourseFolder(arguments.course)
    except ValueError as error:
        raise SystemExit(f"course report: {error}") from error
    path = course.root / "report.html"
    write_atomically(path, page(course, arguments.formgrader))
    print(path)
    return 0
