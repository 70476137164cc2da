"""Pictures of attributions: every function returns its Axes, or HTML for text.

Positive is orange, negative is purple, zero is white, and the scale is symmetric around zero. The
two colours differ for colour-blind readers; in greyscale, negative values carry a minus sign, a
hatch or a dotted line. Each Axes says in words what it shows: `alt_text(ax)` returns the words, and
`with_alt_text(ax)` puts the picture on a page with them.
"""

from course_lib.plots.bars import force, waterfall
from course_lib.plots.images import filter_grid, heatmap, overlay
from course_lib.plots.logo import sequence_logo
from course_lib.plots.style import alt_text, with_alt_text
from course_lib.plots.text import anchor_text, highlighted_text

__all__ = [
    "alt_text",
    "anchor_text",
    "filter_grid",
    "force",
    "heatmap",
    "highlighted_text",
    "overlay",
    "sequence_logo",
    "waterfall",
    "with_alt_text",
]
