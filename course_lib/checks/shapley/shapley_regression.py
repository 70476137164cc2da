"""shapley_regression: absent features leave the model, and the rest is fitted anew."""

from course_lib.checks.cases import Case, array, call, mistakes

_SQUARE = array("1 1 1 -1 -1 1 -1 -1", 4, 2)
_TWINS = array("0 0 2 2 4 4 2 0 2 4", 5, 2)


def cases():
    of = call(_SQUARE, _SQUARE @ [2.0, -3.0], array([1, 0.5]))
    yield Case("orthogonal: 2 * 1 and -3 * 0.5", of, array([2, -1.5]), rtol=1e-8)
    of = call(_SQUARE, 7 + _SQUARE @ [2.0, 5.0], array([2, 1]))
    yield Case("a mean of 7 that belongs to nobody", of, array([4, 5]), rtol=1e-8)
    of = call(_TWINS, _TWINS[:, 0], array([4, 2]))
    yield Case("y = x0; x1 goes with it", of, array([2, 0]), "together", rtol=1e-8)
    of = call(_TWINS, _TWINS[:, 0], array([2, 4]))
    yield Case("y = x0; x1 is high", of, array([-0.5, 0.5]), "together", rtol=1e-8)


def random(rng):
    for n, d in ((9, 3), (7, 4)):
        X = rng.normal(size=(n, d)) + rng.normal(size=(n, 1)) + 2
        of = call(X, rng.normal(size=n), rng.normal(size=d))
        yield Case("random numbers", of, group="together", rtol=1e-7)


POINTS = {"idea": 1, "together": 1}
SHAPES = "X: N D, y: N, x: D"
USES = ("shapley_exact",)
MISTAKES = mistakes(r"""
no intercept: What does a model without any feature predict?
    np.ones(len(X)) -> np.zeros(len(X)) ;; np.append(1.0, x -> np.append(0.0, x
    [np.ones(len(X)), X[:, mask]] -> [X[:, mask]] ;; np.append(1.0, x[mask]) -> x[mask]
absent features set to 0, the weights left: Was the model fitted anew for this coalition?
    X[:, mask]]) -> X]) ;; np.append(1.0, x[mask]) -> np.append(1.0, x * mask)
    shapley_exact(value, X.shape[1]) -> x * np.linalg.lstsq(np.insert(X, 0, 1, axis=1), y)[0][1:]
absent features at their mean: Was the model fitted anew for this coalition?
    X[:, mask]]) -> X]) ;; x[mask]) -> np.where(mask, x, X.mean(axis=0)))
    X[:, mask]]) -> X]) ;; x[mask]) -> X.mean(axis=0) + mask * (x - X.mean(axis=0)))
nothing known predicts 0: What does a fit with a constant alone predict?
    fit @ -> mask.any() * fit @ || (fit if mask.any() else 0 * fit) @
one feature alone: With which others does a feature share its credit?
    shapley_exact(value, X.shape[1]) -> value(np.eye(len(x), dtype=bool)) - y.mean()
    shapley_exact(value, X.shape[1]) -> value(np.eye(len(x)) > 0) - value(np.zeros((1, len(x))) > 0)
""")
