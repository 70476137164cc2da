"""The walk from a baseline shows what the library computes."""

import re

import numpy as np
import pytest
import torch
from browsing import Reader, drag, number

from course_lib import models
from course_lib.attribution import integrated_gradients
from course_lib.attribution.integrated_gradients import RULES
from course_lib.figures.integrated_gradients import COUNTS, PLACES, STARTS, PathIntegral, digit
from course_lib.reference.integrated_gradients import integrated_gradients as by_rule

PRESETS = list(PathIntegral.presets.default())


@pytest.fixture(scope="module")
def net():
    return models.trained("digits_cnn").model.double().eval()


def exact(net, start, end, n_steps, rule="midpoint"):
    """The library's shares and gap on the way from a constant baseline to a part of the digit."""
    image, label = digit()
    x = torch.tensor(start + end * (image - start))[None, None]
    shares, gap = integrated_gradients(
        net, x, label, start, n_steps=n_steps, rule=rule, return_delta=True
    )
    return shares[0, 0].numpy(), float(gap[0])


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("rule", RULES)
def test_the_gaps_are_those_of_the_library(net, start, rule):
    for steps in COUNTS:
        figure = PathIntegral(start=start, rule=rule, steps=steps)
        _, gap = exact(net, STARTS[start], 1.0, steps, rule)
        assert figure.gap == pytest.approx(gap, abs=1e-3)


def test_the_left_rule_is_that_of_the_exercise(net):
    image, label = digit()

    def gradient(batch):
        x = torch.tensor(batch[:, None], requires_grad=True)
        net(x)[:, label].sum().backward()
        return x.grad[:, 0].numpy()

    figure = PathIntegral(preset="left")
    shares = by_rule(gradient, image, 0 * image, n_steps=figure.steps, rule="left")
    scores = figure.paths["black"]["scores"]
    assert figure.gap == pytest.approx(shares.sum() - (scores[-1] - scores[0]), abs=1e-3)


@pytest.mark.parametrize("start", STARTS)
def test_the_shares_so_far_are_those_of_the_way_so_far(net, start):
    for place in (10, 30, PLACES):
        figure = PathIntegral(start=start, place=place)
        shares, _ = exact(net, STARTS[start], place / PLACES, 40 * place)
        np.testing.assert_allclose(figure.shares, shares, atol=0.02)
        scores = figure.paths[start]["scores"]
        assert figure.shares.sum() == pytest.approx(scores[place] - scores[0], abs=0.05)


class Walk(Reader):
    """What a reader sees and does in the figure."""

    def __init__(self, *opened):
        super().__init__(*opened)
        self.hand = self.figure.locator(".movable")

    def said(self, n):
        return self.figure.locator(".equation").nth(n).inner_text()

    def area(self):
        """Area, score here and score at the start, as the formula shows them."""
        return [number(text) for text in re.findall(r"[\N{MINUS SIGN}]?\d[\d.]*", self.said(0))]

    def gap(self):
        return number(self.said(3).removeprefix("gap: "))


@pytest.fixture
def walk(read):
    return read(PathIntegral(), Walk)


@pytest.mark.browser
@pytest.mark.parametrize("preset", PRESETS)
def test_the_numbers_of_every_preset(walk, preset):
    walk.figure.locator("select").first.select_option(preset)
    figure = PathIntegral(preset=preset)
    scores = figure.paths[figure.start]["scores"]
    for key, place in (("Home", 0), ("ArrowRight", 1), ("End", PLACES)):
        walk.hand.focus()
        walk.page.keyboard.press(key)
        area, here, start = walk.area()
        assert (here, start) == pytest.approx((scores[place], scores[0]), abs=0.06)
        assert area == pytest.approx(scores[place] - scores[0], abs=0.06)
    assert walk.gap() == pytest.approx(figure.gap, abs=6e-4)


@pytest.mark.browser
def test_every_rule_and_number_of_steps(walk):
    slider = walk.figure.get_by_role("slider", name="steps n")
    for rule in PathIntegral().rules:
        walk.figure.locator("select").nth(2).select_option(rule)
        for at, steps in enumerate(COUNTS):
            slider.fill(str(at))
            assert walk.gap() == pytest.approx(PathIntegral(rule=rule, steps=steps).gap, abs=6e-4)


@pytest.mark.browser
def test_the_map_is_coloured_by_the_shares(walk):
    walk.hand.focus()
    walk.page.keyboard.press("End")
    cells = walk.figure.locator("svg.grid").nth(1).locator("rect.cell")
    fills = cells.evaluate_all("all => all.map((cell) => cell.style.fill)")
    shares = PathIntegral(place=PLACES).shares.ravel()
    for fill, share in zip(fills, shares, strict=True):
        percent = round(100 * abs(share) / abs(shares).max())
        found = re.search(r"var\(--(positive|negative)\) ?(\d+)?%?", fill)
        assert found and abs(int(found[2] or 0) - percent) <= 1
        assert share == 0 or found[1] == ("positive" if share > 0 else "negative")


@pytest.mark.browser
def test_dragging_walks(walk):
    drag(walk.page, walk.hand.bounding_box(), (0.3, 0.5), (0.8, 0.5))
    share = number(walk.hand.get_attribute("aria-valuetext").split(" %")[0])
    assert share == pytest.approx(80, abs=2)
