"""The race shows what the library's KL-LUCB knows after each round."""

import numpy as np
import pytest
from browsing import number

from course_lib import models
from course_lib.attribution import (
    all_precisions,
    anytime_threshold,
    exact_precision,
    kl_lower,
    kl_lucb,
    kl_upper,
)
from course_lib.figures.anchors import REVIEWS
from course_lib.figures.race import BEST, DELTA, RACES, TOLERANCE, Race, run_race

PRESETS = list(Race.presets.default())


def _bounds(known):
    counts = np.array(known["counts"])
    share = np.round(counts * known["share"]) / counts
    level = anytime_threshold(counts, DELTA / len(counts))
    return kl_lower(share, counts, level), kl_upper(share, counts, level)


def _overlap(known):
    leader, other = known["pair"]
    return known["high"][other] - known["low"][leader]


@pytest.mark.parametrize("name", RACES)
def test_the_rounds_are_those_of_kl_lucb(name):
    """The library, given the counts of the rounds, asks for the same pairs and stops with them."""
    rounds, asked = run_race(name)["rounds"], []

    def recorded(pair):
        known = rounds[len(asked)]
        asked.append(pair)
        return np.array(known["counts"]), np.array(known["counts"]) * known["share"]

    leaders = kl_lucb(recorded, BEST, tolerance=TOLERANCE, delta=DELTA)
    assert asked == [(), *(tuple(known["pair"]) for known in rounds[:-1])]
    assert leaders.tolist() == rounds[-1]["leaders"]
    for before, known in zip(rounds, rounds[1:], strict=False):
        grown = np.flatnonzero(np.subtract(known["counts"], before["counts"])).tolist()
        assert grown == sorted(known["asked"])
        expected = range(len(known["counts"])) if RACES[name][1] else before["pair"]
        assert sorted(known["asked"]) == sorted(expected)


@pytest.mark.parametrize("name", RACES)
def test_bars_and_precisions_are_the_librarys(name):
    race, tokens = run_race(name), REVIEWS[RACES[name][0]].split()
    for known in race["rounds"]:
        for mine, exact in zip((known["low"], known["high"]), _bounds(known), strict=True):
            assert mine == pytest.approx(exact, abs=6e-5)
    predict = models.trained("review_cnn").model.eval().predict
    assert race["exact"] == [exact_precision(tokens, predict, [i]) for i in range(len(tokens))]
    best = sorted(all_precisions(tokens, predict).items(), key=lambda item: -item[1])
    floor = [p for a, p in best if len(a) == 1][BEST - 1] - TOLERANCE
    assert all(race["exact"][word] >= floor for word in race["rounds"][-1]["leaders"])


@pytest.mark.slow
def test_to_ask_every_word_costs_about_twice_as_many():
    costs = [
        [sum(run_race(name, seed)["rounds"][-1]["counts"]) for seed in range(9)]
        for name in ("praise", "equal")
    ]
    assert 1.7 < np.median(costs[1]) / np.median(costs[0]) < 3


@pytest.mark.browser
@pytest.mark.parametrize("preset", PRESETS)
def test_the_drawing_shows_the_round(read, preset):
    reader = read(Race())
    figure, model = reader.figure, Race(preset=preset)
    figure.locator("select").select_option(preset)
    known, tokens = model.rounds[model.at], model.races[model.race]["tokens"]
    plane = figure.locator("svg.axes").first
    assert plane.locator(".tick.left").all_text_contents() == tokens
    scale = plane.locator(".rule").evaluate_all(
        "all => all.map((line) => line.x1.baseVal.value).slice(0, 3)"
    )  # the rules at 0, 0.5 and 1
    bars = plane.locator("rect.moving:not(.overlap)").evaluate_all(
        "all => all.map((r) => ['x', 'width', 'height'].map((a) => Number(r.getAttribute(a))))"
    )
    for word, (x, width, height) in enumerate(bars):
        ends = [(v - scale[0]) / (scale[2] - scale[0]) for v in (x, x + width)]
        assert ends == pytest.approx([known["low"][word], known["high"][word]], abs=1e-3)
        assert (height > 5) == (word in known["asked"])
    said = figure.locator(".equation").all_inner_texts()
    assert f"{sum(known['counts'])} documents" in said[2]
    assert said[2].endswith(f"= {_overlap(known):.3f}".rstrip("0"))
    spoken = figure.locator(".movable").get_attribute("aria-valuetext")
    assert f"{sum(known['counts'])} documents" in spoken
    assert number(spoken.rsplit(" ", 1)[1]) == pytest.approx(_overlap(known), abs=6e-4)
    leader, other = (tokens[i] for i in known["pair"])
    if model.at == len(model.rounds) - 1:
        assert said[1] == "stop: " + " and ".join(tokens[i] for i in known["leaders"])
    else:
        pair = f"{leader} and {other}" if model.show_pair else "which two?"
        assert said[1] == f"in question: {pair}"
    assert plane.locator(".overlap").is_visible() == model.show_pair


@pytest.mark.browser
def test_stepping_goes_to_the_end_and_no_further(read):
    reader = read(Race())
    figure, rounds = reader.figure, Race().rounds
    step, back = (figure.get_by_role("button", name=name) for name in ("Step", "Back"))
    round_ = figure.get_by_role("slider", name="round", exact=True)
    back.click(force=True)  # it says that it is disabled
    assert round_.input_value() == "0"
    for expected in (1, 2):
        step.click()
        assert round_.input_value() == str(expected)
    round_.press("ArrowRight")
    back.click()
    assert figure.locator(".equation").first.inner_text().startswith("round 2, asked: ")
    round_.press("End")
    step.click(force=True)
    assert round_.input_value() == str(len(rounds) - 1)


@pytest.mark.browser
def test_a_shorter_race_ends_where_it_ends(read):
    """The round is kept within the race that is shown."""
    reader = read(Race(preset="equal"))
    reader.figure.locator("select").select_option("complaint")
    round_ = reader.figure.get_by_role("slider", name="round", exact=True)
    round_.press("End")
    assert round_.input_value() == str(len(Race(race="complaint").rounds) - 1)


@pytest.mark.browser
def test_dragging_along_the_curve_scrubs(read):
    reader = read(Race())
    box = reader.figure.locator(".movable").bounding_box()
    y, rounds = box["y"] + box["height"] / 2, len(Race().rounds)
    reader.page.mouse.move(box["x"] + 1, y)
    reader.page.mouse.down()
    for round_ in (rounds // 2, rounds - 1):
        x = box["x"] + (round_ + 0.5) / rounds * box["width"]
        reader.page.mouse.move(x, y)
        dot = reader.figure.locator("svg.axes >> nth=1 >> .dot").bounding_box()
        assert dot["x"] + dot["width"] / 2 == pytest.approx(x, abs=1.5), "under the hand"
        shown = reader.figure.get_by_role("slider", name="round", exact=True).input_value()
        assert shown == str(round_)
    reader.page.mouse.up()
