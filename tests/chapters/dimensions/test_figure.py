"""The chain of layers: shapes, parameters and receptive fields against the library and torch."""

import re

import numpy as np
import pytest
import traitlets
from browsing import Reader

from course_lib.convolution import conv2d_backward
from course_lib.figures.dimensions import AVERAGE, LayerChain, conv, dense, pool

WHOLE = ("lenet", "vgg", "dilated", "tripled", "lattice", "strided", "unseen")


def fields(figure, layer):
    """What every unit of a layer sees, (HO, WO, H, W): the gradient of a chain of all-ones kernels.

    An oracle of its own: `conv2d_backward` knows nothing of receptive fields.
    """
    sizes = [figure.size]
    for step in figure.layers[:layer]:
        reach = step.get("d", 1) * (step["k"] - 1) + 1
        sizes.append((sizes[-1] + 2 * step["p"] - reach) // step["s"] + 1)
    n = sizes[-1]
    dy = np.eye(n * n).reshape(n * n, 1, n, n)
    for step, size in zip(figure.layers[:layer][::-1], sizes[-2::-1], strict=True):
        x, w = np.zeros((n * n, 1, size, size)), np.ones((1, 1, step["k"], step["k"]))
        options = dict(stride=step["s"], padding=step["p"], dilation=step.get("d", 1))
        dy = conv2d_backward(dy, x, w, **options).dx
    return (dy > 0).reshape(n, n, figure.size, figure.size)


@pytest.mark.parametrize("preset", WHOLE)
def test_what_a_unit_sees_is_where_its_gradient_is(preset):
    figure = LayerChain(preset=preset)
    layer = min(figure.layer, 4)
    seen = fields(figure, layer)
    for i in range(len(seen)):
        rows = np.isin(np.arange(figure.size), figure.seen(layer, i))
        np.testing.assert_array_equal(seen[i, 0].any(axis=1), rows)
        np.testing.assert_array_equal(seen[0, i].any(axis=0), rows)
        assert seen[i, i].sum() == rows.sum() ** 2


def test_the_dying_net_dies_in_torch_with_the_same_words():
    import torch

    figure = LayerChain(preset="dies")
    with pytest.raises(ValueError, match="dense takes 400 inputs, got 576"):
        figure.sizes  # noqa: B018
    net = torch.nn.Sequential(
        torch.nn.Conv2d(3, 6, 5),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(6, 16, 5),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(400, 120),
    )
    with pytest.raises(RuntimeError) as error:
        net(torch.zeros(1, 3, figure.size, figure.size))
    assert str(error.value) == "mat1 and mat2 shapes cannot be multiplied (1x576 and 400x120)"


@pytest.mark.parametrize(
    "name, value, message",
    [
        ("layers", [{"kind": "relu"}], r"layers\[0\] must be a dict whose kind is one of conv"),
        ("layers", [pool(2), conv(3, 0)], r"layers\[1\] must have an integer k from 1 to 9, got 0"),
        ("layers", [{"kind": "dense", "inputs": 4}], r"an integer units from 1 to 9999, got None"),
        ("unit", [-1, 0], "unit must be a row and a column of at least 0"),
        ("size", 7, "should not be less than 8"),
    ],
)
def test_traits_refuse_what_the_figure_cannot_show(name, value, message):
    with pytest.raises(traitlets.TraitError, match=message):
        setattr(LayerChain(), name, value)


def test_the_static_drawing_shows_what_fits():
    whole = LayerChain().static_html()
    assert "16 × 10 × 10" in whole and "48,120" in whole and "data:image" in whole
    dying = LayerChain(preset="dies")
    drawn = dying.static_html()
    assert "16 × 6 × 6" in drawn and "dense" not in drawn
    assert len(dying.layers) == 7, "drawing changes nothing"


class Chain(Reader):
    """What a reader sees and does in the figure."""

    def __init__(self, *opened):
        super().__init__(*opened)
        self.blocks = self.figure.get_by_role("radio")
        self.map = self.figure.locator(".picture svg[role=slider]")

    def show(self, preset):
        self.figure.locator("select").first.select_option(preset)

    def step(self, name, times):
        group = self.figure.get_by_role("group", name=name)
        button = group.get_by_role("button", name="more" if times > 0 else "less")
        for _ in range(abs(times)):
            button.click()

    def sizes(self):
        """(shape, parameters) of every layer, as the names of the blocks say them."""
        found = []
        for block in self.blocks.all()[1:]:
            _, shape, parameters = block.get_attribute("aria-label").split(", ")
            shape = tuple(int(n) for n in shape.split("×"))
            found.append((shape, int(parameters.split()[0])))
        return found

    def seen(self, size):
        """The pixels that lie bare in the picture, (H, W), from the shade's holes."""
        path = self.figure.locator(".shade").get_attribute("d")
        bare = np.zeros((size, size), dtype=bool)
        for left, top, low, right in re.findall(r"M(\d+) (\d+)V(\d+)H(\d+)V", path):
            bare[int(top) : int(low), int(left) : int(right)] = True
        return bare

    def unit(self):
        return tuple(map(int, re.findall(r"\d+", self.map.get_attribute("aria-valuetext"))))


@pytest.fixture
def chain(read):
    return read(LayerChain(), Chain)


def tracked(figure):
    return [(size.shape, size.parameters) for size in figure.sizes]


@pytest.mark.browser
def test_shapes_and_parameters_are_those_of_the_library(chain):
    for preset in WHOLE:
        chain.show(preset)
        figure = LayerChain(preset=preset)
        assert chain.sizes() == tracked(figure)
        total = f"{sum(size.parameters for size in figure.sizes):,} parameters in all"
        assert total in chain.figure.inner_text()


@pytest.mark.browser
def test_the_receptive_field_lights_up_pixel_by_pixel(chain):
    for preset in ("lenet", "dilated", "lattice", "unseen"):
        chain.show(preset)
        figure = LayerChain(preset=preset)
        seen = fields(figure, figure.layer)
        n = len(seen)
        chain.map.focus()
        assert chain.figure.locator("select").first.input_value() == preset
        for key, place in (
            ("Control+Home", (0, 0)),
            ("ArrowRight", (0, 1)),
            ("ArrowDown", (1, 1)),
            ("Control+End", (n - 1, n - 1)),
        ):
            chain.page.keyboard.press(key)
            assert chain.unit() == place
            assert chain.figure.locator("select").first.input_value() == preset
            np.testing.assert_array_equal(chain.seen(figure.size), seen[place])
            words = f"sees {seen[place].sum()} of 1,024 pixels"
            assert words in chain.figure.inner_text()
        hidden = (~seen.any(axis=(0, 1))).sum()
        assert (f"{hidden} hatched pixels" in chain.figure.inner_text()) == (hidden > 0)


@pytest.mark.browser
def test_field_and_step_are_those_of_a_unit_in_the_middle(chain):
    for preset, layer in (("lenet", 3), ("dilated", 3), ("lattice", 3), ("strided", 3), ("vgg", 3)):
        chain.show(preset)
        chain.blocks.nth(layer).click()
        seen = fields(LayerChain(preset=preset), layer)
        middle = len(seen) // 2
        rows, next_rows = (np.flatnonzero(seen[i, i].any(axis=1)) for i in (middle, middle + 1))
        field, jump = np.ptp(rows) + 1, next_rows[0] - rows[0]
        assert rows[0] > 0 and rows[-1] < 31, "the border cuts the field off"
        words = chain.figure.inner_text()
        assert f"Its receptive field is {field}×{field}" in words
        assert f"Its neighbours look {jump} pixel{'s' if jump > 1 else ''} further" in words


@pytest.mark.browser
def test_the_maps_are_the_mean_colours_of_what_is_seen(chain):
    figure = LayerChain()
    seen = fields(figure, 4)
    image = figure._pixels()[1::2, 1::2].transpose(2, 0, 1).astype(float)  # 32 of the 64 pixels
    right = np.einsum("ijrs,crs->ijc", seen, image) / seen.sum(axis=(2, 3))[..., None]
    shown = chain.figure.locator("canvas").last.evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )
    shown = np.array(shown).reshape(5, 5, 4)[..., :3]
    np.testing.assert_allclose(shown, right, rtol=0, atol=0.51)
    np.testing.assert_allclose(255 * figure._means(4).transpose(1, 2, 0), right, rtol=0, atol=1e-9)


