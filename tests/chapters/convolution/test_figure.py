"""The sliding window computes what the library computes, however the reader moves and edits it."""

import base64
import re

import numpy as np
import pytest
import traitlets
from browsing import Reader, drag, hurry, number

from course_lib import conv2d
from course_lib.figures.convolution import BIAS, IMAGE, KERNEL, SlidingWindow

CROSS, TRUE, DIFFERENCE = range(3)


def expected(kernel=KERNEL, *, image=IMAGE, bias=BIAS, flip=False):
    """The output (HO, WO) of an image for a kernel (C, KH, KW)."""
    w = np.array([kernel], dtype=float)
    w = w[:, :, ::-1, ::-1] if flip else w
    return conv2d(np.array([image], dtype=float), w, np.array([bias], dtype=float))[0, 0]


def test_the_worked_example_gives_the_numbers_of_the_recitation():
    assert expected()[0, :2].tolist() == [-25, 466]
    assert expected(flip=True)[0, :2].tolist() == [337, 327]


@pytest.mark.parametrize("flip", [False, True])
def test_the_static_drawing_shows_the_sum_and_both_outputs(flip):
    drawing = SlidingWindow(flip=flip).static_html()
    words = re.findall(r">(\N{MINUS SIGN}?[\d.]+)</text>", drawing)
    shown = [number(w) for w in words[-32:]]
    both = [*expected().ravel(), *expected(flip=True).ravel()]
    np.testing.assert_allclose(shown, both, rtol=0, atol=1e-9)
    if not flip:
        assert "red 310, green \N{MINUS SIGN}170, blue 325, bias 1, together 466" in drawing
    assert f"together {327 if flip else 466}" in drawing


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("position", [0, 4], "position must be a row and a column from 0 to 3"),
        ("position", [1], "position must be a row and a column from 0 to 3"),
        ("kernel", [[[1]]], "kernel must hold 3 channels of 3x3 finite numbers"),
        ("kernel", np.full((3, 3, 3), np.nan).tolist(), "kernel must hold 3 channels"),
        ("image", [[["black"]]], "image must hold 3 channels of 6x6 finite numbers"),
    ],
)
def test_traits_refuse_what_the_figure_cannot_show(name, value, message):
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(SlidingWindow(), name, value)


def test_the_answers_to_the_things_to_try_are_answers():
    inside = slice(1, 6)  # the worked image without its border of zeros
    red = SlidingWindow(preset="red_only").output
    np.testing.assert_array_equal(red, np.array(IMAGE)[0, 1:5, 1:5] + BIAS)
    symmetric = SlidingWindow(preset="symmetric")
    turned = SlidingWindow(preset="symmetric", flip=True)
    np.testing.assert_array_equal(symmetric.output, turned.output)
    blind = SlidingWindow(preset="sum_zero")
    assert len({str(plane) for plane in blind.kernel}) == 3
    colour = np.full((3, 6, 6), 0.0) + np.array([200.0, 17.0, 90.0])[:, None, None]
    blind.image = colour.tolist()
    np.testing.assert_array_equal(blind.output, np.full((4, 4), BIAS))
    assert np.array(IMAGE)[:, inside, inside].min() > 0


class Window(Reader):
    """What a reader sees and does in the figure."""

    def __init__(self, *opened):
        super().__init__(*opened)
        self.grids = self.figure.locator(".grid")  # image, kernel, three outputs
        self.image = self.grids.nth(0)

    def output(self, which=CROSS):
        texts = self.grids.nth(2 + which).locator("text").all_text_contents()
        return np.array([np.nan if t == "?" else number(t) for t in texts]).reshape(4, 4)

    def weights(self):
        texts = self.grids.nth(1).locator("text").all_text_contents()
        return np.array([number(t) for t in texts]).reshape(3, 3, 3).transpose(1, 0, 2)

    def total(self):
        return number(self.figure.locator(".result").inner_text())

    def terms(self):
        spans = [self.figure.locator(f".equation .{c}") for c in ("red", "green", "blue")]
        return [number(span.inner_text()) for span in spans]

    def press(self, key, times=1):
        for _ in range(times):
            self.page.keyboard.press(key)

    def pass_over_all(self):
        self.image.focus()
        self.press("Control+Home")
        for row in range(4):
            self.press("ArrowRight" if row % 2 == 0 else "ArrowLeft", 3)
            self.press("ArrowDown")

    def edit(self, channel, row, column, value):
        """Reach a weight by the arrow keys from where the input stands, and type."""
        field = self.figure.locator(".weight")
        field.focus()
        now = re.match(r"weight, (\w+), row (\d), column (\d)", field.get_attribute("aria-label"))
        colours = ["red", "green", "blue"]
        at = 3 * colours.index(now[1]) + int(now[3])
        to = 3 * channel + column
        self.press("ArrowRight" if to > at else "ArrowLeft", abs(to - at))
        down = row - int(now[2])
        self.press("ArrowDown" if down > 0 else "ArrowUp", abs(down))
        self.page.keyboard.type(str(value))


