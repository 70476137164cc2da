"""Players arrive in one order after the other: what each adds, and the mean so far."""

from functools import cache

import numpy as np
import traitlets

from course_lib import plots
from course_lib.figures.figure import Figure
from course_lib.figures.static import number

ORDERS = 60  # that the reader can walk through
FEATURES = {"age": "age", "bmi": "body mass", "bp": "blood pressure", "s5": "blood fat"}
PATIENT = 9  # of the diabetes data
_TRIO = np.array([0, 6, 0, 12, 0, 9, 0, 24.0])  # by the number whose bits are the players
_VOTES = np.array([3, 1, 1, 1, 1])


def trio(masks):
    """What a singer, a guitar and drums earn."""
    return _TRIO[masks @ [1, 2, 4]]


def votes(masks):
    """1 where at least four of the seven votes are there."""
    return 1.0 * (masks @ _VOTES >= 4)


@cache
def patient():
    """A tree's prediction for a patient, with absent features from a background, as a game."""
    from sklearn.datasets import load_diabetes
    from sklearn.tree import DecisionTreeRegressor

    from course_lib.attribution import masked_game

    data = load_diabetes(scaled=False)
    X = data.data[:, [data.feature_names.index(name) for name in FEATURES]]
    tree = DecisionTreeRegressor(max_depth=4, min_samples_leaf=10, random_state=0)
    return masked_game(tree.fit(X, data.target).predict, X[PATIENT], X[::6])


GAMES = {
    "trio": ("the trio", ("singer", "guitar", "drums"), lambda: trio),
    "patient": ("one patient's prediction", tuple(FEATURES.values()), patient),
    "votes": ("seven votes, four needed", ("3 votes", "A", "B", "C", "D"), lambda: votes),
}
WAYS = {"single": "each alone", "paired": "each, then its reverse"}


def orders(d, way):
    """The orders of the figure, (ORDERS, d)."""
    drawn = np.random.default_rng(4).permuted(np.tile(np.arange(d), (ORDERS, 1)), axis=1)
    if way == "paired":
        drawn[1::2] = drawn[::2, ::-1]
    return drawn


@cache
def _walk(game, way):
    """All that the drawing needs of one game and one way to draw orders."""
    from course_lib.attribution import shapley_exact

    _, names, make = GAMES[game]
    value, d = make(), len(names)
    drawn = orders(d, way)
    gains = np.zeros(drawn.shape)
    for row, order in zip(gains, drawn, strict=True):
        came = np.argsort(order) < np.arange(d + 1)[:, None]
        row[order] = np.diff(value(came))
    seen = np.arange(1, ORDERS + 1)[:, None]
    step = 2 if way == "paired" else 1  # an order and its reverse are one draw, not two
    draws = gains.reshape(-1, step, d).mean(axis=1)
    errors = np.full((ORDERS, d), np.nan)
    for n in range(2, len(draws) + 1):
        errors[n * step - 1 : n * step + step - 1] = draws[:n].std(0, ddof=1) / np.sqrt(n)
    start = value(np.zeros((1, d), dtype=bool))[0]
    return {
        "names": list(names),
        "start": float(start),
        "orders": drawn.tolist(),
        "gains": gains.round(4).tolist(),
        "means": (gains.cumsum(0) / seen).round(4).tolist(),
        "errors": [[None if np.isnan(e) else round(e, 4) for e in row] for row in errors.tolist()],
        "exact": shapley_exact(value, d).round(4).tolist(),
    }


def _preset(label, game, way="single", seen=1):
    return {"label": label, "state": {"game": game, "way": way}, "view": {"seen": seen}}


class Arrivals(Figure):
    """Let players arrive in random orders and watch the mean of their gains settle.

    In a live notebook `game`, `way`, `seen` and `preset` follow the reader, and can be set.
    """

    title = traitlets.Unicode("Let the players arrive").tag(sync=True)
    caption = traitlets.Unicode(
        "Drag the frame to the right: one more order at each step. Left: what each player adds in "
        "the order at the frame. Right: the mean of each so far, with a band of two standard "
        "errors either way; dashed: the exact Shapley values."
    ).tag(sync=True)
    presets = traitlets.Dict(
        {
            "trio": _preset("the trio", "trio", seen=3),
            "dozen": _preset("the trio after twelve orders", "trio", seen=12),
            "patient": _preset("one patient", "patient", seen=ORDERS),
            "paired": _preset("the patient, orders in pairs", "patient", "paired", ORDERS),
            "votes": _preset("the vote after twelve", "votes", seen=12),
        },
        read_only=True,
    ).tag(sync=True)
    preset = traitlets.Unicode("trio").tag(sync=True)

    game = traitlets.Enum(tuple(GAMES), "trio").tag(sync=True)
    way = traitlets.Enum(tuple(WAYS), "single").tag(sync=True)
    #: how many orders have been seen, from 1 to ORDERS
    seen = traitlets.Int(3, min=1, max=ORDERS).tag(sync=True)
    most = traitlets.Int(ORDERS, read_only=True).tag(sync=True)
    games = traitlets.Dict({key: one[0] for key, one in GAMES.items()}, read_only=True).tag(
        sync=True
    )
    ways = traitlets.Dict(WAYS, read_only=True).tag(sync=True)
    walks = traitlets.Dict(read_only=True).tag(sync=True)

    @traitlets.default("walks")
    def _walks(self):
        return {f"{game} {way}": _walk(game, way) for game in GAMES for way in WAYS}

    @property
    def means(self):
        """The mean of each player over the orders seen."""
        return np.array(self.walks[f"{self.game} {self.way}"]["means"][self.seen - 1])

    def static_html(self):
        """Return the exact values as bars."""
        walk = self.walks[f"{self.game} {self.way}"]
        ax = plots.axes(size=(4.2, 2.4))
        plots.waterfall(walk["exact"], base=walk["start"], names=walk["names"], ax=ax)
        shares = ", ".join(
            f"{name} {number(value, 2)}"
            for name, value in zip(walk["names"], walk["exact"], strict=True)
        )
        words = f"The exact Shapley values of {GAMES[self.game][0]}: {shares}"
        return plots.show(ax, words, caption=words).html
