"""Wrong answers as students write them, none of which the checks have seen.

WRONG: task -> (base, names that would be right, edits of the base). A base is a right answer; no
names means that whatever name the check gives is wrong. RIGHT: task -> right answers.
"""

import itertools

import numpy as np

NAMES = {"np": np, "itertools": itertools}

COVER = """
def occlusion(f, x, window, baseline=0.0):
    H, W = x.shape
    base_score = f(x[np.newaxis])[0]
    total = np.zeros((H, W))
    count = np.zeros((H, W))
    for top in range(0, H - window + 1):
        for left in range(0, W - window + 1):
            patch = (slice(top, top + window), slice(left, left + window))
            occluded = x.copy()
            occluded[patch] = baseline
            diff = base_score - f(occluded[np.newaxis])[0]
            total[patch] += diff
            count[patch] += 1
    return total / count
"""

MUTATE = """
def mutagenesis(f, one_hot):
    out = np.zeros_like(one_hot)
    ref = f(np.array([one_hot]))[0]
    for pos in range(one_hot.shape[1]):
        for letter in range(4):
            if one_hot[letter, pos] == 1:
                continue
            new = one_hot.copy()
            new[:, pos] = np.eye(4)[letter]
            out[letter, pos] = f(np.array([new]))[0] - ref
    return out
"""

STEEP = """
def saliency(gradient, x):
    g = gradient(x.reshape(1, *x.shape))
    g = g[0]
    magnitude = abs(g)
    result = np.amax(magnitude, axis=0)
    return result
"""

CLIMB = """
def class_model(gradient, shape, *, l2, steps, lr):
    I = np.zeros(shape)
    for t in range(steps):
        slope = gradient(I[np.newaxis])[0]
        slope = slope - 2 * l2 * I
        I = I + lr * slope
    return I
"""

SMOOTH = """
def smoothgrad(gradient, x, noise):
    grads = []
    for eps in noise:
        g = gradient((x + eps)[np.newaxis])[0]
        grads.append(g)
    return np.mean(grads, axis=0)
"""

BIAS = """
def smoothgrad_bias(third, sigma):
    D = len(third)
    out = np.zeros(D)
    for j in range(D):
        t = 0.0
        for k in range(D):
            t += third[j, k, k]
        out[j] = sigma ** 2 / 2 * t
    return out
"""

ODD = """
def untrained(maps):
    z = [(m - m.mean()) / m.std() for m in maps]
    votes = np.zeros(4)
    for a, b in itertools.combinations(range(4), 2):
        s = (z[a] * z[b]).mean()
        votes[a] += s
        votes[b] += s
    return np.argmin(votes)
"""

