"""untrained: which of four networks learnt nothing?"""

from course_lib.checks.cases import Case, call, mistakes
from course_lib.datasets import four_maps

_VISIBLE = (8, 26, 28, 30, 32, 40, 41, 47)  # how one map looks is right on two at most


def cases():
    for seed in _VISIBLE:
        maps, odd = four_maps(rng=seed)
        yield Case(f"four_maps(rng={seed})", call(maps), odd, given=True)


def random(rng):
    for _ in range(6):
        maps, odd = four_maps(rng=rng)
        yield Case("four maps drawn anew", call(maps), odd)


POINTS = {"idea": 2}
SHAPES = "maps: K S S"
MISTAKES = mistakes(r"""
the darkest: The brightness was drawn. What is left if each map is divided by its own sum?
    agreement.sum(axis=0).argmin() -> maps.sum(axis=(1, 2)).argmin() || maps.mean((1, 2)).argmin()
brightness decides: The brightness was drawn. What is left if each map is divided by its own sum?
    np.corrcoef(maps.reshape(len(maps), -1)) -> -np.abs(maps[:, None] - maps).sum(axis=(2, 3))
    agreement.sum(axis=0).argmin() -> maps.sum(axis=(1, 2)).argmax() || maps.mean((1, 2)).argmax()
the most blurred: Try it on 100 sets. How often is the most even map the untrained one's?
    agreement.sum(axis=0).argmin() -> (maps.std(axis=(1, 2)) / maps.mean(axis=(1, 2))).argmin()
    agreement.sum(axis=0).argmin() -> (maps.var((1, 2)) / maps.mean((1, 2)) ** 2).argmin()
the sharpest: Try it on 100 sets. How often is the sharpest map the untrained one's?
    agreement.sum(axis=0).argmin() -> (maps.std(axis=(1, 2)) / maps.mean(axis=(1, 2))).argmax()
    agreement.sum(axis=0).argmin() -> (maps.var((1, 2)) / maps.mean((1, 2)) ** 2).argmax()
the one that agrees best: Three networks learnt the same task. What should their maps share?
    .argmin() -> .argmax() || .argsort()[-1]
counted from 1: Which number has the first map?
    int(agreement.sum(axis=0).argmin()) -> 1 + int(agreement.sum(axis=0).argmin())
    .argmin()) -> .argmin() + 1)
""")
