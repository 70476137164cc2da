"""equivariance_error: how far a layer is from moving along."""

from course_lib.checks.cases import Case, array, call, mistakes

_X = array("1 2 0 3 4 1 0 0 5 2 7 0", 4, 3)
_TALL = array("9 2 0 3 4 1 0 5 0 2 0 6 8 1.5 3", 5, 3)
_SIX = array("9 2 0 1 3 4 1 0 0 5 0 2 2 0 6 3 8 1 3 5 7 0 2 4", 6, 4)
_W = array("0 1 2 0 3 4 0 5 -7 1 0 2 -3 1 0", 3, 5)


def cases():
    zeros = dict(mode="constant")
    yield Case("wrap, shift 1: exact", call(_X, _W, 1), 0.0, size=100)
    for shift, error in ((1, 25.0), (3, 25.0)):
        of = call(_TALL, _W, shift, **zeros)
        yield Case(f"zeros outside, shift {shift}", of, error, size=100)
    for shift, error in ((1, 66.0), (2, 0.0), (3, 66.0)):
        of = call(_X, _W, shift, stride=2)
        yield Case(f"wrap, stride 2, shift {shift}", of, error, "stride", size=100)
    for shift, error in ((1, 54.0), (4, 0.0)):
        of = call(_SIX, _W, shift, stride=2, **zeros)
        yield Case(f"zeros outside, stride 2, shift {shift}", of, error, "stride", size=100)


def random(rng):
    for mode in ("wrap", "constant"):
        for shift, stride in ((int(rng.integers(1, 5)), 1), (4, 2), (3, 2), (5, 3)):
            x, w = rng.normal(size=(rng.integers(7, 10), 6)), rng.normal(size=(3, 5))
            of = call(x, w, shift, stride=stride, mode=mode)
            yield Case("random numbers", of, group="idea" if stride == 1 else "stride", size=10)


POINTS = {"idea": 1, "stride": 1}
SHAPES = "x: H W, w: KH KW"
USES = ("move",)
MISTAKES = mistakes("""
output not moved: The input moves. Should the output that it is compared with stay?
    move(layer(x, w, stride, mode), shift // stride, mode) -> layer(x, w, stride, mode)
    shift // stride -> 0
input not moved: Which of the two images goes into the layer after it has moved?
    move(x, shift, mode) -> x || move(x, 0, mode)
shift not divided by the stride: How many rows of the output are two rows of the input at stride 2?
    shift // stride -> shift || shift * stride || shift // 1
mode ignored: What comes in at the border in mode "constant"?
    mode) -> 'wrap')
    before = -> mode = 'wrap'; before =
one of the moves ignores the mode: Do image and output move with the same `mode`?
    x, shift, mode -> x, shift, 'wrap'
    shift // stride, mode) -> shift // stride, 'wrap') || shift // stride, "wrap or zeros")
mode of the layer ignored: What does the layer see outside, and what does `move` put there?
    w, stride, mode) -> w, stride, 'wrap') || w, stride, mode='wrap')
another number than the maximum: Which one of all the differences is asked for?
    np.max( -> np.mean( || np.sum( || np.linalg.norm( || np.min(
    np.max(np.abs(before - after)) -> np.sqrt(((before - after) ** 2).sum())
no absolute value: What if the largest difference is a negative one?
    np.abs(before - after) -> before - after
    np.max(np.abs(before - after)) -> (before - after).max()
border left out: Over which pixels does the maximum run?
    np.abs(before - after) -> np.abs(before - after)[1:-1, 1:-1] || np.abs(before - after)[1:]
    before - after -> (before - after)[shift:]
""")
