"""The gradient checks find what they are for, and say where."""

import numpy as np
import pytest

from course_lib import conv2d, conv2d_backward
from course_lib.gradcheck import (
    adjoint_gap,
    central_difference,
    compare_gradients,
    complex_step,
)

X = np.array([[0.5, -1.25, 2.0], [3.0, 0.0, -0.75]])


def message_of(error, function, *args, **options):
    with pytest.raises(error) as caught:
        function(*args, **options)
    return str(caught.value)


def test_complex_step_is_exact_to_rounding():
    gradient = complex_step(lambda x: np.sum(np.tanh(x) * np.exp(x)), X)
    expected = np.exp(X) * (np.tanh(X) + 1 - np.tanh(X) ** 2)
    np.testing.assert_allclose(gradient, expected, rtol=1e-14)


@pytest.mark.parametrize("derive", [complex_step, central_difference])
def test_jacobians_have_the_axes_of_the_result_then_of_the_point(derive):
    A = np.arange(12.0).reshape(4, 3)
    jacobian = derive(lambda x: A @ x.T, X)
    assert jacobian.shape == (4, 2, 2, 3)
    expected = np.einsum("ik,jl->ijlk", A, np.eye(2))
    np.testing.assert_allclose(jacobian, expected, atol=1e-8)
    assert derive(np.sum, X).shape == (2, 3)
    assert derive(lambda x: 3 * x, np.array(2.0)) == pytest.approx(3)
    assert derive(np.sum, np.empty(0)).shape == (0,)


def test_central_difference_takes_the_best_step():
    def error(step):
        return np.abs(central_difference(np.exp, np.array([1.0]), step=step) - np.e).max()

    best = np.finfo(float).eps ** (1 / 3)
    assert error(None) == error(best) < 1e-9
    assert error(best) < error(1e-3) / 100
    assert error(best) < error(1e-10) / 100


def test_central_difference_scales_the_step_with_the_point():
    points = []
    central_difference(lambda x: points.append(x[0]) or 0.0, np.array([-200.0]), step=0.25)
    assert points == [-150.0, -250.0]
    points.clear()
    central_difference(lambda x: points.append(x[0]) or 0.0, np.array([0.5]), step=0.25)
    assert points == [0.75, 0.25]
    slope = central_difference(np.square, np.array([3.0]), step=0.5)
    assert slope.item() == 6.0  # a parabola's chord has its slope at the middle, whatever the step


def test_complex_step_passes_its_own_step():
    seen = []
    complex_step(lambda x: seen.append(x[0]) or x[0], np.array([2.0]), step=0.5)
    assert seen == [2 + 0.5j]
    complex_step(lambda x: seen.append(x[0]) or x[0], np.array([2.0]))
    assert seen[-1].imag == 1e-30


def test_the_point_is_left_alone():
    x = X.copy()
    complex_step(np.sum, x)
    central_difference(np.sum, x)
    np.testing.assert_array_equal(x, X)


@pytest.mark.parametrize("derive", [complex_step, central_difference])
def test_points_that_steps_cannot_differentiate_are_refused(derive):
    message = message_of(TypeError, derive, np.sum, X.astype(np.float32))
    assert message.startswith("x must be a float64 NumPy array, got dtype float32")
    assert "got list" in message_of(TypeError, derive, np.sum, X.tolist())
    for step in (0.0, -1e-3):
        message = message_of(ValueError, derive, np.sum, X, step=step)
        assert message == f"step must be a number above 0, got {step:g}"
    assert "step must be a number above 0, got '1'" in message_of(
        TypeError, derive, np.sum, X, step="1"
    )
    expected = derive(np.sum, X, step=2.0**-20)
    np.testing.assert_array_equal(derive(np.sum, X, step=np.float32(2.0**-20)), expected)


def test_complex_step_refuses_functions_that_drop_the_imaginary_part():
    message = message_of(TypeError, complex_step, lambda x: np.sum(np.abs(x)), X)
    assert "f must return complex values for complex input, got float64" in message


def test_adjoint_gap_tells_right_from_wrong():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 3, 6, 5)), rng.standard_normal((4, 3, 3, 2))
    dy = rng.standard_normal((2, 4, 4, 4))

    def forward(image):
        return conv2d(image, w)

    def flipped(gradient):
        return conv2d_backward(gradient, x, w[..., ::-1, ::-1]).dx

    assert adjoint_gap(forward, lambda g: conv2d_backward(g, x, w).dx, x, dy) < 1e-14
    assert adjoint_gap(forward, flipped, x, dy) > 0.01


def test_adjoint_gap_is_relative_and_a_float():
    x, dy = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    gap = adjoint_gap(lambda a: 2 * a, lambda g: 3 * g, x, dy)
    assert isinstance(gap, float)
    assert gap == pytest.approx(abs(2 - 3) / (2 * 3 + 4 * 1))
    assert adjoint_gap(lambda a: 0 * a, lambda g: g, x, dy) == 1.0
    assert adjoint_gap(lambda a: -2 * a, lambda g: -2 * g, x, dy) == 0.0


def test_adjoint_gap_refuses_shapes_that_do_not_return():
    x, dy = np.ones(3), np.ones(2)
    message = message_of(ValueError, adjoint_gap, lambda a: a, lambda g: g, x, dy)
    assert message == "forward(x) must have shape (2,), got (3,)"
    message = message_of(ValueError, adjoint_gap, lambda a: a[:2], lambda g: g, x, dy)
    assert message == "backward(dy) must have shape (3,), got (2,)"


def test_compare_gradients_names_the_worst_entry():
    expected = np.arange(6.0).reshape(2, 3)
    yours = expected.copy()
    yours[0, 1] += 0.25
    yours[1, 2] -= 2
    message = message_of(AssertionError, compare_gradients, yours, expected, name="dw")
    assert message == "dw[1, 2] is 3, expected 5 (off by 2); 2 of 6 entries differ"
    yours[0, 0] = np.nan
    message = message_of(AssertionError, compare_gradients, yours, expected)
    assert message == "gradient[0, 0] is nan, expected 0 (off by nan); 3 of 6 entries differ"
    message = message_of(AssertionError, compare_gradients, expected.T, expected)
    assert message == "gradient has shape (3, 2), expected (2, 3)"
    message = message_of(AssertionError, compare_gradients, 1.0, 2.0)
    assert message == "gradient is 1, expected 2 (off by 1); 1 of 1 entries differ"


def test_compare_gradients_allows_the_tolerance_and_no_more():
    compare_gradients(X, X, tolerance=0)
    compare_gradients(np.empty((0, 3)), np.empty((0, 3)))
    large = np.array([1e6, 0.0])
    compare_gradients(large + [0.0, 0.9e-3], large)  # 1e-9 of the largest entry
    message_of(AssertionError, compare_gradients, large + [0.0, 1.1e-3], large)
    small = np.array([1e-6, 0.0])
    compare_gradients(small + [0.0, 0.9e-9], small)  # never less than 1e-9
    message_of(AssertionError, compare_gradients, small + [0.0, 1.1e-9], small)
    compare_gradients(X + 0.0899, X, tolerance=0.03)
    message_of(AssertionError, compare_gradients, X + 0.1, X, tolerance=0.03)
