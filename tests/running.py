"""Fixtures for all tests: a chapter's page and its exercise, each run once."""

import contextlib
import io
import linecache
import re
import warnings
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
CELL = re.compile(r"```\{code-cell\} ipython3\n(?::[^\n]*\n)*(.*?)```", re.S)


class Page(NamedTuple):
    """What a page that was run has glued, printed and left in its variables."""

    glued: dict
    printed: str
    names: dict


class Exercise(NamedTuple):
    """What a solved notebook that was run has printed and left in its variables."""

    printed: str
    names: dict


@contextlib.contextmanager
def alone():
    """Give what is printed; nothing that is run within changes the number of threads."""
    import torch

    threads, printed = torch.get_num_threads(), io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            yield printed
    finally:
        torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def run_page():
    """A function: run the page of a chapter from top to bottom."""
    import myst_nb

    def run(word):
        path = ROOT / "book" / f"{word}.md"
        glued, names = {}, {}
        glue = lambda key, value, display=True: glued.update({key: value})  # noqa: E731
        with pytest.MonkeyPatch.context() as patch, alone() as printed:
            patch.setattr(myst_nb, "glue", glue)
            for cell in CELL.findall(path.read_text(encoding="utf-8")):
                exec(compile(cell, str(path), "exec"), names)  # noqa: S102
        return Page(glued, printed.getvalue(), names)

    return run


@pytest.fixture(scope="session")
def run_page_once(run_page):
    """A function: run the page of a chapter, once for all tests."""
    return cache(run_page)


@pytest.fixture
def page(request, run_page_once):
    """The page of the chapter whose folder the test is in."""
    return run_page_once(request.path.parent.name)


@pytest.fixture(scope="session")
def run_exercise():
    """A function: run the solved notebook of a chapter, once for all tests.

    It has the answers in its own cells, as a student's has, so it needs what they need. A warning
    ends it. Those that train for minutes stop early.
    """
    from course_lib.authoring.notebook import source_notebook

    @cache
    def run(word):
        path, names = ROOT / "solutions" / word / f"{word}.py", {"__name__": "__main__"}
        with alone() as printed, warnings.catch_warnings():
            warnings.simplefilter("error")
            for cell in source_notebook(path).cells:
                if cell.cell_type == "code":
                    code = re.sub(r"\bupdates=\d+", "updates=9", cell.source)
                    code = re.sub(r"\bfor epoch in range\(\d\)", "for epoch in range(1)", code)
                    where = f"{word}, cell {cell.id}"  # of a mistake
                    linecache.cache[where] = len(code), None, code.splitlines(True), where
                    exec(compile(code, where, "exec"), names)  # noqa: S102
        return Exercise(printed.getvalue(), names)

    return run


@pytest.fixture
def exercise(request, run_exercise):
    """The exercise of the chapter whose folder the test is in."""
    return run_exercise(request.path.parent.name)
