"""What the page on dimensions prints, glues and claims."""

import re
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from course_lib import models, output_size, plots, track
from course_lib.dimensions import Conv, Pool

PAGE = Path(__file__).parents[3] / "book" / "dimensions.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(run_page):
    """The page with its networks as they begin: only the slow test trains them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models, "train", lambda net, *rest, **options: net)
        return run_page("dimensions")


def test_loop_library_and_torch_agree(page):
    assert re.findall(r"equal: (\w+)", page.printed) == ["True"] * 3


def test_printed_numbers(page):
    assert page.printed.count("[1641. 3282.]") == 2  # with dilation, and with zeros in the gaps
    assert "[0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]" in page.printed
    assert re.search(r"\[0\. +0\. +[1-9.]+ [1-9]", page.printed)  # filters 0 and 1 notice nothing
    assert "(1x432 and 300x10)" in page.printed
    assert "a kernel of 5 with dilation 1 covers 5" in page.printed


def test_worked_numbers_are_those_of_the_documents(page, oracles):
    seen = page.names["seen"]
    for padding in (0, 1, 2):
        expected = oracles["padding_counts"]["expected"][f"p{padding}"]
        assert seen(5, 3, padding).tolist() == expected
    dims = oracles["dims_28_24_12"]["expected"]
    assert re.search(rf"Conv +\(3, 24, 24\) +{dims['params_conv_derived']}\n", page.printed)
    assert re.search(rf"Flatten +\({dims['flatten_derived']},\)", page.printed)
    fractional = oracles["fractional_pool_increments"]["expected"]
    tiles = ", ".join(map(str, fractional["pseudorandom_increments"][:5]))
    assert f"the tiles {tiles}" in TEXT
    assert f"{fractional['n_twos']} tiles have two pixels and {fractional['n_ones']}" in TEXT


def test_fractional_edges_in_the_table():
    rows = {
        row[0].strip(): row[1:]
        for row in (r.split("|")[1:-1] for r in TEXT.splitlines() if "|" in r)
    }
    numbers = [25 / 18 * (i + 0.3) for i in range(6)]
    assert [float(cell) for cell in rows[r"$\alpha (i + u)$"]] == [round(n, 2) for n in numbers]
    assert [int(cell) for cell in rows["$a_i$"]] == [ceil(n) for n in numbers]


def test_parameters_are_those_of_torch(page):
    def learns(*layers):
        return sum(p.numel() for layer in layers for p in layer.parameters())

    glued = page.glued
    depthwise, mix = nn.Conv2d(64, 64, 3, groups=64), nn.Conv2d(64, 64, 1)
    assert page.names["costs"] == {
        "all": learns(nn.Conv2d(64, 64, 3)),
        "two": learns(nn.Conv2d(64, 64, 3, groups=2)),
        "both": learns(depthwise, mix),
        "depthwise": learns(depthwise),
    }
    assert glued["dimensions-share"] == 36_928 / 4_800
    assert glued["dimensions-vgg-all"] == 138_357_544  # as published
    assert glued["dimensions-vgg-first"] == learns(nn.Linear(25_088, 4_096))
    assert glued["dimensions-vgg-field"] == 1 + sum(
        2 * 2**stage * convolutions + 2**stage for stage, convolutions in enumerate((2, 2, 3, 3, 3))
    )


def test_pooling_tolerates_a_shift_of_one_pixel(page):
    changes = page.names["changes"]
    assert changes["mean of all"] < 1e-12
    assert changes["largest of 4 × 4"] < changes["mean of 4 × 4"] < changes["mean of 2 × 2"]
    assert 60 < page.glued["dimensions-unmoved"] < 70
    assert changes["largest of 4 × 4"] == min(set(changes.values()) - {changes["mean of all"]})
    assert changes["largest of 2 × 2"] < changes["the pixels"] < changes["every 2nd pixel"]


def test_the_middle_counts_most(page):
    assert 90 < page.glued["dimensions-inner"] < 100


def test_folded_answers():
    """What the answers say, by the library and by the drawings."""
    assert output_size(8, 3, stride=2) == 3
    assert "No window holds pixel 7" in plots.windows(8, 3, stride=2).alt
    assert "29 pixels wide, 15 are seen" in plots.pyramid(31, [(3, 1, d) for d in (2, 4, 8)]).alt
    assert "13 pixels wide, 7 are seen" in plots.pyramid(15, [(3, 1, 2)] * 3).alt
    assert "15 pixels wide, 15 are seen" in plots.pyramid(15, [(3, 1, 1), (3, 1, 2), (3, 1, 4)]).alt
    assert "is 10 pixels wide" in plots.pyramid(20, [(2, 2), (3, 1), (3, 1)]).alt
    assert "is 8 pixels wide" in plots.pyramid(20, [(3, 1), (2, 2), (3, 1)]).alt
    assert "is 11 pixels wide" in plots.pyramid(31, [(3, 1)] * 5).alt
    assert "is 19 pixels wide" in plots.pyramid(31, [(3, 2)] + [(3, 1)] * 4).alt
    assert "is 11 pixels wide" in plots.pyramid(31, [(3, 1)] * 4 + [(3, 2)]).alt
    assert track((32, 15, 20), [Pool(3, stride=2)])[0].shape == (32, 7, 9)
    assert [
        track((1, n, n), [Conv(1, 4, padding=p)])[0].shape[1] - n for n, p in ((9, 1), (9, 2))
    ] == [
        -1,
        1,
    ]


def test_answers_of_the_figure():
    from course_lib.figures.dimensions import LayerChain

    lenet = LayerChain()
    assert [len(lenet.seen(depth, 0)) for depth in (1, 2, 3, 4)] == [5, 6, 14, 16]
    dilated = LayerChain(preset="dilated")
    middle = dilated.seen(4, 16)
    assert middle == list(range(middle[0], middle[0] + 31))
    tripled = LayerChain(preset="tripled")
    middle = tripled.seen(3, 16)
    assert middle == list(range(middle[0], middle[0] + 27))


@pytest.mark.slow
def test_a_new_convolution_replaces_pooling_and_a_mere_stride_does_not(run_page):
    """Trained as on the page, on one thread: what its table says."""
    glued = run_page("dimensions").glued
    pool, stride, conv = (glued[f"dimensions-{name}-right"] for name in ("pool", "stride", "conv"))
    assert abs(conv - pool) < 1.5
    assert stride < min(pool, conv) - 1.5
    assert np.all(np.array([pool, stride, conv]) > 90)
