"""kl_upper: what a few samples leave possible."""

import math

from course_lib.checks.cases import Case, call, mistakes


def cases():
    def case(why, arguments, expected, group=None):
        return Case(why, call(*arguments), expected, group, rtol=2e-6)

    yield case("KL(0.5, 0.8) = log 1.25", (0.5, 20, 20 * math.log(1.25)), 0.8)
    yield case("the same with fewer samples", (0.5, 5, 5 * math.log(1.25)), 0.8)
    yield case("9 of 10", (0.9, 10, 2.0), 0.9944894893786)
    yield case("180 of 200", (0.9, 200, 2.0), 0.9370893701525)
    yield case("1 of 4", (0.25, 4, 1.0), 0.5982186311299)
    yield case("0 of 10: n log(1 / (1 - q)) = beta", (0.0, 10, 10 * math.log(2)), 0.5, "ends")
    yield case("0 of 3", (0.0, 3, 1.5), 1 - math.exp(-0.5), "ends")
    yield case("10 of 10: nothing above 1", (1.0, 10, 2.0), 1.0, "ends")


def random(rng):
    for group, most in (("idea", 0.5), ("idea", 0.9), ("idea", 0.9), ("ends", 0)):
        numbers = float(rng.uniform(0.1, 1) * most), int(rng.integers(3, 60))
        of = call(*numbers, float(rng.uniform(0.3, 3)))
        yield Case("random numbers", of, group=group, rtol=2e-6)


POINTS = {"idea": 2, "ends": 1}
MISTAKES = mistakes(r"""
n forgotten: Should 200 samples not say more than 10?
    n * kl(p_hat, middle) <= beta -> kl(p_hat, middle) <= beta || kl(p_hat, middle) * 1 <= beta
n on the wrong side: With more samples, should the bound come nearer to p_hat or go away?
    n * kl(p_hat, middle) <= beta -> kl(p_hat, middle) <= n * beta || kl(p_hat, middle) / n <= beta
KL the wrong way round: Which of the two is p, the share that was seen or the one that is tried?
    kl(p_hat, middle) -> (kl(middle, p_hat) if p_hat > 0 else np.inf)
    n * kl(p_hat, middle) <= beta -> p_hat > 0 and n * kl(middle, p_hat) <= beta
a bound from the normal distribution: Is n KL(p_hat, q) equal to beta there?
    return low -> return min(1.0, p_hat + np.sqrt(2 * beta * p_hat * (1 - p_hat) / n))
    return low -> return min(1.0, p_hat + (2 * beta * p_hat * (1 - p_hat) / n) ** 0.5)
the square root bound: Is n KL(p_hat, q) equal to beta there, or smaller?
    return low -> return min(1.0, p_hat + np.sqrt(beta / (2 * n)))
    return low -> return min(1.0, p_hat + (beta / n / 2) ** 0.5)
the lower bound: On which side of p_hat is q to be sought?
    low, high = p_hat, 1.0 -> low, high = p_hat, 0.0 ;; high - low > 1e-12 -> low - high > 1e-12
    low, high = p_hat, 1.0 -> low, high = 0.0, p_hat
    ;; low = middle -> low, high = low, middle ;; high = middle -> low, high = middle, high
the failures left out: KL has two terms. What does 1 - q do to it?
    return heads + tails -> return abs(heads) || return -heads
the agreements left out: KL has two terms. What does p log(p / q) do to it?
    return heads + tails -> return tails || return 0 * heads + tails
another logarithm: Which logarithm does KL have?
    np.log( -> np.log2( || np.log10( || 1 / np.log(2) * np.log(
""")
