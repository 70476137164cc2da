"""The marking guide: whoever marks in formgrader sees it, and no student ever does."""

import json
import shutil
from pathlib import Path

import nbformat
import nbgrader.server_extensions.formgrader as formgrader
import pytest
from nbconvert.exporters import HTMLExporter
from nbgrader.converters import GenerateFeedback
from traitlets.config import Config

from course_lib.authoring.notebook import source_notebook, student_notebook
from course_lib.grading import grade
from course_lib.grading.folder import CourseFolder
from course_lib.grading.guide import MarkingGuide
from course_lib.grading.registration import convert
from tests.grading.conftest import ROOT, FakeEngine

GUIDE = "MODEL ANSWER because half of it is 2. *Marking: 1 point for the half.*"


@pytest.fixture
def marked(tiny):
    """The tiny course with the settings of this one and a guide, and one graded submission."""
    shutil.copy(ROOT / "nbgrader_config.py", tiny.root)
    path = tiny.root / "build" / "source" / "tiny" / "tiny.ipynb"
    source = nbformat.read(path, as_version=4)
    next(cell for cell in source.cells if cell.id == "why").source = GUIDE
    nbformat.write(source, path)
    tiny.course = CourseFolder(tiny.root)
    tiny.hand_in("anna", tiny.solved(why="I GUESS SO"))
    grade.grade(tiny.course, "tiny", engine=FakeEngine())
    return tiny


def shown(course, **changes):
    """The page of a submission, made as formgrader's handler makes it."""
    path = course.path("autograded", "anna", "tiny") / "tiny.ipynb"
    extra = Config()
    extra.HTMLExporter.template_name = "formgrade"
    templates = Path(formgrader.__file__).parent / "templates"
    extra.HTMLExporter.extra_template_basedirs = [str(templates)]
    extra.merge(course.config)
    known = {
        "assignment_id": "tiny", "notebook_id": "tiny", "submission_id": "id", "index": 0,
        "total": 1, "base_url": "", "student": "anna", "last_name": "", "first_name": "",
        "notebook_path": "",
    }  # fmt: skip
    html, _ = HTMLExporter(config=extra).from_filename(str(path), resources=known | changes)
    return html


def test_formgrader_shows_it_folded_under_the_answer(marked):
    html = shown(marked.course)
    answer, guide = html.index("I GUESS SO"), html.index("MODEL ANSWER")
    assert answer < html.index("<details><summary>Model answer") < guide
    assert "<em>Marking: 1 point for the half.</em>" in html and html.count("<details>") == 1


def test_marking_goes_on_where_there_is_none(marked):
    html = shown(marked.course, notebook_id="other")
    assert "I GUESS SO" in html and "<details>" not in html


def test_no_file_of_a_student_holds_it(marked):
    course = marked.course
    for folder in ("exercises", "submitted", "autograded", "feedback"):
        for path in (course.root / folder).rglob("*.*"):
            assert "MODEL ANSWER" not in path.read_text(encoding="utf-8"), path
    for path in course.release_notebooks("tiny"):
        assert "MODEL ANSWER" not in path.read_text(encoding="utf-8")
    feedback = course.path("feedback", "anna", "tiny") / "tiny.html"
    assert "I GUESS SO" in feedback.read_text(encoding="utf-8")


def test_nbgraders_own_feedback_does_not_show_it(marked):
    course = marked.course
    coursedir = course.coursedir(assignment_id="tiny", feedback_directory="theirs")
    convert(GenerateFeedback(coursedir=coursedir, config=course.config, force=True))
    html = (course.root / "theirs" / "anna" / "tiny" / "tiny.html").read_text(encoding="utf-8")
    assert "I GUESS SO" in html and "MODEL ANSWER" not in html


def test_who_does_not_name_a_submission_sees_no_guide(marked):
    """As any other page of nbconvert's, which may know the assignment."""
    path = marked.course.path("autograded", "anna", "tiny") / "tiny.ipynb"
    notebook = nbformat.read(path, as_version=4)
    told = {"assignment_id": "tiny", "notebook_id": "tiny"}
    guide = MarkingGuide(config=marked.course.config)
    for resources, shown in ((told, False), (told | {"submission_id": "id"}, True)):
        page, _ = guide.preprocess(nbformat.from_dict(notebook), resources)
        assert any("MODEL ANSWER" in cell.source for cell in page.cells) is shown


def test_the_exercises_of_this_course_have_a_guide_for_every_written_answer():
    for path in sorted((ROOT / "solutions").glob("*/*.py")):
        if path.stem != path.parent.name:
            continue
        source = source_notebook(path)
        handed_out = json.dumps(student_notebook(source))
        for cell in source.cells:
            if cell.id.startswith("answer-"):
                assert "*Marking: " in cell.source, (path.name, cell.id)
                assert cell.source.partition("\n")[0] not in handed_out
