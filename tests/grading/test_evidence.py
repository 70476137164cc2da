"""Evidence: which calls into a library are shown, and which are not."""

import copy

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course_lib.grading.evidence import library_calls, uses


def labelled(name, text, solution):
    marks = {"grade_id": name, "solution": solution, "grade": False, "locked": not solution}
    return new_code_cell(text, id=name, metadata={"nbgrader": marks})


SOURCE = new_notebook(
    cells=[
        labelled("setup", "from scipy import ndimage\nfrom course_lib.checks import a", False),
        labelled("solve", "def f(x):\n    return x", True),
        labelled("allowed", "def g(x):\n    return ndimage.correlate(x, x)", True),
        labelled("check", "a.f(f)", False),
    ]
)


def found(solve="", own=None):
    notebook = copy.deepcopy(SOURCE)
    notebook.cells[1].source = solve
    if own is not None:
        notebook.cells.append(new_code_cell(own, id="own"))
    return library_calls(notebook, uses(SOURCE))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("import torch", "torch"),
        ("%matplotlib inline\nimport torch", "torch"),
        ("import scipy\nscipy.signal.correlate(1, 1)", "scipy.signal.correlate"),
        ("import torch.nn.functional as F\nF.conv2d(x)", "torch.nn.functional.conv2d"),
        ("from course_lib import conv2d", "course_lib.conv2d"),
        ("import course_lib\ncourse_lib.conv2d(1)", "course_lib.conv2d"),
        ("from course_lib.reference.convolution import *", "course_lib.reference.convolution.*"),
        ("def f(x):\n    return ndimage.convolve(x, x)", "scipy.ndimage.convolve"),
        ("__import__('course_lib')", "course_lib"),
        ("import importlib\nimportlib.import_module('torch')", "torch"),
        ("%matplotlib inline\nfrom scipy.signal import convolve2d", "scipy.signal.convolve2d"),
    ],
)
def test_calls_are_named_with_their_cell(code, name):
    assert found(code) == [f"Code cell 2 uses {name}."]


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\ndef f(x):\n    return np.sum(x)",
        "from course_lib.checks import a as mine\nmine.f(f)",
        "torch = 3\ntorch.x",
        "# import torch",
        "def broken(:",
        "x = 'import torch'",
    ],
)
def test_the_rest_is_no_evidence(code):
    assert found(code) == []


def test_what_was_handed_out_may_be_tried_in_own_cells():
    assert found(own="ndimage.convolve(1, 1)\na.f(f)") == []
    assert found(own="import torch") == ["Code cell 5 uses torch."]


def test_what_the_model_answer_uses_may_be_used_there():
    assert library_calls(SOURCE, uses(SOURCE)) == []
