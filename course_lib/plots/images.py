"""Attributions of images: heat maps, overlays and the filters of a first layer."""

import numpy as np

from course_lib import validate
from course_lib.plots.style import (
    DARK,
    LIGHT,
    as_numpy,
    axes_or_new,
    colours,
    describe,
    symmetric_limit,
)


def heatmap(attribution, *, ax=None, limit=None, title=None):
    """Draw an attribution as colours on a scale that is symmetric around zero.

    colour = map(attribution / limit), from -1 (purple) through 0 (white) to 1 (orange)

    Negative regions carry minus signs, so that the sign can be read in greyscale.

    Args:
        attribution: (H, W) array or tensor.
        ax: matplotlib Axes to draw on, or None for a new figure.
        limit: the end of the scale; None for the largest absolute value.
        title: what is shown, for the picture and for its alt text.

    Returns:
        The Axes; `alt_text(ax)` says in words what it shows.

    Raises:
        ValueError: not two axes, empty, NaN or infinite, or a limit not above 0.

    Source:
        Brewer, ColorBrewer (2003), after the colour-blind safe scheme PuOr.

    >>> heatmap([[0.0, 1.0]]).get_images()[0].get_clim()
    (-1.0, 1.0)
    """
    values = as_numpy("attribution", attribution, 2)
    limit = symmetric_limit(values, limit)
    ax = axes_or_new(ax, values.shape)
    picture = ax.imshow(values, cmap=colours(), vmin=-limit, vmax=limit, interpolation="nearest")
    ax.figure.colorbar(picture, ax=ax, label="attribution")
    _mark_negative(ax, values, limit)
    _bare(ax, title)
    return describe(ax, f"{title or 'Attribution'}: {_summary(values)}")


def overlay(image, attribution, *, ax=None, limit=None, title=None):
    """Draw an attribution over the image it explains, the clearer the stronger.

    opacity = 0.9 * |attribution| / limit

    Args:
        image: (H, W) grey values, drawn from their lowest to their highest.
        attribution: (H, W).
        ax, limit, title: as in `heatmap`.

    Returns:
        The Axes; `alt_text(ax)` says in words what it shows.

    Raises:
        ValueError: as in `heatmap`, or image and attribution differ in shape.

    Source:
        Selvaraju et al., Grad-CAM (2017), figure 1, shows heat maps over images.

    >>> len(overlay([[0.0, 1.0]], [[0.0, 1.0]]).get_images())
    2
    """
    image = as_numpy("image", image, 2)
    values = as_numpy("attribution", attribution, 2)
    if image.shape != values.shape:
        raise ValueError(
            f"attribution must have the shape of image {image.shape}, got {values.shape}"
        )
    limit = symmetric_limit(values, limit)
    ax = axes_or_new(ax, values.shape)
    ax.imshow(image, cmap="gray", interpolation="nearest")
    opacity = 0.9 * np.clip(np.abs(values) / limit, 0, 1)
    picture = ax.imshow(
        values, cmap=colours(), vmin=-limit, vmax=limit, alpha=opacity, interpolation="nearest"
    )
    ax.figure.colorbar(picture, ax=ax, label="attribution").solids.set_alpha(1)
    _mark_negative(ax, values, limit)
    _bare(ax, title)
    return describe(ax, f"{title or 'Attribution'} over the image: {_summary(values)}")


def filter_grid(filters, *, ax=None, columns=8, title=None):
    """Draw the filters of a layer side by side on one symmetric scale.

    tile[f] = filters[f], one per filter (and, if there are several, per channel)

    Args:
        filters: (F, KH, KW), or (F, C, KH, KW) such as `conv.weight`, channels in turn.
        ax: matplotlib Axes to draw on, or None for a new figure.
        columns: tiles in a row.
        title: as in `heatmap`.

    Returns:
        The Axes; `alt_text(ax)` says in words what it shows.

    Raises:
        ValueError: filters of other shapes, or columns below 1.

    Source:
        Zeiler and Fergus, Visualizing and understanding convolutional networks (2014), figure 6.

    >>> filter_grid(np.ones((3, 2, 2)), columns=2).get_images()[0].get_array().shape
    (7, 7)
    """
    filters = as_numpy("filters", filters, 4 if np.ndim(filters) == 4 else 3)
    columns = validate.integer("columns", columns, minimum=1)
    tiles = filters.reshape(-1, *filters.shape[-2:])
    KH, KW = tiles.shape[1:]
    columns = min(columns, len(tiles))
    rows = -(-len(tiles) // columns)
    canvas = np.full((rows * (KH + 1) + 1, columns * (KW + 1) + 1), np.nan)  # NaN: the frame
    for number, tile in enumerate(tiles):
        top, left = number // columns * (KH + 1) + 1, number % columns * (KW + 1) + 1
        canvas[top : top + KH, left : left + KW] = tile
    limit = symmetric_limit(tiles)
    ax = axes_or_new(ax, canvas.shape)
    picture = ax.imshow(canvas, cmap=colours(), vmin=-limit, vmax=limit, interpolation="nearest")
    ax.set_facecolor("0.35")
    ax.figure.colorbar(picture, ax=ax, label="weight")
    _mark_negative(ax, np.nan_to_num(canvas), limit)
    _bare(ax, title)
    words = f"{title or 'Filters'}: {len(tiles)} tiles of {KH} by {KW} weights"
    return describe(ax, f"{words}, from {tiles.min():.3g} to {tiles.max():.3g}.")


def _mark_negative(ax, values, limit):
    """Put a minus sign on clearly negative cells, at most 24 along each side."""
    step = [-(-size // 24) for size in values.shape]
    rows, columns = np.meshgrid(
        *(np.arange(s // 2, size, s) for s, size in zip(step, values.shape, strict=True)),
        indexing="ij",
    )
    marked = values[rows, columns] < -0.1 * limit
    strength = -values[rows, columns][marked] / limit
    ax.scatter(
        columns[marked],
        rows[marked],
        marker="_",
        s=25,
        linewidths=1.2,
        # Light on dark cells, dark on light ones, in either theme.
        c=np.where(strength > 0.85, LIGHT, DARK),
    )


def _bare(ax, title):
    ax.set_xticks([])
    ax.set_yticks([])
    if title is not None:
        ax.set_title(title)


def _summary(values):
    H, W = values.shape
    ends = []
    for extreme in (values.argmin(), values.argmax()):
        row, column = divmod(int(extreme), W)
        ends.append(f"{values[row, column]:.3g} at row {row}, column {column}")
    return f"heat map of {H} rows and {W} columns, from {ends[0]} to {ends[1]}."
