"""`course audit`: try the checks on wrong and right answers, and count what cannot flatter.

A check that lets a mistake pass, or refuses a right answer, is worse than none; so is a wrong name.
What a check recognises is counted on spellings that its look-up has not seen, on pairs of mistakes,
and on mistakes that forget the dtype, too.
"""

import importlib.util
import json
import sys
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from course_lib.authoring import mistakes
from course_lib.authoring.release import chapters as chapters_of
from course_lib.checks.diagnosis import result
from course_lib.checks.fingerprint import alike
from course_lib.checks.judge import judge, random_cases

#: The share of unseen wrong answers that must be named or explained.
SHARE = 0.7
_SELF_EXPLAINING = ("none", "type", "nan", "raised", "rule", "dtype")


class Result(NamedTuple):
    """What came of one task.

    Fields: task; mistakes, their number; unseen, pairs and dtype, a Counter each of "named",
    "explained" and "generic" on held-out spellings, pairs of mistakes and mistakes that forget the
    dtype; failures, sentences; alternatives, their number.
    """

    task: object
    mistakes: int
    unseen: Counter
    pairs: Counter
    dtype: Counter
    failures: list
    alternatives: int

    def row(self):
        """Return the counts, as `course audit --json` prints them."""
        return {
            "chapter": self.task.chapter,
            "task": self.task.name,
            "points": self.task.total,
            "mistakes": self.mistakes,
            "unseen": dict(self.unseen),
            "pairs": dict(self.pairs),
            "dtype": dict(self.dtype),
            "alternatives": self.alternatives,
            "failures": self.failures,
        }


def add_arguments(parser):
    """Declare the arguments of `course audit`."""
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="default: all")
    parser.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="default: here")
    parser.add_argument("--seeds", type=int, default=5, help="random cases to try (default 5)")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")


def run(arguments):
    """Print the audit; return 1 if a check fails it."""
    if arguments.seeds < 1:
        raise SystemExit(f"--seeds must be at least 1, got {arguments.seeds}")
    known = chapters_of(arguments.course)
    for chapter in arguments.chapters:
        if chapter not in known:
            raise SystemExit(f"CHAPTER must be one of {', '.join(known)}, got {chapter!r}")
    try:
        found = [
            (task, others.get(task.name, {}))
            for chapter in arguments.chapters or known
            for others in [alternatives(chapter, arguments.course)]
            for task in mistakes.tasks(chapter)
        ]
        # The bar only on a terminal: tools that read the output may read stderr too.
        bar = tqdm(found, disable=None, leave=False)
        results = [audit(task, others, arguments.seeds) for task, others in bar]
    except ValueError as error:
        raise SystemExit(str(error)) from None
    if arguments.json:
        print(json.dumps({"tasks": [one.row() for one in results]}, indent=1))
    else:
        _print_table(results)
    for one in results:
        for failure in one.failures:
            print(f"{one.task.chapter}, {one.task.name}: {failure}", file=sys.stderr)
    return int(any(one.failures for one in results))


