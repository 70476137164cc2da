"""The drawings of layers show what the layers do: counted in the drawing, compared with them."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from course_lib import output_size, plots, track
from course_lib.dimensions import Conv, Dense, Flatten, Pool
from course_lib.plots.conveyor import FORGET
from course_lib.plots.layers import RESULT, SEEN


def filled(picture):
    """How many cells of a drawing are filled."""
    return len(re.findall(r'<rect[^>]*fill="#', picture.html))


@pytest.mark.parametrize(
    ("n", "k", "options"),
    [
        (7, 3, dict(stride=2, padding=1)),
        (9, 3, dict(dilation=3)),
        (8, 2, dict(stride=3)),
        (5, 1, {}),
    ],
)
def test_windows_show_every_place_of_the_kernel(n, k, options):
    places = output_size(n, k, **options)
    picture = plots.windows(n, k, **options)
    assert filled(picture) == places * (k + 1)  # its weights, and the output
    assert f"{places} windows of {k} weights" in picture.alt


def test_windows_say_which_pixel_no_window_holds():
    assert plots.windows(8, 3, stride=2).alt.endswith("No window holds pixel 7.")
    assert plots.windows(5, 2, stride=3).alt.endswith("No window holds pixel 2.")
    assert "No window" not in plots.windows(7, 3, stride=2).alt


@pytest.mark.parametrize(
    "layers", [[(3, 1)] * 3, [(3, 1, 2)] * 3, [(3, 1), (2, 2), (3, 1)], [(1, 1), (4, 2, 1)]]
)
def test_a_pyramid_lights_what_a_gradient_reaches(layers):
    x = torch.ones(1, 1, 17, requires_grad=True)
    y = x
    for k, s, *d in layers:
        y = F.conv1d(y, torch.ones(1, 1, k), stride=s, dilation=d[0] if d else 1)
    y[0, 0, y.shape[2] // 2].backward()
    (reached,) = np.nonzero(x.grad[0, 0].numpy())
    picture = plots.pyramid(17, layers)
    wide = reached.max() - reached.min() + 1
    assert picture.alt.endswith(f"is {wide} pixels wide, {len(reached)} are seen.")
    first = plots.pyramid(17, layers, unit=0)
    assert first.html != picture.html


def test_tiles_carry_their_sizes():
    picture = plots.tiles([1, 2, 1])
    assert re.findall(r">(\d)</text>", picture.html) == ["1", "2", "1"]
    assert [float(w) for w in re.findall(r'width="(\d+)" height', picture.html)] == [18, 38, 18]


def test_a_network_is_drawn_to_scale():
    layers = [Conv(3, 5), Pool(2), Flatten(), Dense(10)]
    picture = plots.network((1, 28, 28), track((1, 28, 28), layers), scale=2)
    sizes = re.findall(r'<rect y="[\d.]+" width="([\d.]+)" height="([\d.]+)"', picture.html)
    areas = [float(wide) * float(high) for wide, high in sizes]
    expected = [4 * n for n in (28 * 28, 24 * 24, 12 * 12, 432, 10)]
    assert np.allclose(areas, expected, rtol=1e-4)
    assert "Conv 3 x 24 x 24, 78 parameters" in picture.alt
    front = [np.zeros((28, 28))] + [None] * 4
    assert (
        plots.network((1, 28, 28), track((1, 28, 28), layers), images=front).html.count("webp") == 1
    )


def test_an_unrolled_network_draws_the_gradient_as_width():
    picture = plots.unrolled([0.0, 0.01, 0.5, 1.0], losses=[2, 4], shares=[1.0, 2.0, 4.0, 0.5])
    lines = re.findall(r'<line [^>]*stroke="(#\w+)" stroke-width="([\d.]+)"([^>]*)>', picture.html)
    orange = [float(width) for colour, width, _ in lines if colour == RESULT]
    assert orange == [2, 1.5, 6.5, 13, 2, 2]  # a cross, dotted, two widths, two losses
    assert ["dash" in more for colour, _, more in lines if colour == RESULT][:3] == [0, 1, 0]
    blue = [float(width) for colour, width, _ in lines if colour == SEEN]
    assert blue == [3.25, 6.5, 13, 1.62]
    assert "a loss at step 2, 4" in picture.alt and "0, 0.01, 0.5, 1." in picture.alt


def test_a_conveyor_is_as_full_as_the_cell_and_its_gates_as_open_as_their_numbers():
    picture = plots.conveyor([1.0, -2.0], [0.0, 1.0], [0.5, 0.0], [0.5, -2.0], [1.0, 0.25], c0=2.0)
    bands = re.findall(r'height="([\d.]+)" fill="(#\w+)" fill-opacity', picture.html)
    assert [float(high) for high, _ in bands] == [22, 11, 11, 11, 0, 22]
    assert [colour for _, colour in bands[:4]] == [RESULT] * 4 and bands[5][1] == SEEN
    gates = re.findall(rf'width="6" height="([\d.]+)" fill="{FORGET}"', picture.html)
    assert [float(bar) for bar in gates] == [7.5, 7.5, 15, 15]  # half open, shut
    assert "Step 2: f 0, i 1, g -2, c -2, o 0.25, h -0.241." in picture.alt


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plots.conveyor([], [], [], [], []), "the length of c must be .* at least 1"),
        (lambda: plots.conveyor([1], [1, 2], [1], [1], [1]), "i must have 1 numbers, as c has"),
        (lambda: plots.unrolled([1.0], losses=[2]), "losses must be steps from 1 to 1, got 2"),
        (lambda: plots.unrolled([1.0], shares=[1, 2]), "shares must have 1 numbers, got 2"),
        (lambda: plots.windows(3, 3, dilation=2), "k must fit inside the padded row"),
        (lambda: plots.pyramid(3, [(3, 1), (2, 1)]), r"layers\[1\] reaches over 2 units, got 1"),
        (lambda: plots.tiles([]), "increments must have at least one entry"),
        (lambda: plots.tiles([1, 0]), "increments must be an integer of at least 1"),
        (lambda: plots.network((1, 4, 4), [], images=[]), "names must have 0 entries and images 1"),
    ],
)
def test_refusals(draw, words):
    with pytest.raises(ValueError, match=words):
        draw()
