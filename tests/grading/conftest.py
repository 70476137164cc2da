"""A course with one tiny assignment, so that a whole class is graded in seconds."""

import copy
import json
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.preprocessors import ClearOutput, ClearSolutions, ComputeChecksums, LockCells

from course_lib.authoring.notebook import student_notebook
from course_lib.grading import evidence, intake, session, verdict
from course_lib.grading.folder import CourseFolder
from course_lib.grading.job import Outcome, Paper
from course_lib.grading.registration import register

ROOT = Path(__file__).parents[2]
#: Where an instructor's or a student's page is looked at.
WINDOWS = pytest.mark.parametrize(
    "scheme, width",
    [
        ("light", 360),
        ("dark", 1280),
        pytest.param("light", 1280, marks=pytest.mark.slow),
        pytest.param("dark", 360, marks=pytest.mark.slow),
    ],
)

CONFIG = """
c = get_config()
c.CourseDirectory.source_directory = "build/source"
c.CourseDirectory.release_directory = "exercises"
c.ExecutePreprocessor.timeout = 5
"""

SOLUTION = """def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION"""

TEST = """assert double(2) == 4, "double(2) must be 4"
### BEGIN HIDDEN TESTS
class Score(float):
    def _repr_mimebundle_(self, **_):
        return {"text/plain": f"{float(self)}"}, {"course": {"mistake": "SQUARE"}}


if double(-3) == 9:
    print("a known mistake: SQUARE")
Score(0) if double(-3) == 9 else 3 * (double(-3) == -6)
### END HIDDEN TESTS"""

TEST_TWO = "assert half(4) == 2"


def labelled(cell, name, *, grade=False, solution=False, locked=False, points=None):
    """Give a cell nbgrader's metadata."""
    marks = {
        "grade_id": name,
        "grade": grade,
        "solution": solution,
        "locked": locked,
        "task": False,
        "schema_version": 3,
    }
    cell.metadata["nbgrader"] = marks | ({"points": points} if grade else {})
    cell.id = name
    return cell


def source_notebook():
    """Two functions, two tests and a written answer: 3 + 2 + 4 points."""
    solve = {"solution": True}
    test = {"grade": True, "locked": True}
    half = "def half(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION"
    return new_notebook(
        cells=[
            new_markdown_cell("# Tiny", id="title"),
            labelled(new_code_cell(SOLUTION), "double", **solve),
            labelled(new_code_cell(TEST), "double-test", points=3, **test),
            labelled(new_code_cell(half), "half", **solve),
            labelled(new_code_cell(TEST_TWO), "half-test", points=2, **test),
            labelled(new_markdown_cell("Why?"), "why", grade=True, solution=True, points=4),
        ],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )


class TinyCourse:
    """A course folder on disk, and ways to hand in."""

    def __init__(self, root):
        self.root = root
        (root / "nbgrader_config.py").write_text(CONFIG)
        source = root / "build" / "source" / "tiny"
        source.mkdir(parents=True)
        nbformat.write(source_notebook(), source / "tiny.ipynb")
        self.course = CourseFolder(root)
        self.release = register(self.course, "tiny")["tiny"]

    def notebook(self, double=None, half=None, why=None):
        """The released notebook, with some answers filled in."""
        notebook = copy.deepcopy(self.release)
        for cell in notebook.cells:
            answer = {"double": double, "half": half, "why": why}.get(cell.id)
            if answer is not None:
                cell.source = answer
        return notebook

    def solved(self, **answers):
        """A notebook with all answers right."""
        right = {
            "double": "def double(x):\n    return 2 * x",
            "half": "def half(x):\n    return x / 2",
            "why": "Because.",
        }
        return self.notebook(**right | answers)

    def hand_in(self, student, content, name="tiny.ipynb"):
        """Write a submission: a notebook, or the bytes of a file."""
        path = self.root / "submitted" / student / "tiny" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not isinstance(content, bytes):
            content = json.dumps(content).encode()
        path.write_bytes(content)
        return path


@pytest.fixture(scope="session")
def tiny_template(tmp_path_factory):
    """A course without submissions; registering takes a second, so it is done once."""
    return TinyCourse(tmp_path_factory.mktemp("course"))


@pytest.fixture
def tiny(tiny_template, tmp_path):
    """A fresh copy of the tiny course."""
    import shutil

    root = tmp_path / "course"
    shutil.copytree(tiny_template.root, root)
    copied = TinyCourse.__new__(TinyCourse)
    copied.root, copied.course = Path(root), CourseFolder(root)
    copied.release = tiny_template.release
    return copied


class FakeEngine:
    """An engine that runs nothing and finds every test right.

    Args:
        log: a list that gets the names of the students.
        states: states of tests by their grade_id, where they are not "ok".
        fault: called with each Job before it is graded; what it returns, if anything, is the
            Outcome.
    """

    def __init__(self, log=None, states=None, fault=lambda job: None):
        self.log, self.states, self.fault = [] if log is None else log, states or {}, fault

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def run(self, jobs):
        for job in jobs:
            self.log.append(job.student)
            yield job, self.fault(job) or self.outcome(job)

    def outcome(self, job):
        [paper] = job.papers
        release = nbformat.reads(paper.release.decode(), as_version=4)
        try:
            name, _ = intake.choose_file(job.files, paper.name)
            notebook = intake.take_in(job.files[name], release).notebook
        except intake.Rejected as error:
            return Outcome("rejected", str(error))
        session.put_tests_in(notebook, paper)
        results = {}
        for cell in notebook.cells:
            if verdict.is_test(cell):
                state = self.states.get(cell.id, "ok")
                results[cell.id] = verdict.judge(cell, state)
        data = json.dumps(notebook).encode()
        return Outcome("graded", notebooks={paper.name: data}, cells={paper.name: results})


def paper_of(name, source):
    """The Paper of an instructor's notebook, as the gradebook would know its cells."""
    notebook = nbformat.from_dict(source)
    for step in (LockCells, ClearSolutions, ClearOutput, ComputeChecksums):
        notebook, _ = step().preprocess(notebook, {})
    cells = {
        cell.metadata.nbgrader["grade_id"]: {
            "source": cell.source, "checksum": cell.metadata.nbgrader.get("checksum")
        }
        for cell in notebook.cells
        if cell.metadata.get("nbgrader")
    }  # fmt: skip
    release = json.dumps(student_notebook(source)).encode()
    return Paper(name, release, cells, evidence.uses(nbformat.from_dict(source)))
