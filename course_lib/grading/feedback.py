"""Feedback pages: what to look at first, then the graded notebook; nothing in it runs or loads.

A content security policy stands behind the cleaning of `markup`. Of a hidden test the page shows
what it said, never its text.
"""

import hashlib
import shutil

import nbformat
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from course_lib.grading import markup
from course_lib.grading.folder import read_json, write_atomically
from course_lib.grading.marks import all_marks
from course_lib.grading.results import row as row_of

TEMPLATES = Environment(
    loader=PackageLoader("course_lib.grading", "templates"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
    lstrip_blocks=True,
)

#: How a part went, in words, and the shade of them.
STATES = {
    "full": ("all points", "good"),
    "partial": ("in part", "warn"),
    "wrong": ("not right yet", "bad"),
    "blank": ("not attempted", "plain"),
    "stopped": ("did not finish", "bad"),
    "to mark": ("not marked yet", "plain"),
}


def points(value):
    """A score as a person writes it: 2, 2.5, – where there is none."""
    return "–" if value is None else f"{value:.2f}".rstrip("0").rstrip(".")


def duration(seconds):
    """How late that is, in two words at most: 45 s, 5 min, 2 h 10 min, 23 h, 1 d 3 h."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes = int(seconds // 60)
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d {hours % 24} h" if hours % 24 else f"{days} d"
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes % 60} min" if hours < 10 and minutes % 60 else f"{hours} h"


def short(name):
    """A part's name without the word for its kind, which the exercises put in front."""
    return name.removeprefix("check-").removeprefix("answer-")


TEMPLATES.filters |= {"points": points, "duration": duration, "short": short}


def page(notebooks, row, released):
    """Write the feedback for one submission.

    Args:
        notebooks: name -> the graded notebook.
        row: the submission's Row, which must be graded.
        released: name -> grade_id -> the text of a locked cell as students know it.

    Returns:
        str: the page.
    """
    papers = [
        {"name": name, "cells": [_cell(cell, name, row, released) for cell in notebook.cells]}
        for name, notebook in notebooks.items()
    ]
    outputs = {
        (paper["name"], cell["name"]): cell["outputs"]
        for paper in papers
        for cell in paper["cells"]
        if cell["name"]
    }
    parts = [_part(part, row, outputs) for part in row.course_parts]
    tests = [part for part in row.course_parts if not part.written]
    return TEMPLATES.get_template("feedback.html").render(
        row=row,
        papers=papers,
        parts=parts,
        look=[part for part in parts if part["kind"] not in ("full", "none") or part["comment"]],
        automatic_max=sum(part.points for part in tests),
        written_max=row.max_score - sum(part.points for part in tests),
        some_marked=any(part["score"] for part in parts if part["part"].written),
        notes=row.result.repairs + row.result.events,
    )


def _part(part, row, outputs):
    key, kind = (part.notebook, part.name), row.kind(part)
    mark = row.marks.parts.get(key)
    comment = row.marks.comments.get(f"{part.notebook}/{part.name}")
    said, shade = STATES.get(kind, ("", "plain"))
    return {
        "part": part,
        "kind": kind,
        "said": said,
        "shade": shade,
        "score": mark and mark.score,
        # "No response." is said already.
        "comment": comment if kind != "blank" else None,
        "outputs": outputs.get(key, ()) if not part.written else (),
    }


def _cell(cell, name, row, released):
    about = cell.metadata.get("nbgrader", {})
    grade_id = about.get("grade_id")
    is_part = any((p.notebook, p.name) == (name, grade_id) for p in row.course_parts)
    is_test = bool(about.get("grade") and not about.get("solution"))
    text = cell.source
    if about.get("locked"):
        text = released.get(name, {}).get(grade_id, "" if is_test else text)
    content = markup.code(text) if cell.cell_type == "code" else markup.markdown(text)
    comment = row.marks.comments.get(f"{name}/{grade_id}") if grade_id and not is_part else None
    return {
        "content": Markup(content),
        "code": cell.cell_type == "code",
        "name": grade_id if is_part else "",
        "written": is_part and not is_test,
        "comment": comment,
        "outputs": [
            Markup(html) for one in cell.get("outputs", ()) if (html := markup.output(one, is_test))
        ],
    }


def refresh(course, assignment, results):
    """Write the feedback pages that are missing, or whose marks a person has changed since.

    The page of a rejected submission says why it is one, and what to do.

    Args:
        course: the CourseFolder.
        assignment: name of the assignment.
        results: a Result of each submission.
    """
    done = [one for one in results if one.state == "done"]
    if not done:
        return
    with course.gradebook() as gradebook:
        marks = all_marks(gradebook, assignment)
    parts = course.parts(assignment)
    released = {}  # notebook -> grade_id -> the text of a cell as students know it
    for path in course.release_notebooks(assignment):
        cells = nbformat.read(path, as_version=4).cells
        released[path.stem] = {
            cell.metadata.nbgrader["grade_id"]: cell.source
            for cell in cells
            if cell.metadata.get("nbgrader")
        }
    for result in done:
        if result.student in marks:
            row = row_of(course, result, parts, marks[result.student])
            _write(course, row, released)


def _write(course, row, released):
    result = row.result
    seen = (result.key, row.marks or result.reason, result.before)
    digest = hashlib.sha256(repr(seen).encode()).hexdigest()
    folder = course.path("feedback", result.student, result.assignment)
    path = folder / f"{result.assignment}.html"
    if result.feedback == digest and path.is_file():
        return
    try:
        graded = course.path("autograded", result.student, result.assignment)
        notebooks = {}
        for file in sorted(graded.glob("*.ipynb")):
            notebooks[file.stem] = nbformat.from_dict(read_json(file))
        rejected = TEMPLATES.get_template("rejected.html")
        text = page(notebooks, row, released) if row.marks else rejected.render(row=row)
        shutil.rmtree(folder, ignore_errors=True)
        write_atomically(path, text)
        result.feedback, result.unwritten = digest, ""
    except Exception as error:  # the grade stands without its page; the next run tries again
        result.unwritten = f"The feedback page could not be written ({error})."
    result.save_quietly(course)
