"""Plots: symmetric scales, signs that survive greyscale, words for screen readers, safe HTML."""

import base64
import io
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest

from course_lib import plots
from course_lib.plots import style


@pytest.fixture(autouse=True)
def no_window(monkeypatch):
    import matplotlib.pyplot as plt

    before = matplotlib.get_backend()
    plt.switch_backend("agg")
    yield
    plt.close("all")
    plt.switch_backend(before)


def minus_signs(ax):
    (dots,) = ax.collections
    return {(int(row), int(column)) for column, row in dots.get_offsets()}


VALUES = np.array([[0.0, 2.0, -0.1], [-4.0, 1.0, -3.0]])


@pytest.mark.parametrize("draw", [plots.heatmap, lambda v, **o: plots.overlay(v * 0, v, **o)])
def test_the_scale_is_symmetric_and_negative_cells_carry_a_sign(draw):
    ax = draw(VALUES)
    picture = ax.get_images()[-1]
    assert picture.get_clim() == (-4, 4) and np.array_equal(picture.get_array(), VALUES)
    assert minus_signs(ax) == {(1, 0), (1, 2)}  # not -0.1, which is next to nothing
    assert len(ax.figure.axes) == 2  # the colour bar
    assert draw(VALUES, limit=10).get_images()[-1].get_clim() == (-10, 10)
    assert draw(VALUES * 0).get_images()[-1].get_clim() == (-1, 1)
    assert draw(VALUES, title="Saliency").get_title() == "Saliency"


def test_signs_stand_out_from_their_cells():
    ax = plots.heatmap([[-1.0, -0.2]])
    dark, light = matplotlib.colors.to_rgba("#111111"), matplotlib.colors.to_rgba("#fefefe")
    assert np.allclose(ax.collections[0].get_facecolors(), [light, dark])  # in every theme


def test_a_wide_map_makes_a_low_figure():
    def height(shape):
        return plots.heatmap(np.ones(shape)).figure.get_size_inches()[1]

    assert height((4, 20)) < height((10, 10)) == height((5, 5)) < height((30, 10)) == 5


def test_the_numbers_of_a_waterfall_stand_beside_the_bars():
    for value in (2.0, -2.0):
        (text,) = plots.waterfall([value], base=1.0).texts
        assert text.xy[0] == max(1.0, 1.0 + value) and text.get_ha() == "left"


def test_a_large_map_carries_few_signs():
    signs = minus_signs(plots.heatmap(-np.ones((240, 50))))
    assert len(signs) == 24 * 17
    rows, columns = zip(*signs, strict=True)
    assert min(rows) == 5 and max(rows) == 235 and min(columns) == 1 and max(columns) == 49


def test_an_overlay_is_clearer_where_the_attribution_is_stronger():
    image, heat = plots.overlay([[3.0, 5.0]], [[-2.0, 1.0]]).get_images()
    assert image.get_cmap().name == "gray" and image.get_array().tolist() == [[3, 5]]
    assert np.allclose(heat.get_alpha(), [[0.9, 0.45]])
    clipped = plots.overlay([[3.0, 5.0]], [[-2.0, 1.0]], limit=1).get_images()[1]
    assert np.allclose(clipped.get_alpha(), [[0.9, 0.9]])
    with pytest.raises(ValueError, match=r"attribution must have the shape of image \(1, 2\)"):
        plots.overlay([[3.0, 5.0]], [[1.0]])


def test_tensors_and_given_axes():
    import matplotlib.pyplot as plt
    import torch

    figure, axes = plt.subplots(1, 2)
    assert plots.heatmap(torch.ones(2, 2, requires_grad=True), ax=axes[1]) is axes[1]
    assert plots.waterfall(torch.ones(2), ax=axes[0]) is axes[0]


