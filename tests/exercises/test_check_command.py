"""`course check NOTEBOOK` runs the checks in a process of its own and prints what they say."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from course_lib.cli import main
from course_lib.authoring import notebook as notebooks

ROOT = Path(__file__).parents[2]
SOURCE = notebooks.source_notebook(ROOT / "solutions" / "convolution" / "convolution.py")


def course(words):
    """Run the command in a thread of its own: the browser's tests leave this one an event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(main, words).result()


def _write(path, change=None):
    notebook = nbformat.from_dict(notebooks.student_notebook(SOURCE) if change else SOURCE)
    for cell in notebook.cells:
        cell.source = (change or {}).get(cell.id, cell.source)
    nbformat.write(notebook, path)
    return str(path)


def test_the_solved_notebook_passes_every_check(tmp_path, capsys):
    assert course(["check", _write(tmp_path / "solved.ipynb")]) == 0
    out = capsys.readouterr().out
    assert out.count("passed  ") == 6 and "FAILED" not in out
    assert "passed  conv2d, 4 of 4 points\n    conv2d: all 7 calls are right, and 5 with" in out
    assert "6 of 6 checks pass: 14 of 14 points." in out
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
    assert course(["check", path]) == 1
    out = capsys.readouterr().out
    assert Path(path).read_bytes() == before
    assert "passed  conv1d, 3 of 3 points\n    conv1d: all 7 calls are right" in out
    assert "FAILED  conv2d, 0 of 4 points\n    conv2d: this looks like a known mistake, ker" in out
    assert "    true_convolution2d ended with ZeroDivisionError: division by zero\n" in out
    assert "    true_convolution2d is not defined. Run the cell above; did it end" in out
    assert "    equivariance_error is not written yet." in out
    assert "1 of 6 checks pass: 3 of 14 points." in out
    assert "\x1b" not in out and "careful" not in out


def test_what_is_not_python_is_told_with_its_line(tmp_path, capsys):
    change = {
        "conv1d": "def conv1d(x, w):\n    return (x",
        "conv2d": "def conv2d(x, w):\n    y = 0\n      return y",
    }
    course(["check", _write(tmp_path / "broken.ipynb", change)])
    out = capsys.readouterr().out
    assert (
        "    conv1d ended with SyntaxError: incomplete input\n"
        "      in line 2 of its cell: return (x\n"
        "    conv1d is not defined." in out
    )
    assert (
        "    conv2d ended with IndentationError: unexpected indent\n"
        "      in line 3 of its cell: return y\n" in out
    )


def test_a_stopped_cell_is_named_and_the_others_run_for_partial_points(tmp_path, capsys):
    partial = (
        "import course_lib\ndef conv1d(x, w, b=None, **o):\n    return course_lib.conv1d(x, w, **o)"
    )
    change = {"conv1d": partial, "conv2d": "import time\nwhile True:\n    time.sleep(0.1)"}
    path = _write(tmp_path / "stuck.ipynb", change)
    assert course(["check", path, "--timeout", "3"]) == 1
    out = capsys.readouterr().out
    assert "stopped  conv2d: this cell ran longer than 3 seconds and was stopped" in out
    assert "    conv2d is not defined. Run the cell above" in out
    assert "FAILED  conv1d, 1.5 of 3 points" in out


def test_an_endless_function_costs_its_own_check(tmp_path, capsys):
    change = {
        "conv1d": "def conv1d(x, w, b=None, **options):\n    while x is x:\n        w = w + 1",
        "conv2d": "from course_lib import conv2d",
    }
    course(["check", _write(tmp_path / "endless.ipynb", change)])
    out = capsys.readouterr().out
    assert "did not end in call 1" in out and "of its cell: while x is x:" in out
    assert "passed  conv2d, 4 of 4 points" in out and "stopped" not in out


def test_a_notebook_that_ends_its_process_is_explained(tmp_path, capsys):
    change = {"conv1d": "import os\nos._exit(1)"}
    assert course(["check", _write(tmp_path / "dead.ipynb", change)]) == 1
    out = capsys.readouterr().out
    assert "stopped  conv1d: this cell ended the Python process; nothing after it ran" in out
    assert out.count("it did not run") == 6


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
    assert course(["check", str(path)]) == 1
    error = capsys.readouterr().err
    assert said in error and "NOTEBOOK must" in error and str(path) in error
