"""The NumPy backend works in small buffers, whatever the batch, and cuts it up rightly."""

from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import pytest

from course_lib import conv1d, conv1d_backward, conv2d, conv2d_backward
from course_lib.backends.numpy import convolution, windows

MEGABYTE = 2**20


@pytest.fixture(autouse=True)
def new_buffers():
    """Keep no buffer from a test to the next: they differ in size, and new ones count."""
    convolution._idle.clear()
    yield
    convolution._idle.clear()


@cache
def by_reference(**options):
    """An example with options, computed once: x, w, b, y, dy and the gradients."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 4, 13, 9))
    w, b = rng.standard_normal((6, 4 // options.get("groups", 1), 3, 2)), rng.standard_normal(6)
    y = conv2d(x, w, b, **options, backend="reference")
    dy = rng.standard_normal(y.shape)
    return x, w, b, y, dy, conv2d_backward(dy, x, w, **options, backend="reference")


@pytest.mark.parametrize("thin", [0, 10**6])
@pytest.mark.parametrize("small", [1, 10**6])
@pytest.mark.parametrize("image", [1, 5000, 10**6])
@pytest.mark.parametrize("buffer", [1, 2000, 20_000, 10**6])
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
def test_the_size_of_the_chunks_does_not_matter(monkeypatch, options, buffer, image, small, thin):
    x, w, b, y, dy, expected = by_reference(**options)
    monkeypatch.setattr(windows, "BUFFER", buffer)
    monkeypatch.setattr(windows, "IMAGE", image)
    monkeypatch.setattr(windows, "SMALL", small)
    monkeypatch.setattr(windows, "THIN", thin)
    np.testing.assert_allclose(conv2d(x, w, b, **options), y, rtol=1e-10, atol=1e-12)
    for ours, truth in zip(conv2d_backward(dy, x, w, **options), expected, strict=True):
        np.testing.assert_allclose(ours, truth, rtol=1e-10, atol=1e-12)


def test_the_largest_benchmark_case_needs_less_than_eight_megabytes(peak_beyond_results):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((128, 64, 56, 56), dtype=np.float32)
    w = rng.standard_normal((64, 64, 3, 3), dtype=np.float32)
    b = rng.standard_normal(64, dtype=np.float32)
    assert peak_beyond_results(lambda: conv2d(x, w, b, padding=1)) < 8 * MEGABYTE


def test_the_backward_pass_needs_no_more(peak_beyond_results):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((16, 64, 56, 56), dtype=np.float32)
    w = rng.standard_normal((64, 64, 3, 3), dtype=np.float32)
    for stride in (1, 2):
        dy = rng.standard_normal((16, 64, 56 // stride, 56 // stride), dtype=np.float32)
        options = dict(stride=stride, padding=1)
        assert peak_beyond_results(lambda: conv2d_backward(dy, x, w, **options)) < 8 * MEGABYTE  # noqa: B023


def test_a_long_sequence_needs_no_more(peak_beyond_results):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 8, 50_000)), rng.standard_normal((8, 8, 9))
    assert peak_beyond_results(lambda: conv1d(x, w, padding=4)) < 8 * MEGABYTE
    y = conv1d(x, w, padding=4)
    assert peak_beyond_results(lambda: conv1d_backward(y, x, w, padding=4)) < 8 * MEGABYTE


@pytest.mark.parametrize(
    ("shape", "filters", "kernel", "stride", "columns", "shifted"),
    [
        ((64, 1, 8, 8), 8, 3, 1, (64, 10, 64), (64, 1, 4, 80)),
        ((64, 1, 28, 28), 8, 5, 1, (6, 26, 784), (6, 1, 6, 896)),
        ((64, 8, 14, 14), 16, 5, 1, None, (16, 1, 41, 252)),
        ((64, 16, 28, 28), 32, 3, 1, None, (6, 1, 49, 448)),
        ((64, 32, 14, 14), 32, 3, 1, None, (6, 1, 97, 224)),
        ((64, 16, 28, 28), 32, 3, 2, None, (6, 2, 49, 210)),
        ((128, 64, 56, 56), 64, 3, 1, None, (1, 1, 193, 3248)),
        ((1, 64, 60, 60), 64, 3, 1, None, (1, 1, 193, 1920)),
        ((1, 64, 4, 128), 64, 1, 1, None, (1, 1, 65, 128)),
        ((1, 512, 4, 1300), 512, 3, 1, None, (1, 1, 1537, 3900)),
        ((1, 24, 9, 9), 128, 1, 1, (1, 25, 81), (1, 1, 25, 81)),
        ((1, 25, 9, 16), 64, 1, 1, None, (1, 1, 26, 144)),
    ],
)
def test_the_buffers_are_those_that_were_measured_to_be_fast(
    shape, filters, kernel, stride, columns, shifted
):
    pairs = (kernel, kernel), (stride, stride), (kernel // 2, kernel // 2), (1, 1)
    chunks = windows.Windows(shape, filters, *pairs, np.float32)
    copied = chunks.columns.shape if chunks.one_product else None
    assert (copied, chunks.shifted.shape) == (columns, shifted)


def test_the_way_back_is_a_convolution_only_where_it_can_be():
    full = convolution._full
    assert full((3, 2), (1, 0), (1, 2), (1, 1)) == (1, 2)
    assert full((3, 3), (2, 2), (1, 1), (1, 1)) == (0, 0)
    assert full((3, 3), (3, 0), (1, 1), (1, 1)) is None  # it would need a negative padding
    assert full((3, 3), (1, 1), (1, 1), (1, 2)) is None


def test_few_weights_are_kept_transposed():
    for channels, order in ((2**16 // 64, "F_CONTIGUOUS"), (2**16 // 64 + 1, "C_CONTIGUOUS")):
        w = np.arange(64.0 * channels).reshape(64, channels, 1, 1)
        chunks = windows.Windows((1, channels, 2, 2), 64, (1, 1), (1, 1), (0, 0), (1, 1), float)
        matrix = chunks.weights(w)
        assert matrix.flags[order]
        np.testing.assert_array_equal(chunks.filters(matrix), w)


def test_filters_are_counted_by_group(monkeypatch):
    asked = []

    def remember(x_shape, F, *geometry):
        asked.append((x_shape[1], F))
        return windows.Windows(x_shape, F, *geometry)

    monkeypatch.setattr(convolution, "Windows", remember)
    x, w = np.ones((1, 4, 5, 5)), np.ones((6, 2, 2, 2))
    y = conv2d(x, w, groups=2)
    conv2d_backward(y, x, w, groups=2, stride=1)
    # Forward, and again backward with respect to w; back to x, channels and filters exchanged.
    assert asked == [(2, 3), (3, 2)]


CASES = [
    ((3, 2, 9, 8), (4, 2, 3, 3), dict(padding=1)),
    ((2, 40, 9, 8), (4, 40, 3, 3), dict(padding=1)),
    ((3, 1, 9, 8), (8, 1, 3, 2), dict(padding=(0, 2), stride=(2, 1))),
]


def numbers(seed, x_shape, w_shape, options):
    rng = np.random.default_rng(seed)
    x, w, b = (rng.standard_normal(shape) for shape in (x_shape, w_shape, w_shape[:1]))
    y = conv2d(x, w, b, **options, backend="reference")
    dy = rng.standard_normal(y.shape)
    return x, w, b, dy, y, conv2d_backward(dy, x, w, **options, backend="reference")


def check(x, w, b, dy, y, gradients, options):
    np.testing.assert_allclose(conv2d(x, w, b, **options), y, rtol=1e-10, atol=1e-12)
    for ours, truth in zip(conv2d_backward(dy, x, w, **options), gradients, strict=True):
        np.testing.assert_allclose(ours, truth, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("x_shape", "w_shape", "options"), CASES)
def test_buffers_that_served_before_carry_nothing_over(x_shape, w_shape, options):
    served = []
    for seed in range(4):
        check(*numbers(seed, x_shape, w_shape, options), options)
        served.append([id(kept) for kept in convolution._idle.values()])
    assert served == [served[0]] * 4


def test_each_thread_has_its_own_buffers():
    x_shape, w_shape, options = (16, 8, 24, 24), (8, 8, 3, 3), dict(padding=1)
    given = [numbers(seed, x_shape, w_shape, options) for seed in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for _ in pool.map(lambda i: check(*given[i % 4], options), range(80)):
            pass


@pytest.mark.parametrize(("x_shape", "w_shape", "options"), CASES)
def test_a_handler_that_convolves_the_same_shapes_meanwhile_spoils_nothing(
    monkeypatch, x_shape, w_shape, options
):
    """Signal handlers, finalisers and tracers run in the middle of a call, in the same thread."""
    given, other = (numbers(seed, x_shape, w_shape, options) for seed in (0, 1))
    products = np.matmul
    for last in range(8):
        calls = iter(range(last))

        def handled(*arrays, calls=calls, **out):
            if next(calls, None) is None:  # from this product on
                with monkeypatch.context() as patch:
                    patch.setattr(convolution.np, "matmul", products)
                    check(*other, options)
            return products(*arrays, **out)

        with monkeypatch.context() as patch:
            patch.setattr(convolution.np, "matmul", handled)
            check(*given, options)


def test_few_geometries_are_kept():
    for size in range(3, 40):
        conv2d(np.ones((1, 1, size, size)), np.ones((1, 1, 2, 2)))
    assert len(convolution._idle) == 8
    kept = [key[1][0][2] for key in convolution._idle]
    assert kept == list(range(32, 40))
    conv2d(np.ones((1, 1, 32, 32)), np.ones((1, 1, 2, 2)))
    assert [key[1][0][2] for key in convolution._idle] == [*range(33, 40), 32]


def held(chunks):
    """Return the bytes of the buffers of some windows."""
    return sum(a.nbytes for a in vars(chunks).values() if isinstance(a, np.ndarray))


@pytest.mark.parametrize(
    ("x_shape", "F", "kernel", "stride", "dilation"),
    [
        ((64, 1, 200_000, 1), 1, (1, 1), (1000, 1), (1, 1)),
        ((64, 1, 200_000, 1), 8, (3, 1), (1000, 1), (1, 1)),
        ((64, 4, 5000, 1), 8, (3, 1), (777, 1), (250, 1)),
        ((64, 1, 10_001, 1), 1, (2, 1), (1, 1), (10_000, 1)),
        ((4096, 1, 8, 8), 4096, (3, 3), (1, 1), (1, 1)),
        ((4096, 25, 2, 2), 4096, (1, 1), (1, 1), (1, 1)),
    ],
)
def test_a_long_stride_or_dilation_and_many_filters_keep_some_megabytes(
    x_shape, F, kernel, stride, dilation
):
    chunks = windows.Windows(x_shape, F, kernel, stride, (0, 0), dilation, np.float32)
    assert held(chunks) < 6 * MEGABYTE


def test_only_the_rows_that_the_kernel_reads_are_copied(peak_beyond_results):
    x = np.random.default_rng(0).standard_normal((64, 1, 200_000), dtype=np.float32)
    for K in (1, 3):
        w = np.ones((1, 1, K), np.float32)
        results = []
        peak = peak_beyond_results(lambda: results.append(conv1d(x, w, stride=1000)) or results[0])  # noqa: B023
        assert peak < MEGABYTE
        expected = sum(x[..., k::1000] for k in range(K))
        np.testing.assert_allclose(results[0], expected, rtol=1e-5, atol=1e-5)
    phases = windows.Windows((1, 1, 99, 1), 1, (4, 1), (6, 1), (0, 0), (4, 1), float).phases
    assert phases == [0, 2, 4]


class Interrupted(np.ndarray):
    """An array that the user presses Ctrl-C on as soon as it is used."""

    def __array_ufunc__(self, *arguments, **options):
        raise KeyboardInterrupt


@pytest.mark.parametrize(("x_shape", "w_shape", "options"), CASES)
def test_an_interrupted_convolution_spoils_no_later_one(monkeypatch, x_shape, w_shape, options):
    given = numbers(0, x_shape, w_shape, options)
    x, w, b, dy, *_ = given
    check(*given, options)
    products = np.matmul
    for last in range(1, 12):
        calls = iter(range(last))

        def interrupted(*arrays, calls=calls, **out):
            if next(calls, None) is not None:
                return products(*arrays, **out)
            if out:
                raise KeyboardInterrupt
            return products(*arrays).view(Interrupted)

        with monkeypatch.context() as patch:
            patch.setattr(convolution.np, "matmul", interrupted)
            try:
                conv2d(x, w, b, **options)
                conv2d_backward(dy, x, w, **options)
            except KeyboardInterrupt:
                pass
        check(*given, options)
