"""What layers do to places, drawn along one axis: windows, receptive fields, tiles."""

import numpy as np

from course_lib import validate
from course_lib.plots.picture import Picture, svg

#: What is looked at, and what comes out: a contrast of 3 to 1 on a white and on a dark page.
SEEN, RESULT = "#2f7fc1", "#c96a1b"
CELL, GAP = 32, 5


def windows(n, k, *, stride=1, padding=0, dilation=1):
    r"""Draw every place of a kernel along a row of pixels, one line for each output.

    .. math::

        o = \lfloor (n + 2p - d(k - 1) - 1) / s \rfloor + 1

    Dashed cells are padding; a hatched pixel lies under no weight.

    Args:
        n: pixels in the row.
        k: weights of the kernel.
        stride, padding, dilation: as in `conv1d`.

    Returns:
        A Picture.

    Raises:
        ValueError: an option out of range, or the kernel is larger than the padded row.

    Source:
        Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), chapter 2.

    >>> windows(5, 3, stride=2)
    <picture: A row of 5 pixels and 2 windows of 3 weights: pixels 0, 1, 2; 2, 3, 4.>
    """
    n = validate.integer("n", n, minimum=1)
    k = validate.integer("k", k, minimum=1)
    stride = validate.integer("stride", stride, minimum=1)
    padding = validate.integer("padding", padding, minimum=0)
    dilation = validate.integer("dilation", dilation, minimum=1)
    reach = dilation * (k - 1) + 1
    starts = range(-padding, n + padding - reach + 1, stride)
    if not starts:
        raise ValueError(
            f"k must fit inside the padded row: a kernel of {k} with dilation {dilation} covers "
            f"{reach}, but the row has {n} + 2*{padding} = {n + 2 * padding}"
        )
    taps = [[start + u * dilation for u in range(k)] for start in starts]
    seen = {place for row in taps for place in row}
    body = []
    for place in range(-padding, n + padding):
        inside = 0 <= place < n
        x = (place + padding) * CELL
        body.append(cell(x, 0, dashed=not inside, hatched=inside and place not in seen))
        body.append(_text(x + CELL / 2, CELL / 2, place if inside else 0, faint=not inside))
    for i, row in enumerate(taps):
        y = (i + 1) * (CELL + GAP)
        left, right = ((place + padding + 0.5) * CELL for place in (row[0], row[-1]))
        body.append(_line(left, y + CELL / 2, right, y + CELL / 2, SEEN))
        body += [cell((place + padding) * CELL, y, fill=SEEN) for place in row]
        end = (n + 2 * padding) * CELL
        body.append(cell(end + 30, y, fill=RESULT))
        body.append(_text(end + 15, y + CELL / 2, "→"))
        body.append(_text(end + 30 + CELL / 2, y + CELL / 2, i))
    shown = "; ".join(", ".join(map(str, row)) for row in taps)
    unseen = sorted(set(range(n)) - seen)
    words = f"A row of {n} pixels and {len(taps)} windows of {k} weights: pixels {shown}."
    if unseen:
        words += f" No window holds pixel {', '.join(map(str, unseen))}."
    width, height = (n + 2 * padding) * CELL + 30 + CELL, (len(taps) + 1) * (CELL + GAP) - GAP
    return _picture(body, words, width, height)


