"""Drawings that need no JavaScript: the static state of a figure, as SVG in its stylesheet's words.

What `kit.js` draws live is drawn here with the same classes and colours.
"""

import html


def number(value, digits=6):
    """Return a number as text, as `number` in kit.js writes it.

    >>> number(-2.5), number(3.0)
    ('−2.5', '3')
    """
    text = f"{round(float(value), digits) + 0.0:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return text.replace("-", "\N{MINUS SIGN}")


def signed(value, most):
    """Return the colour of a value on the scale from -most (purple) to most (orange)."""
    share = round(100 * min(1, abs(value) / most)) if most else 0
    hue = "--negative" if value < 0 else "--positive"
    return f"color-mix(in srgb, var({hue}) {share}%, var(--paper))"


def screen(red, green, blue):
    """Return a colour of the screen, each part from 0 to 255, and black or white to write on it."""
    parts = [min(255, max(0, v)) / 255 for v in (red, green, blue)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return f"rgb({red:g} {green:g} {blue:g})", "black" if light > 0.179 else "white"


def text(x, y, words, *, size=13, ink="var(--ink)", anchor="middle"):
    """Return words at a place of the drawing."""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" '
        f'style="fill: {ink}; text-anchor: {anchor}">{html.escape(words)}</text>'
    )


def equation(x, y, parts, *, size=18):
    """Return a formula that starts at x: pairs of words and their colour."""
    spans = "".join(f'<tspan style="fill: {ink}">{html.escape(w)}</tspan>' for w, ink in parts)
    style = "text-anchor: start; white-space: pre"
    return f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" style="{style}">{spans}</text>'


def term(value, first=False):
    """Return a term of a sum, "+ 5" or "− 5", and without the plus where it comes first."""
    sign = "\N{MINUS SIGN}" if value < 0 else "" if first else "+"
    return f"{sign}{'' if first else ' '}{number(abs(value))}"


def cell(x, y, width, height, words="", *, fill="transparent", ink="var(--ink)", size=None):
    """Return a rectangle with a number in its middle."""
    box = (
        f'<rect class="cell" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
        f'style="fill: {fill}"/>'
    )
    if not words:
        return box
    return box + text(x + width / 2, y + height / 2, words, size=size or 0.4 * height, ink=ink)


def frame(x, y, width, height, name="window"):
    """Return an empty rectangle, by default the one that marks the window."""
    return (
        f'<rect class="{name}" x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
        'style="fill: none"/>'
    )


def picture(width, height, parts, label):
    """Return the whole drawing; the label says in words what it shows."""
    return (
        f'<svg class="static" role="img" aria-label="{html.escape(label)}" '
        f'viewBox="-2 -2 {width + 4:g} {height + 4:g}">{"".join(parts)}</svg>'
    )
