"""Known mistakes lose and are named, unseen ones mostly, right answers pass; the audit says so."""

import argparse
import json
from collections import Counter
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from course_lib.authoring import audit, mistakes
from course_lib.checks import convolution
from course_lib.checks.cases import Mistake
from course_lib.checks.judge import judge

ROOT = Path(__file__).parents[2]
CONV1D = convolution.conv1d


def _run(*words, course=ROOT):
    parser = argparse.ArgumentParser()
    audit.add_arguments(parser)
    return audit.run(parser.parse_args([*words, "--course", str(course)]))


def test_the_audit_finds_nothing_to_complain_about(chapter):
    others = audit.alternatives(chapter, ROOT)
    for task in mistakes.tasks(chapter):
        result = audit.audit(task, others.get(task.name, {}), 1)
        assert result.failures == [], task.name
        assert result.alternatives >= 1, f"{task.name} has no alternative"


@pytest.mark.slow
def test_with_100_seeds_nothing_slips_through_and_nothing_right_is_refused(chapter):
    others = audit.alternatives(chapter, ROOT)
    for task in mistakes.tasks(chapter):
        assert audit.audit(task, others[task.name], 100).failures == []


def test_the_shipped_results_are_those_of_the_mistakes(chapter):
    path = mistakes.results_file(chapter)
    made = mistakes.results_text(chapter)
    assert path.read_text(encoding="utf-8") == made, f"run: course release {chapter}"


def test_mistakes_have_two_spellings_and_a_question(chapter):
    for task in mistakes.tasks(chapter):
        names = [mistake.name for mistake in task.mistakes]
        assert len(names) == len(set(names)) >= 1, task.name
        for mistake in task.mistakes:
            assert len(mistake.spellings) >= 2, (task.name, mistake.name)
            assert mistake.question.endswith("?")


def test_no_case_is_square_where_it_could_be_rectangular(chapter):
    for task in mistakes.tasks(chapter):
        letters = {
            name: shape.split() for name, _, shape in
            (part.partition(": ") for part in task.shapes.split(", ") if part)
        }  # fmt: skip
        seen = []
        for case in task.cases():
            sizes = {}
            for value, axes in zip(case.call.arguments, letters.values(), strict=False):
                if not isinstance(value, np.ndarray):
                    continue
                assert value.ndim == len(axes), (task.name, case.why, value.shape, axes)
                sizes |= dict(zip(axes, value.shape, strict=True))
                long = [
                    size for size in dict(zip(axes, value.shape, strict=True)).values() if size > 1
                ]
                assert case.given or len(long) == len(set(long)), (task.name, case.why, value.shape)
            seen.append(sizes)
            arrays = any(isinstance(v, np.ndarray) and v.ndim > 1 for v in case.call.arguments)
            assert letters or not arrays, f"{task.name} needs shapes="
        for one, other in combinations(dict.fromkeys(sum(letters.values(), [])), 2):
            assert any(s.get(one, 0) != s.get(other, 0) for s in seen if one in s and other in s), (
                f"{task.name}: {one} and {other} are equal in every visible case"
            )


#: Lines of a task on average, its cases, mistakes, alternatives and blank lines.
LINES = 77


def test_a_task_takes_few_lines(chapter):
    folder = mistakes.results_file(chapter).parent
    files = [*folder.glob("*.py"), ROOT / "solutions" / chapter / "alternatives.py"]
    lines = sum(len(path.read_text(encoding="utf-8").splitlines()) for path in files)
    assert lines / len(mistakes.tasks(chapter)) <= LINES


def test_json_holds_the_counts(capsys, monkeypatch):
    monkeypatch.setattr(mistakes, "tasks", lambda chapter: (convolution.move,))
    assert _run("convolution", "--json", "--seeds", "1") == 0
    (top,) = json.loads(capsys.readouterr().out).items()
    assert top[0] == "tasks"
    keys = "chapter task points mistakes unseen pairs dtype alternatives failures".split()
    (row,) = top[1]
    assert list(row) == keys and (row["chapter"], row["task"]) == ("convolution", "move")
    assert sum(row["unseen"].values()) == row["mistakes"] and row["failures"] == []


def _failures(task, others=()):
    return audit.audit(task, dict(others), 2).failures


def _with(*wrong, base=CONV1D):
    return replace(base, mistakes=wrong)


SIZE = "// stride + 1"


def test_a_mistake_that_passes_fails_the_audit():
    harmless = Mistake("nothing wrong", "?", ((("* w[f]", "* (1 * w[f])"),),) * 2)
    with pytest.raises(ValueError, match="cannot tell 'nothing wrong' from the right answer"):
        _failures(_with(harmless))
    flipped = CONV1D.mistakes[0]
    unseen = flipped._replace(spellings=(flipped.spellings[0], (("* w[f]", "* (1 * w[f])"),)))
    assert any("passes with some random numbers" in f for f in _failures(_with(unseen)))


def test_a_wrong_name_fails_the_audit():
    one, other = CONV1D.mistakes[:2]
    unseen = one._replace(spellings=(one.spellings[0], other.spellings[0]))
    failures = _failures(_with(unseen, other))
    assert f"an unseen spelling of {one.name!r} is named {other.name!r}" in failures


def test_two_mistakes_that_cannot_be_told_apart_fail_the_audit():
    one = CONV1D.mistakes[0]
    failures = _failures(_with(one, one._replace(name="the same")))
    assert any(f.endswith("is known and yet named None") for f in failures)


def test_unseen_spellings_that_nothing_explains_fail_the_audit():
    odd = (("* w[f])", "* w[f]) ** 3 % 7"),)
    generic = Mistake("odd", "?", ((("* w[f])", "* w[f]) ** 2 % 5"),), odd))
    assert "only 0% of the unseen spellings are named or explained" in _failures(_with(generic))


def test_a_refused_right_answer_fails_the_audit():
    failures = _failures(_with(), {"flipped": lambda x, w, b=None, **o: x})
    assert failures == ["'flipped' is refused although it is right"]


def test_an_edit_that_does_not_apply_or_does_not_run_is_told():
    for edit, said in (
        (("no such text", "x"), "the answer has no 'no such text' to edit"),
        (("* w[f]", "* w[g]"), "does not run: it raised NameError"),
        (("* w[f]", "* w[f"), "gives what is not Python"),
    ):
        with pytest.raises(ValueError, match="conv1d") as refused:
            mistakes.results(_with(Mistake("slip", "?", ((edit,),))))
        assert said in str(refused.value)


def test_a_whole_function_is_a_spelling_too():
    source = "def conv1d(x, w, b=None, *, stride=1, padding=0):\n    return x[:, :, ::-1]\n"
    task = _with(Mistake("turned", "?", (source, source)))
    assert judge(task, lambda x, *_, **__: x[:, :, ::-1], known=mistakes.results(task)).mistake


def test_unknown_chapters_and_a_bad_number_of_seeds_are_refused():
    with pytest.raises(SystemExit, match="CHAPTER must be one of .*convolution.*, got 'x'"):
        _run("x")
    with pytest.raises(SystemExit, match="--seeds must be at least 1, got 0"):
        _run("--seeds", "0")
    with pytest.raises(ValueError, match="TASKS, got 'nothing'"):
        mistakes.tasks("nothing")


def test_the_share_counts_what_is_named_and_explained():
    assert audit._share(Counter(named=1, explained=1, generic=2)) == 0.5
    assert audit._share(Counter()) == 1
