"""pass_rate: how often an anchor passes a test by samples."""

from course_lib.checks.cases import Case, call, mistakes


def cases():
    yield Case("2 of 2 must agree", call(0.5, 2, 0.9), 0.25)
    yield Case("1 or 2 of 2", call(0.75, 2, 0.5), 0.9375)
    yield Case("2 or 3 of 3", call(0.75, 3, 0.6), 0.84375)
    yield Case("0 passes, too", call(0.25, 3, 0.0), 1.0)
    yield Case("3 of 4 are exactly 0.75", call(0.5, 4, 0.75), 0.3125)
    yield Case("a fair coin, five tosses", call(0.5, 5, 0.7), 0.1875)


def random(rng):
    for _ in range(4):
        n = int(rng.integers(3, 12))
        threshold = (int(rng.integers(1, n)) + 0.5) / n  # between two shares: no rounding decides
        yield Case("random numbers", call(float(rng.uniform(0.1, 0.9)), n, threshold))
    yield Case("random numbers", call(float(rng.uniform(0.1, 0.9)), 8, 0.625))


POINTS = {"idea": 2}
MISTAKES = mistakes(r"""
above the threshold only: What becomes of a share that equals the threshold?
    k / n >= threshold -> k / n > threshold || k > threshold * n
one number of agreements only: Which numbers k pass, beside the smallest?
    for k in passing -> for k in passing[:1] || for k in [min(passing)]
orders not counted: In how many orders can k of n samples agree?
    comb(n, k) * -> 1 * || comb(n, 0) *
p and 1 - p exchanged: p is the chance that a sample agrees. How many agree, if it is k of n?
    p**k * (1 - p) ** (n - k) -> (1 - p) ** k * p ** (n - k) || p ** (n - k) * (1 - p) ** k
all n agree is left out: Can all n samples agree?
    range(n + 1) -> range(n) || range(0, n)
the share that fails: Which sum is asked: over the k that pass, or over those that do not?
    k / n >= threshold -> k / n < threshold || not k / n >= threshold
only all n of n: Which numbers k pass, beside n?
    for k in passing -> for k in [n] || for k in passing[-1:]
rounded down: Does a share just below the threshold pass?
    k / n >= threshold -> k >= int(threshold * n) || k >= threshold * n // 1
""")
