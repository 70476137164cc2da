"""Small arrays as coloured cells with their numbers, and the lines between two layers."""

import math

import numpy as np

from course_lib import validate
from course_lib.plots.picture import ACCENT, LINE, PAPER, Picture, svg
from course_lib.plots.style import NEGATIVE, POSITIVE

#: What a cell's colour says: the sign, the brightness in grey or in one channel, or which number.
TINTS = {
    "signed": (POSITIVE, NEGATIVE, 0.6),
    "grey": ("currentColor", NEGATIVE, 0.35),
    "red": ("#d1495b", NEGATIVE, 0.6),
    "green": ("#3a9d5d", NEGATIVE, 0.6),
    "blue": ("#3d6fd1", NEGATIVE, 0.6),
    "names": (None, None, 0.4),
}
CELL = 34


def number_grid(
    values, alt=None, *, caption=None, tint="signed", limit=None, windows=(), border=0, cell=CELL
):
    r"""Draw an array as cells whose colour is their value, with the numbers on them.

    .. math::

        \text{strength of the colour} = |x| / \text{limit}

    Args:
        values: (H, W); NaN leaves a cell empty, as for a result that is not computed yet.
        alt: what is shown, in words; None for the numbers, row by row.
        caption: a line below, or None.
        tint: "signed" (orange above zero, purple below), "grey", "red", "green" or "blue"; or
            "names": equal numbers in equal colours, those of `wiring`, and nothing for 0.
        limit: the value of the strongest colour; None for the largest absolute value.
        windows: frames around cells, each (top, left, height, width).
        border: how many rows and columns at every edge are padding, drawn with dashed lines.
        cell: the side of a cell in CSS pixels.

    Returns:
        A Picture.

    Raises:
        ValueError: not two axes, empty, infinite, an unknown tint, a window outside the cells, or a
            limit not above 0.
        TypeError: border is not an integer.

    Source:
        Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), figure 1.1.

    >>> number_grid([[1, 0], [0, -1]])
    <picture: Grid of 2 by 2 numbers: 1 0; 0 −1.>
    """
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"values must have 2 axes and not be empty, got shape {values.shape}")
    if np.isinf(values).any():
        raise ValueError("values must be finite or NaN, got infinity")
    validate.choice("tint", tint, tuple(TINTS))
    border = validate.integer("border", border, minimum=0)
    if limit is None:
        limit = float(np.nanmax(np.abs(values), initial=0.0)) or 1.0
    elif not (np.isfinite(limit) and limit > 0):
        raise ValueError(f"limit must be a number above 0, got {limit}")
    H, W = values.shape
    parts = []
    for (row, column), value in np.ndenumerate(values):
        padded = min(row, column, H - 1 - row, W - 1 - column) < border
        parts.append(_cell(row, column, value, limit, tint, cell, padded))
    for window in windows:
        parts.append(_frame(window, H, W, cell))
    if alt is None:
        rows = "; ".join(" ".join(number(v) or "empty" for v in row) for row in values)
        alt = f"Grid of {H} by {W} numbers: {rows}."
    width, height = W * cell + 4, H * cell + 4
    body = f'<g transform="translate(2 2)">{"".join(parts)}</g>'
    return Picture(svg(body, alt, width, height), alt, width=width, caption=caption, rigid=True)


def wiring(weights, alt, *, caption=None, labels=None):
    r"""Draw which input reaches which output of a layer, one line for each weight.

    .. math::

        \text{a line from input } j \text{ to output } i \iff w_{i,j} \neq 0

    Equal numbers are drawn in equal colours.

    Args:
        weights: (outputs, inputs) integers that name the weights: 0 for no line, and the same
            number wherever the same weight is used.
        alt: what is shown, in words.
        caption: a line below, or None.
        labels: (inputs, outputs), two lists of short texts for the circles, or None.

    Returns:
        A Picture: the inputs below, the outputs above.

    Raises:
        ValueError: weights without two axes, or empty.

    Source:
        LeCun et al., Gradient-based learning applied to document recognition (1998), section II.

    >>> wiring([[1, 2, 0], [0, 1, 2]], "Two weights, shared.").html.count("<line")
    4
    """
    weights = np.asarray(weights)
    if weights.ndim != 2 or weights.size == 0:
        raise ValueError(f"weights must have 2 axes and not be empty, got shape {weights.shape}")
    outputs, inputs = weights.shape
    step, high = 34, 110
    below = [step * (j + 0.5) for j in range(inputs)]
    above = [step * (inputs / 2 + i - outputs / 2 + 0.5) for i in range(outputs)]
    lines = []
    for (i, j), name in np.ndenumerate(weights):
        if name:
            lines.append(
                f'<line x1="{below[j]:g}" y1="{high - 14}" x2="{above[i]:g}" y2="14" '
                f'stroke="{colour_of(int(name))}" stroke-width="2"/>'
            )
    texts = labels or ([""] * inputs, [""] * outputs)
    dots = [_dot(x, high - 14, text) for x, text in zip(below, texts[0], strict=True)]
    dots += [_dot(x, 14, text) for x, text in zip(above, texts[1], strict=True)]
    width = step * max(inputs, outputs)
    return Picture(
        svg("".join(lines + dots), alt, width, high), alt, width=width, caption=caption, rigid=True
    )


def number(value):
    """Return a number as short text with a true minus sign; nothing for NaN."""
    if np.isnan(value):
        return ""
    text = f"{value:.0f}" if float(value).is_integer() else f"{value:.2f}".rstrip("0")
    return text.replace("-", "\N{MINUS SIGN}") if float(text) else "0"


def _cell(row, column, value, limit, tint, cell, padded):
    positive, negative, strongest = TINTS[tint]
    x, y = column * cell, row * cell
    text = number(value)
    share = 0.0 if np.isnan(value) else min(abs(value) / limit, 1.0)
    colour = negative if value < 0 else positive
    if tint == "names":
        share, text = float(bool(text and value)), text if value else ""
        colour = colour_of(value) if share else PAPER
    dash = ' stroke-dasharray="3 3"' if padded or np.isnan(value) else ""
    size = cell * (0.44 if len(text) < 4 else 0.36 if len(text) < 5 else 0.3)
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{cell:g}" height="{cell:g}" fill="{colour}" '
        f'fill-opacity="{share * strongest:.3g}" stroke="{LINE}"{dash}/>'
        f'<text x="{x + cell / 2:g}" y="{y + cell / 2:g}" dy=".35em" text-anchor="middle" '
        f'font-size="{size:.3g}">{text}</text>'
    )


def _frame(window, H, W, cell):
    top, left, height, width = (validate.integer("windows", part, minimum=0) for part in window)
    if not (height and width and top + height <= H and left + width <= W):
        raise ValueError(
            f"windows must be (top, left, height, width) inside {H} x {W} cells, got {window}"
        )
    return (
        f'<rect x="{left * cell:g}" y="{top * cell:g}" width="{width * cell:g}" '
        f'height="{height * cell:g}" fill="none" stroke="{ACCENT}" stroke-width="3.5"/>'
    )


def colour_of(name):
    """Return a colour for the weight of that number; the golden angle keeps neighbours apart."""
    return f"hsl({math.fmod(name * 137.508 + 250, 360):.0f} 55% 52%)"


def _dot(x, y, text):
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="12" fill="{PAPER}" stroke="currentColor"/>'
        f'<text x="{x:g}" y="{y:g}" dy=".35em" text-anchor="middle" font-size="13">{text}</text>'
    )
