"""The four ways from one cell of an LSTM to the next, and what they make of a change over time."""

import numpy as np
import traitlets

from course_lib import plots
from course_lib.figures import static
from course_lib.figures.figure import Figure
from course_lib.lstm import lstm_forward, lstm_jacobian
from course_lib.rnn import rnn_forward

STEPS, M = 30, 2
#: the ways through f, straight on, through i and through g, and their colours
WAYS = ("A", "B", "C", "D")
COLOURS = ("violet", "green", "blue", "red")


def reach(trace, w_hh, n=0):
    """What a change of each cell makes of the last one, in one sequence of an LSTM.

    Args:
        trace: what `lstm_forward` returned.
        w_hh: (4M, M) its recurrent weights.
        n: which sequence.

    Returns:
        Two arrays (T, M, M), entry t for the cell of row t: the derivative dc_T/dc_t, and the
        product of the sums A + B + C + D from step to step.
    """
    c, i, f, g, o = (part[:, n] for part in trace[1:])
    blocks = np.split(w_hh, 4)
    whole, chained = np.empty((2, len(c), *blocks[0].shape))
    out = o * (1 - np.tanh(c) ** 2)  # dh_t/dc_t
    by_cell, by_state, product = np.eye(len(w_hh) // 4), 0 * blocks[0], np.eye(len(w_hh) // 4)
    for t in reversed(range(len(c))):
        whole[t], chained[t] = by_cell + by_state * out[t], product
        if t == 0:
            break
        slopes = g[t] * i[t] * (1 - i[t]), c[t - 1] * f[t] * (1 - f[t]), i[t] * (1 - g[t] ** 2)
        into_c = sum(s[:, None] * w for s, w in zip(slopes, blocks, strict=False))
        into_h = (np.tanh(c[t]) * o[t] * (1 - o[t]))[:, None] * blocks[3]
        by_cell, by_state = whole[t] * f[t], whole[t] @ into_c + by_state @ into_h
        product = product @ (np.diag(f[t]) + into_c * out[t - 1])
    return whole, chained


def norms(matrices):
    """The spectral norm of each of a row of matrices."""
    return np.linalg.norm(matrices, 2, axis=(1, 2))


def _preset(label, forget, write, show, size):
    state = {"forget": forget, "write": write, "show": show, "size": size}
    return {"label": label, "state": state}


class GatedFlow(Figure):
    """Set the gates of an LSTM, and see by which ways a change of its cell travels on.

    In a live notebook `forget`, `write` and `show` (the biases of the three gates), `size` (of the
    recurrent weights), `step` and `preset` follow the reader, and can be set.

    >>> figure = GatedFlow(forget=6.0, write=-6.0)
    >>> figure.terms[5, 1].round(2).tolist()  # B, the straight way
    [[1.0, 0.0], [0.0, 1.0]]
    """

    title = traitlets.Unicode("By which ways does a change of the cell travel?").tag(sync=True)
    caption = traitlets.Unicode(
        "An LSTM with two units. Above: the sizes (spectral norms) of A, B, C and D at each step, "
        "one on top of the other. Below: how much of a change of each cell arrives in the last one "
        "(orange), what the product of A + B + C + D says (dashed), what the straight way alone "
        "leaves (green), and the same for the state of a plain RNN (black or white); none is "
        "drawn below \N{MINUS SIGN}12. Drag the frame from step to step."
    ).tag(sync=True)
    presets = traitlets.Dict(
        {
            "new": _preset("new: every bias 0", 0.0, 0.0, 0.0, 1.0),
            "holds": _preset("holds: forget 5, input \N{MINUS SIGN}4", 5.0, -4.0, 0.0, 1.0),
            "lost": _preset("loses: forget \N{MINUS SIGN}3", -3.0, 0.0, 0.0, 1.0),
            "hidden": _preset("hidden: forget 2, output \N{MINUS SIGN}6", 2.0, 0.0, -6.0, 1.0),
            "explodes": _preset("explodes: weights times 6", 0.0, 0.0, 0.0, 6.0),
        },
        read_only=True,
    ).tag(sync=True)
    preset = traitlets.Unicode("new").tag(sync=True)

    forget = traitlets.Float(0.0, min=-6.0, max=6.0).tag(sync=True)
    write = traitlets.Float(0.0, min=-6.0, max=6.0).tag(sync=True)
    show = traitlets.Float(0.0, min=-6.0, max=6.0).tag(sync=True)
    size = traitlets.Float(1.0, min=0.0, max=8.0).tag(sync=True)
    #: the step that the reader has chosen, from 2: before it there is no state that moves
    step = traitlets.Int(12, min=2, max=STEPS).tag(sync=True)
    weights = traitlets.Dict(read_only=True).tag(sync=True)

    @traitlets.default("weights")
    def _weights(self):
        rng = np.random.default_rng(11)
        shapes = {"w_ih": (4 * M, 2), "w_hh": (4 * M, M), "x": (STEPS, 2)}
        return {name: rng.normal(size=shape).round(2).tolist() for name, shape in shapes.items()}

    @property
    def _arrays(self):
        w_ih, w_hh, x = (np.array(self.weights[name]) for name in ("w_ih", "w_hh", "x"))
        b = np.repeat([self.write, self.forget, 0.0, self.show], M)
        return x[:, None], w_ih, self.size * w_hh, b

    @property
    def trace(self):
        """What the LSTM computes, an LSTMTrace of (T, 1, M)."""
        return lstm_forward(*self._arrays)

    @property
    def terms(self):
        """A, B, C and D of every step, (T, 4, M, M)."""
        trace, w_hh = self.trace, self._arrays[2]
        each = [lstm_jacobian(trace, t, w_hh) for t in range(STEPS)]
        return np.array([[term[0] for term in four] for four in each])

    @property
    def whole(self):
        """The derivative dc_T/dc_t of every step, (T, M, M)."""
        return reach(self.trace, self._arrays[2])[0]

    @property
    def chained(self):
        """The product of the sums A + B + C + D from each step to the last, (T, M, M)."""
        return reach(self.trace, self._arrays[2])[1]

    @property
    def straight(self):
        """The product of the forget gates from each step to the last, (T, M, M)."""
        later = np.vstack([self.trace.f[1:, 0], np.ones((1, M))])
        return np.array([np.diag(later[t:].prod(axis=0)) for t in range(STEPS)])

    @property
    def plain(self):
        """The derivative dh_T/dh_t of an RNN with the candidate's weights, (T, M, M)."""
        x, w_ih, w_hh, _ = self._arrays
        rows = slice(2 * M, 3 * M)
        h = rnn_forward(x, w_ih[rows], w_hh[rows])[:, 0]
        found = [np.eye(M)]
        for state in h[:0:-1]:
            found.append(found[-1] @ ((1 - state**2)[:, None] * w_hh[rows]))
        return np.array(found[::-1])

    def static_html(self):
        """Return the columns of the four ways, and the four matrices of the chosen step."""
        sizes = np.linalg.norm(self.terms, 2, axis=(2, 3))
        wide, tall = 660, 140
        place, scale = wide / STEPS, tall / max(2.0, sizes.sum(axis=1).max())
        parts = []
        for t, row in enumerate(sizes):
            y = tall
            for value, colour in zip(row, COLOURS, strict=True):
                y -= scale * value
                parts.append(
                    f'<rect x="{place * t + 1:.4g}" y="{y:.4g}" width="{place - 2:.4g}" '
                    f'height="{scale * value:.4g}" style="fill: var(--{colour})"/>'
                )
        parts.append(static.frame(place * (self.step - 1), 0, place, tall))
        words = f"Sizes of A, B, C and D at {STEPS} steps; step {self.step} is marked."
        grids = [
            plots.number_grid(term.round(2), caption=f"{way} at step {self.step}", limit=1.0)
            for way, term in zip(WAYS, self.terms[self.step - 1], strict=True)
        ]
        return static.picture(wide, tall, parts, words) + plots.gallery(*grids, width=120).html
