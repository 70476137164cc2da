"""Every chapter's exercise through the grader: a solved, a half solved and a mistaken notebook."""

import argparse
import shutil
from pathlib import Path

import nbformat
import pytest

from course_lib.authoring import mistakes, sample
from course_lib.authoring.notebook import student_notebook
from course_lib.authoring.release import release
from course_lib.grading import grade
from course_lib.grading.folder import CourseFolder
from course_lib.grading.results import Result

ROOT = Path(__file__).parents[2]
STUDENTS = ("solved", "half-right", "mistakes-01")


@pytest.mark.slow
def test_solved_half_and_mistaken_notebooks_get_what_they_deserve(chapter, tmp_path):
    shutil.copytree(ROOT / "solutions" / chapter, tmp_path / "solutions" / chapter)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    release(chapter, tmp_path)
    course = CourseFolder(tmp_path)
    path = course.path("source", ".", chapter) / f"{chapter}.ipynb"
    source = nbformat.read(path, as_version=4)
    made = sample.SampleClass(chapter, source, student_notebook(source))
    for student in STUDENTS:
        name, data = made.submissions()[student]
        folder = course.path("submitted", student, chapter)
        folder.mkdir(parents=True)
        (folder / name).write_bytes(data)
    parser = argparse.ArgumentParser()
    grade.add_arguments(parser)
    grade.run(parser.parse_args(["--course", str(tmp_path), "--allow-root"]))

    def checks(student):
        found = Result.load(course, chapter, student).checks
        return {name.split("/")[-1].removesuffix("-test"): one for name, one in found.items()}

    tasks = mistakes.tasks(chapter)
    scores = {student: [one["score"] for one in checks(student).values()] for student in STUDENTS}
    assert scores["solved"] == [task.total for task in tasks]
    half = len(tasks) // 2
    assert scores["half-right"] == scores["solved"][:half] + [0] * (len(tasks) - half)
    named = [one["mistakes"] for one in checks("mistakes-01").values()]
    assert named == [[task.mistakes[0].name] for task in tasks]
    assert all(got < task.total for got, task in zip(scores["mistakes-01"], tasks, strict=True))
