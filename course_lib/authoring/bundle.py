"""`course release --bundle`: one zip for a student, with the notebook and all that it needs.

What the checks need of the library comes along, cut down to what holds no answers (see `visible`):
the visible calls with their results, the names of known mistakes with their questions, the results
of those mistakes as fingerprints, and some random calls that were drawn beforehand.
"""

import ast
import importlib.metadata
import json
import sys
import zipfile
from functools import cache
from importlib import import_module
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from course_lib.authoring import mistakes, visible
from course_lib.authoring.notebook import source_notebook, student_notebook
from course_lib.checks import drawn
from course_lib.checks.task import parts

_README = """# {title}

1. Python 3.11 or later, and in this folder:

       python3 -m venv .venv
       .venv/bin/python -m pip install -r requirements.txt

   (Windows: `.venv\\Scripts\\python` for `.venv/bin/python`.)
2. `.venv/bin/jupyter lab {name}.ipynb`. Write your code where the notebook says so, run that cell,
   then the check below it.
3. Hand in `{name}.ipynb`, nothing else.
{optional}
The folder `course_lib` is the part of the course's library that this notebook needs: the checks,
the plots and the data. It is without answers, and what you change in it changes no grade: your
notebook is graded with the whole library and with other random numbers.
"""
_OPTIONAL = """
Some cells, none of them graded, import {packages}. To run them, too:
`.venv/bin/python -m pip install {pins}`.
"""


def bundle(chapter, course):
    """Write a chapter's zip; the same text gives the same bytes.

    Args:
        chapter: its name.
        course: the course folder, with solutions/ in it.

    Returns:
        Path: build/bundles/<chapter>.zip.

    Raises:
        ValueError: the notebook needs a part of the library that leads to answers.
    """
    course = Path(course)
    path = course / "build" / "bundles" / f"{chapter}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(contents(chapter, course).items()):
            entry = zipfile.ZipInfo(f"{chapter}/{name}", date_time=(2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text)
    unfinished.replace(path)
    return path


def contents(chapter, course):
    """Return what is in a chapter's zip: path -> text."""
    source = source_notebook(Path(course) / "solutions" / chapter / f"{chapter}.py")
    notebook = student_notebook(source)
    made = {f"{chapter}.ipynb": nbformat.writes(notebook) + "\n"}
    files = library(chapter, notebook)
    made |= {f"course_lib/{name}": text for name, text in files.items()}
    needed, optional = _packages(chapter, notebook)
    pins = [_pin(package) for package in (*needed, "jupyterlab")]
    made["requirements.txt"] = "\n".join(sorted(pins, key=str.lower)) + "\n"
    extra = ""
    if optional:
        pins = " ".join(map(_pin, optional))
        extra = _OPTIONAL.format(packages=", ".join(optional), pins=pins)
    title = notebook.cells[0].source.partition("\n")[0].lstrip("# ")
    made["README.md"] = _README.format(title=title, name=chapter, optional=extra)
    return made


def library(chapter, notebook):
    """Return the part of the library that a student's notebook needs: path in it -> text.

    Raises:
        visible.Leak: that would be a part with answers.
    """
    tasks, part = mistakes.tasks(chapter), _part(chapter, notebook.cells)
    draws = {task.name: drawn.stored(task) for task in tasks if task.random}
    for task in tasks:  # a stored call names its functions
        for name in sorted(_functions(draws.get(task.name))):
            part.need_code(f"from {task.module} import {name}")
    files = part.files()
    package = f"checks/{chapter}"
    files[f"{package}/results.json"] = mistakes.results_file(chapter).read_text(encoding="utf-8")
    files[f"{package}/drawn.json"] = json.dumps(draws, separators=(",", ":"))
    texts = "\n".join(files.values())
    for data in sorted((visible.LIBRARY / "data").iterdir()):
        if data.name == "worked.json":
            examples = json.loads(data.read_text(encoding="utf-8"))
            used = {name: one for name, one in examples.items() if f'worked("{name}")' in texts}
            files["data/worked.json"] = json.dumps(used)
        elif f'"{data.name}"' in texts or f"/{data.name}" in texts:
            files[f"data/{data.name}"] = data.read_text(encoding="utf-8")
    return files


def _part(chapter, cells):
    """Return the visible.Part that cells need."""
    tasks = mistakes.tasks(chapter)
    part = visible.Part({task.module: visible.without_answers(task) for task in tasks})
    part.need_code(f"{_code(cells)}\nfrom course_lib.checks.{chapter} import TASKS")
    for task in tasks:
        names = ", ".join(parts(import_module(task.module)))
        part.need_code(f"from {task.module} import {names}")
    return part


def _code(cells):
    transform = TransformerManager().transform_cell
    return "\n".join(transform(cell.source) for cell in cells if cell.cell_type == "code")


def _functions(value):
    """Return the names of functions in what `drawn.stored` made."""
    if isinstance(value, dict):
        inner = (_functions(one) for one in value.values())
        return set().union({value["function"]} if set(value) == {"function"} else set(), *inner)
    return set().union(*map(_functions, value)) if isinstance(value, list) else set()


def _packages(chapter, notebook):
    """Return the packages from elsewhere that all need, and those of cells without a grade."""
    graded = [cell for cell in notebook.cells if cell.metadata.get("nbgrader")]
    needed, optional = (_of_cells(chapter, cells) for cells in (graded, notebook.cells))
    return sorted(needed), sorted(optional - needed)


def _of_cells(chapter, cells):
    texts = [*_part(chapter, cells).files().values(), _code(cells)]
    found, first = (set().union(*some) for some in zip(*map(_imported, texts), strict=True))
    # The library works on tensors where there are any, without torch where there are none.
    return found if "torch" in first else found - {"torch"}


@cache
def _imported(text):
    """Return the packages that code imports, and those that it imports at once.

    Without the standard library's, and by their own names.
    """
    tree = ast.parse(text)
    return tuple(_packages_in(nodes) for nodes in (ast.walk(tree), tree.body))


def _packages_in(nodes):
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    own = found - set(sys.stdlib_module_names) - {"course_lib"}
    names = _distributions()
    return {names[name][0] for name in own if name in names}


@cache
def _distributions():
    return importlib.metadata.packages_distributions()


def _pin(package):
    version = importlib.metadata.version(package).partition("+")[0]
    return f"{package}=={version}"
