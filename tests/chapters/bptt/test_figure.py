"""The fading gradient shows what the library and the exercise compute."""

import re

import numpy as np
import pytest
from browsing import Reader, drag, number

from course_lib import rnn_backward, rnn_forward
from course_lib.figures.bptt import TURN, FadingGradient
from course_lib.reference.bptt import jacobian_norms

PRESETS = list(FadingGradient.presets.default())


def states(figure):
    x = figure.size * np.array(figure.inputs)[: figure.steps, None]
    return x, rnn_forward(x, np.eye(2), figure.radius * TURN)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_norms_are_those_of_the_exercise(preset):
    figure = FadingGradient(preset=preset)
    w_hh = figure.radius * TURN
    np.testing.assert_allclose(figure.norms, jacobian_norms(states(figure)[1][:, 0], w_hh))
    assert (figure.norms <= figure.bounds * (1 + 1e-9)).all()


def test_the_norm_is_the_most_that_comes_back():
    """Of all losses at the last step with a gradient of length 1, the library's largest."""
    figure = FadingGradient(steps=6)
    x, h = states(figure)
    most = np.zeros(6)
    for angle in np.linspace(0, np.pi, 721):
        dh = np.zeros_like(h)
        dh[-1, 0] = np.cos(angle), np.sin(angle)
        found = rnn_backward(dh, x, h, np.eye(2), figure.radius * TURN)
        most = np.maximum(most, found.step_norms)
    np.testing.assert_allclose(figure.norms, most, rtol=1e-4)


def test_the_turning_matrix_is_what_its_comment_says():
    np.testing.assert_allclose(abs(np.linalg.eigvals(TURN)), 1)
    assert np.linalg.norm(TURN, 2) == pytest.approx(1.3, rel=1e-6)


def test_the_static_drawing_shows_the_norms():
    figure = FadingGradient()
    shown = ", ".join(f"{norm:.2g}" for norm in figure.norms[-9:-1])
    assert shown in figure.static_html()


class Fading(Reader):
    """What a reader sees and does in the figure."""

    def __init__(self, *opened):
        super().__init__(*opened)
        self.chain = self.figure.locator(".movable")

    def shown(self):
        """The step, the norm and the bound that the formula shows."""
        sum_ = self.figure.locator(".equation").first
        step = int(sum_.locator("sub").nth(1).inner_text())
        norm = number(sum_.locator(".orange").inner_text())
        limit = self.figure.locator(".equation").nth(1).inner_text()
        return step, norm, number(limit.rsplit("=", 1)[1])

    def alone(self):
        return number(self.figure.locator(".equation .blue").inner_text())


@pytest.fixture
def fading(read):
    return read(FadingGradient(), Fading)


@pytest.mark.browser
@pytest.mark.parametrize("preset", PRESETS)
def test_the_numbers_of_every_preset(fading, preset):
    fading.figure.locator("select").select_option(preset)
    figure = FadingGradient(preset=preset)
    factors = [np.linalg.norm(factor, 2) for factor in figure.factors]
    fading.chain.focus()
    fading.page.keyboard.press("Home")
    for step in range(1, figure.steps + 1):
        if step % 3 == 1 or step == figure.steps:
            at, norm, bound = fading.shown()
            assert at == step
            assert norm == pytest.approx(figure.norms[step - 1], rel=0.06)
            assert bound == pytest.approx(figure.bounds[step - 1], rel=0.06)
        if step % 3 == 1 and step < figure.steps:
            assert fading.alone() == pytest.approx(factors[step], rel=0.01)
        fading.page.keyboard.press("ArrowRight")


@pytest.mark.browser
def test_the_sliders_change_the_network(fading):
    for label, value in (("radius", "1.3"), ("inputs", "0.2"), ("steps T", "12")):
        fading.figure.get_by_role("slider", name=re.compile(label)).fill(value)
    figure = FadingGradient(radius=1.3, size=0.2, steps=12)
    step, norm, bound = fading.shown()
    assert step == 12 and norm == bound == 1
    assert fading.figure.locator("select").input_value() == ""
    fading.chain.focus()
    fading.page.keyboard.press("Home")
    assert fading.shown()[1] == pytest.approx(figure.norms[0], rel=0.01)


@pytest.mark.browser
def test_the_lines_are_as_wide_as_the_norms(fading):
    widths = fading.figure.locator("line.orange").evaluate_all(
        "lines => lines.map((line) => parseFloat(line.style.strokeWidth))"
    )
    figure = FadingGradient()
    expected = np.maximum(0.5, 24 * figure.norms[:-1] / figure.norms.max())
    np.testing.assert_allclose(widths[1 : figure.steps], expected, rtol=1e-5)


@pytest.mark.browser
def test_dragging_moves_the_step(fading):
    drag(fading.page, fading.chain.bounding_box(), (17.5 / 30, 0.5), (4.5 / 30, 0.5))
    assert fading.shown()[0] == 5
