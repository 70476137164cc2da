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
    assert ax.collections[0].get_facecolors()[:, 0].tolist() in ([1, 0], [1.0, 0.0])


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
    html = plots.highlighted_text(["good", "bad", "so", "and"], [1.0, -0.5, 0.0, 0.05]).data
    page = Spans(html)
    assert page.text == "Attributiongood bad so and"
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
    zero = plots.highlighted_text(["a"], [0.0], title="Nothing").data
    assert "Nothing of 1 tokens; strongest: none, all are zero." in zero


@pytest.mark.parametrize("value", np.linspace(-1, 1, 21))
def test_text_can_be_read_on_its_ground(value):
    html = plots.highlighted_text(["x"], [value], limit=1.0).data
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
        Spans(plots.highlighted_text(["x"], [v], limit=1.0).data).named("span")[0]["style"]
        for v in (1.0, 9.0)
    )
    assert at == beyond


def test_no_token_becomes_markup():
    evil = '<script>alert("&")</script>'
    anchor = SimpleNamespace(
        positions=[0], precision=1.0, lower=0.9, upper=1.0, coverage=0.5, found=True
    )
    for html in (
        plots.highlighted_text([evil], [1.0], title=evil, separator="<b>").data,
        plots.anchor_text([evil, evil], anchor).data,
    ):
        page = Spans(html)
        assert not page.named("script") and not page.named("b")
        assert evil in page.text
    ax = plots.heatmap([[1.0]], title='"><script>')
    assert not Spans(plots.with_alt_text(ax).data).named("script")


def test_a_text_keeps_its_lines():
    html = plots.highlighted_text("a\nb", [1.0, 0.0, -1.0], separator="").data
    page = Spans(html)
    assert page.text.endswith("a\nb") and "white-space:pre-wrap" in page.named("p")[0]["style"]


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
    page = Spans(plots.anchor_text(["is", "not", "bad", "not"], anchor).data)
    words = "Anchor: not bad. Precision 0.975, between 0.951 and 0.990; coverage 0.25."
    assert page.text == words + "is not bad not"
    assert len(page.named("mark")) == 2 and "font-weight:bold" in page.named("mark")[0]["style"]
    assert page.named("figure")[0]["aria-label"] == words
    anchor.found, anchor.positions = False, []
    page = Spans(plots.anchor_text(["is"], anchor).data)
    assert page.text.startswith("No anchor reaches the threshold; the best candidate: no word.")


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
    page = Spans(plots.with_alt_text(axes[1]).data)
    (image,) = page.named("img")
    assert image["alt"] == (
        "Left & first: heat map of 1 rows and 1 columns, from 1 at row 0, column 0 to 1 at row 0, "
        "column 0. Right: from base 0 to prediction 1 by x0 +1."
    )
    kind, data = image["src"].split(",")
    assert kind == "data:image/png;base64"
    assert matplotlib.image.imread(io.BytesIO(base64.b64decode(data))).ndim == 3
    assert not plt.fignum_exists(figure.number)


def test_the_same_picture_twice_is_the_same_bytes():
    pages = [plots.with_alt_text(plots.heatmap(VALUES)).data for _ in range(2)]
    assert pages[0] == pages[1]


def test_an_axes_without_words_is_refused():
    import matplotlib.pyplot as plt

    ax = plt.subplots()[1]
    for say in (plots.alt_text, plots.with_alt_text):
        with pytest.raises(ValueError, match="ax must come from a function of course_lib.plots"):
            say(ax)
    assert 'alt="My own words"' in plots.with_alt_text(ax, "My own words").data


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
