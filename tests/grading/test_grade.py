"""Grading a class: every submission ends in a row and costs the others nothing."""

import copy
import csv
import io
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import nbformat
import pytest
from nbgrader.apps.api import NbGraderAPI

from course_lib.authoring.sample import is_test
from course_lib.grading import export, grade, record, report
from course_lib.grading.folder import CourseFolder
from course_lib.grading.job import Outcome
from course_lib.grading.marks import all_marks
from course_lib.grading.results import rows
from tests.grading.conftest import FakeEngine

FULL = (3, 2)
NEITHER = (0, 0)


def grade_all(course, **options):
    return grade.grade(course, "tiny", **options)


def row_of(course, student):
    return next(row for row in rows(course, "tiny") if row.student == student)


def autograded(row):
    return tuple(mark.score for mark in row.parts[:2])


@pytest.fixture(scope="module")
def graded(tiny_template, tmp_path_factory):
    """A class with everything in it, graded once."""
    root = tmp_path_factory.mktemp("graded") / "a class [1]"
    shutil.copytree(tiny_template.root, root)
    tiny = copy.copy(tiny_template)
    tiny.root, tiny.course = root, CourseFolder(root)
    solved = tiny.solved()
    right, looping = (
        "def double(x):\n    return 2 * x",
        "def double(x):\n    while True: __import__('time').sleep(0.1)",
    )
    crash = "def half(x):\n    import os; os._exit(1)"
    noisy = f"import sys, warnings\n{right[:15]}\n    warnings.warn('w')\n"
    noisy += "    print('careful', file=sys.stderr)\n    return 2 * x"
    duplicated = tiny.solved()
    for index in (2, 1):
        duplicated.cells.insert(index + 1, copy.deepcopy(duplicated.cells[index]))
    script = "<script>alert('x')</script><img src=x onerror=alert(1)> Because."
    for student, content in {
        "solved": solved,
        "blank": tiny.notebook(),
        "half right": tiny.notebook(double=right),
        "mistaken": tiny.solved(double="def double(x):\n    return x * x"),
        "crash": tiny.solved(half=crash),
        "exit": tiny.solved(double="exit()"),
        "loop": tiny.solved(double=looping),
        "noisy": tiny.solved(double=noisy),
        "duplicated": duplicated,
        "bom": b"\xef\xbb\xbf" + json.dumps(solved).encode(),
        "cut": json.dumps(solved).encode()[:500],
        "empty": b"",
        "script": tiny.solved(why=script),
        "Zoë [x]": solved,
    }.items():
        tiny.hand_in(student, content)
    tiny.hand_in("renamed", solved, name="my tiny.ipynb")
    (root / "submitted" / "nothing" / "tiny").mkdir(parents=True)
    tests_gone = copy.deepcopy(solved)
    tests_gone.cells = [cell for cell in solved.cells if not is_test(cell)]
    tiny.hand_in("tests gone", tests_gone)
    library = "from course_lib import conv2d\ndef double(x):\n    return 2 * x"
    tiny.hand_in("library", tiny.solved(double=library))
    tiny.status = grade.run(_arguments(root))
    return tiny


def _arguments(root, *more):
    import argparse

    parser = argparse.ArgumentParser()
    grade.add_arguments(parser)
    return parser.parse_args(["--course", str(root), "--timeout", "4", "--allow-root", *more])


@pytest.mark.parametrize(
    ("student", "status", "scores"),
    [
        ("solved", "graded", FULL),
        ("blank", "graded", NEITHER),
        ("half right", "graded", (3, 0)),
        ("mistaken", "graded", (0, 2)),
        ("crash", "graded, with a stop", (3, 0)),
        ("loop", "graded, with a stop", (0, 2)),
        ("noisy", "graded", FULL),
        ("duplicated", "graded", FULL),
        ("bom", "graded", FULL),
        ("script", "graded", FULL),
        ("renamed", "graded", FULL),
        ("tests gone", "graded", FULL),
        ("library", "graded", FULL),
        ("Zoë [x]", "graded", FULL),
    ],
)
def test_scores(graded, student, status, scores):
    row = row_of(graded.course, student)
    assert (row.status, autograded(row)) == (status, scores)


