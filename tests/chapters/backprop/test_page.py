"""What the page on backpropagation prints, glues and claims."""

import re
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[3] / "book" / "backprop.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_comparison_says_equal(page):
    said = re.findall(r"equal: (\w+)$", page.printed, re.M)
    assert said == ["True"] * 7 and page.glued["backprop-gap"] is True


def test_the_worked_sums_are_right(page):
    names = page.names
    assert names["y"][0, 1] == 1 * 2 + 2 * 0 + 3 * 1 + 4 * 3 == 17 and "= 17$" in TEXT
    assert names["dx"][1, 1] == 4 * 1 + 3 * 0 + 2 * 2 + 1 * 1 == 9
    assert "\n9.000000\n" in page.printed
    assert np.count_nonzero(names["C"]) == 36 and names["C"].size - 36 == 108
    small = names["small"]["expected"]
    assert small["dL_dW1"][0] == 4 * (0 + 3) == 12


def test_both_ends_are_better_and_the_arms_rise_as_said(page):
    names = page.names
    one, two = names["off"]
    steps = names["steps"]
    assert two.min() < one.min() / 50
    lowest = [steps[np.argmin(error)] for error in (one, two)]
    assert 1e-10 < lowest[0] < 1e-6 and 1e-7 < lowest[1] < 1e-3
    floor = (steps > 0.99e-6) & (steps < 1.01e-5)
    assert floor.sum() == 5 and (two[floor] < 1e-9).all()
    right = [np.argmin(abs(steps - step)) for step in (1e-3, 1e-2)]
    assert one[right[1]] / one[right[0]] == pytest.approx(10, rel=0.02)
    assert two[right[1]] / two[right[0]] == pytest.approx(100, rel=0.02)


def test_an_unturned_kernel_is_off_by_order_one(page):
    off, largest = map(float, re.search(r"([\d.]+) of ([\d.]+)\n", page.printed).groups())
    assert 0.3 < off / largest < 3


def test_the_answers_to_the_test_questions():
    from course_lib import conv2d_backward

    rng = np.random.default_rng(0)
    w, dy = np.zeros((1, 1, 3, 3)), rng.normal(size=(1, 1, 4, 4))
    w[0, 0, 1, 1] = 5
    dx = conv2d_backward(dy, rng.normal(size=(1, 1, 6, 6)), w).dx
    np.testing.assert_array_equal(dx, np.pad(5 * dy, ((0, 0), (0, 0), (1, 1), (1, 1))))


def test_the_exercise_is_not_answered_here():
    """What its written questions ask: a kink within the step, and psi for its derivative."""
    assert (
        "kink" not in TEXT and "e40" not in TEXT and "exp" not in TEXT.replace("np.exp", "").split()
    )
