"""The words and small tables of a check's message: the name and the question first."""

import numpy as np

from course_lib.checks import values
from course_lib.checks.guard import argument_names

_LARGEST_SIDE = 8  # of a table that still reads at a glance
_LARGEST_INPUT = 128  # numbers shown for the inputs of one call
_LARGEST_TRACE = 24  # numbers shown of a named tuple of arrays
_LINE = 88  # characters beside each other
_LONGEST = 60  # characters of one argument in the line of the call
_FIELD = 3  # spaces between two tables


@np.errstate(all="ignore")  # a warning would go to stderr
def text(task, verdict):
    """Return what a check says.

    Args:
        task: the Task.
        verdict: what `judge` made of the student's function.
    """
    name, trials = task.name, verdict.trials
    if verdict.function is None:
        return (
            f"{name} is not defined. Run the cell above; did it end without an error?\n"
            f"{points(task, verdict)}"
        )
    if not callable(verdict.function):
        return f"{name} must be a function, but it is {values.shown(verdict.function)}."
    unready = _unready(name, verdict)
    if all(trial.outcome.state == "unwritten" for trial in trials) and not unready:
        return (
            f"{name} is not written yet. Replace `raise NotImplementedError()` by your code,\n"
            f"run that cell, then this one again."
        )
    if verdict.passed:
        return "\n".join([*unready, _praise(task, verdict)])
    lines = [*unready, *_headline(task, verdict)]
    lines += ["", *_call(task, verdict), *_tables(task, verdict), *_printed(verdict.shown)]
    lines += [*_others(verdict), points(task, verdict)]
    return "\n".join(lines)


def _unready(name, verdict):
    if not verdict.unready:
        return []
    others = " and ".join(verdict.unready)
    are = "is" if len(verdict.unready) == 1 else "are"
    line = f"{name} calls your {others}, which {are} not right yet"
    return [f"{line}; here a right one stood in for it." if verdict.replaced
            else f"{line}. Mend that first."]  # fmt: skip


def _praise(task, verdict):
    shown = sum(not trial.random for trial in verdict.trials)
    drawn = len(verdict.trials) - shown
    line = f"{task.name}: " + (f"all {shown} calls are right" if shown > 1 else "right")
    if drawn:
        line += f", and {drawn} with random numbers (seed {verdict.seed})"
    return f"{line}.\n{points(task, verdict)}"


def _headline(task, verdict):
    if verdict.mistake:
        lines = [f"{task.name}: this looks like a known mistake, {verdict.mistake.name}."]
        return [*lines, f"  {verdict.mistake.question}"]
    wrong = sum(trial.problem is not None for trial in verdict.trials)
    of = f"{len(verdict.trials)} calls" if len(verdict.trials) > 1 else "1 call"
    lines = [f"{task.name} is not right yet: wrong in {wrong} of {of}."]
    if verdict.stopped:
        lines = [f"{task.name} did not end in call {len(verdict.trials)}; the rest was not tried."]
    if verdict.seen:
        words = verdict.seen.words
        lines += [f"  Seen below: {words}{'' if words.endswith('?') else '.'}"]
    return lines


def _call(task, verdict):
    trial = verdict.shown
    arguments, options = trial.case.call
    names = argument_names(verdict.function, arguments)
    words, long = [], []
    for name, value in [*zip(names, arguments, strict=True), *options.items()]:
        by_name = _by_name(value)
        if not by_name and len(values.shown(value, _LINE)) > _LONGEST:
            by_name = True
            long += _lines_of(name, value)
        word = name if by_name else values.shown(value)
        words.append(f"{name}={word}" if name in options else word)
    why = f"{trial.case.why}, seed {verdict.seed}" if trial.random else trial.case.why
    head, *rest = trial.problem.words.splitlines()
    lines = [f"{task.name}({', '.join(words)})   # {why}", f"  {head}"]
    if trial.problem.kind == "dtype" and "dtype" in head:
        lines.append("  np.zeros(shape) makes float64, whatever the input is.")
    return [*lines, *rest, *long]


def _lines_of(name, value):
    """Return a value that is too long for the call, a list by its entries."""
    entries = {name: value}
    if isinstance(value, list) and len(value) <= _LARGEST_SIDE:
        entries = {f"{name}[{place}]": one for place, one in enumerate(value)}
    lines = []
    for title, one in entries.items():
        head = f"  {title}: "
        words = values.shown(one, _LINE)
        if callable(one):
            words = words.strip("<>").removeprefix(f"{title}: ")
        lines.append(head + values.cut(words, _LINE - len(head)))
    return lines


def _tables(task, verdict):
    trial = verdict.shown
    arguments = trial.case.call.arguments
    names = argument_names(verdict.function, arguments)
    arrays = _arrays(dict(zip(names, arguments, strict=True)))
    inputs = _inputs(arrays)
    results = _results(task, trial)
    if not results and trial.problem.kind in ("raised", "none") and trial.outcome.value is None:
        shapes = [f"{name} {value.shape}" for name, value in arrays.items()]
        return [f"  with {', '.join(shapes)}"] if shapes else []
    together = inputs | results
    if not together:
        return []
    if _width(together) <= _LINE:
        blocks = [together]
    else:
        blocks = [inputs, results]
    lines = [""]
    for block in filter(None, blocks):
        lines += [f"  {line}".rstrip() for line in _side_by_side(block)]
    return lines


def _by_name(value):
    """Whether the call shows its name alone: arrays, and the trace of a layer say."""
    return isinstance(value, np.ndarray) or _are_arrays(value) or hasattr(value, "_fields")


def _are_arrays(value):
    """Whether it is a list of arrays, the matrices of several layers say."""
    return isinstance(value, list) and value and all(isinstance(v, np.ndarray) for v in value)


