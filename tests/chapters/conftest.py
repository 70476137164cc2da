"""For the tests of a chapter's own: its page and its exercise, each run once."""

import contextlib
import io
import re
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
CELL = re.compile(r"```\{code-cell\} ipython3\n(?::[^\n]*\n)*(.*?)```", re.S)
SOURCE_CELL = re.compile(r"^# %%([^\n]*)\n(.*?)(?=^# %%|\Z)", re.M | re.S)


class Page(NamedTuple):
    """What a page that was run has glued, printed and left in its variables."""

    glued: dict
    printed: str
    names: dict


@pytest.fixture(scope="session")
def run_page():
    """A function: run the page of a chapter from top to bottom."""
    import myst_nb
    import torch

    def run(word):
        path = ROOT / "book" / f"{word}.md"
        glued, printed, names = {}, io.StringIO(), {}
        threads = torch.get_num_threads()
        glue = lambda key, value, display=True: glued.update({key: value})  # noqa: E731
        try:
            with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
                patch.setattr(myst_nb, "glue", glue)
                for cell in CELL.findall(path.read_text(encoding="utf-8")):
                    exec(compile(cell, str(path), "exec"), names)  # noqa: S102
        finally:
            torch.set_num_threads(threads)
        return Page(glued, printed.getvalue(), names)

    return run


@pytest.fixture(scope="module")
def page(request, run_page):
    """The page of the chapter whose folder the test is in."""
    return run_page(request.path.parent.name)


class Exercise(NamedTuple):
    """What an exercise that was run has printed and left in its variables."""

    printed: str
    names: dict


@pytest.fixture(scope="module")
def exercise(request):
    """The exercise of the chapter whose folder the test is in, run without its checks."""
    word = request.path.parent.name
    path = ROOT / "solutions" / word / f"{word}.py"
    printed, names = io.StringIO(), {}
    with contextlib.redirect_stdout(printed):
        for kind, code in SOURCE_CELL.findall(path.read_text(encoding="utf-8")):
            if "[markdown]" not in kind and "check=" not in kind and "progress" not in kind:
                exec(compile(code, str(path), "exec"), names)  # noqa: S102
    return Exercise(printed.getvalue(), names)