def test_the_colour_map_is_symmetric_in_lightness():
    strength = np.linspace(0.05, 1, 30)
    both = style.colours()(0.5 + 0.5 * np.stack([strength, -strength]))
    red, green, blue, _ = both.transpose(2, 0, 1)
    grey = 0.299 * red + 0.587 * green + 0.114 * blue
    assert (np.diff(grey, axis=1) < 0).all()  # the stronger, the darker
    assert np.abs(grey[0] - grey[1]).max() < 0.02
    # For who sees no red-green difference, blue against yellow tells the sign.
    assert (((red + green) / 2 - blue)[0, 5:] > 0.1).all()
    assert (((red + green) / 2 - blue)[1, 5:] < -0.02).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, 2.0], "attribution must have 2 axes"),
        (np.zeros((0, 3)), "attribution must not be empty"),
        ([[np.nan]], "attribution must be finite"),
    ],
)
def test_maps_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        plots.heatmap(values)


@pytest.mark.parametrize("limit", [0, -1, np.nan, np.inf])
def test_limits_are_refused(limit):
    for draw in (plots.heatmap, lambda v, limit: plots.highlighted_text(["a"], [1.0], limit=limit)):
        with pytest.raises(ValueError, match="limit must be a number above 0"):
            draw([[1.0]], limit=limit)


def test_filters_are_tiles_with_a_frame():
    filters = np.arange(1.0, 13).reshape(3, 1, 2, 2)
    ax = plots.filter_grid(filters, columns=2)
    canvas = np.asarray(ax.get_images()[0].get_array().filled(np.nan))
    assert canvas.shape == (7, 7)
    assert canvas[1:3, 1:3].tolist() == filters[0, 0].tolist()
    assert canvas[1:3, 4:6].tolist() == filters[1, 0].tolist()
    assert canvas[4:6, 1:3].tolist() == filters[2, 0].tolist()
    assert np.isnan(canvas[[0, 3, 6]]).all() and np.isnan(canvas[:, [0, 3, 6]]).all()
    assert ax.get_images()[0].get_clim() == (-12, 12)
    assert plots.alt_text(ax) == "Filters: 3 tiles of 2 by 2 weights, from 1 to 12."
    many = plots.filter_grid(np.ones((2, 3, 2, 2)))
    assert many.get_images()[0].get_array().shape == (4, 19)
    with pytest.raises(ValueError, match="filters must have 3 axes"):
        plots.filter_grid(np.ones((2, 2)))
    with pytest.raises(ValueError, match="columns must be"):
        plots.filter_grid(filters, columns=0)


def test_waterfall_starts_at_the_base_and_ends_at_the_prediction():
    ax = plots.waterfall([1.0, -3.0, 0.5], base=10, names=["a", "b", "c"], title="Sum")
    bars = [(bar.get_x(), bar.get_width(), bar.get_hatch()) for bar in ax.patches]
    assert bars == [(10, -3, "///"), (7, 1, None), (8, 0.5, None)]
    *leads, base = ([*line.get_xdata()] for line in ax.lines)
    assert leads == [[7, 7], [8, 8], [8.5, 8.5]] and base == [10, 10]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b", "a", "c"]
    assert [text.get_text() for text in ax.texts] == ["-3", "+1", "+0.5"]
    assert ax.get_xlabel() == "from the base 10 (dotted) to the prediction 8.5"
    assert plots.alt_text(ax) == "Sum: from base 10 to prediction 8.5 by b -3, a +1, c +0.5."
    assert ax.yaxis_inverted()


def test_force_meets_at_the_prediction():
    ax = plots.force([1.0, -3.0, 0.5], base=10, names=["a", "b", "c"])
    spans = {
        text.get_text().split("\n")[0]: sorted([bar.get_x(), bar.get_x() + bar.get_width()])
        for text, bar in zip(ax.texts, ax.patches, strict=True)
    }
    assert spans == {"a": [7.5, 8.5], "c": [7, 7.5], "b": [8.5, 11.5]}
    assert [bar.get_hatch() for bar in ax.patches] == ["///", None, None]
    assert plots.alt_text(ax).startswith("Attribution: from base 10 to prediction 8.5 by b -3")
    assert [label.split("\n")[1] for label in (t.get_text() for t in ax.texts)] == [
        "-3",
        "+1",
        "+0.5",
    ]


