"""What the model answers of the exercise on Shapley values say is what its cells print."""

import re

import numpy as np
import pytest


def test_the_printed_fit_gives_one_and_two(exercise):
    assert "together 4:   [1. 2.]" in exercise.printed
    assert "together 14: [11. 12.]" in exercise.printed


def test_three_ways_agree(exercise):
    assert re.findall(r"is the same: (\w+)", exercise.printed) == ["True", "True"]


def test_two_games_say_opposite_things_of_cholesterol(exercise):
    names = exercise.names
    marginal, refitted = names["marginal"], names["refitted"]
    assert marginal.sum() == pytest.approx(refitted.sum())
    assert (round(marginal[0]), round(refitted[0])) == (-142, 15)
    assert (round(names["weights4"][1]), round(names["weights4"][2])) == (-921, 741)
    assert np.corrcoef(names["X4"][:, 0], names["X4"][:, 1])[0, 1] == pytest.approx(0.9, abs=0.005)
    assert np.corrcoef(names["X4"][:, 0], names["y"])[0, 1] == pytest.approx(0.21, abs=0.005)


def test_the_fixed_order_keeps_the_printed_promise(exercise):
    """Of two equal players the first gets 1, the second 3: the premise as printed is false."""
    v = exercise.names["v"]
    assert (v["1"] - v[""], v["12"] - v["1"]) == (1, 3)
    assert "S = {1}:  v(S + 1) = 1   v(S + 2) = 4" in exercise.printed
