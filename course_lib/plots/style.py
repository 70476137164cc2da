"""What all plots share: the colours, the symmetric scale, and the words for who cannot see them."""

import base64
import html
import io

import numpy as np

POSITIVE, NEGATIVE = "#b35806", "#8052b0"


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


def axes_or_new(ax):
    """Return `ax`, or the Axes of a new figure."""
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt

    return plt.subplots(layout="constrained")[1]


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
        raise ValueError("ax must come from a function of course_lib.plots, this one has no words")
    return words


def with_alt_text(ax, text=None):
    """Return a figure as an HTML image whose alt text says what its plots show.

    Args:
        ax: an Axes that a function of `course_lib.plots` returned; all plots of its figure are
            described, in the order of their making. The figure is closed.
        text: other words, or None for the plots' own.

    Returns:
        IPython.display.HTML with one `<img>`, the picture inside the page.

    Raises:
        ValueError: an Axes that has no description, if no text is given.

    Source:
        W3C, Web Content Accessibility Guidelines 2.2, success criterion 1.1.1.

    >>> from course_lib.plots import heatmap
    >>> with_alt_text(heatmap([[1.0]]), "One cell.").data[-17:]
    'alt="One cell."/>'
    """
    import matplotlib.pyplot as plt
    from IPython.display import HTML

    if text is None:
        alt_text(ax)  # refuses an Axes of someone else
        described = [one for one in ax.figure.axes if getattr(one, "alt_text", None)]
        text = " ".join(alt_text(one) for one in described)
    file = io.BytesIO()
    ax.figure.savefig(file, format="png", dpi=144, metadata={"Software": None})
    plt.close(ax.figure)
    picture = base64.b64encode(file.getvalue()).decode()
    words = html.escape(text, quote=True)
    return HTML(
        f'<img style="max-width:100%" src="data:image/png;base64,{picture}" alt="{words}"/>'
    )
