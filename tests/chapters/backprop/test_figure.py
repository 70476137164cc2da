"""The figure of backpropagation: its numbers are those of the library, by rows and by columns."""

import re

import numpy as np
import pytest
from browsing import Reader, number

from course_lib import conv2d, conv2d_backward, conv_matrix
from course_lib.figures.backprop import SharedWeights


def four(array):
    return np.array(array, dtype=float)[None, None]


def expected(figure):
    """y on the way forward, dx on the way back, by the library."""
    if figure.back:
        numbers = four(figure.gradient), four(figure.image), four(figure.kernel)
        return conv2d_backward(*numbers).dx[0, 0]
    return conv2d(four(figure.image), four(figure.kernel))[0, 0]


def matrix(figure):
    return conv_matrix(four(figure.kernel), (1, 4, 4))


@pytest.mark.parametrize("preset", SharedWeights.presets.default())
@pytest.mark.parametrize("back", [False, True])
def test_what_python_draws_is_what_the_library_computes(preset, back):
    figure = SharedWeights(preset=preset, back=back)
    np.testing.assert_array_equal(figure.sums(), expected(figure))
    row, column = figure.cell
    at = divmod(column, 4) if back else divmod(row, 3)
    words = f"({at[0]}, {at[1]}) = {expected(figure)[at]:.0f}".replace("-", "\N{MINUS SIGN}")
    assert words in figure.static_html()


class Hand(Reader):
    """What a reader sees of the figure, and does."""

    def __init__(self, *opened):
        super().__init__(*opened)
        self.matrix = self.figure.locator("svg.grid").first

    def numbers(self, which, *shape):
        texts = self.figure.locator("svg.grid").nth(which).locator("text").all_text_contents()
        return np.reshape([number(text or "0") for text in texts], shape)

    def formula(self):
        return self.figure.locator(".equation").inner_text()

    def sum(self):
        """The products of the formula, added up here, and its result."""
        terms, result = self.formula().split("=")[1:]
        factors = re.findall(r"(-?\d+)·\(?(-?\d+)", terms.replace("\N{MINUS SIGN}", "-"))
        return sum(float(a) * float(b) for a, b in factors), number(result)

    def choose(self, preset):
        self.figure.locator("select").select_option(preset)


@pytest.fixture
def hand(read):
    return read(SharedWeights(), Hand)


@pytest.mark.browser
def test_every_preset_shows_matrix_map_and_gradient_of_the_library(hand):
    for preset in SharedWeights().presets:
        hand.choose(preset)
        figure = SharedWeights(preset=preset)
        for back in (False, True):
            hand.figure.get_by_role("switch").set_checked(back)
            figure.back = back
            np.testing.assert_array_equal(hand.numbers(0, 9, 16), matrix(figure))
            pixels = expected(figure) if back else figure.image
            outputs = figure.gradient if back else expected(figure)
            np.testing.assert_array_equal(hand.numbers(1, 4, 4), pixels)
            np.testing.assert_array_equal(hand.numbers(2, 2, 2), figure.kernel)
            np.testing.assert_array_equal(hand.numbers(3, 3, 3), outputs)


@pytest.mark.browser
@pytest.mark.parametrize("back", [False, True])
def test_the_formula_is_the_row_or_the_column(hand, back):
    figure = SharedWeights(back=back)
    hand.figure.get_by_role("switch").set_checked(back)
    hand.matrix.focus()
    hand.page.keyboard.press("Control+Home")
    for n in range(16 if back else 9):
        at = divmod(n, 4 if back else 3)
        assert hand.formula().startswith(f"{'dx' if back else 'y'}({at[0]}, {at[1]}) =")
        assert hand.sum() == (expected(figure)[at], expected(figure)[at])
        hand.page.keyboard.press("ArrowRight" if back else "ArrowDown")


@pytest.mark.browser
def test_a_touched_weight_and_its_twins_stand_out(hand):
    cells = hand.matrix.locator("rect.cell")
    fills = lambda: np.reshape(cells.evaluate_all("all => all.map(c => c.style.fill)"), (9, 16))  # noqa: E731
    weights = matrix(SharedWeights())
    hand.choose("worked")
    strong = np.char.find(fills(), "40%") >= 0
    assert (strong == (weights == weights[1, 5])).all() and strong.sum() == 9
    box = hand.matrix.bounding_box()
    at = {"x": box["width"] * 15.5 / 16, "y": box["height"] * 0.5 / 9}
    hand.matrix.click(position=at)
    assert not (np.char.find(fills(), "40%") >= 0).any()
    assert "no wire" in hand.matrix.get_attribute("aria-valuetext")
