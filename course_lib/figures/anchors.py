"""All anchors of a review in the plane of precision and length, and samples of the one chosen."""

from functools import cache

import numpy as np
import traitlets

from course_lib import plots
from course_lib.figures.figure import Figure
from course_lib.plots.layers import RESULT

#: name -> the review of eight words that the network reads
REVIEWS = {
    "praise": "the service is not bad prices are fine",
    "long": "tables are not bad desserts are not rude",
    "complaint": "portions are awful and so is the selection",
}
SAMPLES = 200
BETA = float(np.log(20))


@cache
def _review(text):
    """The words, the label, and for each set of kept words, as bits, whether the label stays."""
    from course_lib import models
    from course_lib.attribution import with_unk

    net, tokens = models.trained("review_cnn").model.eval(), text.split()
    keep = np.arange(2 ** len(tokens))[:, None] >> np.arange(len(tokens)) & 1 == 1
    labels = np.asarray(net.predict(with_unk(tokens, keep)))
    same = "".join("01"[int(label == labels[-1])] for label in labels)
    return {"tokens": tokens, "label": "praise" if labels[-1] else "complaint", "same": same}


def _preset(label, review, threshold=95, n=0):
    state = {"review": review, "threshold": threshold}
    return {"label": label, "state": state, "view": {"n": n}}


class AnchorPlane(Figure):
    """Move the threshold through all anchors of a review, and sample the one that is chosen.

    In a live notebook `review`, `threshold` (in hundredths), `n` and `preset` follow the reader,
    and can be set. `chosen` is the anchor in the drawing.
    """

    title = traitlets.Unicode("All anchors of a review").tag(sync=True)
    caption = traitlets.Unicode(
        "Drag the threshold. Each dot is one of 256 anchors: small and grey if it does not pass, "
        "orange if it does (A1), large if it is one of the shortest of those (A2), with a frame if "
        "none of these is more precise (A3). The first of A3 is held in the words. Then draw "
        "samples: grey words are lost. The band is what they leave possible, with β = log 20; the "
        "dashed line is the exact precision."
    ).tag(sync=True)
    presets = traitlets.Dict(
        {
            "praise": _preset("a praise", "praise", n=10),
            "low": _preset("a low threshold", "praise", threshold=51, n=10),
            "sure": _preset("59 samples", "praise", n=59),
            "long": _preset("two nots", "long", threshold=80, n=20),
            "complaint": _preset("a complaint", "complaint", n=20),
        },
        read_only=True,
    ).tag(sync=True)
    preset = traitlets.Unicode("praise").tag(sync=True)

    review = traitlets.Enum(tuple(REVIEWS), "praise").tag(sync=True)
    threshold = traitlets.Int(95, min=0, max=100).tag(sync=True)
    #: how many samples are drawn
    n = traitlets.Int(10, min=0, max=SAMPLES).tag(sync=True)
    most = traitlets.Int(SAMPLES, read_only=True).tag(sync=True)
    beta = traitlets.Float(BETA, read_only=True).tag(sync=True)
    reviews = traitlets.Dict(read_only=True).tag(sync=True)
    #: for each sample which words stay, as bits, if nothing is held
    draws = traitlets.List(read_only=True).tag(sync=True)

    @traitlets.default("reviews")
    def _reviews(self):
        return {name: _review(text) for name, text in REVIEWS.items()}

    @traitlets.default("draws")
    def _draws(self):
        return np.random.default_rng(5).integers(0, 256, SAMPLES).tolist()

    @property
    def precisions(self):
        """The exact precision of every anchor, by its positions."""
        same = np.array(list(self.reviews[self.review]["same"])) == "1"
        masks = np.arange(256)
        return {
            tuple(i for i in range(8) if code >> i & 1): float(same[masks | code].mean())
            for code in range(256)
        }

    @property
    def chosen(self):
        """The first anchor of A3; None where no anchor passes."""
        passing = {a: p for a, p in self.precisions.items() if 100 * p >= self.threshold}
        return min(passing, key=lambda a: (len(a), -passing[a], a), default=None)

    def static_html(self):
        """Return the plane with the anchors that pass, and the words of the one chosen."""
        precisions, ax = self.precisions, plots.axes(size=(4.4, 3))
        for passes, colour in ((False, "#888888"), (True, RESULT)):
            of = [a for a in precisions if (100 * precisions[a] >= self.threshold) == passes]
            places = [precisions[a] for a in of]
            ax.plot(places, list(map(len, of)), "o", markersize=4, color=colour)
        ax.axvline(self.threshold / 100, color="black", linestyle="--", linewidth=1)
        ax.set_xlabel("precision")
        ax.set_ylabel("words held")
        tokens = self.reviews[self.review]["tokens"]
        held = " + ".join(tokens[i] for i in self.chosen or ()) or "no word"
        words = f"All anchors of: {' '.join(tokens)}. The anchor at {self.threshold} %: {held}"
        return plots.show(ax, words, caption=words).html
