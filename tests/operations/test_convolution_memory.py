"""The NumPy backend works in small buffers, whatever the batch, and cuts it up rightly."""

import tracemalloc

import numpy as np
import pytest

from course_lib import conv1d, conv1d_backward, conv2d, conv2d_backward
from course_lib.backends.numpy import windows

MEGABYTE = 2**20


@pytest.mark.parametrize("thin", [0, 10**6])
@pytest.mark.parametrize("small", [1, 10**6])
@pytest.mark.parametrize("buffer", [1, 2000, 5000, 20_000, 40_000, 10**6])
@pytest.mark.parametrize(
    "options",
    [
        {},
        dict(padding=(2, 1)),
        dict(padding=(5, 4)),
        dict(stride=(2, 3), padding=1),
        dict(stride=(3, 1), dilation=(2, 2), padding=(3, 2)),
        dict(groups=2, padding=(0, 1)),
    ],
)
def test_the_size_of_the_chunks_does_not_matter(monkeypatch, options, buffer, small, thin):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 4, 13, 9))
    w, b = rng.standard_normal((6, 4 // options.get("groups", 1), 3, 2)), rng.standard_normal(6)
    y = conv2d(x, w, b, **options, backend="reference")
    dy = rng.standard_normal(y.shape)
    expected = conv2d_backward(dy, x, w, **options, backend="reference")
    monkeypatch.setattr(windows, "BUFFER", buffer)
    monkeypatch.setattr(windows, "SMALL", small)
    monkeypatch.setattr(windows, "THIN", thin)
    np.testing.assert_allclose(conv2d(x, w, b, **options), y, rtol=1e-10, atol=1e-12)
    for ours, truth in zip(conv2d_backward(dy, x, w, **options), expected, strict=True):
        np.testing.assert_allclose(ours, truth, rtol=1e-10, atol=1e-12)


def peak_beyond_results(function):
    """Return the bytes that NumPy held at most while the function ran, less its results."""
    tracemalloc.start()
    try:
        results = function()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    results = results if isinstance(results, tuple) else (results,)
    return peak - sum(r.nbytes for r in results)


def test_the_largest_benchmark_case_needs_less_than_eight_megabytes():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((128, 64, 56, 56), dtype=np.float32)
    w = rng.standard_normal((64, 64, 3, 3), dtype=np.float32)
    b = rng.standard_normal(64, dtype=np.float32)
    assert peak_beyond_results(lambda: conv2d(x, w, b, padding=1)) < 8 * MEGABYTE


def test_the_backward_pass_needs_no_more():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((16, 64, 56, 56), dtype=np.float32)
    w = rng.standard_normal((64, 64, 3, 3), dtype=np.float32)
    for stride in (1, 2):
        dy = rng.standard_normal((16, 64, 56 // stride, 56 // stride), dtype=np.float32)
        options = dict(stride=stride, padding=1)
        assert peak_beyond_results(lambda: conv2d_backward(dy, x, w, **options)) < 8 * MEGABYTE  # noqa: B023


def test_a_long_sequence_needs_no_more():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 8, 50_000)), rng.standard_normal((8, 8, 9))
    assert peak_beyond_results(lambda: conv1d(x, w, padding=4)) < 8 * MEGABYTE
    y = conv1d(x, w, padding=4)
    assert peak_beyond_results(lambda: conv1d_backward(y, x, w, padding=4)) < 8 * MEGABYTE
