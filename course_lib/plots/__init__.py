"""Pictures for pages: arrays, attributions and curves, in the light and in the dark theme.

Positive is orange, negative is purple, and the scale is symmetric around zero. The two colours
differ for colour-blind readers; in greyscale, negative values carry a minus sign, a hatch or a
dotted line. Plots return their Axes, `show(ax)` puts them on the page; everything else returns a
`Picture`, which a page shows when it is the last value of a cell. Every picture says in words what
it shows.
"""

from course_lib.plots.bars import force, waterfall
from course_lib.plots.conveyor import conveyor
from course_lib.plots.grid import number_grid, wiring
from course_lib.plots.images import filter_grid, heatmap, overlay
from course_lib.plots.layers import pyramid, tiles, windows
from course_lib.plots.logo import sequence_logo
from course_lib.plots.network import network
from course_lib.plots.photograph import image
from course_lib.plots.picture import Picture, equation, gallery
from course_lib.plots.show import show
from course_lib.plots.style import alt_text, axes
from course_lib.plots.text import anchor_text, highlighted_text
from course_lib.plots.unrolled import unrolled

__all__ = [
    "Picture",
    "alt_text",
    "anchor_text",
    "axes",
    "conveyor",
    "equation",
    "filter_grid",
    "force",
    "gallery",
    "heatmap",
    "highlighted_text",
    "image",
    "network",
    "number_grid",
    "overlay",
    "pyramid",
    "sequence_logo",
    "show",
    "tiles",
    "unrolled",
    "waterfall",
    "windows",
    "wiring",
]
