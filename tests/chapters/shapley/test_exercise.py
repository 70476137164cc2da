"""What the model answers of the exercise on Shapley values say is what its cells print."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

SOURCE = Path(__file__).parents[3] / "solutions" / "shapley"
CELL = re.compile(r"^# %%([^\n]*)\n(.*?)(?=^# %%|\Z)", re.M | re.S)


@pytest.fixture(scope="module")
def cells():
    """The exercise run from top to bottom, without its checks: its names, and what it printed."""
    text = (SOURCE / "shapley.py").read_text(encoding="utf-8")
    names, printed = {}, io.StringIO()
    with contextlib.redirect_stdout(printed):
        for kind, code in CELL.findall(text):
            if "[markdown]" not in kind and "check=" not in kind and "progress" not in kind:
                exec(compile(code, str(SOURCE), "exec"), names)  # noqa: S102
    return names, printed.getvalue()


def test_the_printed_fit_gives_one_and_two(cells):
    assert "together 4:   [1. 2.]" in cells[1] and "together 14: [11. 12.]" in cells[1]


def test_three_ways_agree(cells):
    assert re.findall(r"is the same: (\w+)", cells[1]) == ["True", "True"]


def test_two_games_say_opposite_things_of_cholesterol(cells):
    names = cells[0]
    marginal, refitted = names["marginal"], names["refitted"]
    assert marginal.sum() == pytest.approx(refitted.sum())
    assert (round(marginal[0]), round(refitted[0])) == (-142, 15)
    assert (round(names["weights4"][1]), round(names["weights4"][2])) == (-921, 741)
    assert np.corrcoef(names["X4"][:, 0], names["X4"][:, 1])[0, 1] == pytest.approx(0.9, abs=0.005)
    assert np.corrcoef(names["X4"][:, 0], names["y"])[0, 1] == pytest.approx(0.21, abs=0.005)


def test_the_fixed_order_keeps_the_printed_promise(cells):
    """Of two equal players the first gets 1, the second 3: the premise as printed is false."""
    v = cells[0]["v"]
    assert (v["1"] - v[""], v["12"] - v["1"]) == (1, 3)
    assert "S = {1}:  v(S + 1) = 1   v(S + 2) = 4" in cells[1]
