"""Run the checks of one notebook in a fresh process, as a student sees them."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError


class CellResult(NamedTuple):
    """What a graded cell came to: its name and points, whether it passed, what it wrote."""

    name: str
    points: float
    passed: bool
    text: str


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
        results = check(notebook, arguments.notebook.parent, timeout=arguments.timeout)
    except (ValueError, TimeoutError) as error:
        print(error, file=sys.stderr)
        return 1
    for result in results:
        print(f"{'passed' if result.passed else 'FAILED'}  {result.name}, {result.points:g} points")
        print("".join(f"    {line}".rstrip() + "\n" for line in result.text.splitlines()))
    right = [result for result in results if result.passed]
    reached, possible = (sum(r.points for r in rs) for rs in (right, results))
    print(f"{len(right)} of {len(results)} checks pass: {reached:g} of {possible:g} points.")
    written = [c.metadata.nbgrader.points for c in notebook.cells if _is_graded(c, "markdown")]
    if written:
        count = f"{len(written)} written answer{'s' if len(written) > 1 else ''}"
        print(f"{count} ({sum(written):g} points): marked by a person.")
    return int(len(right) < len(results))


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
    """Run a copy of the notebook in a new kernel and return the results of its check cells.

    Args:
        notebook: as `read` returns it.
        folder: where it runs.
        timeout: seconds that one cell may take.

    Raises:
        TimeoutError: a cell took longer, or ended the process.
    """
    copy = nbformat.from_dict(notebook)
    client = NotebookClient(
        copy,
        timeout=timeout,
        kernel_name="python3",
        allow_errors=True,
        resources={"metadata": {"path": str(folder)}},
    )
    try:
        client.execute(stderr=subprocess.DEVNULL)  # of the kernel itself, not of its cells
    except CellTimeoutError:
        raise TimeoutError(
            f"a cell ran for more than {timeout} seconds: is there a loop without an end?"
        ) from None
    except DeadKernelError:
        raise TimeoutError("the notebook ended its own process") from None
    return [_result(cell) for cell in copy.cells if _is_graded(cell, "code")]


def _is_graded(cell, kind):
    return cell.cell_type == kind and cell.metadata.get("nbgrader", {}).get("grade", False)


def _result(cell):
    text, passed = [], bool(cell.outputs)  # a check that ran has said something
    for output in cell.outputs:
        if output.output_type == "stream":
            text.append(output.text)
        elif output.output_type == "error":
            passed = False
            kind = "" if output.ename == "CheckFailed" else f"{output.ename}: "
            text.append(kind + output.evalue)
    marks = cell.metadata.nbgrader
    return CellResult(marks.grade_id.removeprefix("check-"), marks.points, passed, "".join(text))
