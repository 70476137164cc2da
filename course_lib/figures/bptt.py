"""How much of a loss at the last step arrives at an earlier one, in a network of two units."""

import numpy as np
import traitlets

from course_lib import plots
from course_lib.figures.figure import Figure
from course_lib.rnn import rnn_forward

STEPS = 40  # at most
#: Turns by 60 degrees along an ellipse: both eigenvalues have the size 1, one singular value 1.3.
_LONG = 1.17115997
TURN = np.array([[0.5, -_LONG], [0.75 / _LONG, 0.5]])


def _preset(label, radius, size):
    return {"label": label, "state": {"radius": radius, "size": size}}


class FadingGradient(Figure):
    """Set how large the recurrent weights and the inputs are, and see how far back a loss is heard.

    In a live notebook `radius`, `size`, `steps`, `step` and `preset` follow the reader, and can be
    set. `norms` are those of the drawing.

    >>> figure = FadingGradient(radius=0.5, size=0.0, steps=3)
    >>> figure.norms.round(3).tolist()
    [0.325, 0.65, 1.0]
    >>> figure.bounds.round(2).tolist()
    [0.42, 0.65, 1.0]
    """

    title = traitlets.Unicode("How far back is the loss heard?").tag(sync=True)
    caption = traitlets.Unicode(
        "A network with two units and a loss at the last step. Orange, the total: how much of a "
        "change of each state arrives in the last one. Blue, the immediate: how much of it "
        "arrives one step later. Dashed: the bound. Drag the frame from step to step."
    ).tag(sync=True)
    presets = traitlets.Dict(
        {
            "fades": _preset("fades: radius 0.9", 0.9, 0.5),
            "vanishes": _preset("vanishes: radius 0.5", 0.5, 0.5),
            "lasts": _preset("lasts: radius 1.05, faint inputs", 1.05, 0.05),
            "explodes": _preset("explodes: radius 2, no inputs", 2.0, 0.0),
            "saturates": _preset("saturates: radius 2, large inputs", 2.0, 3.0),
        },
        read_only=True,
    ).tag(sync=True)
    preset = traitlets.Unicode("fades").tag(sync=True)

    radius = traitlets.Float(0.9, min=0.1, max=2.5).tag(sync=True)
    size = traitlets.Float(0.5, min=0.0, max=3.0).tag(sync=True)
    steps = traitlets.Int(30, min=3, max=STEPS).tag(sync=True)
    #: the step that the reader has chosen, from 1; what lies beyond counts as the last
    step = traitlets.Int(18, min=1, max=STEPS).tag(sync=True)
    turn = traitlets.List(TURN.tolist(), read_only=True).tag(sync=True)
    inputs = traitlets.List(read_only=True).tag(sync=True)

    @traitlets.default("inputs")
    def _inputs(self):
        return np.random.default_rng(5).normal(size=(STEPS, 2)).round(2).tolist()

    @property
    def factors(self):
        """The derivative of each state by the one before it, (T, 2, 2), outputs in rows."""
        x = self.size * np.array(self.inputs)[: self.steps, None]
        h = rnn_forward(x, np.eye(2), self.radius * TURN)[:, 0]
        return (1 - h**2)[:, :, None] * (self.radius * TURN)

    @property
    def norms(self):
        """The spectral norm of dh_T/dh_t for t = 1, ..., T."""
        product, norms = np.eye(2), []
        for factor in self.factors[::-1]:
            norms.append(np.linalg.norm(product, 2))
            product = product @ factor
        return np.array(norms[::-1])

    @property
    def bounds(self):
        """(gamma sigma_max)^(T - t) for t = 1, ..., T, with gamma = 1."""
        return np.linalg.norm(self.radius * TURN, 2) ** np.arange(self.steps - 1, -1, -1)

    def static_html(self):
        """Return the chain, its orange lines as wide as the norms."""
        shown = self.norms[-9:-1]
        words = f"The last {len(shown)} of {self.steps} steps, radius {self.radius:g}"
        return plots.unrolled(shown, caption=words).html
