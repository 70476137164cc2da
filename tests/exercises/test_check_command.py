"""`course check NOTEBOOK` runs the checks in a process of its own and prints what they say."""

from pathlib import Path

import nbformat
import pytest

from course_lib.cli import main
from course_lib.grading import release

ROOT = Path(__file__).parents[2]
SOURCE = release.source_notebook(ROOT / "solutions" / "convolution" / "convolution.py")


def _write(path, change=None):
    notebook = nbformat.from_dict(release.student_notebook(SOURCE) if change else SOURCE)
    for cell in notebook.cells:
        cell.source = (change or {}).get(cell.id, cell.source)
    nbformat.write(notebook, path)
    return str(path)


def test_the_solved_notebook_passes_every_check(tmp_path, capsys):
    assert main(["check", _write(tmp_path / "solved.ipynb")]) == 0
    out = capsys.readouterr().out
    assert out.count("passed  ") == 5 and "FAILED" not in out
    assert "conv2d: all 9 calls with random data give the right answer." in out
    assert "5 of 5 checks pass: 15 of 15 points." in out
    assert "2 written answers (5 points): marked by a person." in out


def test_each_check_reports_for_itself_and_nothing_is_written(tmp_path, capsys):
    change = {
        "conv1d": "import course_lib\nconv1d = course_lib.conv1d",
        "conv2d": (
            "import sys, warnings\n"
            "def conv2d(x, w, b=None, **options):\n"
            "    warnings.warn('careful')\n"
            "    return course_lib.conv2d(x, w[..., ::-1, ::-1].copy(), b, **options)"
        ),
        "true_convolution2d": "1 / 0",
    }
    path = _write(tmp_path / "half.ipynb", change)
    before = Path(path).read_bytes()
    assert main(["check", path]) == 1
    out = capsys.readouterr().out
    assert Path(path).read_bytes() == before
    assert "passed  conv1d, 3 points\n    conv1d: all 7 calls give the right answer.\n" in out
    assert "FAILED  conv2d, 4 points\n    conv2d is not right yet: 3 of 9 calls" in out
    assert "a known mistake: kernel flipped.\n" in out
    assert "FAILED  true_convolution2d, 3 points\n    NameError: name 'true_convolution2d'" in out
    assert "FAILED  equivariance_error, 3 points\n    equivariance_error is not written yet." in out
    assert "1 of 5 checks pass: 3 of 15 points." in out
    assert "\x1b" not in out and "careful" not in out


def test_an_endless_loop_and_a_dead_process_are_explained(tmp_path, capsys):
    for text, seconds, said in [
        ("while True:\n    pass", "5", "a cell ran for more than 5 seconds: is there a loop"),
        ("import os\nos._exit(1)", "60", "the notebook ended its own process"),
    ]:
        path = _write(tmp_path / "stuck.ipynb", {"conv1d": text})
        assert main(["check", path, "--timeout", seconds]) == 1
        assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "No such file"),
        ("", "it is not a notebook"),
        ("{", "it is not a notebook"),
        ("[]", "it is not a notebook"),
        ("{}", "it is not a notebook"),
        (b"\xff\xfe", "it is not a notebook"),
        ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "has none"),
    ],
)
def test_what_is_not_a_notebook_is_refused_in_words(text, said, tmp_path, capsys):
    path = tmp_path / "notebook.ipynb"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert main(["check", str(path)]) == 1
    error = capsys.readouterr().err
    assert said in error and "NOTEBOOK must" in error and str(path) in error
