"""Pooling and the LSTM work on a chunk at a time, whatever the batch."""

import numpy as np

from course_lib import lstm_backward, lstm_forward, max_pool2d

MEGABYTE = 2**20


def test_max_pooling_needs_a_chunk_beside_its_results(peak_beyond_results):
    x = np.random.default_rng(0).standard_normal((256, 16, 32, 32), dtype=np.float32)
    assert peak_beyond_results(lambda: tuple(max_pool2d(x, 2))) < MEGABYTE


def test_the_lstm_backward_needs_its_slopes_and_a_chunk(peak_beyond_results):
    T, N, D, M = 400, 16, 8, 32
    rng = np.random.default_rng(0)
    x, dh = rng.standard_normal((T, N, D)), rng.standard_normal((T, N, M))
    w_ih, w_hh = rng.standard_normal((4 * M, D)), rng.standard_normal((4 * M, M)) / 9
    trace = lstm_forward(x, w_ih, w_hh, np.zeros(4 * M))
    slopes = 4 * T * N * M * x.itemsize  # dz, which the matrix products at the end need whole
    peak = peak_beyond_results(lambda: tuple(lstm_backward(dh, trace, x, w_ih, w_hh)))
    assert peak < slopes + 1.5 * MEGABYTE
