"""One kernel over a photograph: drag the edge between what is there and what the kernel sees."""

import base64

import numpy as np
import traitlets

from course_lib.convolution import conv2d
from course_lib.datasets.images import photograph
from course_lib.figures.figure import Figure
from course_lib.figures.static import cell, number, picture, signed
from course_lib.kernels import KERNELS

_LABELS = {
    "sobel_x": "edges from left to right",
    "laplacian8": "thin lines",
    "gaussian_blur": "a blur",
    "sharpen": "sharper",
}
_SOBEL = np.outer([1, 2, 1], [-1.0, 0.0, 1.0])


def _whole(kernel):
    return [[int(v) if v == int(v) else float(v) for v in row] for row in kernel]


class KernelLens(Figure):
    """Choose a kernel, and drag the edge between a photograph and its map.

    >>> figure = KernelLens(preset="sharpen")
    >>> figure.kernel[1]
    [-1, 5, -1]
    """

    title = traitlets.Unicode("What a kernel sees in a photograph").tag(sync=True)
    caption = traitlets.Unicode(
        "Nine numbers, laid on every place of a photograph: multiply, add up, write the sum. "
        "Drag the edge; choose other numbers."
    ).tag(sync=True)
    presets = traitlets.Dict(
        {
            name: {
                "label": label,
                "state": {"kernel": _whole(_SOBEL if name == "sobel_x" else KERNELS[name])},
            }
            for name, label in _LABELS.items()
        },
        read_only=True,
    ).tag(sync=True)
    preset = traitlets.Unicode("sobel_x").tag(sync=True)
    kernel = traitlets.List(_whole(_SOBEL)).tag(sync=True)
    #: the column of the photograph where the map begins
    edge = traitlets.Int(104).tag(sync=True)
    photo = traitlets.Dict(read_only=True).tag(sync=True)

    @traitlets.default("photo")
    def _photo(self):
        pixels = (self._pixels() * 255).round().astype(np.uint8)
        height, width = pixels.shape
        data = base64.b64encode(pixels.tobytes()).decode()
        return {"bytes": data, "height": height, "width": width}

    @staticmethod
    def _pixels():
        return photograph(shrink=2, crop=(30, 0, 240, 640))

    @property
    def map(self):
        """The whole map, (HO, WO), as `course_lib.conv2d` computes it from the photograph."""
        weights = np.array(self.kernel, dtype=float)
        return conv2d(self._pixels()[None, None], weights[None, None])[0, 0]

    def static_html(self):
        """Return the kernel, drawn; the photograph needs JavaScript here."""
        weights = np.array(self.kernel, dtype=float)
        most = np.abs(weights).max()
        parts = [
            cell(50 * j, 50 * i, 50, 50, number(value, 2), fill=signed(value, most))
            for (i, j), value in np.ndenumerate(weights)
        ]
        rows = "; ".join(" ".join(number(v, 2) for v in row) for row in weights)
        return picture(150, 150, parts, f"The kernel for {_LABELS[self.preset]}: {rows}")
