"""Which names the locked cells bind, and which they want from the student's notebook."""

import ast
import builtins

from IPython.core.inputtransformer2 import TransformerManager


def plain(text):
    """Return a cell's code as plain Python: without magics and shell commands, if it has any."""
    try:
        ast.parse(text)
        return text  # as nearly always, and much faster than the other way
    except (SyntaxError, ValueError, RecursionError):
        return TransformerManager().transform_cell(text)


def bound(text, firmly=False):
    """Return the names that code binds at its top level.

    Args:
        text: plain Python.
        firmly: only those of imports, functions and classes, not those of assignments.
    """
    found = set()
    for node in _outside_functions(_parsed(text)):
        match node:
            case ast.Import() | ast.ImportFrom():
                found |= {(a.asname or a.name).partition(".")[0] for a in node.names}
            case ast.FunctionDef() | ast.ClassDef() | ast.AsyncFunctionDef():
                found.add(node.name)
            case ast.Name(ctx=ast.Store()) if not firmly:
                found.add(node.id)
    return found - {"*"}


def mentioned(text):
    """Return all names that occur in code: variables, and what stands behind a dot."""
    found = set()
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
    return {n for n in found if not hasattr(builtins, n) and not n.startswith("__")}


def _parsed(text):
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def _outside_functions(node):
    for child in ast.iter_child_nodes(node):
        yield child
        inside = ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef | ast.Lambda
        if not isinstance(child, inside):
            yield from _outside_functions(child)
