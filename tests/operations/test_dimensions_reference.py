"""The model answers of `dimensions` agree with the library and with torch."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

import course_lib
from course_lib import dimensions
from course_lib.reference import dimensions as reference

SMALL = st.integers(1, 4)


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 40), SMALL, SMALL, st.integers(0, 3), SMALL)
def test_output_size(n, k, stride, padding, dilation):
    options = dict(stride=stride, padding=padding, dilation=dilation)
    if dilation * (k - 1) + 1 <= n + 2 * padding:
        ours = reference.output_size(n, k, **options)
        assert ours == course_lib.output_size(n, k, **options)
        assert ours == F.conv1d(torch.ones(1, 1, n), torch.ones(1, 1, k), **options).shape[2]


LAYERS = [("conv", 6, 5, 2, 1), ("pool", 3, 2), ("conv", 8, 3, 1, 0), ("flatten",), ("dense", 7)]


def test_track():
    library = [
        dimensions.Conv(6, 5, stride=2, padding=1),
        dimensions.Pool(3, stride=2),
        dimensions.Conv(8, 3),
        dimensions.Flatten(),
        dimensions.Dense(7),
    ]
    tracked = reference.track((3, 40, 31), LAYERS)
    assert tracked == [tuple(size[1:]) for size in course_lib.track((3, 40, 31), library)]
    assert all(type(number) is int for shape, parameters in tracked for number in shape)


@pytest.mark.parametrize(
    "layers", [[], [(3, 1)], [(5, 2), (2, 2), (3, 1)], [(3, 2)] * 3 + [(1, 4)]]
)
def test_receptive_field_is_what_the_gradient_reaches(layers):
    x = torch.ones(1, 1, 101, requires_grad=True)
    y = x
    for k, s in layers:
        y = F.conv1d(y, torch.ones(1, 1, k), stride=s)
    y[0, 0, y.shape[2] // 2].backward()
    assert reference.receptive_field(layers) == int((x.grad != 0).sum())


@pytest.mark.parametrize(("k", "stride"), [(2, None), (3, 2), (2, 3), (1, None)])
def test_max_pool2d(k, stride):
    x = np.random.default_rng(0).integers(4, size=(2, 3, 7, 6)).astype(np.float32)
    y, switches = reference.max_pool2d(x, k, stride=stride)
    theirs, places = F.max_pool2d(torch.tensor(x), k, stride=stride, return_indices=True)
    assert y.dtype == x.dtype
    assert np.array_equal(y, theirs.numpy())
    assert np.array_equal(switches, places.numpy())
    assert np.array_equal(switches, course_lib.max_pool2d(x, k, stride=stride).switches)


def test_fractional_increments_of_the_worked_example(oracles):
    inputs = oracles["fractional_pool_increments"]["inputs"]
    expected = oracles["fractional_pool_increments"]["expected"]["pseudorandom_increments"]
    assert reference.fractional_increments(**inputs).tolist() == expected


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 12), st.data())
def test_fractional_increments_are_the_tiles_of_the_library(n_out, data):
    n_in = data.draw(st.integers(n_out + 1, 2 * n_out))
    u = data.draw(st.integers(0, 7)) / 8 + 1 / 17
    increments = reference.fractional_increments(n_in, n_out, u)
    ramp = np.arange(float(n_in)).reshape(1, 1, 1, n_in).repeat(2, axis=2)
    last = course_lib.fractional_max_pool2d(ramp, (1, n_out), u=u).y[0, 0, 0]
    assert increments.sum() == n_in
    assert np.array_equal(np.cumsum(increments) - 1, last)  # the maximum of a ramp is its end


def test_fractional_increments_round_up():
    """7 cells to 4: the edges 0, 1.75, 3.5, 5.25, 7 become 0, 2, 4, 6, 7."""
    assert reference.fractional_increments(7, 4, 0).tolist() == [2, 2, 2, 1]


@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_dilate_makes_the_kernel_that_dilation_means(dilation):
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(2, 3, 11, 10)), rng.normal(size=(4, 3, 3, 2))
    spread = reference.dilate(w, dilation)
    theirs = F.conv2d(torch.tensor(x), torch.tensor(w), dilation=dilation).numpy()
    assert spread.dtype == w.dtype
    assert np.allclose(course_lib.conv2d(x, spread), theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_grouped_conv2d(groups):
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(2, 6, 5, 7)), rng.normal(size=(12, 6 // groups, 3, 2))
    b = rng.normal(size=12)
    ours = reference.grouped_conv2d(x, w, b, groups)
    theirs = F.conv2d(*(torch.tensor(a) for a in (x, w, b)), groups=groups).numpy()
    assert np.allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_design_keeps_its_promises():
    layers = reference.design()
    tracked = reference.track((1, 64, 64), layers)
    seeing = layers[: [kind for kind, *_ in layers].index("flatten")]
    pairs = [layer[2:4] if layer[0] == "conv" else layer[1:] for layer in seeing]
    assert tracked[-1][0] == (10,)
    assert sum(parameters for _, parameters in tracked) == 18826
    assert reference.receptive_field(pairs) == 76
    assert min(min(shape) for shape, _ in tracked) >= 1


LENET = [("conv", 6, 5, 1, 0), ("pool", 2, 2), ("conv", 16, 5, 1, 0), ("pool", 2, 2)]
LENET += [("flatten",), ("dense", 120), ("dense", 84), ("dense", 10)]


def test_repair_lets_the_trained_weights_fit():
    trained = [parameters for _, parameters in reference.track((1, 32, 32), LENET)]
    broken = reference.track((1, 28, 28), LENET)
    mended = reference.track((1, 28, 28), reference.repair())
    assert broken[4][0] == (256,)
    assert mended[4][0] == (math.prod((16, 5, 5)),)
    assert [parameters for _, parameters in mended] == trained
