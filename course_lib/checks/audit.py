"""Try every check on every mistake known by name and on right answers in other styles.

A check that lets a mistake pass, or refuses a right answer, is worse than none.
"""

import contextlib
import importlib.util
import io
import json
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from course_lib.checks.check import Check, CheckFailed

_CHECK_CELL = re.compile(r'^# %%.* check="(\w+)".* points=([\d.]+)', re.MULTILINE)


class Exercise(NamedTuple):
    """One check of a chapter, with what it is tried on."""

    chapter: str
    check: Check
    points: float
    alternatives: dict


class Result(NamedTuple):
    """What came of one exercise: the names of those that did not do what they should."""

    exercise: Exercise
    surviving: list
    undiagnosed: list
    refused: list

    def row(self):
        """Return the counts, as `course audit --json` prints them."""
        mistakes = len(self.exercise.check.misconceptions)
        styles = len(self.exercise.alternatives)
        return {
            "name": self.exercise.check.name,
            "chapter": self.exercise.chapter,
            "points": self.exercise.points,
            "misconceptions": mistakes,
            "killed": mistakes - len(self.surviving),
            "diagnosed": mistakes - len(self.undiagnosed),
            "alternatives": styles,
            "accepted": styles - len(self.refused),
        }


def add_arguments(parser):
    """Declare the arguments of `course audit`."""
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="default: all")
    parser.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="default: here")
    parser.add_argument("--seeds", type=int, default=5, help="random cases to try (default 5)")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")


def run(arguments):
    """Print the audit; return 1 if a mistake passes or a right answer does not."""
    if arguments.seeds < 1:
        raise SystemExit(f"--seeds must be at least 1, got {arguments.seeds}")
    try:
        found = exercises(arguments.course, arguments.chapters)
    except ValueError as error:
        raise SystemExit(str(error)) from None
    # The bar only on a terminal: tools that read the output may read stderr too.
    results = [audit(e, arguments.seeds) for e in tqdm(found, disable=None, leave=False)]
    if arguments.json:
        print(json.dumps({"exercises": [result.row() for result in results]}, indent=1))
    else:
        _print_table(results)
    return int(any(result.surviving or result.refused for result in results))


def exercises(course, chapters=()):
    """Return every check of the course's notebooks, in their order.

    Args:
        course: the course folder, with solutions/ in it.
        chapters: names to keep; none keeps all.

    Raises:
        ValueError: an unknown chapter, a check cell without a check or the reverse.
    """
    sources = {p.stem: p for p in Path(course).glob("solutions/*/*.py") if p.stem == p.parent.name}
    for chapter in chapters:
        if chapter not in sources:
            raise ValueError(
                f"CHAPTER must be one of {', '.join(sorted(sources))}, got {chapter!r}"
            )
    return [e for name in sorted(chapters or sources) for e in _of_chapter(name, sources[name])]


def _of_chapter(chapter, source):
    module = import_module(f"course_lib.checks.{chapter}")
    checks = {c.name: c for c in vars(module).values() if isinstance(c, Check)}
    points = dict(_CHECK_CELL.findall(source.read_text(encoding="utf-8")))
    if set(points) != set(checks):
        raise ValueError(
            f"the check cells of {source} must be those of {module.__name__}; only one of the two "
            f"has {', '.join(sorted(set(points) ^ set(checks)))}"
        )
    alternatives = _alternatives(source.with_name("alternatives.py"))
    return [
        Exercise(chapter, checks[name], json.loads(worth), alternatives.get(name, {}))
        for name, worth in points.items()
    ]


def _alternatives(path):
    spec = importlib.util.spec_from_file_location(f"alternatives_{path.parent.name}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ALTERNATIVES


def audit(exercise, seeds):
    """Try one exercise's check on its mistakes and its right answers.

    A mistake must fail, and be named, on the worked numbers, the part that students see. It must
    fail on the random cases too, with each seed.

    Args:
        exercise: an Exercise.
        seeds: how many seeds of random cases to try.

    Returns:
        Result.
    """
    surviving, undiagnosed, refused = [], [], []
    for mistake in exercise.check.misconceptions:
        failures = [_failure(exercise.check, mistake.function, s) for s in (None, *range(seeds))]
        if not all(failures):
            surviving.append(mistake.name)
        if failures[0] is None or mistake.name not in failures[0].misconceptions:
            undiagnosed.append(mistake.name)
    for style, function in exercise.alternatives.items():
        failures = [_failure(exercise.check, function, seed) for seed in (None, *range(seeds))]
        if any(failures):
            refused.append(style)
    return Result(exercise, surviving, undiagnosed, refused)


def _failure(check, function, seed):
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            check(function, seed=seed)
        except CheckFailed as failure:
            return failure
    return None


def _print_table(results):
    head = ("chapter", "check", "points", "mistakes killed", "named", "right answers accepted")
    rows = [head]
    for result in results:
        row = result.row()
        counts = [
            f"{row[part]} of {row[whole]}"
            for part, whole in (
                ("killed", "misconceptions"),
                ("diagnosed", "misconceptions"),
                ("accepted", "alternatives"),
            )
        ]
        rows.append((row["chapter"], row["name"], f"{row['points']:g}", *counts))
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    for row in rows:
        print(
            "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        )
    for result in results:
        name = result.exercise.check.name
        for what, names in (
            ("passes although it is wrong", result.surviving),
            ("is not named in the message", result.undiagnosed),
            ("is refused although it is right", result.refused),
        ):
            for one in names:
                print(f"{name}: {one!r} {what}", file=sys.stderr)
