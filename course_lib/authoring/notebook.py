"""Make the notebooks of an exercise from its one source, solutions/<chapter>/<chapter>.py.

The source is Python text in cells (py:percent); what stands above the first cell is for whoever
edits it. A cell without an attribute is copied. The kinds of cell that carry one:

- `# %% task="name"` over `from course_lib.reference.module import name`: the students write this
  function; its signature and docstring stay, its body is the answer;
- `# %% check="name"` over `checks.name()`: a locked test worth the task's points, to which the
  hidden part with random data is added;
- `# %% [markdown] about="name" minutes=20 difficulty="easy"`: what the task asks; a line with
  minutes, difficulty and points is put under its heading;
- `# %% [markdown] part="name" minutes=20 difficulty="easy"`: the same, of a part that asks for no
  function;
- `# %% [markdown] hints="name"`: two hints with a line `---` between them, folded;
- `# %% [markdown] answer="name" points=3`: a written answer, marked by a person; the text in the
  source is the model answer;
- `# %% [markdown] table="tasks"`: a table of the parts is put under its text, and what the checks
  do, the same in every exercise, after "**How it works.**";
- `# %% locked="name"`: code that the students need unchanged; over one import from
  `course_lib.reference`, the source of what it imports.
"""

import ast
import hashlib
import inspect
import json
import textwrap
from importlib import import_module
from pathlib import Path

import jupytext
import nbformat
from nbgrader import preprocessors

from course_lib.authoring.mistakes import tasks

HIDDEN_SEED = 1
DIFFICULTIES = ("easy", "medium", "hard")

_KINDS = {
    "task": set(),
    "check": set(),
    "about": {"minutes", "difficulty"},
    "part": {"minutes", "difficulty"},
    "hints": set(),
    "answer": {"points"},
    "table": set(),
    "locked": set(),
}
_OF_A_TASK = {"task", "check", "about", "hints"}
_CODE = ("task", "check", "locked")
_LABELLED = ("task", "check", "answer", "locked")  # cells that nbgrader knows
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
_HOW = "**How it works.**"
_CHECKS = """
Under each function there is a check. Run it as often as you like. It calls your function on numbers
small enough for pencil and paper, then on a few random ones. When something is wrong it shows the
call, what should have come back and what came back, and where it recognises a mistake it asks you a
question. For the grade the same checks run on other random numbers.
"""
_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}


def source_notebook(path):
    """Return the instructor's notebook, with answers and hidden tests.

    Args:
        path: of the source text.

    Raises:
        ValueError: a cell with an unknown attribute, a name used twice, a cell that does not hold
            what its attribute says, or tasks that are not those of the chapter's checks.
    """
    path = Path(path)
    cells = _cells(path)
    kinds = {kind for _, kind, _, _ in cells}
    chapter_tasks = {t.name: t for t in tasks(path.stem)} if kinds & _OF_A_TASK else {}
    notebook = nbformat.v4.new_notebook(metadata=nbformat.from_dict(_METADATA))
    for number, (cell, kind, name, options) in enumerate(cells, start=1):
        try:
            notebook.cells.append(_cell(cell, kind, name, options, chapter_tasks, cells))
        except ValueError as error:
            raise ValueError(f"{path}, cell {number}: {error}") from None
        if [one.id for one in notebook.cells].count(notebook.cells[-1].id) > 1:
            raise ValueError(f"{path}, cell {number}: {notebook.cells[-1].id!r} is used twice")
    checked = [name for _, kind, name, _ in cells if kind == "check"]
    if set(checked) != set(chapter_tasks):
        odd = ", ".join(sorted(set(checked) ^ set(chapter_tasks)))
        raise ValueError(f"{path}: the check cells must be those of TASKS, but not so {odd}")
    notebook.metadata["course"] = {"generated": digest(student_notebook(notebook))}
    nbformat.validate(notebook)
    return notebook


def student_notebook(source):
    """Return the students' version of an instructor's notebook, as nbgrader makes it."""
    notebook = nbformat.from_dict(source)
    for step in _STEPS:
        notebook, _ = step().preprocess(notebook, {})
    return notebook


