"""true_convolution2d: the kernel runs backwards."""

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.datasets import worked

_X = array([[[1, 2, 0], [3, 4, 5]]])
_TWO = array("1 2 3 0 4 0 6 1 2 5 1 3 0 1 2 2 3 0 1 0 1 4 0 2", 2, 3, 4)


def cases():
    w = array([[[1, 10], [100, 1000]]])
    why = "4*1 + 3*10 + 2*100 + 1*1000, then one to the right"
    yield Case(why, call(_X, w), array([[1234, 2045]]), given=True)
    w = array("1 10 0 100 1000 -1", 1, 2, 3)
    yield Case("a kernel of 2 by 3", call(_TWO[:1], w), array("2305 3059 647 6113", 2, 2))
    w = array("1 10 100 1000 0 0.5", 2, 1, 3)
    y = array("2123 2230.5 1407.5 61 251.5 2515", 3, 2)
    yield Case("two channels, a kernel of one row", call(_TWO, w), y, "details")
    w = array("1 10 0 0.5 0 100", 2, 3, 1)
    y = array("42.5 107 261 214", 1, 4)
    yield Case("two channels, a kernel of one column", call(_TWO, w), y, "details")
    rgb = worked("conv2d_rgb")["inputs"]
    y = array("336 326 333 339 653 799 809 814 645 798 806 811 633 786 797 806", 4, 4)
    given = call(rgb["image"], rgb["kernels"])
    yield Case("the RGB example without its bias", given, y, "details", given=True)


def random(rng):
    for _ in range(4):
        C, KH, KW = (int(n) for n in rng.permutation([2, 3, 4]))
        x = rng.normal(size=(C, KH + 4, 2 * (KW + 2)))[..., ::2]
        yield Case("random numbers", call(x, rng.normal(size=(C, KH, KW))), group="details")


POINTS = {"idea": 1, "details": 1}
SHAPES = "x: C H W, w: C KH KW"
USES = ("conv2d",)
MISTAKES = mistakes("""
cross-correlation: In the formula, which pixel of a window meets w[c, 0, 0]?
    i - u, j - v -> i - KH + 1 + u, j - KW + 1 + v
    w[c, u, v] -> w[c, KH - 1 - u, KW - 1 - v]
result at its own places: Which (i, j) of the formula is element [0, 0] of the result?
    y[i - KH + 1, j - KW + 1] -> y[i, j] || y[i, :][j]
turned along one axis only: Do both indices of the formula run backwards?
    j - v -> j - KW + 1 + v
    i - u -> i - KH + 1 + u
    w[c, u, v] -> w[c, u, KW - 1 - v] || w[c, KH - 1 - u, v]
channels turned too: Is there a minus at the channel in the formula?
    w[c, u, v] -> w[C - 1 - c, u, v]
    x[c, -> x[C - 1 - c,
only the first channel: Over which letters does the sum run?
    ndindex(C, -> ndindex(1,
    C, H, W = x.shape -> C, H, W = 1, *x.shape[1:]
only the last channel: Does each channel add to the sum, or take its place?
    ndindex(C, -> ndindex(1, ;; x[c, -> x[-1, ;; w[c, -> w[-1, || w[C - 1,
only the last product: Does each product add to the sum, or take its place?
    += w[ -> = w[ || = 0 + w[
negative indices wrap around: What is x[-1] in NumPy, and does the sum want it?
    KH - 1, H -> H - KH + 1 ;; KW - 1, W -> W - KW + 1 ;; i - KH + 1, j - KW + 1 -> i, j
    x[c, i - u, j - v] -> x[c, i - KH + 1 - u, j - KW + 1 - v]
""")