WRONG = {
    "occlusion": [
        (COVER, {"sum for mean"}, [("total / count", "total")]),
        (COVER, {"windows side by side"}, [
            ("H - window + 1)", "H - window + 1, window)"),
            ("W - window + 1)", "W - window + 1, window)")]),
        (COVER, {"windows side by side"}, [
            ("H - window + 1)", "H, window)"), ("W - window + 1)", "W, window)")]),
        (COVER, {"the last window missing"}, [
            ("H - window + 1)", "H - window)"), ("W - window + 1)", "W - window)")]),
        (COVER, {"windows over the rim"}, [
            ("H - window + 1)", "H)"), ("W - window + 1)", "W)")]),
        (COVER, {"divided by the size of the window"}, [("total / count", "total / window ** 2")]),
        (COVER, {"mean over all windows"}, [("count[patch] += 1", "count += 1")]),
        (COVER, {"windows stay covered"}, [
            ("            occluded = x.copy()\n", ""),
            ("    count =", "    occluded = x.copy()\n    count =")]),
        (COVER, {"baseline ignored"}, [("occluded[patch] = baseline", "occluded[patch] = 0.0")]),
        (COVER, {"baseline added"}, [("occluded[patch] = baseline", "occluded[patch] += baseline")]),
        (COVER, set(), [("base_score - f", "f"), (")[0]\n            total", ")[0] - base_score\n            total")]),
        (COVER, set(), [("occluded = x.copy()", "occluded = x")]),
        (COVER, set(), [("f(x[np.newaxis])[0]", "f(x)")]),
        (COVER, {"only the corner of the window"}, [
            ("total[patch]", "total[top, left]"), ("total / count", "total")]),
        (COVER, {"the latest window instead of the mean"}, [
            ("total[patch] += diff", "total[patch] = diff"), ("total / count", "total")]),
        (COVER, {"no sign"}, [("+= diff", "+= abs(diff)")]),
    ],
    "mutagenesis": [
        (MUTATE, {"two letters at one place"}, [
            ("new[:, pos] = np.eye(4)[letter]", "new[letter, pos] = 1")]),
        (MUTATE, {"the letter taken away"}, [
            ("new[:, pos] = np.eye(4)[letter]", "new[:, pos] = 0")]),
        (MUTATE, {"the score itself"}, [
            (" - ref", ""), ("                continue\n", "                pass\n")]),
        (MUTATE, set(), [("f(np.array([new]))[0] - ref", "ref - f(np.array([new]))[0]")]),
        (MUTATE, {"no sign"}, [("f(np.array([new]))[0] - ref", "abs(f(np.array([new]))[0] - ref)")]),
        (MUTATE, {"mutations pile up"}, [
            ("            new = one_hot.copy()\n", ""),
            ("    ref =", "    new = one_hot.copy()\n    ref =")]),
        (MUTATE, set(), [("new = one_hot.copy()", "new = one_hot")]),
        (MUTATE, set(), [("return out", "return out.T")]),
        (MUTATE, {"against the mean of the letters"}, [
            ("return out", "return out - np.mean(out, axis=0)")]),
        (MUTATE, set(), [("range(one_hot.shape[1])", "range(one_hot.shape[1] - 1)")]),
    ],
    "saliency": [
        (STEEP, {"sum or mean over the channels"}, [("np.amax", "np.sum")]),
        (STEEP, {"sum or mean over the channels"}, [("np.amax", "np.mean")]),
        (STEEP, {"no absolute values"}, [("abs(g)", "g")]),
        (STEEP, {"absolute value after the largest"}, [
            ("abs(g)", "g"), ("return result", "return abs(result)")]),
        (STEEP, {"times the input"}, [("abs(g)", "abs(g * x)")]),
        (STEEP, {"length of the vector"}, [
            ("np.amax(magnitude, axis=0)", "(magnitude ** 2).sum(0) ** 0.5")]),
        (STEEP, set(), [("axis=0", "axis=-1")]),
        (STEEP, set(), [("g = g[0]", "g = g")]),
        (STEEP, set(), [("return result", "return magnitude")]),
        (STEEP, {"the first channel alone"}, [
            ("np.amax(magnitude, axis=0)", "magnitude[0]")]),
    ],
    "class_model": [
        (CLIMB, {"downhill"}, [("I + lr", "I - lr")]),
        (CLIMB, {"uphill on the penalty"}, [("slope - 2", "slope + 2")]),
        (CLIMB, {"2 of the penalty forgotten"}, [("2 * l2", "l2")]),
        (CLIMB, {"the slope of |I| for that of its square"}, [("2 * l2 * I", "l2 * np.sign(I)")]),
        (CLIMB, {"penalty forgotten"}, [("        slope = slope - 2 * l2 * I\n", "")]),
        (CLIMB, {"penalty not multiplied by lr"}, [
            ("        slope = slope - 2 * l2 * I\n", ""), ("lr * slope", "lr * slope - 2 * l2 * I")]),
        (CLIMB, {"begins with ones"}, [("np.zeros", "np.ones")]),
        (CLIMB, {"one step too few"}, [("range(steps)", "range(0, steps - 1)")]),
        (CLIMB, {"one step too many"}, [("range(steps)", "range(-1, steps)")]),
        (CLIMB, {"step size forgotten"}, [("lr * slope", "slope")]),
        (CLIMB, {"penalty after the step"}, [
            ("        slope = slope - 2 * l2 * I\n", ""),
            ("lr * slope", "lr * slope\n        I = I - lr * 2 * l2 * I")]),
        (CLIMB, set(), [("2 * l2 * I", "l2 * I ** 2")]),
        (CLIMB, set(), [("    return I", "        return I")]),
    ],
    "smoothgrad": [
        (SMOOTH, {"absolute values before the mean"}, [("append(g)", "append(np.abs(g))")]),
        (SMOOTH, {"absolute value of the mean"}, [
            ("np.mean(grads, axis=0)", "np.abs(np.mean(grads, axis=0))")]),
        (SMOOTH, {"the noise as the point"}, [("(x + eps)", "eps")]),
        (SMOOTH, {"one sample alone"}, [("np.mean(grads, axis=0)", "g")]),
        (SMOOTH, {"one sample alone"}, [("    return", "        return")]),
        (SMOOTH, {"sum for mean"}, [("np.mean", "np.sum")]),
        (SMOOTH, set(), [("np.mean(grads, axis=0)", "np.mean(grads)")]),
        (SMOOTH, {"noise subtracted"}, [("x + eps", "x - eps")]),
        (SMOOTH, {"the middle one"}, [("np.mean", "np.median")]),
        (SMOOTH, {"without noise"}, [("x + eps", "x")]),
        (SMOOTH, {"times the input"}, [("append(g)", "append(g * x)")]),
        (SMOOTH, {"noise on the gradient"}, [
            ("(x + eps)", "x"), ("append(g)", "append(g + eps)")]),
        (SMOOTH, set(), [("return np.mean(grads, axis=0)", "return grads")]),
    ],
    "smoothgrad_bias": [
        (BIAS, {"sigma for its square"}, [("sigma ** 2", "sigma")]),
        (BIAS, {"half of sigma squared"}, [("sigma ** 2 / 2", "(0.5 * sigma) ** 2")]),
        (BIAS, set(), [("sigma ** 2 / 2", "sigma ** 2")]),
        (BIAS, {"trace over the wrong axes"}, [("third[j, k, k]", "third[k, k, j]")]),
        (BIAS, {"trace over the wrong axes"}, [("third[j, k, k]", "third[k, j, k]")]),
        (BIAS, {"one entry of each Hessian"}, [("third[j, k, k]", "third[j, j, j] / D")]),
        (BIAS, {"all entries in place of the trace"}, [
            ("t += third[j, k, k]", "t += third[j, k].sum()")]),
        (BIAS, set(), [("t = 0.0", "t = third[j, 0, 0]")]),
        (BIAS, set(), [("    return out", "        return out")]),
        (BIAS, set(), [("return out", "return out.sum()")]),
    ],
    "untrained": [
        (ODD, {"the one that agrees best"}, [("argmin", "argmax")]),
        (ODD, {"counted from 1"}, [("np.argmin(votes)", "np.argmin(votes) + 1")]),
        (ODD, {"the most blurred"}, [
            ("np.argmin(votes)", "np.argmin([m.std() / m.mean() for m in maps])")]),
        (ODD, {"the sharpest"}, [
            ("np.argmin(votes)", "np.argmax([m.std() / m.mean() for m in maps])")]),
        (ODD, {"brightness decides"}, [("np.argmin(votes)", "np.argmax([m.sum() for m in maps])")]),
        (ODD, {"the darkest"}, [("np.argmin(votes)", "np.argmin([np.sum(m) for m in maps])")]),
        (ODD, {"brightness decides"}, [
            ("(m - m.mean()) / m.std()", "m"), ("(z[a] * z[b]).mean()", "-abs(z[a] - z[b]).sum()")]),
        (ODD, set(), [("return np.argmin(votes)", "return votes")]),
        (ODD, set(), [("return np.argmin(votes)", "print(np.argmin(votes))")]),
    ],
}  # fmt: skip

RIGHT = {
    "occlusion": [
        COVER,
        """
def occlusion(f, x, window, baseline=0.0):
    H, W = x.shape
    losses = {}
    for i in range(H - window + 1):
        for j in range(W - window + 1):
            y = np.array(x)
            y[i:i + window, j:j + window] = baseline
            losses[i, j] = f(x[None])[0] - f(y[None])[0]
    out = np.empty((H, W))
    for r in range(H):
        for c in range(W):
            out[r, c] = np.mean([v for (i, j), v in losses.items()
                                 if i <= r < i + window and j <= c < j + window])
    return out
""",
    ],
    "mutagenesis": [MUTATE],
    "saliency": [STEEP],
    "class_model": [CLIMB],
    "smoothgrad": [SMOOTH],
    "smoothgrad_bias": [BIAS],
    "untrained": [
        ODD,
        """
def untrained(maps):
    peaks = np.array([m / m.max() for m in maps])
    middle = np.median(peaks, axis=0)
    return int(np.argmax(np.abs(peaks - middle).sum(axis=(1, 2))))
""",
    ],
}
