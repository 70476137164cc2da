"""What the page on convolution prints, glues and claims."""

import re
from pathlib import Path

import numpy as np
import pytest
from browsing import number

PAGE = Path(__file__).parents[3] / "book" / "convolution.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_loop_library_and_torch_agree(page):
    assert re.findall(r"^(.*equal): (\w+)$", page.printed, re.M) == [
        ("course_lib equal", "True"),
        ("torch equal", "True"),
        ("equal", "True"),
        ("equal", "True"),
    ]


def test_the_worked_numbers_are_those_of_the_recitation(page, oracles):
    rgb = oracles["conv2d_rgb"]
    at = rgb["expected"]["at_0_1"]
    names = ("red", "green", "blue", "bias", "total")
    shown = [number(str(page.glued[f"convolution-{name}"])) for name in names]
    assert shown == [*at["per_channel"], at["bias"], at["total"]]
    assert number(str(page.glued["convolution-corner"])) == rgb["expected"]["at_0_0"]["total"]
    assert "(1, 1, 4, 4) 466.0" in page.printed


def test_parameters_are_counted_as_torch_counts_them(page):
    from torch import nn

    count = lambda layer: sum(one.numel() for one in layer.parameters())  # noqa: E731
    glued = page.glued
    assert glued["convolution-dense"] == count(nn.Linear(28 * 28, 24 * 24 * 3))
    assert glued["convolution-shared"] == count(nn.Conv2d(1, 3, 5))
    assert glued["convolution-first"] == count(nn.Conv2d(3, 64, 3))
    assert glued["convolution-local"] == 24 * 24 * 3 * (5 * 5 + 1)
    assert count(nn.Conv2d(16, 32, 5, stride=2)) == 12_832 and "12{,}832" in TEXT


def test_the_prose_says_what_the_sizes_are(page):
    from course_lib import conv2d

    assert conv2d(np.ones((1, 16, 20, 30)), np.ones((32, 16, 5, 5)), stride=2).shape[1:] == (
        32,
        8,
        13,
    )
    shapes = re.findall(r"\(1, 1, (\d+), (\d+)\)\n", page.printed)
    assert shapes == [("298", "298"), ("300", "300"), ("150", "150"), ("75", "300")]
    counts = [page.names["looks"](5, p) for p in (0, 1, 2)]
    assert counts[0][0].tolist() == [1, 2, 3, 2, 1] and counts[0][2, 2] == 9
    assert counts[1][0, 0] == 4 and (counts[2] == 9).all()


def test_averaging_helps_and_comes_late(page):
    glued = page.glued
    assert glued["convolution-averaged"] < 0.7 * glued["convolution-noise"]
    weights = page.names["weights"]
    assert weights.sum() == pytest.approx(1) and glued["convolution-lag"] == pytest.approx(
        3.45, abs=0.01
    )


def test_a_turned_kernel_is_told_by_one_bright_pixel(page):
    from scipy.signal import convolve2d

    names = page.names
    pulse, kernel = names["pulse"], names["nine"]
    assert names["layer"](pulse, kernel).tolist() == kernel[::-1, ::-1].tolist()
    assert names["layer"](pulse, kernel[::-1, ::-1]).tolist() == kernel.tolist()
    # The definition's places: z[i, j] = (turned kernel, correlated)[i - KH + 1, j - KW + 1].
    x = np.random.default_rng(0).normal(size=(7, 6))
    whole = convolve2d(x, kernel)[2:7, 2:6]
    np.testing.assert_allclose(whole, names["layer"](x, kernel[::-1, ::-1]), rtol=0, atol=1e-12)


def test_where_the_output_moves_with_the_input(page):
    assert "largest difference: 0.0" in page.printed
    gaps = page.names["gaps"]
    assert not gaps["ring, shift by 3"].any() and not gaps["stride 2, shift by 2"].any()
    wrong = np.flatnonzero(np.abs(gaps["zeros at the rim, shift by 3"]).max(axis=1))
    assert wrong.tolist() == [2, 29]  # above the first row of the photograph, and the last
    assert np.abs(gaps["stride 2, shift by 1"]).max() > 0.5


def test_what_the_zoo_says_of_its_kernels(page):
    names = page.names
    zoo, board = names["zoo"], names["checkerboard"]
    flat = {name: round(float(kernel.sum()), 9) for name, kernel in zoo.items()}
    assert [name for name, total in flat.items() if total == 1] == [
        "identity",
        "sharpen",
        "box_blur",
        "gaussian_blur",
        "relief",
    ]
    assert set(flat.values()) == {0, 1}
    fine = [float((zoo[name] * board).sum()) for name in ("identity", "box_blur", "gaussian_blur")]
    assert fine == pytest.approx([1, 1 / 9, 0])
    rank = {name: np.linalg.matrix_rank(kernel) for name, kernel in zoo.items()}
    assert rank["sobel"] == rank["prewitt"] == rank["box_blur"] == rank["mixed_derivative"] == 1
    gaussian = np.outer([1, 2, 1], [1, 2, 1]) / 16
    np.testing.assert_array_equal(zoo["gaussian_blur"], gaussian)
    np.testing.assert_array_equal(zoo["sharpen"], zoo["identity"] - zoo["laplacian4"])
    assert zoo["laplacian8"][1, 1] > 0 > zoo["laplacian4"][1, 1]
    layer, mixed = names["layer"], zoo["mixed_derivative"]
    assert not layer(names["edge"], mixed).any() and layer(names["corner"], mixed).any()


def test_trained_kernels_are_oriented_more_often_than_chance(page):
    glued = page.glued
    assert glued["convolution-oriented"] >= 3 * glued["convolution-chance"]
    assert glued["convolution-accuracy"] > 90


def test_the_signs_of_the_first_answer(page):
    """Seven of twelve positive and two of seven negative weights fall on the padding."""
    slices = page.names["slices"]
    rim = np.zeros((3, 3), dtype=bool)
    rim[0] = rim[:, 0] = True
    assert ((slices > 0)[:, rim].sum(), (slices > 0).sum()) == (7, 12)
    assert ((slices < 0)[:, rim].sum(), (slices < 0).sum()) == (2, 7)
