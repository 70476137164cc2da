"""Kernel SHAP: Shapley values as the solution of one weighted least-squares problem."""

from math import comb

import numpy as np

from course_lib import validate
from course_lib.attribution._progress import reporting
from course_lib.attribution.coalitions import draw_pairs
from course_lib.attribution.games import SampledValues, coalition_values, sampling_options
from course_lib.attribution.interactions import InteractionSurrogate
from course_lib.attribution.kinds import Floats, Game, Progress, Random
from course_lib.attribution.shapley import student_factor

_MOST_TRAINING_PAIRS = 128  # the guess costs their number cubed
_FEWEST_CHANCE_PAIRS = 16  # measured, as their number for each player is: see the tests


def kernel_weights(d: int) -> Floats:
    r"""Return the Shapley kernel's weight of a coalition of each size.

    .. math::

        \pi(s) = \frac{d - 1}{\binom{d}{s} \, s \, (d - s)}, \qquad s = 1, \dots, d - 1

    The weights of the sizes 0 and d are infinite: Kernel SHAP leaves these two coalitions out of
    the sum and makes them constraints.

    Args:
        d: number of players, at least 2.

    Returns:
        (d - 1,) float64: entry s - 1 is the weight of size s.

    Raises:
        TypeError: d is not an integer.
        ValueError: d < 2.

    Source:
        Lundberg and Lee, A unified approach to interpreting model predictions (2017), theorem 2.

    >>> kernel_weights(4)
    array([0.25 , 0.125, 0.25 ])
    """
    d = validate.integer("d", d, minimum=2)
    return np.array([(d - 1) / (comb(d, s) * s * (d - s)) for s in range(1, d)])


