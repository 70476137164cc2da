"""Wrong answers as students write them, none of which the checks have seen.

WRONG: task -> (base, names that would be right, edits of the base). A base is a right answer; no
names means that whatever name the check gives is wrong. RIGHT: task -> right answers.
"""

import numpy as np

NAMES = {"np": np}

GAP = """
def completeness_gap(f, x, baseline, attributions):
    fx = f(x[np.newaxis])
    fb = f(baseline[np.newaxis])
    total = attributions.sum()
    return float(total - (fx[0] - fb[0]))
"""

LINEAR = """
def linear_attribution(weights, x, baseline):
    phi = np.zeros(len(x))
    for j in range(len(x)):
        phi[j] = (x[j] - baseline[j]) * weights[j]
    return phi
"""

IG = """
def integrated_gradients(gradient, x, baseline, *, n_steps=50, rule="midpoint"):
    diff = x - baseline
    edges = np.arange(n_steps + 1) / n_steps
    w = np.ones(n_steps)
    if rule == "left":
        points = edges[:-1]
    elif rule == "right":
        points = edges[1:]
    elif rule == "midpoint":
        points = (edges[1:] + edges[:-1]) / 2
    elif rule == "trapezoid":
        points = edges
        w = np.ones(n_steps + 1)
        w[0] = 0.5
        w[-1] = 0.5
    total = np.zeros_like(x, dtype=float)
    for a, wk in zip(points, w):
        p = baseline + a * diff
        g = gradient(p[None])[0]
        total = total + wk * g
    return diff * total / n_steps
"""

PIECES = """
def exact_on_pieces(w1, b1, w2, x, baseline):
    z0 = w1 @ baseline + b1
    z1 = w1 @ x + b1
    cuts = [0.0]
    for m in range(len(b1)):
        if z1[m] != z0[m]:
            t = z0[m] / (z0[m] - z1[m])
            if 0 < t < 1:
                cuts.append(t)
    cuts.append(1.0)
    cuts = sorted(cuts)
    g = np.zeros(len(x))
    for i in range(len(cuts) - 1):
        mid = 0.5 * (cuts[i] + cuts[i + 1])
        z = z0 + mid * (z1 - z0)
        mask = z > 0
        slope = w1.T @ (w2 * mask)
        g += slope * (cuts[i + 1] - cuts[i])
    return g * (x - baseline)
"""

LIFT = """
def deeplift_rescale(weights, biases, x, baseline):
    h, h0 = x.copy(), baseline.copy()
    s = []
    for i in range(len(weights) - 1):
        z = weights[i].dot(h) + biases[i]
        z0 = weights[i].dot(h0) + biases[i]
        h = np.where(z > 0, z, 0)
        h0 = np.where(z0 > 0, z0, 0)
        d = np.zeros(len(z))
        for k in range(len(z)):
            if abs(z[k] - z0[k]) <= 1e-12:
                d[k] = 1.0 if z[k] > 0 else 0.0
            else:
                d[k] = (h[k] - h0[k]) / (z[k] - z0[k])
        s.append(d)
    m = weights[-1][0]
    for i in range(len(weights) - 2, -1, -1):
        m = weights[i].T.dot(m * s[i])
    return m * (x - baseline)
"""

CHOOSE = """
def choose_baseline(f, x, pixel):
    b = x.copy()
    b[pixel] = 0.0
    if abs(f(b[None])[0] - f(x[None])[0]) < 1e-9:
        b[pixel] = 1.0
    return b
"""

