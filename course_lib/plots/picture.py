"""A picture for a page: HTML that follows the page's theme, with the words that say what it shows.

Black is the page's ink and white is its paper, whatever the theme. Everything stands inside the
page: nothing is fetched, and the same picture is always the same bytes.
"""

import base64
import html
import io

#: Colours of the page: those of the book's theme, else those of Jupyter, else of the surroundings.
INK = "var(--pst-color-text-base, var(--jp-content-font-color1, inherit))"
PAPER = "var(--pst-color-background, var(--jp-layout-color0, Canvas))"
LINE = "var(--pst-color-border, var(--jp-border-color1, #8888))"
ACCENT = "var(--pst-color-primary, var(--jp-brand-color1, #0a7d91))"
#: The width of what fills the column of text.
WIDE = 2000


class Picture:
    """A picture that a page shows when it is the last value of a cell.

    Args:
        body: HTML that fills the width it is given.
        alt: what the picture shows, in words.
        width: its natural width in CSS pixels; on a narrow screen it shrinks.
        caption: a line below, or None.
        rigid: in an `equation` it keeps its width, the others shrink to half before they wrap.
        label: the body does not say the words itself, so the frame must.
    """

    def __init__(self, body, alt, *, width, caption=None, rigid=False, label=False):
        if not str(alt).strip():
            raise ValueError("alt must say in words what the picture shows, got nothing")
        self.body, self.alt, self.caption = body, str(alt), caption
        self.width, self.rigid, self.label = width, rigid, label

    @property
    def html(self):
        """The picture as it stands on a page of its own."""
        return self.box("margin:.5rem 0")

    def box(self, style):
        """Return the picture and its caption in a box of that style; it grows to its width."""
        label = f' aria-label="{quote(self.alt)}"' if self.label else ""
        body = f'<div style="max-width:{self.width:g}px;margin:0 auto">{self.body}</div>'
        return f'<figure{label} style="padding:0;{style}">{body}{_caption(self.caption)}</figure>'

    def _repr_html_(self):
        return self.html

    def __repr__(self):
        return f"<picture: {self.alt}>"


def quote(text):
    """Return text that is safe inside an attribute."""
    return html.escape(str(text), quote=True)


def svg(body, alt, width, height):
    """Return an inline SVG image of that many CSS pixels, drawn with the page's ink and font."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{quote(alt)}" fill="currentColor" stroke-linejoin="round" '
        f'style="display:block;width:100%;height:auto;overflow:visible;color:{INK};'
        f'font-family:inherit">{body}</svg>'
    )


def webp(image):
    """Return a Pillow image as a data address in the format WebP."""
    exact = image.getcolors(64) is not None or image.width * image.height <= 64 * 64
    file = io.BytesIO()
    image.save(file, format="WEBP", lossless=exact, quality=80, alpha_quality=50, method=6)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def gallery(*pictures, width=160, caption=None, alt=None):
    """Put pictures side by side, as many in a row as fit.

    Args:
        pictures: what `image`, `number_grid`, `wiring`, `show` or `equation` returned.
        width: the least width of one picture in CSS pixels; 160 gives two in a row on a phone.
        caption: a line below all of them.
        alt: what they show together; None for their own words in turn.

    Returns:
        One Picture.

    Raises:
        ValueError: no picture.
        TypeError: something that is not a Picture.

    Source:
        Tufte, Envisioning Information (1990), chapter 4, on small multiples.

    >>> from course_lib.plots import image
    >>> gallery(image([[0, 1]], "Left."), image([[1, 0]], "Right."))
    <picture: Left. Right.>
    """
    _check(pictures)
    boxes = "".join(one.box("margin:0;min-width:0") for one in pictures)
    body = (
        f'<div style="display:grid;gap:1rem;align-items:start;grid-template-columns:'
        f'repeat(auto-fit,minmax(min(100%,{width:g}px),1fr))">{boxes}</div>'
    )
    words = alt or " ".join(one.alt for one in pictures)
    return Picture(body, words, width=WIDE, caption=caption, label=alt is not None)


def equation(*parts, caption=None, alt=None):
    """Put pictures in a line with signs between them: photograph, star, kernel, equals, map.

    Args:
        parts: Pictures, and strings for the signs.
        caption: a line below all of them.
        alt: what they show together; None for their own words and the signs in turn.

    Returns:
        One Picture.

    Raises:
        ValueError: no picture.
        TypeError: something that is neither a Picture nor a string.

    Source:
        Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), figure 1.1.

    >>> from course_lib.plots import image
    >>> equation(image([[0, 1]], "Input."), "→", image([[1, 0]], "Output."))
    <picture: Input. → Output.>
    """
    pictures = [part for part in parts if not isinstance(part, str)]
    _check(pictures)
    groups, sign = [], ""
    for part in parts:
        if isinstance(part, str):
            sign += part
        else:
            groups.append(_group(sign, part))
            sign = ""
    groups.append(_sign(sign))
    body = (
        '<div style="display:flex;flex-wrap:wrap;gap:.75rem .5rem;align-items:center;'
        f'justify-content:center">{"".join(groups)}</div>'
    )
    words = alt or " ".join(part if isinstance(part, str) else part.alt for part in parts)
    width = sum(one.width for one in pictures) + 48 * (len(parts) - len(pictures)) + 24
    return Picture(body, words, width=width, caption=caption, label=alt is not None)


def _group(sign, picture):
    """Return a picture with the sign before it, which move to the next line together."""
    least = picture.width if picture.rigid else max(picture.width / 2, min(picture.width, 80))
    space = 10 + 16 * len(sign) if sign else 0
    box = picture.box("margin:0;min-width:0;flex:1 1 auto")
    return (
        f'<div style="display:flex;gap:.5rem;align-items:center;min-width:0;'
        f'flex:1 1 {least + space:g}px;max-width:min(100%,{picture.width + space:g}px)">'
        f"{_sign(sign)}{box}</div>"
    )


def _sign(text):
    return text and f'<span style="flex:none;font-size:1.5em">{html.escape(text)}</span>'


def _check(pictures):
    if not pictures:
        raise ValueError("pictures must not be empty")
    for one in pictures:
        if not isinstance(one, Picture):
            raise TypeError(
                "pictures must come from course_lib.plots (show(ax) makes one of an Axes), "
                f"got {type(one).__name__}"
            )


def _caption(text):
    if text is None:
        return ""
    style = (
        "margin:.35rem 0 0;font-size:.85em;line-height:1.35;text-align:center;white-space:pre-line"
    )
    return f'<figcaption style="{style}">{html.escape(str(text))}</figcaption>'
