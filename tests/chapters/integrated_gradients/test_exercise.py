"""What the model answers of the exercise on integrated gradients say is what its cells print."""

import re

import numpy as np
import pytest


def test_the_printed_derivation_hands_out_p_of_p_plus_one(exercise):
    found = re.findall(r"p = (\d): the shares make ([\d.]+)", exercise.printed)
    assert len(found) == 4
    for p, share in found:
        assert float(share) == pytest.approx(int(p) / (int(p) + 1), abs=1e-4)
    assert "[ 1.  -0.5  1. ]" in exercise.printed and "from -1.0 to 2.0" in exercise.printed


def test_the_maps_are_alike_from_black_only(exercise):
    found = re.findall(r"from (\w+): trained ~ untrained (-?[\d.]+)", exercise.printed)
    alike = {start: float(value) for start, value in found}
    assert alike == pytest.approx({"black": 0.72, "grey": 0.14, "white": 0.15}, abs=0.02)
    still = re.findall(r"pixels that hardly move +(\d+)", exercise.printed)
    assert still == ["29", "2", "8"], "by the image alone, not by the training"
    factor = re.findall(r"~ trained ([\d.]+) .* ~ untrained ([\d.]+)", exercise.printed)
    assert [float(one) for one in factor[0]] == pytest.approx([0.87, 0.81], abs=0.02)
    assert all(0.45 < float(one) < 0.65 for row in factor[1:] for one in row)


def test_the_sums_are_differences_of_scores_from_two_baselines(exercise):
    names = exercise.names
    f, _ = names["as_functions"](names["digits"].model, names["label"])
    assert names["label"] == 7
    scores = {start: float(f(one[None])[0]) for start, one in names["baselines"].items()}
    assert scores["white"] == pytest.approx(-30, abs=2)
    assert scores["black"] == pytest.approx(-8, abs=1)
    sums = {start: names["maps"]["trained", start].sum() for start in scores}
    assert sums["black"] == pytest.approx(17, abs=1) and sums["white"] == pytest.approx(40, abs=2)


def test_a_share_needs_a_pixel_that_moved(exercise):
    """From black nothing on the background; from grey |x - x'| is about a half all over."""
    names = exercise.names
    image = names["image"]
    assert (names["maps"]["trained", "black"][image == 0] == 0).all()
    assert np.mean(np.abs(image - 0.5) > 0.3) > 0.7
