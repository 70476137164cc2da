"""shapley_exact: the weighted sum over all coalitions without a player."""

from course_lib.checks.cases import Case, array, call, mistakes
from course_lib.checks.shapley.games import pair, runway, shifted, surprise, three


def cases():
    yield Case("the two of the lecture", call(pair, 2), array([1.5, 2.5]))
    shares = array([17 / 6, 4 / 3, 17 / 6])
    yield Case("three players", call(three, 3), shares)
    yield Case("the longest runway", call(runway, 4), array([1 / 4, 7 / 12, 13 / 12, 25 / 12]))
    yield Case("10 more for every coalition, nobody's too", call(shifted, 3), shares, "details")


def random(rng):
    for d in rng.permutation([2, 3, 4, 5])[:2].tolist():
        yield Case("no two coalitions alike", call(surprise, d), group="details")


POINTS = {"idea": 2, "details": 1}
SHAPES = "value: "
MISTAKES = mistakes(r"""
those who come later not counted: In how many orders can the others come after j?
    * factorial(d - size - 1) / factorial(d) -> / factorial(d) || * 1 / factorial(d)
j counted among the later ones: Of d players |S| came before j. How many come after j?
    factorial(d - size - 1) -> factorial(d - size) || factorial(len(others) - size + 1)
j counted in the size: Is j one of those in S?
    factorial(size) * -> factorial(size + 1) * || factorial(1 + size) *
v(S) not subtracted: What was there before j came?
    (with_j - without) -> with_j || (with_j - 0 * without)
nobody taken for nothing: Is the reward of the empty coalition always 0?
    without, with_j = value(masks) -> without, with_j = value(masks) * masks.any(axis=1)
    (with_j - without) -> (with_j - (without if S else 0))
each coalition the same weight: Is a coalition of middle size met as often as the empty one?
    weight * (with_j - -> 0.5 ** (d - 1) * (with_j - || 1 / 2 ** len(others) * (with_j -
the empty coalition left out: Can j be the first to come?
    for size in range(d): -> for size in range(1, d): || for size in list(range(d))[1:]:
places among the others, not players: Place 1 among the others of player 0: which player is it?
    combinations(others, -> combinations(range(d - 1), || combinations(range(len(others)),
all others missing: How many of the others can be there at most when j comes?
    for size in range(d): -> for size in range(d - 1): || for size in range(len(others)):
only the last coalition: Does each coalition add to the sum, or take its place?
    phi[j] += -> phi[j] = || phi[j] = 0 +
""")