@pytest.fixture
def window(read):
    return read(SlidingWindow(), Window)


@pytest.mark.browser
def test_the_output_starts_blank_and_fills_where_the_window_has_been(window):
    start = window.output()
    assert np.isnan(start).sum() == 15 and start[0, 1] == 466
    assert window.terms() == [310, -170, 325] and window.total() == 466
    window.pass_over_all()
    np.testing.assert_array_equal(window.output(), expected())
    window.figure.get_by_role("button", name="Blank the output").click()
    assert np.isnan(window.output()).sum() == 15


@pytest.mark.browser
def test_play_fills_the_output_in_order(window):
    window.image.focus()
    window.press("Control+Home")
    hurry(window.page)
    window.figure.get_by_role("button", name="Play").click()
    window.figure.locator(".player output").filter(has_text="16 of 16").wait_for()
    np.testing.assert_array_equal(window.output(), expected())


@pytest.mark.browser
def test_turning_the_kernel_turns_its_numbers_and_shows_both_outputs(window):
    kernel = np.array(KERNEL)
    np.testing.assert_array_equal(window.weights(), kernel)
    assert window.grids.count() == 5 and not window.grids.nth(2 + TRUE).is_visible()
    window.pass_over_all()
    window.figure.get_by_role("switch").check()
    np.testing.assert_array_equal(window.weights(), kernel[:, ::-1, ::-1])
    cross, true = expected(), expected(flip=True)
    np.testing.assert_array_equal(window.output(CROSS), cross)
    np.testing.assert_array_equal(window.output(TRUE), true)
    np.testing.assert_array_equal(window.output(DIFFERENCE), true - cross)
    window.image.focus()
    window.press("Control+Home")
    assert window.total() == 337
    window.press("ArrowRight")
    assert window.total() == 327
    window.figure.get_by_role("switch").uncheck()
    np.testing.assert_array_equal(window.weights(), kernel)
    assert window.total() == 466


@pytest.mark.browser
@pytest.mark.parametrize("flip", [False, True])
def test_edited_weights_count_as_they_stand(window, flip):
    window.pass_over_all()
    if flip:
        window.figure.get_by_role("switch").check()
    shown = np.array(KERNEL, dtype=float)
    shown = shown[:, ::-1, ::-1].copy() if flip else shown
    for channel, row, column, value in ((0, 0, 2, -2.5), (2, 2, 1, 7), (1, 1, 0, 0)):
        shown[channel, row, column] = value
        window.edit(channel, row, column, value)
    np.testing.assert_array_equal(window.weights(), shown)
    result = window.output(TRUE if flip else CROSS)
    np.testing.assert_allclose(result, expected(shown), rtol=0, atol=0.5)  # three digits
    window.figure.get_by_label("bias").fill("-4")
    window.image.focus()
    window.press("Control+Home")
    for row in range(4):
        for column in range(4):
            assert window.total() == expected(shown, bias=-4)[row, column]
            window.press("ArrowRight")
        window.press("ArrowDown")
        window.press("Home")
    assert window.figure.locator("select").input_value() == ""


@pytest.mark.browser
def test_a_touch_on_a_weight_opens_it(read):
    window = read(SlidingWindow(), Window, width=390, has_touch=True)
    kernel = window.grids.nth(1)
    kernel.scroll_into_view_if_needed()
    box = kernel.bounding_box()
    window.page.touchscreen.tap(box["x"] + 0.55 * box["width"], box["y"] + 0.8 * box["height"])
    field = window.figure.locator(".weight")
    assert field.get_attribute("aria-label") == "weight, green, row 2, column 1"
    window.page.keyboard.type("4")
    assert window.weights()[1, 2, 1] == 4 and window.terms()[1] == -170 + 4 * 165


