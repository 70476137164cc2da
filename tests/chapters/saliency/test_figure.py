"""The saturated score shows what the library computes."""

import re

import numpy as np
import pytest
import torch
from browsing import Reader, drag, number

from course_lib.attribution import (
    gradient_times_input,
    integrated_gradients,
    occlusion,
    saliency,
    shapley_exact,
    smoothgrad,
)
from course_lib.figures.saliency import METHODS, SaturatedScore

PRESETS = list(SaturatedScore.presets.default())


def model(batch):
    return 1 - torch.relu(1 - batch.sum(1))


def by_the_library(figure):
    x = torch.tensor([[figure.i1, figure.i2]], dtype=torch.float64)

    def value(masks):
        return model(torch.as_tensor(masks, dtype=torch.float64) * x).numpy()

    found = {
        "gradient": saliency(model, x, 0),
        "times": gradient_times_input(model, x, 0),
        "occlusion": occlusion(model, x, 0, window=1),
        "integrated": integrated_gradients(model, x, 0, n_steps=20_000),
        "shapley": shapley_exact(value, 2),
    }
    return {name: np.ravel(numbers) for name, numbers in found.items()}


@pytest.mark.parametrize("preset", PRESETS)
def test_the_numbers_are_those_of_the_library(preset):
    figure = SaturatedScore(preset=preset)
    for name, numbers in by_the_library(figure).items():
        np.testing.assert_allclose(figure.attributions[name], numbers, atol=1e-4, err_msg=name)


def test_the_numbers_of_the_documents(oracles):
    expected = oracles["saturation"]["expected"]
    found = SaturatedScore(i1=1.0, i2=1.0).attributions
    for name, key in {"gradient": "grad", "occlusion": "occlusion", "shapley": "shapley",
                      "times": "grad_x_input"}.items():  # fmt: skip
        assert list(found[name]) == expected[f"{key}_at_1_1"]
    assert list(found["integrated"]) == expected["ig_at_1_1_from_0"]


def test_smoothgrad_is_the_share_of_the_noise_on_the_slope():
    figure = SaturatedScore(i1=0.5, i2=0.6, sigma=0.3)
    x = torch.tensor([[0.5, 0.6]], dtype=torch.float64)
    stdev = 0.3 / (x.max() - x.min()).item()
    sampled = smoothgrad(model, x, 0, stdev=stdev, n_samples=100_000, rng=0, chunk=100_000)
    np.testing.assert_allclose(sampled[0], figure.attributions["smooth"], atol=0.006)


def test_the_static_drawing_shows_every_number():
    figure = SaturatedScore(preset="one")
    for name, pair in figure.attributions.items():
        assert METHODS[name] in figure.static_html()
        assert all(f"{value:.2f}" in figure.static_html() for value in pair)


class Saturated(Reader):
    """What a reader sees and does in the figure."""

    def __init__(self, *opened):
        super().__init__(*opened)
        self.plane = self.figure.locator(".movable")

    def shown(self):
        texts = self.figure.locator("[data-value]").evaluate_all(
            "nodes => nodes.map((node) => [node.dataset.value, node.textContent])"
        )
        found = {name: number(text) for name, text in texts}
        return {name: (found[f"{name}-1"], found[f"{name}-2"]) for name in METHODS}

    def agrees_with(self, figure):
        for name, pair in self.shown().items():
            assert pair == pytest.approx(figure.attributions[name], abs=0.0051), name
        y = 1 - max(0, 1 - figure.i1 - figure.i2)
        assert float(self.figure.locator(".result").inner_text()) == pytest.approx(y, abs=0.0051)


@pytest.fixture
def saturated(read):
    return read(SaturatedScore(), Saturated)


@pytest.mark.browser
def test_the_numbers_of_every_preset(saturated):
    saturated.agrees_with(SaturatedScore())
    for preset in PRESETS:
        saturated.figure.locator("select").select_option(preset)
        saturated.agrees_with(SaturatedScore(preset=preset))


@pytest.mark.browser
def test_the_keys_walk_over_the_edge(saturated):
    saturated.figure.locator("select").select_option("edge")
    saturated.plane.focus()
    for key, i1, i2 in (
        ("ArrowDown", 0.6, 0.4),  # the edge itself
        ("ArrowLeft", 0.5, 0.4),
        ("ArrowUp", 0.5, 0.5),
        ("End", 2.0, 0.5),
    ):
        saturated.page.keyboard.press(key)
        saturated.agrees_with(SaturatedScore(i1=i1, i2=i2, sigma=0.3))


@pytest.mark.browser
def test_the_noise_changes_smoothgrad_alone(saturated):
    saturated.figure.get_by_role("slider", name=re.compile("noise")).fill("0.8")
    figure = SaturatedScore(sigma=0.8)
    saturated.agrees_with(figure)
    assert saturated.figure.locator("select").input_value() == "slope"


@pytest.mark.browser
def test_dragging_moves_the_point(saturated):
    start, end = (3.5 / 21, 16.5 / 21), (10.5 / 21, 10.5 / 21)
    drag(saturated.page, saturated.plane.bounding_box(), start, end)
    saturated.agrees_with(SaturatedScore(i1=1.0, i2=1.0))
