"""What all plots share: the look, the colours, the symmetric scale, and words for every Axes."""

import numpy as np

POSITIVE, NEGATIVE = "#b35806", "#8052b0"
#: Dark and light that stay what they are, for marks on coloured cells.
DARK, LIGHT = "#111111", "#fefefe"

STYLE = {
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": "medium",
    "figure.figsize": (4.8, 3.0),
    "font.size": 11,
    "legend.frameon": False,
    "lines.linewidth": 2,
}
CYCLE = [POSITIVE, NEGATIVE, "#0a8a72", "#b8860b", "#7f7f7f"]


def axes(rows=1, columns=1, *, size=None):
    """Return new matplotlib Axes in the look of the book.

    Args:
        rows, columns: how many; one Axes, or an array of them as `plt.subplots` gives.
        size: (width, height) in inches, about 100 pixels each; None for (4.8, 3), which can be
            read on a phone. Wider ones shrink there, so give many small pictures to `gallery`.

    Returns:
        The Axes. Black becomes the page's ink and white its paper when `show` draws them.

    Source:
        matplotlib, customising with style sheets and rcParams.

    >>> axes().figure.get_size_inches().tolist()
    [4.8, 3.0]
    """
    import matplotlib
    import matplotlib.pyplot as plt

    with matplotlib.rc_context({**STYLE, "axes.prop_cycle": plt.cycler(color=CYCLE)}):
        return plt.subplots(rows, columns, figsize=size, layout="constrained")[1]


def colours():
    """Return the diverging colour map: purple below zero, white at zero, orange above.

    Both sides have the same lightness at the same size (matplotlib's own PuOr differs by a fifth),
    so a greyscale print shows the size, and the signs and hatches of each plot show the sign.
    """
    from matplotlib.colors import LinearSegmentedColormap

    stops = [NEGATIVE, "#c5bce0", "#ffffff", "#fdb863", POSITIVE]
    return LinearSegmentedColormap.from_list("attribution", stops)


def as_numpy(name, values, axes):
    """Return `values` as a float64 array with `axes` axes; refuse other shapes and NaN.

    Args:
        name: the argument's name.
        values: an array, a tensor or a list.
        axes: how many axes are allowed.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != axes:
        raise ValueError(f"{name} must have {axes} axes, got shape {array.shape}")
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return array


def symmetric_limit(values, limit=None):
    """Return the end of the scale from -limit to limit: the largest size, or what the caller asks.

    A caller gives one limit to several plots so that their colours can be compared.
    """
    if limit is None:
        return float(np.abs(values).max()) or 1.0  # all zero: any scale will do
    if not (np.isfinite(limit) and limit > 0):
        raise ValueError(f"limit must be a number above 0, got {limit}")
    return float(limit)


def luminance(*channels):
    """Relative luminance of the accessibility guidelines: 0 for black, 1 for white."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def axes_or_new(ax, shape=None):
    """Return `ax`, or the Axes of a new figure, as high as a map of (H, W) cells needs."""
    if ax is not None or shape is None:
        return axes() if ax is None else ax
    H, W = shape
    return axes(size=(4.8, float(np.clip(3.9 * H / W, 1.0, 4.5)) + 0.5))


def describe(ax, text):
    """Attach the words that say what `ax` shows, and return `ax`."""
    ax.alt_text = text
    return ax


def alt_text(ax):
    """Return in words what a plot of this package shows.

    Args:
        ax: an Axes that a function of `course_lib.plots` returned.

    Returns:
        One or two sentences.

    Raises:
        ValueError: an Axes that has no description.

    Source:
        W3C, Web Content Accessibility Guidelines 2.2, success criterion 1.1.1.

    >>> from course_lib.plots import heatmap
    >>> alt_text(heatmap([[0.0, 2.0], [-1.0, 0.0]], title="Map"))
    'Map: heat map of 2 rows and 2 columns, from -1 at row 1, column 0 to 2 at row 0, column 1.'
    """
    words = getattr(ax, "alt_text", None)
    if not words:
        raise ValueError(
            "ax must come from a function of course_lib.plots, this one has no words: "
            'say what it shows, show(ax, "...")'
        )
    return words
