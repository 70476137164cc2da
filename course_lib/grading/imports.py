"""What code imports, and what that imports in turn: read, not run."""

import ast
from functools import cache
from pathlib import Path

from course_lib.grading.names import plain

LIBRARY = Path(__file__).parents[1]


def of_notebook(notebook, locked=False):
    """Return the dotted names of all that a notebook's cells import.

    Args:
        notebook: a NotebookNode.
        locked: only the locked cells, which the instructor wrote.
    """
    found = set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if not locked or cell.metadata.get("nbgrader", {}).get("locked"):
                found |= _imports(plain(cell.source), None)
    return found


def reached(names):
    """Return (files of the library, names from elsewhere) that imports lead to.

    A word in the code that is the name of one of the library's modules counts as an import: that is
    how a task names the module of its answer.

    Args:
        names: dotted names.
    """
    files, elsewhere, waiting = set(), set(), sorted(names)
    while waiting:
        name = waiting.pop()
        if name.partition(".")[0] != "course_lib":
            elsewhere.add(name)
            continue
        for file in _files(name) - files:
            files.add(file)
            text = file.read_text(encoding="utf-8")
            waiting += _imports(text, _dotted(file))
            files |= {data for data in (LIBRARY / "data").iterdir() if data.name in text}
            if file.name == "__init__.py" and file.parent.parent == LIBRARY / "checks":
                # A chapter's checks name their modules by the tasks, and bring data along.
                waiting += [f"{_dotted(file)}.{one.stem}" for one in file.parent.glob("[!_]*.py")]
                files |= set(file.parent.glob("*.json"))
    return sorted(files), sorted(elsewhere)


def _files(name):
    """Return the library's file of a module, or of the module that a name is in."""
    parts = name.split(".")[1:]
    found = set()
    for end in range(1, len(parts) + 1):
        stem = LIBRARY.joinpath(*parts[:end])
        found |= {f for f in (stem / "__init__.py", stem.with_suffix(".py")) if f.is_file()}
    return found


def _dotted(file):
    parts = file.relative_to(LIBRARY.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _imports(text, module):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return frozenset()
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                found |= {alias.name for alias in node.names}
            case ast.ImportFrom(level=0):
                own = node.module.partition(".")[0] == "course_lib"
                found |= {f"{node.module}.{a.name}" for a in node.names} if own else {node.module}
            case ast.Constant(value=str(word)) if word.startswith("course_lib."):
                if " " not in word and _files(word):
                    found.add(word)
    return frozenset(found)
