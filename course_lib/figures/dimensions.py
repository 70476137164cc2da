"""A chain of layers to build: what comes out of each, what it costs, and what a unit sees."""

import base64
from math import prod

import numpy as np
import traitlets

from course_lib import plots
from course_lib.datasets.images import photograph
from course_lib.dimensions import Conv, Dense, Flatten, GlobalAveragePool, Pool, track
from course_lib.figures.figure import Figure

PIXELS = 64  # of the photograph that comes with the figure
#: kind of layer -> its numbers, and their least and greatest value
NUMBERS = {
    "conv": {"filters": (1, 999), "k": (1, 9), "s": (1, 6), "p": (0, 9), "d": (1, 9)},
    "pool": {"k": (1, 9), "s": (1, 6), "p": (0, 4)},
    "average": {},
    "dense": {"inputs": (1, 99_999), "units": (1, 9_999)},
}


def conv(filters, k, s=1, p=0, d=1):
    """Return a convolution as the figure writes it."""
    return {"kind": "conv", "filters": filters, "k": k, "s": s, "p": p, "d": d}


def pool(k, s=None, p=0):
    """Return a max pooling; the stride is the kernel size unless given."""
    return {"kind": "pool", "k": k, "s": k if s is None else s, "p": p}


def dense(inputs, units):
    """Return a dense layer; an image is flattened before it."""
    return {"kind": "dense", "inputs": inputs, "units": units}


AVERAGE = {"kind": "average"}
_LENET = [conv(6, 5), pool(2), conv(16, 5), pool(2)]
_CHAINS = {
    "lenet": (
        "like LeNet",
        32,
        [*_LENET, dense(400, 120), dense(120, 84), dense(84, 10)],
        4,
        [2, 2],
    ),
    "vgg": (
        "two VGG blocks",
        32,
        [
            conv(64, 3, p=1),
            conv(64, 3, p=1),
            pool(2),
            conv(128, 3, p=1),
            conv(128, 3, p=1),
            pool(2),
        ],
        6,
        [3, 4],
    ),
    "dilated": (
        "dilation 1, 2, 4, 8",
        32,
        [conv(16, 3, p=d, d=d) for d in (1, 2, 4, 8)],
        4,
        [15, 16],
    ),
    "tripled": (
        "dilation 1, 3, 9",
        32,
        [conv(16, 3, p=d, d=d) for d in (1, 3, 9)],
        3,
        [15, 16],
    ),
    "lattice": (
        "dilation 2 three times",
        32,
        [conv(16, 3, p=2, d=2) for _ in range(3)],
        3,
        [15, 16],
    ),
    "strided": (
        "all convolutional",
        32,
        [
            conv(96, 3, p=1),
            conv(96, 3, s=2, p=1),
            conv(192, 3, p=1),
            conv(192, 3, s=2, p=1),
            conv(10, 1),
            AVERAGE,
        ],
        4,
        [3, 3],
    ),
    "unseen": ("stride beyond the kernel", 32, [conv(8, 3, s=4), conv(8, 2, s=2)], 1, [3, 2]),
    "dies": (
        "a net that dies",
        36,
        [*_LENET, dense(400, 120), dense(120, 84), dense(84, 10)],
        5,
        [0, 0],
    ),
}