@pytest.mark.parametrize(
    ("student", "reason"), [("cut", "JSON"), ("empty", "empty"), ("nothing", "no notebook")]
)
def test_rejections_give_the_reason(graded, student, reason):
    row = row_of(graded.course, student)
    assert row.status == "rejected" and row.score is None and reason in row.result.reason


def test_every_submission_has_a_row(graded):
    students = {path.name for path in (graded.root / "submitted").iterdir()}
    table = list(csv.DictReader(io.StringIO((graded.root / "scores.csv").read_text())))
    assert graded.status == 0
    assert {row["student"] for row in table} == students and len(table) == len(students)
    page = (graded.root / "report.html").read_text()
    assert all(f">{student}<" in page for student in students)


def test_exit_in_a_cell_scores_no_test_that_did_not_run(graded):
    assert autograded(row_of(graded.course, "exit")) == NEITHER


def test_a_test_that_did_not_run_says_so(graded):
    page = (graded.root / "feedback" / "loop" / "tiny" / "tiny.html").read_text()
    assert "did not end in time; it scores 0" in page


def test_repairs_and_evidence_are_in_the_report(graded):
    page = (graded.root / "report.html").read_text()
    for said in (
        "byte-order mark",
        "Cell double was there 2 times",
        "Missing cells were put back from the release: double-test, half-test.",
        "taken as tiny.ipynb",
        "uses course_lib.conv2d",
    ):
        assert said in page, said


def test_report_loads_nothing_and_hides_nothing_active(graded):
    page = (graded.root / "report.html").read_text()
    assert "default-src 'none'" in page and page.count("<script") == 1
    assert "http://" not in page.replace('href="http://localhost:8888/formgrader/', "")
    assert "https://" not in page


def test_feedback_is_cleaned(graded):
    page = (graded.root / "feedback" / "script" / "tiny" / "tiny.html").read_text()
    assert "Because." in page and "default-src 'none'" in page
    assert "<script" not in page and "onerror=alert(1)>" not in page
    assert "https://" not in page


def test_feedback_shows_the_hint(graded):
    page = (graded.root / "feedback" / "mistaken" / "tiny" / "tiny.html").read_text()
    assert "known mistake: SQUARE" in page


def test_report_names_who_waits_for_marking(graded):
    waiting = {row.student for row in rows(graded.course, "tiny") if row.waiting}
    assert {"solved", "crash", "script"} <= waiting and "blank" not in waiting


def test_the_gradebook_serves_formgrader(graded):
    api = NbGraderAPI(coursedir=graded.course.coursedir(), config=graded.course.config)
    submissions = {one["student"]: one for one in api.get_submissions("tiny")}
    assert submissions["solved"]["needs_manual_grade"] and submissions["solved"]["autograded"]
    assert not submissions["blank"]["needs_manual_grade"]
    assert submissions["solved"]["code_score"] == 5


def test_csv_has_a_column_per_part(graded):
    table = list(csv.DictReader(io.StringIO(export.table(graded.course))))
    solved = next(row for row in table if row["student"] == "solved")
    assert solved["tiny/double-test"] == "3.0" and solved["needs_manual_grade"] == "yes"
    assert (solved["score"], solved["max_score"]) == ("5.0", "9.0")
    assert next(row for row in table if row["student"] == "cut")["score"] == ""


def test_submissions_are_not_touched(graded):
    path = graded.root / "submitted" / "bom" / "tiny" / "tiny.ipynb"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert [p.name for p in (graded.root / "submitted/renamed/tiny").iterdir()] == ["my tiny.ipynb"]


