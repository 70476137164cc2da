"""The guess at a game behind Kernel SHAP: a kernel regression that knows its own Shapley values."""

import numpy as np
import pytest

from course_lib.attribution import shapley_exact
from course_lib.attribution.coalitions import draw_pairs
from course_lib.attribution.interactions import InteractionSurrogate


@pytest.mark.parametrize("d", [2, 3, 6, 9])
def test_the_guess_knows_its_own_shapley_values(d):
    rng = np.random.default_rng(d)
    pairs = draw_pairs(d, min(d + 4, 2 ** (d - 1) - 1), rng)
    guess = InteractionSurrogate(pairs.masks, rng.normal(size=len(pairs.masks)), 0.7)
    expected = shapley_exact(guess.predict, d)  # the guess is odd: half differences are its values
    np.testing.assert_allclose(guess.shapley_values(), expected, atol=1e-9)


def test_the_guess_is_kernel_regression():
    d, rng = 6, np.random.default_rng(3)
    masks = draw_pairs(d, 15, rng).masks
    differences = rng.normal(size=15)
    others = (np.arange(2**d)[:, None] >> np.arange(d)) % 2 == 1
    signs = np.concatenate([2.0 * masks - 1, np.ones((1, d))])

    def kernel(s):
        t = s @ signs.T / d
        return np.sinh(3 * t) / np.sinh(3) + 30 * t

    noise = np.diag([1e-3] * 15 + [1e-9])
    coefficients = np.linalg.solve(kernel(signs) + noise, np.append(differences, 0.4))
    guess = InteractionSurrogate(masks, differences, 0.4)
    np.testing.assert_allclose(
        guess.predict(others), kernel(2.0 * others - 1) @ coefficients, atol=1e-8
    )
    # What the guess misses is the noise times the coefficient: next to nothing at the end.
    missed = np.append(differences, 0.4) - guess.predict(signs > 0)
    np.testing.assert_allclose(missed, np.diag(noise) * coefficients, rtol=1e-3)
    assert abs(missed[-1]) < 1e-7
    np.testing.assert_allclose(guess.seen_errors(), missed[:-1], rtol=1e-6)


def test_left_out_errors_are_those_of_a_guess_made_without():
    d, rng = 7, np.random.default_rng(1)
    masks = draw_pairs(d, 12, rng).masks
    differences = rng.normal(size=12)
    errors = InteractionSurrogate(masks, differences, 0.3).left_out_errors()
    for i in (0, 5, 11):
        rest = np.arange(12) != i
        guess = InteractionSurrogate(masks[rest], differences[rest], 0.3)
        np.testing.assert_allclose(
            errors[i], differences[i] - guess.predict(masks[i : i + 1])[0], atol=1e-8
        )


def test_a_kernel_that_is_not_positive_definite_is_not_passed_over(monkeypatch):
    monkeypatch.setattr("course_lib.attribution.interactions._NOISE", -40.0)
    masks = draw_pairs(4, 6, np.random.default_rng(0)).masks
    with pytest.raises(np.linalg.LinAlgError):
        InteractionSurrogate(masks, np.ones(6), 0.0)
