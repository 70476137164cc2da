"""relu_backward: what passes a ReLU on the way back."""

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.datasets import worked

_DY = array("1 -20 300 -4000 5 60 -700 8000", 2, 4)
_X = array("3 2 -1 -5 0 -0.5 0.25 0", 2, 4)


def cases():
    dx = array("1 -20 0 0 0 0 -700 0", 2, 4)
    yield Case("where x is 0 the derivative is taken as 0", call(_DY, _X), dx)
    rules = worked("relu_backward_rules")
    dy, x = (rules["inputs"][name].astype(float) for name in ("upstream", "X_n"))
    dx = rules["expected"]["backprop"].astype(float)
    yield Case("the numbers of Lecture 6", call(dy, x), dx, given=True)


def random(rng):
    for shape in ((5,), (2, 3), (2, 1, 4, 3)):
        x = rng.integers(-3, 4, size=shape) * 0.5
        yield Case("random numbers", call(rng.normal(size=shape), x))


POINTS = {"idea": 1}
SHAPES = "dy: H W, x: H W"
MISTAKES = mistakes(r"""
mask of dy: Whose sign decides whether the ReLU let something through?
    x > 0, dy -> dy > 0, dy || dy > 0, dy * 1
masks of both: Can a gradient below 0 not be right?
    x > 0, dy, -> (x > 0) & (dy > 0), dy, || x > 0, np.maximum(dy, 0),
x = 0 let through: What is asked where x is exactly 0?
    np.where(x > 0, dy, 0) -> np.where(x >= 0, dy, 0) || np.where(x < 0, 0, dy)
everything let through: Where is the output of a ReLU below 0?
    np.where(x > 0, dy, 0) -> np.where(np.maximum(x, 0) >= 0, dy, 0) || dy * 1.0
dy left out: Where does what arrives from above come in?
    np.where(x > 0, dy, 0) -> np.where(x > 0, 1.0, 0) || (x > 0) * 1.0
the ReLU instead of its derivative: How steep is max(0, x) at x = 3?
    np.where(x > 0, dy, 0) -> np.where(x > 0, dy * x, 0) || dy * np.maximum(x, 0)
""")
