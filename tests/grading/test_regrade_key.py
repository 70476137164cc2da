"""What makes a grade stale: the files that an assignment's notebook leads to, and no others."""

import shutil

import nbformat
import pytest

from course_lib.authoring.notebook import source_notebook
from course_lib.grading import imports, submissions
from tests.grading.conftest import ROOT

CHAPTERS = sorted(path.name for path in (ROOT / "solutions").iterdir() if path.is_dir())


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A copy of the library whose files may be changed."""
    copied = tmp_path / "course_lib"
    shutil.copytree(ROOT / "course_lib", copied, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(imports, "LIBRARY", copied)
    return copied


def sources(chapter):
    return [nbformat.from_dict(source_notebook(ROOT / "solutions" / chapter / f"{chapter}.py"))]


def key(tiny, notebooks):
    return submissions.common_key(tiny.course, "tiny", notebooks, ())


def test_a_chapter_leads_to_its_own_checks(chapter):
    files, _ = imports.reached(imports.of_notebook(sources(chapter)[0]))
    found = {path.relative_to(ROOT / "course_lib").as_posix() for path in files}
    tasks = {path.name for path in (ROOT / "course_lib" / "checks" / chapter).glob("*.[pj]*")}
    assert {f"checks/{chapter}/{name}" for name in tasks} <= found
    others = [name for name in CHAPTERS if name != chapter]
    assert not [file for file in found if file.startswith(tuple(f"checks/{o}/" for o in others))]


@pytest.mark.parametrize(
    ("file", "stale"),
    [
        ("checks/convolution/conv1d.py", True),
        ("checks/convolution/results.json", True),
        ("checks/judge.py", True),
        ("reference/convolution_tasks.py", True),
        ("datasets/images.py", True),
        ("data/worked.json", True),
        ("checks/bptt/rnn_forward.py", False),
        ("reference/bptt.py", False),
        ("lstm.py", False),
        ("grading/report.py", False),
    ],
)
def test_an_edit_makes_the_grades_stale_that_depend_on_it(tiny, library, file, stale):
    notebooks = sources("convolution")
    before = key(tiny, notebooks)
    with (library / file).open("a") as edited:
        edited.write("\n")
    assert (key(tiny, notebooks) != before) == stale


def test_a_hidden_module_makes_the_grades_stale(tiny):
    notebooks = sources("convolution")
    assert key(tiny, notebooks) != submissions.common_key(tiny.course, "tiny", notebooks, ("cv2",))