@pytest.mark.browser
def test_a_weight_that_is_no_number_or_too_large_is_marked_and_put_back(window):
    field = window.figure.locator(".weight")
    field.focus()
    for typed in ("x", "1000"):
        window.press("Control+a")
        window.press("Delete")
        window.page.keyboard.type(typed)
        assert field.get_attribute("aria-invalid") == "true"
        assert window.terms()[0] in (310, 309)
    window.press("Tab")
    assert float(field.input_value()) == window.weights()[0, 0, 0]
    assert field.get_attribute("aria-invalid") == "false"


@pytest.mark.browser
def test_the_products_add_up(window):
    lines = window.figure.locator("details p").all_text_contents()
    i, j = 0, 1
    for c, line in enumerate(lines):
        left, right = line.split("=")
        products = [number(t) for t in re.findall(r"[\N{MINUS SIGN}]?\s*[\d.]+", left)]
        part = np.array(IMAGE)[c, i : i + 3, j : j + 3] * np.array(KERNEL)[c]
        assert products == part.ravel().tolist() and sum(products) == number(right)


@pytest.mark.browser
def test_dragging_the_window_moves_it_as_far_as_the_hand(window):
    box = window.image.bounding_box()
    inside, target = (2.5 / 6, 1.5 / 6), (3.5 / 6, 3.5 / 6)  # the window is at (0, 1)
    drag(window.page, box, inside, inside)
    assert window.total() == 466, "to take hold of it moves nothing"
    drag(window.page, box, inside, target)
    assert window.total() == expected()[2, 2]


def photograph_of(figure):
    data = base64.b64decode(figure.photo["bytes"])
    shape = figure.photo["height"], figure.photo["width"], 3
    return np.frombuffer(data, dtype=np.uint8).reshape(shape).transpose(2, 0, 1).astype(float)


def canvas(locator):
    """The pixels of a canvas, (H, W, 4)."""
    values, width = locator.evaluate(
        "c => [[...c.getContext('2d').getImageData(0, 0, c.width, c.height).data], c.width]"
    )
    return np.array(values, dtype=float).reshape(-1, width, 4)


@pytest.mark.browser
def test_the_photograph_and_its_map_are_those_of_the_library(window):
    figure = SlidingWindow()
    photo = photograph_of(figure)
    pictures = window.figure.locator("canvas")
    np.testing.assert_array_equal(canvas(pictures.nth(0))[..., :3], photo.transpose(1, 2, 0))
    for preset in ("worked", "box_blur", "sharpen"):
        window.figure.locator("select").select_option(preset)
        shown = SlidingWindow(preset=preset)
        map_ = expected(shown.kernel, image=photo, bias=shown.bias) / np.sum(shown.kernel)
        grey = canvas(pictures.nth(1))[..., :3]
        assert np.ptp(grey, axis=2).max() == 0
        np.testing.assert_allclose(grey[..., 0], map_.clip(0, 255), rtol=0, atol=0.51)
    window.figure.locator("select").select_option("sobel_x")
    shown = SlidingWindow(preset="sobel_x")
    map_ = expected(shown.kernel, image=photo, bias=0)
    pixels = canvas(pictures.nth(1))
    strength = 255 * (np.abs(map_) / np.abs(map_).max()) ** 0.6
    np.testing.assert_allclose(pixels[..., 3], strength, rtol=0, atol=0.51)
    strong = strength > 40
    orange = pixels[..., 0] > pixels[..., 2]
    assert (orange == (map_ > 0))[strong].all(), "orange where it is above zero, purple below"


@pytest.mark.browser
def test_a_touch_on_the_photograph_shows_its_numbers(window):
    lens = window.figure.locator(".picture svg").first
    lens.scroll_into_view_if_needed()
    lens.focus()
    window.press("ArrowDown")
    place = lens.get_attribute("aria-valuetext")
    i, j = map(int, re.findall(r"\d+", place))
    patch = photograph_of(SlidingWindow())[:, i : i + 6, j : j + 6]
    texts = window.image.locator("text").all_text_contents()
    shown = np.array([number(t) for t in texts]).reshape(6, 3, 6).transpose(1, 0, 2)
    np.testing.assert_array_equal(shown, patch)
    window.pass_over_all()
    np.testing.assert_array_equal(window.output(), expected(image=patch))
    window.figure.locator("select").select_option("worked")
    np.testing.assert_array_equal(window.output(), expected())
