"""The sample class of the exercise `convolution`, graded as a whole."""

import inspect
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.authoring import sample
from course_lib.authoring.mistakes import tasks
from course_lib.authoring.release import release
from course_lib.grading import grade
from course_lib.grading.folder import CourseFolder
from course_lib.grading.marks import all_marks
from course_lib.grading.results import rows

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def origin(tmp_path_factory):
    """A course folder with the exercise, released."""
    root = tmp_path_factory.mktemp("origin")
    shutil.copytree(ROOT / "solutions", root / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    release("convolution", root)
    return root


@pytest.fixture(scope="session")
def written(origin, tmp_path_factory):
    target = tmp_path_factory.mktemp("written") / "sample"
    sample.write(target, ["convolution"], origin)
    return target


@pytest.fixture
def target(written, tmp_path):
    """A sample class of a test's own."""
    return shutil.copytree(written, tmp_path / "sample", symlinks=True)


def test_has_every_kind_of_submission(target):
    students = {path.name for path in (target / "submitted").iterdir()}
    assert {
        *("solved", "blank", "half-right", "crash", "infinite-loop", "library-call"),
        *("warning", "duplicated-cell", "missing-tests", "altered-test", "lost-labels"),
        *("wrong-name", "byte-order-mark", "not-json", "empty-file", "mistakes-01"),
    } <= students


def test_every_mistake_has_its_submission(origin, target):
    [made] = sample.write(target, ["convolution"], origin)
    submissions = made.submissions()
    for task in tasks("convolution"):
        for number, mistake in enumerate(task.mistakes):
            _, data = submissions[f"mistakes-{number + 1:02}"]
            cells = {cell.id: cell.source for cell in nbformat.reads(data.decode(), 4).cells}
            assert cells[task.name].startswith(f"# {mistake.name}\ndef {task.name}(")


def test_writing_again_changes_nothing(origin, target):
    def content():
        return {p: p.read_bytes() for p in sorted(target.rglob("*")) if p.is_file()}

    before = content()
    sample.write(target, ["convolution"], origin)
    assert content() == before


def test_a_changed_exercise_starts_with_an_empty_gradebook(origin, target, tmp_path):
    with CourseFolder(target).gradebook() as gradebook:
        gradebook.update_or_create_student("somebody")
    other = tmp_path / "other"
    shutil.copytree(origin, other)
    path = other / "build" / "source" / "convolution" / "convolution.ipynb"
    notebook = nbformat.read(path, as_version=4)
    del notebook.cells[-1]
    nbformat.write(notebook, path)
    sample.write(target, ["convolution"], other)
    with CourseFolder(target).gradebook() as gradebook:
        assert gradebook.students == []


def test_a_real_folder_is_not_overwritten(origin, tmp_path):
    (tmp_path / "grades.csv").write_text("precious")
    with pytest.raises(ValueError, match="must be new, empty or a sample"):
        sample.write(tmp_path, ["convolution"], origin)
    assert [path.name for path in tmp_path.iterdir()] == ["grades.csv"]


def test_unknown_chapters_are_refused(origin, tmp_path):
    with pytest.raises(ValueError, match="CHAPTER must be one of convolution, got 'x'"):
        sample.write(tmp_path / "new", ["x"], origin)


FULL = {task.name: task.total for task in tasks("convolution")}


class Graded:
    """The graded sample class."""

    def __init__(self, target, made, status):
        self.target, self.made, self.status = target, made, status
        self.course = CourseFolder(target)
        self.rows = {row.student: row for row in rows(self.course, "convolution")}
        self.names = [part.name for part in self.course.parts("convolution")]

    def scores(self, student):
        """The scores of the checks by their names."""
        marks = zip(self.names, self.rows[student].parts, strict=True)
        return {n.removeprefix("check-"): m.score for n, m in marks if n.startswith("check-")}

    def feedback(self, student):
        """The text of a student's feedback page."""
        return (self.target / self.rows[student].feedback_page).read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def graded(origin, tmp_path_factory):
    """The whole class, graded once by the command in an environment that is not activated."""
    target = tmp_path_factory.mktemp("class") / "sample"
    [made] = sample.write(target, ["convolution"], origin)
    run = "import sys; from course_lib.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", run, "grade", "--allow-root", "--course", str(target)]
    status = subprocess.run(command, env={"PATH": "/usr/bin:/bin"}).returncode
    return Graded(target, made, status)


slow = pytest.mark.slow


@slow
def test_all_submissions_have_rows(graded):
    assert graded.status == 0
    assert set(graded.rows) == set(graded.made.submissions())
    statuses = {student: row.status for student, row in graded.rows.items()}
    assert {s for s, status in statuses.items() if status == "rejected"} == {
        "not-json",
        "empty-file",
    }
    assert "not graded" not in statuses.values()
    for name in ("report.html", "scores.csv", "gradebook.db"):
        assert (graded.target / name).stat().st_size > 0


@slow
@pytest.mark.parametrize(
    "student",
    [
        *("solved", "warning", "duplicated-cell", "missing-tests"),
        *("lost-labels", "wrong-name", "byte-order-mark"),
    ],
)
def test_right_answers_get_full_marks(graded, student):
    assert graded.scores(student) == FULL


