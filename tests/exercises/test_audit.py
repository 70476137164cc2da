"""Every known mistake loses and is named, every right answer passes, and the audit says so."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.checks import audit
from course_lib.checks.check import CheckFailed

ROOT = Path(__file__).parents[2]
EXERCISES = {exercise.check.name: exercise for exercise in audit.exercises(ROOT)}
MISTAKES = [(name, m) for name, e in EXERCISES.items() for m in e.check.misconceptions]
STYLES = [(name, style) for name, e in EXERCISES.items() for style in e.alternatives]


def _run(*words, course=ROOT):
    parser = argparse.ArgumentParser()
    audit.add_arguments(parser)
    return audit.run(parser.parse_args([*words, "--course", str(course)]))


@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=lambda v: getattr(v, "name", v))
def test_a_mistake_loses_and_is_the_only_one_named(name, mistake):
    check = EXERCISES[name].check
    with pytest.raises(CheckFailed) as failed:
        check(mistake.function)
    assert failed.value.misconceptions == (mistake.name,)
    assert f"a known mistake: {mistake.name}.\n  {mistake.question}" in str(failed.value)
    with pytest.raises(CheckFailed):
        check(mistake.function, seed=0)


@pytest.mark.parametrize(("name", "style"), STYLES)
def test_a_right_answer_in_another_style_passes(name, style, capfd):
    check, function = EXERCISES[name].check, EXERCISES[name].alternatives[style]
    check(function)
    for seed in range(2):
        check(function, seed=seed)
    out, err = capfd.readouterr()
    assert out.count(f"{check.name}: all ") == 3  # a silent test cell would get full marks
    assert err == ""  # and stderr would cost all of them


@pytest.mark.slow
@pytest.mark.parametrize("name", EXERCISES)
def test_with_100_seeds_nothing_slips_through_and_nothing_right_is_refused(name):
    result = audit.audit(EXERCISES[name], 100)
    assert (result.surviving, result.undiagnosed, result.refused) == ([], [], [])


def test_each_exercise_has_enough_mistakes_and_styles():
    for exercise in EXERCISES.values():
        names = [mistake.name for mistake in exercise.check.misconceptions]
        assert len(names) == len(set(names)) >= 5
        assert all(mistake.question.endswith("?") for mistake in exercise.check.misconceptions)
        assert len(exercise.alternatives) >= 3


def test_json_holds_the_counts_and_nothing_else():
    command = [sys.executable, "-c", "from course_lib.cli import main; raise SystemExit(main())"]
    done = subprocess.run(
        [*command, "audit", "--json", "--seeds", "1", "--course", str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    (top,) = json.loads(done.stdout).items()
    assert top[0] == "exercises"
    keys = "name chapter points misconceptions killed diagnosed alternatives accepted".split()
    assert [list(row) for row in top[1]] == [keys] * len(EXERCISES)
    assert [row["name"] for row in top[1]] == list(EXERCISES)
    assert sum(row["points"] for row in top[1]) == 15
    for row in top[1]:
        assert row["chapter"] == "convolution"
        assert row["misconceptions"] == row["killed"] == row["diagnosed"]
        assert row["alternatives"] == row["accepted"]


def test_a_surviving_mistake_fails_the_audit(monkeypatch, capsys):
    exercise = EXERCISES["conv1d"]
    right = exercise.alternatives["loops"]
    harmless = audit.Check(
        "conv1d",
        exercise.check.worked,
        exercise.check.random,
        (exercise.check.misconceptions[0]._replace(name="nothing wrong", function=right),),
    )
    monkeypatch.setattr(audit, "exercises", lambda *_: [exercise._replace(check=harmless)])
    assert _run("--seeds", "1") == 1
    out, err = capsys.readouterr()
    assert "0 of 1" in out and "'nothing wrong' passes although it is wrong" in err


def test_a_refused_right_answer_fails_the_audit(monkeypatch, capsys):
    exercise = EXERCISES["conv1d"]
    wrong = {"flipped": exercise.check.misconceptions[0].function}
    monkeypatch.setattr(audit, "exercises", lambda *_: [exercise._replace(alternatives=wrong)])
    assert _run("--seeds", "1") == 1
    assert "'flipped' is refused although it is right" in capsys.readouterr().err


def test_a_check_cell_without_a_check_is_refused(tmp_path):
    folder = tmp_path / "solutions" / "convolution"
    folder.mkdir(parents=True)
    (folder / "convolution.py").write_text('# %% check="conv3d" points=4\nchecks.conv3d(conv3d)\n')
    with pytest.raises(SystemExit, match="only one of the two has conv1d, .*conv3d"):
        _run(course=tmp_path)


def test_an_unknown_chapter_and_a_bad_number_of_seeds_are_refused():
    with pytest.raises(SystemExit, match="CHAPTER must be one of convolution, got 'pooling'"):
        _run("pooling")
    with pytest.raises(SystemExit, match="--seeds must be at least 1, got 0"):
        _run("--seeds", "0")
