"""Shapley values: the axioms, the worked games, models as games, and refused input."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.attribution import (
    mask_to_input,
    masked_game,
    shapley_exact,
    shapley_regression,
    shapley_sampling,
)

GLOVE = {"": 0, "1": 0, "2": 0, "3": 0, "12": 1, "13": 1, "23": 0, "123": 1}


def table_game(table):
    """Return the game whose reward for coalition number n (bit j is player j) is table[n]."""
    table = np.asarray(table, dtype=float)
    powers = 1 << np.arange(len(table).bit_length() - 1)
    return lambda masks: table[masks @ powers]


def named_game(rewards):
    """Return the game of a dict such as {"": 0, "1": 1, "2": 2, "12": 4}."""
    names = [str(player + 1) for player in range(len(max(rewards, key=len)))]
    return lambda masks: np.array(
        [rewards["".join(n for n, here in zip(names, m, strict=True) if here)] for m in masks],
        dtype=float,
    )


def by_permutations(value, d):
    """Return the average marginal contribution over all orders, one order at a time."""
    total = np.zeros(d)
    orders = list(permutations(range(d)))
    for order in orders:
        mask = np.zeros((1, d), dtype=bool)
        before = value(mask)[0]
        for player in order:
            mask[0, player] = True
            after = value(mask)[0]
            total[player] += after - before
            before = after
    return total / len(orders)


UP_TO_SIX = st.integers(1, 6)


@st.composite
def tables(draw, players=UP_TO_SIX):
    d = draw(players)
    rewards = st.floats(-100, 100, allow_nan=False, width=32)
    return np.array(draw(st.lists(rewards, min_size=2**d, max_size=2**d)))


def players_of(table):
    return len(table).bit_length() - 1


@settings(max_examples=30, deadline=None)
@given(tables(st.integers(1, 5)))
def test_exact_equals_the_average_over_all_orders(table):
    d = players_of(table)
    expected = by_permutations(table_game(table), d)
    np.testing.assert_allclose(shapley_exact(table_game(table), d), expected, atol=1e-10)


@settings(deadline=None)
@given(tables())
def test_efficiency_holds_also_when_nobody_earns_something(table):
    phi = shapley_exact(table_game(table), players_of(table))
    np.testing.assert_allclose(phi.sum(), table[-1] - table[0], atol=1e-10)
    shifted = shapley_exact(table_game(table + 10), players_of(table))
    np.testing.assert_allclose(shifted, phi, atol=1e-10)


@settings(deadline=None)
@given(tables(st.integers(2, 6)), st.data())
def test_symmetric_players_share_alike(table, data):
    d = players_of(table)
    j, k = data.draw(st.lists(st.integers(0, d - 1), min_size=2, max_size=2, unique=True))
    numbers = np.arange(2**d)
    swapped = numbers & ~(1 << j) & ~(1 << k) | (numbers >> j & 1) << k | (numbers >> k & 1) << j
    phi = shapley_exact(table_game(table + table[swapped]), d)
    np.testing.assert_allclose(phi[j], phi[k], atol=1e-10)


@settings(deadline=None)
@given(tables(), st.data())
def test_linearity(table, data):
    d = players_of(table)
    other = data.draw(tables(st.just(d)))
    c = data.draw(st.floats(-3, 3))
    expected = shapley_exact(table_game(table), d) + c * shapley_exact(table_game(other), d)
    np.testing.assert_allclose(shapley_exact(table_game(table + c * other), d), expected, atol=1e-9)


@settings(deadline=None)
@given(tables(st.integers(1, 5)), st.data())
def test_a_null_player_gets_nothing(table, data):
    d = players_of(table) + 1
    j = data.draw(st.integers(0, d - 1))
    others = np.delete(np.arange(d), j)
    phi = shapley_exact(lambda masks: table_game(table)(masks[:, others]), d)
    assert abs(phi[j]) < 1e-11 * max(1, abs(table).max())
    np.testing.assert_allclose(phi[others], shapley_exact(table_game(table), d - 1), atol=1e-10)


@settings(deadline=None)
@given(tables(), st.randoms(use_true_random=False))
def test_anonymity(table, random):
    d = players_of(table)
    order = list(range(d))
    random.shuffle(order)
    phi = shapley_exact(table_game(table), d)
    renamed = shapley_exact(lambda masks: table_game(table)(masks[:, order]), d)
    np.testing.assert_allclose(renamed[order], phi, atol=1e-10)


@settings(deadline=None)
@given(st.lists(st.floats(0, 5), min_size=1, max_size=5), st.floats(1, 3))
def test_superadditive_games_give_each_at_least_what_it_makes_alone(alone, power):
    alone = np.array(alone)  # a convex function of a sum is superadditive
    phi = shapley_exact(lambda masks: (masks @ alone) ** power, len(alone))
    assert (phi >= alone**power - 1e-9).all()


@settings(deadline=None)
@given(st.integers(1, 6), st.data())
def test_a_unanimity_game_is_shared_by_those_it_needs(d, data):
    needed = np.array(data.draw(st.lists(st.booleans(), min_size=d, max_size=d)))
    needed[data.draw(st.integers(0, d - 1))] = True
    phi = shapley_exact(lambda masks: (masks | ~needed).all(axis=1).astype(float), d)
    np.testing.assert_allclose(phi, needed / needed.sum(), atol=1e-12)


@pytest.mark.parametrize("oracle", ["shapley_2p", "shapley_3p"])
def test_worked_games(oracles, oracle):
    rewards = oracles[oracle]["inputs"]["v"]
    d = len(max(rewards, key=len))
    phi = shapley_exact(named_game(rewards), d)
    np.testing.assert_allclose(phi, oracles[oracle]["expected"]["phi"], atol=1e-12)


def test_glove_and_airport(oracles):
    expected = oracles["shapley_games"]["expected"]
    np.testing.assert_allclose(shapley_exact(named_game(GLOVE), 3), expected["glove"], atol=1e-15)
    costs = np.array([1.0, 2.0, 3.0])
    airport = shapley_exact(lambda masks: (masks * costs).max(axis=1), 3)
    np.testing.assert_allclose(airport, expected["airport"], atol=1e-15)


def test_a_large_reward_without_players_costs_no_digits():
    value = lambda masks: 1e9 + masks @ np.array([1.0, 2.0, 4.0])  # noqa: E731
    np.testing.assert_allclose(shapley_exact(value, 3), [1, 2, 4], atol=1e-12)
    rewards = np.random.default_rng(0).integers(0, 100, 2**6)
    expected = shapley_exact(table_game(rewards), 6)
    np.testing.assert_allclose(shapley_exact(table_game(rewards + 2**50), 6), expected, atol=1e-12)


def test_a_large_mean_of_the_targets_costs_the_regression_no_digits():
    rng = np.random.default_rng(0)
    X, x, y = rng.normal(size=(30, 3)), np.ones(3), rng.integers(0, 100, 30)
    expected = shapley_regression(X, y, x)
    np.testing.assert_allclose(shapley_regression(X, y + 2**50, x), expected, atol=1e-9)


def test_many_players_are_asked_in_bounded_calls_and_once_each():
    seen = []

    def value(masks):
        seen.append(masks.copy())
        return masks.sum(axis=1)

    steps = []
    phi = shapley_exact(value, 14, progress=lambda done, total: steps.append((done, total)))
    np.testing.assert_allclose(phi, 1, atol=1e-12)
    assert max(map(len, seen)) <= 4096
    assert len(np.unique(np.concatenate(seen), axis=0)) == 2**14 == sum(map(len, seen))
    assert steps[-1] == (2**14, 2**14) and len(steps) == 4


def test_progress_bar_and_silence(capsys):
    shapley_exact(table_game([0, 1]), 1, progress=True)
    assert "shapley_exact" in capsys.readouterr().err
    shapley_exact(table_game([0, 1]), 1)
    shapley_sampling(table_game([0, 1]), 1, n_evals=3, rng=np.random.default_rng(0))
    shapley_regression(np.array([[0.0], [1.0]]), np.ones(2), np.ones(1))
    assert capsys.readouterr().err == ""
    with pytest.raises(TypeError, match="progress must be False, True or a function"):
        shapley_exact(table_game([0, 1]), 1, progress="yes")


# Models as games


def test_linear_model_in_closed_form(oracles):
    case = oracles["shap_linear"]["inputs"]
    coefficients, x = np.array(case["lam"]), np.array(case["x"])
    noise = np.random.default_rng(0).normal(size=(50, 3))
    background = case["mean"] + noise - noise.mean(axis=0)
    value = masked_game(lambda rows: rows @ coefficients + 3, x, background)
    expected = oracles["shap_linear"]["expected"]["phi"]
    np.testing.assert_allclose(shapley_exact(value, 3), expected, atol=1e-12)
    sampled = shapley_sampling(value, 3, n_evals=40, rng=np.random.default_rng(0))
    np.testing.assert_allclose(sampled.values, expected, atol=1e-12)


def test_replacing_by_rows_gives_the_marginal_expectation(oracles):
    case = oracles["shap_conditional_vs_marginal"]
    rng = np.random.default_rng(0)
    X = rng.multivariate_normal([0, 0], [[1, 0.8], [0.8, 1]], size=4000)
    X -= X.mean(axis=0)
    x = np.array(case["inputs"]["xi"], dtype=float)
    marginal = shapley_exact(masked_game(lambda rows: rows[:, 0], x, X), 2)
    np.testing.assert_allclose(marginal, case["expected"]["marginal"], atol=1e-12)
    # The conditional game of this model, in closed form: E[x1 | x2] = 0.8 x2.
    conditional = named_game({"": 0, "1": x[0], "2": 0.8 * x[1], "12": x[0]})
    np.testing.assert_allclose(
        shapley_exact(conditional, 2), case["expected"]["conditional"], atol=1e-12
    )


def test_masked_game_averages_over_every_row_of_the_background():
    rng = np.random.default_rng(1)
    x, background = rng.normal(size=3), rng.normal(size=(5, 3))
    model = lambda rows: np.sin(rows).prod(axis=1)  # noqa: E731
    value = masked_game(model, x, background)
    mask = np.array([True, False, True])
    expected = np.mean([model(np.where(mask, x, row)[None])[0] for row in background])
    np.testing.assert_allclose(value(mask[None]), [expected], atol=1e-15)
    np.testing.assert_allclose(value(np.ones((1, 3), bool)), model(x[None]), atol=1e-15)


def test_masked_game_shows_the_model_the_very_numbers_of_both():
    x = np.array([0.1, 1e300, -7e-300, 3.0])
    background = np.array([[1e300, -1e-300, 5.0, 0.3], [0.0, 2.0, -1e300, 1 / 3]])
    masks = np.array([[True, False, True, False], [False, True, False, True], [True] * 4])
    seen = []
    masked_game(lambda rows: seen.append(rows.copy()) or np.zeros(len(rows)), x, background)(masks)
    expected = np.where(masks, x, background[:, None]).reshape(-1, 4)  # all masks, row by row
    np.testing.assert_array_equal(np.concatenate(seen), expected)


def test_interpretable_features_as_inputs():
    x, absent = np.array([1.0, 2.0, 3.0]), np.array([-1.0, 0.0, 9.0])
    masks = np.array([[True, True, True], [False, False, False], [True, False, True]])
    inputs = mask_to_input(masks, x, absent)
    np.testing.assert_array_equal(inputs, [x, absent, [1, 0, 3]])
    model = lambda rows: rows.prod(axis=1)  # noqa: E731
    np.testing.assert_allclose(model(inputs), masked_game(model, x, absent[None])(masks))
    with pytest.raises(ValueError, match=r"absent must have shape \(3,\), got \(2,\)"):
        mask_to_input(masks, x, absent[:2])
    with pytest.raises(TypeError, match="masks must be boolean, got int64"):
        mask_to_input(masks.astype(np.int64), x, absent)


def test_masked_game_asks_for_bounded_batches_in_order():
    sizes = []

    def model(rows):
        sizes.append(len(rows))
        return rows.sum(axis=1)

    background = np.zeros((1_500, 2))
    value = masked_game(model, np.array([1.0, 2.0]), background)
    masks = np.array([[False, False], [True, False], [False, True], [True, True], [True, False]])
    np.testing.assert_allclose(value(masks), [0, 1, 2, 3, 1])
    assert sizes == [3_000, 3_000, 1_500]
    sizes.clear()
    assert (masked_game(model, np.zeros(2), np.zeros((5_000, 2)))(masks[:2]) == 0).all()
    assert sizes == [5_000, 5_000]
    sizes.clear()
    masked_game(model, np.zeros(2), np.zeros((1, 2)))(np.zeros((5_000, 2), dtype=bool))
    assert sizes == [4_096, 904]


def test_orthogonal_design_gives_coefficient_times_input():
    rng = np.random.default_rng(0)
    X, _ = np.linalg.qr(np.column_stack([np.ones(20), rng.normal(size=(20, 4))]))
    X = X[:, 1:]  # orthogonal to the constant too: centred
    beta, x = np.array([1.0, -2.0, 3.0, 0.5]), np.array([0.3, 0.1, -0.2, 2.0])
    y = X @ beta + 7
    np.testing.assert_allclose(shapley_regression(X, y, x), beta * x, atol=1e-12)


def test_regression_values_refit_without_the_missing_features():
    rng = np.random.default_rng(2)
    X = rng.normal(size=(30, 3)) @ rng.normal(size=(3, 3)) + 5
    y, x = rng.normal(size=30), rng.normal(size=3)

    def value(masks):
        rewards = []
        for mask in masks:
            design = np.column_stack([np.ones(30), X[:, mask]])
            rewards.append(np.r_[1, x[mask]] @ np.linalg.pinv(design) @ y)
        return np.array(rewards)

    np.testing.assert_allclose(shapley_regression(X, y, x), by_permutations(value, 3), atol=1e-10)
    assert value(np.zeros((1, 3), bool))[0] == pytest.approx(y.mean())


# Refused input


@pytest.mark.parametrize("d", [0, -1, 25])
def test_exact_refuses_a_number_of_players_out_of_range(d):
    with pytest.raises(ValueError, match=f"d must be .* at least 1 and at most 24, got {d}"):
        shapley_exact(lambda masks: masks.sum(1), d)


def test_games_that_answer_wrongly_are_refused():
    with pytest.raises(TypeError, match="value must be a function, got dict"):
        shapley_exact({}, 2)
    with pytest.raises(ValueError, match=r"value must return one number .* \(4,\), got \(4, 1\)"):
        shapley_exact(lambda masks: np.zeros((len(masks), 1)), 2)
    with pytest.raises(ValueError, match=r"shape \(4,\), got \(\)"):
        shapley_exact(lambda masks: 0.0, 2)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match="value must return finite numbers, got NaN or inf"):
            shapley_exact(lambda masks, bad=bad: np.full(len(masks), bad), 2)
        with pytest.raises(ValueError, match="value must return finite numbers, got NaN or inf"):
            shapley_exact(lambda masks, bad=bad: np.where(masks.all(axis=1), bad, 1.0), 2)
    with pytest.raises(TypeError, match="value must return numbers, got dtype <U1"):
        shapley_exact(lambda masks: np.array(["a"] * len(masks)), 2)


def test_masked_game_refusals():
    total, x = (lambda rows: rows.sum(axis=1)), np.ones(2)
    with pytest.raises(TypeError, match="f must be a function, got float"):
        masked_game(1.0, x, np.zeros((1, 2)))
    with pytest.raises(ValueError, match=r"background must have at least one row, got .*\(0, 2\)"):
        masked_game(total, x, np.zeros((0, 2)))
    with pytest.raises(ValueError, match=r"background must have shape \(B, 2\), got \(1, 3\)"):
        masked_game(total, x, np.zeros((1, 3)))
    with pytest.raises(ValueError, match=r"x must have 1 axes \(d,\), got shape \(1, 2\)"):
        masked_game(total, x[None], np.zeros((1, 2)))
    with pytest.raises(ValueError, match="x must be finite, got NaN or infinity in 1 of"):
        masked_game(total, np.array([1.0, np.nan]), np.zeros((1, 2)))
    with pytest.raises(ValueError, match="background must be finite, got .* in 2 of"):
        masked_game(total, x, np.full((1, 2), np.inf))
    with pytest.raises(TypeError, match="x must be an array of numbers, got dtype <U1"):
        masked_game(total, np.array(["a"]), np.zeros((1, 1)))
    value = masked_game(total, x, np.zeros((1, 2)))
    with pytest.raises(TypeError, match="masks must be boolean, got int64"):
        value(np.zeros((1, 2), dtype=np.int64))
    with pytest.raises(ValueError, match=r"masks must have shape \(M, 2\), got \(1, 3\)"):
        value(np.zeros((1, 3), dtype=bool))
    with pytest.raises(ValueError, match=r"f must return one number .* shape \(1,\), got \(1, 2\)"):
        masked_game(lambda rows: rows, x, np.zeros((1, 2)))(np.zeros((1, 2), dtype=bool))


def test_regression_refusals():
    X, y, x = np.eye(4)[:, :3], np.zeros(4), np.zeros(3)
    with pytest.raises(ValueError, match=r"y must have shape \(4,\), got \(3,\)"):
        shapley_regression(X, y[:3], x)
    with pytest.raises(ValueError, match=r"x must have shape \(3,\), got \(2,\)"):
        shapley_regression(X, y, x[:2])
    with pytest.raises(ValueError, match=r"X must have 2 axes \(N, d\), got shape \(4,\)"):
        shapley_regression(X[:, 0], y, x)
    with pytest.raises(ValueError, match="X must have linearly independent columns.*rank 2 .* 3"):
        shapley_regression(X @ np.diag([1, 1, 0]), y, x)
    with pytest.raises(ValueError, match="linearly independent columns, none of them constant"):
        shapley_regression(np.ones((4, 1)), y, x[:1])
    with pytest.raises(ValueError, match="X must have at least one row"):
        shapley_regression(X[:0], y[:0], x)
    with pytest.raises(ValueError, match="number of columns of X must be .* at most 24, got 25"):
        shapley_regression(np.zeros((4, 25)), y, np.zeros(25))
    with pytest.raises(ValueError, match="y must be finite"):
        shapley_regression(X, np.full(4, np.nan), x)
