"""Grading again: a person's mark stands, and is asked about where the answer is another one."""

import nbformat
import pytest

from course_lib.grading import grade, record
from course_lib.grading.folder import read_json
from course_lib.grading.results import rows
from tests.grading.conftest import FakeEngine


def grade_all(tiny, **options):
    options.setdefault("engine", FakeEngine())
    return grade.grade(tiny.course, "tiny", **options)


def mark(tiny, score, part="why"):
    with tiny.course.gradebook() as gradebook:
        found = gradebook.find_grade(part, "tiny", "tiny", "anna")
        found.manual_score, found.needs_manual_grade = score, False
        gradebook.db.commit()


def part(tiny, name):
    [row] = rows(tiny.course, "tiny")
    names = [one.name for one in tiny.course.parts("tiny")]
    return row.parts[names.index(name)]


@pytest.fixture
def marked(tiny):
    """A submission that a person has marked with 2.5."""
    tiny.hand_in("anna", tiny.solved())
    grade_all(tiny)
    mark(tiny, 2.5)
    return tiny


def test_a_mark_of_the_same_answer_need_not_be_given_again(marked):
    [result] = grade_all(marked, everything=True)
    assert part(marked, "why")[:2] == (2.5, False) and result.changed == []


def test_another_answer_under_a_mark_asks_for_the_person(marked):
    marked.hand_in("anna", marked.solved(why="Otherwise."))
    [result] = grade_all(marked)
    assert part(marked, "why")[:2] == (2.5, True) and result.changed == ["tiny/why"]
    [result] = grade_all(marked, everything=True)  # nobody has looked yet
    assert part(marked, "why")[:2] == (2.5, True) and result.changed == ["tiny/why"]


def test_another_function_leaves_the_mark_of_an_answer_alone(marked):
    marked.hand_in("anna", marked.solved(half="def half(x):\n    return 0.5 * x"))
    [result] = grade_all(marked)
    assert not part(marked, "why").needs_manual_grade and result.changed == []


def test_a_mark_on_a_test_is_asked_about_when_the_function_changes(tiny):
    tiny.hand_in("anna", tiny.solved())
    wrong = {"half-test": "error"}
    grade_all(tiny, engine=FakeEngine(states=wrong))
    mark(tiny, 1, "half-test")
    [result] = grade_all(tiny, engine=FakeEngine(states=wrong), everything=True)
    assert part(tiny, "half-test")[:2] == (1, False) and result.changed == []
    tiny.hand_in("anna", tiny.solved(half="def half(x):\n    return 0.5 * x"))
    [result] = grade_all(tiny, engine=FakeEngine(states=wrong))
    assert part(tiny, "half-test")[:2] == (1, True) and result.changed == ["tiny/half-test"]


class Killed(BaseException):
    """Stands for a signal that ends the grader."""


def test_a_kill_between_gradebook_and_folder_asks_for_the_person_all_the_same(marked, monkeypatch):
    marked.hand_in("anna", marked.solved(why="Otherwise."))

    def killed(*_):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(record, "_put_folder", killed)
        grade_all(marked)
    [result] = grade_all(marked)
    assert part(marked, "why")[:2] == (2.5, True) and result.changed == ["tiny/why"]


def test_a_changed_test_keeps_the_scores_before_and_a_new_submission_does_not(tiny):
    tiny.hand_in("anna", tiny.solved())
    [result] = grade_all(tiny)
    assert result.before == {}
    path = tiny.root / "build" / "source" / "tiny" / "tiny.ipynb"
    source = nbformat.read(path, as_version=4)
    next(cell for cell in source.cells if cell.id == "half-test").source += "\nassert half(5) == 3"
    nbformat.write(source, path)
    [result] = grade_all(tiny, engine=FakeEngine(states={"half-test": "error"}))
    assert result.before == {"tiny/double-test": 3, "tiny/half-test": 2}
    assert result.checks["tiny/half-test"]["score"] == 0
    kept = read_json(tiny.course.result_file("tiny", "anna"))
    assert kept["before"] == result.before
    [result] = grade_all(tiny, engine=FakeEngine(states={"half-test": "error"}), everything=True)
    assert result.before["tiny/half-test"] == 2, "a second regrade forgets no change"
    tiny.hand_in("anna", tiny.solved(why="Otherwise."))
    [result] = grade_all(tiny)
    assert result.before == {}
