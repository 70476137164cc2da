"""What the page on backpropagation through time prints, glues and claims."""

import re

import numpy as np
import pytest

from course_lib.figures.bptt import FadingGradient


def test_loop_library_and_torch_agree(page):
    assert re.findall(r"equal: (\w+)", page.printed) == ["True", "True"]


def test_the_worked_numbers_are_those_of_the_documents(page, oracles):
    expected = oracles["bptt_scalar"]["expected"]
    names = page.names
    np.testing.assert_allclose([names["h"][t] for t in (1, 2, 3)], expected["h"])
    assert sum(names["share"].values()) == pytest.approx(expected["dwh"])
    assert names["later"] == pytest.approx(expected["dF0_dh0"])
    assert f"dL/dw = {expected['dwh']:.4f}" in page.printed


def test_the_answers_to_predict_first(page):
    back = page.names["back"]
    assert max(back, key=lambda t: abs(back[t])) == 3
    assert back[3] == pytest.approx(-3.70, abs=0.005)


def test_powers(page, oracles):
    fades, _, grows = oracles["vanish_scalar"]["expected"]["power"]
    assert page.glued["bptt-fades"] == pytest.approx(fades)
    assert page.glued["bptt-grows"] == pytest.approx(grows)


def test_the_three_drawings_at_the_top_fade_stay_and_grow(page):
    fades, stays, grows = (page.names["flow"](gain) for gain in (0.6, 1.0, 1.5))
    assert fades[0] < 0.05 * fades[-1]
    assert stays[0] > 0.8 * stays[-1]
    assert grows[0] > 5 * grows[-1]


def test_a_total_derivative_holds_more_than_the_immediate_one(page):
    immediates, totals = np.array(page.names["immediates"]), np.array(page.names["totals"])
    assert np.allclose(immediates[:2], totals[:2])
    assert (totals[2:] > immediates[2:]).all()


def test_only_the_full_gradient_is_zero_at_the_minimum(page):
    glued, names = page.glued, page.names
    best = [glued[f"bptt-best-{cut}"] for cut in (1, 2, 5, None)]
    assert best == sorted(best) and best[-1] - best[0] > 0.3
    weights = np.linspace(0, 0.99, 397)
    lowest = weights[np.argmin([names["error_at"](w) for w in weights])]
    assert best[-1] == pytest.approx(lowest, abs=0.003)


def test_the_cut_gradient_points_the_other_way(page):
    found = dict(re.findall(r"^(None|20|5|1) (-?[\d.]+)$", page.printed, re.M))
    assert [float(found[cut]) > 0 for cut in ("None", "20", "5", "1")] == [False, False, True, True]


def test_clipping_keeps_the_walker_on_the_map(page):
    names = page.names
    assert page.glued["bptt-longest"] > 100
    assert np.abs(names["plain"][0][-1]).max() > 5
    ends = names["clipped"][0][-1]
    assert names["last_state"](*ends) == pytest.approx(-0.7, abs=0.05)


def test_without_clipping_the_walker_sits_where_no_gradient_comes(page):
    path, lengths, _ = page.names["plain"]
    assert page.names["last_state"](*path[-1]) == pytest.approx(-1)
    assert lengths[-1] < 1e-9


def test_the_map_of_the_norms_has_a_plateau_and_no_ridge(page):
    small, large = (
        lambda gain, size=size: page.names["mean_log_norms"](gain, size)[49] for size in (0.01, 1.0)
    )
    assert small(0.6) < -10
    assert all(abs(small(gain)) < 2 for gain in (1.0, 1.2, 1.4, 1.6))
    assert large(1.0) < -9 and large(1.2) < -6 and large(2.0) > -1


def test_answers_of_the_figure():
    fades = FadingGradient(preset="fades")
    assert fades.bounds[0] > 1 > fades.norms[0]
    assert fades.bounds[-2] == pytest.approx(1.3 * 0.9, rel=1e-4)
    explodes, saturates = (FadingGradient(preset=name) for name in ("explodes", "saturates"))
    assert explodes.norms[0] > 100 and explodes.radius == saturates.radius
    assert saturates.norms[0] < 1e-6


def test_the_answers_of_test_yourself():
    assert 0.8**20 == pytest.approx(0.012, abs=0.0005)
    assert 0.4**20 == pytest.approx(1e-8, rel=0.1)
