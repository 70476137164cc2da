"""A recurrent network unrolled in time, with the gradient that flows back through it."""

from course_lib import validate
from course_lib.plots.layers import RESULT, SEEN
from course_lib.plots.picture import Picture, svg

STEP, RADIUS, MOST = 62, 15, 13
TOP, MIDDLE, BOTTOM = 24, 84, 144


def unrolled(back, *, losses=None, shares=None, largest=None, caption=None, width=None):
    r"""Draw the states of a recurrent network in a row, and how much gradient flows between them.

    .. math::

        \lVert \partial \mathcal{L} / \partial h_t \rVert, \qquad t = 0, \dots, T

    The width of each orange line is the size of the gradient that is carried back there; a dotted
    line carries less than 1/25 of the largest, a stroke across says that nothing is.

    Args:
        back: sizes of what flows back from h_1 to h_0, from h_2 to h_1 and so on: T numbers.
        losses: the steps that have a loss, from 1 to T; None for the last one only.
        shares: T numbers, the size of what each step adds to the gradient of the weight, drawn in
            blue below; None for the inputs instead.
        largest: what is drawn widest; None for the largest of `back`.
        caption: a line below, or None.
        width: the picture's width in CSS pixels, or None for its natural one.

    Returns:
        A Picture.

    Raises:
        ValueError: no steps, a loss at a step that is not there, or another number of shares.

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), section 10.1, on unfolding.

    >>> unrolled([0.25, 0.5])
    <picture: A network of 2 steps with a loss at step 2. Flowing back into h0, h1: 0.25, 0.5.>
    """
    T = validate.integer("the length of back", len(back), minimum=1)
    losses = [T] if losses is None else list(losses)
    for step in losses:
        if step not in range(1, T + 1):
            raise ValueError(f"losses must be steps from 1 to {T}, got {step!r}")
    if shares is not None and len(shares) != T:
        raise ValueError(f"shares must have {T} numbers, got {len(shares)}")
    largest = max(map(abs, back)) if largest is None else largest
    body = []
    for t, size in enumerate(back):
        x, x_next = _place(t), _place(t + 1)
        body.append(_line(x + RADIUS, MIDDLE, x_next - RADIUS, MIDDLE, 1, "currentColor", 0.35))
        body.append(_flow(x + RADIUS, MIDDLE, x_next - RADIUS, MIDDLE, size, largest, RESULT))
    most = max(map(abs, shares)) if shares is not None else 0
    for t in range(1, T + 1):
        x = _place(t)
        if t in losses:
            body.append(_line(x, TOP + 11, x, MIDDLE - RADIUS, 2, RESULT, 0.9))
            body.append(_words(x, TOP, f"ℒ{_small(t)}"))
        if shares is None:
            body.append(_line(x, MIDDLE + RADIUS, x, BOTTOM - 11, 1, "currentColor", 0.35))
            body.append(_words(x, BOTTOM, f"x{_small(t)}"))
        else:
            body.append(_flow(x, MIDDLE + RADIUS, x, BOTTOM - 9, shares[t - 1], most, SEEN))
            body.append(_words(x, BOTTOM, f"W{_small(t)}"))
    for t in range(T + 1):
        body.append(
            f'<circle cx="{_place(t)}" cy="{MIDDLE}" r="{RADIUS}" fill="none" '
            f'stroke="currentColor" stroke-width="1.5"{"" if t else DASHED}/>'
        )
        body.append(_words(_place(t), MIDDLE, f"h{_small(t)}"))
    steps = ", ".join(map(str, losses))
    words = (
        f"A network of {T} steps with a loss at step {steps}. Flowing back into "
        f"{', '.join(f'h{t}' for t in range(T))}: {', '.join(f'{size:.2g}' for size in back)}."
    )
    if shares is not None:
        words += f" Added by each step: {', '.join(f'{share:.2g}' for share in shares)}."
    size = (_place(T) + RADIUS + 4, BOTTOM + 14)
    drawing = svg("".join(body), words, *size)
    return Picture(drawing, words, width=size[0] if width is None else width, caption=caption)


DASHED = ' stroke-dasharray="3 3"'
_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def _small(number):
    return str(number).translate(_DIGITS)


def _place(t):
    return RADIUS + 4 + t * STEP


def _flow(x1, y1, x2, y2, size, largest, colour):
    """Return a line as wide as the size, dotted where it would be too thin to see."""
    if not size:
        x, y = (x1 + x2) / 2, (y1 + y2) / 2
        return _line(x - 6, y - 6, x + 6, y + 6, 2, colour, 1)
    wide = MOST * min(1, abs(size) / largest)
    if wide < MOST / 25:
        return _line(x1, y1, x2, y2, 1.5, colour, 0.9, ' stroke-dasharray="1.5 5"')
    return _line(x1, y1, x2, y2, max(1, wide), colour, 0.75)


def _line(x1, y1, x2, y2, width, colour, opacity, more=""):
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" '
        f'stroke-width="{width:.3g}" stroke-opacity="{opacity:g}"{more}/>'
    )


def _words(x, y, text):
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="14" text-anchor="middle" '
        f'dominant-baseline="central" fill="currentColor">{text}</text>'
    )
