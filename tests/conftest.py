"""Shared by all tests: the worked numbers, and what this machine can run."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKED = ROOT / "course_lib" / "data" / "worked.json"


@pytest.fixture(scope="session")
def oracles():
    """The worked numbers of the source documents and of their corrected formulas, by id."""
    return json.loads(WORKED.read_text(encoding="utf-8"))


def chapters():
    """The words of the chapters."""
    sources = ROOT.glob("solutions/*/*.py")
    return sorted(path.stem for path in sources if path.stem == path.parent.name)


def pytest_generate_tests(metafunc):
    """Run a test that asks for a `chapter` once for each, under its word."""
    if "chapter" in metafunc.fixturenames:
        metafunc.parametrize("chapter", chapters())


def pytest_terminal_summary(terminalreporter):
    """Say in one line how many tests could not run for want of a browser."""
    skipped = terminalreporter.stats.get("skipped", ())
    browser = sum("no chromium" in str(report.longrepr) for report in skipped)
    if browser:
        terminalreporter.write_line(
            f"{browser} tests need a browser and were skipped: apt-get install chromium"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Run what concerns a chapter together, in one process: what one test made another finds.

    A process that has nothing left takes over from the end of what another has to do. So what runs
    a page comes first, and last what needs the built book, which is there for all.
    """
    word = re.compile(rf"^tests/(?:chapters|exercises|book)/.*\b({'|'.join(chapters())})\b")

    def place(item):
        found = word.search(item.nodeid)
        runs, looks = (name in item.fixturenames for name in ("run_page", "site"))
        return (found is None, found[1] if found else "", not runs, looks)

    items.sort(key=place)
    skip_cuda(items)


def skip_cuda(items):
    """Skip CUDA tests, with the reason, where there is no GPU."""
    cuda_tests = [item for item in items if item.get_closest_marker("cuda")]
    if not cuda_tests:
        return
    import torch

    if not torch.cuda.is_available():
        for item in cuda_tests:
            item.add_marker(pytest.mark.skip(reason="no CUDA GPU on this machine"))
