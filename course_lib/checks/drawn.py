"""Random calls drawn beforehand, with their results: a student's copy is without what makes them.

The grader's calls are drawn by a seed that only the grader has; none of these is among them.
"""

import json
from functools import cache
from importlib import import_module, resources

import numpy as np

from course_lib.checks.cases import Call, Case
from course_lib.checks.judge import random_cases

#: How many draws of each task are stored.
DRAWS = 4
_FIELDS = ("why", "group", "rtol", "each", "size", "dtype", "given")


def stored(task):
    """Return a task's draws as what JSON can hold.

    Args:
        task: a Task with random cases, where the answers are.

    Raises:
        ValueError: a case holds what cannot be stored, such as a rule that judges it, or a function
            that has no name in the task's module.
    """
    module = import_module(task.module)
    draws = []
    for seed in range(DRAWS):
        cases = random_cases(task, seed)
        draws.append(
            [
                {name: getattr(case, name) for name in _FIELDS}
                | {
                    "arguments": [_plain(one, module) for one in case.call.arguments],
                    "options": {key: _plain(v, module) for key, v in case.call.options.items()},
                    "expected": _plain(case.expected, module),
                }
                for case in cases
            ]
        )
    return draws


def drawn(module):
    """Return what a Task takes as `random`: rng -> the cases of one of the stored draws.

    Args:
        module: `__name__` of the task's module.
    """

    def random(rng):
        package, _, name = module.rpartition(".")
        draws = _read(package)[name]
        place = import_module(module)
        for one in draws[int(rng.integers(len(draws)))]:
            arguments = tuple(_nest(value, place) for value in one["arguments"])
            options = {key: _nest(value, place) for key, value in one["options"].items()}
            rest = {key: one[key] for key in _FIELDS}
            yield Case(
                call=Call(arguments, options), expected=_nest(one["expected"], place), **rest
            )

    return random


@cache
def _read(package):
    return json.loads((resources.files(package) / "drawn.json").read_text(encoding="utf-8"))


def _plain(value, module):
    match value:
        case None | bool() | str():
            return value
        case np.ndarray() | np.generic():
            kind = "array" if isinstance(value, np.ndarray) else "number"
            return {kind: value.ravel().tolist(), "shape": value.shape, "dtype": str(value.dtype)}
        case int() | float():
            return value
        case list():
            return {"list": [_plain(one, module) for one in value]}
        case tuple():
            return {"tuple": [_plain(one, module) for one in value]}
        case dict():
            return {
                "dict": [[_plain(key, module), _plain(one, module)] for key, one in value.items()]
            }
    names = [name for name, one in vars(module).items() if one is value]
    if not names:
        raise ValueError(
            f"a random case of {module.__name__} must not hold {value!r}: a bundle cannot store it"
        )
    return {"function": names[0]}


def _nest(value, module):
    match value:
        case {"array": numbers, "shape": shape, "dtype": dtype}:
            return np.array(numbers, dtype).reshape(shape)
        case {"number": [number], "dtype": dtype}:
            return np.dtype(dtype).type(number)
        case {"list": ones}:
            return [_nest(one, module) for one in ones]
        case {"tuple": ones}:
            return tuple(_nest(one, module) for one in ones)
        case {"dict": pairs}:
            return {_nest(key, module): _nest(one, module) for key, one in pairs}
        case {"function": name}:
            return getattr(module, name)
    return value