class LayerChain(Figure):
    """Build a chain of layers, and touch a unit to see what it sees of a photograph.

    In a live notebook `size`, `layers`, `layer` (0 is the input), `unit` and `preset` follow the
    reader, and can be set.

    >>> figure = LayerChain(preset="lenet")
    >>> figure.sizes[3].shape
    (16, 5, 5)
    >>> figure.seen(4, 0)
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]
    """

    title = traitlets.Unicode("A chain of layers, and what a unit sees").tag(sync=True)
    caption = traitlets.Unicode(
        "Every map is drawn to scale, each unit in the mean colour of the pixels that it sees. "
        "Touch a unit: its receptive field lights up. Hatched pixels are seen by no unit of the "
        "layer."
    ).tag(sync=True)
    presets = traitlets.Dict(
        {
            name: {
                "label": label,
                "state": {"size": size, "layers": layers},
                "view": {"layer": layer, "unit": unit},
            }
            for name, (label, size, layers, layer, unit) in _CHAINS.items()
        },
        read_only=True,
    ).tag(sync=True)
    preset = traitlets.Unicode("lenet").tag(sync=True)

    size = traitlets.Int(32, min=8, max=PIXELS).tag(sync=True)
    layers = traitlets.List(_CHAINS["lenet"][2]).tag(sync=True)
    layer = traitlets.Int(4, min=0).tag(sync=True)
    #: row and column in the map of the layer; what lies outside counts as the last
    unit = traitlets.List([2, 2]).tag(sync=True)
    numbers = traitlets.Dict(NUMBERS, read_only=True).tag(sync=True)
    photo = traitlets.Dict(read_only=True).tag(sync=True)

    @traitlets.default("photo")
    def _photo(self):
        data = base64.b64encode(self._pixels().tobytes()).decode()
        return {"bytes": data, "height": PIXELS, "width": PIXELS}

    @staticmethod
    def _pixels():
        """The photograph as bytes, (H, W, 3)."""
        image = photograph(crop=(20, 20, 384, 384), shrink=6, colour=True)
        return (image * 255).round().astype(np.uint8).transpose(1, 2, 0)

    @traitlets.validate("layers")
    def _check_layers(self, proposal):
        for place, layer in enumerate(proposal.value):
            kind = layer.get("kind") if isinstance(layer, dict) else None
            if kind not in NUMBERS:
                raise traitlets.TraitError(
                    f"layers[{place}] must be a dict whose kind is one of {', '.join(NUMBERS)}, "
                    f"got {layer!r}"
                )
            for name, (least, most) in NUMBERS[kind].items():
                value = layer.get(name)
                if not isinstance(value, int) or not least <= value <= most:
                    raise traitlets.TraitError(
                        f"layers[{place}] must have an integer {name} from {least} to {most}, "
                        f"got {value!r}"
                    )
        return proposal.value

    @traitlets.validate("unit")
    def _check_unit(self, proposal):
        if len(proposal.value) != 2 or not all(
            isinstance(i, int) and i >= 0 for i in proposal.value
        ):
            raise traitlets.TraitError(
                f"unit must be a row and a column of at least 0, got {proposal.value!r}"
            )
        return proposal.value

    @property
    def sizes(self):
        """One LayerSize for each layer, as `course_lib.track` gives them.

        Raises:
            ValueError: a layer does not fit what comes before it.
        """
        sizes, shape = [], (3, self.size, self.size)
        for layer in self.layers:
            step = _layers(layer, shape)
            sizes.append(track(shape, step)[-1])
            shape = sizes[-1].shape
        return sizes

    def seen(self, layer, place):
        """Return the rows of the picture that row `place` of a layer's map sees (columns alike)."""
        shapes = [(3, self.size, self.size), *(size.shape for size in self.sizes)]
        rows = {place}
        for number in range(layer, 0, -1):
            before = shapes[number - 1][1] if len(shapes[number - 1]) == 3 else 1
            k, s, p, d = _window(self.layers[number - 1], before)
            rows = {i * s - p + d * u for i in rows for u in range(k)}
            rows = {row for row in rows if 0 <= row < before}
        return sorted(rows)

    def _means(self, layer):
        """The map of a layer, each unit the mean of what it sees: (3, HO, WO) in [0, 1]."""
        pick = ((np.arange(self.size) + 0.5) * PIXELS / self.size).astype(int)
        image = self._pixels()[pick][:, pick].transpose(2, 0, 1) / 255
        shape = (3, self.size, self.size) if layer == 0 else self.sizes[layer - 1].shape
        if len(shape) == 1:
            return None
        rows = np.zeros((shape[1], self.size))
        for place in range(shape[1]):
            seen = self.seen(layer, place)
            rows[place, seen] = 1 / max(1, len(seen))
        return np.einsum("ir,crs,js->cij", rows, image, rows)

    def _fitting(self):
        """Return the same figure with the layers up to the first that does not fit."""
        for count in range(len(self.layers), -1, -1):
            kept = LayerChain(size=self.size, layers=self.layers[:count])
            try:
                kept.sizes  # noqa: B018
            except ValueError:
                continue
            kept.layer, kept.unit = min(self.layer, count), self.unit
            return kept

    def static_html(self):
        """Return the chain to scale, as far as the layers fit, and what the unit sees."""
        fitting = self._fitting()
        names = [_name(layer) for layer in fitting.layers]
        images = [fitting._means(layer) for layer in range(len(names) + 1)]
        shape, scale = (3, self.size, self.size), 60 / self.size
        drawn = plots.network(shape, fitting.sizes, images=images, names=names, scale=scale)
        return drawn.html + fitting._sight()

    def _sight(self):
        """Return the photograph, with all but what the unit sees in the shade."""
        shape = (3, self.size, self.size) if self.layer == 0 else self.sizes[self.layer - 1].shape
        last = shape[1] - 1 if len(shape) == 3 else 0
        i, j = (min(place, last) for place in self.unit)
        rows, columns = self.seen(self.layer, i), self.seen(self.layer, j)
        image = self._means(0)
        lit = np.zeros((self.size, self.size), dtype=bool)
        lit[np.ix_(rows, columns)] = True
        seen = len(rows) * len(columns)
        words = (
            f"The unit at row {i}, column {j} of layer {self.layer} sees {seen} of the "
            f"{self.size**2} pixels of the photograph."
        )
        return plots.image(np.where(lit, image, 0.38 * image), words, caption=words, width=220).html


def _layers(layer, shape):
    """Return one layer of the figure in the words of `course_lib.track`."""
    kind = layer["kind"]
    if kind == "conv":
        options = {"stride": layer["s"], "padding": layer["p"], "dilation": layer["d"]}
        return [Conv(layer["filters"], layer["k"], **options)]
    if kind == "pool":
        return [Pool(layer["k"], layer["s"], layer["p"])]
    if kind == "average":
        return [GlobalAveragePool()]
    if prod(shape) != layer["inputs"]:
        raise ValueError(f"dense takes {layer['inputs']} inputs, got {prod(shape)}")
    return [*([Flatten()] if len(shape) == 3 else []), Dense(layer["units"])]


def _window(layer, n):
    """Return (k, s, p, d) of a layer on n rows; what takes all rows is one window of n."""
    if layer["kind"] in ("conv", "pool"):
        return layer["k"], layer["s"], layer["p"], layer.get("d", 1)
    return n, 1, 0, 1


def _name(layer):
    if layer["kind"] == "conv":
        return f"conv {layer['k']}x{layer['k']}"
    return f"pool {layer['k']}x{layer['k']}" if layer["kind"] == "pool" else layer["kind"]