@pytest.mark.browser
def test_every_number_can_be_changed_and_the_equation_follows(chain):
    chain.show("vgg")
    chain.blocks.nth(1).click()
    chain.step("kernel k", 2)
    chain.step("stride s", 1)
    chain.step("dilation d", 1)
    chain.step("padding p", 2)
    chain.figure.get_by_label("filters").fill("10")
    layers = [conv(10, 5, s=2, p=3, d=2), *LayerChain(preset="vgg").layers[1:]]
    figure = LayerChain(layers=layers)
    assert chain.sizes() == tracked(figure)
    formula = chain.figure.locator(".equation").first.inner_text()
    assert (
        formula
        == "⌊(32 + 2·3 \N{MINUS SIGN} 2·(5 \N{MINUS SIGN} 1) \N{MINUS SIGN} 1) / 2⌋ + 1 = 15"
    )
    assert chain.figure.locator("select").first.input_value() == ""
    chain.step("padding p", -3)
    less = chain.figure.get_by_role("group", name="padding p").get_by_role("button").first
    assert less.get_attribute("aria-disabled") == "true"
    less.click(force=True)  # nothing happens
    chain.figure.get_by_label("input size").fill("20")
    layers[0] = conv(10, 5, s=2, p=0, d=2)
    assert chain.sizes() == tracked(LayerChain(layers=layers, size=20))