def pyramid(n, layers, *, unit=None):
    r"""Draw a stack of layers along one axis, and what one unit at the top can see.

    .. math::

        r = 1 + \sum_l d_l (k_l - 1) \, s_1 \cdots s_{l-1}

    Args:
        n: pixels of the input, at the bottom.
        layers: (k, s) or (k, s, d) for each layer, the first one first; no padding.
        unit: which unit of the last layer; None for the one in the middle.

    Returns:
        A Picture: the pixels that the unit sees are filled; those inside its field that it never
        sees are hatched.

    Raises:
        ValueError: a layer that does not fit, or a unit that is not there.

    Source:
        Araujo, Norris and Sim, Computing receptive fields of convolutional neural networks (2019).

    >>> pyramid(7, [(3, 1), (3, 1)])
    <picture: 2 layers over 7 pixels: the field of the marked unit is 5 pixels wide, 5 are seen.>
    """
    n = validate.integer("n", n, minimum=1)
    centres = [np.arange(n, dtype=float)]
    taps = []
    for number, (k, s, *rest) in enumerate(layers):
        offsets = np.arange(k) * (rest[0] if rest else 1)
        below, reach = centres[-1], offsets[-1] + 1
        if reach > len(below):
            raise ValueError(f"layers[{number}] reaches over {reach} units, got {len(below)}")
        starts = np.arange(0, len(below) - reach + 1, s)
        taps.append(starts[:, None] + offsets)
        centres.append((below[starts] + below[starts + reach - 1]) / 2)
    last = len(centres[-1])
    unit = (
        last // 2 if unit is None else validate.integer("unit", unit, minimum=0, maximum=last - 1)
    )
    lit = [{unit}]
    for places in reversed(taps):
        lit.insert(0, {int(place) for one in lit[0] for place in places[one]})
    gap = CELL + 26
    body, top = [], len(layers) * gap
    for level, places in enumerate(taps):
        for one in lit[level + 1]:
            x = (centres[level + 1][one] + 0.5) * CELL
            for place in places[one]:
                below = (centres[level][place] + 0.5) * CELL
                body.append(
                    _line(x, top - level * gap - gap + CELL, below, top - level * gap, SEEN)
                )
    field = range(min(lit[0]), max(lit[0]) + 1)
    for level, row in enumerate(centres):
        for place, centre in enumerate(row):
            on, hatched = place in lit[level], level == 0 and place in field
            colour = (RESULT if level == len(layers) else SEEN) if on else None
            y = top - level * gap
            body.append(cell(centre * CELL, y, fill=colour, hatched=hatched and not on))
    words = (
        f"{len(layers)} layers over {n} pixels: the field of the marked unit is {len(field)} "
        f"pixels wide, {len(lit[0])} are seen."
    )
    return _picture(body, words, n * CELL, top + CELL)


def tiles(increments):
    r"""Draw the tiles of a pooling along one axis: how many pixels each of them takes.

    .. math::

        a_i = a_{i-1} + \text{increments}_i

    Args:
        increments: sizes of the tiles, ints of at least 1.

    Returns:
        A Picture; tiles of one pixel are light, larger ones dark, and each carries its size.

    Raises:
        ValueError: no tile, or one without pixels.

    Source:
        Graham, Fractional max-pooling (2014), section 2.

    >>> tiles([1, 2])
    <picture: 3 pixels in 2 tiles of 1, 2.>
    """
    sizes = [validate.integer("increments", size, minimum=1) for size in increments]
    if not sizes:
        raise ValueError("increments must have at least one entry, got none")
    body, x, side = [], 0, 20
    for size in sizes:
        colour = SEEN if size == 1 else RESULT
        body.append(
            f'<rect x="{x + 1}" y="1" width="{size * side - 2}" height="{CELL - 2}" rx="3" '
            f'fill="{colour}" fill-opacity="0.3" stroke="{colour}"/>'
        )
        body.append(_text(x + size * side / 2, CELL / 2, size))
        x += size * side
    words = f"{sum(sizes)} pixels in {len(sizes)} tiles of {', '.join(map(str, sizes))}."
    return _picture(body, words, x, CELL)


def cell(x, y, *, size=CELL, fill=None, dashed=False, hatched=False):
    """Return one square of a drawing."""
    look = f'fill="{fill}" fill-opacity="0.35"' if fill else 'fill="none"'
    stroke = fill or "currentColor"
    faint = "" if fill else ' stroke-opacity="0.45"'
    dash = ' stroke-dasharray="3 3"' if dashed else ""
    square = (
        f'<rect x="{x + 1:g}" y="{y + 1:g}" width="{size - 2:g}" height="{size - 2:g}" rx="2" '
        f'{look} stroke="{stroke}"{faint}{dash}/>'
    )
    if hatched:
        for part in (0.25, 0.5, 0.75, 1.0):
            long = part * (size - 2)
            square += _line(x + 1, y + 1 + long, x + 1 + long, y + 1, "currentColor", 0.6)
        square += _line(
            x + 1 + size / 2, y + size - 1, x + size - 1, y + 1 + size / 2, "currentColor", 0.6
        )
    return square


def _line(x1, y1, x2, y2, colour, opacity=0.8):
    return (
        f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" '
        f'stroke-opacity="{opacity:g}"/>'
    )


def _text(x, y, text, *, size=14, faint=False):
    opacity = ' fill-opacity="0.6"' if faint else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="middle" '
        f'dominant-baseline="central"{opacity}>{text}</text>'
    )


def _picture(body, words, width, height):
    return Picture(svg("".join(body), words, width, height), words, width=width)
