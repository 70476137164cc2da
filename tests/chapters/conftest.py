"""For the tests of a chapter's own: its page, run once."""

import contextlib
import io
import re
from pathlib import Path
from typing import NamedTuple

import pytest

BOOK = Path(__file__).parents[2] / "book"
CELL = re.compile(r"```\{code-cell\} ipython3\n(?::[^\n]*\n)*(.*?)```", re.S)


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
        path = BOOK / f"{word}.md"
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