@pytest.mark.browser
def test_layers_are_added_removed_and_given_another_kind(chain):
    chain.show("unseen")
    chain.figure.get_by_role("button", name="Add a layer after").click()
    layers = LayerChain(preset="unseen").layers
    layers.insert(1, conv(16, 3, p=1))
    assert chain.sizes() == tracked(LayerChain(layers=layers))
    kind = chain.figure.get_by_label("kind")
    kind.select_option("pool")
    layers[1] = pool(2)
    assert chain.sizes() == tracked(LayerChain(layers=layers))
    chain.figure.get_by_role("button", name="Remove").click()
    del layers[1]
    assert chain.sizes() == tracked(LayerChain(layers=layers))
    chain.blocks.nth(2).click()
    kind.select_option("average")
    layers[1] = AVERAGE
    assert chain.sizes() == tracked(LayerChain(layers=layers))
    kind.select_option("dense")
    layers[1] = dense(8 * 8 * 8, 10)
    assert chain.sizes() == tracked(LayerChain(layers=layers))
    assert chain.unit() == (0, 0) and "a flat vector" not in chain.figure.inner_text()
    chain.figure.get_by_role("button", name="Add a layer after").click()
    layers.append(dense(10, 10))
    assert chain.sizes() == tracked(LayerChain(layers=layers))
    kind.select_option("conv")
    words = "Layer 3: this layer needs an image, but a flat vector comes in"
    assert chain.figure.locator(".trouble").inner_text() == words


@pytest.mark.browser
def test_the_dying_net_says_where_and_can_be_repaired(chain):
    chain.show("dies")
    words = "Layer 5: mat1 and mat2 shapes cannot be multiplied (1x576 and 400x120)"
    assert chain.figure.locator(".trouble").inner_text() == words
    assert "not reached" in chain.blocks.nth(6).get_attribute("aria-label")
    chain.figure.get_by_label("inputs").fill("576")
    assert not chain.figure.locator(".trouble").is_visible()
    layers = LayerChain(preset="dies").layers
    layers[4] = dense(576, 120)
    assert chain.sizes() == tracked(LayerChain(layers=layers, size=36))
    chain.blocks.nth(3).click()
    chain.step("kernel k", 4)
    chain.figure.get_by_label("input size").fill("16")
    words = "Layer 3: the kernel covers 9 pixels, the padded input has only 6"
    assert chain.figure.locator(".trouble").inner_text() == words


@pytest.mark.browser
def test_the_layers_are_one_tab_stop_with_arrows(chain):
    chosen = chain.figure.locator("[role=radio][tabindex='0']")
    assert chosen.count() == 1
    chosen.focus()
    for key, place in (("ArrowLeft", 3), ("Home", 3), ("ArrowRight", 4), ("ArrowRight", 5)):
        chain.page.keyboard.press(key)
        assert chain.blocks.nth(place).get_attribute("aria-checked") == "true"
        assert chain.blocks.nth(place).evaluate("e => e === document.activeElement")
