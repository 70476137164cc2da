"""What a student's process sees of the library: the visible modules, of the others the name alone.

This file imports nothing of the library, so that the curtain is drawn before the library comes in.
The curtain gives clear words; the wall is that the files behind it cannot be read.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import types
from pathlib import Path

LIBRARY = Path(__file__).parents[1]
#: What every student may use of the library; the rest of it holds answers or leads to them.
VISIBLE = ("arrays", "data", "datasets", "figures", "gradcheck", "grading", "models", "plots",
           "validate")  # fmt: skip
_CHECKS = "course_lib.checks"


class _Absent:
    """Stands for something of a hidden module: does nothing, or says that it may not be used."""

    def __init__(self, name):
        self._name = name

    def __call__(self, *_, **__):
        if self._name.startswith(_CHECKS):
            return None  # a student tries a check; the grader runs its own
        raise ImportError(f"{self._name} may not be used in this exercise")

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self._name}.{name}")

    def __iter__(self):
        return iter(())


class _AbsentModule(types.ModuleType):
    __path__ = ()

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self.__name__}.{name}")


class Curtain(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds the library's modules: the visible ones as they are, of the others the name alone."""

    def __init__(self, hidden):
        self.hidden = hidden

    def find_spec(self, name, path=None, target=None):
        """Return what importlib needs for one module, or None for what is not our business."""
        if _within(name, self.hidden):
            if not name.startswith("course_lib."):
                raise ModuleNotFoundError(f"{name} may not be used in this exercise", name=name)
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        package, _, last = name.partition(".")
        if package != "course_lib" or "." in last or not last:
            return None
        for file in (LIBRARY / last / "__init__.py", LIBRARY / f"{last}.py"):
            # The library's own folder cannot be listed from inside, so the usual finder fails.
            if os.path.exists(file):
                places = [str(file.parent)] if file.name == "__init__.py" else None
                return importlib.util.spec_from_file_location(
                    name, file, submodule_search_locations=places
                )
        return None

    def create_module(self, spec):
        """Return the empty module."""
        return _AbsentModule(spec.name)

    def exec_module(self, module):
        """There is nothing to run."""


def _within(name, modules):
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def hidden_modules(named=()):
    """Return the modules that a student's process may not import.

    Args:
        named: those that the exercise itself imports in its locked cells.
    """
    children = {path.stem for path in LIBRARY.iterdir() if not path.name.startswith(("_", "."))}
    inside = sorted(f"course_lib.{name}" for name in children - set(VISIBLE))
    never = ("course_lib.reference", _CHECKS, "course_lib.authoring")
    named = set(named) | {name.rpartition(".")[0] for name in named}
    return [name for name in (*inside, "torch") if name in never or name not in named]


def hidden_files(modules):
    """Return the files and folders of modules of the library, which may not be read."""
    found = []
    for name in modules:
        if name.startswith("course_lib."):
            stem = LIBRARY.joinpath(*name.split(".")[1:])
            found += [path for path in (stem, stem.with_suffix(".py")) if path.exists()]
    return found


def draw(hidden):
    """Find the hidden modules no more; call it before the library is imported."""
    sys.meta_path.insert(0, Curtain(tuple(hidden)))
