"""KL bounds hold as often as they promise, and KL-LUCB finds the best arms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import rel_entr

from course_lib.attribution import (
    anytime_threshold,
    bernoulli_kl,
    kl_lower,
    kl_lucb,
    kl_upper,
)

SHARES = st.floats(0, 1)


def test_worked_bounds(oracles):
    expected = oracles["kl_bounds"]["expected"]
    beta = math.log(1 / 0.05)
    np.testing.assert_allclose(kl_lower(0.9, 10, beta), expected["lower"], atol=1e-12)
    np.testing.assert_allclose(kl_upper(0.9, 10, beta), expected["upper"], atol=1e-12)
    np.testing.assert_allclose(kl_lower(1.0, 10, beta), expected["p_hat_1_lower"], atol=1e-12)
    needed = next(n for n in range(1, 1000) if kl_lower(1.0, n, beta) >= 0.95)
    assert needed == expected["n_needed_all_success_lb_ge_095"]


@given(SHARES, SHARES)
def test_divergence_is_that_of_scipy(p, q):
    expected = rel_entr(p, q) + rel_entr(1 - p, 1 - q)
    np.testing.assert_allclose(bernoulli_kl(p, q), expected, rtol=1e-9, atol=1e-12)


@settings(deadline=None)
@given(SHARES, st.integers(1, 10_000), st.floats(1e-3, 20))
def test_bounds_solve_their_equation_and_mirror_each_other(p, n, beta):
    upper, lower = kl_upper(p, n, beta), kl_lower(p, n, beta)
    assert 0 <= lower <= p + 1e-12 and p - 1e-12 <= upper <= 1
    np.testing.assert_allclose(lower, 1 - kl_upper(1 - p, n, beta), atol=1e-12)
    for bound in (lower, upper):
        if 1e-6 < bound < 1 - 1e-6:
            np.testing.assert_allclose(n * bernoulli_kl(p, bound), beta, rtol=1e-5, atol=1e-9)
    assert kl_upper(p, n, 2 * beta) >= upper and kl_lower(p, 2 * n, beta) >= lower - 1e-12


def test_bounds_broadcast_and_know_nothing_without_draws():
    p = np.array([[0.0], [0.5], [1.0]])
    n = np.array([0, 10])
    upper, lower = kl_upper(p, n, 2.0), kl_lower(p, n, 2.0)
    assert upper.shape == lower.shape == (3, 2)
    np.testing.assert_array_equal(upper[:, 0], 1)
    np.testing.assert_array_equal(lower[:, 0], 0)
    np.testing.assert_allclose(upper[0, 1], 1 - math.exp(-0.2), atol=1e-12)
    np.testing.assert_allclose(lower[2, 1], math.exp(-0.2), atol=1e-12)
    assert upper[2, 1] == 1 and lower[0, 1] == 0
    np.testing.assert_allclose(kl_upper(0.3, 10, 0.0), 0.3, atol=1e-12)
    np.testing.assert_array_equal(kl_upper([0.0, 0.5, 1.0], 0, 0.0), 1)
    np.testing.assert_array_equal(kl_lower([0.0, 0.5, 1.0], 0, 0.0), 0)


def test_arrays_give_what_each_entry_gives_alone():
    p = np.linspace(0, 1, 11)[:, None]
    n, beta = 10.0 ** np.arange(6), 3.0
    for bound in (kl_upper, kl_lower):
        alone = [[bound(one, count, beta) for count in n] for one in p[:, 0]]
        np.testing.assert_array_equal(bound(p, n, beta), alone)


@pytest.mark.parametrize("p", [0.5, 0.9, 0.97])
def test_bounds_for_a_fixed_number_of_draws_miss_as_seldom_as_promised(p):
    n, delta, runs = 60, 0.1, 4000
    p_hat = np.random.default_rng(0).binomial(n, p, size=runs) / n
    beta = math.log(1 / delta)
    assert (kl_upper(p_hat, n, beta) < p).mean() <= delta
    assert (kl_lower(p_hat, n, beta) > p).mean() <= delta
    narrow = (kl_lower(p_hat, n, beta / 4) > p) | (kl_upper(p_hat, n, beta / 4) < p)
    assert narrow.mean() > delta  # the test can fail


@pytest.mark.parametrize("p", [0.5, 0.8, 0.95])
def test_anytime_bounds_hold_at_every_draw_at_once(p):
    n, delta, runs = np.arange(1, 601), 0.1, 1000
    draws = np.random.default_rng(1).random((runs, len(n))) < p
    p_hat = draws.cumsum(axis=1) / n
    divergence = n * bernoulli_kl(p_hat, p)
    assert (divergence > anytime_threshold(n, delta)).any(axis=1).mean() <= delta
    # The bound for a fixed number of draws does not survive looking after each of them.
    assert (divergence > math.log(2 / delta)).any(axis=1).mean() > delta


def test_anytime_threshold_formula():
    np.testing.assert_allclose(anytime_threshold([0, 1, 4], 0.5), np.log([4, 4, 8]), atol=1e-15)


def coins(shares, seed, batch=50):
    """Return a `draw` for kl_lucb that tosses coins of the given shares, and its log."""
    rng = np.random.default_rng(seed)
    counts, successes, log = np.zeros(len(shares)), np.zeros(len(shares)), []

    def draw(arms):
        log.append(arms)
        for arm in arms or range(len(shares)):
            counts[arm] += batch
            successes[arm] += rng.binomial(batch, shares[arm])
        return counts.copy(), successes.copy()

    return draw, log


def test_lucb_fails_no_more_often_than_promised():
    shares = np.array([0.5, 0.9, 0.55, 0.85, 0.6, 0.3])
    failures = 0
    for seed in range(50):
        draw, _ = coins(shares, seed)
        arms = kl_lucb(draw, 2, tolerance=0.1, delta=0.1)
        assert len(set(arms)) == 2
        failures += (shares[arms] < 0.85 - 0.1).any()
    assert failures <= 5


def test_lucb_tosses_the_two_arms_in_question():
    draw, log = coins([0.9, 0.1, 0.6, 0.5], 0)
    arms = kl_lucb(draw, 2, tolerance=0.1, delta=0.1)
    assert set(arms) == {0, 2} and log[0] == ()
    assert all(len(set(pair)) == 2 for pair in log[1:])
    tossed = np.bincount(np.ravel(log[1:]), minlength=4)
    assert tossed[2] + tossed[3] > 5 * (tossed[0] + tossed[1])


def test_lucb_stops_when_the_bounds_are_within_the_tolerance():
    counts, successes = np.array([400.0, 400.0, 400.0]), np.array([380.0, 200.0, 210.0])
    beta = anytime_threshold(400, 0.1 / 3)
    gap = kl_upper(210 / 400, 400, beta) - kl_lower(380 / 400, 400, beta)
    asked = []

    def draw(arms):
        asked.append(arms)
        return (counts, successes) if len(asked) < 5 else None

    assert kl_lucb(draw, 1, tolerance=0.05, delta=0.1).tolist() == [0]
    assert gap < 0 and asked == [()]
    asked.clear()
    # Arms 1 and 2 cannot be told apart: asked for until there is no more.
    assert kl_lucb(draw, 2, tolerance=0.05, delta=0.1).tolist() == [0, 2]
    assert asked == [()] + [(2, 1)] * 4
    asked.clear()
    two = kl_upper(0.5, 400, beta) - kl_lower(210 / 400, 400, beta)
    assert kl_lucb(draw, 2, tolerance=float(two), delta=0.1).tolist() == [0, 2]
    assert asked == [()]
    asked.clear()
    assert kl_lucb(draw, 3, tolerance=0.05, delta=0.1).tolist() == [0, 2, 1] and asked == [()]


def test_an_arm_never_tossed_counts_as_even_and_open():
    asked = []

    def draw(arms):
        asked.append(arms)
        tossed = 1000.0 if len(asked) > 1 else 0.0
        return np.array([50.0, tossed]), np.array([40.0, tossed])

    assert kl_lucb(draw, 1, tolerance=0.2, delta=0.1).tolist() == [1]
    assert asked[:2] == [(), (0, 1)]


@pytest.mark.parametrize("m", [1, 2, 3])
def test_arms_are_ranked_by_what_little_is_known(m):
    known = iter([(np.array([10.0, 0.0, 10.0, 1.0]), np.array([6.0, 0.0, 4.0, 1.0]))])
    arms = kl_lucb(lambda arms: next(known, None), m, tolerance=0.1, delta=0.1)
    assert arms.tolist() == [3, 0, 1][:m]


def test_refusals():
    with pytest.raises(ValueError, match=r"p_hat must be in \[0, 1\], got 1.1"):
        kl_upper(1.1, 10, 1.0)
    with pytest.raises(ValueError, match=r"p_hat must be in \[0, 1\], got nan"):
        kl_lower(np.nan, 10, 1.0)
    with pytest.raises(ValueError, match="n must be finite and at least 0, got -1"):
        kl_lower(0.5, -1, 1.0)
    with pytest.raises(ValueError, match="beta must be finite and at least 0, got inf"):
        kl_upper(0.5, 1, np.inf)
    with pytest.raises(TypeError, match="p_hat must be a number or an array of numbers, got 'a'"):
        kl_upper("a", 1, 1.0)
    with pytest.raises(ValueError, match=r"q must be in \[0, 1\], got -0.1"):
        bernoulli_kl(0.5, -0.1)
    with pytest.raises(ValueError, match="n must be at least 0, got -2"):
        anytime_threshold([3, -1, -2], 0.1)
    with pytest.raises(ValueError, match=r"p_hat must be in \[0, 1\], got \[0.5, 1.5\]"):
        kl_upper([0.5, 1.5], 10, 1.0)
    for n in ([5.0, -1.0], [5.0, np.inf], [np.nan, 5.0]):
        with pytest.raises(ValueError, match="n must be finite and at least 0, got"):
            kl_lower(0.5, n, 1.0)
    for delta in (0, 1, np.nan, [0.1]):
        error = TypeError if isinstance(delta, list) else ValueError
        with pytest.raises(error, match="delta must be a number above 0 and below 1"):
            anytime_threshold(5, delta)
    draw, _ = coins([0.5, 0.6], 0)
    with pytest.raises(ValueError, match="m must be an integer of at least 1, got 0"):
        kl_lucb(draw, 0, tolerance=0.1, delta=0.1)
    with pytest.raises(ValueError, match="tolerance must be a number above 0 and below 1"):
        kl_lucb(draw, 1, tolerance=0.0, delta=0.1)
    with pytest.raises(ValueError, match="draw must return counts and successes .* got None"):
        kl_lucb(lambda arms: None, 1, tolerance=0.1, delta=0.1)
