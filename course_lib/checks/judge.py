"""Try a function on a task's cases and judge what came back."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from course_lib.checks import diagnosis, values
from course_lib.checks.cases import ANSWER, NotReady
from course_lib.checks.guard import Outcome, guarded_call
from course_lib.checks.values import Problem


class Trial(NamedTuple):
    """One call that was made: its case, what came back, and what is wrong with it, or None.

    `random` says whether its numbers were drawn.
    """

    case: object
    outcome: Outcome
    problem: Problem | None
    random: bool = False

    @property
    def wrong(self):
        """Whether the result is wrong, a forgotten dtype aside."""
        return self.problem is not None and self.problem.kind != "dtype"


class Verdict(NamedTuple):
    """What a check came to.

    Fields: function, the one that was tried; trials; stopped, whether the last one did not end,
    after which no more were made; seed of the random numbers, or None; points, group -> points
    reached; mistake and seen, what was recognised, or None; shown, the trial for the message, or
    None; unready, the names of the earlier functions that it uses and that are not right
    themselves; replaced, whether right ones stood in for them.
    """

    function: object
    trials: list
    stopped: bool
    seed: int | None
    points: dict
    mistake: object
    seen: object
    shown: Trial | None
    unready: tuple = ()
    replaced: bool = False

    @property
    def score(self):
        """All points reached."""
        return sum(self.points.values())

    @property
    def passed(self):
        """Whether every call is right."""
        return bool(self.trials) and not self.stopped and not any(t.problem for t in self.trials)


def judge(task, function, *, seed=None, diagnose=True, drawn=None, known=None):
    """Try a function on a task's cases, whatever is wrong with the earlier ones that it uses.

    Args:
        task: a Task.
        function: the student's; what is not callable gets no points.
        seed: of the random numbers; None for the visible check, which draws them only when
            everything else is right, with a seed that changes from run to run.
        diagnose: whether to look for a known mistake.
        drawn: the random cases, where they have been drawn already.
        known: the results of the known mistakes; None for those that were shipped.

    Returns:
        Verdict.
    """
    options = dict(seed=seed, diagnose=diagnose, drawn=drawn, known=known)
    verdict = _judge(task, function, **options)
    names = getattr(function, "__globals__", None)
    if verdict.passed or names is None:
        return verdict
    used = [(other, names.get(other.name)) for other in task.used]
    unready = [(other, own) for other, own in used if not judge(other, own, seed=seed).passed]
    called, replaced = set(), True
    try:
        for other, own in unready:
            try:
                right = other.function()
            except ImportError:  # a student's installation may be without the answers
                right, replaced = own, False
            names[other.name] = _noting(right, other.name, called)
        again = _judge(task, function, **options) if unready else verdict
    finally:
        for other, own in unready:
            if own is None:
                del names[other.name]
            else:
                names[other.name] = own
    if not called:
        return verdict
    return again._replace(unready=tuple(sorted(called)), replaced=replaced)


def _noting(function, name, called):
    """Return a function like another one, which notes that it was called."""

    def noting(*arguments, **options):
        called.add(name)
        return function(*arguments, **options)

    return noting


@np.errstate(all="ignore")  # a warning would go to stderr
def _judge(task, function, *, seed, diagnose, drawn, known):
    nothing = dict.fromkeys(task.points, 0)
    if not callable(function):
        return Verdict(function, [], False, None, nothing, None, None, None)
    trials, stopped = _try_all(task, function, list(task.cases()), random=False)
    visible = seed is None
    if visible:
        seed = np.random.SeedSequence().entropy % 1_000_000
    if visible and any(trial.wrong for trial in trials):
        drawn = []
    elif drawn is None:
        drawn = random_cases(task, seed)
    if drawn and not stopped and not _unwritten(trials):
        more, stopped = _try_all(task, function, drawn, random=True)
        trials += more
    points = _points(task, trials) if not stopped else nothing
    mistake = seen = None
    wrong = [trial for trial in trials if trial.problem]
    shown = wrong[0] if wrong else None
    if wrong and diagnose and not stopped and not _unwritten(trials):
        mistake, seen, shown = diagnosis.diagnose(task, trials, known)
    return Verdict(function, trials, stopped, seed if drawn else None, points, mistake, seen, shown)


def random_cases(task, seed):
    """Return a task's random cases with their results; none without the model answer."""
    if task.random is None:
        return []
    cases = []
    for case in task.random(np.random.default_rng(seed)):
        if case.expected is ANSWER:
            try:
                answer = task.function()
            except ImportError:  # a student's installation may be without the answers
                return []
            arguments, options = values.copy(list(case.call.arguments)), case.call.options
            case = replace(case, expected=answer(*arguments, **values.copy(options)))
        cases.append(case)
    return cases


def _try_all(task, function, cases, *, random):
    trials = []
    for case in cases:
        trials.append(_try(task, function, case, random))
        if trials[-1].outcome.state == "endless":
            return trials, True
    return trials, False


def _try(task, function, case, random):
    outcome = guarded_call(function, case.call.arguments, case.call.options)
    return Trial(case, outcome, problem(task, case, outcome), random)


def problem(task, case, outcome):
    """Return what is wrong with an Outcome of a case's call, a Problem or None."""
    if outcome.problem is not None:
        return outcome.problem
    if callable(case.expected):
        return _by_rule(case.expected, outcome.value)
    if outcome.value is None and case.expected is not None and task.none_is_right:
        return Problem("value", f"it returned None, not {values.shown(case.expected)}")
    return values.difference(outcome.value, case.expected, case.tolerance, task.returns)


def _by_rule(rule, value):
    if value is None:
        return Problem("none", "it returned None: is there a `return` at its end?")
    try:
        words = rule(values.copy(value))
    except NotReady as error:
        words = str(error)
    except Exception as error:
        words = f"it returned {values.shown(value)}, which cannot be judged ({error})"
    return Problem("rule", words) if words else None


def _points(task, trials):
    first = next(iter(task.points))
    lost = {trial.case.group or first for trial in trials if trial.problem}
    return {group: 0 if group in lost else points for group, points in task.points.items()}


def _unwritten(trials):
    return all(trial.outcome.state == "unwritten" for trial in trials)
