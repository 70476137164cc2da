"""The figure of the gated flow shows what the library and PyTorch compute."""

import re

import numpy as np
import pytest
import torch
from browsing import Reader, drag, number

from course_lib.figures.lstm import COLOURS, STEPS, GatedFlow, M, norms, reach

PRESETS = list(GatedFlow.presets.default())


def torch_cell(figure):
    """The LSTM of the figure as PyTorch's own cell."""
    x, w_ih, w_hh, b = map(torch.tensor, figure._arrays)
    cell = torch.nn.LSTMCell(2, M, dtype=torch.float64)
    state = {"weight_ih": w_ih, "weight_hh": w_hh, "bias_ih": b, "bias_hh": 0 * b}
    cell.load_state_dict(state)
    return cell, x


@pytest.mark.parametrize("preset", PRESETS)
def test_what_arrives_is_the_derivative_that_torch_finds(preset):
    figure = GatedFlow(preset=preset)
    cell, x = torch_cell(figure)
    for t in (STEPS - 1, STEPS - 2, STEPS - 4, 9):
        o = torch.tensor(figure.trace.o[t])

        def last_cell(c, t=t, o=o):
            h = o * torch.tanh(c)
            for later in range(t + 1, STEPS):
                h, c = cell(x[later], (h, c))
            return c

        c = torch.tensor(figure.trace.c[t])
        exact = torch.autograd.functional.jacobian(last_cell, c)[0, :, 0]
        np.testing.assert_allclose(figure.whole[t], exact, rtol=1e-8, atol=1e-30)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_product_is_that_of_the_sums(preset):
    figure = GatedFlow(preset=preset)
    product = np.eye(M)
    for t in reversed(range(1, STEPS)):
        product = product @ figure.terms[t].sum(axis=0)
        np.testing.assert_allclose(figure.chained[t - 1], product)
    np.testing.assert_allclose(figure.whole[-2], figure.terms[-1].sum(axis=0))


def test_what_the_presets_are_named_after():
    made = {name: GatedFlow(preset=name) for name in PRESETS}
    assert norms(made["holds"].whole)[1] > 0.5 > 1e-9 > norms(made["new"].whole)[1]
    assert norms(made["lost"].whole)[1] < 1e-20
    sizes = np.linalg.norm(made["hidden"].terms, 2, axis=(2, 3))
    assert (sizes[1:, [0, 2, 3]] < 0.01).all()
    explodes = made["explodes"]
    assert norms(explodes.whole)[1] > 1e3 and norms(explodes.straight)[1] < 1e-9


def test_without_recurrent_weights_into_o_the_product_is_right():
    figure = GatedFlow(size=2.0)
    w_hh = figure._arrays[2].copy()
    w_hh[3 * M :] = 0
    whole, chained = reach(figure.trace, w_hh)
    np.testing.assert_allclose(whole, chained)
    assert not np.allclose(figure.whole[0], figure.chained[0], rtol=0.1, atol=0)


def test_the_static_drawing_shows_the_sizes():
    html = GatedFlow().static_html()
    assert all(html.count(f"fill: var(--{colour})") == STEPS for colour in COLOURS)


class Flow(Reader):
    """What a reader sees and does in the figure."""

    def __init__(self, *opened):
        super().__init__(*opened)
        self.chart = self.figure.locator(".movable")

    def shown(self):
        """The four sizes at the chosen step: arrives, product, straight, plain RNN."""
        lines = self.figure.locator(".equation").all_inner_texts()[-4:]
        return [number(line.rsplit(":", 1)[1]) for line in lines]

    def matrices(self):
        """The numbers of A, B, C and D, (4, 2, 2)."""
        texts = self.figure.locator("svg[role=img].grid text").all_text_contents()
        return np.array([number(text) for text in texts if text]).reshape(4, M, M)

    def step(self):
        return int(re.match(r"step (\d+)", self.chart.get_attribute("aria-valuetext"))[1])


@pytest.fixture
def flow(read):
    return read(GatedFlow(), Flow)


@pytest.mark.browser
@pytest.mark.parametrize("preset", PRESETS)
def test_the_numbers_of_every_preset(flow, preset):
    flow.figure.locator("select").select_option(preset)
    figure = GatedFlow(preset=preset)
    expected = [norms(getattr(figure, k)) for k in ("whole", "chained", "straight", "plain")]
    flow.chart.focus()
    flow.page.keyboard.press("Home")
    for step in range(2, STEPS + 1):
        if step % 3 == 2 or step == STEPS:
            assert flow.step() == step
            assert flow.shown() == pytest.approx([one[step - 1] for one in expected], rel=0.06)
        if step % 7 == 0:
            np.testing.assert_allclose(flow.matrices(), figure.terms[step - 1], atol=0.0051)
        flow.page.keyboard.press("ArrowRight")


@pytest.mark.browser
def test_the_sliders_set_the_gates(flow):
    for label, value in (("forget", "3"), ("input", "-2"), ("output", "1"), ("weights", "1.5")):
        flow.figure.get_by_role("slider", name=re.compile(label)).fill(value)
    figure = GatedFlow(forget=3.0, write=-2.0, show=1.0, size=1.5)
    assert flow.shown()[0] == pytest.approx(norms(figure.whole)[figure.step - 1], rel=0.01)
    assert flow.figure.locator("select").input_value() == ""


@pytest.mark.browser
def test_the_columns_are_as_tall_as_the_sizes(flow):
    tall = flow.figure.locator("svg.movable rect:not(.window)").evaluate_all(
        "bars => bars.map((bar) => parseFloat(bar.getAttribute('height')))"
    )
    sizes = np.linalg.norm(GatedFlow().terms, 2, axis=(2, 3))
    expected = 132 * sizes / max(2.0, sizes.sum(axis=1).max())
    np.testing.assert_allclose(np.array(tall).reshape(STEPS, 4), expected, atol=1e-6)


@pytest.mark.browser
def test_dragging_moves_the_step(flow):
    drag(flow.page, flow.chart.bounding_box(), (11.5 / STEPS, 0.5), (20.5 / STEPS, 0.5))
    assert flow.step() == 21
