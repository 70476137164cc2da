"""A class of any size, with results and gradebook rows as grading writes them, but nothing graded.

Each student has an ability and each task a difficulty; a wrong answer is one of the task's known
mistakes. So the numbers of a report look like those of a class. Everything follows from the seed.
"""

import shutil
from datetime import UTC, datetime, timedelta

import nbformat
import numpy as np

from course_lib.authoring.mistakes import tasks
from course_lib.authoring.notebook import source_notebook
from course_lib.grading import sandbox
from course_lib.grading.folder import CourseFolder
from course_lib.grading.marks import NO_RESPONSE
from course_lib.grading.registration import register
from course_lib.grading.results import Result
from tests.grading.conftest import ROOT

CHAPTER = "convolution"
FIRST = (
    "Aino Bela Chidi Dalia Emre Farah Goran Hana Ines Jonas Kofi Linh Mateo Nadia Olga Pavel "
    "Qiang Rosa Samir Tala Ugo Vera Wanda Xenia Yusuf Zoë 明 Ольга"
).split()
LAST = (
    "Abe Bauer Costa Diallo Eriksen Fofanah García Haddad Ito Jensen Kowalska Lopes Müller Nguyen "
    "O'Brien Petrov Quispe Rossi Silva Tanaka 李 Иванова"
).split()
HARD = (-1.2, -0.6, 0.2, -0.3, 1.0, 0.4)
DUE = datetime(2026, 11, 29, 23, 59)


def names(count):
    """Return as many different names as asked for."""
    every = [f"{first} {last}" for last in LAST for first in FIRST]
    step, many = 37, len(every)  # coprime: neighbours differ in both names
    return [
        every[step * number % many] + f" {number // many}" * (number >= many)
        for number in range(count)
    ]


def write(root, count=120, seed=0):
    """Write a course folder whose class has `count` submissions; return the CourseFolder."""
    random = np.random.default_rng(seed)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    path = root / "build" / "source" / CHAPTER / f"{CHAPTER}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(source_notebook(ROOT / "solutions" / CHAPTER / f"{CHAPTER}.py"), path)
    course = CourseFolder(root)
    register(course, CHAPTER)
    results = {one: _result(one, random) for one in names(count)}
    _odd(list(results.values()), random)
    with course.gradebook() as gradebook:
        gradebook.update_or_create_assignment(CHAPTER, duedate=DUE)
        for student, result in results.items():
            folder = course.path("submitted", student, CHAPTER)
            folder.mkdir(parents=True)
            (folder / f"{CHAPTER}.ipynb").write_text("{}")
            _rows(gradebook, result, random)
            result.save(course)
            if result.status == "graded" and result.state == "done":
                page = course.path("feedback", student, CHAPTER) / f"{CHAPTER}.html"
                page.parent.mkdir(parents=True)
                page.write_text("<!DOCTYPE html><title>Feedback</title>")
        gradebook.db.commit()
    (root / "submitted" / "loose.ipynb").write_text("{}")
    return course


def _result(student, random):
    result = Result(CHAPTER, student, "key", "done", "graded", layers=list(sandbox.WALLS))
    ability = random.normal(0.6, 1.0)
    numbers = random.integers(0, 1 << 32, 60)
    result.fingerprint = sorted(int(number) for number in numbers)
    for task, hard in zip(tasks(CHAPTER), HARD, strict=True):
        check = {"state": "ok", "reason": "", "mistakes": [], "score": 0, "max": task.total}
        chance = 1 / (1 + np.exp(-1.7 * (ability - hard)))
        if random.random() < chance:
            check["score"] = task.total
        elif random.random() < 0.7:
            weights = 0.6 ** np.arange(len(task.mistakes))
            mistake = task.mistakes[random.choice(len(weights), p=weights / weights.sum())]
            check["mistakes"] = [mistake.name]
            check["score"] = 0.5 * task.total * (random.random() < 0.4)
        elif random.random() < 0.6:
            check["blank"] = True
        result.checks[f"{CHAPTER}/check-{task.name}"] = check
    return result


def _odd(results, random):
    """Give some of the class what a real class has, too."""
    order = (results[index] for index in random.permutation(len(results)))
    for reason in (
        "The file is empty.",
        "The file is not valid JSON (Expecting value: line 177 column 5); it may be cut off.",
    ):
        one = next(order)
        one.status, one.reason, one.checks = "rejected", reason, {}
    one = next(order)
    one.status, one.state, one.checks = "failed", "failed", {}
    one.reason = "It could not be recorded (OSError: No space left on device)."
    one = next(order)
    one.status, one.state, one.checks = "failed", "running", {}
    for _ in range(2):
        one = next(order)
        check = one.checks[f"{CHAPTER}/check-conv2d"]
        check |= {"state": "timeout", "score": 0, "mistakes": []}
        check["reason"] = "this test did not end in time; it scores 0"
        one.events = ["check-conv2d: this test did not end in time; it scores 0."]
    next(order).evidence = ["ALARM: check-conv1d gave 693 points of 3; it counts as 0."]
    next(order).evidence = ["Code cell 4 uses course_lib.conv2d."]
    next(order).evidence = ["Locked cells differed from the release, whose text was used: setup."]
    for _ in range(3):
        next(order).repairs = ["Missing cells were put back from the release: check-move."]
    one, other = next(order), next(order)
    other.fingerprint = sorted(one.fingerprint[:50] + other.fingerprint[:8])
    for one in results[20:40]:  # an answer that went round
        one.fingerprint = sorted(one.fingerprint + list(range(12)))
    for _ in range(9):
        next(order).late_seconds = float(random.integers(600, 200_000))
    next(order).layers = list(sandbox.WALLS)[1:]
    for _ in range(2):
        next(order).changed = [f"{CHAPTER}/answer-thirteen_rows"]
    for one in results:  # a test was changed since
        name = f"{CHAPTER}/check-equivariance_error"
        if one.checks and not one.changed and random.random() < 0.12:
            one.before = {key: check["score"] for key, check in one.checks.items()}
            one.before[name] = 2 - one.before[name] if one.before[name] in (0, 2) else 0


def _rows(gradebook, result, random):
    if result.state == "running":
        return
    gradebook.update_or_create_student(result.student)
    when = DUE + timedelta(seconds=result.late_seconds)
    submission = gradebook.update_or_create_submission(
        CHAPTER, result.student, timestamp=when.replace(tzinfo=UTC)
    )
    [notebook] = submission.notebooks
    if result.late_seconds > 86_400:
        notebook.late_submission_penalty = 1
    blank, marked = set(), random.random() < 0.35
    for grade in notebook.grades:
        check = result.checks.get(f"{CHAPTER}/{grade.name}")
        if check is not None:
            grade.auto_score, grade.needs_manual_grade = check["score"], False
            if check.pop("blank", False):
                blank.add(grade.name.removeprefix("check-"))
        elif f"{CHAPTER}/{grade.name}" in result.changed:
            grade.manual_score, grade.needs_manual_grade = 2, True
        elif not result.checks or random.random() < 0.1:
            grade.auto_score, grade.needs_manual_grade = 0, False
            blank.add(grade.name)
        elif marked:
            points = random.integers(1, 2 * grade.max_score + 1) / 2
            grade.manual_score, grade.needs_manual_grade = float(points), False
        else:
            grade.needs_manual_grade = True
    for comment in notebook.comments:
        comment.auto_comment = NO_RESPONSE if comment.name in blank else None
