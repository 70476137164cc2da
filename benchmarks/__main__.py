"""Run the operations' benchmarks: `python -m benchmarks [--rounds R] [module ...]`.

Prints a table of interleaved one-thread ratios (ours / peer, below 1 is faster) and, when all
modules ran, writes `benchmarks/results.json` and the picture `benchmarks/results.svg`.

A benchmark module has

    GOALS    {group: goal or None}, the goal for the geometric mean of the group's ratios
    cases()  yields (group, name, make); `make()` builds the inputs and returns (ours, theirs), two
             functions of no arguments that do the same work

Inputs are float32 and come from a seeded generator. Inputs are built in `make`, one case at a time,
so that no case pays for the memory of another.
"""

import argparse
import json
import math
import platform
import sys
from importlib import import_module
from pathlib import Path

import numpy as np

from benchmarks.interleaved import interleave

FOLDER = Path(__file__).parent
MODULES = ("convolution", "pooling", "recurrent")


def machine():
    """Return the processor and the versions that a ratio depends on."""
    import torch

    processor = platform.processor() or platform.machine()
    if Path("/proc/cpuinfo").exists():
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        processor = names[0] if names else processor
    return {
        "processor": processor,
        "threads": 1,
        "dtype": "float32",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
    }


def measure(names, rounds):
    """Time every case of the modules and return one dict per case and one per group."""
    cases, groups = [], []
    for module_name in names:
        module = import_module(f"benchmarks.{module_name}")
        ratios = {group: [] for group in module.GOALS}
        for group, name, make in module.cases():
            ratio = interleave(*make(), rounds=rounds)
            ratios[group].append(ratio.median)
            cases.append({"group": group, "case": name} | vars(ratio))
            print(
                f"{group:28}{name:44}{ratio.median:7.2f}  ({ratio.low:.2f} to {ratio.high:.2f})"
                f"{ratio.ours_ms:10.3f} ms{ratio.theirs_ms:10.3f} ms",
                flush=True,
            )
        for group, goal in module.GOALS.items():
            mean = math.exp(sum(map(math.log, ratios[group])) / len(ratios[group]))
            groups.append({"group": group, "geometric_mean": mean, "goal": goal})
    for group in groups:
        goal = "" if group["goal"] is None else f"   goal at most {group['goal']:g}"
        print(f"{group['group']:28}{'geometric mean':44}{group['geometric_mean']:7.2f}{goal}")
    return cases, groups


def picture(cases, groups, path):
    """Draw every ratio as a bar from the line at 1, to the left where ours is faster."""
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as plt

    rows = []
    for group in groups:
        rows += [(case["case"], case["median"], False) for case in cases
                 if case["group"] == group["group"]]  # fmt: skip
        rows.append((f"{group['group']}: geometric mean", group["geometric_mean"], True))
    # A fixed salt and no date: the same numbers give the same file.
    with plt.rc_context({"svg.hashsalt": "course", "svg.fonttype": "none"}):
        figure, axes = plt.subplots(figsize=(8, 0.8 + 0.22 * len(rows)), layout="constrained")
        for row, (_, ratio, is_mean) in enumerate(rows):
            axes.barh(row, math.log2(ratio), height=0.75, color="black" if is_mean else "0.65",
                      edgecolor="black", linewidth=0.5)  # fmt: skip
            end = max(math.log2(ratio), 0)
            axes.text(end + 0.05, row, f"{ratio:.2f}", va="center", fontsize=7)
        axes.axvline(0, color="black", linewidth=1)
        axes.set_yticks(range(len(rows)), [label for label, _, _ in rows], fontsize=7)
        axes.set_ylim(len(rows) - 0.4, -0.6)
        low, high = (f(math.log2(ratio) for _, ratio, _ in rows) for f in (min, max))
        ticks = range(math.floor(min(low, -1)), math.ceil(max(high, 1)) + 1)
        axes.set_xticks(ticks, [f"{2.0**tick:g}" for tick in ticks])
        axes.set_xlabel("time of course_lib / time of torch, one thread (left of 1 is faster)")
        axes.spines[["top", "right", "left"]].set_visible(False)
        figure.savefig(path, metadata={"Date": None})
        plt.close(figure)


def main(argv=None):
    """Measure, print, and write the results when every module ran."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("modules", nargs="*", help=f"any of {', '.join(MODULES)}; none for all")
    parser.add_argument("--rounds", type=int, default=15, help="pairs of measurements a case")
    arguments = parser.parse_args(argv)
    for name in arguments.modules:
        if name not in MODULES:
            parser.error(f"unknown module {name!r}, choose from {', '.join(MODULES)}")
    cases, groups = measure(arguments.modules or MODULES, arguments.rounds)
    if not arguments.modules:
        results = {"machine": machine(), "cases": cases, "groups": groups}
        text = json.dumps(results, indent=1) + "\n"
        (FOLDER / "results.json").write_text(text, encoding="utf-8")
        picture(cases, groups, FOLDER / "results.svg")
    return 0


if __name__ == "__main__":
    sys.exit(main())