WRONG = {
    "completeness_gap": [
        (GAP, {"baseline's score missing"}, [("(fx[0] - fb[0])", "fx[0]")]),
        (GAP, {"absolute shares"}, [("attributions.sum()", "abs(attributions).sum()")]),
        (GAP, {"no sign"}, [("float(total - (fx[0] - fb[0]))", "abs(total - fx[0] + fb[0])")]),
        (GAP, {"relative gap"}, [
            ("float(total - (fx[0] - fb[0]))", "(total - (fx[0] - fb[0])) / (fx[0] - fb[0])")]),
        (GAP, set(), [("attributions.sum()", "attributions.mean()")]),
        (GAP, {"scores added"}, [("(fx[0] - fb[0])", "fx[0] - fb[0]")]),
        (GAP, set(), [("total - (fx[0] - fb[0])", "fx[0] - fb[0] - total")]),
        (GAP, set(), [("return float(total - (fx[0] - fb[0]))", "total - (fx[0] - fb[0])")]),
        (GAP, set(), [("f(x[np.newaxis])", "f(x)")]),
        (GAP, set(), [("fx[0] - fb[0]", "fb[0]")]),
    ],
    "linear_attribution": [
        (LINEAR, {"as printed"}, [("* weights[j]", "* weights[j] / 2")]),
        (LINEAR, {"as printed"}, [("return phi", "return 0.5 * phi")]),
        (LINEAR, {"baseline missing"}, [("(x[j] - baseline[j])", "x[j]")]),
        (LINEAR, {"weights alone"}, [("(x[j] - baseline[j]) * weights[j]", "weights[j]")]),
        (LINEAR, {"difference alone"}, [(" * weights[j]", "")]),
        (LINEAR, {"absolute difference"}, [("(x[j] - baseline[j])", "abs(x[j] - baseline[j])")]),
        (LINEAR, set(), [("return phi", "return phi.sum()")]),
        (LINEAR, set(), [("x[j] - baseline[j]", "baseline[j] - x[j]")]),
        (LINEAR, set(), [("return phi", "return phi * 2")]),
        (LINEAR, set(), [("    return phi", "        return phi")]),
        (LINEAR, set(), [("return phi", "print(phi)")]),
    ],
    "integrated_gradients": [
        (IG, {"x for x - baseline"}, [("return diff *", "return x *")]),
        (IG, set(), [("baseline + a * diff", "a * diff")]),
        (IG, {"path from black"}, [("baseline + a * diff", "a * x")]),
        (IG, {"left and right exchanged"}, [
            ('rule == "left"', 'rule == "R"'), ('rule == "right"', 'rule == "left"'),
            ('rule == "R"', 'rule == "right"')]),
        (IG, {"left and right exchanged"}, [("baseline + a * diff", "x - a * diff")]),
        (IG, {"n points over both ends"}, [
            ("edges[:-1]\n", "np.linspace(0, 1, n_steps)\n"),
            ("edges[1:]\n", "np.linspace(0, 1, n_steps)\n")]),
        (IG, set(), [("points = edges[1:]", "points = edges[:-1]")]),
        (IG, {"n - 1 pieces"}, [("np.arange(n_steps + 1) / n_steps", "np.linspace(0, 1, n_steps)")]),
        (IG, {"n - 1 pieces"}, [
            ("np.arange(n_steps + 1) / n_steps", "np.linspace(0, 1, n_steps)"),
            ("total / n_steps", "total / len(points)")]),
        (IG, {"ends added"}, [
            ("= 0.5\n", "= 1\n"), ("np.ones(n_steps + 1)", "2 * np.ones(n_steps + 1)")]),
        (IG, {"midpoint for the trapezoid"}, [('"midpoint":', '"midpoint" or rule == "trapezoid":')]),
        (IG, {"a factor alpha too many"}, [("wk * g", "wk * g * a")]),
        (IG, {"ends of the trapezoid whole"}, [("w[0] = 0.5", "w[0] = 1")]),
        (IG, {"ends of the trapezoid whole"}, [("= 0.5\n", "= 1\n")]),
        (IG, {"trapezoid as a mean"}, [
            ("= 0.5\n", "= 1\n"), ("total / n_steps", "total / len(points)")]),
        (IG, {"sum for mean"}, [(" / n_steps\n", "\n"), ("+ 1)\n", "+ 1) / n_steps\n")]),
        (IG, {"gradient alone"}, [("return diff * total", "return total")]),
        (IG, {"the last point only"}, [("total = total + wk * g", "total = wk * g")]),
        (IG, {"gradient at x only"}, [("baseline + a * diff", "x")]),
        (IG, set(), [
            ("(edges[1:] + edges[:-1]) / 2", "np.arange(1, n_steps + 1) / (n_steps + 1)")]),
        (IG, set(), [("(edges[1:] + edges[:-1]) / 2", "edges[:-1] + 0.5")]),
        (IG, set(), [("total / n_steps", "total / (n_steps + 1)")]),
        (IG, set(), [("gradient(p[None])[0]", "gradient(p)")]),
        (IG, set(), [("return diff *", "return -diff *")]),
        (IG, set(), [("gradient(p[None])[0]", "gradient(p[None])")]),
        (IG, set(), [("    return diff", "        return diff")]),
    ],
    "exact_on_pieces": [
        (PIECES, {"kinks not sorted"}, [("sorted(cuts)", "cuts")]),
        (PIECES, {"gradient at the start of a piece"}, [
            ("0.5 * (cuts[i] + cuts[i + 1])", "cuts[i]")]),
        (PIECES, {"gradient at the end of a piece"}, [
            ("0.5 * (cuts[i] + cuts[i + 1])", "cuts[i + 1]")]),
        (PIECES, {"pieces of equal length"}, [
            ("(cuts[i + 1] - cuts[i])", "(1 / (len(cuts) - 1))")]),
        (PIECES, {"pieces without a length"}, [(" * (cuts[i + 1] - cuts[i])", "")]),
        (PIECES, {"kinks outside the path kept"}, [("0 < t < 1", "True")]),
        *((PIECES, {"a sum over steps"}, [
            ("cuts = sorted(cuts)", f"cuts = np.linspace(0, 1, {steps + 1})")])
            for steps in (50, 100, 200, 1000, 2000, 100000)),
        (PIECES, set(), [("cuts = sorted(cuts)", "cuts = np.linspace(0, 1, 30)")]),
        (PIECES, {"kinks not sorted"}, [
            ("cuts = [0.0]", "cuts = [0.0, 1.0]"), ("    cuts.append(1.0)\n", ""),
            ("sorted(cuts)", "cuts")]),
        (PIECES, set(), [("(z1 - z0)", "(z1 - z0 + b1)")]),
        (PIECES, {"kinks outside the path kept"}, [("0 < t < 1", "t > 0")]),
        (PIECES, set(), [("cuts = [0.0]", "cuts = []")]),
        (PIECES, set(), [("    cuts.append(1.0)\n", "")]),
        (PIECES, {"gradient at x"}, [("mid = 0.5 * (cuts[i] + cuts[i + 1])", "mid = 1")]),
        (PIECES, {"bias missing"}, [(" + b1", "")]),
        (PIECES, set(), [("z0 = w1 @ baseline + b1", "z0 = b1")]),
        (PIECES, {"x for x - baseline"}, [("g * (x - baseline)", "g * x")]),
        (PIECES, {"gradient alone"}, [("g * (x - baseline)", "g")]),
        (PIECES, {"w2 left out"}, [("(w2 * mask)", "mask")]),
        (PIECES, {"all units awake"}, [("(w2 * mask)", "w2")]),
        (PIECES, set(), [("z > 0", "z < 0")]),
        (PIECES, set(), [("t = z0[m] / (z0[m] - z1[m])", "t = z0[m] / (z1[m] - z0[m])")]),
        (PIECES, set(), [("w1.T @", "w1 @")]),
        (PIECES, set(), [("        if z1[m] != z0[m]:\n    ", "        if m == 0:\n    ")]),
    ],
    "deeplift_rescale": [
        (LIFT, {"gradient at one of the two"}, [
            ("d[k] = (h[k] - h0[k]) / (z[k] - z0[k])", "d[k] = 1.0 if z[k] > 0 else 0.0")]),
        (LIFT, {"gradient at one of the two"}, [
            ("d[k] = (h[k] - h0[k]) / (z[k] - z0[k])", "d[k] = float(z0[k] > 0)"),
            ("1.0 if z[k] > 0 else 0.0", "float(z0[k] > 0)")]),
        (LIFT, {"slope 0 where nothing moves"}, [("1.0 if z[k] > 0 else 0.0", "0.0")]),
        (LIFT, {"slope 1 where nothing moves"}, [("1.0 if z[k] > 0 else 0.0", "1.0")]),
        (LIFT, {"bias at x only"}, [("weights[i].dot(h0) + biases[i]", "weights[i].dot(h0)")]),
        (LIFT, {"biases left out"}, [(" + biases[i]", "")]),
        (LIFT, {"x for the difference"}, [("m * (x - baseline)", "m * x")]),
        (LIFT, {"multipliers alone"}, [("m * (x - baseline)", "m")]),
        (LIFT, set(), [
            ("(h[k] - h0[k]) / (z[k] - z0[k])",
             "(z[k] - z0[k]) / (h[k] - h0[k]) if h[k] != h0[k] else 0")]),
        (LIFT, {"relu of the difference"}, [
            ("(h[k] - h0[k]) /", "max(z[k] - z0[k], 0) /")]),
        (LIFT, {"no ReLU on the baseline's way"}, [("np.where(z0 > 0, z0, 0)", "z0")]),
        (LIFT, {"mean of two derivatives"}, [
            ("(h[k] - h0[k]) / (z[k] - z0[k])", "(float(z[k] > 0) + float(z0[k] > 0)) / 2")]),
        (LIFT, {"slopes left out"}, [("(m * s[i])", "(m)")]),
        (LIFT, set(), [("(x - baseline)", "(baseline - x)")]),
        (LIFT, set(), [("(m * s[i])", "(m * s[-1 - i])")]),
        (LIFT, set(), [("len(weights) - 2, -1, -1", "len(weights) - 1")]),
        (LIFT, set(), [
            ("weights[-1][0]", "weights[-1]"), (".T.dot(m * s[i])", ".T.dot((m * s[i]).T).T")]),
        (LIFT, set(), [("if abs(z[k] - z0[k]) <= 1e-12:", "if False:")]),
    ],
    "choose_baseline": [
        (CHOOSE, {"black or white everywhere"}, [("b = x.copy()", "b = 0 * x"), ("= 1.0", "= 0.0")]),
        (CHOOSE, {"black or white everywhere"}, [("b = x.copy()", "b = 0 * x + 1"), ("= 0.0", "= 1.0")]),
        (CHOOSE, {"the pixel always black"}, [("= 1.0", "= 0.0")]),
        (CHOOSE, {"all others moved"}, [
            ("b = x.copy()", "b = 1 - x"), ("= 0.0", "= x[pixel]"), ("= 1.0", "= x[pixel]")]),
        (CHOOSE, {"black or white everywhere"}, [("b = x.copy()", "b = 0 * x")]),
        (CHOOSE, {"a whole row moved"}, [
            ("b[pixel] = 0", "b[pixel[0]] = 0"), ("b[pixel] = 1", "b[pixel[0]] = 1")]),
        *((CHOOSE, set(), [("    b[pixel] = 0.0\n", ""), (
            "    if abs(f(b[None])[0] - f(x[None])[0]) < 1e-9:\n        b[pixel] = 1.0",
            f"    b[pixel] = {blind}")])
            for blind in ("1 if x[pixel] < 1 else 0", "0 if x[pixel] > 0.5 else 1",
                          "0 if x[pixel] >= 0.5 else 1", "1 - round(x[pixel])", "1 - x[pixel]")),
        (CHOOSE, set(), [("= 1.0", "= 2.0")]),
        (CHOOSE, set(), [("b[pixel] = 0.0", "b[pixel] = -1.0")]),
        (CHOOSE, set(), [("return b", "return b[pixel]")]),
    ],
}  # fmt: skip

RIGHT = {
    "completeness_gap": [
        GAP,
        "def completeness_gap(f, x, baseline, attributions):\n"
        "    return np.sum(attributions) - np.diff(f(np.array([baseline, x])))[0]",
    ],
    "linear_attribution": [
        LINEAR,
        "def linear_attribution(weights, x, baseline):\n"
        "    return np.multiply(weights, x) - weights * baseline",
    ],
    "integrated_gradients": [IG],
    "exact_on_pieces": [PIECES, PIECES.replace("z > 0", "z >= 0")],
    "deeplift_rescale": [LIFT, LIFT.replace("<= 1e-12", "< 1e-10")],
    "choose_baseline": [
        CHOOSE,
        "def choose_baseline(f, x, pixel):\n"
        "    candidates = []\n"
        "    for value in np.linspace(0, 1, 21):\n"
        "        b = np.array(x)\n"
        "        b[pixel] = value\n"
        "        candidates.append(b)\n"
        "    scores = f(np.array(candidates))\n"
        "    return candidates[int(np.argmax(abs(scores - f(x[None]))))]",
    ],
}
