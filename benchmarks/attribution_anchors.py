"""Anchors against anchor-exp: calls, evaluations and time at threshold 0.95 and delta 0.1.

    python -m benchmarks.attribution_anchors --seeds 10

needs the optional extra `peers`. Documents and calls are counted by wrapping the predictor. The
peer runs with its own defaults for text (tau 0.15, batches of 10, stop at the first anchor): once
with a beam of 1, which is what its text front end uses whatever it is told, and once with a beam
of 4. The exact precision of what each returns comes from enumeration.

The lines of the table are medians over the seeds of ours / theirs, with the mean number of words
and how many anchors are less precise than the threshold; the totals below are over all runs.
"""

import argparse
import json
import statistics
import time
import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from course_lib.attribution import all_precisions, explain_anchor

THRESHOLD, DELTA = 0.95, 0.1
GOALS = {"calls": 1 / 15, "evaluations": 1.0, "time": 0.25}


def classifiers():
    """Yield (name, tokens, predict on token lists)."""
    for b, seed in ((12, 0), (14, 1)):
        tokens = [f"w{i}" for i in range(b)]
        weights = dict(zip(tokens, np.random.default_rng(seed).normal(0.3, 1, b), strict=True))
        yield f"linear, {b} words", tokens, _linear(weights, 0.3)
    tokens = [f"w{i}" for i in range(15)]
    weights = dict(zip(tokens, np.random.default_rng(2).exponential(size=15) ** 2, strict=True))
    yield "linear with few strong words, 15 words", tokens, _linear(weights, 0.6)
    tokens = "the food was not bad and the wine was good and cheap too".split()
    yield "rule: (not and bad) or good, 13 words", tokens, _rule
    tokens = [f"w{i}" for i in range(15)]
    yield (
        "three words needed, 15 words",
        tokens,
        lambda documents: np.array([int({"w1", "w3", "w6"} <= set(words)) for words in documents]),
    )
    for b, seed in ((12, 3), (15, 8)):
        rng = np.random.default_rng(seed)
        w, u, c = rng.normal(size=(b, 8)) / 2, rng.normal(size=8), rng.normal(size=8)
        yield f"tanh net, {b} words", [f"w{i}" for i in range(b)], _net(w, u, c)


def _linear(weights, share):
    cut = share * sum(max(weight, 0) for weight in weights.values())
    return lambda documents: np.array(
        [int(sum(weights.get(word, 0) for word in words) > cut) for words in documents]
    )


def _rule(documents):
    return np.array([int("good" in w or ("not" in w and "bad" in w)) for w in documents])


def _net(w, u, c):
    def predict(documents):
        here = np.array([[word != "UNK" for word in words] for words in documents], float)
        return (np.tanh(here @ w + c) @ u > 0).astype(int)

    return predict


class Counted:
    """A predictor that counts documents and calls."""

    def __init__(self, predict):
        self.predict, self.calls, self.evaluations = predict, 0, 0

    def __call__(self, documents):
        self.calls += 1
        self.evaluations += len(documents)
        return self.predict(documents)


def ours(tokens, predict, beam_size, seed):
    """Return (calls, evaluations, seconds, positions) of this library."""
    counted = Counted(predict)
    start = time.perf_counter()
    anchor = explain_anchor(
        tokens, counted, threshold=THRESHOLD, delta=DELTA, beam_size=beam_size,
        rng=np.random.default_rng(seed),
    )  # fmt: skip
    seconds = time.perf_counter() - start
    assert (anchor.n_calls, anchor.n_evals) == (counted.calls, counted.evaluations)
    return counted.calls, counted.evaluations, seconds, anchor.positions


def theirs(tokens, predict, beam_size, seed):
    """Return (calls, evaluations, seconds, positions) of anchor-exp."""
    from anchor.anchor_base import AnchorBaseBeam
    from anchor.anchor_text import AnchorText

    def split(text):
        return [SimpleNamespace(text=word, idx=i) for i, word in enumerate(text.split(" "))]

    counted = Counted(lambda texts: predict([text.split(" ") for text in texts]))
    np.random.seed(seed)  # noqa: NPY002 (the peer draws from it)
    start = time.perf_counter()
    sample = AnchorText(split, ["0", "1"]).get_sample_fn(" ".join(tokens), counted)[3]
    found = AnchorBaseBeam.anchor_beam(
        sample, delta=DELTA, epsilon=0.15, batch_size=10, desired_confidence=THRESHOLD,
        stop_on_first=True, coverage_samples=1, beam_size=beam_size,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    positions = tuple(sorted(int(i) for i in found["feature"]))
    return counted.calls, counted.evaluations, seconds, positions


def compare(seeds):
    """Yield one dict per classifier and beam size, ours and theirs in turn on the same seeds."""
    for name, tokens, predict in classifiers():
        exact = all_precisions(tokens, predict)
        for beam_size in (1, 4):
            runs = {"ours": [], "theirs": []}
            for seed in range(seeds):
                runs["ours"].append(ours(tokens, predict, beam_size, seed))
                runs["theirs"].append(theirs(tokens, predict, beam_size, seed))
            row = {"case": name, "beam_size": beam_size}
            for i, what in enumerate(GOALS):
                a, b = ([run[i] for run in runs[who]] for who in runs)
                row[what] = statistics.median(x / y for x, y in zip(a, b, strict=True))
                row[f"total {what}"] = sum(a), sum(b)
            for who in runs:
                found = [run[3] for run in runs[who]]
                row[f"{who} words"] = statistics.mean(map(len, found))
                row[f"{who} below threshold"] = sum(exact.get(a, 0) < THRESHOLD for a in found)
            yield row


def main():
    """Measure, print, and write `benchmarks/attribution_anchors.json`."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=10, help="runs of each case")
    seeds = parser.parse_args().seeds
    warnings.filterwarnings("ignore")
    print(f"{'case':40}beam     calls  evaluations  time  words          below the threshold")
    rows = []
    for row in compare(seeds):
        rows.append(row)
        print(
            f"{row['case']:40}{row['beam_size']:4}  1/{1 / row['calls']:<7.1f}"
            f"{row['evaluations']:8.2f}{row['time']:9.3f}  {row['ours words']:.2f} / "
            f"{row['theirs words']:.2f}{row['ours below threshold']:8} / "
            f"{row['theirs below threshold']} of {seeds}",
            flush=True,
        )
    summary = {}
    for beam_size in (1, 4):
        for what, goal in GOALS.items():
            of_beam = [row for row in rows if row["beam_size"] == beam_size]
            a, b = (sum(row[f"total {what}"][i] for row in of_beam) for i in (0, 1))
            summary[f"{what}, beam {beam_size}"] = a / b
            print(
                f"beam {beam_size}  {what:12} all runs together {a / b:.3f}  median of the cases "
                f"{statistics.median(row[what] for row in of_beam):.3f}  goal at most {goal:.3f}"
            )
    results = {"seeds": seeds, "summary": summary, "goals": GOALS, "cases": rows}
    path = Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
