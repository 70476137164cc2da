"""move: an image goes down by some rows."""

from course_lib.checks.cases import Case, array, call, mistakes

_X = array([[1, 2.5], [3, 4], [5, 6]])


def cases():
    yield Case("wrap, 1 row", call(_X, 1, "wrap"), array([[5, 6], [1, 2.5], [3, 4]]))
    yield Case("zeros, 1 row", call(_X, 1, "constant"), array([[0, 0], [1, 2.5], [3, 4]]))
    yield Case("wrap, 2 rows", call(_X, 2, "wrap"), array([[3, 4], [5, 6], [1, 2.5]]))
    yield Case("zeros, 2 rows", call(_X, 2, "constant"), array([[0, 0], [0, 0], [1, 2.5]]))
    yield Case("zeros, no row", call(_X, 0, "constant"), _X)


def random(rng):
    for mode in ("wrap", "constant"):
        for rows in (0, int(rng.integers(1, 4))):
            yield Case("random numbers", call(rng.normal(size=(rng.integers(6, 9), 4)), rows, mode))


POINTS = {"idea": 1}
SHAPES = "image: H W"
MISTAKES = mistakes("""
moves up: Where should what stands in row 0 be afterwards?
    image, rows, axis -> image, -rows, axis ;; [:rows] -> [len(image) - rows:] || [::-1][:rows]
moves to the right: Which axis of an image counts its rows?
    axis=0 -> axis=1 ;; moved[:rows] -> moved[:, :rows]
    axis=0 -> axis=1
    axis=0 -> axis=-1 ;; moved[:rows] -> moved.T[:rows]
mode ignored: What comes in from above in mode "constant"?
    moved[:rows] = 0 -> pass
    mode == "constant" -> mode == "zeros"
zeros in both modes: What comes in from above in mode "wrap"?
    mode == "constant" -> True || mode
pixels moved in reading order: Over which axis does np.roll move if you name none?
    rows, axis=0 -> rows || rows, axis=None
""")
