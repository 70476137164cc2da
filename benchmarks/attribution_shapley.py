"""Shapley values against shap: error at equal counted evaluations, time, and where shap differs.

    python -m benchmarks.attribution_shapley

needs the optional extra `peers`. Kernel SHAP is compared at equal numbers of coalitions, counted by
wrapping the model: shap's `nsamples` leaves out the coalitions of nobody and of everybody, so ours
gets two more. Feature selection by shap (`l1_reg`) is off, as ours has none. Errors are root mean
squares over features against the exact values, medians over seeds. Times are interleaved ratios of
whole calls, model evaluations included, for models that are quick, so that the method counts.
"""

import json
import statistics
import warnings
from pathlib import Path

import numpy as np

from benchmarks.interleaved import interleave
from course_lib.attribution import kernel_shap, masked_game, shapley_exact, tree_game

EVALUATIONS = (128, 512, 2048)
SEEDS = 25
GOALS = {"error": 0.8, "time": 0.2, "exact time": 0.15}


def models():
    """Yield (name, f, x, background) of models whose 2^d coalitions can be enumerated."""
    from sklearn.datasets import load_breast_cancer, load_wine
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier

    for d, seed in ((12, 0), (16, 1)):
        rng = np.random.default_rng(seed)
        w1, b1 = rng.normal(size=(d, 32)) * 2 / np.sqrt(d), rng.normal(size=32)
        w2, u = rng.normal(size=(32, 32)) / 4, rng.normal(size=32)
        yield (
            f"ReLU net, d = {d}",
            lambda rows, w1=w1, b1=b1, w2=w2, u=u: (
                np.maximum(np.maximum(rows @ w1 + b1, 0) @ w2, 0) @ u
            ),
            rng.normal(size=d),
            rng.normal(size=(8, d)),
        )
    for d, seed in ((12, 2), (15, 5)):
        rng = np.random.default_rng(seed)
        terms = [(rng.permutation(d)[:k], rng.normal()) for k in range(1, 6) for _ in range(12)]
        yield (
            f"products of 1 to 5 features, d = {d}",
            lambda rows, terms=terms: sum(c * rows[:, t].prod(axis=1) for t, c in terms),
            np.ones(d),
            np.zeros((1, d)),
        )
    rng = np.random.default_rng(3)
    w, u = rng.normal(size=(14, 16)), rng.normal(size=16)
    yield (
        "logistic of a tanh net, d = 14",
        lambda rows: 1 / (1 + np.exp(-np.tanh(rows @ w) @ u)),
        rng.normal(size=14),
        rng.normal(size=(4, 14)),
    )
    X, y = load_wine(return_X_y=True)
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    forest = RandomForestClassifier(20, max_depth=5, random_state=0).fit(X, y)
    yield "random forest on wine, d = 13", lambda r: forest.predict_proba(r)[:, 0], X[3], X[60:70]
    X, y = load_breast_cancer(return_X_y=True)
    X = ((X - X.mean(axis=0)) / X.std(axis=0))[:, :14]
    boosted = GradientBoostingRegressor(n_estimators=50, max_depth=4, random_state=0).fit(X, y)
    yield "boosted trees on breast cancer, d = 14", boosted.predict, X[10], X[100:105]


class Counted:
    """A function of rows that counts the rows it was asked for."""

    def __init__(self, f):
        self.f, self.rows = f, 0

    def __call__(self, rows):
        self.rows += len(rows)
        return self.f(rows)


def kernel_errors():
    """Compare errors at equal counted evaluations; the game is looked up in a table of all."""
    import shap

    results = []
    for name, f, x, background in models():
        d = len(x)
        masks = (np.arange(2**d)[:, None] >> np.arange(d) & 1).astype(bool)
        table = masked_game(f, x, background)(masks)
        powers = 1 << np.arange(d)

        def value(masks, table=table, powers=powers):
            return table[masks @ powers]

        exact = shapley_exact(value, d)
        for n in EVALUATIONS:
            errors = {"ours": [], "shap": []}
            for seed in range(SEEDS):
                counted = Counted(value)
                result = kernel_shap(counted, d, n_evals=n + 2, rng=np.random.default_rng(seed))
                assert counted.rows == result.n_evals <= n + 2
                errors["ours"].append(_rms(result.values - exact))
                counted = Counted(lambda rows: value(rows > 0.5))
                explainer = shap.KernelExplainer(counted, np.zeros((1, d)))
                np.random.seed(seed)  # noqa: NPY002 (shap draws from it)
                theirs = explainer.shap_values(np.ones(d), nsamples=n, l1_reg=False, silent=True)
                # one row for its estimate of f(background), one for the shape of f's output
                assert counted.rows - n in (2, 3), counted.rows
                errors["shap"].append(_rms(theirs - exact))
            ours, theirs = (statistics.median(errors[k]) for k in ("ours", "shap"))
            results.append({"case": name, "n": n, "ours": ours, "shap": theirs,
                            "ratio": ours / theirs})  # fmt: skip
            print(
                f"error  {name:40}{n:6}{ours:12.2e}{theirs:12.2e}{ours / theirs:8.2f}", flush=True
            )
    return results


