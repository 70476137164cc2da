"""mutagenesis: every other letter at every place."""

from course_lib.checks.cases import Case, array, batched, call, mistakes
from course_lib.checks.saliency.networks import slanted, weighted
from course_lib.datasets import one_hot

_F = weighted(array("1 10 100 2 20 200 4 40 400 8 80 800", 4, 3))
pairs = batched(
    "f: batch -> how often C follows A", 2, lambda x: (x[:, 0, :-1] * x[:, 1, 1:]).sum(axis=1)
)
most = batched("f: batch -> the largest number of one letter", 2, lambda x: x.sum(2).max(1))


def cases():
    expected = array("0 -10 -300 1 0 -200 3 20 0 7 60 400", 4, 3)
    yield Case("weights for each letter and place", call(_F, one_hot("ACG")), expected)
    expected = array("-7 0 0 -6 10 100 -4 30 300 0 70 700", 4, 3)
    yield Case("another word", call(_F, one_hot("TAA")), expected)
    expected = array("0 0 -1 0 0 0 -1 0 0 1 0 -1 -1 0 0 0 -1 -1 0 0", 4, 5)
    yield Case("GACAT: C follows A once", call(pairs, one_hot("GACAT")), expected, "together")
    expected = array("1 0 0 0 0 0 0 -1 -1 0 -1 -1", 4, 3)
    yield Case("CAA: the most are 2", call(most, one_hot("CAA")), expected, "together")


def random(rng):
    for group in ("idea", "idea", "together", "together"):
        L = int(rng.integers(5, 9))
        f = slanted if group == "idea" else pairs
        word = "".join(rng.permutation(list("ACGT" + "AC" * L))[:L])
        yield Case("random letters", call(f, one_hot(word)), group=group)


POINTS = {"idea": 1, "together": 1}
SHAPES = "f: , one_hot: A L"
MISTAKES = mistakes(r"""
two letters at one place: How many ones are in the column of the changed word?
    mutated[:, i] = 0 -> pass || mutated = mutated + 0
the score itself: What is the entry of a letter that is there already?
    f(mutated[None])[0] - score -> f(mutated[None])[0] || f(mutated[None])[0] + 0 * score
mutations pile up: Which word does the second mutation begin with?
    mutated = one_hot.copy() -> mutated = one_hot.copy() if a + i == 0 else mutated
    change = np -> mutated = one_hot.copy()\n    change = np
    ;; mutated = one_hot.copy()\n        m -> m
the letter taken away: Which letter stands at the place after the change?
    mutated[a, i] = 1 -> pass ;; change[a, i] = -> change[a, i] = (one_hot[a, i] == 0) and
    mutated[a, i] = 1 -> mutated[a, i] = 0 || pass
against the mean of the letters: With which word is the changed one compared?
    return change -> return change - change.mean(axis=0) || return change - change.mean(0)[None]
changed in all places: At how many places does the changed word differ?
    mutated[:, i] = 0 -> mutated[:] = 0 ;; mutated[a, i] = 1 -> mutated[a] = 1
    mutated[:, i] = 0 -> mutated = 0 * mutated ;; mutated[a, i] = 1 -> mutated[a, :] = 1
all other letters in the place of one: Which of the four letters may be 1 at place i?
    [:, i] = 0 -> [:, i] = 1 - mutated[:, i] || [:, i] = mutated[:, i] == 0
no sign: May a mutation lower the score?
    return change -> return np.abs(change) || return np.maximum(change, -change)
""")
