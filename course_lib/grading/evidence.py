"""What a person should look at: calls into a library where the student was asked to write it.

Evidence is shown to the instructor. It never changes a score: the code is read, not judged.
"""

import ast

from course_lib.grading.names import plain

#: Packages that hold the answers, or do an exercise in one call.
WATCHED = ("course_lib", "torch", "tensorflow", "jax", "scipy.signal", "scipy.ndimage")
_ROOTS = {package.partition(".")[0] for package in WATCHED}


def uses(notebook):
    """Return cell id -> sorted names that the cell's code takes from the watched packages."""
    return {cell.id: sorted(names) for cell, names in _uses(notebook)}


def library_calls(notebook, model):
    """Name what a student's own code takes from the watched packages.

    Args:
        notebook: the repaired submission.
        model: what `uses` says of the instructor's notebook. In an answer, what the model answer
            uses as well is no evidence; in other cells, what the notebook uses anywhere is none.

    Returns:
        list: one sentence per name, sorted by name.
    """
    given, found = set().union(*model.values()), {}
    for number, (cell, names) in enumerate(_uses(notebook), start=1):
        marks = cell.metadata.get("nbgrader", {})
        if marks and not marks.get("solution", False):
            continue  # locked: it is the instructor's code
        allowed = set(model.get(cell.id, ())) if marks else given
        for name in names - allowed:
            handed_out = name in given or name.rpartition(".")[0] in given
            if handed_out and (not marks or name.startswith("course_lib.checks.")):
                continue  # trying a check, or a function of a module that was handed out
            found.setdefault(name, number)
    # `course_lib` alone says less than `course_lib.conv2d`.
    telling = [name for name in found if not any(o.startswith(f"{name}.") for o in found)]
    return [f"Code cell {found[name]} uses {name}." for name in sorted(telling)]


def _uses(notebook):
    """Pairs of a code cell and the watched names that it imports or uses, in order."""
    pairs, aliases = [], {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            names = _names(cell.source, aliases)
            pairs.append((cell, {name for name in names if _is_watched(name)}))
    return pairs


def _is_watched(name):
    return name.startswith(tuple(f"{package}." for package in WATCHED)) or name in WATCHED


def _names(text, aliases):
    """Watched names in one cell; adds the words that mean one to `aliases`, for later cells."""
    if not any(word in text for word in (*_ROOTS, *aliases)):
        return set()
    try:
        tree = ast.parse(plain(text))
    except (SyntaxError, ValueError, RecursionError):
        return set()  # a cell that Python cannot read cannot call anything either
    names, used = set(), []
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    names.add(alias.name)
                    root = alias.name.partition(".")[0]
                    aliases[alias.asname or root] = alias.name if alias.asname else root
            case ast.ImportFrom(level=0):
                for alias in node.names:
                    names.add(f"{node.module}.{alias.name}")
                    aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            case ast.Call(func=function, args=[ast.Constant(value=str(module)), *_]):
                if ast.unparse(function).rpartition(".")[2] in ("__import__", "import_module"):
                    names.add(module)
            case ast.Attribute() | ast.Name():
                used.append(ast.unparse(node))
    for word in [w for w, name in aliases.items() if name.partition(".")[0] not in _ROOTS]:
        del aliases[word]
    for name in used:
        root, dot, rest = name.partition(".")
        if root in aliases:
            names.add(f"{aliases[root]}{dot}{rest}")
    return names
