"""Call a function that may do anything, and describe in words what it did."""

import io
import linecache
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import numpy as np

_OWN_FOLDER = str(Path(__file__).parent)


class Outcome(NamedTuple):
    """What one guarded call came to.

    Fields: value, a copy of what was returned; problem, in words, or None; unwritten, whether the
    function is still the stub; printed, what it wrote on stdout and stderr.
    """

    value: object = None
    problem: str | None = None
    unwritten: bool = False
    printed: str = ""


def guarded_call(function, arguments, options):
    """Call `function` on copies of `arguments`; let nothing but an interrupt out.

    Args:
        function: what the student wrote.
        arguments: dict of positional arguments by name, in order.
        options: dict of keyword arguments.

    Returns:
        Outcome. Output and warnings are kept from the notebook: anything on stderr in a test cell
        would cost all its points.
    """
    copies = {name: _copy(value) for name, value in arguments.items()}
    caught = io.StringIO()
    try:
        with (
            redirect_stdout(caught),
            redirect_stderr(caught),
            warnings.catch_warnings(record=True),
            np.errstate(all="ignore"),
        ):
            value = _copy(function(*copies.values(), **options))
    except NotImplementedError as error:
        return Outcome(problem=_describe(error), unwritten=not error.args)
    except (Exception, SystemExit) as error:
        return Outcome(problem=_describe(error), printed=caught.getvalue())
    changed = [name for name in arguments if not np.array_equal(arguments[name], copies[name])]
    if changed:
        problem = (
            f"it changed its input {' and '.join(changed)} in place. Whoever called it still "
            f"needs that array: work on a copy"
        )
        return Outcome(value, problem, printed=caught.getvalue())
    return Outcome(value, printed=caught.getvalue())


def _copy(value):
    """Return a copy; a strided view stays a strided view, over memory of its own."""
    if not isinstance(value, np.ndarray):
        return value
    if value.ndim == 0 or value.flags.c_contiguous:
        return np.array(value)
    buffer = np.zeros((*value.shape[:-1], 2 * value.shape[-1]), dtype=value.dtype)
    view = buffer[..., ::2]
    view[...] = value
    return view


def _describe(error):
    """Return the error in one line, and the line of the student's code that raised it."""
    text = traceback.format_exception_only(error)[-1].strip()
    if len(text) > 300:
        text = text[:300] + " ..."
    text = f"it raised {text}"
    own = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(_OWN_FOLDER) and "site-packages" not in frame.filename
    ]
    if own:
        line = linecache.getline(own[-1].filename, own[-1].lineno).strip()
        text += f"\n  in line {own[-1].lineno} of its cell: {line}"
    return text