def alternatives(chapter, course):
    """Return the right answers written in other ways: task -> words -> function.

    Args:
        chapter: its name.
        course: the course folder; functions of solutions/<chapter>/alternatives.py are named
            <task>_<words>.
    """
    path = Path(course) / "solutions" / chapter / "alternatives.py"
    spec = importlib.util.spec_from_file_location(f"alternatives_{chapter}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    names = sorted((task.name for task in mistakes.tasks(chapter)), key=len, reverse=True)
    found = {}
    for name, function in vars(module).items():
        task = next((task for task in names if name.startswith(f"{task}_")), None)
        if task and callable(function):
            found.setdefault(task, {})[name.removeprefix(f"{task}_")] = function
    return found


def audit(task, others, seeds):
    """Try one task's check on its mistakes and its right answers.

    Args:
        task: a Task.
        others: words -> a right answer written in another way.
        seeds: how many seeds of random cases to try.

    Returns:
        Result.
    """
    known = mistakes.results(task)
    drawn = [random_cases(task, seed) for seed in range(seeds)]
    failures = []
    for mistake in task.mistakes:
        for spelling in mistake.spellings:
            wrong = mistakes.function(task, mistakes.text(task, spelling))
            words = f"{mistake.name!r} ({spelling})"
            failures += [f"{words} {gap}" for gap in _gaps(task, wrong, drawn)]
            name = _recognise(judge(task, wrong, drawn=[], known=known))[1]
            if spelling in mistake.known and name != mistake.name:
                failures.append(f"{words} is known and yet named {name!r}")
    counters = [_count(task, cases, known, failures) for cases in (_unseen, _pairs, _dtype)]
    share = _share(counters[0])
    if share < SHARE:
        failures.append(f"only {share:.0%} of the unseen spellings are named or explained")
    for words, function in {"the model answer": task.function(), **others}.items():
        for cases in drawn:
            verdict = judge(task, function, seed=0, drawn=cases, diagnose=False)
            if not verdict.passed:
                failures.append(f"{words!r} is refused although it is right")
                break
    return Result(task, len(task.mistakes), *counters, failures, len(others))


def _gaps(task, wrong, drawn):
    """Return in words where a wrong answer passes: the visible check, with some of the seeds."""
    if any(t.wrong for t in judge(task, wrong, drawn=[], diagnose=False).trials):
        return []
    for cases in drawn if task.random else []:
        trials = judge(task, wrong, seed=0, drawn=cases, diagnose=False).trials
        if not any(t.wrong for t in trials):
            return ["passes with some random numbers"]
    return [] if task.random else ["passes the visible check"]


def _recognise(verdict):
    """Return how a wrong answer is met ("named", "explained" or "generic"), and by which name."""
    if verdict.mistake:
        return "named", verdict.mistake.name
    if verdict.seen or (verdict.shown and verdict.shown.problem.kind in _SELF_EXPLAINING):
        return "explained", None
    return "generic", None


def _count(task, cases, known, failures):
    counts = Counter()
    for names, wrong, words in cases(task):
        verdict = judge(task, wrong, drawn=[], known=known)
        if not any(trial.wrong for trial in verdict.trials):
            continue  # two mistakes that mend each other
        how, name = _recognise(verdict)
        # Two mistakes may give the very results of a third: then its name is right.
        third = cases is _pairs and name and _is_exactly(name, verdict, known)
        if name and name not in names and not third:
            failures.append(f"{words} is named {name!r}")
        counts[how] += 1
    return counts


def _is_exactly(name, verdict, known):
    """Whether a known mistake gives all the results of a verdict."""
    mine = [result(trial.outcome) for trial in verdict.trials]
    return any(all(map(alike, mine, spelling)) for spelling in known[name])


def _unseen(task):
    for mistake in task.mistakes:
        for spelling in mistake.held_out:
            wrong = mistakes.function(task, mistakes.text(task, spelling))
            yield {mistake.name}, wrong, f"an unseen spelling of {mistake.name!r}"


def _pairs(task):
    for one, other in combinations(task.mistakes, 2):
        first, second = one.spellings[0], other.spellings[0]
        if isinstance(first, str) or isinstance(second, str):
            continue
        try:
            source = mistakes.text(task, first + second)
            wrong = mistakes.function(task, source)
        except ValueError:
            continue  # the two edits meet in the text
        yield {one.name, other.name}, wrong, f"{one.name!r} with {other.name!r}"


def _dtype(task):
    for mistake in task.mistakes:
        wrong = mistakes.function(task, mistakes.text(task, mistake.spellings[0]))
        if not isinstance(_first_expected(task), np.ndarray):
            return

        def forgetful(*arguments, wrong=wrong, **options):
            return np.asarray(wrong(*arguments, **options), dtype=np.float64)

        yield {mistake.name}, forgetful, f"{mistake.name!r} in float64"


def _first_expected(task):
    return next(iter(task.cases())).expected


def _share(counts):
    total = counts.total()
    return 1.0 if not total else (counts["named"] + counts["explained"]) / total


def _print_table(results):
    head = ("chapter", "task", "points", "mistakes", "unseen: named, explained, generic", "pairs")
    rows = [(*head, "no dtype", "alternatives")]
    for one in results:
        counts = [
            ", ".join(str(counter[how]) for how in ("named", "explained", "generic"))
            for counter in (one.unseen, one.pairs, one.dtype)
        ]
        task = one.task
        numbers = (f"{task.total:g}", str(one.mistakes), *counts, str(one.alternatives))
        rows.append((task.chapter, task.name, *numbers))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print(
            "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        )
