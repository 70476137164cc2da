"""A task: a function that a student writes, with the calls that judge it."""

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from importlib import import_module

import numpy as np

from course_lib.checks import judge, message
from course_lib.checks.cases import Case, Mistake, NotReady

#: A grader's own seed for all that `grade` draws; None leaves the one that the test names.
SEED = None
#: What a task's module defines by `def`.
_FUNCTIONS = ("cases", "random")


@dataclass(frozen=True)
class Task:
    """A check of one function; `task()` runs it on the function of that name in the notebook.

    Args:
        module: `__name__` of the module that defines it: its last two words are the chapter and
            the name of the function.
        answer: the module of `course_lib.reference` with the model answer of that name.
        points: group of cases -> points, the first group being the idea.
        cases: () -> cases with hand-sized numbers.
        random: rng -> cases with random sizes and numbers; None where nothing can be drawn.
        mistakes: those known by name.
        returns: names for the parts of a returned tuple, or a word for each entry of a list.
        shapes: the letters of the array arguments, "x: N C L, w: F C K, b: F".
        uses: the names of earlier functions that the student's may call; where one of them is not
            right, a right one stands in for it.
    """

    module: str
    answer: str
    points: Mapping[str, float]
    cases: Callable[[], Iterable[Case]] = field(repr=False)
    random: Callable[[np.random.Generator], Iterable[Case]] | None = field(repr=False, default=None)
    mistakes: tuple[Mistake, ...] = field(repr=False, default=())
    returns: tuple[str, ...] | str = ()
    shapes: str = ""
    uses: tuple[str, ...] = ()

    @property
    def chapter(self):
        """The chapter's word."""
        return self.module.split(".")[-2]

    @property
    def name(self):
        """The name of the function."""
        return self.module.split(".")[-1]

    @property
    def total(self):
        """The points of all groups."""
        return sum(self.points.values())

    @property
    def none_is_right(self):
        """Whether None is the right answer to some call: then it tells of no forgotten return."""
        return any(case.expected is None for case in self.cases())

    @property
    def used(self):
        """The tasks whose functions the student's may call."""
        package = self.module.rpartition(".")[0]
        return [getattr(import_module(package), name) for name in self.uses]

    def function(self):
        """Return the model answer.

        Raises:
            ImportError: this installation is without the answers.
        """
        return getattr(import_module(self.answer), self.name)

    def right_function(self):
        """Return the model answer, or in an installation without it the notebook's own function.

        Raises:
            NotReady: the notebook's function is missing or wrong.
        """
        try:
            return self.function()
        except ImportError:
            own = getattr(sys.modules["__main__"], self.name, None)
        if any(trial.wrong for trial in judge.judge(self, own, diagnose=False).trials) or not own:
            raise NotReady(f"your own {self.name} judges this, and it is not right yet: mend that")
        return own

    def __call__(self, function=None, *, seed=None):
        """Check a function, print what came of it, and return the points.

        Args:
            function: the student's; None for the one that has the task's name in the notebook.
            seed: of the random numbers; None for one that changes from run to run and is printed.

        Returns:
            Score, a number.
        """
        if function is None:
            function = sys._getframe(1).f_globals.get(self.name)
        verdict = judge.judge(self, function, seed=seed)
        print(message.text(self, verdict))
        return _score(self, verdict)

    def grade(self, seed, function=None):
        """Check a function for the grade: as the call does, and say it in one line.

        Args:
            seed: of the random numbers, where the grader has no SEED.
            function: as for the call.

        Returns:
            Score: as a cell's last value nbgrader takes it for partial credit.
        """
        if function is None:
            function = sys._getframe(1).f_globals.get(self.name)
        verdict = judge.judge(self, function, seed=seed if SEED is None else SEED)
        # A test cell without output would get full marks even if it never ran.
        print(f"For the grade: {message.points(self, verdict)}")
        if verdict.shown and verdict.shown.random and not verdict.passed:
            print(message.text(self, verdict))
        return _score(self, verdict)


def tasks(package, names, answer):
    """Return a chapter's tasks, and put each into the package in place of its module.

    A task's module has the functions `cases` and, where something can be drawn, `random`. What it
    writes in capitals, POINTS or SHAPES, say, is what Task takes under that name.

    Args:
        package: `__name__` of the chapter's package.
        names: of the tasks, in order, with blanks between them.
        answer: as for Task; a module's own ANSWER goes before it.

    Raises:
        ValueError: a module is without cases or POINTS, or has capitals that Task does not take.
    """
    found = []
    for name in names.split():
        module = import_module(f"{package}.{name}")
        written = {part.lower(): getattr(module, part) for part in parts(module)}
        try:
            task = Task(module.__name__, **{"answer": answer} | written)
        except TypeError as error:
            others = [one.name for one in fields(Task)[1:] if one.name not in _FUNCTIONS]
            known = ", ".join(others).upper()
            raise ValueError(
                f"{module.__name__} must have cases and POINTS, and of names in capitals none but "
                f"{known}; its own begin with _ ({error})"
            ) from None
        setattr(sys.modules[package], name, task)
        found.append(task)
    return tuple(found)


def parts(module):
    """Return the names in a task's module that Task takes: functions, and what is in capitals."""
    functions = [name for name in _FUNCTIONS if hasattr(module, name)]
    return functions + [name for name in vars(module) if name.isalpha() and name.isupper()]


def _score(task, verdict):
    score = Score(verdict.score)
    score.mistake = verdict.mistake.name if verdict.mistake else None
    score.stopped = verdict.stopped
    _LATEST[task.module] = score
    return score


class Score(float):
    """The points of a check; the name of the mistake that it recognised, or None; and whether a
    call did not end."""

    mistake, stopped = None, False

    def __repr__(self):
        return f"{float(self):g}"

    def _repr_mimebundle_(self, **_):
        # These travel to the grader as data, beside the number that nbgrader reads.
        course = {"mistake": self.mistake, "stopped": self.stopped}
        return {"text/plain": repr(self)}, {"course": course}


_LATEST = {}


def progress(tasks):
    """Print how many points the latest checks of this session gave, and what is still open.

    Args:
        tasks: the chapter's TASKS.
    """
    reached = sum(_LATEST.get(task.module, 0) for task in tasks)
    total = sum(task.total for task in tasks)
    open_ = [task.name for task in tasks if _LATEST.get(task.module, -1) < task.total]
    line = f"{reached:g} of {total:g} points."
    solved = "All tasks are solved. Are the written answers, too? A person marks them."
    print(f"{line} Open: {', '.join(open_)}." if open_ else f"{line} {solved}")
