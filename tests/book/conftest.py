"""Which pages of the site a test looks at."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Pages that Sphinx adds by itself, and `index`, which leads to the first page at once.
ADDED = ("genindex", "search", "prf-prf", "index")
MADE = ("_modules/", "book/library/")  # written by the build, all alike
ONE_OF_EACH = ("_modules/course_lib/convolution", "book/library/operations/convolution")
TOC = (ROOT / "_toc.yml").read_text(encoding="utf-8")
WRITTEN = re.findall(r"(?:root|file): (\S+)", TOC)


def pytest_generate_tests(metafunc):
    """Run a test that asks for a `path` for each page that someone wrote, and for some others."""
    if "path" in metafunc.fixturenames:
        metafunc.parametrize("path", [*WRITTEN, *ADDED[:-1], *ONE_OF_EACH])


@pytest.fixture(scope="session")
def documents():
    """The pages named in the table of contents."""
    made = [
        path.relative_to(ROOT).with_suffix("").as_posix()
        for pattern in re.findall(r"glob: (\S+)", TOC)
        for path in ROOT.glob(f"{pattern}.rst")
    ]
    return {*WRITTEN, *made}


@pytest.fixture(scope="session")
def added():
    """The pages that Sphinx adds."""
    return {*ADDED}


@pytest.fixture(scope="session")
def made_pages(site):
    """The pages that the build makes from the library."""
    pages = sorted(p.relative_to(site).with_suffix("").as_posix() for p in site.rglob("*.html"))
    return [page for page in pages if page.startswith(MADE)]
