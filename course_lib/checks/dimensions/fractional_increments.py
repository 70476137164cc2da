"""fractional_increments: the sizes of the tiles of fractional pooling."""

import numpy as np

from course_lib.checks.cases import Case, call, mistakes

_RECITED = np.array([1, 2, 1, 1, 2, 1, 2, 1, 1, 2, 1, 2, 1, 1, 2, 1, 2, 1])


def cases():
    yield Case("5 pixels in 3 tiles", call(5, 3, 0.5), np.array([2, 2, 1]))
    yield Case("9 pixels in 5 tiles", call(9, 5, 0.7), np.array([2, 1, 2, 2, 2]))
    yield Case("10 pixels in 7 tiles", call(10, 7, 0.6), np.array([2, 1, 2, 1, 1, 2, 1]))
    yield Case("25 pixels in 18 tiles", call(25, 18, 0.3), _RECITED, "sum", given=True)
    yield Case("7 pixels in 4 tiles, edges at whole numbers", call(7, 4, 0), np.array([2, 2, 2, 1]))
    eight = np.array([2, 1, 2, 1, 1, 2, 1, 1])
    yield Case("11 pixels in 8 tiles, u = 0", call(11, 8, 0.0), eight, "sum")


def random(rng):
    for group in ("idea", "idea", "sum", "sum"):
        n_out = int(rng.integers(5, 30))
        n_in = n_out + int(rng.integers(1, n_out))
        u = (rng.integers(997) + 0.5) / 997  # no edge is so near a whole number that it matters
        yield Case("random sizes", call(n_in, n_out, float(u)), group=group)


POINTS = {"idea": 1, "sum": 1}
MISTAKES = mistakes(r"""
u ignored: What does u change in the first edge?
    + u) -> + 0) || + 0 * u)
floor: An edge that falls on a whole number stays there. And one that falls between two?
    np.ceil( -> np.floor( || np.trunc(
rounded to the nearest: An edge at 1.2 and one at 1.8: where do they go?
    np.ceil( -> np.round( || np.rint(
edges for tiles: How many pixels lie between two edges?
    np.diff(edges) -> edges[1:] || np.diff(edges).cumsum() + edges[0]
first edge taken as 0: Where does the first tile begin, if u is not 0?
    np.diff(edges) -> np.diff(np.concatenate([[0], edges[1:]]))
    return np.diff -> edges[0] = 0\n    return np.diff
an edge missing: How many edges have three tiles?
    np.arange(n_out + 1) -> np.arange(n_out) || np.arange(0, n_out)
begins at the wrong edge: Between which two edges lies the first tile?
    np.diff(edges) -> np.diff(edges, prepend=0)[:-1] || np.diff(np.concatenate([[0], edges[:-1]]))
begins a tile late: Between which two edges lies the first tile?
    np.arange(n_out + 1) + u -> np.arange(1, n_out + 2) + u || np.arange(n_out + 1) + u + 1
u outside the factor: By how many pixels does u move the edges?
    (np.arange(n_out + 1) + u) -> np.arange(n_out + 1) + u || np.r_[: n_out + 1] + u
ratio upside down: Are there more pixels or more tiles?
    n_in / n_out -> n_out / n_in || 1 / (n_in / n_out)
""")