@pytest.mark.slow
def test_plain_nbgrader_works_on_the_same_course(graded, tmp_path):
    root = tmp_path / "plain"
    shutil.copytree(graded.root, root)
    nbgrader = [sys.executable, "-m", "nbgrader"]
    for verb in ("autograde", "generate_feedback"):
        command = [*nbgrader, verb, "tiny", "--student", "solved", "--force"]
        result = subprocess.run(command, cwd=root, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
    assert autograded(row_of(CourseFolder(root), "solved")) == FULL


def test_a_test_that_did_not_run_scores_nothing(tiny):
    tiny.hand_in("anna", tiny.solved())
    grade_all(tiny.course, engine=FakeEngine(states={"half-test": "not run"}))
    assert autograded(row_of(tiny.course, "anna")) == (3, 0)
    page = (tiny.root / "feedback" / "anna" / "tiny" / "tiny.html").read_text()
    assert "this test did not run" in page


def test_only_what_changed_is_graded_again(tiny):
    log = []
    for student in ("anna", "ben"):
        tiny.hand_in(student, tiny.solved())
    grade_all(tiny.course, engine=FakeEngine(log))
    assert sorted(log) == ["anna", "ben"]
    grade_all(tiny.course, engine=FakeEngine(log))
    assert len(log) == 2
    tiny.hand_in("ben", tiny.solved(why="Otherwise."))
    tiny.hand_in("carla", tiny.solved())
    grade_all(tiny.course, engine=FakeEngine(log))
    assert sorted(log[2:]) == ["ben", "carla"]
    grade_all(tiny.course, engine=FakeEngine(log), everything=True)
    assert len(log) == 7


def test_a_dry_run_names_who_would_be_graded(tiny, capsys):
    for student in ("anna", "ben"):
        tiny.hand_in(student, tiny.solved())
    grade_all(tiny.course, engine=FakeEngine(), students=["anna"])
    for more, named in (
        ([], ["tiny: ben"]),
        (["--all"], ["tiny: anna", "tiny: ben"]),
        (["--student", "anna"], []),
    ):
        assert grade.run(_arguments(tiny.root, "--dry-run", *more)) == 0
        assert capsys.readouterr().out.splitlines() == named
    for dry in ([], ["--dry-run"]):
        assert grade.run(_arguments(tiny.root, "--student", "carla", *dry)) == 2
        assert "--student must have handed in 'tiny', not so 'carla'" in capsys.readouterr().err


def test_a_changed_source_grades_all_again(tiny):
    log = []
    tiny.hand_in("anna", tiny.solved())
    grade_all(tiny.course, engine=FakeEngine(log))
    path = tiny.root / "build" / "source" / "tiny" / "tiny.ipynb"
    source = nbformat.read(path, as_version=4)
    source.cells[2].source += "\nassert double(5) == 10"
    nbformat.write(source, path)
    grade_all(tiny.course, engine=FakeEngine(log))
    assert len(log) == 2
    graded = nbformat.read(tiny.root / "autograded/anna/tiny/tiny.ipynb", as_version=4)
    assert "double(5)" in graded.cells[2].source


def test_removed_cells_are_refused_with_a_reason(tiny, capsys):
    tiny.hand_in("anna", tiny.solved())
    grade_all(tiny.course, engine=FakeEngine())
    path = tiny.root / "build" / "source" / "tiny" / "tiny.ipynb"
    source = nbformat.read(path, as_version=4)
    del source.cells[2]
    nbformat.write(source, path)
    assert grade.run(_arguments(tiny.root)) == 2
    assert "Cannot add or remove cells" in capsys.readouterr().err
    assert autograded_scores(tiny.course, "anna") == {"double-test": 3, "half-test": 2, "why": 0}


def autograded_scores(course, student):
    with course.gradebook() as gradebook:
        marks = all_marks(gradebook, "tiny", student)[student]
    return {name: mark.score for (_, name), mark in marks.parts.items()}


def mark_by_hand(course, student, score, comment):
    with course.gradebook() as gradebook:
        found = gradebook.find_grade("why", "tiny", "tiny", student)
        found.manual_score, found.needs_manual_grade = score, False
        gradebook.find_comment("why", "tiny", "tiny", student).manual_comment = comment
        gradebook.db.commit()


def test_manual_marks_survive_and_reach_feedback_without_a_new_run(tiny):
    log = []
    tiny.hand_in("anna", tiny.solved())
    grade_all(tiny.course, engine=FakeEngine(log))
    mark_by_hand(tiny.course, "anna", 2.5, "Say why not.")
    grade_all(tiny.course, engine=FakeEngine(log))
    page = (tiny.root / "feedback" / "anna" / "tiny" / "tiny.html").read_text()
    assert "Say why not." in page and "2.5" in page and len(log) == 1
    grade_all(tiny.course, engine=FakeEngine(log), everything=True)
    assert autograded_scores(tiny.course, "anna")["why"] == 2.5
    assert row_of(tiny.course, "anna").score == 7.5


def test_the_gradebook_is_copied_before_a_run(tiny):
    tiny.hand_in("anna", tiny.solved())
    grade_all(tiny.course, engine=FakeEngine())
    mark_by_hand(tiny.course, "anna", 4, "")
    grade_all(tiny.course, engine=FakeEngine(), everything=True)
    copies = sorted((tiny.root / "backups").glob("*.db"))
    with closing(sqlite3.connect(copies[-1])) as database:
        scores = database.execute("select manual_score from grade").fetchall()
    assert (4.0,) in scores


class Killed(BaseException):
    """Stands for a signal that ends the grader."""


def test_a_killed_run_goes_on_and_gives_the_same_grades(tiny):
    for student in ("anna", "ben", "carla"):
        tiny.hand_in(student, tiny.solved())

    def killed(job):
        if job.student == "ben":
            raise Killed

    with pytest.raises(Killed):
        grade_all(tiny.course, engine=FakeEngine(fault=killed))
    states = {row.student: row.status for row in rows(tiny.course, "tiny")}
    assert states["ben"] == "not graded yet"
    done = [student for student, status in states.items() if status == "graded"]
    again = []
    grade_all(tiny.course, engine=FakeEngine(again))
    assert sorted(again) == sorted({"anna", "ben", "carla"} - set(done))
    assert all(autograded(row) == FULL for row in rows(tiny.course, "tiny"))


def test_a_failure_of_the_grader_ends_in_a_row(tiny):
    for student in ("anna", "ben"):
        tiny.hand_in(student, tiny.solved())

    def failing(job):
        return Outcome("failed", "disk full") if job.student == "anna" else None

    grade_all(tiny.course, engine=FakeEngine(fault=failing))
    anna = row_of(tiny.course, "anna")
    assert anna.status == "not graded" and "disk full" in anna.result.reason
    assert autograded(row_of(tiny.course, "ben")) == FULL
    again = []
    grade_all(tiny.course, engine=FakeEngine(again))
    assert again == ["anna"] and autograded(row_of(tiny.course, "anna")) == FULL


def test_a_new_rejected_version_shows_no_old_score(tiny):
    tiny.hand_in("anna", tiny.solved())
    grade_all(tiny.course, engine=FakeEngine())
    tiny.hand_in("anna", b"")
    grade_all(tiny.course, engine=FakeEngine())
    row = row_of(tiny.course, "anna")
    assert row.score is None and row.status == "rejected" and "empty" in row.result.reason
    assert autograded_scores(tiny.course, "anna") == {"double-test": 0, "half-test": 0, "why": 0}
    assert not (tiny.root / "autograded" / "anna" / "tiny").exists()


def test_links_in_a_submission_are_not_followed(tiny):
    path = tiny.hand_in("anna", tiny.solved())
    (path.parent / "data.txt").write_text("kept")
    (path.parent / "link.txt").symlink_to(tiny.root / "gradebook.db")
    (path.parent / "folder").symlink_to(tiny.root / "build")
    grade_all(tiny.course, engine=FakeEngine())
    files = {p.name for p in (tiny.root / "autograded" / "anna" / "tiny").rglob("*")}
    assert "data.txt" in files and not files & {"link.txt", "folder", "source"}


def test_a_second_grader_is_refused(tiny, capsys):
    from filelock import FileLock

    tiny.course.work.mkdir(parents=True, exist_ok=True)
    with FileLock(tiny.course.work / "lock"):
        assert grade.run(_arguments(tiny.root)) == 2
    assert "another one" in capsys.readouterr().err


@pytest.mark.parametrize("more", [["unknown"], ["tiny/../x"]])
def test_unknown_assignments_are_refused(tiny, capsys, more):
    assert grade.run(_arguments(tiny.root, *more)) == 2
    assert "must have a source notebook" in capsys.readouterr().err


def test_a_course_without_submissions_has_an_empty_report(tiny, capsys):
    assert grade.run(_arguments(tiny.root)) == 0
    assert "Nobody has handed in" in report.page(tiny.course)
    assert "0 submissions" in capsys.readouterr().out


def test_a_missing_folder_is_refused(tmp_path, capsys):
    assert grade.run(_arguments(tmp_path / "none")) == 2
    assert "must be an existing folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        ".hidden",
        "anna ",
        "two\nlines",
        "\u5b66" * 40,
        "%41",
        "-x",
        "a'b\"c",
        "Zo\u00eb",
        "dots..",
        "=1+1",
    ],
)
def test_a_folder_may_have_any_name(tiny, name):
    tiny.hand_in(name, tiny.solved())
    results = grade_all(tiny.course, engine=FakeEngine())
    assert [result.student for result in results] == [name]
    row = row_of(tiny.course, name)
    assert row.status == "graded" and autograded(row) == FULL and row.feedback_page
    again = []
    grade_all(tiny.course, engine=FakeEngine(again))
    assert again == []


