"""Exporting: an LMS gets its own columns and ids, and no 0 for what nobody has marked."""

import csv
import io

import pytest

from course_lib import cli
from course_lib.grading import export, grade
from tests.grading.conftest import FakeEngine

WORKSHEET = (
    "\ufeffIdentifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    "Participant 101,Ana María Lee,ana@x.org,Submitted,,9.00,Yes,-,-,\n"
    "Participant 102,Bob Lee,bob@x.org,Submitted,,9.00,Yes,-,-,=HYPERLINK(1)\n"
    "Participant 103,Zoe Zed,zoe@x.org,No submission,,9.00,Yes,-,-,\n"
)
GRADEBOOK = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Tiny (777),Other (778),Current Score\n"
    ",,,,,Manual Posting,,\n"
    "    Points Possible,,,,,9.00,10.00,(read only)\n"
    '"Lee, Ana María",340934,s1,ana,A,,3,50\n'
    '"=Smith, Bob",334244,s2,bob,A,,4,50\n'
    '"Zed, Zoe",5,s3,zoe,A,,5,50\n'
)


def graded(tiny, *students):
    """Hand in solved notebooks, and grade them with an engine that finds everything right."""
    for student in students:
        tiny.hand_in(student, tiny.solved())
    with FakeEngine() as engine:
        grade.grade(tiny.course, "tiny", engine=engine)
    return tiny


def mark(tiny, student, score):
    """Mark the written answer, as formgrader does."""
    with tiny.course.gradebook() as gradebook:
        found = gradebook.find_grade("why", "tiny", "tiny", student)
        found.manual_score, found.needs_manual_grade = score, False
        gradebook.db.commit()


def exported(tiny, layout, capsys, text=None, *more, status=0):
    """Run `course export`; return its rows and what it said."""
    if text is not None:
        (tiny.root / "roster.csv").write_text(text)
        more = (*more, "--roster", str(tiny.root / "roster.csv"))
    capsys.readouterr()
    assert cli.main(["export", "--course", str(tiny.root), "--format", layout, *more]) == status
    said = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(open(said.out.strip(), encoding="utf-8").read())))
    return rows, said.err


def test_canvas_gets_its_columns_and_points(tiny, capsys):
    graded(tiny, "ana", "smithbob_334244", "stranger")
    mark(tiny, "ana", 3)
    rows, said = exported(tiny, "canvas", capsys, GRADEBOOK, status=1)
    columns = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Tiny (777)"]
    assert list(rows[0]) == columns
    points, *students = [row for row in rows if row["Student"]]
    assert points == dict.fromkeys(columns, "") | {
        "Student": "    Points Possible",
        "Tiny (777)": "9.00",
    }
    assert {row["ID"]: row["Tiny (777)"] for row in students} == {
        "340934": "8", "334244": "", "5": ""
    }  # fmt: skip
    assert [row["Student"] for row in students][1] == "'=Smith, Bob"
    assert "Left empty, as an answer is not marked yet (--incomplete): smithbob_334244." in said
    assert "nothing came: Zed, Zoe" in said
    assert "No row of the LMS is theirs (--roster), so not exported: stranger." in said


def test_canvas_finds_its_column_and_compares_points(tiny, capsys):
    graded(tiny, "ana")
    text = GRADEBOOK.replace("Tiny (777)", "HW 3: tiny images (777)").replace("9.00", "100.00")
    rows, said = exported(tiny, "canvas", capsys, text)
    assert "HW 3: tiny images (777)" in rows[0]
    assert "is 100 in the LMS, 9 here: scores are not scaled" in said
    assert rows[0]["HW 3: tiny images (777)"] == "100.00", "Canvas' own points stay as they are"
    rows, said = exported(tiny, "canvas", capsys, GRADEBOOK.replace("Tiny (777)", "Big (777)"))
    assert "Canvas will ask" in said and rows[0]["tiny"] == "9", "an assignment new to Canvas"