@pytest.mark.parametrize("draw", [plots.waterfall, plots.force])
@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([], {}, "values must not be empty"),
        ([[1.0]], {}, "values must have 1 axes"),
        ([1.0], {"names": ["a", "b"]}, "names must have one entry for each of the 1 values, got 2"),
        ([1.0], {"base": np.nan}, "base must be finite"),
    ],
)
def test_bars_are_refused(draw, values, options, message):
    with pytest.raises(ValueError, match=message):
        draw(values, **options)


def test_letters_are_as_tall_as_their_values():
    values = np.array([[1.0, 0.0], [0.5, -2.0], [-1.0, 0.0], [0.0, -0.5]])
    ax = plots.sequence_logo(values)
    boxes = {letter.get_gid(): letter.get_path().get_extents() for letter in ax.patches}
    spans = {name: (round(box.y0, 6), round(box.y1, 6)) for name, box in boxes.items()}
    assert spans == {
        "C0": (0, 0.5),  # the smaller below
        "A0": (0.5, 1.5),
        "G0": (-1, 0),
        "T1": (-0.5, 0),
        "C1": (-2.5, -0.5),
    }
    assert boxes["A0"].x0 == pytest.approx(-0.45) and boxes["C1"].x1 == pytest.approx(1.45)
    assert ax.get_xlim() == (-0.6, 1.6)
    assert ax.get_ylim() == pytest.approx((-1.05 * 2.5, 1.05 * 1.5))
    assert "largest value is 1, A at position 0" in plots.alt_text(ax)
    assert "read AA" in plots.alt_text(ax)


def test_negative_letters_hang_upside_down():
    def widest(ax):
        (letter,) = ax.patches
        vertices = letter.get_path().vertices
        return vertices[np.abs(vertices[:, 0]).argmax(), 1]

    # The bar of a T is at the top; upside down it is at the bottom.
    up = widest(plots.sequence_logo([[0.0], [0.0], [0.0], [1.0]]))
    down = widest(plots.sequence_logo([[0.0], [0.0], [0.0], [-1.0]]))
    assert up > 0.8 and down < -0.8


def test_logos_refuse_other_alphabets():
    with pytest.raises(ValueError, match="values must have one row for each symbol of 'ACGT'"):
        plots.sequence_logo(np.ones((3, 5)))
    assert len(plots.sequence_logo(np.ones((2, 3)), alphabet="ab").patches) == 6
    assert plots.sequence_logo(np.zeros((4, 3))).get_ylim()[1] > 0


