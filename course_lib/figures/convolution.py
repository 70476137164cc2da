"""The sliding window over an RGB image: numbers, a kernel that turns, and a photograph."""

import base64

import numpy as np
import traitlets

from course_lib.convolution import conv2d
from course_lib.datasets import worked
from course_lib.datasets.images import photograph
from course_lib.figures.figure import Figure
from course_lib.figures.static import (
    cell,
    equation,
    frame,
    number,
    picture,
    screen,
    signed,
    term,
    text,
)
from course_lib.kernels import KERNELS

CHANNELS = ("red", "green", "blue")
_EXAMPLE = worked("conv2d_rgb")["inputs"]
#: The worked example: (C, H, W) with its border of zeros, (C, KH, KW), a number.
IMAGE = np.array(_EXAMPLE["image"]).astype(int).tolist()
KERNEL = np.array(_EXAMPLE["kernels"]).astype(int).tolist()
BIAS = float(_EXAMPLE["bias"])

_DIFFERENCE = np.array([-1.0, 0.0, 1.0])
_ORIENTED = {
    "sobel_x": np.outer([1, 2, 1], _DIFFERENCE),
    "sobel_y": np.outer(_DIFFERENCE, [1, 2, 1]),
    "prewitt_x": np.outer([1, 1, 1], _DIFFERENCE),
    "prewitt_y": np.outer(_DIFFERENCE, [1, 1, 1]),
}
_LABELS = {
    "identity": "identity",
    "mixed_derivative": "mixed derivative",
    "laplacian4": "Laplacian, 4 neighbours",
    "laplacian8": "Laplacian, 8 neighbours",
    "sharpen": "sharpen",
    "box_blur": "box blur",
    "gaussian_blur": "Gaussian blur",
    "sobel_x": "Sobel, left to right",
    "sobel_y": "Sobel, top to bottom",
    "prewitt_x": "Prewitt, left to right",
    "prewitt_y": "Prewitt, top to bottom",
}


def _integers(array):
    """Return nested lists, with whole numbers as integers."""
    return [[int(v) if v == int(v) else float(v) for v in row] for row in np.asarray(array)]


def _presets():
    presets = {
        "worked": (
            "the worked example",
            {"image": IMAGE, "patch": [], "kernel": KERNEL, "bias": BIAS},
        )
    }
    for name, label in _LABELS.items():
        kernel = _integers(_ORIENTED.get(name, KERNELS.get(name)))
        presets[name] = label, {"kernel": [kernel] * 3, "bias": 0.0}
    nothing = [[0, 0, 0]] * 3
    one = [[0, 0, 0], [0, 1, 0], [0, 0, 0]]
    presets["zeros"] = "all zero", {"kernel": [nothing] * 3, "bias": BIAS}
    presets["red_only"] = "a single red 1", {"kernel": [one, nothing, nothing], "bias": BIAS}
    presets["symmetric"] = (
        "the same after half a turn",
        {"kernel": [[[1, 2, 0], [-1, 3, -1], [0, 2, 1]]] * 3, "bias": BIAS},
    )
    presets["sum_zero"] = (
        "blind to one colour",
        {"kernel": [[[1, 0, -1], [0, 0, 0], [0, 0, 0]], [[0, 2, 0], [0, -2, 0], [0, 0, 0]],
                    [[0, 0, 0], [-1, 4, -1], [-1, -1, 0]]], "bias": BIAS},
    )  # fmt: skip
    return {
        name: {"label": label, "state": state, "view": {"flip": False}}
        for name, (label, state) in presets.items()
    }


