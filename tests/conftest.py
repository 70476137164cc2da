"""Shared by all tests: the worked numbers, and what this machine can run."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORKED = ROOT / "course_lib" / "data" / "worked.json"


@pytest.fixture(scope="session")
def oracles():
    """The worked numbers of the source documents and of their corrected formulas, by id."""
    return json.loads(WORKED.read_text(encoding="utf-8"))


def pytest_generate_tests(metafunc):
    """Run a test that asks for a `chapter` once for each, under its word."""
    if "chapter" in metafunc.fixturenames:
        sources = ROOT.glob("solutions/*/*.py")
        words = sorted(path.stem for path in sources if path.stem == path.parent.name)
        metafunc.parametrize("chapter", words)


def pytest_terminal_summary(terminalreporter):
    """Say in one line how many tests could not run for want of a browser."""
    skipped = terminalreporter.stats.get("skipped", ())
    browser = sum("no chromium" in str(report.longrepr) for report in skipped)
    if browser:
        terminalreporter.write_line(
            f"{browser} tests need a browser and were skipped: apt-get install chromium"
        )


def pytest_collection_modifyitems(items):
    """Skip CUDA tests, with the reason, where there is no GPU."""
    cuda_tests = [item for item in items if item.get_closest_marker("cuda")]
    if not cuda_tests:
        return
    import torch

    if not torch.cuda.is_available():
        for item in cuda_tests:
            item.add_marker(pytest.mark.skip(reason="no CUDA GPU on this machine"))
