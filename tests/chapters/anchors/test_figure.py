"""The plane of all anchors shows what the library computes."""

import re

import numpy as np
import pytest
from browsing import Reader, drag, number

from course_lib import models
from course_lib.attribution import all_precisions, kl_lower, kl_upper, select_anchors, with_unk
from course_lib.figures.anchors import BETA, REVIEWS, SAMPLES, AnchorPlane

PRESETS = list(AnchorPlane.presets.default())


@pytest.fixture(scope="module")
def predict():
    return models.trained("review_cnn").model.eval().predict


@pytest.mark.parametrize("review", REVIEWS)
def test_the_precisions_are_those_of_the_library(predict, review):
    tokens = REVIEWS[review].split()
    figure = AnchorPlane(review=review)
    exact = all_precisions(tokens, predict)
    assert figure.precisions == pytest.approx(exact)
    for threshold in (0, 51, 80, 95, 100):
        figure.threshold = threshold
        expected = select_anchors(
            exact, max(threshold, 1e-9) / 100 if threshold < 100 else 1 - 1e-12
        )
        assert figure.chosen == min(expected.best)


class Plane(Reader):
    """What a reader sees and does in the figure."""

    def __init__(self, *opened):
        super().__init__(*opened)
        self.hand = self.figure.locator(".movable")

    def said(self, n):
        return self.figure.locator(".equation").nth(n).inner_text()

    def counts(self):
        return [int(text) for text in re.findall(r": (\d+)", self.said(0))]

    def band(self):
        """Lower and upper bound, and the exact precision."""
        return [number(text) for text in re.findall(r"\d[\d.]*", self.said(3))]

    def agreements(self):
        return int(self.said(2).split()[0])


@pytest.fixture
def plane(read):
    return read(AnchorPlane(), Plane)


@pytest.mark.browser
@pytest.mark.parametrize("preset", PRESETS)
def test_selection_and_samples_of_every_preset(plane, predict, preset):
    plane.figure.locator("select").first.select_option(preset)
    figure = AnchorPlane(preset=preset)
    tokens = REVIEWS[figure.review].split()
    exact = all_precisions(tokens, predict)
    expected = select_anchors(exact, figure.threshold / 100)
    anchor = min(expected.best)
    assert plane.counts() == list(map(len, expected))
    words = " + ".join(tokens[i] for i in anchor) or "no word"
    assert plane.said(1) == f"held: {words}"
    slider = plane.figure.get_by_role("slider", name="samples")
    for n in (1, figure.n, SAMPLES):
        slider.fill(str(n))
        keep = np.array(figure.draws[:n])[:, None] >> np.arange(8) & 1 == 1
        keep[:, list(anchor)] = True
        labels = np.asarray(predict(with_unk(tokens, keep)))
        stays = int((labels == predict([tokens])[0]).sum())
        assert plane.agreements() == stays
        bounds = [float(bound(stays / n, n, BETA)) for bound in (kl_lower, kl_upper)]
        assert plane.band() == pytest.approx([*bounds, exact[anchor]], abs=6e-4)


@pytest.mark.browser
def test_a_sample_shows_which_words_are_lost(plane):
    plane.figure.get_by_role("slider", name="samples").fill("3")
    figure = AnchorPlane()
    kept = figure.draws[2] | sum(1 << i for i in figure.chosen)
    shown = plane.figure.locator("svg.grid text").all_text_contents()
    tokens = REVIEWS["praise"].split()
    assert shown == [word if kept >> i & 1 else "" for i, word in enumerate(tokens)]


@pytest.mark.browser
def test_the_dots_stand_at_their_precision(plane):
    """Large dots are A2, and orange is A1."""
    dots = plane.figure.locator("svg.axes").first.locator("circle")
    found = dots.evaluate_all("all => all.map((d) => [d.cx.baseVal.value, d.r.baseVal.value,"
                              " d.style.fill.includes('orange')])")  # fmt: skip
    figure = AnchorPlane()
    assert len(found) == 256
    left = min(x for x, *_ in found)
    low, high = min(figure.precisions.values()), max(figure.precisions.values())
    right = max(x for x, *_ in found)
    for code, (x, radius, orange) in enumerate(found):
        anchor = tuple(i for i in range(8) if code >> i & 1)
        precision = figure.precisions[anchor]
        assert x == pytest.approx(left + (precision - low) / (high - low) * (right - left), abs=0.1)
        assert orange == (100 * precision >= figure.threshold)
        assert (radius > 3) == (anchor in [(2, 3), (3, 7), (6, 7)])


@pytest.mark.browser
def test_dragging_moves_the_threshold(plane):
    drag(plane.page, plane.hand.bounding_box(), (0.9, 0.5), (0.4, 0.5))
    words = plane.hand.get_attribute("aria-valuetext")
    assert number(re.search(r"threshold ([\d.]+)", words)[1]) == pytest.approx(0.4, abs=0.02)
    assert plane.said(1) == "held: no word"