def kernel_times(rounds):
    """Compare the time of whole calls on quick models, ten rows of background."""
    import shap

    results = []
    for d in (12, 16):
        rng = np.random.default_rng(d)
        w, u = rng.normal(size=(d, 8)), rng.normal(size=8)
        x, background = rng.normal(size=d), rng.normal(size=(10, d))

        def f(rows, w=w, u=u):
            return np.maximum(rows @ w, 0) @ u

        for n in EVALUATIONS:
            value = masked_game(f, x, background)
            draws = np.random.default_rng(0)
            explainer = shap.KernelExplainer(f, background)
            ratio = interleave(
                lambda n=n, d=d, value=value, draws=draws: kernel_shap(
                    value, d, n_evals=n + 2, rng=draws
                ),
                lambda n=n, x=x, explainer=explainer: explainer.shap_values(
                    x, nsamples=n, l1_reg=False, silent=True
                ),
                rounds=rounds,
            )
            results.append({"case": f"small ReLU net, d = {d}", "n": n} | vars(ratio))
            _print_time("kernel", results[-1])
    return results


def exact_times(rounds):
    """Compare exact values, checked to be equal, on the same models."""
    import shap

    results = []
    for d in (8, 10, 12, 14):
        rng = np.random.default_rng(d)
        w, u = rng.normal(size=(d, 8)), rng.normal(size=8)
        x, background = rng.normal(size=d), rng.normal(size=(5, d))

        def f(rows, w=w, u=u):
            return np.maximum(rows @ w, 0) @ u

        value = masked_game(f, x, background)
        explainer = shap.explainers.ExactExplainer(f, shap.maskers.Independent(background))

        def theirs(explainer=explainer, x=x, d=d):
            return explainer(x[None], max_evals=2**d + 1, silent=True).values[0]

        difference = abs(shapley_exact(value, d) - theirs()).max()
        assert difference < 1e-9, difference
        ratio = interleave(lambda value=value, d=d: shapley_exact(value, d), theirs, rounds=rounds)
        results.append({"case": f"small ReLU net, d = {d}", "n": 2**d} | vars(ratio))
        _print_time("exact", results[-1])
    return results


def where_shap_differs():
    """Return the smallest cases in which the peer's numbers are not the Shapley values."""
    import shap
    from sklearn.tree import DecisionTreeRegressor

    cases = []
    # Feature selection is on unless it is turned off: with 12 features two are set to nought.
    d = 12
    explainer = shap.KernelExplainer(lambda rows: rows.sum(axis=1), np.zeros((1, d)))
    np.random.seed(0)  # noqa: NPY002
    values = explainer.shap_values(np.ones(d), nsamples=512, silent=True)
    cases.append({
        "case": "sum of 12 features, KernelExplainer as it comes (l1_reg)",
        "exact": [1.0] * d, "shap": np.round(values, 6).tolist(),
        "ours": kernel_shap(lambda m: m.sum(1), d, n_evals=514,
                            rng=np.random.default_rng(0)).values.round(6).tolist(),
    })  # fmt: skip
    # TreeSHAP and the brute force agree on the path-dependent game.
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    tree = DecisionTreeRegressor(max_depth=2, random_state=0).fit(X, X[:, 0] * X[:, 1])
    theirs = shap.TreeExplainer(tree, feature_perturbation="tree_path_dependent")
    ours = shapley_exact(tree_game(tree.tree_, X[5]), 4)
    difference = float(abs(theirs.shap_values(X[5:6])[0] - ours).max())
    assert difference < 1e-9, difference
    cases.append({"case": "tree of depth 2: brute force and TreeSHAP, largest difference",
                  "difference": difference})  # fmt: skip
    for case in cases:
        print(case)
    return cases


def _rms(difference):
    return float(np.sqrt(np.mean(np.square(difference))))


def _print_time(kind, row):
    print(f"{kind:7}{row['case']:40}{row['n']:6}{row['ours_ms']:9.2f} ms{row['theirs_ms']:9.2f} ms"
          f"{row['median']:8.2f}  ({row['low']:.2f} to {row['high']:.2f})", flush=True)  # fmt: skip


def main(rounds=15):
    """Measure, print, and write `benchmarks/attribution_shapley.json`."""
    warnings.filterwarnings("ignore")
    errors, kernel, exact = kernel_errors(), kernel_times(rounds), exact_times(rounds)
    summary = {
        f"error at {n}": statistics.median(r["ratio"] for r in errors if r["n"] == n)
        for n in EVALUATIONS
    }
    summary |= {
        f"time at {n}": statistics.median(r["median"] for r in kernel if r["n"] == n)
        for n in EVALUATIONS
    }
    summary["exact time"] = statistics.median(r["median"] for r in exact)
    for name, ratio in summary.items():
        goal = GOALS.get(name) or GOALS[name.split(" at")[0]]
        print(f"{name:16}ours / shap {ratio:6.2f}   goal at most {goal}")
    results = {"summary": summary, "goals": GOALS, "errors": errors, "kernel times": kernel,
               "exact times": exact, "differences": where_shap_differs()}  # fmt: skip
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
