"""Handing back: every graded student gets the page as it is marked now, under the LMS's name."""

import zipfile

from markupsafe import escape

from course_lib import cli
from course_lib.grading import feedback, report
from course_lib.grading.results import Result
from tests.grading.test_export import graded, mark


def course_feedback(tiny, *more):
    return cli.main(["feedback", "tiny", "--course", str(tiny.root), *more])


def test_a_zip_holds_the_marked_pages(tiny, capsys):
    tiny.hand_in("broken", b"{")
    graded(tiny, "ana", "waits", "Zoë [x]")
    for student, score in (("ana", 3.25), ("Zoë [x]", 0)):
        mark(tiny, student, score)
    before = (tiny.root / "feedback/ana/tiny/tiny.html").read_text()
    assert "3.25" not in before
    capsys.readouterr()
    assert course_feedback(tiny, "--zip") == 1
    said = capsys.readouterr()
    assert "no page for waits: an answer is not marked yet" in said.err
    with zipfile.ZipFile(said.out.strip()) as archive:
        assert archive.namelist() == ["Zoë [x]/tiny.html", "ana/tiny.html", "broken/tiny.html"]
        assert "3.25" in archive.read("ana/tiny.html").decode()
    assert course_feedback(tiny, "--zip", "--incomplete") == 0
    with zipfile.ZipFile(tiny.root / "feedback-tiny.zip") as archive:
        assert "waits/tiny.html" in archive.namelist()


def test_who_was_rejected_gets_the_reason_and_a_graded_page_after_the_next_try(tiny, capsys):
    tiny.hand_in("broken", b"{")
    graded(tiny, "ana")
    page = tiny.root / "feedback/broken/tiny/tiny.html"
    reason = Result.load(tiny.course, "tiny", "broken").reason
    assert "JSON" in reason and escape(reason) in page.read_text()
    assert "hand it in again" in page.read_text() and "<script" not in page.read_text()
    stamp = page.stat().st_mtime_ns
    assert course_feedback(tiny, "--incomplete") == 0 and page.stat().st_mtime_ns == stamp
    graded(tiny, "broken")
    assert "could not be graded" not in page.read_text()


def test_a_page_that_cannot_be_written_is_said_and_written_the_next_time(tiny, capsys, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    tiny.hand_in("broken", b"{")
    with monkeypatch.context() as patch:
        patch.setattr(feedback, "write_atomically", full)
        graded(tiny, "ana")
        for _ in range(2):
            assert course_feedback(tiny, "--incomplete") == 1
            said = capsys.readouterr().err
            for student in ("ana", "broken"):
                line = f"no page for {student}: The feedback page could not be written"
                assert said.count(line) == 1 and "No space left" in said
        assert report.page(tiny.course).count("could not be written") == 2
    assert course_feedback(tiny, "--incomplete") == 0
    pages = list((tiny.root / "feedback").rglob("*.html"))
    assert len(pages) == 2 and "could not be written" not in "".join(
        page.read_text() for page in pages
    )
    assert "could not be written" not in report.page(tiny.course)
    mark(tiny, "ana", 3)
    with monkeypatch.context() as patch:
        patch.setattr(feedback, "page", full)
        assert course_feedback(tiny) == 1, "the page of before the mark is not handed out"


def test_moodle_gets_its_own_folders(tiny, tmp_path, capsys):
    graded(tiny, "Ana María Lee_101", "bob@x.org", "nobody")
    sheet = tmp_path / "worksheet.csv"
    sheet.write_text("Identifier,Full name,Email address\nParticipant 102,Bob,bob@x.org\n")
    more = ("--zip", "--format", "moodle", "--incomplete", "--map", str(sheet))
    assert course_feedback(tiny, *more) == 1
    assert "no page for nobody: Moodle's number is not known" in capsys.readouterr().err
    with zipfile.ZipFile(tiny.root / "feedback-tiny.zip") as archive:
        assert archive.namelist() == [
            "Ana María Lee_101_assignsubmission_file/tiny.html",
            "bob@x.org_102_assignsubmission_file/tiny.html",
        ]


def test_wrong_use_is_one_line(tiny, capsys):
    assert cli.main(["feedback", "big", "--course", str(tiny.root)]) == 2
    assert "assignment 'big' must have a source" in capsys.readouterr().err
