"""broken_axiom: which promise does a rule not keep?"""

import numpy as np

from course_lib.checks.cases import Case, call, mistakes, named
from course_lib.checks.shapley.games import table, three


def _rule(words):
    """Make a rule of shares(v, d); the place of a reward in v has the bits of its players."""
    return lambda shares: named(
        f"rule: {words}",
        lambda value, d: shares(value((np.arange(2**d)[:, None] >> np.arange(d)) % 2 == 1), d),
    )


@_rule("by the gains of the three, in all six orders")
def of_three(v, d):
    shares = []
    for j, k, m in ((1, 2, 4), (2, 1, 4), (4, 1, 2)):
        pairs = (v[j + k] - v[k] + v[j + m] - v[m]) / 6
        shares.append((v[j] - v[0]) / 3 + pairs + (v[7] - v[k + m]) / 3)
    return np.array(shares)


@_rule("the mean gain over all coalitions, each weighing the same")
def unweighted(v, d):
    everyone = np.arange(2**d)
    return np.array([(v[everyone | 2**j] - v).sum() / 2 ** (d - 1) for j in range(d)])


@_rule("the same to everyone who ever changes a reward")
def alike_if_needed(v, d):
    everyone = np.arange(2**d)
    needed = np.array([not np.allclose(v[everyone | 2**j], v) for j in range(d)])
    return needed * (v[-1] - v[0]) / max(needed.sum(), 1)


in_order = _rule("the gains in order 0, 1, 2")(lambda v, d: np.diff(v[2 ** np.arange(d + 1) - 1]))
alike = _rule("to everyone the same")(lambda v, d: np.full(d, (v[-1] - v[0]) / d))
each_alone = _rule("what each brings alone")(lambda v, d: v[2 ** np.arange(d)] - v[0])

#: Player 1 is null in the second, 1 and 2 are equal in the third; in the fourth 2 is worth nothing
#: alone, and 0 and 1 the same alone, but no more.
_THREE = [(three, 3)]
_THREE += [(table(v), 3) for v in ("5 6 5 6 8 9 8 9", "1 2 3 6 3 6 4 11", "0 1 1 2 0 4 1 6")]
_TWO = [(table(v), 2) for v in ("0 1 2 4", "3 5 3 5", "0 1 1 4", "1 1 3 6")]


def cases():
    names = (None, "efficiency", "symmetry", "null player", "linearity")
    for why, games, right, lossy in (
        ("four games of three players", _THREE, of_three, unweighted),
        ("four games of two", _TWO, unweighted, each_alone),
    ):
        rules = (right, lossy, in_order, alike, alike_if_needed)
        for rule, name in zip(rules, names, strict=True):
            # Two promises have a premise; a right rule must not be blamed for a wrong one.
            group = "idea" if name in ("efficiency", "linearity") else "premises"
            yield Case(why, call(rule, games), name, group)
    of = call(of_three, [(table("2 3 5 7 4 9 6 9"), 3)])
    yield Case("nobody has something", of, None, "premises")


POINTS = {"idea": 1, "premises": 2}
SHAPES = "rule: , games: "
MISTAKES = mistakes(r"""
the shares against v of all: What do nobody's rewards have to do with the players' shares?
    v[-1] - v[0] -> v[-1] || v[2**d - 1]
null if worth nothing alone: Can a player who alone brings nothing help others?
    v[without_i + 2**i], v[without_i] -> v[2**i], v[0] || v[[2**i]], v[[0]]
everyone asked to get nothing: For whom is a share of 0 promised, and for whom not?
    not differ(v[without_i + 2**i], v[without_i]) and -> "" == "" and || True and
everyone asked to get the same: For whom is an equal share promised, and for whom not?
    not differ(v[neither + 2**i], v[neither + 2**j]) and -> "" == "" and || True and
equal if worth the same alone: Must two players be alike alone only, or beside all others too?
    v[neither + 2**i], v[neither + 2**j] -> v[2**i], v[2**j] || v[[2**i]], v[[2**j]]
compared to the last digit: What is 0.1 + 0.2 == 0.3 in Python?
    not np.allclose(a, b, rtol=1e-9, atol=1e-9) -> np.any(a != b) || not np.array_equal(a, b)
the sum of two different games never tried: Which rule shares two games well, but not their sum?
    for two, _ in games: -> for two in [one]: || for two in (one,):
null player never asked for: Who changes nothing in the second game, and what does he get?
    return "null player" -> pass || i
symmetry never asked for: Which two are equal in the third game, and does your premise see it?
    v[neither + 2**i], v[neither + 2**j] -> v[np.arange(2**d) | 2**i], v[np.arange(2**d) | 2**j]
    v[neither + 2**i], v[neither + 2**j] -> v[np.arange(2**d) | 2**j], v[np.arange(2**d) | 2**i]
    return "symmetry" -> pass || continue
only the first game: Must a rule keep its promises in one game, or in all?
    for value, d in games: -> for value, d in games[:1]: || for value, d in games[:-3]:
""")
