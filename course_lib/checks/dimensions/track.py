"""track: the shape after each layer, and what the layer learns."""

from collections import namedtuple

from course_lib.checks.cases import Case, call, mistakes

_LAYER = namedtuple("_LAYER", "shape parameters")
_SHAPES = {3: namedtuple("_MAP", "channels height width"), 1: namedtuple("_ROW", "length")}


def _layers(*layers):
    """Return the expected list, with names for its places."""
    return [_LAYER(_SHAPES[len(shape)](*shape), learns) for shape, learns in layers]


def cases():
    yield Case("a convolution", call((2, 9, 7), [("conv", 3, 4, 1, 0)]), _layers(((3, 6, 4), 99)))
    strided = call((3, 11, 8), [("conv", 6, 4, 2, 1)])
    yield Case("a convolution with stride and padding", strided, _layers(((6, 5, 4), 294)))
    yield Case("pooling 3x3, stride 2", call((5, 9, 7), [("pool", 3, 2)]), _layers(((5, 4, 3), 0)))
    head = call((2, 3, 4), [("flatten",), ("dense", 5)])
    yield Case("flatten, then a dense layer", head, _layers(((24,), 0), ((5,), 125)), "head")
    dense = call((6,), [("dense", 4), ("dense", 3)])
    yield Case("two dense layers", dense, _layers(((4,), 28), ((3,), 15)), "head")
    rows = _layers(((3, 24, 24), 78), ((3, 12, 12), 0), ((432,), 0))
    recitation = call((1, 28, 28), [("conv", 3, 5, 1, 0), ("pool", 2, 2), ("flatten",)])
    yield Case("the network of the recitation slides", recitation, rows, given=True)


def random(rng):
    for _ in range(2):
        C, F, G = (int(n) for n in rng.permutation(range(2, 9))[:3])
        k, s, p = (int(n) for n in (rng.integers(3, 6), rng.integers(2, 4), rng.integers(1, 3)))
        H, W = (int(n) for n in rng.permutation(range(24, 40))[:2])
        layers = [("conv", F, k, s, p), ("pool", 3, 2), ("conv", G, 2, 1, p), ("flatten",)]
        yield Case("random sizes", call((C, H, W), layers))
    C, H, W, more, units = (int(n) for n in rng.permutation(range(2, 9))[:5])
    layers = [("flatten",), ("dense", more), ("dense", units)]
    yield Case("random sizes", call((C, H, W), layers), group="head")


USES = ("output_size",)
POINTS = {"idea": 1, "head": 1}
RETURNS = "layer"
MISTAKES = mistakes(r"""
bias not counted: What does a filter, or a unit, learn besides its weights?
    k * k + 1) -> k * k) ;; shape[0] + 1) -> shape[0])
    F * (C * k * k + 1) -> C * k * k * F ;; units * (shape[0] + 1) -> shape[0] * units
bias of a convolution not counted: What does a filter learn besides its weights?
    F * (C * k * k + 1) -> F * (C * k * k) || C * k * k * F
bias of a dense layer not counted: What does a unit learn besides its weights?
    units * (shape[0] + 1) -> units * (shape[0]) || shape[0] * units
bias per channel: How many numbers are added to one map?
    F * (C * k * k + 1) -> F * C * (k * k + 1) || F * (C * k * k + C)
channels of the input left out: Over how many channels does one filter reach?
    C * k * k -> k * k || k**2
one bias for all filters: How many biases has a layer with three filters?
    F * (C * k * k + 1) -> F * C * k * k + 1
    * (C * k * k + 1) -> * C * k * k + 1 ;; * (shape[0] + 1) -> * shape[0] + 1 || * 1 * shape[0] + 1
dense counted by its own units: How many numbers come into the layer when it counts?
    units * (shape[0] + 1) -> units * (units + 1) || units + units * units
height for width: How wide is an image of 9 rows and 7 columns?
    size(W -> size(H
    C, H, W = shape -> C, H, W = *shape[:2], shape[1]
channels of the input stay: How many maps come out of a layer with three filters?
    (F, output_size -> (C, output_size
    shape += ( -> shape = (C, shape[1]) + (
kernel not squared: How many weights lie in a window of k rows and k columns?
    C * k * k -> C * k || k * C
pooling by its kernel: How far is it from one window to the next?
    k, s = numbers -> k, s = numbers[:1] * 2 || s = k = numbers[0]
pooling changes the channels: Does pooling look at one channel at a time?
    shape = (C, output -> shape = (C // k, output || shape = (C // s, output
    k, s = numbers -> k, s = numbers; shape = (shape[0] // s, *shape[1:])
flatten keeps the channels: How many axes has a row of numbers?
    shape = (int(np.prod(shape)),) -> shape = (shape[0], int(np.prod(shape[1:])))
    (int(np.prod(shape)),) -> (shape[0], int(np.prod(shape)) // shape[0])
padding ignored: How many rows has the image once its frame of zeros is added?
    stride=s, padding=p -> stride=s || stride=s, padding=0 * p
input among the results: How many entries should there be for one layer?
    return tracked -> return [(input_shape, 0), *tracked] || return [(input_shape, 0)] + tracked
all parameters so far: What does this one layer learn?
    (shape, parameters)) -> (shape, parameters + sum(n for _, n in tracked[-1:])))
    (shape, parameters)) -> (shape, parameters + max((n for _, n in tracked), default=0)))
""")
