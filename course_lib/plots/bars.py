"""Attributions of a few named features: what moves a prediction away from its base value."""

import numpy as np

from course_lib.plots.style import NEGATIVE, POSITIVE, as_numpy, axes_or_new, describe


def waterfall(values, *, base=0.0, names=None, ax=None, title=None):
    """Draw how each feature carries the prediction from its base value on, the largest first.

    prediction = base + sum of values; bar k runs from base + (the values before) to that plus its
    own value

    Args:
        values: (D,) attributions.
        base: the prediction when nothing is known.
        names: D names; None for x0, x1, ...
        ax: matplotlib Axes to draw on, or None for a new figure.
        title: what is shown, for the picture and for its alt text.

    Returns:
        The Axes; `alt_text(ax)` says in words what it shows. Negative bars are hatched.

    Raises:
        ValueError: empty, NaN, not one axis, or another number of names.

    Source:
        Lundberg and Lee, A unified approach to interpreting model predictions (2017), figure 1.

    >>> [float(bar.get_x()) for bar in waterfall([1.0, 3.0], base=10.0).patches]
    [10.0, 13.0]
    """
    values, names, base = _checked(values, names, base)
    order = np.argsort(-np.abs(values), kind="stable")
    ax = axes_or_new(ax)
    start = base
    for place, feature in enumerate(order):
        value = values[feature]
        _bar(ax, place, start, value, f"{value:+.3g}", negative=value < 0, beside=True)
        start += value
        # On to the next bar, and from the last one to the prediction.
        ax.plot([start, start], [place + 0.35, place + 0.65], color="0.4", linewidth=1)
    ax.set_yticks(range(len(order)), [names[feature] for feature in order])
    ax.invert_yaxis()
    return _finish(ax, values, names, base, order, title)


def force(values, *, base=0.0, names=None, ax=None, title=None):
    """Draw the features that raise a prediction against those that lower it, on one line.

    prediction = base + sum of values; what raises ends at the prediction from the left, what lowers
    from the right

    Args:
        values, base, names, ax, title: as in `waterfall`.

    Returns:
        The Axes; `alt_text(ax)` says in words what it shows. Negative bars are hatched.

    Raises:
        ValueError: as in `waterfall`.

    Source:
        Lundberg et al., Explainable machine-learning predictions for the prevention of hypoxaemia
        (2018), figure 2.

    >>> [float(bar.get_width()) for bar in force([1.0, -2.0]).patches]
    [2.0, -1.0]
    """
    values, names, base = _checked(values, names, base)
    order = np.argsort(-np.abs(values), kind="stable")
    prediction = base + values.sum()
    ax = axes_or_new(ax)
    ends = {1: prediction, -1: prediction}
    for feature in order:
        sign = 1 if values[feature] > 0 else -1
        label = f"{names[feature]}\n{values[feature]:+.3g}"
        _bar(ax, 0, ends[sign], -values[feature], label, negative=sign < 0, beside=False)
        ends[sign] -= values[feature]
    ax.axvline(prediction, color="black")
    ax.set_ylim(-1, 1)
    ax.set_yticks([])
    return _finish(ax, values, names, base, order, title)


def _checked(values, names, base):
    values = as_numpy("values", values, 1)
    names = [f"x{i}" for i in range(len(values))] if names is None else [str(n) for n in names]
    if len(names) != len(values):
        raise ValueError(
            f"names must have one entry for each of the {len(values)} values, got {len(names)}"
        )
    base = float(base)
    if not np.isfinite(base):
        raise ValueError(f"base must be finite, got {base}")
    return values, names, base


def _bar(ax, place, start, width, label, *, negative, beside):
    ax.barh(
        place,
        width,
        left=start,
        height=0.7,
        color=NEGATIVE if negative else POSITIVE,
        hatch="///" if negative else None,
        edgecolor="white",
    )
    if beside:
        at, offset, box = max(start, start + width), 4, None
    else:
        at, offset = start + width / 2, 0
        box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}
    ax.annotate(
        label,
        (at, place),
        xytext=(offset, 0),
        textcoords="offset points",
        ha="left" if beside else "center",
        va="center",
        bbox=box,
        fontsize="small",
    )


def _finish(ax, values, names, base, order, title):
    prediction = base + values.sum()
    ax.use_sticky_edges = False  # room around the outermost bars and their numbers
    ax.margins(x=0.12)
    ax.axvline(base, color="0.4", linestyle=":")
    ax.set_xlabel(f"from the base {base:.4g} (dotted) to the prediction {prediction:.4g}")
    if title is not None:
        ax.set_title(title)
    parts = ", ".join(f"{names[feature]} {values[feature]:+.3g}" for feature in order)
    words = f"{title or 'Attribution'}: from base {base:.4g} to prediction {prediction:.4g}"
    return describe(ax, f"{words} by {parts}.")
