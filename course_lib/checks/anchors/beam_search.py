"""beam_search: grow the best anchors by one word at a time."""

from course_lib.checks.cases import Case, call, mistakes, named


def _checked(anchor):
    if not isinstance(anchor, tuple) or list(anchor) != sorted(set(anchor)):
        raise ValueError(f"precision takes a sorted tuple of positions, got {anchor!r}")
    return anchor


def _table(numbers, otherwise=0.5):
    words = ", ".join(f"{value:g} for {anchor}" for anchor, value in numbers.items())
    return named(
        f"{words}, else {otherwise:g}", lambda anchor: numbers.get(_checked(anchor), otherwise)
    )


steady = named("(5 + the number of words) / 8", lambda anchor: (5 + len(_checked(anchor))) / 8)
sums = named(
    "0.1 + 0.3, 0.2, 0.35, 0.1 for the words 0, 1, 2, 3 that are held",
    lambda anchor: 0.1 + sum((0.3, 0.2, 0.35, 0.1)[i] for i in _checked(anchor)),
)
hidden = _table({(1, 2): 1.0, (0, 1, 2): 1.0, (0,): 0.6, (3,): 0.6})
late = _table({(1,): 0.9, (0,): 0.8, (2,): 0.7, (0, 1): 0.95, (1, 2): 0.95})
left = _table({(2,): 0.8, (0, 2): 0.9})
tied = _table({(1, 3): 1.0})
twice = _table({(0,): 0.7, (1,): 0.6, (0, 1): 0.8, (0, 2): 0.7, (0, 2, 3): 1.0})


@lambda function: named("some number between 0 and 1 for each anchor", function)
def bumpy(anchor):
    return (sum(7 + 31 * (i + 1) ** 3 for i in _checked(anchor)) * 7919 % 101) / 101


def cases():
    yield Case("no word is needed", call(steady, 3, beam=2, threshold=0.6), ())
    yield Case("the better of two pairs", call(sums, 4, beam=2, threshold=0.6), (0, 2))
    yield Case("three words are needed", call(sums, 4, beam=2, threshold=0.9), (0, 1, 2))
    yield Case("the whole review is needed", call(sums, 3, beam=2, threshold=0.9), (0, 1, 2))
    yield Case("the best of those that pass", call(late, 3, beam=1, threshold=0.7), (1,))
    yield Case("a word before the first one", call(left, 4, beam=1, threshold=0.84), (0, 2))
    yield Case("as much as the threshold", call(steady, 3, beam=1, threshold=0.75), (0,), "details")
    yield Case("two equal pairs", call(late, 3, beam=2, threshold=0.92), (0, 1), "details")
    yield Case("(1, 2) is not seen", call(hidden, 4, beam=2, threshold=0.9), (0, 1, 2), "beam")
    yield Case("a beam of 4 does", call(hidden, 4, beam=4, threshold=0.9), (1, 2), "beam")
    yield Case("none passes", call(sums, 3, beam=2, threshold=0.99), None, "details")
    yield Case("(0, 1) grows from both", call(twice, 4, beam=2, threshold=0.9), (0, 2, 3), "beam")
    yield Case("(1,) is kept", call(tied, 4, beam=2, threshold=0.9), (1, 3), "beam")
    yield Case("(0,) is kept, (1,) not", call(tied, 4, beam=1, threshold=0.9), None, "beam")


def random(rng):
    for group in ("idea", "idea", "beam", "beam"):
        threshold = float(rng.uniform(0.6, 0.99))
        size, beam = (int(rng.integers(low, high)) for low, high in ((4, 7), (1, 4)))
        yield Case("random numbers", call(bumpy, size, beam=beam, threshold=threshold), group=group)


POINTS = {"idea": 1, "beam": 1, "details": 1}
MISTAKES = mistakes(r"""
the empty anchor forgotten: Must a word be held at all?
    level = [()] -> level = [(i,) for i in range(n_tokens)] || level = list(zip(range(n_tokens)))
stops at the first level: What is to be done where no single word passes?
    level = list(longer) -> level = list(longer) if not ranked[0] else []
    level = list(longer) -> level = [anchor for anchor in longer if len(anchor) < 2]
the beam ignored: How many anchors of a length go on?
    in ranked[:beam] -> in ranked || in level
a beam of 1: How many anchors of a length go on?
    in ranked[:beam] -> in ranked[:1] || in [ranked[0]]
words added on the right only: Can the best pair begin before the best single word?
    if i not in anchor -> if not anchor or i > anchor[-1] || if i > max(anchor, default=-1)
the first that passes: Several anchors of a level pass. Which is wanted?
    return ranked[0] -> return sorted(a for a in level if precision(a) >= threshold)[0]
    return ranked[0] -> return min(a for a in level if precision(a) >= threshold)
above the threshold only: Does a precision that equals the threshold pass?
    if precision(ranked[0]) >= -> if precision(ranked[0]) > || if not precision(ranked[0]) <=
of ties the larger: Two anchors are equally precise. Which comes first?
    (-precision(anchor), anchor) -> (precision(anchor), anchor)
    ;; sorted(level, -> sorted(level, reverse=True,
    (-precision(anchor), anchor) -> (-precision(anchor), [-i for i in anchor])
an anchor twice in the beam: From how many anchors of one word can (0, 1) grow?
    longer = { -> longer = [ ;; \n        } -> \n        ] || \n        ] * 1
the beam from the wrong end: Which anchors of a level are worth going on with?
    in ranked[:beam] -> in ranked[-beam:] || in ranked[::-1][:beam]
words not sorted by precision: Which anchors of a level are worth going on with?
    in ranked[:beam] -> in sorted(level)[:beam] || in sorted(ranked)[:beam]
""")
