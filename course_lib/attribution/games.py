"""Cooperative games: the features of an input are the players, the model's output is the reward.

A game is a function `value(masks)`: masks (M, d) bool, True where a player takes part, to the
rewards (M,). Everything here is NumPy in float64 and sees the model only through its values.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib import validate
from course_lib.attribution.kinds import Floats, Random
from course_lib.validate import random_generator

_COALITIONS_PER_CALL = 4096
_ROWS_PER_CALL = 4096  # few enough to stay in the processor's cache


@dataclass(frozen=True)
class SampledValues:
    """Shapley values estimated from part of the coalitions.

    Attributes:
        values: (d,) estimates; their sum is value(all) - value(none) exactly.
        std_error: (d,) standard errors. values ± 1.96 std_error covers the Shapley value in about
            95 of 100 runs: where few draws stand behind an error it is widened by Student's t.
            Infinite where the draws are too few to tell, 0 where nothing was left to chance. What
            no sample can know is what it did not meet: if few coalitions have a reward far from
            the others', most samples miss them, and the error looks far smaller than it is.
        n_evals: coalitions that `value` was asked for; never more than allowed.
    """

    values: Floats
    std_error: Floats
    n_evals: int


def masked_game(
    f: Callable[[Floats], ArrayLike], x: ArrayLike, background: ArrayLike
) -> Callable[[ArrayLike], Floats]:
    r"""Turn a model and one input into a game: a feature outside the coalition is drawn from data.

    .. math::

        v(S) = \frac{1}{B} \sum_b f(x \text{ on } S, \; \mathrm{background}_b \text{ elsewhere})

    This is the marginal (interventional) expectation of f with the features of S fixed. It equals
    the conditional expectation :math:`E[f(X) \mid X_S = x_S]` only where the features are
    independent: a feature that f does not use is a null player here, however correlated it is.

    Args:
        f: function of rows (n, d) to outputs (n,).
        x: (d,) the input to explain.
        background: (B, d) rows that stand for absence, for example training rows.

    Returns:
        value(masks): masks (M, d) bool to (M,) float64; each coalition costs B rows of f.

    Raises:
        TypeError: f is not callable, or an array is not numeric.
        ValueError: x is not one row, background has no rows or another width, NaN or infinity, or
            (on calling) f returns another shape than (n,) or something that is not finite.

    Source:
        Lundberg and Lee, A unified approach to interpreting model predictions (2017), section 4;
        Strumbelj and Kononenko, Explaining prediction models and individual predictions with
        feature contributions (2014), section 3.1.

    >>> import numpy as np
    >>> v = masked_game(lambda rows: rows.sum(1), np.array([1.0, 2.0]), np.zeros((1, 2)))
    >>> v(np.array([[False, False], [True, False], [True, True]]))
    array([0., 1., 3.])
    """
    _callable("f", f)
    x = numbers("x", x)
    validate.shape("x", x, ["d"])
    background = numbers("background", background)
    d = len(x)
    validate.shape("background", background, ["B", d])
    B = len(background)
    if B == 0:
        raise ValueError(f"background must have at least one row, got shape {background.shape}")
    step = max(1, _ROWS_PER_CALL // B)
    either = np.stack([np.broadcast_to(x, background.shape), background], axis=2).swapaxes(0, 1)

    def value(masks):
        masks = _checked_masks(masks, d)
        results = np.empty(len(masks))
        for first in range(0, len(masks), step):
            inside = np.ascontiguousarray(masks[first : first + step].T)
            which = np.stack([inside, ~inside], axis=1).astype(np.float64)
            # (d, B, 2) @ (d, 2, M): exact, as one of the two terms is 0, and quicker than np.where.
            rows = (either @ which).reshape(d, -1).T
            outputs = _finite_vector("f", f(rows), len(rows))
            results[first : first + step] = outputs.reshape(B, -1).sum(axis=0) / B
        return results

    return value


def mask_to_input(masks: ArrayLike, x: ArrayLike, absent: ArrayLike) -> Floats:
    r"""Write coalitions as inputs: the features of x that take part, and stand-ins for the others.

    .. math::

        h(z)_j = x_j \text{ if } z_j = 1, \text{ else } \mathrm{absent}_j

    Args:
        masks: (M, d) bool.
        x: (d,) the input to explain.
        absent: (d,) what stands for a missing feature.

    Returns:
        (M, d) float64 inputs; the all-ones mask gives x.

    Raises:
        TypeError, ValueError: masks is not (M, d) bool, or an array is not numeric and finite.

    Source:
        Lundberg and Lee, A unified approach to interpreting model predictions (2017), section 2.

    >>> import numpy as np
    >>> mask_to_input(np.array([[True, False]]), np.array([3.0, 4.0]), np.zeros(2))
    array([[3., 0.]])
    """
    x, absent = numbers("x", x), numbers("absent", absent)
    validate.shape("x", x, ["d"])
    validate.shape("absent", absent, [len(x)])
    return np.where(_checked_masks(masks, len(x)), x, absent)


def coalition_values(value, masks, advance=None):
    """Ask a game for the rewards of coalitions, in bounded calls, and check what it says.

    Args:
        value: the game.
        masks: (M, d) bool.
        advance: called with the number of coalitions done after each call.

    Returns:
        (M,) float64.

    Raises:
        TypeError: value is not callable, or returns something that is not numeric.
        ValueError: value returns another shape than one reward per row, NaN or infinity.
    """
    _callable("value", value)
    results = np.empty(len(masks))
    for first in range(0, len(masks), _COALITIONS_PER_CALL):
        part = masks[first : first + _COALITIONS_PER_CALL]
        results[first : first + len(part)] = _finite_vector("value", value(part), len(part))
        if advance is not None:
            advance(len(part))
    return results


def numbers(name: str, array: ArrayLike) -> Floats:
    """Return `array` as float64; refuse what is not numeric and finite."""
    array = np.asarray(array)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be an array of numbers, got dtype {array.dtype}")
    array = array.astype(np.float64)
    bad = int(array.size - np.isfinite(array).sum())
    if bad:
        raise ValueError(f"{name} must be finite, got NaN or infinity in {bad} of its entries")
    return array


def sampling_options(d: int, n_evals: int, rng: Random) -> tuple[int, int, np.random.Generator]:
    """Check the options that the sampling methods share; return d, n_evals and the Generator."""
    d = validate.integer("d", d, minimum=1)
    n_evals = validate.integer("n_evals", n_evals)
    if n_evals < d + 2:
        raise ValueError(
            f"n_evals must be at least d + 2 = {d + 2} (no player, all players, and one coalition "
            f"for each player), got {n_evals}"
        )
    return d, n_evals, random_generator(rng)


def _checked_masks(masks: ArrayLike, d: int) -> NDArray[np.bool_]:
    masks = np.asarray(masks)
    validate.shape("masks", masks, ["M", d])
    if masks.dtype != bool:
        raise TypeError(f"masks must be boolean, got {masks.dtype}")
    return masks


def _callable(name, function):
    if not callable(function):
        raise TypeError(f"{name} must be a function, got {type(function).__name__}")


def _finite_vector(name, result, length):
    result = np.asarray(result)
    if result.dtype.kind not in "fiub":
        raise TypeError(f"{name} must return numbers, got dtype {result.dtype}")
    if result.shape != (length,):
        raise ValueError(
            f"{name} must return one number for each of the {length} rows, shape ({length},), "
            f"got {result.shape}"
        )
    if not np.isfinite(result).all():
        raise ValueError(f"{name} must return finite numbers, got NaN or infinity")
    return result
