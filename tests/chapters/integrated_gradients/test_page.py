"""What the page on integrated gradients prints, glues and claims."""

import re
from pathlib import Path

import numpy as np
import pytest

PAGE = Path(__file__).parents[3] / "book" / "integrated_gradients.md"
TEXT = PAGE.read_text(encoding="utf-8")
GLUED = "integrated_gradients-"


def test_loop_library_and_torch_agree(page):
    assert "equal: True True" in page.printed
    assert "[7. 3.] together 10.0" in page.printed
    steps = page.names["steps"]
    np.testing.assert_allclose(steps.sum(0), [7, 3])


def test_the_score_rises_as_the_area_says(page):
    rise = page.glued[GLUED + "rise"]
    assert rise == pytest.approx(
        page.names["score"](page.names["six"]) - page.names["score"](page.names["black"])
    )
    assert page.names["along"].sum() / 200 == pytest.approx(rise, abs=0.3)
    assert rise > 10


def test_the_half_of_the_rise_comes_early(page):
    assert page.glued[GLUED + "half"] < 0.45


def test_the_rules_are_as_fast_as_the_page_says(page):
    smooth, kinked = page.names["smooth"][0], page.names["kinked"][0]
    at = slice(5, 9)  # 32 to 256 steps
    for rule, factor in (("right", 2), ("midpoint", 4), ("trapezoid", 4)):
        gaps = smooth[rule]
        np.testing.assert_allclose(gaps[at] / gaps[6:10], factor, rtol=0.05)
    sixteen = 4
    assert smooth["gauss_legendre"][sixteen] < 1e-9 * smooth["midpoint"][sixteen]
    ratio = kinked["gauss_legendre"][3:] / kinked["midpoint"][3:]
    assert 0.3 < np.exp(np.log(ratio).mean()) < 2


def test_the_end_rules_of_the_figure_stay_the_worst_and_few_steps_are_luck():
    from course_lib.figures.integrated_gradients import RULES, STARTS, PathIntegral

    figure = PathIntegral()

    def gaps(start, n):
        found = {}
        for rule in RULES:
            figure.start, figure.steps, figure.rule = start, n, rule
            found[rule] = abs(figure.gap)
        return found

    best = {n: min((gap, rule) for rule, gap in gaps("black", n).items()) for n in (4, 5, 10, 20)}
    named = [rule for _, rule in best.values()]
    assert named == ["trapezoid", "trapezoid", "trapezoid", "gauss_legendre"]
    for start in STARTS:
        found = gaps(start, 100)
        assert min(found["left"], found["right"]) > 8 * max(found["midpoint"], found["trapezoid"])


def test_pieces_are_exact(page):
    """The rectangles of the drawing add up to the model answer's shares."""
    from course_lib.reference.integrated_gradients import completeness_gap, exact_on_pieces

    n = page.names
    shares = exact_on_pieces(n["w1"], n["b1"], n["w2"], n["end"], n["begin"])
    np.testing.assert_allclose(n["slope"].mean(0), shares, atol=2e-2)

    def f(batch):
        return np.maximum(batch @ n["w1"].T + n["b1"], 0) @ n["w2"]

    assert abs(completeness_gap(f, n["end"], n["begin"], shares)) < 1e-12


def test_two_of_four_maps_are_wrong_for_certain(page):
    rise = page.names["rise"]
    gaps = {name: abs(shares.sum() - rise) for name, shares in page.names["candidates"].items()}
    assert gaps["A"] < 0.01 and gaps["C"] < 0.01  # as the page shows it: 0.00
    assert gaps["B"] > 1 and gaps["D"] > 1
    both = page.names["candidates"]["B"].ravel(), page.names["right_map"].ravel()
    assert np.corrcoef(*both)[0, 1] > 0.8, "B looks right"


def test_black_is_a_one(page):
    names = page.names
    assert names["of_black"].argmax() == 1
    assert names["of_black"].max() > 1.2 * names["highest"]
    inside = names["one"][0, 0].numpy() > 0
    assert names["one_map"][inside].sum() < -5
    assert (names["one_map"][~inside] == 0).all()


def test_what_the_baselines_show(page):
    maps, six = page.names["baseline_maps"], page.names["six"][0, 0].numpy()
    assert (maps["black"][six == 0] == 0).all()
    assert np.abs(maps["white"][six == 0]).sum() > 0.5 * np.abs(maps["white"]).sum()
    assert abs(maps["blurred six"].sum()) < 0.2 * np.abs(maps["blurred six"]).sum()


def test_an_untrained_network_draws_the_six_too(page):
    assert page.glued[GLUED + "with"] > 0.6
    assert page.glued[GLUED + "without"] < page.glued[GLUED + "with"] - 0.15


def test_deeplift_by_hand_and_by_library(page, oracles):
    toy = oracles["deeplift_toy"]["expected"]
    assert page.names["toy"].tolist() == [[toy["contribution"]]]
    assert page.names["pair"][0].tolist() == oracles["saturation"]["expected"]["deeplift_at_1_1"]
    assert page.names["our_sums"] == page.names["changes"]
    rise = page.names["exact_rise"]
    assert page.names["lifted"].sum() == pytest.approx(rise, abs=1e-6)
    assert page.names["taught"].sum() == pytest.approx(rise, abs=0.3)
    assert abs(page.names["at_x"].sum() - rise) > 3


def test_the_recorded_numbers_are_those_of_the_peer(page):
    captum = pytest.importorskip("captum", reason="captum is the optional extra peers")
    import torch
    from captum.attr import DeepLift
    from torch import nn

    class Function(nn.Module):
        def forward(self, x):
            return torch.relu(x)

    class Pooled(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(nn.ReLU(), nn.MaxPool1d(2), nn.Flatten())

        def forward(self, x):
            return self.layers(x[:, None])

    cases = (
        ("nn.ReLU()", nn.Sequential(nn.ReLU()), [[-2.0]], [[2.0]]),
        ("torch.relu", Function(), [[-2.0]], [[2.0]]),
        ("ReLU, max pool", Pooled(), [[-1.0, 2.0]], [[1.0, -1.0]]),
    )
    assert captum.__version__ == re.search(r"recorded: Captum ([\d.]+)", TEXT)[1]
    said = []
    for name, model, x, baseline in cases:
        with pytest.warns(UserWarning) as caught:
            shares = DeepLift(model).attribute(torch.tensor(x), torch.tensor(baseline), target=0)
        assert shares[0].tolist() == pytest.approx(page.names["captum"][name]), name
        said.append([str(one.message) for one in caught])
    assert said[0] == said[1] == said[2], "it warns of nothing in particular"


def test_the_answers_to_the_test_questions():
    from course_lib.reference.integrated_gradients import linear_attribution

    x, baseline = np.array([2.0, 5.0]), np.array([1.0, 1.0])
    assert linear_attribution(np.array([3.0, -1.0]), x, baseline).tolist() == [3, -4]


def test_the_exercise_is_not_answered_here():
    """The printed half, and what its written questions ask."""
    assert "\\frac{1}{2}(" not in TEXT and "chain rule" not in TEXT and "nine" not in TEXT
