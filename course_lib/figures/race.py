"""The race of KL-LUCB: which of eight words to ask next, round by round."""

from functools import cache

import numpy as np
import traitlets

from course_lib import plots
from course_lib.figures.anchors import REVIEWS
from course_lib.figures.figure import Figure
from course_lib.plots.layers import RESULT, SEEN

#: name -> the review, and whether each round asks every word instead of the two in question
RACES = {
    "praise": ("praise", False),
    "equal": ("praise", True),
    "long": ("long", False),
    "complaint": ("complaint", False),
}
BEST = 2
TOLERANCE = DELTA = 0.1
FIRST, PAIR, EVERY = 20, 20, 5  # documents for a word: at first, in a pair, when all are asked


@cache
def run_race(name, seed=2):
    """The words, the exact precision of each one held, and what is known after every round."""
    from course_lib import models
    from course_lib.attribution import all_precisions, kl_lucb, sample_unk, with_unk

    net, (review, every) = models.trained("review_cnn").model.eval(), RACES[name]
    tokens = REVIEWS[review].split()
    (label,) = net.predict([tokens])
    rng, words = np.random.default_rng(seed), range(len(tokens))
    counts, stays, rounds = np.zeros(len(tokens)), np.zeros(len(tokens)), []

    def draw(pair):
        asked, each = (pair, PAIR) if pair and not every else (words, EVERY if pair else FIRST)
        for word in asked:
            keep = sample_unk(tokens, [word], each, rng=rng)
            counts[word] += each
            stays[word] += np.sum(net.predict(with_unk(tokens, keep)) == label)
        rounds.append({"asked": list(asked), **_known(counts, stays)})
        return counts, stays

    kl_lucb(draw, BEST, tolerance=TOLERANCE, delta=DELTA)
    precisions = all_precisions(tokens, net.predict)
    return {"tokens": tokens, "exact": [precisions[i,] for i in words], "rounds": rounds}


def _known(counts, stays):
    """For each word its share and bounds, who leads, and which two are in question."""
    from course_lib.attribution import anytime_threshold, kl_lower, kl_upper

    share = stays / counts
    level = anytime_threshold(counts, DELTA / len(counts))
    low, high = kl_lower(share, counts, level), kl_upper(share, counts, level)
    order = np.argsort(-share, kind="stable")
    leaders, others = order[:BEST], order[BEST:]
    weakest, strongest = leaders[np.argmin(low[leaders])], others[np.argmax(high[others])]
    return {
        "counts": counts.astype(int).tolist(),
        **{key: v.round(4).tolist() for key, v in (("share", share), ("low", low), ("high", high))},
        "leaders": leaders.tolist(),
        "pair": [int(weakest), int(strongest)],
    }


def _preset(label, race, at, show_pair=True):
    return {"label": label, "state": {"race": race}, "view": {"at": at, "show_pair": show_pair}}


class Race(Figure):
    """Step through the rounds in which KL-LUCB finds the two words that are best held.

    In a live notebook `race`, `at` (the round), `show_pair` and `preset` follow the reader, and can
    be set; `rounds` is what is known after each round of the race.
    """

    title = traitlets.Unicode("The race for the two best words").tag(sync=True)
    caption = traitlets.Unicode(
        "Play, step, or drag along the curve. Each bar is what the samples of a word leave "
        "possible, its dot their share; orange bars lead, thick ones were asked in this round, and "
        "the number counts a word's documents. Strokes across: the exact precisions, which the "
        "race does not know. The grey stripe is the overlap of the two in question, the curve how "
        "it shrinks to 0.1 (dashed)."
    ).tag(sync=True)
    presets = traitlets.Dict(
        {
            "start": _preset("the beginning", "praise", 0, show_pair=False),
            "asked": _preset("after one round", "praise", 1),
            "end": _preset("the end", "praise", 27),
            "equal": _preset("all words, every time", "equal", 66),
            "long": _preset("two nots", "long", 10),
            "complaint": _preset("a complaint", "complaint", 3),
        },
        read_only=True,
    ).tag(sync=True)
    preset = traitlets.Unicode("start").tag(sync=True)

    race = traitlets.Enum(tuple(RACES), "praise").tag(sync=True)
    #: the round: 0 is the one that asks every word
    at = traitlets.Int(0, min=0).tag(sync=True)
    #: whether the two in question are marked, and the overlap of their bars
    show_pair = traitlets.Bool(False).tag(sync=True)
    tolerance = traitlets.Float(TOLERANCE, read_only=True).tag(sync=True)
    races = traitlets.Dict(read_only=True).tag(sync=True)

    @traitlets.default("races")
    def _races(self):
        return {name: run_race(name) for name in RACES}

    @property
    def rounds(self):
        """What is known after each round, a list of dicts."""
        return self.races[self.race]["rounds"]

    def _still(self, at):
        known, tokens = self.rounds[at], self.races[self.race]["tokens"]
        ax = plots.axes(size=(3.4, 2.9))
        for word, exact in enumerate(self.races[self.race]["exact"]):
            colour = RESULT if word in known["leaders"] else SEEN
            width = 5 if word in known["asked"] else 2.5
            ends = [known["low"][word], known["high"][word]]
            ax.plot(ends, [word, word], linewidth=width, color=colour)
            ax.plot(known["share"][word], word, "o", color=colour)
            ax.plot(exact, word, "|", color="black", markersize=12)
        ax.set_yticks(range(len(tokens)), tokens)
        ax.set_ylim(len(tokens) - 0.4, -0.6)
        ax.set_xlim(0, 1.02)
        ax.set_xlabel("precision")
        words = f"round {at}: {sum(known['counts'])} documents"
        return plots.show(ax, f"Eight bars, {words}.", caption=words)

    def static_html(self):
        """Return four rounds of the race."""
        last = len(self.rounds) - 1
        return plots.gallery(*(self._still(last * k // 3) for k in range(4)), width=230).html