class Spans(HTMLParser):
    """Collects the tags, attributes and text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data

    def named(self, name):
        return [attributes for tag, attributes in self.tags if tag == name]


def test_words_are_coloured_underlined_and_numbered():
    html = plots.highlighted_text(["good", "bad", "so", "and"], [1.0, -0.5, 0.0, 0.05]).html
    page = Spans(html)
    assert page.text == "good bad so andAttribution"
    good, bad, so, weak = page.named("span")
    assert good["title"] == "+1" and bad["title"] == "-0.5"
    assert "underline solid" in good["style"] and "underline dotted" in bad["style"]
    assert "underline" not in so["style"] + weak["style"]
    red, green, blue = (int(good["style"][i : i + 2], 16) for i in (12, 14, 16))
    assert red > blue  # orange
    red, green, blue = (int(bad["style"][i : i + 2], 16) for i in (12, 14, 16))
    assert blue > red  # purple
    assert so["style"].startswith("background:#ff")
    (figure,) = page.named("figure")
    assert figure["aria-label"] == (
        "Attribution of 4 tokens; strongest: 'good' +1, 'bad' -0.5, 'and' +0.05."
    )
    zero = plots.highlighted_text(["a"], [0.0], title="Nothing").html
    assert "Nothing of 1 tokens; strongest: none, all are zero." in zero


@pytest.mark.parametrize("value", np.linspace(-1, 1, 21))
def test_text_can_be_read_on_its_ground(value):
    html = plots.highlighted_text(["x"], [value], limit=1.0).html
    (span,) = Spans(html).named("span")
    ground, ink = re.fullmatch(r"background:(#\w{6});color:(#\w{3})(;.*)?", span["style"]).groups()[
        :2
    ]

    def luminance(colour):
        channels = np.array(matplotlib.colors.to_rgb(colour))
        linear = np.where(
            channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
        )
        return linear @ (0.2126, 0.7152, 0.0722)

    light, dark = sorted([luminance(ground), luminance(ink)], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_colours_stop_at_the_limit():
    at, beyond = (
        Spans(plots.highlighted_text(["x"], [v], limit=1.0).html).named("span")[0]["style"]
        for v in (1.0, 9.0)
    )
    assert at == beyond


def test_no_token_becomes_markup():
    evil = '<script>alert("&")</script>'
    anchor = SimpleNamespace(
        positions=[0], precision=1.0, lower=0.9, upper=1.0, coverage=0.5, found=True
    )
    for html in (
        plots.highlighted_text([evil], [1.0], title=evil, separator="<b>").html,
        plots.anchor_text([evil, evil], anchor).html,
    ):
        page = Spans(html)
        assert not page.named("script") and not page.named("b")
        assert evil in page.text
    ax = plots.heatmap([[1.0]], title='"><script>')
    assert not Spans(plots.show(ax).html).named("script")


def test_a_text_keeps_its_lines():
    html = plots.highlighted_text("a\nb", [1.0, 0.0, -1.0], separator="").html
    page = Spans(html)
    assert page.text.startswith("a\nb") and "white-space:pre-wrap" in page.named("p")[0]["style"]


@pytest.mark.parametrize(
    ("tokens", "values", "message"),
    [
        (["a"], [1.0, 2.0], "values must have one entry for each of the 1 tokens, got 2"),
        ([], [], "values must not be empty"),
        (["a"], [np.nan], "values must be finite"),
    ],
)
def test_texts_are_refused(tokens, values, message):
    with pytest.raises(ValueError, match=message):
        plots.highlighted_text(tokens, values)


def test_an_anchor_is_marked_and_says_how_far_to_trust_it():
    anchor = SimpleNamespace(
        positions=(2, 1), precision=0.975, lower=0.951, upper=0.99, coverage=0.25, found=True
    )
    page = Spans(plots.anchor_text(["is", "not", "bad", "not"], anchor).html)
    words = "Anchor: not bad. Precision 0.975, between 0.951 and 0.990; coverage 0.25."
    assert page.text == "is not bad not" + words
    assert len(page.named("mark")) == 2 and "font-weight:bold" in page.named("mark")[0]["style"]
    assert page.named("figure")[0]["aria-label"] == words
    anchor.found, anchor.positions = False, []
    page = Spans(plots.anchor_text(["is"], anchor).html)
    assert "isNo anchor reaches the threshold; the best candidate: no word." in page.text


@pytest.mark.parametrize("positions", [[-1], [2], [0, 2]])
def test_anchors_outside_the_text_are_refused(positions):
    anchor = SimpleNamespace(positions=positions)
    with pytest.raises(ValueError, match=r"anchor must have positions in \[0, 2\)"):
        plots.anchor_text(["a", "b"], anchor)
    with pytest.raises(ValueError, match="tokens must not be empty"):
        plots.anchor_text([], anchor)


def test_words_reach_the_page():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2)
    plots.heatmap([[1.0]], ax=axes[0], title="Left & first")
    plots.waterfall([1.0], ax=axes[1], title="Right")
    picture = plots.show(axes[1], caption="Two < three")
    (drawing,) = Spans(picture.html).named("svg")
    assert drawing["role"] == "img"
    assert drawing["aria-label"] == picture.alt
    assert picture.alt == (
        "Left & first: heat map of 1 rows and 1 columns, from 1 at row 0, column 0 to 1 at row 0, "
        "column 0. Right: from base 0 to prediction 1 by x0 +1."
    )
    assert "Two &lt; three</figcaption>" in picture.html
    assert not plt.fignum_exists(figure.number)


def test_a_figure_follows_the_theme():
    ax = plots.axes()
    ax.plot([0, 1], color="black")
    ax.bar([0], [1], color="white", hatch="//")
    ax.scatter([0], [0], c=["#111111"])
    ax.set_title("The $x^2$ title")
    html = plots.show(ax, "A line.").html
    assert "#000000" not in html and "#ffffff" not in html
    assert "stroke: currentColor" in html and "fill: var(--pst-color-background" in html
    assert "#111111" in html  # what must stay dark stays dark
    root = Spans(html).named("svg")[0]
    assert root["fill"] == "currentColor" and "color:var(--pst-color-text-base" in root["style"]
    assert "font-family: inherit" in html and "DejaVu" not in html and "<text" in html
    assert "max-width:460.8px" in html and "width:100%" in root["style"]
    for rest in ("<style", "<!--", "<metadata", "<!DOCTYPE", "xlink", "matplotlib"):
        assert rest not in html


def ids(html):
    return re.findall(r' id="([^"]*)"', html), re.findall(r"(?:url\(|href=\")#([^)\"]+)", html)


def test_two_figures_on_a_page_share_no_id():
    seen = set()
    for values in (VALUES, -VALUES):
        html = plots.show(plots.heatmap(values)).html
        own, used = ids(html)
        assert own and len(set(own)) == len(own) and set(own) == set(used)
        assert not seen & set(own)
        seen |= set(own)


def test_pictures_in_figures_are_small_and_exact():
    html = plots.show(plots.heatmap(VALUES)).html
    assert "image/png" not in html
    (address,) = (part for part in addresses(html) if decode(part).size == (3, 2))
    expected = style.colours()(0.5 + VALUES / 8) * 255
    assert np.abs(np.asarray(decode(address).convert("RGBA")) - expected).max() < 2
    assert "image-rendering:pixelated" in html


def addresses(html):
    return re.findall(r"data:image/webp;base64,([^\"]+)", html)


def decode(address):
    from PIL import Image

    return Image.open(io.BytesIO(base64.b64decode(address)))


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.show(plots.heatmap(VALUES)),
        lambda: plots.image(VALUES, "Values.", signed=True),
        lambda: plots.number_grid(VALUES),
    ],
)
def test_the_same_picture_twice_is_the_same_bytes(draw):
    assert draw().html == draw().html


def test_an_axes_without_words_is_refused():
    import matplotlib.pyplot as plt

    ax = plt.subplots()[1]
    for say in (plots.alt_text, plots.show):
        with pytest.raises(ValueError, match="ax must come from a function of course_lib.plots"):
            say(ax)
    assert 'aria-label="My own words"' in plots.show(ax, "My own words").html


def test_images_have_their_pixels():
    picture = plots.image([[0.0, 0.5], [1.0, 2.0]], 'A "quoted" word.', caption="Grey")
    (image,) = Spans(picture.html).named("img")
    assert image["alt"] == 'A "quoted" word.' and (image["width"], image["height"]) == ("2", "2")
    assert "pixelated" in image["style"] and "dark-light" in image["class"]
    bitmap = np.asarray(decode(addresses(picture.html)[0]).convert("L"))
    assert bitmap.tolist() == [[0, 128], [255, 255]]
    assert picture.width == 160 and "max-width:160px" in picture.html
    darker = plots.image([[2.0, 6.0]], "Stretched.", limits=(2, 6)).html
    assert np.asarray(decode(addresses(darker)[0]).convert("L")).tolist() == [[0, 255]]
    colour = plots.image(np.eye(3)[:, None, :], "Red, green, blue.").html
    bitmap = np.asarray(decode(addresses(colour)[0]).convert("RGB"))
    assert bitmap.tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]
    large = plots.image(np.random.default_rng(0).random((120, 200)), "Noise.")
    assert large.width == 200 and "pixelated" not in large.html


def test_a_signed_image_shows_the_page_where_it_is_zero():
    bitmap = decode(addresses(plots.image([[0.0, 2.0, -1.0]], "Signs.", signed=True).html)[0])
    zero, positive, negative = np.asarray(bitmap.convert("RGBA"))[0].tolist()
    assert zero[3] == 0
    assert positive == [0xB3, 0x58, 0x06, 255] and negative == [0x80, 0x52, 0xB0, 128]
    limited = plots.image([[1.0]], "Half.", signed=True, limits=(-2, 2)).html
    assert np.asarray(decode(addresses(limited)[0]))[0, 0, 3] == 128


@pytest.mark.parametrize(
    ("pixels", "options", "message"),
    [
        (np.ones(3), {}, r"pixels must have the shape \(H, W\) or \(3, H, W\), got \(3,\)"),
        (np.ones((4, 2, 2)), {}, "pixels must have the shape"),
        (np.ones((3, 2, 2)), {"signed": True}, r"pixels must have the shape \(H, W\), got"),
        ([[np.nan]], {}, "pixels must be finite"),
        ([[1.0]], {"limits": (1, 1)}, "limits must be"),
        ([[1.0]], {"limits": (0, 1), "signed": True}, r"limits must be \(-high, high\)"),
    ],
)
def test_images_are_refused(pixels, options, message):
    with pytest.raises(ValueError, match=message):
        plots.image(pixels, "Words.", **options)


def test_a_grid_carries_its_numbers():
    picture = plots.number_grid(
        [[1, -2.5], [np.nan, 0.0]], windows=[(0, 1, 2, 1)], caption="Kernel", cell=40
    )
    assert picture.alt == "Grid of 2 by 2 numbers: 1 −2.5; empty 0."
    page = Spans(picture.html)
    assert page.text == "1−2.50Kernel"
    *cells, window = page.named("rect")
    assert [cell["fill"] for cell in cells] == ["#b35806", "#8052b0", "#b35806", "#b35806"]
    assert [float(cell["fill-opacity"]) for cell in cells] == [0.24, 0.6, 0, 0]
    assert [("stroke-dasharray" in cell) for cell in cells] == [False, False, True, False]
    place = [window[name] for name in ("x", "y", "width", "height")]
    assert place == ["40", "0", "40", "80"] and window["fill"] == "none"
    padded = Spans(plots.number_grid(np.ones((3, 3)), border=1).html).named("rect")
    assert [("stroke-dasharray" in cell) for cell in padded] == [True] * 4 + [False] + [True] * 4


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1.0], {}, "values must have 2 axes"),
        (np.zeros((0, 2)), {}, "not be empty"),
        ([[np.inf]], {}, "values must be finite or NaN"),
        ([[1.0]], {"tint": "pink"}, "tint must be one of 'signed', 'grey'"),
        ([[1.0]], {"limit": 0}, "limit must be a number above 0"),
        ([[1.0]], {"windows": [(0, 0, 1, 2)]}, "windows must be .* inside 1 x 1 cells"),
        ([[1.0]], {"windows": [(0, 0, 0, 1)]}, "windows must be .* inside 1 x 1 cells"),
    ],
)
def test_grids_are_refused(values, options, message):
    with pytest.raises(ValueError, match=message):
        plots.number_grid(values, **options)


@pytest.mark.parametrize(("ink", "paper"), [("#323232", "#ffffff"), ("#ced6dd", "#14181e")])
@pytest.mark.parametrize("tint", ["signed", "grey", "red", "green", "blue"])
@pytest.mark.parametrize("value", [1, -1])
def test_numbers_can_be_read_in_both_themes(tint, value, ink, paper):
    (cell,) = Spans(plots.number_grid([[value]], tint=tint).html).named("rect")
    rgb = [np.array(matplotlib.colors.to_rgb(c)) for c in (ink, paper)]
    colour = rgb[0] if cell["fill"] == "currentColor" else matplotlib.colors.to_rgb(cell["fill"])
    share = float(cell["fill-opacity"])
    ground = share * np.array(colour) + (1 - share) * rgb[1]
    dark, light = sorted([style.luminance(*ground), style.luminance(*rgb[0])])
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_wire_for_each_weight_and_one_colour_for_equal_weights():
    shared = plots.wiring([[1, 2, 0], [0, 1, 2]], "Shared.", labels=(["a", "b", "c"], ["x", "y"]))
    page = Spans(shared.html)
    lines = page.named("line")
    assert [line["x1"] for line in lines] == ["17", "51", "51", "85"]
    assert [line["x2"] for line in lines] == ["34", "34", "68", "68"]
    colours = [line["stroke"] for line in lines]
    assert colours[0] == colours[2] != colours[1] == colours[3]
    assert len(page.named("circle")) == 5 and page.text == "abcxy"
    with pytest.raises(ValueError, match="weights must have 2 axes"):
        plots.wiring([1, 2], "One axis.")


def test_a_grid_of_names_has_the_colours_of_the_wiring():
    names = np.array([[1, 2, 0], [0, 1, 2]])
    cells = Spans(plots.number_grid(names, tint="names").html)
    fills = np.reshape([cell["fill"] for cell in cells.named("rect")], (2, 3))
    lines = [
        line["stroke"] for line in Spans(plots.wiring(names, "Two weights.").html).named("line")
    ]
    assert fills[names > 0].tolist() == lines and fills[0, 0] != fills[0, 1]
    assert {cell["fill-opacity"] for cell in cells.named("rect")} == {"0.4", "0"}
    assert plots.number_grid(names, tint="names").html.count("></text>") == 2  # no words on a 0


def test_galleries_and_equations_hold_pictures():
    left, right = plots.number_grid([[1]], caption="L"), plots.image([[1.0]], "One pixel.")
    gallery = plots.gallery(left, right, width=120, caption="Both")
    assert gallery.alt == "Grid of 1 by 1 numbers: 1. One pixel."
    assert "minmax(min(100%,120px),1fr)" in gallery.html
    assert Spans(gallery.html).text == "1LBoth"
    line = plots.equation(left, "<", right, alt="Left is less.")
    assert Spans(line.html).text == "1L<" and repr(line) == "<picture: Left is less.>"
    assert Spans(line.html).named("figure")[0]["aria-label"] == "Left is less."
    assert len(Spans(plots.gallery(line, gallery).html).named("svg")) == 2
    # On a narrow screen the sign goes to the next line with the picture that it stands before.
    groups = line.html.split('<div style="display:flex;gap')
    assert "flex-wrap:wrap" in line.html and len(groups) == 3
    assert "&lt;" in groups[2] and "<img" in groups[2]
    for put in (plots.gallery, plots.equation):
        with pytest.raises(ValueError, match="pictures must not be empty"):
            put()
        with pytest.raises(TypeError, match="pictures must come from course_lib.plots .* got int"):
            put(3)
    with pytest.raises(TypeError, match="got str"):
        plots.gallery("words")
    with pytest.raises(ValueError, match="alt must say in words"):
        plots.image([[1.0]], " ")


def test_plots_import_neither_torch_nor_a_backend_nor_the_reference():
    script = (
        "import sys, course_lib.plots;"
        "bad = [m for m in sys.modules if m in ('torch', 'matplotlib.pyplot')"
        " or m.startswith('course_lib.reference')];"
        "sys.exit(str(bad) if bad else 0)"
    )
    root = Path(__file__).resolve().parents[1]
    result = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True)
    assert result.returncode == 0, result.stderr.decode()


def test_photographs_are_compressed_and_drawings_are_exact():
    from course_lib.datasets import photograph

    photo = photograph(crop=(20, 20, 300, 300))
    assert len(addresses(plots.image(photo, "A pagoda.").html)[0]) < 0.4 * photo.size
    blocks = np.kron([[0.2, 0.4], [0.6, 0.8]], np.ones((80, 80)))
    drawn = np.asarray(decode(addresses(plots.image(blocks, "Blocks.").html)[0]).convert("L"))
    np.testing.assert_array_equal(drawn, np.round(blocks * 255))
