"""What the page on the LSTM prints, glues and claims."""

import re

import numpy as np
import pytest

from course_lib.figures.lstm import GatedFlow, norms


def test_library_and_torch_agree(page):
    assert re.findall(r"equal: (\w+)", page.printed) == ["True"] * 3


def test_the_worked_step_is_that_of_the_documents(page, oracles):
    expected = oracles["lstm_jacobian_scalar"]["expected"]
    assert f"c {expected['c']:.4f}   h {expected['h']:.4f}" in page.printed
    assert page.glued["lstm-kept"] == pytest.approx(0.8 * expected["f"])


def test_what_a_gate_leaves(page, oracles):
    expected = oracles["vanish_scalar"]["expected"]
    assert page.glued["lstm-kept-5"] == pytest.approx(100 * expected["lstm_forget_sigmoid_5_pow50"])
    assert page.glued["lstm-kept-0"] == pytest.approx(expected["lstm_forget_sigmoid_0_pow50"])


def test_the_product_is_exact_for_one_step_and_then_ever_further_off(page):
    middle = page.names["middle"]
    assert middle[:2] == pytest.approx([0, 0], abs=1e-10)
    assert 0.03 < middle[2] < middle[10] < 2 and middle[40] > 0.2
    names = page.names
    assert not np.allclose(names["whole2"][-4], names["chained2"][-4], rtol=0.1)
    np.testing.assert_allclose(names["whole2"][-2], names["chained2"][-2])


def test_the_size_of_the_product_hides_it(page):
    reading, read_hh, reach = (page.names[name] for name in ("reading", "read_hh", "reach"))
    ratios = []
    for start in range(20, 360, 10):
        both = reach(tuple(part[start : start + 11] for part in reading), read_hh)
        ratios.append(np.divide(*(norms(part)[0] for part in both)))
    assert 0.7 < np.median(ratios) < 1.4


def test_open_gates_carry_the_gradient_in_the_cell(page):
    held, lost = (page.names["sizes_back"](*biases) for biases in ((5, -2), (0, 0)))
    assert held[0, 1] > 0.5 * held[-1, 1] and (held[:-1, 0] < 0.5 * held[:-1, 1]).all()
    assert lost[0].max() < 1e-3 * lost[-1].max()


def test_only_open_gates_hold_a_gradient_and_too_open_ones_grow_it(page):
    left = [page.glued[f"lstm-after-99-{name}"] for name in (5, 3, 1, "rnn")]
    assert left[0] > 1 > left[1] > 0.1 > 1e-6 > left[2] > 1e-15 > left[3]


def test_large_weights_explode_and_not_on_the_straight_way(page):
    curve, sizes = page.names["grows"][6]
    assert page.glued["lstm-exploded"] == curve[-1] > 1e6
    assert sizes[1] <= 1 and sizes[1] == min(sizes) and sizes[3] == max(sizes)
    assert page.names["grows"][0.1][0][-1] < 1e-5


def test_the_ways_of_the_trained_network(page):
    mean = {name: page.glued[f"lstm-mean-{name}"] for name in "ABCD"}
    assert 0.8 < mean["B"] <= 1 < min(mean["A"], mean["D"])


def test_answers_of_the_figure():
    new, hidden, explodes = (GatedFlow(preset=n) for n in ("new", "hidden", "explodes"))
    assert norms(new.plain)[1] < 1e-13 < norms(new.whole)[1] < 1e-10
    sizes = np.linalg.norm(hidden.terms, 2, axis=(2, 3))[1:]
    assert (sizes[:, [0, 2, 3]].max(axis=1) < 0.1 * sizes[:, 1]).all()
    assert norms(explodes.whole)[1] > 100 * norms(explodes.chained)[1]


def test_the_answers_of_test_yourself():
    cell = 0.0
    for _ in range(200):
        cell = 0.9 * cell + 0.5
    assert cell == pytest.approx(5)

    def slope(z):
        gate = 1 / (1 + np.exp(-z))
        return gate * (1 - gate)

    assert 2 * slope(2 * 3.0) < slope(3.0) and 2 * slope(2 * 0.5) > slope(0.5)
