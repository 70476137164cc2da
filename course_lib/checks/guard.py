"""Call a function that may do anything, and describe in words what it did."""

import ast
import inspect
import io
import linecache
import signal
import threading
import traceback
import warnings
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib.checks import values
from course_lib.checks.values import Problem

#: Seconds of computing for one call. A slow and clear loop takes a hundredth of that.
TIME_LIMIT = 3.0
_LIBRARY = str(Path(__file__).parents[1])


class Outcome(NamedTuple):
    """What one guarded call came to.

    Fields: value, a copy of what was returned; problem, a Problem or None; state, one of
    "returned", "raised", "unwritten" (still the stub) and "endless"; printed, what it wrote.
    """

    value: object = None
    problem: Problem | None = None
    state: str = "returned"
    printed: str = ""


class _TimeUp(BaseException):
    """The call took too long; not an Exception, so that `except Exception` does not stop it."""


def guarded_call(function, arguments, options, limit=None):
    """Call `function` on copies of its arguments; let nothing but an interrupt out.

    Args:
        function: what the student wrote.
        arguments: the positional arguments.
        options: the keyword arguments, a dict.
        limit: seconds of computing; None for TIME_LIMIT.

    Returns:
        Outcome. Output and warnings are kept from the notebook: anything on stderr in a test cell
        would cost all its points.
    """
    given, chosen = values.copy(list(arguments)), values.copy(dict(options))
    caught = io.StringIO()
    try:
        with (
            redirect_stdout(caught),
            redirect_stderr(caught),
            warnings.catch_warnings(record=True),
            np.errstate(all="ignore"),
            _limited(TIME_LIMIT if limit is None else limit),
        ):
            value = values.copy(function(*given, **chosen))
    except NotImplementedError as error:
        state = "unwritten" if _is_stub(function, error) else "raised"
        return Outcome(
            None, Problem("raised", _describe(error, function)), state, caught.getvalue()
        )
    except _TimeUp as error:
        return Outcome(
            None, Problem("raised", _loop(error, function)), "endless", caught.getvalue()
        )
    except (Exception, SystemExit) as error:
        problem = Problem("raised", _describe(error, function))
        return Outcome(None, problem, "raised", caught.getvalue())
    names = [*argument_names(function, arguments), *options]
    before, after = [*arguments, *options.values()], [*given, *chosen.values()]
    changed = [
        name for name, one, other in zip(names, before, after, strict=True)
        if not values.same(one, other)
    ]  # fmt: skip
    problem = None
    if changed:
        words = (
            f"it changed its input {' and '.join(changed)} in place. Whoever called it still "
            f"needs it: work on a copy"
        )
        problem = Problem("raised", words)
    return Outcome(value, problem, "returned", caught.getvalue())


def argument_names(function, arguments):
    """Return the names that the function itself gives to its positional arguments."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        parameters = ()
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [plain[i] if i < len(plain) else f"argument {i + 1}" for i in range(len(arguments))]


@contextmanager
def _limited(seconds):
    """Raise _TimeUp inside after so much computing, where the system can do that."""
    on_main = threading.current_thread() is threading.main_thread()
    if not hasattr(signal, "SIGVTALRM") or not on_main:
        yield
        return

    def stop(_, frame):
        raise _TimeUp

    before = signal.signal(signal.SIGVTALRM, stop)
    try:
        # Again every half second, in case a bare `except:` caught the first.
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, 0.5)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _is_stub(function, error):
    """Whether it is the function itself that is not written, and not another that it calls."""
    innermost = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)][-1]
    return not error.args and innermost is getattr(function, "__code__", innermost)


def _own_line(error, function):
    """Return the innermost frame in the function's own cell, or in any cell, or None."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(_LIBRARY) and "site-packages" not in frame.filename
    ]
    cell = getattr(getattr(function, "__code__", None), "co_filename", None)
    own = [frame for frame in frames if frame.filename == cell] or frames
    return own[-1] if own else None


def _describe(error, function):
    """Return the error in one line, and the line of the student's code that raised it."""
    text = traceback.format_exception_only(error)[-1].strip()
    if len(text) > 300:
        text = text[:300] + " ..."
    text = f"it raised {text}"
    own = _own_line(error, function)
    if own:
        line = linecache.getline(own.filename, own.lineno).strip()
        text += f"\n  in line {own.lineno} of its cell: {line}"
    return text


def _loop(error, function):
    """Return that the call did not end, and which loop ran."""
    text = "it did not end in time: is there a loop without an end?"
    own = _own_line(error, function)
    if own is None:
        return text
    lines = linecache.getlines(own.filename)
    try:
        loops = [
            node for node in ast.walk(ast.parse("".join(lines)))
            if isinstance(node, ast.While | ast.For)
            and node.lineno <= own.lineno <= node.end_lineno
        ]  # fmt: skip
    except SyntaxError:
        loops = []
    at = max((loop.lineno for loop in loops), default=own.lineno)
    line = lines[at - 1].strip() if at <= len(lines) else ""
    return f"{text}\n  in line {at} of its cell: {line}"
