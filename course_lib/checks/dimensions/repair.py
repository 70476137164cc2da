"""repair: let the trained weights of LeNet fit images of 28 by 28."""

from course_lib.checks.cases import Case, call, mistakes
from course_lib.checks.dimensions.networks import rule

_LENET = [("conv", 6, 5, 1, 0), ("pool", 2, 2), ("conv", 16, 5, 1, 0), ("pool", 2, 2)]
_LENET += [("flatten",), ("dense", 120), ("dense", 84), ("dense", 10)]
_KERNELS = {"conv": slice(1, 3), "dense": slice(1, 2), "pool": slice(1, 1), "flatten": slice(1, 1)}


def _rule(judge):
    """Judge only what has the layers of LeNet."""

    @rule((1, 28, 28))
    def judged(layers, rows):
        kinds, wanted = ([layer[0] for layer in net] for net in (layers, _LENET))
        return judge(layers, rows) if kinds == wanted else f"its layers are {kinds}, not {wanted}"

    return judged


@_rule
def _delivers(layers, rows):
    (n,) = rows[4].shape
    return None if n == 400 else f"an image of 28 x 28 arrives as {n} numbers, not 400"


@_rule
def _fits(layers, rows):
    for number, (mine, theirs) in enumerate(zip(layers, _LENET, strict=True)):
        part = _KERNELS[theirs[0]]
        if list(mine[part]) != list(theirs[part]):
            return (
                f"layers[{number}] is {tuple(mine)}, but the trained weights are those of "
                f"{theirs}: they would not fit"
            )
    return None


def cases():
    yield Case("what flatten delivers", call(), _delivers)
    yield Case("the trained weights", call(), _fits)


POINTS = {"idea": 1}
MISTAKES = mistakes("""
not repaired: How many numbers does flatten deliver now?
    6, 5, 1, 2 -> 6, 5, 1, 0 || 6, 5, 1, 1
""")
