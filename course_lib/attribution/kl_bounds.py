"""Confidence bounds for a share of successes from the Kullback-Leibler divergence, and KL-LUCB."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib import validate
from course_lib.attribution.kinds import Floats

_MOST_STEPS = 60  # where a share is close to 0, rounding lets the steps creep on


def bernoulli_kl(p: ArrayLike, q: ArrayLike) -> Floats:
    r"""Return the divergence of a coin with heads q from a coin with heads p.

    .. math::

        \operatorname{KL}(p, q) = p \log \frac{p}{q} + (1 - p) \log \frac{1 - p}{1 - q}, \qquad
        0 \log 0 = 0

    Args:
        p, q: shares in [0, 1], arrays that broadcast.

    Returns:
        float64 of the broadcast shape; infinite where q rules out what p allows.

    Raises:
        TypeError, ValueError: p or q is not a number in [0, 1].

    Source:
        Kaufmann and Kalyanakrishnan, Information complexity in bandit subset selection (2013),
        section 2.

    >>> float(bernoulli_kl(1.0, 0.5).round(6))
    0.693147
    """
    return _kl(_shares("p", p), _shares("q", q))


def kl_upper(p_hat: ArrayLike, n: ArrayLike, beta: ArrayLike) -> Floats:
    r"""Return the largest share that n draws with mean p_hat leave possible.

    .. math::

        \max \{ q : n \operatorname{KL}(\hat p, q) \le \beta \}

    For a number of draws fixed beforehand the true share is above it with probability at most
    :math:`e^{-\beta}`.

    Args:
        p_hat: observed shares in [0, 1].
        n: numbers of draws, 0 or more; 0 gives 1.
        beta: thresholds, 0 or more. Arguments are arrays that broadcast.

    Returns:
        float64 of the broadcast shape.

    Raises:
        TypeError, ValueError: an argument is not a number, or out of range.

    Source:
        Kaufmann and Kalyanakrishnan, Information complexity in bandit subset selection (2013),
        section 3.2.

    >>> float(kl_upper(0.0, 10, 10 * np.log(2)).round(12))
    0.5
    """
    p_hat, n, beta = _bound_arguments(p_hat, n, beta)
    return _upper(p_hat, n, beta)


def kl_lower(p_hat: ArrayLike, n: ArrayLike, beta: ArrayLike) -> Floats:
    r"""Return the smallest share that n draws with mean p_hat leave possible.

    .. math::

        \min \{ q : n \operatorname{KL}(\hat p, q) \le \beta \}

    Args:
        p_hat: observed shares in [0, 1].
        n: numbers of draws, 0 or more; 0 gives 0.
        beta: thresholds, 0 or more. Arguments are arrays that broadcast.

    Returns:
        float64 of the broadcast shape; exp(-beta / n) where p_hat is 1.

    Raises:
        TypeError, ValueError: an argument is not a number, or out of range.

    Source:
        Kaufmann and Kalyanakrishnan, Information complexity in bandit subset selection (2013),
        section 3.2.

    >>> float(kl_lower(1.0, 10, 10 * np.log(2)).round(12))
    0.5
    """
    p, n, beta = _bound_arguments(p_hat, n, beta)
    return 1 - _upper(1 - p, n, beta)


def anytime_threshold(n: ArrayLike, delta: float) -> Floats:
    r"""Return the threshold with which the bounds hold at every number of draws at once.

    .. math::

        \beta(n) = \log \frac{2 \sqrt{n}}{\delta}, \qquad
        P\bigl(\text{some } n \ge 1 \text{ has } n \operatorname{KL}(\hat p_n, p) > \beta(n)\bigr)
        \le \delta

    both sides together, so one may look after each draw and stop when one likes. The mean of
    :math:`q^s (1-q)^{n-s}` under the arcsine law of q is at least :math:`\hat p^s (1-\hat p)^{n-s}
    / (2 \sqrt{n})`; divided by :math:`p^s (1-p)^{n-s}` it is a martingale that starts at 1, which
    exceeds 1/delta with probability at most delta.

    Args:
        n: numbers of draws, an array; below 1 counts as 1.
        delta: probability of a miss, in (0, 1).

    Returns:
        float64 like n.

    Raises:
        TypeError, ValueError: an argument is not a number, or out of range.

    Source:
        Krichevsky and Trofimov, The performance of universal encoding (1981); Ville's inequality.

    >>> float(anytime_threshold(100, 0.2).round(6))
    4.60517
    """
    n = _numbers("n", n)
    if (n < 0).any():
        raise ValueError(f"n must be at least 0, got {n.min()}")
    delta = probability("delta", delta)
    return np.log(2 * np.sqrt(np.maximum(n, 1)) / delta)


def kl_lucb(
    draw: Callable[[tuple[int, ...]], tuple[Floats, Floats] | None],
    m: int,
    *,
    tolerance: float,
    delta: float,
) -> NDArray[np.int64]:
    r"""Find the m best of several coins by tossing the two that matter most (KL-LUCB).

    .. math::

        \text{stop when } \max_{a \text{ outside}} \mathrm{upper}_a -
        \min_{a \text{ among the } m \text{ best}} \mathrm{lower}_a \le \mathrm{tolerance}

    Each round tosses the two that stand in this difference: the leader with the lowest lower bound
    and the challenger with the highest upper bound. With probability at least 1 - delta no arm
    returned is worse than the m-th best by more than the tolerance.

    Args:
        draw: function of a tuple of arms, the two in question (empty at first), that tosses them,
            and others if it likes; returns (counts, successes), two (K,) arrays over all draws so
            far, or None when it may toss no more.
        m: how many arms to find.
        tolerance: how far from best an arm may be, in (0, 1).
        delta: probability of failing, in (0, 1).

    Returns:
        (m,) int array of arms, best mean first; after a None, the best by what was known.

    Raises:
        TypeError, ValueError: an option is out of range, or draw returns no first counts.

    Source:
        Kaufmann and Kalyanakrishnan, Information complexity in bandit subset selection (2013),
        algorithm 1, with `anytime_threshold` in place of their exploration rate.

    >>> tosses = np.array([50.0, 50.0, 50.0])
    >>> kl_lucb(lambda arms: (tosses, np.array([50.0, 0.0, 49.0])), 2, tolerance=0.5, delta=0.1)
    array([0, 2])
    """
    m = validate.integer("m", m, minimum=1)
    tolerance, delta = probability("tolerance", tolerance), probability("delta", delta)
    known = draw(())
    if known is None:
        raise ValueError("draw must return counts and successes when it is first called, got None")
    while True:
        counts, successes = known
        means = np.where(counts > 0, successes / np.maximum(counts, 1), 0.5)
        order = np.argsort(-means, kind="stable")
        leaders, others = order[:m], order[m:]
        if len(others) == 0:
            return leaders
        beta = anytime_threshold(counts, delta / len(counts))
        lower = 1 - _upper(1 - means[leaders], counts[leaders], beta[leaders])
        upper = _upper(means[others], counts[others], beta[others])
        weakest, strongest = np.argmin(lower), np.argmax(upper)
        if upper[strongest] - lower[weakest] <= tolerance:
            return leaders
        known = draw((int(leaders[weakest]), int(others[strongest])))
        if known is None:
            return leaders


def probability(name: str, value: float) -> float:
    """Return `value` as a float; refuse what is not strictly between 0 and 1."""
    return validate.number(name, value, above=0, below=1)


def _upper(p, n, beta):
    """Solve KL(p, q) = beta / n for q >= p; KL rises and is convex there.

    Newton's steps from above the solution fall towards it without passing it. Above it are
    p + sqrt(beta / 2n), by Pinsker's inequality, and the q for which KL without -p log q, which is
    positive, is beta / n.
    """
    from scipy.special import xlogy

    with np.errstate(divide="ignore", invalid="ignore"):
        reach = beta / n  # without draws infinite, or 0/0 where nothing at all is asked
        pinsker = p + np.sqrt(reach / 2)
        tail = -(1 - p) * np.expm1(-(reach - xlogy(p, p)) / (1 - p))
        q = np.fmin(pinsker, p + tail)
        for _ in range(_MOST_STEPS):
            below = q - (_kl(p, q) - reach) * q * (1 - q) / (q - p)
            falls = below < q
            if not falls.any():
                break
            q = np.where(falls, np.maximum(below, p), q)
    return np.fmin(q, 1)  # 1 where q is not a number, too


def _kl(p, q):
    from scipy.special import rel_entr  # where it is used: SciPy takes long to import

    return rel_entr(p, q) + rel_entr(1 - p, 1 - q)


def _numbers(name: str, value: ArrayLike) -> Floats:
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{name} must be a number or an array of numbers, got {value!r}")
    return array.astype(np.float64)


def _shares(name: str, value: ArrayLike) -> Floats:
    array = _numbers(name, value)
    if not ((array >= 0) & (array <= 1)).all():
        raise ValueError(f"{name} must be in [0, 1], got {value!r}")
    return array


def _bound_arguments(p_hat: ArrayLike, n: ArrayLike, beta: ArrayLike) -> tuple[Floats, ...]:
    p_hat, n, beta = _shares("p_hat", p_hat), _numbers("n", n), _numbers("beta", beta)
    for name, array in (("n", n), ("beta", beta)):
        if not (array >= 0).all() or np.isinf(array).any():
            raise ValueError(f"{name} must be finite and at least 0, got {array}")
    return np.broadcast_arrays(p_hat, n, beta)