def test_a_timestamp_that_is_no_date_costs_nothing(tiny):
    path = tiny.hand_in("anna", tiny.solved())
    (path.parent / "timestamp.txt").write_text("yesterday evening")
    grade_all(tiny.course, engine=FakeEngine())
    row = row_of(tiny.course, "anna")
    assert autograded(row) == FULL and "no date" in row.result.evidence[0]


def test_what_lies_in_the_wrong_place_is_named(tiny, capsys):
    tiny.hand_in("anna", b"")
    submitted = tiny.root / "submitted"
    (submitted / "loose.ipynb").write_text("{}")
    (submitted / "ben" / "Tiny").mkdir(parents=True)
    (submitted / "carla").mkdir()
    (submitted / "carla" / "tiny.ipynb").write_text("{}")
    assert grade.run(_arguments(tiny.root, "--report", str(tiny.root / "r.json"))) == 1
    said = capsys.readouterr().err
    wrong = ["submitted/ben/Tiny", "submitted/carla/tiny.ipynb", "submitted/loose.ipynb"]
    assert all(path in said for path in wrong)
    told = json.loads((tiny.root / "r.json").read_text())
    assert told["unassigned"] == wrong
    assert [one["status"] for one in told["submissions"]] == ["rejected"]


def test_a_score_above_the_maximum_is_an_alarm(tiny):
    def generous(job):
        outcome = FakeEngine().outcome(job)
        notebook = json.loads(outcome.notebooks["tiny"])
        test = next(cell for cell in notebook["cells"] if cell["id"] == "double-test")
        data = {"text/plain": "693"}
        test["outputs"] = [
            {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}
        ]
        outcome.notebooks["tiny"] = json.dumps(notebook).encode()
        return outcome

    tiny.hand_in("anna", tiny.solved())
    grade_all(tiny.course, engine=FakeEngine(fault=generous))
    row = row_of(tiny.course, "anna")
    assert autograded(row) == (0, 2) and "ALARM" in row.result.evidence[0]


