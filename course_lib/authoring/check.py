"""`course check`: run the checks of one notebook in a fresh process, as a student sees them."""

import asyncio
import re
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat

from course_lib.authoring import kernel

_OUTPUT_LIMIT = 1_000_000


class CellResult(NamedTuple):
    """What a graded cell came to: its name, the points reached of those it is worth, and its text.

    `done` says whether the cell ran to its end.
    """

    name: str
    reached: float
    points: float
    text: str
    done: bool


def add_arguments(parser):
    """Declare the arguments of `course check`."""
    parser.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    parser.add_argument(
        "--timeout", type=int, default=60, metavar="SECONDS", help="for one cell (default 60)"
    )


def run(arguments):
    """Print each check's result; return 1 unless all pass."""
    try:
        notebook = read(arguments.notebook)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    results, stopped = check(notebook, arguments.notebook.parent, timeout=arguments.timeout)
    for result in results:
        passed = "passed" if result.reached == result.points else "FAILED"
        print(f"{passed}  {result.name}, {result.reached:g} of {result.points:g} points")
        print("".join(f"    {line}".rstrip() + "\n" for line in result.text.splitlines()))
    for line in stopped:
        print(line)
    right = sum(result.reached == result.points for result in results)
    reached, possible = sum(r.reached for r in results), sum(r.points for r in results)
    print(f"{right} of {len(results)} checks pass: {reached:g} of {possible:g} points.")
    written = [c.metadata.nbgrader.points for c in notebook.cells if _is_graded(c, "markdown")]
    if written:
        count = f"{len(written)} written answer{'s' if len(written) > 1 else ''}"
        print(f"{count} ({sum(written):g} points): marked by a person.")
    return int(right < len(results))


def read(path):
    """Return the notebook at `path`.

    Raises:
        ValueError: no such file, or not a notebook with checks.
    """
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
        nbformat.validate(notebook)
    except OSError as error:
        raise ValueError(
            f"NOTEBOOK must be a notebook file, got {path}: {error.strerror}"
        ) from None
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError):
        raise ValueError(
            f"NOTEBOOK must be a notebook file, got {path}: it is not a notebook"
        ) from None
    if not any(_is_graded(cell, "code") for cell in notebook.cells):
        raise ValueError(f"NOTEBOOK must have check cells, {path} has none")
    return notebook


def check(notebook, folder, *, timeout):
    """Run a copy of the notebook in a new kernel; a cell that is stopped stops no other.

    Args:
        notebook: as `read` returns it.
        folder: where it runs.
        timeout: seconds that one cell may take.

    Returns:
        The results of the check cells, and a sentence for each cell that was stopped.
    """
    copy = nbformat.from_dict(notebook)
    for number, cell in enumerate(copy.cells):  # old notebooks have cells without an id
        cell.setdefault("id", f"cell-{number}")
    states, events = asyncio.run(
        kernel.run(
            copy,
            folder=str(folder),
            timeout=timeout,
            limit=timeout * len(copy.cells),
            output_limit=_OUTPUT_LIMIT,
        )
    )
    code = [cell for cell in copy.cells if cell.cell_type == "code"]
    stopped = [
        f"stopped  {_name(c)}: {_why(c)}" for c in code if states[c.id] in ("timeout", "died")
    ]
    if not stopped and any(state == "not run" for state in states.values()):
        stopped = events
    results, errors = [], []
    for cell in code:
        if _is_graded(cell, "code"):
            results.append(_result(cell, states[cell.id], errors))
            errors = []
        elif states[cell.id] == "error":
            errors.append(f"{_name(cell)} ended with {_error(cell)}")
    return results, stopped


def _why(cell):
    return next(o.evalue for o in reversed(cell.outputs) if o.output_type == "error")


def _error(cell):
    """Return a cell's error as Python tells it, a syntax error with its line."""
    error = next(o for o in reversed(cell.outputs) if o.output_type == "error")
    words, lines = error.evalue, cell.source.splitlines()
    if place := re.search(r" \((?:[^()]*, )?line (\d+)\)$", words):
        number = int(place[1])
        text = lines[number - 1].strip() if number <= len(lines) else ""
        words = f"{words[: place.start()]}\n  in line {number} of its cell: {text}"
    return f"{error.ename}: {words}\n"


def _name(cell):
    marks = cell.metadata.get("nbgrader", {})
    return marks.get("grade_id") or "the cell that begins with " + repr(
        cell.source.lstrip().partition("\n")[0][:60]
    )


def _is_graded(cell, kind):
    return cell.cell_type == kind and cell.metadata.get("nbgrader", {}).get("grade", False)


def _result(cell, state, before):
    """Return what a check cell came to; `before` tells the errors of the cells above it."""
    marks = cell.metadata.nbgrader
    text = [*before]
    # As nbgrader judges: a number as the last value is partial credit, no output at all is not.
    reached = marks.points if cell.outputs and state == "ok" else 0
    for output in cell.outputs:
        if output.output_type == "stream":
            text.append(output.text)
        elif output.output_type == "error":
            reached = 0
            if state == "error":
                text.append(f"{output.ename}: {output.evalue}")
        elif output.output_type == "execute_result" and state == "ok":
            try:
                reached = float(output.data["text/plain"])
            except (KeyError, ValueError):
                text.append(f"{output.data.get('text/plain', '')}\n")
    if state in ("timeout", "died", "not run"):
        text.append({"not run": "it did not run"}.get(state, "it was stopped"))
    name = marks.grade_id.removeprefix("check-")
    return CellResult(name, reached, marks.points, "".join(text), state == "ok")
