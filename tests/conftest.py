"""Shared by all tests: the worked numbers, and what this machine can run."""

import json
from pathlib import Path

import pytest

WORKED = Path(__file__).parents[1] / "course_lib" / "data" / "worked.json"


@pytest.fixture(scope="session")
def oracles():
    """The worked numbers of the source documents and of their corrected formulas, by id."""
    return json.loads(WORKED.read_text(encoding="utf-8"))


def pytest_collection_modifyitems(items):
    """Skip CUDA tests, with the reason, where there is no GPU."""
    cuda_tests = [item for item in items if item.get_closest_marker("cuda")]
    if not cuda_tests:
        return
    import torch

    if not torch.cuda.is_available():
        for item in cuda_tests:
            item.add_marker(pytest.mark.skip(reason="no CUDA GPU on this machine"))