def _arrays(arguments):
    """Return all arrays by name, those of a list or a small named tuple one by one."""
    arrays = {}
    for name, value in arguments.items():
        if isinstance(value, np.ndarray):
            arrays[name] = value
        elif hasattr(value, "_fields") and all(isinstance(v, np.ndarray) for v in value):
            if sum(v.size for v in value) <= _LARGEST_TRACE:
                arrays |= {f"{name}.{field}": one for field, one in value._asdict().items()}
        elif _are_arrays(value):
            arrays |= {f"{name}[{place}]": one for place, one in enumerate(value)}
        elif callable(value):
            arrays |= getattr(value, "arrays", {})
    return arrays


def _inputs(arrays):
    largest_side = max((side for value in arrays.values() for side in value.shape), default=0)
    if sum(value.size for value in arrays.values()) > _LARGEST_INPUT:
        return {}
    if largest_side > _LARGEST_SIDE:
        return {}
    return {
        name + _index(place): _table(plane)
        for name, value in arrays.items()
        for place, plane in _planes(value)
        if value.dtype.kind in "biuf"
    }


def _planes(value):
    """Return the planes of an array with their places; planes of one number are one row."""
    if value.ndim > 2 and value.shape[-2:] == (1, 1):
        return [((), value.reshape(1, -1))]
    return [(place, value[place]) for place in np.ndindex(value.shape[:-2])]


def _results(task, trial):
    """Return expected and returned, at the first place where they differ, the difference marked."""
    place = trial.problem.place
    if trial.outcome.state != "returned" or callable(trial.case.expected):
        return {}
    wanted = values.part(trial.case.expected, place)
    came = values.part(trial.outcome.value, place)
    title = values.place_text(place, trial.case.expected, task.returns)
    if not isinstance(wanted, np.ndarray) or not wanted.ndim:
        return {}
    if not isinstance(came, np.ndarray) or came.dtype.kind not in "biuf":
        came = np.zeros((0,) * wanted.ndim)
    wrong = None
    leading = (0,) * max(0, wanted.ndim - 2)
    if came.shape == wanted.shape:
        with np.errstate(all="ignore"):
            wrong = trial.case.tolerance.far(came, wanted) & (came != wanted)
        if not np.any(wrong):
            return {}
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        leading = first[:-2]
        if max(wanted.shape[-2:]) > _LARGEST_SIDE:
            return {
                f"expected{list(first)}": [values.number(wanted[first])],
                f"returned{list(first)}": [values.number(came[first])],
            }
    prefix = f"{title} " if title else ""
    fits = wanted.size and max(wanted.shape[-2:]) <= _LARGEST_SIDE
    tables = {f"{prefix}expected{_index(leading)}": _table(wanted[leading])} if fits else {}
    if came.ndim == wanted.ndim and came.size and max(came.shape[-2:]) <= _LARGEST_SIDE:
        marks = None if wrong is None else wrong[leading]
        tables[f"{prefix}returned{_index(leading)}"] = _table(came[leading], marks)
    return tables


def _printed(trial):
    printed = trial.outcome.printed.strip()[:500].splitlines()[:5]
    return ["It printed:", *(f"  {line}" for line in printed)] if printed else []


def _others(verdict):
    """Return the other wrong calls in one line; without those that could not be judged for it."""
    same = verdict.shown.problem.words if verdict.shown.problem.kind == "rule" else None
    others = [
        t.case.why
        for t in verdict.trials
        if t.problem and t is not verdict.shown and t.problem.words != same
    ]
    named = "; ".join(dict.fromkeys(others))
    if not others:
        return []
    if len(named) > _LINE:
        right = len(verdict.trials) - len(others) - 1
        return [f"Wrong, too: {len(others)} other calls; {right or 'none'} right."]
    return [f"Wrong, too: {named}."]


def points(task, verdict):
    """Return the points reached, and where they were lost."""
    line = f"{verdict.score:g} of {task.total:g} point{'' if task.total == 1 else 's'}"
    if len(task.points) > 1 and 0 < verdict.score < task.total:
        groups = [
            f"{name} {verdict.points[name]:g} of {worth:g}" for name, worth in task.points.items()
        ]
        line += f" ({', '.join(groups)})"
    return f"{line}."


def _index(place):
    return f"[{', '.join(map(str, place))}]" if place else ""


def _number(value):
    text = f"{float(value):.6g}"
    return "0" if text == "-0" else text


def _table(plane, marks=None):
    plane = np.atleast_2d(plane)
    words = [[_number(value) for value in row] for row in plane]
    if marks is not None:
        flags = np.atleast_2d(marks)
        words = [
            [word + ("*" if flag else " ") for word, flag in zip(row, flag_row, strict=True)]
            for row, flag_row in zip(words, flags, strict=True)
        ]
    width = max((len(word) for row in words for word in row), default=1)
    return [" ".join(word.rjust(width) for word in row).rstrip() for row in words]


def _width(tables):
    widths = [max(map(len, [title, *lines])) for title, lines in tables.items()]
    return sum(widths) + _FIELD * (len(widths) - 1)


def _side_by_side(tables):
    """Return tables beside each other, in as many rows of tables as the line needs."""
    rows, row = [], {}
    for title, lines in tables.items():
        if row and _width(row | {title: lines}) > _LINE:
            rows, row = [*rows, row], {}
        row[title] = lines
    out = []
    for tables in [*rows, row]:
        height = max(len(lines) for lines in tables.values())
        columns = []
        for title, lines in tables.items():
            width = max(map(len, [title, *lines]))
            block = [title, *lines, *[""] * (height - len(lines))]
            columns.append([line.ljust(width) for line in block])
        out += [(" " * _FIELD).join(parts) for parts in zip(*columns, strict=True)]
    return out
