"""exact_on_pieces: between two kinks of the path the gradient of a ReLU network is constant."""

from course_lib.checks.cases import Case, array, call, mistakes


def cases():
    of = call(-array("1 1", 1, 2), array([1]), array([-1]), array([1, 1]), array([0, 0]))
    yield Case("1 - relu(1 - x0 - x1): flat from the middle on", of, array([0.5, 0.5]))
    # A sum over steps is right where the kinks are eighths, and misses what wakes up this late.
    w1, x, black = array([[400000, -100000, 200000]]), array([1, 2, 1]), array([0, 0, 0])
    of = call(w1, array([-399999]), array([10]), x, black)
    yield Case("a unit that wakes up just before the end", of, array([10, -5, 5]))
    w1, b1 = array("4 0 0 4 4 0", 3, 2), array([-2, -1, -3.5])
    of = call(w1, b1, array([1, 10, 100]), array([1, 1]), array([0, 0]))
    yield Case("three units wake up at 1/2, 1/4, 7/8", of, array([52, 30]), "order")
    w1, b1 = array("8 0 0 8 -8 0 0 -800000", 4, 2), array([-2, -6, 4, 1])
    of = call(w1, b1, array([1, 10, 100, 1000]), array([1, 1]), array([0, 0]))
    yield Case("two wake up, two fall asleep", of, array([-394, -980]), "order")
    w1, b1 = array("2 1 0 -200000 -1 100000", 2, 3), array([2, -199998])
    of = call(w1, b1, array([1, 9]), array([3, 1, 2]), array([-1, 1, 0]))
    yield Case("from another baseline", of, array([-4, 0, 3]), "path")
    w1, b1 = array("1 -1 1 1 2 0 1 2", 4, 2), array([1, 1, -5, 6])
    of = call(w1, b1, array([1, 10, 100, 1000]), array([2, 2]), array([1, 1]))
    yield Case("one unit stands still, none has a kink", of, array([1011, 2009]), "path")


def random(rng):
    for group, M in (("idea", 1), ("order", 5), ("path", 4)):
        x, baseline = rng.normal(size=(2, 3))
        w1, b1 = rng.normal(size=(M, 3)), 0.3 * rng.normal(size=M)
        baseline = baseline * (group == "path")
        yield Case("random numbers", call(w1, b1, rng.normal(size=M), x, baseline), group=group)


POINTS = {"idea": 1, "order": 1, "path": 1}
SHAPES = "w1: M D, b1: M, w2: M, x: D, baseline: D"
MISTAKES = mistakes(r"""
kinks not sorted: Which kink comes first on the path?
    *sorted(kinks), 1.0 -> *kinks, 1.0 || 1.0, *kinks || *np.array(kinks), 1.0
a sum over steps: Between which places is the gradient the same, so that no step is needed?
    0.0, *sorted(kinks), 1.0 -> *np.r_[0:1:51j] || *np.r_[0:1:1001j] || *np.r_[0:1:401j]
gradient at the start of a piece: A unit wakes up at a kink. On which side is the piece?
    start + (a + b) / 2 * change -> start + a * change || start + min(a, b) * change
gradient at the end of a piece: A unit falls asleep at a kink. On which side is the piece?
    start + (a + b) / 2 * change -> start + b * change || start + max(a, b) * change
pieces of equal length: How long is each piece?
    += (b - a) -> += 1 / (len(ends) - 1) || += np.mean(np.diff(ends))
pieces without a length: How long is each piece?
    (b - a) * (np -> 1.0 * (np || (np.ravel(w2) == np.ravel(w2)) * (np
kinks outside the path kept: Can a kink lie before the baseline, or behind x?
    and 0 < -z / dz < 1 -> ;; np.array( -> np.sort( || np.asarray( || np.stack(
gradient at x: Is the gradient at x that of the whole path?
    start + (a + b) / 2 * change -> start + change || w1 @ x + b1
gradient at the baseline: Is the gradient at the baseline that of the whole path?
    start + (a + b) / 2 * change -> start + 0 * change || w1 @ baseline + b1
bias missing: Where does z start?
    start = w1 @ baseline + b1 -> start = w1 @ baseline || start = w1 @ baseline + 0 * b1
x for the change of x: How far does z go on the way from the baseline to x?
    change = w1 @ (x - baseline) -> change = w1 @ x || change = w1 @ (x - 0 * baseline)
x for x - baseline: How far has an input moved that has not left its baseline?
    return (x - baseline) * -> return x * || return (x - 0 * baseline) *
gradient alone: The integral is a mean slope. What makes a share of it?
    return (x - baseline) * -> return 1 * || return np.ones(x.shape) *
w2 left out: How much does each unit count for the score?
    np.ravel(w2) * active -> 1.0 * active || active.astype(float)
all units awake: What does relu do to a gradient where z is below 0?
    np.ravel(w2) * active -> np.ravel(w2) || w2
""")
