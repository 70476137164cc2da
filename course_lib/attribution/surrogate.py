"""One weighted linear fit, two kernels: what LIME and Kernel SHAP share, and where they part."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib import validate
from course_lib.attribution.coalitions import all_coalitions
from course_lib.attribution.games import coalition_values
from course_lib.attribution.kinds import Floats, Game
from course_lib.attribution.kl_bounds import probability

_MOST_PLAYERS = 16


class LinearSurrogate(NamedTuple):
    """A linear stand-in for a game: value(z) is about intercept + values . z."""

    intercept: float
    values: Floats


def lime_like(
    value: Game, d: int, kernel: Callable[[NDArray[np.int64]], ArrayLike], *, intercept: bool = True
) -> LinearSurrogate:
    r"""Fit a weighted linear surrogate to all coalitions of a game.

    .. math::

        \min_{\phi_0, \phi} \; \sum_z \mathrm{kernel}(|z|) \, (v(z) - \phi_0 - \phi^\top z)^2

    With `lime_kernel` this is LIME on words. With the Shapley kernel it is Kernel SHAP as it is
    often printed, without its constraints: coalitions of infinite weight are left out and not made
    up for, and the result is then not the Shapley value.

    Args:
        value: game, masks (M, d) bool to (M,).
        d: number of players, at most 16.
        kernel: function of the array of sizes 0 ... d to weights, 0 or more; infinite ones are left
            out.
        intercept: whether phi_0 is fitted, or 0.

    Returns:
        LinearSurrogate(intercept, values).

    Raises:
        TypeError, ValueError: d out of range, kernel returns a wrong shape, NaN or negative
            weights, or the weighted coalitions do not determine the fit.

    Source:
        Ribeiro, Singh and Guestrin, Why should I trust you? (2016), equation 2; Lundberg and Lee, A
        unified approach to interpreting model predictions (2017), section 4.1.

    >>> additive = lambda masks: 7 + masks @ np.array([1.0, 2.0])
    >>> lime_like(additive, 2, lime_kernel(2)).values.round(9)
    array([1., 2.])
    """
    d = validate.integer("d", d, minimum=1, maximum=_MOST_PLAYERS)
    masks = np.concatenate([block for _, block in all_coalitions(d)])
    by_size = np.asarray(kernel(np.arange(d + 1)), dtype=np.float64)
    if by_size.shape != (d + 1,) or not (by_size >= 0).all():
        raise ValueError(
            f"kernel must return d + 1 = {d + 1} weights of at least 0, got {by_size!r}"
        )
    weights = by_size[masks.sum(axis=1)]
    used = np.isfinite(weights) & (weights > 0)
    v = coalition_values(value, masks[used])
    columns = masks[used].astype(np.float64)
    if intercept:
        columns = np.concatenate([np.ones((len(columns), 1)), columns], axis=1)
    root = np.sqrt(weights[used])
    fit, _, rank, _ = np.linalg.lstsq(columns * root[:, None], v * root)
    if rank < columns.shape[1]:
        raise ValueError(
            f"kernel must leave enough coalitions for {columns.shape[1]} coefficients, they "
            f"determine only {rank}"
        )
    return LinearSurrogate(float(fit[0]), fit[1:]) if intercept else LinearSurrogate(0.0, fit)


def lime_kernel(d: int, *, width: float = 0.25) -> Callable[[NDArray[np.int64]], Floats]:
    r"""Return LIME's weights for text: high for coalitions near the full document.

    .. math::

        \mathrm{kernel}(s) = \exp\left( -\frac{(1 - \sqrt{s / d})^2}{\mathrm{width}^2} \right)

    where :math:`1 - \sqrt{s / d}` is the cosine distance to all ones.

    Args:
        d: number of words.
        width: the distance at which the weight has fallen to 1/e, in (0, 1).

    Returns:
        function of an array of sizes to weights, for `lime_like`.

    Raises:
        TypeError, ValueError: d below 1, width out of range.

    Source:
        Ribeiro, Singh and Guestrin, Why should I trust you? (2016), section 3.4. The authors'
        package `lime` takes the square root of this weight.

    >>> lime_kernel(4)(np.array([4]))
    array([1.])
    """
    d = validate.integer("d", d, minimum=1)
    width = probability("width", width)
    return lambda sizes: np.exp(-(((1 - np.sqrt(sizes / d)) / width) ** 2))


def tree_game(tree: Any, x: ArrayLike) -> Callable[[ArrayLike], Floats]:
    r"""Turn a regression tree and one input into a game, as TreeSHAP does.

    .. math::

        v(S) = \sum_{\text{leaves}} \mathrm{value} \prod_{\text{splits above}}
        \begin{cases}
            \mathbb{1}[x \text{ goes this way}] & \text{split on a feature of } S \\
            \text{share of training rows} & \text{any other split}
        \end{cases}

    `shapley_exact` of this game is by brute force, in :math:`2^d` walks, what TreeSHAP finds in
    polynomial time. It reads the training data off the splits, and is neither the marginal nor the
    conditional expectation in general.

    Args:
        tree: fitted scikit-learn tree (the `tree_` of a DecisionTreeRegressor), or any object with
            its arrays children_left, children_right, feature, threshold, value,
            weighted_n_node_samples and, if x may have NaN, missing_go_to_left.
        x: (d,) the input to explain. NaN stands for a missing value.

    Returns:
        value(masks): masks (M, d) bool to (M,) float64.

    Raises:
        TypeError: x is not numeric.
        ValueError: x is not one row as wide as the tree's features, or has NaN though the tree does
            not say where missing values go.

    Source:
        Lundberg et al., From local explanations to global understanding with explainable AI for
        trees (2020), algorithm 1.

    >>> from types import SimpleNamespace
    >>> stump = SimpleNamespace(children_left=[1, -1, -1], children_right=[2, -1, -1],
    ...     feature=[0, -2, -2], threshold=[0.5, -2, -2], value=[[[2.0]], [[1.0]], [[5.0]]],
    ...     weighted_n_node_samples=[4.0, 3.0, 1.0])
    >>> tree_game(stump, np.array([1.0]))(np.array([[False], [True]]))
    array([2., 5.])
    """
    x = np.asarray(x)
    if x.dtype.kind not in "fiub":
        raise TypeError(f"x must be an array of numbers, got dtype {x.dtype}")
    validate.shape("x", x, ["d"])
    missing = np.flatnonzero(np.isnan(x))
    missing_left = getattr(tree, "missing_go_to_left", None)
    if len(missing) and missing_left is None:
        raise ValueError(
            f"x must have no missing values (NaN) for a tree without missing_go_to_left, got NaN "
            f"in {missing.tolist()}"
        )
    highest = max(tree.feature)
    if highest >= len(x):
        raise ValueError(
            f"x must have a value for each feature of the tree, at least {highest + 1}, got shape "
            f"{x.shape}"
        )

    def expected(node, masks):
        left, right = tree.children_left[node], tree.children_right[node]
        if left == right:  # a leaf
            return np.full(len(masks), float(np.ravel(tree.value[node])[0]))
        feature = tree.feature[node]
        branches = expected(left, masks), expected(right, masks)
        rows = [tree.weighted_n_node_samples[child] for child in (left, right)]
        average = (rows[0] * branches[0] + rows[1] * branches[1]) / sum(rows)
        if feature in missing:
            goes_left = missing_left[node]
        else:
            goes_left = np.float32(x[feature]) <= tree.threshold[node]  # as scikit-learn compares
        followed = branches[0 if goes_left else 1]
        return np.where(masks[:, feature], followed, average)

    return lambda masks: expected(0, np.asarray(masks))