def digest(notebook):
    """Return a digest of all that a person can change in a notebook's cells."""
    parts = [
        (cell.cell_type, cell.source, cell.metadata, cell.get("outputs")) for cell in notebook.cells
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def _cells(path):
    """Return (cell, kind, name, options) of each cell of a source text."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if line.startswith("# %%")), len(lines))
    found = []
    text = jupytext.reads("".join(lines[first:]), fmt="py:percent")
    for number, cell in enumerate(text.cells, start=1):
        options = dict(cell.metadata)
        options.pop("lines_to_next_cell", None)  # jupytext's note on blank lines in the text
        kinds = [kind for kind in _KINDS if kind in options]
        if not options:
            found.append((cell, None, None, {}))
            continue
        if len(kinds) != 1 or set(options) != {kinds[0], *_KINDS[kinds[0]]}:
            allowed = "; ".join(" ".join([kind, *sorted(_KINDS[kind])]) for kind in _KINDS)
            raise ValueError(
                f"{path}, cell {number}: the attributes must be one of {allowed}; got {options}"
            )
        name = options.pop(kinds[0])
        if (cell.cell_type == "code") != (kinds[0] in _CODE):
            raise ValueError(
                f"{path}, cell {number}: {kinds[0]}={name!r} does not go with a {cell.cell_type} "
                f"cell"
            )
        found.append((cell, kinds[0], name, options))
    return found


def _cell(cell, kind, name, options, chapter_tasks, cells):
    new = nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
    if kind in _OF_A_TASK and name not in chapter_tasks:
        known = ", ".join(chapter_tasks) or "none"
        raise ValueError(f"{kind}={name!r} must be one of the chapter's TASKS: {known}")
    content = {
        "task": lambda: _task(name, cell.source),
        "check": lambda: _check(name, cell.source),
        "about": lambda: _about(kind, name, cell.source, options, cells, chapter_tasks),
        "part": lambda: _about(kind, name, cell.source, options, cells, chapter_tasks),
        "hints": lambda: _hints(name, cell.source),
        "table": lambda: _table(cell.source, cells, chapter_tasks),
        "locked": lambda: _locked(cell.source),
    }
    text = content.get(kind, lambda: cell.source)()
    if kind not in _LABELLED:
        # jupytext's ids are random; one made from the text stays when cells are added before it.
        label = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        return new(text, id=f"{cell.cell_type}-{label}")
    points = chapter_tasks[name].total if kind == "check" else options.get("points", 0)
    graded = kind in ("check", "answer")
    if graded and not (isinstance(points, (int, float)) and points > 0):
        raise ValueError(f"answer={name!r} must have points above 0, got {points}")
    grade_id = name if kind == "task" else f"{kind}-{name}"
    metadata = {
        "grade": graded,
        "grade_id": grade_id,
        "locked": kind in ("check", "locked"),
        "schema_version": 3,
        "solution": kind in ("task", "answer"),
        "task": False,
    }
    if graded:
        metadata["points"] = points
    return new(text, id=grade_id, metadata={"nbgrader": metadata})


def _imported(text):
    """Return the module and the names of a text that is one import and nothing else, or None."""
    statements = ast.parse(text).body
    if len(statements) != 1 or not isinstance(statements[0], ast.ImportFrom):
        return None, []
    return statements[0].module, [alias.name for alias in statements[0].names]


def _task(name, text):
    """Return the answer's source with its body between nbgrader's markers."""
    module, names = _imported(text)
    if names != [name]:
        raise ValueError(f"task={name!r} must stand over one `from ... import {name}`")
    source = inspect.getsource(getattr(import_module(module), name))
    body = ast.parse(source).body[0].body
    if ast.get_docstring(ast.parse(source).body[0]) is None or len(body) < 2:
        raise ValueError(f"the answer {name} must have a docstring, which the students keep")
    lines = source.rstrip("\n").split("\n")
    kept, solved = lines[: body[0].end_lineno], lines[body[0].end_lineno :]
    while not solved[0].strip():
        del solved[0]
    marked = ["    ### BEGIN SOLUTION", *solved, "    ### END SOLUTION"]
    return "\n".join(kept + marked)


def _check(name, text):
    """Return the call of a check, and after it, hidden, the call for the grade."""
    if text.strip() != f"checks.{name}()":
        raise ValueError(f"check={name!r} must stand over `checks.{name}()`, got {text.strip()!r}")
    hidden = f"checks.{name}.grade({HIDDEN_SEED})"
    return f"{text.strip()}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"


def _locked(text):
    module, names = _imported(text)
    if module is None or not module.startswith("course_lib.reference"):
        return text
    parts = [inspect.getsource(getattr(import_module(module), name)).rstrip() for name in names]
    return "\n\n\n".join(parts)


def _hints(name, text):
    hints = [hint.strip() for hint in text.split("\n---\n")]
    if len(hints) != 2 or not all(hints):
        raise ValueError(f"hints={name!r} must be two hints with a line `---` between them")
    titles = ("Hint: the idea", "Hint: the first line")
    return "\n".join(
        f"<details><summary>{title}</summary>\n\n{hint}\n\n</details>"
        for title, hint in zip(titles, hints, strict=True)
    )


def _about(kind, name, text, options, cells, chapter_tasks):
    heading, _, rest = text.partition("\n")
    minutes, difficulty = options["minutes"], options["difficulty"]
    if not isinstance(minutes, int) or minutes < 1 or difficulty not in DIFFICULTIES:
        raise ValueError(
            f"{kind}={name!r} must have whole minutes and a difficulty of "
            f"{', '.join(DIFFICULTIES)}; got {minutes!r} and {difficulty!r}"
        )
    if not heading.startswith("## "):
        raise ValueError(f"{kind}={name!r} must begin with a heading `## 1. Title`")
    if kind == "about" and "Your function must" not in rest:
        raise ValueError(f'about={name!r} must say what "Your function must" do')
    part = next(part for part in _parts(cells, chapter_tasks) if part["name"] == name)
    line = " · ".join(filter(None, [f"{minutes} minutes", difficulty, _points_text(part)]))
    return f"{heading}\n\n*{line}*\n{rest}"


def _parts(cells, chapter_tasks):
    """Return the parts of an exercise: what stands from one `about` or `part` to the next."""
    parts = []
    for cell, kind, name, options in cells:
        if kind in ("about", "part"):
            title = cell.source.partition("\n")[0].removeprefix("## ")
            parts.append({"name": name, "title": title, "tasks": [], "written": 0} | options)
        elif parts and kind == "check":
            parts[-1]["tasks"].append(chapter_tasks[name])
        elif parts and kind == "answer":
            parts[-1]["written"] += options["points"]
    return parts


def _points_text(part):
    points, written = sum(task.total for task in part["tasks"]), part["written"]
    if not points:
        return f"{written:g} points for your answer" if written else ""
    answer = f", and {written:g} for your answer" if written else ""
    return f"{points:g} point{'s' if points != 1 else ''}{answer}"


def _table(text, cells, chapter_tasks):
    rows = ["| part | you write | minutes | | points |", "|---|---|---|---|---|"]
    parts = _parts(cells, chapter_tasks)
    for part in parts:
        functions = ", ".join(f"`{task.name}`" for task in part["tasks"])
        rows.append(
            f"| {part['title']} | {functions} | {part['minutes']} | {part['difficulty']} "
            f"| {_points_text(part).replace(' points', '').replace(' point', '')} |"
        )
    total = sum(task.total for task in chapter_tasks.values())
    written = sum(part["written"] for part in parts)
    minutes = sum(part["minutes"] for part in parts)
    rows.append(f"| together | | {minutes} | | {total + written:g} |")
    paragraphs = text.rstrip().split("\n\n")
    for place, paragraph in enumerate(paragraphs):
        if paragraph.startswith(_HOW):
            words = [_HOW, *_CHECKS.split(), *paragraph.removeprefix(_HOW).split()]
            paragraphs[place] = textwrap.fill(" ".join(words), 97, break_on_hyphens=False)
    return "\n".join(["\n\n".join(paragraphs), "", *rows])
