"""A convolution as a matrix of shared weights: its rows go forward, its columns go back."""

import numpy as np
import traitlets

from course_lib.backends.numpy.convolution import conv2d
from course_lib.figures import static
from course_lib.figures.figure import Figure
from course_lib.plots.grid import colour_of

_WORKED = {
    "kernel": [[1, 2], [3, 4]],
    "image": [[1, 2, 0, 3], [0, 1, 3, 0], [4, 0, 1, 2], [1, 1, 0, 2]],
    "gradient": [[1, 0, -1], [2, 1, 0], [0, 3, -2]],
}
_MIDDLE = [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
_PIXEL = [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
#: Of the weights, row by row, as in the tables of the page.
_COLOURS = [colour_of(name) for name in (1, 2, 3, 4)]


def _preset(label, back, cell, **numbers):
    view = {"back": back, "cell": cell}
    return {"label": label, "state": {**_WORKED, **numbers}, "view": view}


_PRESETS = {
    "worked": _preset("the example of this page", False, [1, 5]),
    "corner": _preset("a corner: one window only", True, [0, 0]),
    "pulse_back": _preset("back: a single 1 in dy", True, [4, 10], gradient=_MIDDLE),
    "pulse_forward": _preset("forward: a single bright pixel", False, [4, 5], image=_PIXEL),
    "moves": _preset("a kernel that moves", True, [0, 5], kernel=[[0, 0], [0, 1]]),
}


class SharedWeights(Figure):
    """The matrix of a 2x2 kernel over 4x4 pixels, read by rows or by columns.

    >>> figure = SharedWeights()
    >>> figure.sums().tolist()[0]
    [9.0, 17.0, 15.0]
    >>> SharedWeights(preset="corner").sums()[0].tolist()
    [1.0, 2.0, -1.0, -2.0]
    """

    title = traitlets.Unicode("The matrix of a convolution, forward and back").tag(sync=True)
    caption = traitlets.Unicode(
        "Each colour is one weight. Drag over the matrix, or use the arrow keys: a row is a "
        "window, a column is a pixel. The switch turns the way."
    ).tag(sync=True)
    presets = traitlets.Dict(_PRESETS, read_only=True).tag(sync=True)
    preset = traitlets.Unicode("worked").tag(sync=True)
    kernel = traitlets.List(_WORKED["kernel"]).tag(sync=True)
    image = traitlets.List(_WORKED["image"]).tag(sync=True)
    gradient = traitlets.List(_WORKED["gradient"]).tag(sync=True)
    back = traitlets.Bool(False).tag(sync=True)
    cell = traitlets.List([1, 5]).tag(sync=True)
    colours = traitlets.List(_COLOURS, read_only=True).tag(sync=True)

    def sums(self):
        """What comes out: the map (3, 3) on the way forward, dx (4, 4) on the way back."""
        x, w = np.array(self.image, dtype=float), np.array(self.kernel, dtype=float)
        if self.back:
            x, w = np.pad(np.array(self.gradient, dtype=float), 1), w[::-1, ::-1]
        alone = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
        return conv2d(x[None, None], w[None, None], None, **alone)[0, 0]

    def static_html(self):
        """Return the matrix with the chosen row or column, and the sum that it makes."""
        row, column = self.cell
        parts = []
        for r, c in np.ndindex(9, 16):
            u, v = c // 4 - r // 3, c % 4 - r % 3
            wired = 0 <= u <= 1 and 0 <= v <= 1
            colour = _COLOURS[2 * u + v] if wired else None
            fill = f"color-mix(in srgb, {colour} 40%, var(--paper))" if wired else "transparent"
            words = static.number(self.kernel[u][v]) if wired else ""
            parts.append(static.cell(24 * c, 24 * r, 24, 24, words, fill=fill, size=12))
        line = (24 * column, 0, 24, 216) if self.back else (0, 24 * row, 384, 24)
        parts.append(static.frame(*line))
        at = divmod(column, 4) if self.back else divmod(row, 3)
        name = "dx" if self.back else "y"
        words = f"{name}({at[0]}, {at[1]}) = {static.number(self.sums()[at])}"
        parts.append(static.text(192, 236, words, size=16))
        way = f"column {column}" if self.back else f"row {row}"
        label = f"A matrix of 9 rows and 16 columns in four colours; {way} is framed: {words}."
        return static.picture(384, 252, parts, label)