class SlidingWindow(Figure):
    """Drag a 3x3 window over three channels; the output fills, and the kernel can turn.

    In a live notebook `image`, `kernel`, `bias`, `flip`, `position` and `preset` follow the reader,
    and can be set.

    >>> figure = SlidingWindow()
    >>> figure.output[0, 1]
    np.float64(466.0)
    >>> figure.flip = True
    >>> figure.output[0, 1]
    np.float64(327.0)
    """

    title = traitlets.Unicode("A window slides over an image").tag(sync=True)
    caption = traitlets.Unicode(
        "Every pixel is three numbers, so the kernel has three slices. The window multiplies, adds "
        "up, and writes one number. Guess it before you move there."
    ).tag(sync=True)
    presets = traitlets.Dict(_presets(), read_only=True).tag(sync=True)
    preset = traitlets.Unicode("worked").tag(sync=True)

    image = traitlets.List(IMAGE).tag(sync=True)
    kernel = traitlets.List(KERNEL).tag(sync=True)
    bias = traitlets.Float(BIAS).tag(sync=True)
    flip = traitlets.Bool(False).tag(sync=True)
    position = traitlets.List([0, 1]).tag(sync=True)
    #: the top left pixel of the image in the photograph, or [] for the worked example
    patch = traitlets.List([]).tag(sync=True)
    photo = traitlets.Dict(read_only=True).tag(sync=True)

    @traitlets.default("photo")
    def _photo(self):
        pixels = (photograph(shrink=4, colour=True) * 255).round().astype(np.uint8)
        _, height, width = pixels.shape
        data = base64.b64encode(pixels.transpose(1, 2, 0).tobytes()).decode()
        return {"bytes": data, "height": height, "width": width}

    @traitlets.validate("image", "kernel")
    def _check_numbers(self, proposal):
        name, size = proposal.trait.name, {"image": 6, "kernel": 3}[proposal.trait.name]
        try:
            numbers = np.array(proposal.value, dtype=np.float64)
        except (TypeError, ValueError):
            numbers = np.empty(0)
        if numbers.shape != (3, size, size) or not np.isfinite(numbers).all():
            raise traitlets.TraitError(
                f"{name} must hold 3 channels of {size}x{size} finite numbers, "
                f"got {proposal.value!r}"
            )
        return proposal.value

    @traitlets.validate("position")
    def _check_position(self, proposal):
        if len(proposal.value) != 2 or not all(i in range(4) for i in proposal.value):
            raise traitlets.TraitError(
                f"position must be a row and a column from 0 to 3, got {proposal.value!r}"
            )
        return proposal.value

    @property
    def output(self):
        """The output of the image, (HO, WO), as `course_lib.conv2d` computes it."""
        return self._output(self.flip)

    def _weights(self, flip):
        weights = np.array(self.kernel, dtype=np.float64)
        return weights[:, ::-1, ::-1] if flip else weights

    def _output(self, flip):
        x = np.array([self.image], dtype=np.float64)
        return conv2d(x, self._weights(flip)[None], np.array([self.bias]))[0, 0]

    def static_html(self):
        """Return the image with its window, the kernel, the sum, and both outputs, drawn."""
        i, j = self.position
        weights, image = self._weights(self.flip), np.array(self.image, dtype=np.float64)
        sums = (image[:, i : i + 3, j : j + 3] * weights).sum(axis=(1, 2))
        total = number(self.output[i, j])
        terms = [f"{CHANNELS[c]} {number(sums[c])}" for c in range(3)]
        label = (
            f"The window at row {i}, column {j}: {', '.join(terms)}, bias {number(self.bias)}, "
            f"together {total}"
        )
        parts = _pixels(image) + [frame(54 * j, 54 * i, 162, 162)]
        most = np.abs(weights).max()
        for c, plane in enumerate(weights):
            parts += _grid(plane, 350 + 120 * c, 0, 34, most)
            parts.append(frame(350 + 120 * c, 0, 102, 102, f"slice {CHANNELS[c]}"))
        written = [(term(v, c == 0) + " ", f"var(--{CHANNELS[c]})") for c, v in enumerate(sums)]
        written.append((f"{term(self.bias)} = {total}", "var(--ink)"))
        parts.append(equation(350, 128, written))
        for n, name in enumerate(("cross-correlation", "true convolution")):
            output, left = self._output(bool(n)), 350 + 180 * n
            parts.append(text(left, 166, name, anchor="start"))
            parts += _grid(output, left, 178, 36, 1.4 * np.abs(output).max())
        parts.append(frame(350 + 180 * self.flip + 36 * j, 178 + 36 * i, 36, 36))
        return picture(692, 324, parts, label)


def _grid(values, left, top, side, most):
    return [
        cell(
            left + side * v, top + side * u, side, side, number(value, 1), fill=signed(value, most)
        )
        for (u, v), value in np.ndenumerate(values)
    ]


def _pixels(image):
    """Draw every pixel as three strips, as on a screen."""
    parts = []
    for u, v in np.ndindex(6, 6):
        colour = image[:, u, v]
        parts.append(cell(54 * v, 54 * u, 54, 54, fill=screen(*colour)[0]))
        for c, value in enumerate(colour):
            fill, ink = screen(*np.where(np.arange(3) == c, value, 0))
            corner = 54 * v + 3, 54 * u + 3 + 16 * c
            words = number(value, 0)
            parts.append(cell(*corner, 48, 16, words, fill=fill, ink=ink, size=13))
    return parts
