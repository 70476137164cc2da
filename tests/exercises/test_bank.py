"""Wrong answers that the checks have never seen: named or explained, never misnamed, never passed.

bank/<chapter>.py holds them, and unusual right answers, which all pass.
"""

import importlib.util
from collections import Counter
from pathlib import Path

import pytest

from course_lib.authoring import mistakes
from course_lib.checks import message
from course_lib.checks.judge import judge

BANKS = {path.stem: path for path in (Path(__file__).parent / "bank").glob("*.py")}
SELF_EXPLAINING = ("none", "type", "nan", "raised", "rule", "dtype")
SEEDS = (1, 2, 3)


@pytest.fixture(scope="module")
def bank():
    """Return the function that loads a chapter's bank."""

    def load(chapter):
        spec = importlib.util.spec_from_file_location(f"bank_{chapter}", BANKS[chapter])
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def functions(bank, task):
    """Return the wrong answers to a task: the function, the names that are right, and its text."""
    for base, names, edits in bank.WRONG[task.name]:
        source = base
        for old, new in edits:
            assert old in source, (task.name, old)
            source = source.replace(old, new)
        yield compiled(bank, task, source), names, f"{edits or base}"


def compiled(bank, task, source):
    """Return the function of a source text, with what a notebook offers it."""
    names = dict(vars(importlib.import_module(task.answer))) | bank.NAMES
    exec(source, names)
    return names[task.name]


def test_every_chapter_has_a_bank(chapter, bank):
    names = [task.name for task in mistakes.tasks(chapter)]
    assert list(bank(chapter).WRONG) == list(bank(chapter).RIGHT) == names


def test_unseen_mistakes_are_named_or_explained_and_never_pass(chapter, bank):
    lengths = []
    for task in mistakes.tasks(chapter):
        counts = Counter()
        for wrong, names, words in functions(bank(chapter), task):
            verdict = judge(task, wrong)
            assert not verdict.passed, (task.name, words)
            if not any(trial.wrong for trial in verdict.trials if not trial.random):
                # Only random numbers tell it: then all of them must, here and at grading.
                for seed in range(10):
                    assert judge(task, wrong, seed=seed).score < task.total, (task.name, words)
            lengths.append(len(message.text(task, verdict).splitlines()))
            if verdict.mistake:
                assert verdict.mistake.name in names, (task.name, words, verdict.mistake.name)
                counts["named"] += 1
            elif verdict.shown.problem.kind in SELF_EXPLAINING or verdict.seen:
                counts["explained"] += 1
            else:
                counts["generic"] += 1
        assert counts["generic"] <= 0.3 * counts.total(), (task.name, counts)
    assert sorted(lengths)[len(lengths) // 2] <= 15


def test_unusual_right_answers_pass(chapter, bank):
    for task in mistakes.tasks(chapter):
        for source in bank(chapter).RIGHT[task.name]:
            for seed in (None, *SEEDS):
                verdict = judge(task, compiled(bank(chapter), task, source), seed=seed)
                assert verdict.passed, (source, message.text(task, verdict))
