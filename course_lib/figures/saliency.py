"""A score that saturates, and what six explanations say of its two inputs."""

import math

import traitlets

from course_lib.figures import static
from course_lib.figures.figure import Figure

#: method -> its name in the drawing, from the top to the bottom
METHODS = {
    "gradient": "gradient",
    "times": "gradient × input",
    "occlusion": "occlusion: one input set to 0",
    "smooth": "SmoothGrad",
    "integrated": "integrated gradients (next chapter)",
    "shapley": "Shapley values (a later chapter)",
}
BLUE, ORANGE = "var(--blue)", "var(--orange)"


def score(i1, i2):
    """y = 1 - max(0, 1 - i1 - i2): it grows up to 1 and stays there."""
    return 1 - max(0.0, 1 - i1 - i2)


def _preset(label, i1, i2, sigma=0.3):
    return {"label": label, "state": {"i1": i1, "i2": i2}, "view": {"sigma": sigma}}


class SaturatedScore(Figure):
    """Drag the point over the plane of the two inputs, and compare what the explanations say.

    In a live notebook `i1`, `i2`, `sigma` and `preset` follow the reader, and can be set.
    `attributions` are the numbers of the bars.

    >>> figure = SaturatedScore(i1=1.0, i2=1.0)
    >>> figure.attributions["gradient"], figure.attributions["shapley"]
    ((0.0, 0.0), (0.5, 0.5))
    """

    title = traitlets.Unicode("A score that saturates").tag(sync=True)
    caption = traitlets.Unicode(
        "The score y grows with the sum of two inputs, up to 1 (dashed), and stays there. Drag the "
        "point. The bars say how much each explanation gives to input 1 (blue) and input 2 "
        "(orange). The circle is the noise of SmoothGrad, its radius one standard deviation."
    ).tag(sync=True)
    presets = traitlets.Dict(
        {
            "slope": _preset("on the slope", 0.3, 0.4, 0.1),
            "sure": _preset("sure: both inputs at 1", 1.0, 1.0),
            "edge": _preset("just over the edge", 0.6, 0.5),
            "one": _preset("one would be enough", 1.5, 0.2),
            "zero": _preset("one input at 0", 0.8, 0.0, 0.1),
        },
        read_only=True,
    ).tag(sync=True)
    preset = traitlets.Unicode("slope").tag(sync=True)

    i1 = traitlets.Float(0.3, min=0.0, max=2.0).tag(sync=True)
    i2 = traitlets.Float(0.4, min=0.0, max=2.0).tag(sync=True)
    #: standard deviation of SmoothGrad's noise
    sigma = traitlets.Float(0.1, min=0.05, max=1.0).tag(sync=True)
    methods = traitlets.Dict(METHODS, read_only=True).tag(sync=True)

    @property
    def attributions(self):
        """What each method gives to the two inputs, method -> (first, second)."""
        x = self.i1, self.i2
        total = sum(x)
        slope = 1.0 if total < 1 - 1e-9 else 0.0
        # The sum of the two inputs has noise of sigma times the root of 2.
        smooth = (1 + math.erf((1 - total) / (2 * self.sigma))) / 2
        alone = score(x[0], 0), score(0, x[1])
        y = score(*x)
        return {
            "gradient": (slope, slope),
            "times": tuple(slope * v for v in x),
            "occlusion": (y - alone[1], y - alone[0]),
            "smooth": (smooth, smooth),
            "integrated": tuple(v / max(1, total) for v in x),
            "shapley": tuple((alone[j] + y - alone[1 - j]) / 2 for j in (0, 1)),
        }

    def static_html(self):
        """Return the bars at the point."""
        parts = [static.text(0, 8, self._words(), anchor="start")]
        for row, (method, values) in enumerate(self.attributions.items()):
            top = 28 + 46 * row
            parts.append(static.text(0, top + 8, METHODS[method], anchor="start"))
            for j, (value, ink) in enumerate(zip(values, (BLUE, ORANGE), strict=True)):
                y = top + 18 + 11 * j
                parts.append(static.cell(0, y, 240 * value, 9, fill=ink))
                parts.append(static.text(246 + 240 * (value - 1), y + 5, f"{value:.2f}",
                                         size=11, anchor="start"))  # fmt: skip
        return static.picture(340, 28 + 46 * len(METHODS), parts, "Six explanations as bars")

    def _words(self):
        return f"i1 = {self.i1:g}, i2 = {self.i2:g}: y = {score(self.i1, self.i2):g}"
