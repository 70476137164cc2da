"""Due dates and penalties are nbgrader's own; the report and the feedback show both."""

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup

from course_lib.grading import grade, report
from course_lib.grading.folder import CourseFolder
from course_lib.grading.results import rows
from tests.grading.conftest import FakeEngine

DUE = datetime(2026, 11, 29, 12, 0)
PLUGIN = """
from nbgrader.plugins import BasePlugin


class PointPerHour(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late // 3600


c.AssignLatePenalties.plugin_class = PointPerHour
"""


@pytest.fixture
def late(tiny):
    """Anna is 2 h 10 min late and loses 2 points; Ben has a day more; Carla was in time."""
    config = tiny.root / "nbgrader_config.py"
    config.write_text(config.read_text() + PLUGIN)
    tiny.course = CourseFolder(tiny.root)
    for student, minutes in (("anna", 130), ("ben", 130), ("carla", -5)):
        path = tiny.hand_in(student, tiny.solved(why="Why?" if student == "anna" else "Because."))
        when = (DUE + timedelta(minutes=minutes)).replace(tzinfo=UTC)
        (path.parent / "timestamp.txt").write_text(when.isoformat())
    grade.grade(tiny.course, "tiny", engine=FakeEngine())
    with tiny.course.gradebook() as gradebook:  # set afterwards, as in formgrader
        gradebook.update_or_create_assignment("tiny", duedate=DUE)
        gradebook.find_submission("tiny", "ben").extension = timedelta(days=1)
        gradebook.db.commit()
    return tiny


def test_lateness_follows_the_gradebook_at_once_and_the_penalty_at_the_next_grading(late):
    assert [row.late for row in rows(late.course, "tiny")] == [7800, 0, 0]
    assert [row.penalty for row in rows(late.course, "tiny")] == [0, 0, 0]
    grade.grade(late.course, "tiny", engine=FakeEngine(), everything=True)
    found = rows(late.course, "tiny")
    assert [row.penalty for row in found] == [2, 0, 0]
    assert [(row.automatic, row.score) for row in found] == [(5, 3), (5, 5), (5, 5)]


def test_report_and_feedback_say_it(late):
    grade.grade(late.course, "tiny", engine=FakeEngine(), everything=True)
    page = BeautifulSoup(report.page(late.course), "html.parser")
    assert "1 came late" in page.find(class_="statement").text
    assert "due 29 November 2026" in page.h2.text
    cells = {row.th.text: row.get_text(" ", strip=True) for row in page.table.tbody.find_all("tr")}
    assert "2 h 10 min −2 3" in cells["anna"] and "min" not in cells["ben"] + cells["carla"]
    feedback = late.course.path("feedback", "anna", "tiny") / "tiny.html"
    text = BeautifulSoup(feedback.read_text(encoding="utf-8"), "html.parser").get_text(" ")
    assert "Handed in 2 h 10 min late: 2 points off." in text


def test_a_class_in_time_has_no_column_for_it(tiny):
    tiny.hand_in("anna", tiny.solved())
    grade.grade(tiny.course, "tiny", engine=FakeEngine())
    heads = BeautifulSoup(report.page(tiny.course), "html.parser").table.thead.text
    assert "Total" in heads and "Late" not in heads
