"""Run the operations' benchmarks: `python -m benchmarks [--rounds R] [module ...]`.

Prints a table of interleaved one-thread ratios (ours / peer, below 1 is faster) and, when all
modules ran, writes `benchmarks/results.json`, which the book draws.

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
    return 0


if __name__ == "__main__":
    sys.exit(main())
