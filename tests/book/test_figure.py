"""The sliding window: right against the library, with and without JavaScript, from the keyboard."""

import re

import numpy as np
import pytest
import traitlets

from course_lib import conv2d
from course_lib.figures.convolution import BIAS, IMAGE, KERNEL, SlidingWindow


def expected(kernel, flip=False):
    """The output (HO, WO) of the example for a kernel (C, KH, KW)."""
    w = np.array([kernel], dtype=float)
    w = w[:, :, ::-1, ::-1] if flip else w
    return conv2d(np.array([IMAGE], dtype=float), w, np.array([float(BIAS)]))[0, 0]


def number(text):
    return float(text.replace("\N{MINUS SIGN}", "-"))


def test_the_example_is_that_of_the_document(oracles):
    example = oracles["conv2d_rgb"]
    assert example["inputs"]["image"] == IMAGE and example["inputs"]["kernels"] == KERNEL
    assert example["inputs"]["bias"] == BIAS
    assert expected(KERNEL)[0, :2].tolist() == [-25, 466]
    assert expected(KERNEL, flip=True)[0, :2].tolist() == [337, 327]


def test_the_static_state_shows_both_operations():
    text = SlidingWindow().static_html()
    cells = [number(c) for c in re.findall(r"<td>(\N{MINUS SIGN}?[\d.]+)</td>", text)]
    assert cells[:5] == [310, -170, 325, 1, 466]
    both = [*expected(KERNEL).ravel(), *expected(KERNEL, flip=True).ravel()]
    np.testing.assert_allclose(cells[5:], both, rtol=0, atol=1e-9)


def test_a_notebook_gets_the_widget_and_a_page_the_html():
    data, _ = SlidingWindow()._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    page = data["text/html"]
    assert "export default" not in page and "const figure = { render }" in page
    assert not re.search(r"(src|href)=|import\s*\(|https?:", page), "the page would fetch something"


def test_a_page_comes_out_the_same_every_time():
    assert SlidingWindow().to_html() == SlidingWindow().to_html()


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("position", [0, 4], "position must be a row and a column from 0 to 3"),
        ("position", [1], "position must be a row and a column from 0 to 3"),
        ("kernel", [[[1]]], "kernel must hold 3 channels of 3x3 finite numbers"),
        ("kernel", np.full((3, 3, 3), np.nan).tolist(), "kernel must hold 3 channels"),
    ],
)
def test_traits_refuse_what_the_figure_cannot_show(name, value, message):
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(SlidingWindow(), name, value)


class Page:
    """What a reader sees and does in the figure."""

    def __init__(self, page):
        self.page = page
        self.figure = page.locator("#figure-convolution")

    def results(self):
        buttons = self.figure.locator("td button")
        return np.array([number(t) for t in buttons.all_text_contents()]).reshape(4, 4)

    def total(self):
        return number(self.said().rsplit("= ", 1)[1])

    def said(self):
        return self.figure.get_by_role("status").text_content()

    def weight(self, channel, row, column):
        return self.figure.get_by_label(f"kernel {channel}, row {row}, column {column}", exact=True)

    def press(self, label):
        self.figure.get_by_role("button", name=label, exact=True).click()


@pytest.fixture(params=["http", "file"])
def page(request, browser, site):
    start = request.getfixturevalue("server") if request.param == "http" else site.as_uri()
    with browser.new_context() as context:
        opened = context.new_page()
        opened.goto(f"{start}/book/convolution.html")
        opened.locator("#figure-convolution button").first.wait_for()
        yield Page(opened)