def kernel_shap(
    value: Game, d: int, *, n_evals: int, rng: Random = None, progress: Progress = False
) -> SampledValues:
    r"""Estimate Shapley values by a weighted linear fit to sampled coalitions.

    .. math::

        \min_\phi \; & \sum_z \pi(z) \, (v(z) - \phi_0 - \phi^\top z)^2 \\
        \text{subject to} \; & \phi_0 = v(\emptyset), \;\;
        \sum_j \phi_j = v(\text{all}) - v(\emptyset)

    over the coalitions z other than none and all, whose weight would be infinite. Over all of them
    the solution is the Shapley value exactly (`course_lib.reference.shapley.kernel_shap`). A sample
    is drawn size by size in pairs {z, 1 - z}, without repetition, and the result is then a sum of
    three parts, fit + guess + correction:

    - fit: the minimum above over the sample, exact if nothing was left out;
    - guess: the Shapley values, in closed form, of a smooth game with interactions, drawn through
      what the fit leaves over (kernel regression on at most 128 pairs, see
      `course_lib.attribution.interactions` for its kernel and its three constants);
    - correction: a second fit to what the guess gets wrong. For coalitions of a size that were not
      drawn stand those that were, judged by a guess that has not seen them. Where every pair has
      shaped the guess, half of the correction is taken.

    Guess and correction change no promise, only the error. Root mean squared error beside the fit
    alone, from the same 200 evaluations of 12 players: 0.33 for the most expensive player's price,
    0.59 for a ReLU net, 0.59 for four who must all be there, 0.79 for a weighted majority, and 1.07
    for a game of random numbers, of which there is nothing to guess.

    Args:
        value: game, masks (M, d) bool to (M,). With a `masked_game` the result belongs to the
            marginal expectation, not to the conditional one.
        d: number of players.
        n_evals: the most coalitions to evaluate, none and all included, at least d + 2. From 2^d
            on, the result is exact.
        rng: None draws anew in each call, a seed repeats itself, a NumPy Generator goes on.
        progress: False, True, or a function of (done, total) coalitions.

    Returns:
        SampledValues; std_error is infinite where fewer than max(16, 2 d) pairs were left to
            chance, which is too few to tell: below 6 d + 2 evaluations or a little more. It is too
            small for games in which few coalitions have a reward far from the others'.

    Raises:
        TypeError: value is not callable, rng is none of these, d or n_evals is not an integer.
        ValueError: n_evals < d + 2, or value returns a wrong shape, NaN or infinity.

    Source:
        Lundberg and Lee, A unified approach to interpreting model predictions (2017), section 4.1;
        pairs and constraints: Covert and Lee, Improving KernelSHAP (2021), section 3; taking off a
        guess: Witter et al., Regression-adjusted Monte Carlo estimators for Shapley values (2025).

    >>> import numpy as np
    >>> v = lambda masks: masks @ np.array([1.0, 2.0]) + masks.all(axis=1)
    >>> kernel_shap(v, 2, n_evals=4, rng=np.random.default_rng(0)).values.round(12)
    array([1.5, 2.5])
    """
    d, n_evals, rng = sampling_options(d, n_evals, rng)
    too_few = n_evals < min(2 * d + 2, 2**d)  # for the pairs of each player and all others
    if d == 1:
        masks = np.zeros((0, 1), dtype=bool)
    elif too_few:
        masks = _single_players(d, n_evals - 2, rng)
    else:
        pairs = draw_pairs(d, (n_evals - 2) // 2, rng)
        masks = np.concatenate([pairs.masks, ~pairs.masks])
    ends = np.array([[False] * d, [True] * d])
    with reporting(progress, len(masks) + 2, "kernel_shap") as advance:
        v = coalition_values(value, np.concatenate([ends, masks]), advance)
    gain, rewards = v[1] - v[0], v[2:]
    if d == 1:
        values, std_error = np.array([gain]), np.zeros(1)
    elif too_few:
        fit = _ConstrainedFit(masks.astype(float), np.ones(len(masks)))
        values = fit.solve(rewards - v[0], gain)
        std_error = np.full(d, np.inf)
    else:
        half = len(pairs.masks)
        values, std_error = _fit_pairs(pairs, (rewards[:half] - rewards[half:]) / 2, gain)
    return SampledValues(values, std_error, len(v))


def _single_players(d, n, rng):
    """Return each player alone and, as far as n reaches, some of the coalitions that lack one."""
    alone = np.eye(d, dtype=bool)
    return np.concatenate([alone, ~alone[rng.permutation(d)[: n - d]]])


def _fit_pairs(pairs, differences, gain):
    """Fit phi to the half differences of complementary coalitions.

    Half the difference of the fit at z and at 1 - z is (z - 1/2) . phi: the part of a game that is
    the same for z and 1 - z has no influence on its Shapley values.
    """
    masks, weights, fractions = pairs
    P, d = masks.shape
    fit = _ConstrainedFit(masks - 0.5, weights)
    linear = fit.solve(differences, gain)
    chance = fractions < 1  # pairs of a size that was not drawn whole
    if not chance.any():  # exact if no size is left out, and no word on the error otherwise
        return linear, np.full(d, 0.0 if weights.sum() > 1 - 1e-9 else np.inf)
    step = max(P / _MOST_TRAINING_PAIRS, 1)
    # Pairs come ordered by size, so that steps of one length leave no size out.
    train = np.zeros(P, dtype=bool)
    train[(np.arange(0, P, step) + (step - 1) / 2).astype(int)] = True
    curved = differences - fit.X @ linear
    surrogate = InteractionSurrogate(masks[train], curved[train], 0.0)
    guess = surrogate.shapley_values()
    guess -= guess.mean()  # all of the gain is in the linear part
    wrong = np.empty(P)  # known where the game was evaluated
    wrong[train] = surrogate.seen_errors()
    wrong[~train] = curved[~train] - surrogate.predict(masks[~train])
    unseen = wrong.copy()  # stands for the coalitions of the same size that were not
    unseen[train] = surrogate.left_out_errors()
    correction = fit.solve(fractions * wrong + (1 - fractions) * unseen, 0.0)
    # Linearised variance of a sample without replacement; 1 - leverage makes up for the fit.
    residual = weights * (unseen - fit.X @ correction) / (1 - fit.leverage())
    variance = ((1 - fractions) * residual**2) @ fit.pull**2
    if train.all():
        # Left-out errors alone make a noisy correction: half of it has half of the guess's bias
        # and less error in all.
        correction *= 0.5
    drawn = np.count_nonzero(chance)
    std_error = np.sqrt(variance) * student_factor(drawn)
    if drawn < max(_FEWEST_CHANCE_PAIRS, 2 * d):
        # The fit and the guess follow so few pairs closely, and look surer than they are.
        std_error = np.full(d, np.inf)
    return linear + guess + correction, std_error


class _ConstrainedFit:
    """Minimises sum_i weights_i (targets_i - X_i . phi)^2 subject to sum(phi) = total."""

    def __init__(self, X, weights):
        self.X, self._weights = X, weights
        # The added constant only penalises sum(phi), which is fixed; without it the pairs of two
        # players leave the matrix singular.
        inverse = np.linalg.inv((X.T * weights) @ X + weights.sum())
        sums = inverse.sum(axis=0)
        self._toward = sums / sums.sum()  # where a change of the total goes
        self.pull = X @ (inverse - self._toward[:, None] * sums)  # of each weighted target on phi

    def solve(self, targets, total):
        """Return phi, (d,)."""
        return (self._weights * targets) @ self.pull + total * self._toward

    def leverage(self):
        """Return how much each target moves its own fitted value, (P,)."""
        return self._weights * np.einsum("ij,ij->i", self.pull, self.X)
