"""The cell of an LSTM as a conveyor: what lies on it, and the gates that it passes."""

from math import tanh

from course_lib import validate
from course_lib.plots.layers import RESULT, SEEN
from course_lib.plots.picture import Picture, svg

#: The colours of the gates: a contrast of 3 to 1 on a white and on a dark page.
FORGET, INPUT, OUTPUT = "#0a8a72", SEEN, "#8052b0"
STEP, BELT, MOST = 100, 82, 22
START, VALVE, JOIN, OUTLET = 46, 22, 54, 84  # places along a step
_NAMES = "c", "i", "f", "g", "o"


def conveyor(c, i, f, g, o, *, c0=0.0, first=1, caption=None, width=None):
    r"""Draw the steps of one LSTM unit: its cell rides along, and each gate carries its number.

    .. math::

        c_t = f_t \, c_{t-1} + i_t \, g_t, \qquad h_t = o_t \tanh(c_t)

    The band is as wide as the cell is large, orange above zero and blue below. A gate is open as
    far as its number says: the forget gate on the belt, the input gate under it, the output gate
    above it.

    Args:
        c, i, f, g, o: numbers of one unit, one for each step.
        c0: the cell before the first step.
        first: the number of the first step.
        caption: a line below, or None.
        width: the picture's width in CSS pixels, or None for its natural one.

    Returns:
        A Picture.

    Raises:
        ValueError: no steps, or not the same number of each.

    Source:
        Hochreiter and Schmidhuber, Long Short-Term Memory (1997), figure 1, for the gated unit.

    >>> conveyor([2.0], [1.0], [0.5], [1.0], [0.0], c0=2.0)
    <picture: One LSTM unit from c = 2. Step 1: f 0.5, i 1, g 1, c 2, o 0, h 0.>
    """
    T = validate.integer("the length of c", len(c), minimum=1)
    rows = [[float(v) for v in row] for row in (c, i, f, g, o)]
    for name, row in zip(_NAMES, rows, strict=True):
        if len(row) != T:
            raise ValueError(f"{name} must have {T} numbers, as c has, got {len(row)}")
    largest = max(1.0, abs(c0), *map(abs, rows[0]))
    body, words, before = [], [], float(c0)
    for y, name in ((11, "h"), (40, "o"), (59, "f"), (BELT + 2, "c"), (122, "i"), (158, "g")):
        body.append(_words(6, y, name, 16, "start"))
    body.append(_words(START - 6, BELT + 26, _short(before), weight=700))
    for t, (cell, write, keep, new, show) in enumerate(zip(*rows, strict=True)):
        x = START + t * STEP
        h = show * tanh(cell)
        kept = keep * before
        body += [
            _band(x - (START - 26 if not t else 0), x + VALVE, before, largest),
            _band(x + VALVE, x + JOIN, kept, largest),
            _band(x + JOIN, x + STEP, cell, largest),
            _pipe(x + JOIN, BELT + 14, 112, write * new),
            _pipe(x + JOIN, 131, 147, new),
            _pipe(x + OUTLET, BELT - 14, 50, tanh(cell)),
            _pipe(x + OUTLET, 34, 20, h),
            _gate(x + VALVE, BELT, 30, keep, FORGET, upright=True),
            _gate(x + JOIN, 122, 24, write, INPUT),
            _gate(x + OUTLET, 42, 24, show, OUTPUT),
            _words(x + VALVE, BELT - 25, _short(keep)),
            _words(x + JOIN + 16, 123, _short(write), anchor="start"),
            _words(x + JOIN, 159, _short(new)),
            _words(x + OUTLET - 16, 43, _short(show), anchor="end"),
            _words(x + OUTLET - 9, 59, "tanh", 11, "end"),
            _words(x + OUTLET, 11, _short(h)),
            _words(x + STEP + 8, BELT + 26, _short(cell), anchor="end", weight=700),
        ]
        values = (("f", keep), ("i", write), ("g", new), ("c", cell), ("o", show), ("h", h))
        said = ", ".join(f"{name} {_plain(v)}" for name, v in values)
        words.append(f"Step {first + t}: {said}.")
        before = cell
    end = START + T * STEP
    for y in (BELT - 15, BELT + 15):
        body.append(f'<path d="M26 {y}H{end}" stroke="currentColor" stroke-opacity=".55"/>')
    alt = f"One LSTM unit from c = {_plain(c0)}. {' '.join(words)}"
    size = end + 12, 172
    drawing = svg("".join(body), alt, *size)
    return Picture(drawing, alt, width=size[0] if width is None else width, caption=caption)


def _plain(value):
    return f"{round(float(value), 3) + 0.0:g}"


def _short(value):
    return f"{round(float(value), 2) + 0.0:g}".replace("-", "\N{MINUS SIGN}")


def _colour(value):
    return RESULT if value > 0 else SEEN


def _band(x1, x2, value, largest):
    """Return a piece of what lies on the belt."""
    high = MOST * abs(value) / largest
    return (
        f'<rect x="{x1:g}" y="{BELT - high / 2:.3g}" width="{x2 - x1:g}" height="{high:.3g}" '
        f'fill="{_colour(value)}" fill-opacity=".75"/>'
    )


def _pipe(x, y1, y2, value):
    """Return a line as wide as what comes in or goes out, dotted where it is next to nothing."""
    thin = abs(value) < 0.02
    more = ' stroke-dasharray="1.5 4"' if thin else ""
    return (
        f'<line x1="{x:g}" y1="{y1:g}" x2="{x:g}" y2="{y2:g}" stroke="{_colour(value)}" '
        f'stroke-width="{1.5 if thin else max(1.5, 12 * min(1, abs(value))):.3g}" '
        f'stroke-opacity=".75"{more}/>'
    )


def _gate(x, y, length, opening, colour, *, upright=False):
    """Return two bars with a gap between them, as wide as the gate is open."""
    bar = length / 2 * (1 - min(1.0, max(0.0, opening)))
    ends = ((-length / 2, bar), (length / 2 - bar, bar))
    if upright:
        boxes = [(x - 3, y + start, 6, size) for start, size in ends]
        posts = [(x - 6, y - length / 2 - 2, 12, 4), (x - 6, y + length / 2 - 2, 12, 4)]
    else:
        boxes = [(x + start, y - 3, size, 6) for start, size in ends]
        posts = [(x - length / 2 - 2, y - 6, 4, 12), (x + length / 2 - 2, y - 6, 4, 12)]
    return "".join(
        f'<rect x="{a:g}" y="{b:g}" width="{w:.3g}" height="{h:.3g}" fill="{colour}"/>'
        for a, b, w, h in (*boxes, *posts)
        if w > 0.05 and h > 0.05
    )


def _words(x, y, text, size=14, anchor="middle", weight=400):
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
        f'dominant-baseline="central" font-weight="{weight}" fill="currentColor">{text}</text>'
    )
