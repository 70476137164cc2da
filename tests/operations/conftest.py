"""Shared by the tests of operations."""

import tracemalloc

import pytest


@pytest.fixture
def peak_beyond_results():
    """A function that runs another: the bytes that NumPy held at most, less its results."""

    def measure(function):
        tracemalloc.start()
        try:
            results = function()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        results = results if isinstance(results, tuple) else (results,)
        return peak - sum(r.nbytes for r in results)

    return measure
