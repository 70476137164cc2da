"""Fractional max pooling is right: the worked increments, torch for the same samples, its tiles."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import fractional_max_pool2d
from course_lib.reference import fractional_pooling as reference

BACKENDS = ("reference", "numpy", "torch")


def run(backend, x, output_size, **options):
    """Call one backend with a NumPy array and return NumPy arrays."""
    return fractional_max_pool2d(x, output_size, **options, backend=backend)


def ramp(N=1, C=1, H=2, W=2):
    """Return images whose maximum over any tile is its last pixel."""
    return np.arange(N * C * H * W, dtype=float).reshape(N, C, H, W)


def column_ends(backend, n_in, n_out, **options):
    """Return where each tile ends along the columns of one row, one past its last pixel."""
    _, switches = run(backend, ramp(H=2, W=n_in), (1, n_out), **options)
    return switches[0, 0, 0] % n_in + 1


@st.composite
def sizes(draw):
    """Draw an input and a smaller output size."""
    n_in = draw(st.integers(2, 12))
    return n_in, draw(st.integers(1, n_in - 1))


#: any start at all, the awkward ones among them
starts = st.floats(0, 1, exclude_max=True)
#: starts with which the fast backends do not round, so that they must equal the exact definition
short_starts = st.integers(0, 2**20 - 1).map(lambda k: k / 2**20) | st.just(5e-324)


@pytest.mark.parametrize("backend", BACKENDS)
def test_worked_pseudo_random_increments(oracles, backend):
    case = oracles["fractional_pool_increments"]
    n_in, n_out, u = (case["inputs"][k] for k in ("n_in", "n_out", "u"))
    assert n_in / n_out == case["expected"]["alpha"]
    increments = np.diff(column_ends(backend, n_in, n_out, u=u), prepend=0).tolist()
    assert increments == case["expected"]["pseudorandom_increments"]
    assert increments.count(1) == case["expected"]["n_ones"]
    assert increments.count(2) == case["expected"]["n_twos"]


@pytest.mark.parametrize("backend", BACKENDS)
@given(sizes(), starts)
@settings(max_examples=60, deadline=None)
def test_disjoint_tiles_of_two_sizes_cover_the_image(backend, size, u):
    n_in, n_out = size
    increments = np.diff(column_ends(backend, n_in, n_out, u=u), prepend=0)
    assert increments.sum() == n_in
    assert set(increments) <= {n_in // n_out, -(-n_in // n_out)}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(sizes(), sizes(), st.integers(0, 2**32 - 1), st.booleans())
@settings(max_examples=80, deadline=None)
def test_overlapping_tiles_equal_torch_for_the_same_samples(dtype, rows, columns, seed, ties):
    rng = np.random.default_rng(seed)
    shape = 2, 3, rows[0], columns[0]
    x = (rng.integers(3, size=shape) if ties else rng.standard_normal(shape)).astype(dtype)
    u = rng.random((2, 3, 2)).astype(dtype)
    u = u[:, :, ::-1] if ties else u  # a view, too
    expected = F.fractional_max_pool2d(
        torch.tensor(x),
        2,
        output_size=(rows[1], columns[1]),
        return_indices=True,
        _random_samples=torch.tensor(u.copy()),
    )
    for backend in BACKENDS:
        y, switches = run(backend, x, (rows[1], columns[1]), u=u, overlapping=True)
        np.testing.assert_array_equal(y, expected[0])
        np.testing.assert_array_equal(switches, expected[1])
        assert y.dtype == dtype and switches.dtype == np.int64


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("n_out", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("start", [0.0, 0.25, 0.5])
def test_starts_that_fall_on_a_pixel_round_as_in_torch(backend, n_out, start):
    x = ramp(H=7, W=7)
    expected = F.fractional_max_pool2d(
        torch.tensor(x),
        2,
        output_size=(n_out, n_out),
        return_indices=True,
        _random_samples=torch.full((1, 1, 2), start, dtype=torch.float64),
    )[1]
    for u in (start, np.full((1, 1, 2), start)):
        _, switches = run(backend, x, n_out, u=u, overlapping=True)
        np.testing.assert_array_equal(switches, expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_single_overlapping_tile_is_the_last(backend):
    for how in (dict(u=0.7), dict(rng=np.random.default_rng(0))):
        y, switches = run(backend, -ramp(H=5, W=5), 1, overlapping=True, **how)
        assert switches.item() == 3 * 5 + 3


@given(sizes(), sizes(), short_starts, st.booleans(), st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_backends_agree_and_switches_point_at_the_maxima(rows, columns, u, overlapping, seed):
    x = np.random.default_rng(seed).integers(5, size=(2, 2, rows[0], columns[0])).astype(float)
    options = dict(u=u, overlapping=overlapping)
    y, switches = reference.fractional_max_pool2d(x, (rows[1], columns[1]), **options)
    found = np.take_along_axis(x.reshape(2, 2, -1), switches.reshape(2, 2, -1), axis=2)
    np.testing.assert_array_equal(found.ravel(), y.ravel())
    if not overlapping:
        assert y.max() == x.max()  # every pixel is in some tile
    for backend in ("numpy", "torch"):
        other = run(backend, x, (rows[1], columns[1]), **options)
        np.testing.assert_array_equal(other[0], y)
        np.testing.assert_array_equal(other[1], switches)


@pytest.mark.parametrize("overlapping", [False, True])
@given(sizes(), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_drawn_tiles_have_the_same_sizes_in_a_random_order(overlapping, size, seed):
    n_in, n_out = size
    x = ramp(2, 3, n_in, 2)
    results = [
        run(b, x, (n_out, 1), overlapping=overlapping, rng=np.random.default_rng(seed))
        for b in BACKENDS
    ]
    for y, switches in results[1:]:
        np.testing.assert_array_equal(y, results[0][0])
        np.testing.assert_array_equal(switches, results[0][1])
    ends = results[0][1][..., 0] // 2 + 1
    assert np.all(ends[..., -1] == n_in)
    steps = np.diff(ends) if overlapping else np.diff(ends, prepend=0)
    placed = reference.fractional_max_pool2d(x, (n_out, 1), overlapping=overlapping, u=0.5)
    ends = placed[1][..., 0] // 2 + 1
    expected = np.diff(ends) if overlapping else np.diff(ends, prepend=0)
    np.testing.assert_array_equal(np.sort(steps), np.sort(expected))


@pytest.mark.parametrize("backend", BACKENDS)
def test_single_precision_starts_are_not_rounded_away(backend):
    # just above 3/5, so that a_0 = ceil(5/4 u) = 1 and a_1 = ceil(5/4 (1 + u)) = 3, not 2
    u = np.full((1, 1, 2), 0.6, np.float32)
    _, switches = run(backend, ramp(H=5, W=5), 4, u=u)
    assert (switches[0, 0, 0] % 5).tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(("dtype", "bits"), [(np.float16, 10), (np.float32, 24), (np.float64, 40)])
@given(sizes(), sizes(), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_starts_of_their_own_for_every_plane_agree_with_the_exact_definition(
    dtype, bits, rows, columns, seed
):
    u = np.random.default_rng(seed).integers(2**bits, size=(2, 3, 2)) / 2**bits
    u = u.astype(dtype)
    x = ramp(2, 3, rows[0], columns[0])
    _, expected = reference.fractional_max_pool2d(x, (rows[1], columns[1]), u=u)
    for n, c in np.ndindex(2, 3):
        for axis, (n_in, n_out) in enumerate((columns, rows)):
            tiles = reference.disjoint_tiles(n_in, n_out, u[n, c, axis])
            ends = expected[n, c, 0] % n_in if axis == 0 else expected[n, c, :, 0] // columns[0]
            assert [end for _, end in tiles] == (ends + 1).tolist()
            assert [first for first, _ in tiles] == [0, *(ends[:-1] + 1)]
    for backend in ("numpy", "torch"):
        _, switches = run(backend, x, (rows[1], columns[1]), u=u)
        np.testing.assert_array_equal(switches, expected)


@pytest.mark.parametrize("backend", BACKENDS)
def test_none_draws_anew_a_seed_repeats_itself_and_a_generator_goes_on(backend):
    def draw(rng):
        return run(backend, ramp(4, 4, 20, 2), (13, 1), rng=rng)[1].tolist()

    generator = np.random.default_rng(7)
    first = draw(generator)
    assert draw(7) == draw(7) == first
    assert draw(generator) != first and draw(None) != draw(None) and draw(None) != draw(0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_order_of_the_sizes_is_drawn_equally_often(backend):
    _, switches = run(backend, ramp(30, 30, 5, 2), (3, 1), rng=np.random.default_rng(0))
    orders, counts = np.unique(switches[..., 0].reshape(-1, 3) // 2 % 5, axis=0, return_counts=True)
    assert orders.tolist() == [[0, 2, 4], [1, 2, 4], [1, 3, 4]]  # 1 2 2, 2 1 2 and 2 2 1
    assert np.all(np.abs(counts - 300) <= 4 * np.sqrt(900 * 2 / 9))


def test_draws_differ_between_channels_and_repeat_with_the_seed():
    x = ramp(1, 8, 20, 20)
    first, again, other = (
        fractional_max_pool2d(x, 13, rng=np.random.default_rng(seed)).switches for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert len(np.unique(first.reshape(8, -1), axis=0)) == 8


def test_rows_and_columns_take_their_own_samples():
    u = np.array([[[0.0, 0.9]]])  # columns, rows
    across = fractional_max_pool2d(ramp(H=5, W=5), 4, u=u).switches[0, 0]
    assert np.diff(across[0], prepend=-1).tolist() == [2, 1, 1, 1]
    assert np.diff(across[:, 0] // 5, prepend=-1).tolist() == [1, 1, 1, 2]


@pytest.mark.parametrize("backend", BACKENDS)
def test_nan_wins_and_of_equals_the_first(backend):
    x = np.zeros((1, 1, 4, 4))
    y, switches = run(backend, x, 3, u=0.5, overlapping=True)
    assert switches.ravel().tolist() == [0, 1, 2, 4, 5, 6, 8, 9, 10]
    x[0, 0, 1, 1] = np.nan
    y, switches = run(backend, x, 3, u=0.5, overlapping=True)
    assert np.isnan(y).sum() == 4
    assert switches[np.isnan(y)].tolist() == [5] * 4
    y, switches = run(backend, np.full((1, 1, 4, 4), -np.inf), 2, u=0.5)
    assert np.isneginf(y).all() and switches.ravel().tolist() == [0, 2, 8, 10]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("how", [dict(u=0.3), dict(rng=0), dict(u=np.zeros((0, 2, 2)))])
def test_empty_batches_work(backend, how):
    how = {k: np.random.default_rng(v) if k == "rng" else v for k, v in how.items()}
    y, switches = run(backend, np.zeros((0, 2, 5, 5)), 3, **how)
    assert y.shape == switches.shape == (0, 2, 3, 3)


def test_torch_results_stay_torch_and_are_differentiable():
    x = torch.tensor(np.random.default_rng(0).standard_normal((1, 2, 5, 4)), requires_grad=True)
    u = torch.rand(1, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for overlapping in (False, True):
        assert torch.autograd.gradcheck(
            lambda x, o=overlapping: fractional_max_pool2d(x, (3, 2), u=u, overlapping=o).y, (x,)
        )


X = np.zeros((1, 2, 5, 4))
RNG = np.random.default_rng(0)
REFUSALS = [
    ((X.astype(int), 3), dict(u=0), TypeError, "x must have a floating dtype"),
    ((X[0], 3), dict(u=0), ValueError, "x must have 4 axes"),
    ((X, 4), dict(u=0), ValueError, r"output_size must be below .*\(5, 4\), got \(4, 4\)"),
    ((X, (5, 3)), dict(u=0), ValueError, "output_size must be below"),
    ((X, 0), dict(u=0), ValueError, "output_size must be an integer of at least 1, got 0"),
    ((X, 3), dict(u=0.5, rng=RNG), ValueError, "u and rng must not both be given"),
    ((X, 3), dict(u=1.0), ValueError, r"u must lie in \[0, 1\), got 1.0 to 1.0"),
    ((X, 3), dict(u=-0.1), ValueError, r"u must lie in \[0, 1\)"),
    ((X, 3), dict(u=np.nan), ValueError, r"u must lie in \[0, 1\)"),
    ((X, 3), dict(u=np.zeros(2)), ValueError, r"u must be a number or of shape \(1, 2, 2\)"),
    ((X, 3), dict(rng="0"), TypeError, "rng must be None, a seed or a NumPy Generator, got str"),
    ((X, 3), dict(rng=-1), ValueError, "rng must be an integer of at least 0, got -1"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "options", "error", "message"), REFUSALS)
def test_bad_input_is_refused_with_a_clear_message(arguments, options, error, message):
    with pytest.raises(error, match=message):
        fractional_max_pool2d(*arguments, **options)


def test_numpy_looks_once_at_each_place_of_the_largest_tile(monkeypatch):
    looks = []
    take = np.take_along_axis
    monkeypatch.setattr(np, "take_along_axis", lambda *a, **k: looks.append(1) or take(*a, **k))
    _, switches = fractional_max_pool2d(ramp(H=5, W=8), (2, 4), u=0.5)
    assert switches.ravel().tolist() == [9, 11, 13, 15, 33, 35, 37, 39]  # tiles of 2 or 3 by 2
    assert len(looks) == 3 * 2
    fractional_max_pool2d(ramp(N=0, H=5, W=8), (2, 4), rng=np.random.default_rng(0))
    assert len(looks) == 3 * 2
