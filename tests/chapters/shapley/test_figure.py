"""The arrivals of the figure are those of the game, and its means those of the library."""

import re

import numpy as np
import pytest
from browsing import Reader, drag, number

from course_lib.attribution import shapley_exact
from course_lib.figures.shapley import GAMES, ORDERS, WAYS, Arrivals, orders
from course_lib.reference.shapley import shapley_sampling

PRESETS = list(Arrivals.presets.default())
BOTH = [(game, way) for game in GAMES for way in WAYS]


def value_of(game):
    _, names, make = GAMES[game]
    return make(), len(names)


@pytest.mark.parametrize(("game", "way"), BOTH)
def test_the_means_are_those_of_the_reference(game, way):
    walk = Arrivals().walks[f"{game} {way}"]
    value, d = value_of(game)
    for seen in (2, 12, ORDERS):
        figure = Arrivals(game=game, way=way, seen=seen)
        means, errors = shapley_sampling(value, orders(d, way)[:seen])
        np.testing.assert_allclose(figure.means, means, atol=1e-4)
        if way == "single":
            np.testing.assert_allclose(walk["errors"][seen - 1], errors, atol=1e-4)
    np.testing.assert_allclose(walk["exact"], shapley_exact(value, d), atol=1e-4)


@pytest.mark.parametrize("game", GAMES)
def test_the_error_of_pairs_is_that_of_the_means_of_pairs(game):
    walk = Arrivals().walks[f"{game} paired"]
    gains = np.array(walk["gains"])
    pairs = (gains[::2] + gains[1::2]) / 2
    n = len(pairs)
    expected = pairs.std(axis=0, ddof=1) / np.sqrt(n)
    np.testing.assert_allclose(walk["errors"][-1], expected, atol=1e-3)
    drawn = np.array(walk["orders"])
    assert (drawn[1::2] == drawn[::2, ::-1]).all()


def test_what_the_page_says_of_the_figure():
    walks = Arrivals().walks
    assert walks["trio single"]["means"][11][1:] == [6.0, 8.0]
    assert np.round(walks["trio single"]["errors"][11][1:], 1).tolist() == [1.4, 1.7]
    assert walks["trio single"]["exact"] == [13.5, 6.0, 4.5]
    before, after = (walks[f"patient {way}"]["errors"][-1][1] for way in WAYS)
    assert (round(before, 1), round(after, 1)) == (1.4, 0.1)
    twelve = walks["votes single"]
    assert (
        [twelve["means"][11][j] for j in (2, 4)]
        == [0, 0]
        == [twelve["errors"][11][j] for j in (2, 4)]
    )
    assert twelve["exact"][1:] == [0.1] * 4


class Party(Reader):
    """What a reader sees and does in the figure."""

    def __init__(self, *opened):
        super().__init__(*opened)
        self.hand = self.figure.locator(".movable")

    def lines(self):
        """The order at the frame, and name, mean, error and exact value of each player."""
        order, *said = (one for one in self.figure.locator(".equation").all_inner_texts() if one)
        players = [re.match(r"(.+): (\S+) ± (\S+), exact (\S+)", one).groups() for one in said]
        return order, players


@pytest.fixture
def party(read):
    return read(Arrivals(), Party)


@pytest.mark.browser
@pytest.mark.parametrize("preset", PRESETS)
def test_the_numbers_of_every_preset(party, preset):
    party.figure.locator("select").first.select_option(preset)
    figure = Arrivals(preset=preset)
    walk = figure.walks[f"{figure.game} {figure.way}"]
    for key, seen in ((None, figure.seen), ("Home", 1), ("ArrowRight", 2), ("End", ORDERS)):
        if key:
            party.hand.focus()
            party.page.keyboard.press(key)
        order, players = party.lines()
        names = [walk["names"][j] for j in walk["orders"][seen - 1]]
        assert order == f"order {seen}: {', '.join(names)}"
        assert [one[0] for one in players] == walk["names"]
        for j, (_, mean, error, exact) in enumerate(players):
            assert number(mean) == pytest.approx(walk["means"][seen - 1][j], abs=6e-3)
            assert number(exact) == pytest.approx(walk["exact"][j], abs=6e-3)
            known = walk["errors"][seen - 1][j]
            assert (
                error == "?" if known is None else number(error) == pytest.approx(known, abs=6e-3)
            )


@pytest.mark.browser
def test_the_steps_are_the_gains(party):
    party.figure.locator("select").first.select_option("patient")
    walk = Arrivals().walks["patient single"]
    shown = (
        party.figure.locator("svg.axes").first.locator("g:has(> rect) + text").all_text_contents()
    )
    gains = [walk["gains"][-1][j] for j in walk["orders"][-1]]
    assert [number(text) for text in shown] == pytest.approx(gains, abs=0.06)


@pytest.mark.browser
def test_dragging_sees_more_orders(party):
    drag(party.page, party.hand.bounding_box(), (0.1, 0.5), (0.75, 0.5))
    seen = int(party.hand.get_attribute("aria-valuetext").split(" ")[0])
    assert seen == pytest.approx(0.75 * ORDERS, abs=2)
