"""Check a gradient that was derived by hand: three ways, and a message that names the wrong entry.

For your own functions as much as for the library's. The complex step is exact to rounding but needs
a function that accepts complex numbers and is analytic: sums, products, tanh, exp, not max, abs or
comparisons. Central differences work on any smooth piece and give about ten digits in float64;
in float32 they give none worth having and are refused.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib import validate

#: A function of one array that returns a number or an array.
Function: TypeAlias = Callable[[NDArray[Any]], Any]

__all__ = ["adjoint_gap", "central_difference", "compare_gradients", "complex_step"]


def complex_step(
    f: Function, x: NDArray[np.float64], *, step: float = 1e-30
) -> NDArray[np.float64]:
    r"""Differentiate a real function by a step in the imaginary direction.

    .. math::

        \frac{\partial f}{\partial x_j} = \frac{\operatorname{Im} f(x + i h e_j)}{h}

    Nothing is subtracted, so nothing cancels: the step h may be so small that its square vanishes.

    Args:
        f: a function of one array that returns a number or an array, and accepts complex input.
        x: float64 array of any shape (*S), the point.
        step: size of the imaginary step.

    Returns:
        (*R, *S) derivatives, with (*R) the shape of what f returns: the gradient for a number, the
        Jacobian for an array.

    Raises:
        TypeError: x is not a float64 NumPy array, step is no number, or f drops the imaginary part
            (int(), float(), abs and comparisons do) so that its result is real.
        ValueError: step is not above 0.

    Source:
        Squire and Trapp, Using complex variables to estimate derivatives of real functions (1998).

    >>> complex_step(lambda x: np.sum(x**3), np.array([1.0, 2.0]))
    array([ 3., 12.])
    """
    x, step = _point(x), validate.number("step", step, above=0)
    columns = []
    for index in np.ndindex(*x.shape):
        moved = x.astype(complex)
        moved[index] += 1j * step
        value = np.asarray(f(moved))
        if not np.iscomplexobj(value):
            raise TypeError(
                f"f must return complex values for complex input, got {value.dtype}: something in "
                f"it drops the imaginary part, and every derivative would be 0"
            )
        columns.append(value.imag / step)
    return _assemble(columns, x)


def central_difference(
    f: Function, x: NDArray[np.float64], *, step: float | None = None
) -> NDArray[np.float64]:
    r"""Differentiate a real function by the slope of a short chord.

    .. math::

        \frac{\partial f}{\partial x_j} \approx \frac{f(x + h_j e_j) - f(x - h_j e_j)}{2 h_j},
        \qquad h_j = \mathrm{step} \cdot \max(1, |x_j|)

    The chord misses the slope by about :math:`h^2 |f'''| / 6`, rounding adds about
    :math:`\varepsilon |f| / h`. The sum is smallest near :math:`h = \varepsilon^{1/3}`, about 6e-6
    in float64, where the error is about :math:`\varepsilon^{2/3}`, 4e-11.

    Args:
        f: a function of one array that returns a number or an array.
        x: float64 array of any shape (*S), the point.
        step: relative size of the step; None for eps**(1/3).

    Returns:
        (*R, *S) derivatives, with (*R) the shape of what f returns.

    Raises:
        TypeError: x is not a float64 NumPy array, or step is no number.
        ValueError: step is not above 0.

    Source:
        Press, Teukolsky, Vetterling and Flannery, Numerical Recipes (2007), section 5.7.

    >>> central_difference(np.square, np.array([3.0])).round(6)
    array([[6.]])
    """
    x = _point(x)
    step = np.finfo(np.float64).eps ** (1 / 3) if step is None else step
    step = validate.number("step", step, above=0)
    columns = []
    for index in np.ndindex(*x.shape):
        high, low = x.copy(), x.copy()
        h = step * max(1.0, abs(float(x[index])))
        high[index] += h
        low[index] -= h
        # Divide by the distance that was really gone: x + h is rounded.
        columns.append((np.asarray(f(high)) - np.asarray(f(low))) / (high[index] - low[index]))
    return _assemble(columns, x)


def adjoint_gap(forward: Function, backward: Function, x: NDArray[Any], dy: NDArray[Any]) -> float:
    r"""Measure how far a backward pass is from the adjoint of its linear forward pass.

    .. math::

        \mathrm{gap} = \frac{|\langle \mathrm{forward}(x), dy \rangle
            - \langle x, \mathrm{backward}(dy) \rangle|}{\sum |\mathrm{forward}(x)| \, |dy|}

    For a linear forward both brackets are the same number, whatever x and dy: one random pair
    checks every entry of a backward pass at once, without a single difference quotient.

    Args:
        forward: a linear function from arrays (*S) to arrays (*R); for a convolution, without bias.
        backward: its gradient with respect to x, from (*R) to (*S).
        x: (*S) array, best random.
        dy: (*R) array, best random.

    Returns:
        The relative gap, a float: about 1e-16 where backward is right, of order 1 where not.

    Raises:
        ValueError: forward(x) does not have the shape of dy, or backward(dy) that of x.

    Source:
        Claerbout, Earth Soundings Analysis (1992), chapter 5, the dot-product test.

    >>> adjoint_gap(lambda x: 2 * x, lambda dy: 2 * dy, np.array([1.0, 2.0]), np.array([3.0, -1.0]))
    0.0
    """
    y, dx = np.asarray(forward(x)), np.asarray(backward(dy))
    validate.shape("forward(x)", y, np.shape(dy))
    validate.shape("backward(dy)", dx, np.shape(x))
    size = np.sum(np.abs(y) * np.abs(dy))
    gap = abs(np.sum(y * np.asarray(dy)) - np.sum(np.asarray(x) * dx))
    return float(gap / size) if size else float(gap)


def compare_gradients(
    yours: ArrayLike, expected: ArrayLike, *, tolerance: float = 1e-9, name: str = "gradient"
) -> None:
    r"""Refuse a gradient that differs from the expected one, and say where and by how much.

    .. math::

        \max |\mathrm{yours} - \mathrm{expected}| \le
        \mathrm{tolerance} \cdot \max(1, \max |\mathrm{expected}|)

    Args:
        yours: array of any shape.
        expected: array of the same shape, for example from `complex_step`.
        tolerance: what counts as equal, relative to the largest expected entry.
        name: what to call it in the message.

    Raises:
        AssertionError: shapes differ, or entries do (NaN always does); the message gives the worst
            entry, both values, and how many entries are wrong.

    Source:
        This course.

    >>> compare_gradients(np.array([1.0, 4.0]), np.array([1.0, 2.0]), name="dw")
    Traceback (most recent call last):
    AssertionError: dw[1] is 4, expected 2 (off by 2); 1 of 2 entries differ
    """
    yours, expected = np.asarray(yours), np.asarray(expected)
    if yours.shape != expected.shape:
        raise AssertionError(f"{name} has shape {yours.shape}, expected {expected.shape}")
    if not expected.size:
        return
    error = np.abs(yours - expected)
    allowed = tolerance * max(1.0, float(np.max(np.abs(expected))))
    wrong = ~(error <= allowed)  # written so that NaN is wrong
    if wrong.any():
        worst = np.unravel_index(np.argmax(np.where(np.isnan(error), np.inf, error)), error.shape)
        at = f"[{', '.join(map(str, worst))}]" if worst else ""
        raise AssertionError(
            f"{name}{at} is {yours[worst]:.10g}, expected {expected[worst]:.10g} "
            f"(off by {error[worst]:.3g}); {wrong.sum()} of {wrong.size} entries differ"
        )


def _point(x: Any) -> NDArray[np.float64]:
    if not isinstance(x, np.ndarray) or x.dtype != np.float64:
        found = f"dtype {x.dtype}" if isinstance(x, np.ndarray) else type(x).__name__
        raise TypeError(
            f"x must be a float64 NumPy array, got {found}: derivatives by steps need its precision"
        )
    return x


def _assemble(columns: list[NDArray[np.float64]], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Put the axes of x behind those of the function's result."""
    result = np.moveaxis(np.array(columns), 0, -1)
    return result.reshape((*result.shape[:-1], *x.shape))
