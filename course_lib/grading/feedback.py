"""Feedback pages: a graded notebook to read, with nothing in it that runs or loads anything.

What a student wrote in HTML, Markdown or SVG passes an allow-list; a content security policy stands
behind it. Of a hidden test the page shows what it said, never its text.
"""

import hashlib
import re
import shutil
from functools import cache, lru_cache
from html import escape

import mistune
import nbformat
import nh3
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from course_lib.grading.folder import read_json, write_atomically

#: Removed with all they hold; what is not on the allow-list only loses its tag.
_REMOVED = set(
    "script style svg math iframe frame object embed applet form input button select textarea link "
    "meta base template noscript video audio canvas".split()
)
_TAGS = set(
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 "
    "h6 hr i img kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td "
    "tfoot th thead tr tt u ul var figure figcaption".split()
)
_ATTRIBUTES = {
    "*": {"class", "id", "title"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_LONGEST = 100_000

TEMPLATES = Environment(
    loader=PackageLoader("course_lib.grading", "templates"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
    lstrip_blocks=True,
)


def _filter(tag, name, value):
    if name == "src":  # an address would tell its server who opens the page
        return value if value.startswith("data:image/") else None
    if name == "href" and value.strip().lower().startswith("data:"):
        return None
    return value


def clean(html):
    """Keep what can only be read: no script, style, form, frame, or address outside the page.

    Args:
        html: any HTML.

    Returns:
        str: HTML with the allowed tags and attributes only.
    """
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_REMOVED,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer",
    )


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


def page(notebooks, marks, *, title, notes, hidden):
    """Write the feedback for one submission.

    Args:
        notebooks: name -> the graded notebook.
        marks: the submission's Marks.
        title: heading of the page.
        notes: sentences for the student, such as what was repaired.
        hidden: name -> grade_id -> the text of a cell as students know it.

    Returns:
        str: the page.
    """
    template = TEMPLATES.get_template("feedback.html")
    papers = [
        {
            "name": name,
            "cells": [_cell(cell, name, marks, hidden.get(name, {})) for cell in notebook.cells],
        }
        for name, notebook in notebooks.items()
    ]
    return template.render(title=title, notes=notes, papers=papers, marks=marks)


def _cell(cell, name, marks, hidden):
    about = cell.metadata.get("nbgrader", {})
    grade_id = about.get("grade_id")
    part = marks.parts.get((name, grade_id)) if grade_id else None
    is_test = bool(about.get("grade") and not about.get("solution"))
    text = hidden.get(grade_id, cell.source) if about.get("locked") else cell.source
    content = _code(text) if cell.cell_type == "code" else _markdown(text)
    return {
        "content": Markup(content),
        "code": cell.cell_type == "code",
        "name": grade_id if part else "",
        "part": part,
        "points": about.get("points", 0),
        "comment": marks.comments.get(f"{name}/{grade_id}") if grade_id else None,
        "outputs": [Markup(_output(output, is_test)) for output in cell.get("outputs", ())],
    }


@lru_cache(maxsize=2000)  # most cells of a class are the released ones
def _markdown(text):
    return clean(_renderer()(text[:_LONGEST]))


@cache
def _renderer():
    return mistune.create_markdown(escape=False, plugins=["table", "strikethrough", "url"])


@lru_cache(maxsize=2000)
def _code(text):
    return highlight(text[:_LONGEST], PythonLexer(), HtmlFormatter())


def _output(output, is_test):
    match output.output_type:
        case "stream":
            return _pre(output.text)
        case "error":
            # The traceback of a test would show the lines of the hidden part.
            last = f"{output.ename}: {output.evalue}"
            text = last if is_test else "\n".join(output.traceback) or last
            return f'<div class="output_error">{_pre(_COLOURS.sub("", text))}</div>'
    data = output.data
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            picture = re.sub(r"[^A-Za-z0-9+/=]", "", str(data[kind]))
            return f'<img src="data:{kind};base64,{picture}" alt="a picture">'
    if "text/html" in data:
        return clean(str(data["text/html"]))
    if "text/markdown" in data:
        return _markdown(str(data["text/markdown"]))
    if is_test:
        return ""  # the points, which stand above
    return _pre(str(data.get("text/plain", "")))


def _pre(text):
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n(more left out)"
    return f"<pre>{escape(text)}</pre>" if text else ""


def refresh(course, assignment, results):
    """Write the feedback pages that are missing, or whose marks a person has changed since.

    Args:
        course: the CourseFolder.
        assignment: name of the assignment.
        results: a Result of each submission.
    """
    if not any(result.status == "graded" for result in results):
        return
    with course.gradebook() as gradebook:
        marks = course.all_marks(gradebook, assignment)
    hidden = {}  # notebook -> grade_id -> the text of a cell as students know it
    for path in course.release_notebooks(assignment):
        cells = nbformat.read(path, as_version=4).cells
        hidden[path.stem] = {cell.id: cell.source for cell in cells} | {
            cell.metadata.nbgrader["grade_id"]: cell.source
            for cell in cells
            if cell.metadata.get("nbgrader")
        }
    for result in results:
        if result.status == "graded" and result.state == "done" and result.student in marks:
            _write(course, result, marks[result.student], hidden)


def _write(course, result, marks, hidden):
    digest = hashlib.sha256(repr((result.key, marks)).encode()).hexdigest()
    folder = course.path("feedback", result.student, result.assignment)
    path = folder / f"{result.assignment}.html"
    if result.feedback == digest and path.is_file():
        return
    try:
        graded = course.path("autograded", result.student, result.assignment)
        notebooks = {}
        for file in sorted(graded.glob("*.ipynb")):
            notebooks[file.stem] = nbformat.from_dict(read_json(file))
        title = f"{result.assignment}: feedback for {result.student}"
        notes = result.repairs + result.events
        text = page(notebooks, marks, title=title, notes=notes, hidden=hidden)
        remove(folder)
        write_atomically(path, text)
        result.feedback, result.reason = digest, ""
    except Exception as error:  # the grade stands without its page; the next run tries again
        result.reason = f"The feedback page could not be written ({error})."
    result.save_quietly(course)


def remove(folder):
    """Remove a folder of feedback pages."""
    shutil.rmtree(folder, ignore_errors=True)
