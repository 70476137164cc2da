"""matplotlib on the page: a figure as SVG that follows the theme."""

import base64
import hashlib
import io
import re

from course_lib.plots.picture import PAPER, Picture, svg, webp
from course_lib.plots.style import alt_text


def show(ax, alt=None, *, caption=None):
    """Return the figure of an Axes as a picture for the page, and close it.

    Text stays text, in the page's font. Black is drawn in the page's ink and white in the colour
    of its paper, so that one picture serves the light and the dark theme.

    Args:
        ax: a matplotlib Axes; the whole figure is drawn.
        alt: what the figure shows; None for the words of the plots of this package, in the order
            of their making.
        caption: a line below, or None.

    Returns:
        A Picture.

    Raises:
        ValueError: an Axes without words, if no alt is given.

    Source:
        W3C, Web Content Accessibility Guidelines 2.2, success criterion 1.1.1.

    >>> from course_lib.plots import heatmap
    >>> show(heatmap([[1.0]]), "One cell.")
    <picture: One cell.>
    """
    import matplotlib
    import matplotlib.pyplot as plt

    figure = ax.figure
    if alt is None:
        alt_text(ax)  # refuses an Axes of someone else
        alt = " ".join(one.alt_text for one in figure.axes if getattr(one, "alt_text", None))
    for one in figure.axes:
        for image in one.get_images():
            if image.get_interpolation() == "nearest":
                image.set_interpolation("none")  # its own pixels, which the browser enlarges
    file = io.BytesIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "course"}):
        figure.savefig(file, format="svg", dpi=144, metadata={"Date": None})
    plt.close(figure)
    width, height = figure.get_size_inches() * 72
    body = _for_page(file.getvalue().decode())
    picture = svg(body, alt, width, height)
    return Picture(picture, alt, width=width * 4 / 3, caption=caption)


def _for_page(drawing):
    """Return the inside of matplotlib's SVG as it can stand in a page among others."""
    drawing = drawing[drawing.index("<svg") :]
    inside = drawing[drawing.index(">") + 1 : drawing.rindex("</svg>")]
    # A style element and comments of an inline SVG would be the page's.
    inside = re.sub(
        r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", "", inside, flags=re.S
    )
    inside = re.sub(r"font-family: [^;\"]*", "font-family: inherit", inside)
    for colour, themed in (("#000000", "currentColor"), ("#ffffff", PAPER)):
        inside = re.sub(rf"((?:fill|stroke)(?:: |=\")){colour}", rf"\g<1>{themed}", inside)
    inside = re.sub(r"data:image/png;base64,([^\"]*)", _smaller, inside)
    inside = inside.replace("xlink:href", "href")
    inside = re.sub(r"\s*\n\s*", "\n", inside)
    return _own_ids(inside).strip()


def _smaller(match):
    """Return a picture in the picture as WebP: exact if it has few colours or few pixels."""
    from PIL import Image

    return webp(Image.open(io.BytesIO(base64.b64decode(match[1]))))


def _own_ids(drawing):
    """Keep only the ids that something refers to, and give them names no other picture has."""
    used = dict.fromkeys(re.findall(r"(?:url\(|href=\")#([^)\"]+)", drawing))
    prefix = "plot-" + hashlib.sha1(drawing.encode()).hexdigest()[:8]
    names = {old: f"{prefix}-{number}" for number, old in enumerate(used)}
    drawing = re.sub(
        r' id="([^"]*)"',
        lambda match: f' id="{names[match[1]]}"' if match[1] in names else "",
        drawing,
    )
    return re.sub(r"(url\(|href=\")#([^)\"]+)", lambda m: f"{m[1]}#{names[m[2]]}", drawing)
