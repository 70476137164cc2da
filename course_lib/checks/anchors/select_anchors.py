"""select_anchors: all that pass, the shortest of them, the best of those."""

from course_lib.checks.cases import Case, call, mistakes

_THREE = {
    (): 0.5, (0,): 0.75, (1,): 0.7, (2,): 0.5,
    (0, 1): 0.9, (0, 2): 0.95, (1, 2): 0.9, (0, 1, 2): 1.0,
}  # fmt: skip


def cases():
    expected = [(0, 1), (0, 1, 2), (0, 2), (1, 2)], [(0, 1), (0, 2), (1, 2)], [(0, 2)]
    yield Case("two words are needed; 0.9 passes at 0.9", call(_THREE, 0.9), expected)
    yield Case("one pair passes", call(_THREE, 0.93), ([(0, 1, 2), (0, 2)], [(0, 2)], [(0, 2)]))
    expected = [(0,), (0, 1), (0, 1, 2), (0, 2), (1,), (1, 2)], [(0,), (1,)], [(0,)]
    yield Case("one word is enough", call(_THREE, 0.6), expected)
    yield Case("nothing but the whole document", call(_THREE, 0.99), ([(0, 1, 2)],) * 3)
    every, empty = sorted(_THREE), [()]
    yield Case("the empty anchor passes", call(_THREE, 0.5), (every, empty, empty))
    tied = {(2,): 0.9, (0,): 0.9, (1,): 0.8, (0, 1): 1.0, (): 0.1}
    expected = [(0,), (0, 1), (1,), (2,)], [(0,), (1,), (2,)], [(0,), (2,)]
    yield Case("a tie, and another order", call(tied, 0.8), expected, "details")
    yield Case("none passes", call({(): 0.2, (0,): 0.4}, 0.5), ([], [], []), "details")


def random(rng):
    for group in ("idea", "idea", "details"):
        steps = 8 if group == "idea" else 4
        keys = [list(_THREE)[place] for place in rng.permutation(len(_THREE))]
        precisions = {key: int(rng.integers(1, steps)) / 8 for key in keys}
        yield Case("random precisions", call(precisions, steps / 16), group=group)


POINTS = {"idea": 1, "details": 1}
RETURNS = ("A1", "A2", "A3")
MISTAKES = mistakes(r"""
above the threshold only: Does a precision that equals the threshold pass?
    if precisions[anchor] >= -> if precisions[anchor] > || if not precisions[anchor] <=
shortest of all, not of A1: The shortest of which anchors?
    (len(anchor) for anchor in A1) -> (len(anchor) for anchor in precisions)
    fewest = min((len(anchor) for anchor in A1), default=0) -> fewest = min(map(len, precisions))
the best of all that pass: The most precise of which anchors?
    (precisions[anchor] for anchor in A2) -> (precisions[anchor] for anchor in A1)
    max((precisions[anchor] for anchor in A2), default=0) -> max(map(precisions.get, A1), default=0)
    for anchor in A2), default -> for anchor in A1), default
    ;; in A2 if precisions -> in A1 if precisions
one of the ties: Which anchors are as good as the best of A2?
    return A1, A2, A3 -> return A1, A2, A3[:1]
    [anchor for anchor in A2 if precisions[anchor] == best] -> sorted(A2, key=precisions.get)[-1:]
one of the shortest: Which anchors are as short as the shortest?
    [anchor for anchor in A1 if len(anchor) == fewest] -> sorted(A1, key=len)[:1]
    best = max( -> A2 = A2[:1]\n    best = max(
short before long: In which order does sorted() put (0, 1) and (1,)?
    in sorted(precisions) -> in sorted(precisions, key=lambda anchor: (len(anchor), anchor))
    return A1, A2, A3 -> A1.sort(key=len)\n    return A1, A2, A3
the order of the dict: Which order must the lists have?
    in sorted(precisions) -> in precisions || in list(precisions.keys())
the best first: Which order must the lists have?
    in sorted(precisions) -> in sorted(precisions, key=lambda anchor: (-precisions[anchor], anchor))
    in sorted(precisions) -> in sorted(sorted(precisions), key=precisions.get, reverse=True)
the longest for the shortest: Which anchors of A1 cover most?
    min((len(anchor) for anchor in A1) -> max(map(len, A1) || max([len(anchor) for anchor in A1]
the least precise of A2: Which of the shortest anchors promises most?
    best = max( -> best = min(
    max((precisions[anchor] for anchor in A2), default=0) -> min(map(precisions.get, A2), default=0)
""")
