"""Make the notebooks of an exercise from its one source, solutions/<chapter>/<chapter>.py.

The source is Python text in cells (py:percent); what stands above the first cell is for whoever
edits it. Four kinds of cell carry an attribute:

- `# %% exercise="name"` over `from course_lib.reference.module import name`: the students write
  this function; its signature and docstring stay, its body is the answer;
- `# %% check="name" points=4` over one call of a check: a locked test, to which the hidden part
  with random data is added;
- `# %% [markdown] answer="name" points=3`: a written answer, marked by a person; the text in the
  source is the model answer;
- `# %% locked="name"`: code that the students need unchanged.

build/source/ gets the instructor's version, which is nbgrader's source; exercises/ gets the
students', made from it by nbgrader's own preprocessors.
"""

import ast
import hashlib
import inspect
from importlib import import_module
from pathlib import Path

import jupytext
import nbformat
from nbgrader import preprocessors

HIDDEN_SEED = 1

_KINDS = ("exercise", "check", "answer", "locked")
_STEPS = (
    preprocessors.LockCells,
    preprocessors.ClearSolutions,
    preprocessors.ClearOutput,
    preprocessors.CheckCellMetadata,
    preprocessors.ComputeChecksums,
    preprocessors.ClearHiddenTests,
    preprocessors.ClearMarkScheme,
    preprocessors.ComputeChecksums,
    preprocessors.CheckCellMetadata,
)
_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def add_arguments(parser):
    """Declare the arguments of `course release`."""
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="default: all")
    parser.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="default: here")


def run(arguments):
    """Write both notebooks of each chapter and say where."""
    known = chapters(arguments.course)
    for chapter in arguments.chapters or known:
        if chapter not in known:
            raise SystemExit(
                f"CHAPTER must be one of {', '.join(known) or '(none)'} in "
                f"{arguments.course / 'solutions'}, got {chapter!r}"
            )
        try:
            paths = release(chapter, arguments.course)
        except ValueError as error:
            raise SystemExit(str(error)) from None
        print(*paths, sep="\n")
    return 0


def chapters(course):
    """Return the names of the chapters that have an exercise in this course folder."""
    return sorted(path.stem for path in Path(course).glob("solutions/*/*.py") if _is_source(path))


def _is_source(path):
    return path.stem == path.parent.name


def release(chapter, course):
    """Write a chapter's instructor and student notebooks where their text has changed.

    Args:
        chapter: its name.
        course: the course folder, with solutions/ in it.

    Returns:
        The paths of the two notebooks.
    """
    course = Path(course)
    source = source_notebook(course / "solutions" / chapter / f"{chapter}.py")
    written = []
    for folder, notebook in (("build/source", source), ("exercises", student_notebook(source))):
        path = course / folder / chapter / f"{chapter}.ipynb"
        text = nbformat.writes(notebook) + "\n"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
        written.append(path)
    return written


def source_notebook(path):
    """Return the instructor's notebook, with answers and hidden tests.

    Args:
        path: of the source text.

    Raises:
        ValueError: a cell with an unknown attribute, a graded cell without points, a name used
            twice, or a cell that does not hold what its attribute says.
    """
    lines = Path(path).read_text(encoding="utf-8").splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if line.startswith("# %%")), len(lines))
    text = jupytext.reads("".join(lines[first:]), fmt="py:percent")
    notebook = nbformat.v4.new_notebook(metadata=_METADATA)
    seen = set()
    for number, cell in enumerate(text.cells, start=1):
        try:
            made = _cell(cell)
        except ValueError as error:
            raise ValueError(f"{path}, cell {number}: {error}") from None
        if made.id in seen:
            raise ValueError(f"{path}, cell {number}: {made.id!r} is used twice")
        seen.add(made.id)
        notebook.cells.append(made)
    nbformat.validate(notebook)
    return notebook


def student_notebook(source):
    """Return the students' version of an instructor's notebook, as nbgrader makes it."""
    notebook = nbformat.from_dict(source)
    for step in _STEPS:
        notebook, _ = step().preprocess(notebook, {})
    return notebook


def _cell(cell):
    attributes = dict(cell.metadata)
    attributes.pop("lines_to_next_cell", None)  # jupytext's note on blank lines in the text
    points = attributes.pop("points", None)
    if not attributes and points is None:
        made = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
        # jupytext's ids are random; one made from the text stays when cells are added before it.
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        return made[cell.cell_type](cell.source, id=f"{cell.cell_type}-{digest}")
    if len(attributes) != 1 or next(iter(attributes)) not in _KINDS:
        raise ValueError(
            f"the attributes must be one of {', '.join(_KINDS)} (and points), got "
            f"{dict(cell.metadata)}"
        )
    kind, name = attributes.popitem()
    graded = kind in ("check", "answer")
    if graded != (isinstance(points, (int, float)) and points > 0):
        raise ValueError(f"{kind}={name!r} must have {'' if graded else 'no '}points, got {points}")
    if (cell.cell_type == "markdown") != (kind == "answer"):
        raise ValueError(f"{kind}={name!r} does not go with a {cell.cell_type} cell")
    content = {"exercise": _exercise, "check": _check}.get(kind, lambda _, text: text)
    grade_id = name if kind == "exercise" else f"{kind}-{name}"
    metadata = {
        "grade": graded,
        "grade_id": grade_id,
        "locked": kind in ("check", "locked"),
        "schema_version": 3,
        "solution": kind in ("exercise", "answer"),
        "task": False,
    }
    if graded:
        metadata["points"] = points
    new = nbformat.v4.new_markdown_cell if kind == "answer" else nbformat.v4.new_code_cell
    text = content(name, cell.source)
    return new(text, id=grade_id, metadata={"nbgrader": metadata})


def _exercise(name, text):
    """Return the answer's source with its body between nbgrader's markers."""
    statements = ast.parse(text).body
    if len(statements) != 1 or not isinstance(statements[0], ast.ImportFrom):
        raise ValueError(f"exercise={name!r} must stand over one `from ... import {name}`")
    if [alias.name for alias in statements[0].names] != [name]:
        raise ValueError(f"exercise={name!r} must import {name} and nothing else")
    answer = getattr(import_module(statements[0].module), name)
    source = inspect.getsource(answer)
    body = ast.parse(source).body[0].body
    if ast.get_docstring(ast.parse(source).body[0]) is None or len(body) < 2:
        raise ValueError(f"the answer {name} must have a docstring, which the students keep")
    lines = source.rstrip("\n").split("\n")
    kept, solved = lines[: body[0].end_lineno], lines[body[0].end_lineno :]
    while not solved[0].strip():
        del solved[0]
    indent = "    "
    marked = [f"{indent}### BEGIN SOLUTION", *solved, f"{indent}### END SOLUTION"]
    return "\n".join(kept + marked)


def _check(name, text):
    """Return the call of a check, and after it the same call with a seed, hidden."""
    statements = ast.parse(text).body
    if len(statements) != 1 or not isinstance(getattr(statements[0], "value", None), ast.Call):
        raise ValueError(f"check={name!r} must stand over one call")
    call = text.rstrip()
    hidden = f"{call[:-1]}, seed={HIDDEN_SEED})"
    return f"{call}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
