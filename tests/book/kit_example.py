"""A figure of the usual size, made from the kit: how fast a number that is multiplied again dies.

The tests of the kit use it, and a new figure can begin as a copy of it.
"""

import numpy as np
import traitlets

from course_lib.figures.figure import Figure
from course_lib.figures.static import number


class Powers(Figure):
    """The powers of a weight, step by step."""

    title = traitlets.Unicode("The powers of a weight").tag(sync=True)
    caption = traitlets.Unicode("Multiply by w again and again: where does it end?").tag(sync=True)
    presets = traitlets.Dict(
        {
            "half": {"label": "w = 0.5", "state": {"weight": 0.5}},
            "grows": {"label": "w = 1.1", "state": {"weight": 1.1}},
        },
        read_only=True,
    ).tag(sync=True)
    preset = traitlets.Unicode("half").tag(sync=True)
    weight = traitlets.Float(0.5).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    @property
    def powers(self):
        """w**0 to w**10."""
        return self.weight ** np.arange(11)

    def static_html(self):
        """Return the powers as a table."""
        cells = "".join(f"<td>{number(power)}</td>" for power in self.powers)
        return f"<table><caption>w to the powers 0 to 10</caption><tr>{cells}</tr></table>"
