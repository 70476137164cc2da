"""Known mistakes as code, and their results, which are shipped in place of the code."""

import inspect
import json
import textwrap
from importlib import import_module
from pathlib import Path

import course_lib.checks
from course_lib.checks import diagnosis, judge
from course_lib.checks.guard import guarded_call


def tasks(chapter):
    """Return a chapter's tasks in their order.

    Raises:
        ValueError: there are no checks of that chapter, or a name is used twice.
    """
    package = f"course_lib.checks.{chapter}"
    try:
        found = import_module(package).TASKS
    except (ModuleNotFoundError, AttributeError) as error:
        if error.name not in (package, "TASKS"):
            raise
        raise ValueError(
            f"chapter must have course_lib/checks/{chapter}/__init__.py with TASKS, got {chapter!r}"
        ) from None
    names = [task.name for task in found]
    if len(names) != len(set(names)) or {task.chapter for task in found} != {chapter}:
        raise ValueError(f"TASKS of {chapter} must be its own, each once, got {names}")
    return found


def text(task, spelling):
    """Return the source of a wrong answer.

    Args:
        task: the Task.
        spelling: of one of its mistakes.

    Raises:
        ValueError: an edit does not apply to the model answer.
    """
    if isinstance(spelling, str):
        return textwrap.dedent(spelling)
    source = inspect.getsource(task.function())
    for old, new in spelling:
        if old not in source:
            raise ValueError(f"{task.chapter}, {task.name}: the answer has no {old!r} to edit")
        source = source.replace(old, new)
    return source


def function(task, source):
    """Return the function that a source text defines, with all that the model answer sees."""
    names = dict(vars(import_module(task.answer)))
    try:
        exec(compile(source, f"<{task.name}>", "exec"), names)
    except SyntaxError as error:
        raise ValueError(
            f"{task.chapter}, {task.name}: an edit gives what is not Python: {error.text!r}"
        ) from None
    return names[task.name]


def results(task):
    """Return what every known spelling gives on the visible cases, as fingerprints.

    Raises:
        ValueError: a spelling does not run, or gives right results only.
    """
    return {
        mistake.name: [_results(task, mistake, spelling) for spelling in mistake.known]
        for mistake in task.mistakes
    }


def _results(task, mistake, spelling):
    wrong, found = function(task, text(task, spelling)), []
    right = True
    for case in task.cases():
        outcome = guarded_call(wrong, case.call.arguments, case.call.options)
        if outcome.problem and "raised NameError" in outcome.problem.words:
            raise ValueError(
                f"{task.chapter}, {task.name}: a spelling of {mistake.name!r} does not run: "
                f"{outcome.problem.words}"
            )
        found.append(diagnosis.result(outcome))
        right &= judge.problem(task, case, outcome) is None
    if right:
        raise ValueError(
            f"{task.chapter}, {task.name}: the visible cases cannot tell {mistake.name!r} from the "
            f"right answer: {spelling}"
        )
    return found


def results_file(chapter):
    """Return where a chapter's results are shipped."""
    return Path(course_lib.checks.__file__).parent / chapter / "results.json"


def results_text(chapter):
    """Return a chapter's results as text, one line for each spelling."""
    found = {task.name: results(task) for task in tasks(chapter) if task.mistakes}
    lines = []
    for task, known in found.items():
        rows = []
        for name, spellings in known.items():
            ways = ",\n   ".join(json.dumps(way, separators=(",", ":")) for way in spellings)
            rows.append(f"  {json.dumps(name)}: [\n   {ways}]")
        lines.append(f" {json.dumps(task)}: {{\n" + ",\n".join(rows) + "}")
    return "{\n" + ",\n".join(lines) + "}\n"