def test_moodle_keeps_the_worksheet_and_fills_in_the_grade(tiny, capsys):
    graded(tiny, "Ana María Lee_101", "bob@x.org")
    mark(tiny, "Ana María Lee_101", 0)
    rows, said = exported(tiny, "moodle", capsys, WORKSHEET)
    header = WORKSHEET.removeprefix("\ufeff").splitlines()[0].split(",")
    assert list(rows[0]) == header
    grades = {row["Identifier"]: row["Grade"] for row in rows}
    assert grades == {"Participant 101": "5", "Participant 102": "", "Participant 103": ""}
    assert rows[0]["Last modified (grade)"] == "-"
    assert rows[1]["Feedback comments"] == "'=HYPERLINK(1)"
    assert "not marked yet (--incomplete): bob@x.org" in said and "nothing came: Zoe Zed" in said
    rows, said = exported(tiny, "moodle", capsys, WORKSHEET, "--incomplete")
    assert rows[1]["Grade"] == "5" and "not marked" not in said


def test_without_a_roster_the_names_of_the_download_give_the_ids(tiny, capsys):
    graded(tiny, "Ana María Lee_101", "bob@x.org")
    rows, said = exported(tiny, "moodle", capsys, None, "--incomplete", status=1)
    told = [(r["Identifier"], r["Full name"], r["Grade"]) for r in rows]
    assert told == [("Participant 101", "Ana María Lee", "5")]
    assert "so not exported: bob@x.org." in said, "Moodle takes no row without its number"
    rows, _ = exported(tiny, "canvas", capsys, None, "--incomplete")
    assert [(r["ID"], r["SIS Login ID"]) for r in rows[1:]] == [("101", ""), ("", "bob@x.org")]


def test_a_student_of_two_rows_is_given_to_none(tiny, capsys):
    graded(tiny, "Bob Lee")
    text = WORKSHEET.replace("Zoe Zed", "Bob Lee")
    rows, said = exported(tiny, "moodle", capsys, text, status=1)
    assert all(row["Grade"] == "" for row in rows)
    assert "Fits several rows of the roster: Bob Lee." in said


def test_the_table_of_the_course_tells_unmarked_from_zero(tiny, capsys):
    tiny.hand_in("broken", b"{")
    graded(tiny, "=cmd|x", "waits")
    mark(tiny, "=cmd|x", 0)
    rows, _ = exported(tiny, "course", capsys)
    found = {row["student"]: row for row in rows}
    assert set(found) == {"'=cmd|x", "waits", "broken"}
    assert found["waits"]["tiny/why"] == export.NOT_MARKED
    assert found["'=cmd|x"]["tiny/why"] == "0.0"
    assert found["broken"]["tiny/why"] == found["broken"]["score"] == ""
    points = [found[name]["points_not_marked"] for name in ("waits", "'=cmd|x", "broken")]
    assert points == ["4.0", "0", "0"]
    assert found["waits"]["auto_score"] == "5.0"


def test_nbgrader_export_does_not_write_over_it(tiny):
    assert export.FILE != "grades.csv"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "  =1"])
def test_a_cell_that_begins_like_a_formula_is_text(cell):
    text = export.csv_text(["a", "b"], [{"a": cell, "b": -1.5}])
    [row] = csv.DictReader(io.StringIO(text, newline=""))
    assert row == {"a": f"'{cell}", "b": "-1.5"}


@pytest.mark.parametrize(
    "more, said",
    [
        (["--format", "canvas", "--roster", "nowhere.csv"], "--roster must be a CSV file"),
        (["--roster", "x.csv"], "need --format of an LMS"),
        (["--format", "moodle", "--assignment", "big"], "--assignment must be one of tiny"),
        (["--format", "canvas", "--roster", "ROSTER"], "must be what Canvas exports"),
        (["--format", "moodle", "--roster", "SHORT"], "Grade, Last modified (grade); "),
    ],
)
def test_wrong_use_is_one_line(tiny, capsys, more, said):
    tiny.hand_in("ana", tiny.solved())
    (tiny.root / "roster.csv").write_text(WORKSHEET)
    (tiny.root / "short.csv").write_text("Identifier,Grade\n")
    files = {"ROSTER": str(tiny.root / "roster.csv"), "SHORT": str(tiny.root / "short.csv")}
    more = [files.get(word, word) for word in more]
    assert cli.main(["export", "--course", str(tiny.root), *more]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
