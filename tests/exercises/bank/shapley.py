"""Wrong answers as students write them, none of which the checks have seen.

WRONG: task -> (base, names that would be right, edits of the base). A base is a right answer; no
names means that whatever name the check gives is wrong. RIGHT: task -> right answers.
"""

from itertools import combinations, permutations
from math import comb, factorial

import numpy as np

NAMES = {"np": np, "combinations": combinations, "permutations": permutations, "comb": comb,
         "factorial": factorial}  # fmt: skip

SAMPLING = """
def shapley_sampling(value, orders):
    n, d = orders.shape
    gains = np.zeros((n, d))
    for i in range(n):
        team = np.zeros((1, d), dtype=bool)
        old = value(team)[0]
        for k in range(d):
            j = orders[i, k]
            team[0, j] = True
            new = value(team)[0]
            gains[i, j] = new - old
            old = new
    mean = np.mean(gains, axis=0)
    s = np.std(gains, axis=0, ddof=1)
    return mean, s / np.sqrt(n)
"""

EXACT = """
def shapley_exact(value, d):
    phi = np.zeros(d)
    for j in range(d):
        others = [k for k in range(d) if k != j]
        for s in range(len(others) + 1):
            for S in combinations(others, s):
                mask = np.zeros(d, dtype=bool)
                mask[list(S)] = True
                v0 = value(mask[None])[0]
                mask[j] = True
                v1 = value(mask[None])[0]
                w = factorial(len(S)) * factorial(d - len(S) - 1)
                phi[j] += w * (v1 - v0) / factorial(d)
    return phi
"""

AXIOM = """
def broken_axiom(rule, games):
    d = games[0][1]
    masks = np.array([[bool(n >> j & 1) for j in range(d)] for n in range(2**d)])
    tol = 1e-8
    for value, d in games:
        phi = rule(value, d)
        v = value(masks)
        if abs(phi.sum() - (v[-1] - v[0])) > tol:
            return "efficiency"
        for i in range(d):
            null = True
            for n in range(2**d):
                if not masks[n, i] and abs(v[n + 2**i] - v[n]) > tol:
                    null = False
            if null and abs(phi[i]) > tol:
                return "null player"
        for i in range(d):
            for j in range(d):
                equal = True
                for n in range(2**d):
                    if masks[n, i] or masks[n, j] or i == j:
                        continue
                    if abs(v[n + 2**i] - v[n + 2**j]) > tol:
                        equal = False
                if equal and abs(phi[i] - phi[j]) > tol:
                    return "symmetry"
    for a in range(len(games)):
        for b in range(len(games)):
            v, w = games[a][0], games[b][0]
            both = rule(lambda m: v(m) + w(m), d)
            if np.max(np.abs(both - rule(v, d) - rule(w, d))) > tol:
                return "linearity"
    return None
"""

MARGINAL = """
def marginal_values(f, x, background, masks):
    result = []
    for mask in masks:
        rows = background.copy()
        for j in range(len(x)):
            if mask[j]:
                rows[:, j] = x[j]
        result.append(np.mean(f(rows)))
    return np.array(result)
"""

REGRESSION = """
def shapley_regression(X, y, x):
    d = X.shape[1]
    def value(masks):
        out = []
        for m in masks:
            A = np.column_stack([np.ones(len(X)), X[:, m]])
            c = np.linalg.lstsq(A, y)[0]
            out.append(c[0] + c[1:] @ x[m])
        return np.array(out)
    return shapley_exact(value, d)
"""

KERNEL = """
def kernel_shap(masks, values, v_none, v_all):
    d = masks.shape[1]
    Z = masks.astype(float)
    s = masks.sum(axis=1)
    w = np.array([(d - 1) / (comb(d, k) * k * (d - k)) for k in s.tolist()])
    t = v_all - v_none
    A = Z[:, :-1] - Z[:, -1:]
    b = values - v_none - t * Z[:, -1]
    r = np.sqrt(w)
    first = np.linalg.lstsq(A * r[:, None], b * r)[0]
    return np.append(first, t - first.sum())
"""
PLAIN = (
    "    A = Z[:, :-1] - Z[:, -1:]\n    b = values - v_none - t * Z[:, -1]\n",
    "    A, b = Z, values - v_none\n",
)

