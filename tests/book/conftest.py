"""Which pages of the site a test looks at."""

import pytest

MADE = ("_modules/", "book/library/")  # written by the build, all alike


@pytest.fixture(scope="session")
def made_pages(site):
    """The pages that the build makes from the library."""
    pages = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    return [page for page in pages if page.startswith(MADE)]


@pytest.fixture(scope="session")
def pages(site, made_pages):
    """The pages that someone wrote, and one of each kind that the build makes."""
    every = sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html"))
    written = [page for page in every if not page.startswith(("_static/", *MADE))]
    written.remove("index.html")  # it leads to the first page at once
    return written + [[page for page in made_pages if page.startswith(m)][-1] for m in MADE]
