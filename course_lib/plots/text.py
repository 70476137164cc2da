"""Attributions of text: words or characters on a coloured ground, and anchors."""

import html

import numpy as np

from course_lib.plots.picture import WIDE, Picture
from course_lib.plots.style import as_numpy, colours, luminance, symmetric_limit


def highlighted_text(tokens, values, *, separator=" ", limit=None, title=None):
    """Write tokens on grounds whose colour is their attribution.

    ground = map(value / limit), from -1 (purple) through 0 (white) to 1 (orange)

    Clearly positive tokens are underlined with a solid line, clearly negative ones with a dotted
    line, so that the sign can be read in greyscale. Pointing at a token shows its number.

    Args:
        tokens: T strings; a character text is a string, with separator "".
        values: (T,) attributions.
        separator: what stands between tokens; line breaks inside tokens are kept.
        limit: the end of the scale; None for the largest absolute value.
        title: what is shown, for the caption and for the words of a screen reader.

    Returns:
        A Picture. The tokens are escaped: no token becomes markup.

    Raises:
        ValueError: no tokens, another number of values, NaN, or a limit not above 0.

    Source:
        Karpathy, Johnson and Fei-Fei, Visualizing and understanding recurrent networks (2016),
        figure 2, colours characters by the value of a cell.

    >>> 'underline dotted">bad</span>' in highlighted_text(["not", "bad"], [0.0, -1.0]).html
    True
    """
    values = as_numpy("values", values, 1)
    if len(tokens) != len(values):
        raise ValueError(
            f"values must have one entry for each of the {len(tokens)} tokens, got {len(values)}"
        )
    limit = symmetric_limit(values, limit)
    spans = [_span(str(t), v, v / limit) for t, v in zip(tokens, values, strict=True)]
    title = title or "Attribution"
    order = np.argsort(-np.abs(values), kind="stable")[:5]
    strongest = ", ".join(f"{str(tokens[i])!r} {values[i]:+.3g}" for i in order if values[i])
    words = f"{title} of {len(values)} tokens; strongest: {strongest or 'none, all are zero'}."
    return _page(title, words, html.escape(separator).join(spans))


def anchor_text(tokens, anchor):
    """Write a text with the words of its anchor marked, and how far the anchor can be trusted.

    Args:
        tokens: T strings.
        anchor: what `explain_anchor` returned: an object with `positions`, `precision`, `lower`,
            `upper`, `coverage` and `found`.

    Returns:
        A Picture: the anchor's words in bold frames, the others as they are; below, the
        precision with its bounds and the coverage. The tokens are escaped.

    Raises:
        ValueError: no tokens, or a position outside the text.

    Source:
        Ribeiro, Singh and Guestrin, Anchors (2018), figure 1.

    >>> from types import SimpleNamespace
    >>> anchor = SimpleNamespace(
    ...     positions=[1], precision=1.0, lower=0.97, upper=1.0, coverage=0.5, found=True)
    >>> "fine</mark>" in anchor_text(["is", "fine"], anchor).html
    True
    """
    if len(tokens) == 0:
        raise ValueError("tokens must not be empty")
    positions = {int(position) for position in anchor.positions}
    if positions and not (0 <= min(positions) and max(positions) < len(tokens)):
        raise ValueError(
            f"anchor must have positions in [0, {len(tokens)}), got {sorted(positions)}"
        )
    marked = (
        "background:#fdb863;color:#000;border:2px solid currentColor;padding:0 .2em;"
        "font-weight:bold"
    )
    spans = [
        f'<mark style="{marked}">{html.escape(str(token))}</mark>'
        if position in positions
        else html.escape(str(token))
        for position, token in enumerate(tokens)
    ]
    held = " ".join(str(tokens[position]) for position in sorted(positions)) or "no word"
    title = "Anchor" if anchor.found else "No anchor reaches the threshold; the best candidate"
    words = (
        f"{title}: {held}. Precision {anchor.precision:.3f}, between {anchor.lower:.3f} and "
        f"{anchor.upper:.3f}; coverage {anchor.coverage:.3g}."
    )
    return _page(words, words, " ".join(spans))


def _span(token, value, share):
    from matplotlib.colors import to_hex

    red, green, blue, _ = colours()(0.5 + 0.5 * min(max(share, -1), 1))
    ground = to_hex((red, green, blue))
    # The theme may be dark: text takes the colour that stands out from its own ground.
    ink = "#000" if luminance(red, green, blue) > 0.18 else "#fff"
    line = ""
    if abs(share) > 0.1:
        line = ";text-decoration:underline " + ("solid" if share > 0 else "dotted")
    style = f"background:{ground};color:{ink}{line}"
    return f'<span title="{value:+.3g}" style="{style}">{html.escape(token)}</span>'


def _page(caption, words, body):
    body = f'<p style="white-space:pre-wrap;line-height:1.8">{body}</p>'
    return Picture(body, words, width=WIDE, caption=caption, label=True)
