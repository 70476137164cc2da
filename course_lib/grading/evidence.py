"""What a person should look at: calls into the library where the student was asked to write it.

Evidence is shown to the instructor. It never changes a score: the code is read, not judged.
"""

import ast

from IPython.core.inputtransformer2 import TransformerManager

#: Packages that hold the answers, or do the exercise in one call.
WATCHED = ("course_lib", "torch", "tensorflow", "jax", "scipy.signal", "scipy.ndimage")


def library_calls(notebook, release):
    """Name the watched modules and functions that a student's own code uses.

    Args:
        notebook: the repaired submission.
        release: the notebook that students were given; what it uses itself is no evidence.

    Returns:
        list: one sentence per name, sorted by name.
    """
    given = {name for cell in release.cells for name in _used(cell)}
    handed_out = tuple(f"{name}." for name in given if name not in WATCHED)
    locked = {cell.id for cell in release.cells if _is_locked(cell)}
    found = {}
    number = 0
    for cell in notebook.cells:
        number += cell.cell_type == "code"
        if cell.id in locked:
            continue
        for name in _used(cell):
            if name not in given and not name.startswith(handed_out):
                found.setdefault(name, number)
    # `course_lib` alone says less than `course_lib.conv2d`.
    most_telling = {
        name: cell
        for name, cell in found.items()
        if not any(other.startswith(f"{name}.") for other in found)
    }
    return [f"Code cell {cell} uses {name}." for name, cell in sorted(most_telling.items())]


def _is_locked(cell):
    marks = cell.metadata.get("nbgrader", {})
    return bool(marks) and not marks.get("solution", False)


def _used(cell):
    """Dotted names of watched modules and of what is taken from them, in one code cell."""
    if cell.cell_type != "code":
        return set()
    try:
        tree = ast.parse(TransformerManager().transform_cell(cell.source))
    except (SyntaxError, ValueError, RecursionError):
        return set()  # a cell that Python cannot read cannot call anything either
    names, aliases = set(), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names.add(alias.name)
                local = alias.asname or alias.name.partition(".")[0]
                aliases[local] = alias.name if alias.asname else local
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                names.add(f"{node.module}.{alias.name}")
                aliases[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Call) and node.args:
            function, first = ast.unparse(node.func), node.args[0]
            if function.rpartition(".")[2] in ("__import__", "import_module") and isinstance(
                first, ast.Constant
            ):
                names.add(str(first.value))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            root, _, rest = ast.unparse(node).partition(".")
            if root in aliases:
                names.add(f"{aliases[root]}.{rest}")
    return {name for name in names if name.startswith(tuple(f"{w}." for w in WATCHED))} | (
        names & set(WATCHED)
    )
