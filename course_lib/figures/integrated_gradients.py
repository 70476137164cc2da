"""The way from a baseline to a digit: slope of the score, area under it, shares of the pixels."""

from functools import cache

import numpy as np
import traitlets

from course_lib import plots
from course_lib.figures.figure import Figure
from course_lib.figures.static import number

PLACES = 50  # steps that the reader can walk
GRID = 200  # places on the way at which the slope is known
COUNTS = (1, 2, 4, 5, 10, 20, 25, 50, 100)  # steps of a rule; all their places lie on the grid
RULES = {
    "left": "left",
    "right": "right",
    "midpoint": "midpoint",
    "trapezoid": "trapezoid",
    "gauss_legendre": "Gauss-Legendre",
}
STARTS = {"black": 0.0, "white": 1.0}
DIGIT = 7  # of the unseen data


@cache
def digit():
    """The image, (8, 8), and its label."""
    from course_lib import models

    trained = models.trained("digits_cnn")
    return trained.inputs[DIGIT, 0].double().numpy(), int(trained.labels[DIGIT])


@cache
def _network():
    from course_lib import models

    return models.trained("digits_cnn").model.double().eval()


def rises(start, alphas):
    """What each pixel adds at the places alphas for a step of 1 in alpha, and the scores there."""
    import torch

    image, label = digit()
    points = start + np.asarray(alphas)[:, None, None, None] * (image - start)
    points = torch.tensor(points, requires_grad=True)
    scores = _network()(points)[:, label]
    scores.sum().backward()
    return points.grad[:, 0].numpy() * (image - start), scores.detach().numpy()


@cache
def _path(start):
    """All that the drawing needs of one way."""
    slopes, scores = rises(start, np.arange(GRID + 1) / GRID)
    fine = 40 * PLACES
    parts, _ = rises(start, (np.arange(fine) + 0.5) / fine)
    shares = np.cumsum(parts.reshape(PLACES, -1, 8, 8).mean(1) / PLACES, axis=0)
    gauss = {}
    for n in COUNTS:
        nodes, weights = np.polynomial.legendre.leggauss(n)
        at, _ = rises(start, (nodes + 1) / 2)
        rows = zip((nodes + 1) / 2, weights / 2, at.sum((1, 2)), strict=True)
        gauss[str(n)] = [[round(float(value), 5) for value in row] for row in rows]
    return {
        "start": start,
        "slopes": slopes.sum((1, 2)).round(4).tolist(),
        "scores": scores[:: GRID // PLACES].round(4).tolist(),
        "shares": shares.reshape(PLACES, 64).round(3).tolist(),
        "gauss": gauss,
    }


def _preset(label, start, rule="midpoint", steps=20, place=15):
    state = {"start": start, "rule": rule, "steps": steps}
    return {"label": label, "state": state, "view": {"place": place}}


class PathIntegral(Figure):
    """Walk from a baseline to a digit and see the shares of its pixels grow.

    In a live notebook `start`, `place`, `rule`, `steps` and `preset` follow the reader, and can be
    set. `gap` is that of the rule in the drawing.
    """

    title = traitlets.Unicode("Walk from the baseline to the six").tag(sync=True)
    caption = traitlets.Unicode(
        "Drag the frame along the way. Orange: the slope of the score; shaded: the area up to the "
        "frame, which is what the score has gained, and what the map shares out (orange pixels "
        "raised it, purple ones lowered it). Dashed: what a rule with n steps adds up instead. "
        "Blue: its completeness gap for every n."
    ).tag(sync=True)
    presets = traitlets.Dict(
        {
            "black": _preset("from black", "black"),
            "white": _preset("from white", "white"),
            "coarse": _preset("four steps", "black", "midpoint", 4, PLACES),
            "left": _preset("the left rule, ten steps", "black", "left", 10, PLACES),
            "gauss": _preset("Gauss-Legendre, ten steps", "black", "gauss_legendre", 10, PLACES),
        },
        read_only=True,
    ).tag(sync=True)
    preset = traitlets.Unicode("black").tag(sync=True)

    start = traitlets.Enum(tuple(STARTS), "black").tag(sync=True)
    rule = traitlets.Enum(tuple(RULES), "midpoint").tag(sync=True)
    steps = traitlets.Enum(COUNTS, 20).tag(sync=True)
    #: how far the reader has walked, from 0 to PLACES
    place = traitlets.Int(15, min=0, max=PLACES).tag(sync=True)
    most = traitlets.Int(PLACES, read_only=True).tag(sync=True)
    counts = traitlets.List(list(COUNTS), read_only=True).tag(sync=True)
    rules = traitlets.Dict(RULES, read_only=True).tag(sync=True)
    image = traitlets.List(read_only=True).tag(sync=True)
    paths = traitlets.Dict(read_only=True).tag(sync=True)

    @traitlets.default("image")
    def _image(self):
        return digit()[0].ravel().round(4).tolist()

    @traitlets.default("paths")
    def _paths(self):
        return {name: _path(value) for name, value in STARTS.items()}

    @property
    def shares(self):
        """What each pixel has got up to the chosen place, (8, 8)."""
        rows = [np.zeros(64), *self.paths[self.start]["shares"]]
        return np.reshape(rows[self.place], (8, 8))

    @property
    def gap(self):
        """The completeness gap of the rule with so many steps."""
        path = self.paths[self.start]
        n, slopes = self.steps, np.array(path["slopes"])
        every, half = GRID // n, GRID // (2 * n)
        if self.rule == "gauss_legendre":
            total = sum(weight * slope for _, weight, slope in path["gauss"][str(n)])
        elif self.rule == "midpoint":
            total = slopes[half::every].mean()
        else:
            left, right = slopes[:-1:every].mean(), slopes[every::every].mean()
            total = {"left": left, "right": right, "trapezoid": (left + right) / 2}[self.rule]
        return total - (path["scores"][-1] - path["scores"][0])

    def static_html(self):
        """Return the digit, and its shares at the end of the way."""
        rise = np.diff(np.array(self.paths[self.start]["scores"])[[0, -1]])[0]
        shares = np.reshape(self.paths[self.start]["shares"][-1], (8, 8))
        words = f"from {self.start}: the shares make {number(rise, 1)}"
        return plots.gallery(
            plots.image(digit()[0], "The digit six, 8 by 8 pixels.", caption="the six"),
            plots.image(shares, f"The shares of its pixels, {words}", caption=words, signed=True),
        ).html
