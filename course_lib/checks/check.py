"""What a check is: calls with known answers, and the wrong answers that are known by name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from course_lib.checks import message
from course_lib.checks.guard import Outcome, guarded_call


class CheckFailed(AssertionError):
    """A check that did not pass; its text is the whole message, without a traceback.

    Args:
        text: the message.
        misconceptions: names of the known mistakes that give the same results.
    """

    def __init__(self, text, misconceptions=()):
        super().__init__(text)
        self.misconceptions = tuple(misconceptions)

    def _render_traceback_(self):  # IPython shows these lines instead of a traceback
        return str(self).splitlines()


class Case(NamedTuple):
    """One call and its answer.

    Fields: why, what this call is about, in a few words; arguments, arrays and numbers by name, in
    order; options, keyword arguments; expected, an array or a number, or a function of the guarded
    student function (a property: the answer follows from other calls).
    """

    why: str
    arguments: Mapping[str, object]
    options: Mapping[str, object]
    expected: object


class Misconception(NamedTuple):
    """A wrong implementation that students really write.

    Fields: name; question, which leads out of it without giving the code; function, the mistake.
    """

    name: str
    question: str
    function: Callable


@dataclass(frozen=True)
class Check:
    """A check of one function: call it with the student's function.

    Args:
        name: of the check, the word in the notebook's `check="..."`.
        worked: () -> cases with hand-sized numbers, which students see.
        random: rng -> cases with random geometry and data, run at grading.
        misconceptions: the mistakes known by name; each must fail.
        function: name of the student's function, where it is not the check's.
    """

    name: str
    worked: Callable[[], Iterable[Case]]
    random: Callable[[np.random.Generator], Iterable[Case]]
    misconceptions: tuple[Misconception, ...] = field(repr=False)
    function: str | None = None

    def __call__(self, function, *, seed=None):
        """Check `function` on the worked cases or, with a seed, on random ones.

        Args:
            function: the student's function.
            seed: None, or the seed of the random cases.

        Raises:
            CheckFailed: with a message to learn from.
        """
        cases = list(self.worked() if seed is None else self.random(np.random.default_rng(seed)))
        name = self.function or self.name
        if not callable(function):
            raise CheckFailed(f"{name} must be a function, but it is a {type(function).__name__}.")
        with np.errstate(all="ignore"):  # a warning about a student's numbers would go to stderr
            trials = [_Trial.of(function, case) for case in cases]
            failed = [trial for trial in trials if trial.problem]
            failure = failed and _failure(name, self.misconceptions, trials, failed[0])
        if failure:
            raise failure
        # A test cell without output would get full marks even if it never ran.
        kind = "calls" if seed is None else "calls with random data"
        print(f"{self.name}: all {len(trials)} {kind} give the right answer.")


class _Trial(NamedTuple):
    case: Case
    outcome: Outcome
    expected: object
    problem: str | None

    @classmethod
    def of(cls, function, case):
        outcome = guarded_call(function, case.arguments, case.options)
        expected = case.expected
        if callable(expected):
            expected = _from_other_calls(expected, function)
        problem = outcome.problem
        if problem is None and expected is None:
            problem = "the calls that it is compared with did not give arrays that fit"
        if problem is None:
            problem = message.compare(outcome.value, expected)
        return cls(case, outcome, expected, problem)


def _from_other_calls(rule, function):
    """Return what a property asks for, or None where the other results do not allow it."""

    def value(*arguments, **options):
        named = {str(i): value for i, value in enumerate(arguments)}
        return guarded_call(function, named, options).value

    try:
        expected = rule(value)
    except Exception:
        return None
    fits = isinstance(expected, np.ndarray) and expected.dtype.kind == "f"
    return expected if fits else None


def _failure(name, misconceptions, trials, first):
    if all(trial.outcome.unwritten for trial in trials):
        return CheckFailed(
            f"{name} is not written yet. Replace `raise NotImplementedError()` by your code,\n"
            f"run that cell, then this one again."
        )
    right = sum(trial.problem is None for trial in trials)
    lines = [f"{name} is not right yet: {right} of {len(trials)} calls give the right answer."]
    if len({trial.case.why for trial in trials}) > 1:
        lines += ["", *(f"  {'wrong' if t.problem else 'right'}  {t.case.why}" for t in trials)]
    call, shapes = message.call_text(name, first.case.arguments, first.case.options)
    lines += ["", f"The first that is wrong: {first.case.why}.", f"  called  {call}"]
    lines += [f"  with    {shapes}", f"  but     {first.problem}"]
    tables = [message.input_tables(first.case.arguments)]
    if first.outcome.value is not None and first.expected is not None:
        tables.append(message.result_tables(first.outcome.value, first.expected))
    for table in filter(None, tables):
        lines += ["", *("  " + line if line else "" for line in table.splitlines())]
    printed = first.outcome.printed.strip()[:500].splitlines()[:5]
    if printed:
        lines += ["", "It printed:", *("  " + line for line in printed)]
    known = diagnose(misconceptions, trials)
    for mistake in known:
        lines += ["", f"These are the results of a known mistake: {mistake.name}."]
        lines += [f"  {mistake.question}"]
    return CheckFailed("\n".join(lines), [mistake.name for mistake in known])


def diagnose(misconceptions, trials):
    """Return the misconceptions that give exactly the student's results.

    Args:
        misconceptions: the ones to try.
        trials: the calls made, right ones included.

    Returns:
        Those that reproduce every result that came back; where there are none, those that
        reproduce the first wrong one.
    """
    came = [t for t in trials if t.outcome.value is not None and t.outcome.problem is None]
    wrong = [t for t in came if t.problem]
    if not wrong:
        return []
    known = [m for m in misconceptions if _reproduces(m, wrong[0])]
    whole = [m for m in known if all(_reproduces(m, trial) for trial in came)]
    return whole or known


def _reproduces(misconception, trial):
    value = trial.outcome.value
    outcome = guarded_call(misconception.function, trial.case.arguments, trial.case.options)
    if outcome.problem or outcome.value is None:
        return False
    expected = np.asarray(outcome.value)
    if expected.ndim == 0:
        expected = outcome.value
    return message.compare(value, expected) is None