def test_seeds_differ_and_stay_and_the_secret_is_private(tiny):
    seeds = {}

    def note(job):
        seeds.setdefault(job.student, []).append(job.seed)

    for student in ("anna", "ben"):
        tiny.hand_in(student, tiny.solved())
    for _ in range(2):
        grade_all(tiny.course, engine=FakeEngine(fault=note), everything=True)
    assert seeds["anna"][0] == seeds["anna"][1] != seeds["ben"][0]
    assert (tiny.root / "grading.secret").stat().st_mode & 0o777 == 0o600


def test_a_gradebook_that_cannot_be_written_is_tried_again(tiny, monkeypatch):
    tiny.hand_in("anna", tiny.solved())
    with monkeypatch.context() as patch:
        patch.setattr(record, "save", lambda *_: (_ for _ in ()).throw(OSError("read-only")))
        grade_all(tiny.course, engine=FakeEngine())
    row = row_of(tiny.course, "anna")
    assert row.status == "not graded" and "read-only" in row.result.reason
    grade_all(tiny.course, engine=FakeEngine())
    assert autograded(row_of(tiny.course, "anna")) == FULL


def test_root_is_refused_unless_allowed(tiny, capsys, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 0)
    arguments = _arguments(tiny.root)
    arguments.allow_root = False
    assert grade.run(arguments) == 2 and "--allow-root" in capsys.readouterr().err