@slow
@pytest.mark.parametrize("student", ["blank", "altered-test"])
def test_no_answers_get_nothing(graded, student):
    assert set(graded.scores(student).values()) == {0}
    assert "not written yet" in graded.feedback(student)


@slow
def test_blank_needs_no_marking_by_hand(graded):
    assert not graded.rows["blank"].waiting and graded.rows["solved"].waiting


@slow
def test_half_right_gets_the_points_of_its_half(graded):
    expected = FULL | {"move": 0, "equivariance_error": 0, "diagonal_kernel": 0}
    assert graded.scores("half-right") == expected


@slow
def test_a_crash_costs_what_comes_after(graded):
    assert graded.scores("crash") == dict.fromkeys(FULL, 0) | {"conv1d": 3}
    assert "ended the Python process" in graded.feedback("crash")
    assert "this test did not run" in graded.feedback("crash")


@slow
def test_a_loop_costs_its_own_test(graded):
    assert graded.scores("infinite-loop") == FULL | {"conv1d": 0}
    assert "is there a loop without an end?" in graded.feedback("infinite-loop")


@slow
def test_the_library_that_holds_the_answers_cannot_be_called(graded):
    assert graded.scores("library-call") == FULL | {"conv1d": 0, "conv2d": 0}
    assert "may not be used in this exercise" in graded.feedback("library-call")


@slow
def test_library_calls_and_altered_tests_are_shown_not_scored(graded):
    assert any("course_lib.conv2d" in one for one in graded.rows["library-call"].result.evidence)
    assert any("check-conv1d" in one for one in graded.rows["altered-test"].result.evidence)
    for student in ("solved", "half-right", "warning", "mistakes-01"):
        assert graded.rows[student].result.evidence == []


@slow
def test_each_mistake_loses_points_and_is_named(graded):
    for task in tasks("convolution"):
        for number, mistake in enumerate(task.mistakes):
            student = f"mistakes-{number + 1:02}"
            assert graded.scores(student)[task.name] < task.total, (student, mistake.name)
            wrong_too = set(graded.made.mistakes_of(number)) - {task.name}
            if wrong_too & set(inspect.getsource(task.function()).replace("(", " ").split()):
                continue  # it calls a function that is wrong in another way
            seen = graded.rows[student].result.checks[f"convolution/check-{task.name}"]
            others = set(graded.made.mistakes_of(number)) - {task.name}
            if others & set(task.function().__code__.co_names):
                continue  # this answer calls another one, which is wrong in its own way
            assert seen["mistakes"] == [mistake.name], (student, task.name, seen)
            assert mistake.question.split("`")[0][:20] in graded.feedback(student)


@slow
def test_a_mistake_in_the_details_keeps_the_points_of_the_idea(graded):
    number = [m.name for m in tasks("convolution")[0].mistakes].index("stride in the size only")
    assert 0 < graded.scores(f"mistakes-{number + 1:02}")["conv1d"] < 3


@slow
def test_no_page_loads_anything(graded):
    for page in (graded.target / "report.html", *graded.target.glob("feedback/*/*/*.html")):
        text = page.read_text(encoding="utf-8")
        assert "default-src 'none'" in text
        assert text.count("<script") == (page.name == "report.html")
        assert 'src="http' not in text and "url(http" not in text


@slow
def test_grading_again_runs_nothing(graded):
    class Engine:
        def __enter__(self):
            raise AssertionError("nothing has changed")

    results = grade.grade(graded.course, "convolution", engine=Engine())
    assert len(results) == len(graded.rows) and all(r.status != "failed" for r in results)


@slow
def test_nbgrader_gives_the_same_grades(graded, tmp_path):
    """Of honest work: row for row, score for score, comment for comment."""
    honest = (
        *("solved", "blank", "half-right", "warning", "mistakes-01", "mistakes-05"),
        *("mistakes-03", "mistakes-09"),
    )
    root = tmp_path / "plain"
    for part in ("build/source", "exercises"):
        shutil.copytree(graded.target / part, root / part)
    shutil.copy(graded.target / "nbgrader_config.py", root)
    for student in honest:
        shutil.copytree(graded.target / "submitted" / student, root / "submitted" / student)
    nbgrader = [sys.executable, "-m", "nbgrader"]
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    for verb in ("generate_assignment", "autograde"):
        command = [*nbgrader, verb, "convolution", "--force"]
        done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    plain = CourseFolder(root)
    with plain.gradebook() as theirs, graded.course.gradebook() as ours:
        expected = all_marks(theirs, "convolution")
        found = all_marks(ours, "convolution")
    assert set(expected) == set(honest)
    for student in honest:
        marks = found[student]
        assert marks.parts == expected[student].parts, student
        assert marks.comments == expected[student].comments, student
    export = subprocess.run(
        [*nbgrader, "export"], cwd=graded.target, env=environment, capture_output=True, text=True
    )
    assert export.returncode == 0, export.stderr
