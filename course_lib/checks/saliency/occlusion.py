"""occlusion: what does the score lose when a window is covered?"""

from course_lib.checks.cases import Case, array, batched, call, mistakes
from course_lib.checks.saliency.networks import highest, slanted, weighted

total = batched("f: batch -> the sum of x", 2, lambda x: x.sum(axis=(1, 2)))
largest = batched("f: batch -> the largest of x", 2, lambda x: x.max(axis=(1, 2)))
squares = batched("f: batch -> the sum of x**2", 2, lambda x: (x**2).sum(axis=(1, 2)))
_X, _W = array("1 2 3 4 5 6", 2, 3), array("1 10 100 1000 10000 100000", 2, 3)


def cases():
    yield Case("one pixel at a time", call(weighted(_W), _X, 1), _X * _W)
    expected = array("12 14 16 12 14 16", 2, 3)
    yield Case("two windows, 12 and 16; the middle lies in both", call(total, _X, 2), expected)
    expected = array("0 2 0 0 0 0", 2, 3)
    yield Case("7 is covered: 5 is left", call(largest, array("1 7 2 3 5 4", 2, 3), 1), expected)
    x = array("1 0 2 -1 3 1 -2 0 1 4 2 0", 3, 4)
    expected = array("5 3 0 -1 7 5 1.25 -0.5 9 7 2.5 0", 3, 4)
    yield Case("six windows of 2", call(total, x, 2), expected)
    x = array("1 7 2 -1 3 5 4 2", 2, 4)
    yield Case("baseline 1", call(squares, _X, 1, 1.0), _X**2 - 1, "baseline")
    expected = array("80 85 55.5 21 80 85 55.5 21", 2, 4)
    yield Case("windows of 2, baseline 1", call(squares, x, 2, baseline=1.0), expected, "baseline")


def random(rng):
    for group, window in (("idea", 1), ("idea", 2), ("idea", 3), ("baseline", 2)):
        H, W = (int(n) for n in rng.permutation([3, 4, 5, 6])[:2])
        f = highest if window == 3 else slanted
        more = (float(rng.normal()),) if group == "baseline" else ()
        yield Case("random numbers", call(f, rng.normal(size=(H, W)), window, *more), group=group)


POINTS = {"idea": 2, "baseline": 1}
SHAPES = "f: , x: H W"
MISTAKES = mistakes(r"""
sum for mean: Four windows hold a pixel. What is the mean of what they lose?
    lost / windows -> lost || lost / 1
windows side by side: How far is it from one window to the next?
    covered = -> if i % window or j % window:\n            continue\n        covered =
    covered = -> if i % window or j % window:\n            continue\n        covered =
    ;; lost / windows -> lost / np.maximum(windows, 1)
    np.ndindex(H - window + 1, W - window + 1) -> [(i, j) for i in range(0, H - window + 1, window)
    ;; for i in range(0, H -> for j in range(0, W - window + 1, window) for i in range(0, H
    ;; window + 1, window): -> window + 1, window)]:
windows over the rim: Does a window lie inside the image as a whole?
    in np.ndindex(H - window + 1, W - window + 1) -> in np.ndindex(H, W) || in np.ndindex(x.shape)
the last window missing: How many places has a window of 2 in a row of 3?
    H - window + 1, W - window + 1 -> H - window, W - window
    H - window + 1, W - window + 1 -> max(1, H - window), max(1, W - window)
    ;; lost / windows -> lost / np.maximum(windows, 1)
    np.ndindex(H - window + 1, W - window + 1) -> np.ndindex(H - window or 1, W - window or 1)
    ;; lost / windows -> lost / np.maximum(windows, 1)
mean over all windows: Over which windows is the mean of this pixel?
    / windows -> / ((H - window + 1) * (W - window + 1)) || / (H - window + 1) / (W - window + 1)
divided by the size of the window: How many windows hold a pixel in the corner?
    lost / windows -> lost / window**2 || lost / (window * window)
windows stay covered: What does the image look like before the second window covers it?
    lost, windows -> covered = x.copy()\n    lost, windows ;; covered = x.copy()\n        c -> c
    covered = x.copy() -> covered = covered if i + j else x.copy()
only the corner of the window: Which pixels hear of a window's loss?
    windows[i : i + window, j : j + window] -> windows[i, j]
    ;; lost[i : i + window, j : j + window] -> lost[i, j]
    ;; lost / windows -> lost / np.maximum(windows, 1)
    lost[i : i + window, j : j + window] += -> lost[i, j] += ;; lost / windows -> lost
    ;; H - window + 1, W - window + 1 -> H, W
    lost[i : i + window, j : j + window] += -> lost[i, j] +=
    ;; lost / windows -> lost
the latest window instead of the mean: A pixel lies in four windows. Which of them counts?
    lost[i : i + window, j : j + window] += -> lost[i : i + window, j : j + window] =
    ;; lost / windows -> lost
    += score - f(covered[None])[0] -> = score - f(covered[None])[0]
    ;; += 1 -> = 1
baseline ignored: With what is a window covered?
    = baseline -> = 0 || = 0 * baseline
baseline added: With what is a window covered?
    j : j + window] = baseline -> j : j + window] += baseline
    = baseline -> = covered[i : i + window, j : j + window] + baseline
all but the window covered: Which pixels keep their values?
    covered = x.copy() -> covered = np.full(x.shape, float(baseline))
    ;; j : j + window] = baseline -> j : j + window] = x[i : i + window, j : j + window]
    covered = x.copy() -> kept = x[i : i + window, j : j + window]; covered = 0 * x + baseline
    ;; j : j + window] = baseline -> j : j + window] = kept
no sign: May a covered window raise the score?
    score - f(covered[None])[0] -> abs(score - f(covered[None])[0])
    lost / windows -> np.abs(lost / windows)
""")