WRONG = {
    "shapley_sampling": [
        (SAMPLING, {"orders walked from the end"}, [
            ("j = orders[i, k]", "j = orders[i, d - 1 - k]")]),
        (SAMPLING, {"by arrival, not by player"}, [("gains[i, j] =", "gains[i, k] =")]),
        (SAMPLING, {"each alone against no one"}, [
            ("            old = new\n", "            team[0, j] = False\n")]),
        (SAMPLING, {"worth of the team, not the gain"}, [("            old = new\n", "")]),
        (SAMPLING, {"worth of the team, not the gain"}, [("new - old", "new")]),
        (SAMPLING, {"n for n - 1"}, [(", ddof=1", "")]),
        (SAMPLING, {"n for n - 1"}, [("ddof=1", "ddof=0")]),
        (SAMPLING, {"the spread, not the error of the mean"}, [("s / np.sqrt(n)", "s")]),
        (SAMPLING, {"divided by n, not by its root"}, [("s / np.sqrt(n)", "s / n")]),
        (SAMPLING, set(), [("s / np.sqrt(n)", "s / np.sqrt(n - 1)")]),
        (SAMPLING, set(), [("s / np.sqrt(n)", "s / np.sqrt(d)")]),
        (SAMPLING, {"sum for mean"}, [("np.mean(gains", "np.sum(gains")]),
        (SAMPLING, set(), [("np.mean(gains, axis=0)", "np.mean(gains, axis=1)")]),
        (SAMPLING, set(), [("return mean, s / np.sqrt(n)", "return mean")]),
        (SAMPLING, set(), [("return mean, s / np.sqrt(n)", "return s / np.sqrt(n), mean")]),
        (SAMPLING, set(), [("value(team)", "value(team[0])")]),
        (SAMPLING, {"nobody taken for nothing"}, [("old = value(team)[0]", "old = 0")]),
    ],
    "shapley_exact": [
        (EXACT, {"v(S) not subtracted"}, [("(v1 - v0)", "v1")]),
        (EXACT, {"those who come later not counted"}, [(" * factorial(d - len(S) - 1)", "")]),
        (EXACT, {"j counted among the later ones"}, [("d - len(S) - 1", "d - len(S)")]),
        (EXACT, {"j counted in the size"}, [("factorial(len(S)) *", "factorial(len(S) + 1) *")]),
        (EXACT, {"each coalition the same weight"}, [
            ("w * (v1 - v0) / factorial(d)", "(v1 - v0) / 2 ** (d - 1)")]),
        (EXACT, set(), [
            ("w * (v1 - v0) / factorial(d)", "(v1 - v0) / d")]),
        (EXACT, {"all others missing"}, [("len(others) + 1)", "len(others))")]),
        (EXACT, {"the empty coalition left out"}, [
            ("in range(len(others) + 1)", "in range(1, len(others) + 1)")]),
        (EXACT, {"places among the others, not players"}, [
            ("combinations(others, s)", "combinations(range(d - 1), s)")]),
        (EXACT, {"nobody taken for nothing"}, [
            ("v0 = value(mask[None])[0]", "v0 = value(mask[None])[0] if mask.any() else 0")]),
        (EXACT, {"only the last coalition"}, [("phi[j] +=", "phi[j] =")]),
        (EXACT, set(), [(" / factorial(d)", "")]),
        (EXACT, set(), [("/ factorial(d)", "/ factorial(d - 1)")]),
        (EXACT, set(), [("(v1 - v0)", "(v0 - v1)")]),
        (EXACT, set(), [("value(mask[None])[0]", "value(mask)")]),
        (EXACT, set(), [("    return phi", "        return phi")]),
        (EXACT, set(), [("dtype=bool", "dtype=int")]),
        (EXACT, set(), [
            ("in range(len(others) + 1)", "in range(1)"), ("w * (v1", "factorial(d) * (v1")]),
    ],
    "broken_axiom": [
        (AXIOM, {"the shares against v of all"}, [("(v[-1] - v[0])", "v[-1]")]),
        (AXIOM, {"null if worth nothing alone"}, [("for n in range(2**d):\n                if not",
                                                   "for n in range(1):\n                if not")]),
        (AXIOM, {"equal if worth the same alone"}, [
            ("for n in range(2**d):\n                    if masks",
             "for n in range(1):\n                    if masks")]),
        (AXIOM, {"compared to the last digit"}, [("tol = 1e-8", "tol = 0")]),
        (AXIOM, {"only the first game"}, [("for value, d in games:", "for value, d in games[:1]:")]),
        (AXIOM, set(), [("for n in range(2**d):\n                if not",
                         "for n in [2**d - 1 - 2**i]:\n                if not")]),
        (AXIOM, {"null player never asked for"}, [('return "null player"', "pass")]),
        (AXIOM, {"symmetry never asked for"}, [('return "symmetry"', "pass")]),
        (AXIOM, {"the sum of two different games never tried"}, [
            ("v, w = games[a][0], games[b][0]", "v, w = games[a][0], games[a][0]")]),
        (AXIOM, {"everyone asked to get nothing"}, [("            if null and", "            if")]),
        (AXIOM, {"everyone asked to get the same"}, [("if equal and", "if")]),
        (AXIOM, set(), [("    return None", "    return 'none'")]),
        (AXIOM, set(), [("    return None", "    return ''")]),
        (AXIOM, set(), [("    d = games[0][1]\n", "    return None\n")]),
        (AXIOM, {"the sum of two different games never tried"}, [
            ("v(m) + w(m)", "2 * v(m)"), ("- rule(v, d) - rule(w, d)", "- 2 * rule(v, d)")]),
    ],
    "marginal_values": [
        (MARGINAL, {"the mean row, not the mean of f"}, [
            ("background.copy()", "background.mean(axis=0)[None].copy()")]),
        (MARGINAL, {"x and background exchanged"}, [("if mask[j]:", "if not mask[j]:")]),
        (MARGINAL, {"one row only"}, [("background.copy()", "background[:1].copy()")]),
        (MARGINAL, {"one row only"}, [("np.mean(f(rows))", "f(rows)[0]")]),
        (MARGINAL, {"absent as 0"}, [("background.copy()", "np.zeros((1, len(x)))")]),
        (MARGINAL, {"sum for mean"}, [("np.mean(f(rows))", "np.sum(f(rows))")]),
        (MARGINAL, set(), [
            ("np.mean(f(rows))", "np.mean(f(rows)) - np.mean(f(background))")]),
        (MARGINAL, set(), [("background.copy()", "background")]),
        (MARGINAL, set(), [("np.mean(f(rows))", "f(rows)")]),
        (MARGINAL, set(), [("    return np", "        return np")]),
        (MARGINAL, set(), [("rows[:, j] = x[j]", "rows[j] = x[j]")]),
    ],
    "shapley_regression": [
        (REGRESSION, {"no intercept"}, [
            ("np.column_stack([np.ones(len(X)), X[:, m]])", "X[:, m]"),
            ("c[0] + c[1:] @ x[m]", "c @ x[m]")]),
        (REGRESSION, set(), [("c[0] + c[1:]", "c[1:]")]),
        (REGRESSION, {"absent features set to 0, the weights left"}, [
            ("X[:, m]])", "X])"), ("x[m]", "(x * m)")]),
        (REGRESSION, {"absent features at their mean"}, [
            ("X[:, m]])", "X])"), ("x[m]", "np.where(m, x, X.mean(axis=0))")]),
        (REGRESSION, {"one feature alone"}, [
            ("shapley_exact(value, d)", "value(np.eye(d, dtype=bool)) - np.mean(y)")]),
        (REGRESSION, set(), [("shapley_exact(value, d)", "value(np.eye(d, dtype=bool))")]),
        (REGRESSION, {"nothing known predicts 0"}, [
            ("out.append(c[0]", "out.append(0 if not m.any() else c[0]")]),
        (REGRESSION, set(), [
            ("c[0] + c[1:] @ x[m]", "1 - np.sum((y - A @ c) ** 2) / np.sum((y - y.mean()) ** 2)")]),
        (REGRESSION, set(), [("shapley_exact(value, d)", "value")]),
        (REGRESSION, set(), [("shapley_exact(value, d)", "shapley_exact(value)")]),
        (REGRESSION, set(), [("return np.array(out)", "return out[0]")]),
    ],
    "kernel_shap": [
        (KERNEL, {"as printed, without the constraint"}, [
            PLAIN, ("np.append(first, t - first.sum())", "first")]),
        (KERNEL, {"v_none forgotten"}, [("v_all - v_none", "v_all"), ("values - v_none", "values")]),
        (KERNEL, {"v_none in one place only"}, [("values - v_none", "values")]),
        (KERNEL, {"v_none in one place only"}, [("v_all - v_none", "v_all")]),
        (KERNEL, {"all coalitions weighted alike"}, [("r = np.sqrt(w)", "r = np.ones(len(w))")]),
        (KERNEL, {"the number of coalitions of a size forgotten"}, [("comb(d, k) * ", "")]),
        (KERNEL, {"pi in place of its root"}, [("r = np.sqrt(w)", "r = w")]),
        (KERNEL, {"the last value left out on the right"}, [(" - t * Z[:, -1]", "")]),
        (KERNEL, {"weights on one side only"}, [("b * r", "b")]),
        (KERNEL, {"weights on one side only"}, [("A * r[:, None]", "A")]),
        (KERNEL, {"a free constant for the constraint"}, [
            ("A = Z[:, :-1] - Z[:, -1:]", "A = np.column_stack([np.ones(len(Z)), Z])"),
            ("b = values - v_none - t * Z[:, -1]", "b = values"),
            ("np.append(first, t - first.sum())", "first[1:]")]),
        (KERNEL, set(), [
            PLAIN, ("np.append(first, t - first.sum())", "first + (t - first.sum()) / d")]),
        (KERNEL, {"a large weight for the constraint"}, [
            PLAIN, ("first = np", "A, b = np.vstack([A, np.ones(d)]), np.append(b, t)\n"
                    "    r = np.append(r, 1e3)\n    first = np"),
            ("np.append(first, t - first.sum())", "first")]),
        (KERNEL, set(), [("np.append(first, t - first.sum())", "first")]),
        (KERNEL, set(), [("np.append(first, t - first.sum())",
                          "np.append(t - first.sum(), first)")]),
        (KERNEL, set(), [("(d - 1) / (", "(d - 1) * (")]),
    ],
}  # fmt: skip

RIGHT = {
    "shapley_sampling": [SAMPLING],
    "shapley_exact": [
        EXACT,
        """
def shapley_exact(value, d):
    orders = list(permutations(range(d)))
    phi = np.zeros(d)
    for order in orders:
        for k in range(d):
            before = np.isin(np.arange(d), order[:k])
            after = np.isin(np.arange(d), order[: k + 1])
            a, b = value(np.stack([before, after]))
            phi[order[k]] += (b - a) / len(orders)
    return phi
""",
    ],
    "broken_axiom": [AXIOM, AXIOM.replace("tol = 1e-8", "tol = 1e-6")],
    "marginal_values": [MARGINAL],
    "shapley_regression": [REGRESSION],
    "kernel_shap": [KERNEL],
}
