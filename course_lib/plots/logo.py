"""Attributions of sequences: letters whose height is their value."""

import numpy as np

from course_lib.plots.style import as_numpy, axes_or_new, describe

# Colours that differ in lightness too; the letter itself says which symbol it is.
_COLOURS = ("#1b7837", "#2166ac", "#e08214", "#8c2d04")


def sequence_logo(values, *, alphabet="ACGT", ax=None, title=None):
    """Draw each position's symbols as letters, as tall as their values.

    height of letter a at position i = values[a, i]; positive letters stack above the axis, the
    smallest first, negative ones hang below it, upside down

    Args:
        values: (len(alphabet), L): an attribution times the one-hot sequence, a filter, or the
            information of a motif.
        alphabet: the symbols in the order of the rows.
        ax: matplotlib Axes to draw on, or None for a new figure.
        title: what is shown, for the picture and for its alt text.

    Returns:
        The Axes; `alt_text(ax)` says in words what it shows.

    Raises:
        ValueError: values with another number of rows, empty, NaN or infinite.

    Source:
        Schneider and Stephens, Sequence logos (1990).

    >>> [letter.get_gid() for letter in sequence_logo([[1.0], [0.0], [-2.0], [0.5]]).patches]
    ['T0', 'A0', 'G0']
    """
    values = as_numpy("values", values, 2)
    if len(values) != len(alphabet):
        raise ValueError(
            f"values must have one row for each symbol of {alphabet!r}, got shape {values.shape}"
        )
    ax = axes_or_new(ax)
    for position, column in enumerate(values.T):
        for sign in (1, -1):
            floor = 0.0
            for row in np.argsort(np.abs(column), kind="stable"):
                if column[row] * sign > 0:
                    _letter(ax, alphabet[row], row, position, floor, column[row])
                    floor += column[row]
    tall = max(np.clip(values, 0, None).sum(axis=0).max(), 1e-12)
    deep = max(np.clip(-values, 0, None).sum(axis=0).max(), 0)
    L = values.shape[1]
    ax.set(xlim=(-0.6, L - 0.4), ylim=(-1.05 * deep, 1.05 * tall), xlabel="position")
    ax.axhline(0, color="black", linewidth=0.8)
    if title is not None:
        ax.set_title(title)
    best = "".join(alphabet[row] for row in values.argmax(axis=0))
    words = f"{title or 'Sequence logo'}: the tallest letters read {best}; the largest value is "
    row, position = np.unravel_index(values.argmax(), values.shape)
    return describe(ax, f"{words}{values.max():.3g}, {alphabet[row]} at position {position}.")


def _letter(ax, symbol, row, position, floor, height):
    from matplotlib.patches import PathPatch
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    path = TextPath((0, 0), symbol, size=1)
    box = path.get_extents()
    # A negative height turns the letter upside down, under the axis.
    placed = (
        Affine2D()
        .translate(-box.x0, -box.y0)
        .scale(0.9 / box.width, height / box.height)
        .translate(position - 0.45, floor)
    )
    ax.add_patch(
        PathPatch(
            placed.transform_path(path),
            facecolor=_COLOURS[row % len(_COLOURS)],
            edgecolor="none",
            gid=f"{symbol}{position}",
        )
    )
