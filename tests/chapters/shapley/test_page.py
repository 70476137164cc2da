"""What the page on Shapley values prints, glues and claims."""

import re
from pathlib import Path

import numpy as np
import pytest

from course_lib.attribution import shapley_exact

PAGE = Path(__file__).parents[3] / "book" / "shapley.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_orders_library_and_hand_agree(page):
    assert re.findall(r"equal: (\w+)", page.printed) == ["True"]
    assert re.findall(r"linear: (\w+)", page.printed) == ["True", "True"]
    assert re.findall(r"efficient: (\w+)", page.printed) == ["True"]
    assert "[1.5 2.5] exact: [1.5 2.5]" in page.printed


def test_the_trio(page):
    assert page.names["SHARES"].tolist() == [13.5, 6, 4.5]
    guitar = {order: page.names["gains_of"](order)[1] for order in page.names["ORDERS"]}
    assert sorted(guitar.values()) == [0, 0, 0, 6, 15, 15]
    assert page.names["gains_of"]((1, 0, 2)).tolist() == [12, 0, 12]


def test_what_the_other_rules_hand_out(page):
    equal, order, last, mean, shapley = page.names["rule_shares"].values()
    assert equal.sum() == order.sum() == shapley.sum() == 24
    assert order[2] == 12 and page.glued["shapley-lost"] == f"{last.sum():g}" == "51"
    assert mean.sum() < 24 and page.glued["shapley-mean"] == f"{mean.sum():g}"


def test_the_patient_of_the_page_is_that_of_the_figure(page):
    from course_lib.figures.shapley import patient

    np.testing.assert_allclose(page.names["tree_shares"], shapley_exact(patient(), 4))
    start, end = (float(page.glued[f"shapley-{name}"]) for name in ("base", "prediction"))
    assert page.names["tree_shares"].sum() == pytest.approx(end - start, abs=1)


def test_marginal_and_conditional_say_opposite_things(page, oracles):
    expected = oracles["shap_conditional_vs_marginal"]["expected"]
    for name in ("marginal", "conditional"):
        np.testing.assert_allclose(page.names["two"][name], expected[name])


def test_refitted_features_share(page):
    assert "[3. 0.]" in page.printed
    (half, other) = re.search(r"\[3\. 0\.\]\n\[(\S+) (\S+)\]", page.printed).groups()
    assert half == other
    start = page.names["target"].mean()
    assert start == pytest.approx(0.12) and float(half) + float(other) == pytest.approx(3 - start)


def test_kernel_shap_is_the_closest_on_the_forest(page):
    plain, paired, kernel = (np.median(e, axis=1) for e in page.names["errors"].values())
    assert (kernel < paired).all() and (paired < plain).all()
    assert float(page.glued["shapley-ratio"]) > 4


def test_the_answers_to_the_test_questions():
    rewards = np.array([2.0, 4, 0, 6])
    values = shapley_exact(lambda masks: rewards[masks @ [1, 2]], 2)
    assert values.tolist() == [4, 0]


def test_the_exercise_is_not_answered_here():
    """The printed premise of symmetry, and what the two games say of cholesterol."""
    assert "e53" in TEXT and "subseteq [D]" not in TEXT and "cholesterol" not in TEXT
