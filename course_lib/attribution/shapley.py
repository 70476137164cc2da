"""Shapley values: exactly, from random orders, and of refitted linear regressions."""

from math import comb

import numpy as np
from numpy.typing import ArrayLike

from course_lib import validate
from course_lib.attribution._progress import reporting
from course_lib.attribution.coalitions import all_coalitions
from course_lib.attribution.games import (
    SampledValues,
    coalition_values,
    numbers,
    sampling_options,
)
from course_lib.attribution.kinds import Floats, Game, Progress, Random

MOST_PLAYERS = 24


def shapley_exact(value: Game, d: int, *, progress: Progress = False) -> Floats:
    r"""Share a game's reward among its players by their average marginal contributions.

    .. math::

        \phi_j = \sum_{S \not\ni j} \frac{|S|! \, (d - |S| - 1)!}{d!} \,
        \bigl( v(S \cup \{j\}) - v(S) \bigr)

    The only rule that is efficient (the shares sum to v(all) - v(none)), symmetric, linear, and
    gives null players nothing.

    Args:
        value: game, masks (M, d) bool to (M,).
        d: number of players, at most 24; each of the 2^d coalitions is evaluated once.
        progress: False, True, or a function of (done, total) coalitions.

    Returns:
        (d,) float64 Shapley values.

    Raises:
        TypeError: value is not callable, d is not an integer.
        ValueError: d out of range, or value returns a wrong shape, NaN or infinity.

    Source:
        Shapley, A value for n-person games (1953), section 3.

    >>> import numpy as np
    >>> rewards = {(False, False): 0, (True, False): 1, (False, True): 2, (True, True): 4}
    >>> shapley_exact(lambda masks: np.array([rewards[tuple(m)] for m in masks.tolist()]), 2)
    array([1.5, 2.5])
    """
    d = validate.integer("d", d, minimum=1, maximum=MOST_PLAYERS)
    v = np.empty(2**d)
    with reporting(progress, 2**d, "shapley_exact") as advance:
        for first, masks in all_coalitions(d):
            v[first : first + len(masks)] = coalition_values(value, masks, advance)
    v -= v[0]  # a reward without players belongs to nobody, and would only cost digits
    sizes = np.bitwise_count(np.arange(2**d)).astype(np.intp)
    # v(S) enters phi_j with weight 1 / (d C(d-1, |S|-1)) where j is in S, and with
    # -1 / (d C(d-1, |S|)) where it is not.
    weights = [1 / (d * comb(d - 1, s)) for s in range(d)]
    inside, outside = np.array([0.0, *weights]), np.array([*weights, 0.0])
    without_anyone = outside[sizes] @ v
    share = (inside + outside)[sizes] * v
    # A coalition's number is a row, the players of its high bits, and a column, those of its low.
    grid = share.reshape(2 ** (d - d // 2), 2 ** (d // 2))
    (_, low), (_, high) = next(all_coalitions(d // 2)), next(all_coalitions(d - d // 2))
    with_player = np.concatenate([grid.sum(axis=0) @ low, grid.sum(axis=1) @ high])
    return with_player - without_anyone


def shapley_sampling(
    value: Game, d: int, *, n_evals: int, rng: Random = None, progress: Progress = False
) -> SampledValues:
    r"""Estimate Shapley values from marginal contributions along random orders of the players.

    .. math::

        \phi_j = \operatorname*{E}_{\text{orders}} \bigl[ v(\text{players up to and including } j)
        - v(\text{players before } j) \bigr]

    Each order is walked in both directions, so that the terms in which the game is not additive
    cancel in part. Replaces absent features by rows of data when `value` is a `masked_game`: the
    result then belongs to the marginal expectation, not to the conditional one.

    Args:
        value: game, masks (M, d) bool to (M,).
        d: number of players.
        n_evals: the most coalitions to evaluate, at least d + 2; an order in both directions takes
            2 (d - 1), and the coalitions of nobody and of everybody are evaluated once.
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.
        progress: False, True, or a function of (done, total) coalitions.

    Returns:
        SampledValues; std_error is infinite when there was only one order, and too small for
            games in which few coalitions have a reward far from the others'.

    Raises:
        TypeError: value is not callable, rng is none of these, d or n_evals is not an integer.
        ValueError: n_evals < d + 2, or value returns a wrong shape, NaN or infinity.

    Source:
        Strumbelj and Kononenko, An efficient explanation of individual classifications using game
        theory (2010), algorithm 1; both directions: Mitchell et al., Sampling permutations for
        Shapley value estimation (2022), section 4.

    >>> import numpy as np
    >>> additive = lambda masks: masks @ np.array([1.0, 2.0])
    >>> shapley_sampling(additive, 2, n_evals=4, rng=np.random.default_rng(0)).values
    array([1., 2.])
    """
    d, n_evals, rng = sampling_options(d, n_evals, rng)
    interior = n_evals - 2
    n_orders = interior // (2 * max(d - 1, 1))
    both_ways = n_orders > 0
    n_orders = max(n_orders, 1)
    ranks = rng.permuted(np.tile(np.arange(d), (n_orders, 1)), axis=1)
    walks = ranks[:, None, :] < np.arange(1, d)[:, None]  # (orders, d - 1, d): who has come
    masks = walks.reshape(n_orders * (d - 1), d)
    if both_ways:
        masks = np.concatenate([masks, ~masks])
    ends = np.array([[False] * d, [True] * d])
    masks = np.concatenate([ends, masks])
    with reporting(progress, len(masks), "shapley_sampling") as advance:
        v = coalition_values(value, masks, advance)
    nobody, everybody = v[:2]
    forward = v[2 : 2 + n_orders * (d - 1)].reshape(n_orders, d - 1)
    each = _contributions(forward, ranks, nobody, everybody)
    if both_ways:
        # The complement of the first k of an order are the first d - k of its reverse.
        backward = v[2 + n_orders * (d - 1) :].reshape(n_orders, d - 1)[:, ::-1]
        each = (each + _contributions(backward, d - 1 - ranks, nobody, everybody)) / 2
    if d == 1 or (d == 2 and both_ways):
        std_error = np.zeros(d)  # every order was walked
    elif n_orders == 1:
        std_error = np.full(d, np.inf)
    else:
        # A player whose rare large contributions were missed looks surer than it is: as much as
        # four orders of evidence comes from what the players vary by on average.
        variance = each.var(axis=0, ddof=1)
        variance = ((n_orders - 1) * variance + 4 * variance.mean()) / (n_orders + 3)
        std_error = np.sqrt(variance / n_orders) * student_factor(n_orders - 1)
    return SampledValues(each.mean(axis=0), std_error, len(masks))


def _contributions(walk, ranks, nobody, everybody):
    """Return what each player adds on arrival, (orders, d), from the rewards along each order."""
    steps = np.diff(walk, axis=1, prepend=nobody, append=everybody)
    return np.take_along_axis(steps, ranks, axis=1)


def student_factor(degrees_of_freedom):
    """Return how much wider than the normal's the 95% interval of Student's t is."""
    from scipy.special import stdtrit  # where it is used: SciPy takes long to import

    return stdtrit(degrees_of_freedom, 0.975) / stdtrit(np.inf, 0.975)


def shapley_regression(
    X: ArrayLike, y: ArrayLike, x: ArrayLike, *, progress: Progress = False
) -> Floats:
    r"""Share a linear regression's prediction among its features by refitting it without them.

    .. math::

        v(S) = \hat y_S(x), \qquad v(\emptyset) = \bar y

    with the least-squares fit (with intercept) on the features of S alone; the result are the
    Shapley values of v.

    Args:
        X: (N, d) training inputs, d at most 24.
        y: (N,) training targets.
        x: (d,) the input to explain.
        progress: False, True, or a function of (done, total) refits.

    Returns:
        (d,) float64; with centred, mutually orthogonal columns phi_j = beta_j x_j.

    Raises:
        TypeError: an array is not numeric.
        ValueError: shapes do not fit, NaN or infinity, or the columns of X are constant or linearly
            dependent, so that a refit is not unique.

    Source:
        Lundberg and Lee, A unified approach to interpreting model predictions (2017), equation 4,
        after Lipovetsky and Conklin, Analysis of regression in game theory approach (2001), who
        decompose R^2 rather than one prediction.

    >>> import numpy as np
    >>> X = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])
    >>> shapley_regression(X, X @ np.array([3.0, 5.0]), np.array([1.0, 2.0])).round(12)
    array([ 3., 10.])
    """
    X, y, x = numbers("X", X), numbers("y", y), numbers("x", x)
    validate.shape("X", X, ["N", "d"])
    validate.shape("y", y, [len(X)])
    d = validate.integer("the number of columns of X", X.shape[1], minimum=1, maximum=MOST_PLAYERS)
    validate.shape("x", x, [d])
    if len(X) == 0:
        raise ValueError(f"X must have at least one row, got shape {X.shape}")
    centre = X.mean(axis=0)
    X, x, y = X - centre, x - centre, y - y.mean()
    rank = np.linalg.matrix_rank(np.asarray(X))
    if rank < d:
        raise ValueError(
            f"X must have linearly independent columns, none of them constant, so that each refit "
            f"is unique: got rank {rank} after centring for {d} columns"
        )

    def value(masks):
        # Less the mean of y: it is in every prediction, and belongs to nobody.
        predictions = np.empty(len(masks))
        for row, mask in enumerate(masks):
            predictions[row] = x[mask] @ np.linalg.lstsq(X[:, mask], y)[0]
        return predictions

    return shapley_exact(value, d, progress=progress)