@pytest.mark.browser
def test_the_figure_computes_what_the_library_computes(page):
    np.testing.assert_array_equal(page.results(), expected(KERNEL))
    assert page.total() == 466
    flip = page.figure.get_by_role("switch")
    flip.check()
    np.testing.assert_array_equal(page.results(), expected(KERNEL, flip=True))
    assert page.total() == 327
    page.press("\N{LEFTWARDS ARROW} Previous")
    assert page.total() == 337

    kernel = np.array(KERNEL, dtype=float)
    for channel, row, column, value in (("red", 0, 2, -2.5), ("green", 1, 0, 7), ("blue", 2, 1, 0)):
        kernel[("red", "green", "blue").index(channel), row, column] = value
        page.weight(channel, row, column).fill(str(value))
    np.testing.assert_array_equal(page.results(), expected(kernel, flip=True))
    flip.uncheck()
    right = expected(kernel)
    np.testing.assert_array_equal(page.results(), right)
    for step in range(16):
        assert page.total() == right.flat[step]
        if step < 15:
            page.press("Next \N{RIGHTWARDS ARROW}")

    i, j = 3, 3  # the last window: its products and sums, channel by channel
    for c, channel in enumerate(("red", "green", "blue")):
        part = page.figure.get_by_role("group", name=channel)
        products = part.locator("table").nth(2).locator("td").all_text_contents()
        window = np.array(IMAGE, dtype=float)[c, i : i + 3, j : j + 3].ravel()
        pairs = [tuple(map(number, text.split("\N{MULTIPLICATION SIGN}"))) for text in products]
        assert pairs == list(zip(window, kernel[c].ravel(), strict=True))
        assert number(part.locator(".sum").text_content()) == window @ kernel[c].ravel()

    page.press("Reset")
    np.testing.assert_array_equal(page.results(), expected(KERNEL))
    assert page.total() == 466


@pytest.mark.browser
def test_the_figure_works_from_the_keyboard(page):
    page.figure.locator("td button[aria-pressed=true]").focus()
    seen = []
    for key in ("ArrowDown", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowLeft"):
        page.page.keyboard.press(key)
        seen.append(page.total())
    right = expected(KERNEL)
    assert seen == [right[1, 1], right[1, 2], right[0, 2], right[0, 2], right[0, 1]]
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.page.evaluate(outline) == "solid", "the focused cell is not marked"

    page.figure.get_by_role("switch").focus()
    page.page.keyboard.press("Space")
    assert page.total() == 327 and "true convolution" in page.said()
    page.weight("red", 0, 0).focus()
    page.page.keyboard.press("Control+a")
    page.page.keyboard.type("x")  # not a number: the last one stays
    assert page.total() == 327
    page.page.keyboard.press("Tab")
    assert page.weight("red", 0, 0).input_value() == "-1"


@pytest.mark.browser
def test_every_control_has_a_name(page):
    controls = page.figure.locator("button, input").all()
    assert len(controls) == 3 + 1 + 27 + 16
    for control in controls:
        label = control.evaluate("e => e.ariaLabel || e.labels?.[0]?.textContent || e.textContent")
        assert label.strip()


@pytest.mark.browser
def test_without_javascript_the_numbers_are_there(browser, site):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{site.as_uri()}/book/convolution.html")
        figure = page.locator("#figure-convolution")
        assert figure.locator("button").count() == 0
        text = figure.inner_text()
        assert all(shown in text for shown in ("466", "\N{MINUS SIGN}25", "337", "327"))


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_figure_is_readable_in_both_themes(browser, site, scheme):
    with browser.new_context(color_scheme=scheme, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{site.as_uri()}/book/convolution.html")
        page.locator("#figure-convolution button").first.wait_for()
        cells = page.locator(
            "#figure-convolution td, #figure-convolution button, input[type=number]"
        )
        contrasts = cells.evaluate_all(
            """cells => {
              const canvas = document.createElement("canvas").getContext("2d");
              const light = (colours) => {  // painted over each other, then WCAG's luminance
                for (const colour of colours) {
                  canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
                }
                const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) =>
                  v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
              };
              return cells.filter((c) => !c.disabled).map((cell) => {
                const behind = [];
                for (let node = cell; node; node = node.parentElement)
                  behind.unshift(getComputedStyle(node).backgroundColor);
                const paper = light(behind), ink = light([getComputedStyle(cell).color]);
                return (Math.max(paper, ink) + 0.05) / (Math.min(paper, ink) + 0.05);
              });
            }"""
        )
        assert len(contrasts) > 100 and min(contrasts) >= 4.5
        moving = "getComputedStyle(document.querySelector('.course-figure td')).transitionDuration"
        assert page.evaluate(moving) == "0s"
