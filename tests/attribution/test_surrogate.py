"""The linear surrogate of LIME, and trees as games."""

from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.attribution import lime_kernel, lime_like, shapley_exact, tree_game


def two_players(masks):
    return np.array([0.0, 1.0, 2.0, 4.0])[masks @ [1, 2]]


def test_lime_weighs_by_distance():
    weights = lime_kernel(4, width=0.5)(np.array([0, 1, 4]))
    np.testing.assert_allclose(weights, np.exp([-4.0, -1.0, 0.0]), rtol=1e-12)
    weights = lime_kernel(4)(np.array([0, 1, 4]))
    np.testing.assert_allclose(weights, np.exp([-16.0, -4.0, 0.0]), rtol=1e-12)
    np.testing.assert_allclose(lime_kernel(1)(np.array([0, 1])), np.exp([-16.0, 0]), rtol=1e-12)


def test_lime_fits_with_an_intercept():
    fit = lime_like(two_players, 2, lambda sizes: np.ones(3))
    np.testing.assert_allclose(fit.values, [1.5, 2.5], atol=1e-12)
    np.testing.assert_allclose(fit.intercept, -0.25, atol=1e-12)
    near = lime_like(two_players, 2, lime_kernel(2, width=0.1))  # near all ones alone counts
    np.testing.assert_allclose(near.values, [2, 3], atol=1e-3)
    one = lime_like(lambda masks: 3 + 2 * masks[:, 0], 1, lambda sizes: np.ones(2))
    np.testing.assert_allclose([one.intercept, *one.values], [3, 2], rtol=1e-12)


def test_coalitions_of_weight_zero_are_not_asked_about():
    asked = []

    def value(masks):
        asked.extend(masks.sum(axis=1))
        return two_players(masks)

    fit = lime_like(value, 2, lambda sizes: np.array([0.0, 1.0, np.inf]), intercept=False)
    np.testing.assert_allclose(fit.values, [1, 2], atol=1e-12)
    assert asked == [1, 1]


def test_lime_refusals():
    with pytest.raises(ValueError, match="d must be .* at least 1 and at most 16, got 17"):
        lime_like(two_players, 17, lime_kernel(17))
    with pytest.raises(ValueError, match="d must be .* at least 1 and at most 16, got 0"):
        lime_like(two_players, 0, lime_kernel(1))
    for wrong in (np.ones(2), np.array([1, -1, 1]), np.array([1, np.nan, 1])):
        with pytest.raises(ValueError, match="kernel must return d . 1 = 3 weights of at least 0"):
            lime_like(two_players, 2, lambda sizes, wrong=wrong: wrong)
    with pytest.raises(ValueError, match="kernel must leave enough .* 3 coefficients, .* only 2"):
        lime_like(two_players, 2, lambda sizes: np.array([np.inf, 1, np.inf]))
    with pytest.raises(ValueError, match="width must be a number above 0 and below 1, got 0"):
        lime_kernel(2, width=0)
    with pytest.raises(ValueError, match="d must be an integer of at least 1, got 0"):
        lime_kernel(0)


def test_brute_force_tree_shap_on_a_tree_of_depth_two():
    from sklearn.tree import DecisionTreeRegressor

    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 3))
    y = np.where(X[:, 0] > 0, 2.0, X[:, 1])
    fitted = DecisionTreeRegressor(max_depth=2, random_state=0).fit(X, y)
    x = X[7]
    value = tree_game(fitted.tree_, x)
    phi = shapley_exact(value, 3)
    np.testing.assert_allclose(phi.sum(), fitted.predict(x[None])[0] - y.mean(), atol=1e-12)
    assert 2 not in fitted.tree_.feature and abs(phi[2]) < 1e-15
    np.testing.assert_allclose(value(np.zeros((1, 3), bool)), y.mean())


@pytest.fixture
def tree():
    """Feature 1 at the root, feature 0 on its left."""
    return SimpleNamespace(
        children_left=[1, 3, -1, -1, -1],
        children_right=[2, 4, -1, -1, -1],
        feature=[1, 0, -2, -2, -2],
        threshold=[0.0, 1.0, -2, -2, -2],
        value=[[[0.0]], [[0.0]], [[8.0]], [[2.0]], [[4.0]]],
        weighted_n_node_samples=[8.0, 6.0, 2.0, 1.0, 5.0],
    )


def test_tree_game_weighs_both_branches_by_their_rows(tree):
    masks = np.array([[False, False], [True, False], [False, True], [True, True]])
    # At x = (1, -1): the left branch at the root, and at the threshold left again.
    values = tree_game(tree, np.array([1.0, -1.0]))(masks)
    inner = (1 * 2 + 5 * 4) / 6
    np.testing.assert_allclose(values, [(6 * inner + 2 * 8) / 8, (6 * 2 + 16) / 8, inner, 2])


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros(1)])
def test_tree_game_needs_a_value_for_each_feature(tree, x):
    message = rf"x must have a value for each feature of the tree, at least 2, got shape \({len(x)}"
    with pytest.raises(ValueError, match=message):
        tree_game(tree, x)


@pytest.mark.parametrize("side", ["left", "right"])
def test_a_missing_value_goes_where_the_tree_says(side):
    from sklearn.tree import DecisionTreeRegressor

    X = np.array([[0.0], [1.0], [2.0], [3.0], [np.nan], [np.nan]])
    y = np.array([0.0, 0.0, 5.0, 5.0, *([0.0, 0.0] if side == "left" else [5.0, 5.0])])
    fitted = DecisionTreeRegressor(random_state=0).fit(X, y)
    assert fitted.tree_.missing_go_to_left[0] == (side == "left")
    for x in X:
        everybody = tree_game(fitted.tree_, x)(np.array([[True]]))
        np.testing.assert_allclose(everybody, fitted.predict(x[None]), atol=1e-12)


def test_missing_values_are_refused_where_the_tree_does_not_know_them(tree):
    with pytest.raises(ValueError, match=r"x must have no missing .* missing_go_to_left, .* \[1\]"):
        tree_game(tree, np.array([1.0, np.nan]))
    with pytest.raises(TypeError, match="x must be an array of numbers, got dtype <U1"):
        tree_game(tree, np.array(["a", "b"]))
