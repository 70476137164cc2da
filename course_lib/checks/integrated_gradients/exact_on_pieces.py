"""exact_on_pieces: between two kinks of the path the gradient of a ReLU network is constant."""

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.checks.task import Task


def cases():
    of = call(-array("1 1", 1, 2), array([1]), array([-1]), array([1, 1]), array([0, 0]))
    yield Case("1 - relu(1 - x0 - x1): flat from the middle on", of, array([0.5, 0.5]))
    of = call(array("4 -1 2", 1, 3), array([-1]), array([10]), array([1, 2, 1]), array([0, 0, 0]))
    yield Case("a unit that wakes up at 1/4", of, array([30, -15, 15]))
    w1, b1 = array("4 0 0 4 4 0", 3, 2), array([-2, -1, -3.5])
    of = call(w1, b1, array([1, 10, 100]), array([1, 1]), array([0, 0]))
    yield Case("three units wake up at 1/2, 1/4, 7/8", of, array([52, 30]), "order")
    w1, b1 = array("8 0 0 8 -8 0 0 -8", 4, 2), array([-2, -6, 4, 7])
    of = call(w1, b1, array([1, 10, 100, 1000]), array([1, 1]), array([0, 0]))
    yield Case("two wake up, two fall asleep", of, array([-394, -6980]), "order")
    w1, b1 = array("2 1 0 -2 -1 1", 2, 3), array([-2, 1])
    of = call(w1, b1, array([1, 9]), array([2, 1, 3]), array([-1, 1, 0]))
    yield Case("from another baseline", of, array([-33, 0, 18]), "path")
    w1, b1 = array("1 -1 1 1 2 0 1 2", 4, 2), array([1, 1, -5, 6])
    of = call(w1, b1, array([1, 10, 100, 1000]), array([2, 2]), array([1, 1]))
    yield Case("one unit stands still, none has a kink", of, array([1011, 2009]), "path")


def random(rng):
    for group, M in (("idea", 1), ("order", 5), ("path", 4)):
        x, baseline = rng.normal(size=(2, 3))
        w1, b1 = rng.normal(size=(M, 3)), 0.3 * rng.normal(size=M)
        baseline = baseline * (group == "path")
        yield Case("random numbers", call(w1, b1, rng.normal(size=M), x, baseline), group=group)


task = Task(
    __name__,
    answer="course_lib.reference.integrated_gradients",
    points={"idea": 1, "order": 1, "path": 1},
    cases=cases,
    random=random,
    shapes="w1: M D, b1: M, w2: M, x: D, baseline: D",
    mistakes=mistakes(r"""
kinks not sorted: Which kink comes first on the path?
    *sorted(kinks) -> *kinks || *np.array(kinks)
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
all units awake: What does relu do to a gradient where z is below 0?
    np.ravel(w2) * active -> np.ravel(w2) || w2
"""),
)
