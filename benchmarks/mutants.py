"""Break a module on purpose, one small change at a time, and count how often its tests notice.

    python -m benchmarks.mutants course_lib/reference/convolution.py --tests tests/operations

Each mutant swaps one operator, shifts one number, drops one minus, one `not` or one condition, or
exchanges one function for its opposite (max for min, sum for mean, ...). It runs in a fork of a
process that has NumPy, torch and pytest loaded already, so a mutant costs what its first failing
test costs. A mutant that runs out of time counts as killed. Survivors are printed with their line:
each is a missing test or a change that makes no difference.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from tqdm import tqdm

OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
OPPOSITES = {
    "max": "min",
    "maximum": "minimum",
    "argmax": "argmin",
    "sum": "mean",
    "zeros": "ones",
    "zeros_like": "ones_like",
    "ceil": "floor",
    "any": "all",
    "log": "exp",
    "cumsum": "cumprod",
}
OPPOSITES |= {v: k for k, v in OPPOSITES.items()}


def mutants(tree):
    """Yield (line, description, mutated tree) for every small change of a module's syntax tree."""
    documented = (ast.Module, ast.FunctionDef, ast.ClassDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in docstrings:
            continue
        for description, change in _changes(node):
            mutated = copy.deepcopy(tree)
            target = next(n for i, n in enumerate(ast.walk(mutated)) if i == index)
            change(target)
            ast.fix_missing_locations(mutated)
            yield getattr(node, "lineno", 0), description, mutated


def _changes(node):
    """Yield (description, function that changes such a node in place)."""
    if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)):
        new = OPERATORS.get(type(node.op))
        if new:
            yield f"{type(node.op).__name__} -> {new.__name__}", lambda n: setattr(n, "op", new())
    elif isinstance(node, ast.Compare):
        new = OPERATORS.get(type(node.ops[0]))
        if new:
            name = type(node.ops[0]).__name__
            yield f"{name} -> {new.__name__}", lambda n: n.ops.__setitem__(0, new())
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not)):
        yield f"drop {type(node.op).__name__}", _drop_sign
    elif isinstance(node, (ast.If, ast.IfExp, ast.While)):
        always = isinstance(node, ast.IfExp)
        value = ast.Constant(always)
        yield f"condition -> {always}", lambda n: setattr(n, "test", value)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
        old = node.value
        new = (not old) if isinstance(old, bool) else old + 1 if isinstance(old, int) else old * 1.5
        if new == old:
            new = 1.0
        yield f"{old} -> {new}", lambda n: setattr(n, "value", new)
    elif isinstance(node, ast.Attribute) and node.attr in OPPOSITES:
        new = OPPOSITES[node.attr]
        yield f".{node.attr} -> .{new}", lambda n: setattr(n, "attr", new)


def _drop_sign(node):
    if isinstance(node.op, ast.Not):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)  # not not x: the truth of x
    else:
        node.op = ast.UAdd()


class _Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serve one module from a mutated tree instead of its file."""

    def __init__(self, name, path, tree):
        self.name, self.path, self.tree = name, str(path), tree

    def find_spec(self, fullname, path=None, target=None):
        if fullname == self.name:
            return importlib.util.spec_from_file_location(fullname, self.path, loader=self)
        return None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(compile(self.tree, self.path, "exec"), module.__dict__)


def _run_tests(tests, finder=None):
    """Run pytest in a fork; return the child's process id. It exits 0 when every test passes."""
    pid = os.fork()
    if pid:
        return pid
    os.setpgid(0, 0)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    status = 1
    try:
        if finder is not None:
            sys.meta_path.insert(0, finder)
        import hypothesis
        import pytest

        hypothesis.settings.register_profile(
            "mutants", derandomize=True, database=None, max_examples=20, deadline=None
        )
        hypothesis.settings.load_profile("mutants")
        options = ["-x", "-q", "-p", "no:cacheprovider", "-m", "not slow and not browser"]
        status = int(pytest.main([*options, *tests]))
    finally:
        os._exit(status)


def _wait(running, seconds):
    """Wait until one of {pid: start time} ends or outlasts `seconds`; return (pid, killed)."""
    while True:
        for pid, start in running.items():
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return pid, status != 0
            if time.monotonic() - start > seconds:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return pid, True
        time.sleep(0.02)


def run(files, tests, *, most=None, seed=0, seconds=120.0, jobs=1):
    """Run the tests on mutants of `files` and return (killed, total, survivors).

    Args:
        files: paths of modules inside the package, relative to the repository's root.
        tests: paths for pytest.
        most: at most this many mutants, drawn at random with `seed`; None runs all.
        seed: of that draw.
        seconds: after which a mutant counts as killed.
        jobs: mutants at a time.

    Raises:
        ValueError: a mutated module is among the tests: pytest would load the unchanged file.
        RuntimeError: the tests fail without any change.
    """
    import hypothesis
    import numpy
    import pytest
    import scipy.stats
    import torch

    torch.set_num_threads(1)
    del hypothesis, numpy, pytest, scipy
    paths = {Path(test.split("::")[0]).resolve() for test in tests}
    for file in map(Path, files):
        if paths & {file.resolve(), *file.resolve().parents}:
            raise ValueError(f"tests must not hold {file}, for pytest would load it unchanged")
    if _wait({_run_tests(tests): time.monotonic()}, 10 * seconds)[1]:
        raise RuntimeError(f"the tests must pass before anything is changed: {' '.join(tests)}")
    work = []
    for file in files:
        path = Path(file)
        name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        work += [(path, line, what, _Mutated(name, path, t)) for line, what, t in mutants(tree)]
    if most is not None and len(work) > most:
        work = random.Random(seed).sample(work, most)
    survivors, running, details = [], {}, {}
    total = len(work)
    with tqdm(total=total, unit="mutant", disable=None) as bar:
        while work or running:
            while work and len(running) < jobs:
                path, line, what, finder = work.pop()
                pid = _run_tests(tests, finder)
                running[pid], details[pid] = time.monotonic(), f"{path}:{line}: {what}"
            pid, killed = _wait(running, seconds)
            del running[pid]
            if not killed:
                survivors.append(details[pid])
            bar.update()
    return total - len(survivors), total, sorted(survivors)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("files", nargs="+")
    parser.add_argument("--tests", nargs="+", required=True)
    parser.add_argument("--most", type=int, help="at most this many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=120.0, help="time limit of one mutant")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", help="write the result to this file, too")
    options = parser.parse_args()
    killed, total, survivors = run(
        options.files,
        options.tests,
        most=options.most,
        seed=options.seed,
        seconds=options.seconds,
        jobs=options.jobs,
    )
    print(*survivors, sep="\n")
    print(f"killed {killed} of {total} mutants ({100 * killed / max(total, 1):.1f}%)")
    if options.json:
        result = {"killed": killed, "total": total, "survivors": survivors}
        Path(options.json).write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
