"""What every convolution satisfies, on random geometries: adjoint, linearity, equivariance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib import conv1d, conv1d_backward, conv2d, conv2d_backward, conv_matrix

pytestmark = pytest.mark.parametrize("backend", ["reference", "numpy", "torch"])
small = settings(derandomize=True, deadline=None, max_examples=60)


@st.composite
def problems(draw, axes=2, groups=True, strides=True, padding=True):
    """Draw x, w, dy and the options of a convolution that is allowed."""

    def numbers(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(axes))

    kernel, dilation = numbers(1, 3), numbers(1, 3)
    pads = numbers(0, 2) if padding else (0,) * axes
    stride = numbers(1, 3) if strides else (1,) * axes
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    extra = numbers(0, 4)
    image = [max(1, r - 2 * p) + e for r, p, e in zip(reach, pads, extra, strict=True)]
    count = draw(st.integers(1, 3)) if groups else 1
    N, C, F = draw(st.integers(0, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = [
        (n + 2 * p - r) // s + 1 for n, p, r, s in zip(image, pads, reach, stride, strict=True)
    ]
    x = rng.standard_normal((N, count * C, *image))
    w = rng.standard_normal((count * F, C, *kernel))
    dy = rng.standard_normal((N, count * F, *sizes))
    options = dict(stride=stride, padding=pads, dilation=dilation, groups=count)
    if axes == 1:
        options = {k: v[0] if isinstance(v, tuple) else v for k, v in options.items()}
    return x, w, dy, options


def assert_equal(left, right, *factors):
    """Compare within 1e-12 of the product of the factors' norms: rounding grows with them."""
    assert np.shape(left) == np.shape(right)
    room = 1e-12 * np.prod([np.linalg.norm(f) for f in factors])
    assert np.abs(np.subtract(left, right)).max(initial=0) <= room


@given(problem=st.one_of(problems(axes=1), problems(axes=2)))
@small
def test_forward_and_backward_are_adjoint(backend, problem):
    x, w, dy, options = problem
    axes = x.ndim - 2
    forward, backward = ((conv1d, conv1d_backward), (conv2d, conv2d_backward))[axes - 1]
    y = forward(x, w, **options, backend=backend)
    assert y.shape == dy.shape
    gradients = backward(dy, x, w, **options, backend=backend)
    left = np.vdot(y, dy)
    assert_equal(left, np.vdot(x, gradients.dx), x, w, dy)
    assert_equal(left, np.vdot(w, gradients.dw), x, w, dy)
    b = np.random.default_rng(0).standard_normal(w.shape[0])
    bias = forward(x, w, b, **options, backend=backend) - y
    assert_equal(np.vdot(bias, dy), b @ gradients.db, x, w, dy)


@given(problem=problems(), seed=st.integers(0, 1000))
@small
def test_linear_in_the_image_and_in_the_filters(backend, problem, seed):
    x, w, _, options = problem
    rng = np.random.default_rng(seed)
    other_x, other_w = rng.standard_normal(x.shape), rng.standard_normal(w.shape)

    def apply(image, filters):
        return conv2d(image, filters, **options, backend=backend)

    combined = 2 * apply(x, w) - 3 * apply(other_x, w)
    assert_equal(apply(2 * x - 3 * other_x, w), combined, np.append(x, other_x), w, 5)
    combined = 2 * apply(x, w) - 3 * apply(x, other_w)
    assert_equal(apply(x, 2 * w - 3 * other_w), combined, x, np.append(w, other_w), 5)


@given(
    problem=problems(strides=False, padding=False),
    rows=st.integers(0, 2),
    columns=st.integers(0, 2),
)
@small
def test_moving_the_image_moves_the_output(backend, problem, rows, columns):
    x, w, _, options = problem
    inside = conv2d(x, w, **options, backend=backend)
    larger = np.random.default_rng(0).standard_normal(
        (*x.shape[:2], x.shape[2] + rows, x.shape[3] + columns)
    )
    larger[:, :, rows:, columns:] = x
    moved = conv2d(larger, w, **options, backend=backend)
    assert_equal(moved[:, :, rows:, columns:], inside, x, w)


@given(problem=problems(groups=False))
@small
def test_the_matrix_of_a_convolution_computes_it_and_its_transpose_the_gradient(backend, problem):
    x, w, dy, options = problem
    del options["groups"]
    M = conv_matrix(w, x.shape[1:], **options)
    y = conv2d(x, w, **options, backend=backend)
    assert_equal(y.reshape(len(y), M.shape[0]), x.reshape(len(x), M.shape[1]) @ M.T, x, w)
    dx = conv2d_backward(dy, x, w, **options, backend=backend).dx
    assert_equal(dx.reshape(len(dx), M.shape[1]), dy.reshape(len(dy), M.shape[0]) @ M, dy, w)


@given(problem=problems(strides=False))
@small
def test_stride_keeps_every_sth_window(backend, problem):
    x, w, _, options = problem
    every = conv2d(x, w, **options, backend=backend)
    some = conv2d(x, w, **options | {"stride": (2, 3)}, backend=backend)
    assert_equal(some, every[:, :, ::2, ::3], x, w)


@given(problem=problems())
@small
def test_groups_are_convolutions_side_by_side(backend, problem):
    x, w, _, options = problem
    groups = options.pop("groups")
    channels, filters = x.shape[1] // groups, w.shape[0] // groups
    parts = [
        conv2d(
            x[:, g * channels : (g + 1) * channels],
            w[g * filters : (g + 1) * filters],
            **options,
            backend=backend,
        )
        for g in range(groups)
    ]
    whole = conv2d(x, w, **options, groups=groups, backend=backend)
    assert_equal(whole, np.concatenate(parts, axis=1), x, w)
