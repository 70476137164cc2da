"""clip_by_norm: a step as long as you allow, in the direction of the gradient."""

from course_lib.checks.cases import Case, array, call, mistakes


def cases():
    three_four = [array([3]), array("0 4", 1, 2)]
    yield Case("norm 5, limit 2", call(three_four, 2.0), [array([1.2]), array("0 1.6", 1, 2)])
    four = [array([1, -1]), array([[5, 3]])]
    yield Case("norm 6, limit 3", call(four, 3.0), [array([0.5, -0.5]), array("2.5 1.5", 1, 2)])
    yield Case("below the limit: nothing changes", call(three_four, 10.0), three_four, "details")
    yield Case("at the limit: nothing changes", call(three_four, 5.0), three_four, "details")
    yield Case("zeros stay zeros", call([array([0, 0, 0])], 1.0), [array([0, 0, 0])], "details")


def random(rng):
    for group, limit in (("idea", 0.5), ("idea", 0.1), ("details", 50.0)):
        gradients = [rng.normal(size=(3, 2)), rng.normal(size=4), rng.normal(size=(2, 5))]
        yield Case("random numbers", call(gradients, limit), group=group)


POINTS = {"idea": 0.5, "details": 0.5}
MISTAKES = mistakes(r"""
each array alone: Are all gradients scaled by the same number?
    if norm <= limit -> if not norm ;; limit / norm -> limit / np.linalg.norm(g)
    g * (limit / norm) -> g * min(1, limit / np.sqrt(np.sum(g**2)))
    if norm <= limit -> if not norm ;; limit / norm -> min(1, limit / np.linalg.norm(g))
scaled up too: What happens to a gradient that is short enough?
    if norm <= limit -> if norm == 0 || if not norm
clipped entry by entry: Does the direction of the gradient stay the same?
    g * (limit / norm) -> np.clip(g, -limit, limit) || np.maximum(np.minimum(g, limit), -limit)
root forgotten: What is the length of the vector (3, 4)?
    np.sqrt( -> float( || np.asarray(
sum of the norms: What is the length of the vector (3, 4)?
    np.sqrt(sum(np.sum(g**2) -> (sum(np.sqrt(np.sum(g**2)) || (sum(np.linalg.norm(g)
the limit forgotten: How long is the gradient after it was clipped?
    limit / norm -> 1 / norm || norm**-1
a small number in the denominator: How long is a gradient of norm 5 after it was clipped to 2?
    limit / norm -> limit / (norm + 1e-6)
    for g in gradients)) -> for g in gradients)) + 1e-6
""")
