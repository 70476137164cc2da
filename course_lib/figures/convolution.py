"""The sliding window over an RGB image, with a kernel to edit and a switch that flips it."""

from pathlib import Path

import numpy as np
import traitlets

from course_lib.convolution import conv2d
from course_lib.datasets.documents import RGB, RGB_BIAS, RGB_KERNELS
from course_lib.figures import Figure

CHANNELS = ("red", "green", "blue")

#: The worked example of document 000: (C, H, W) with its border of zeros, (C, KH, KW), a number.
IMAGE, KERNEL, BIAS = RGB.astype(int).tolist(), RGB_KERNELS.astype(int).tolist(), int(RGB_BIAS)


class SlidingWindow(Figure):
    """Step a 3x3 window over three channels, and see every product and sum.

    In a live notebook `kernel`, `flip` and `position` follow the reader, and can be set.

    >>> figure = SlidingWindow()
    >>> figure.output[0, 1]
    np.float64(466.0)
    >>> figure.flip = True
    >>> figure.output[0, 1]
    np.float64(327.0)
    """

    _esm = Path(__file__).with_suffix(".js")
    name = "figure-convolution"
    state = ("image", "kernel", "bias", "flip", "position")

    image = traitlets.List(IMAGE, read_only=True).tag(sync=True)
    kernel = traitlets.List(KERNEL).tag(sync=True)
    bias = traitlets.Float(BIAS).tag(sync=True)
    flip = traitlets.Bool(False).tag(sync=True)
    position = traitlets.List([0, 1]).tag(sync=True)

    @traitlets.validate("kernel")
    def _check_kernel(self, proposal):
        try:
            kernel = np.array(proposal.value, dtype=np.float64)
        except (TypeError, ValueError):
            kernel = np.empty(0)
        if kernel.shape != (3, 3, 3) or not np.isfinite(kernel).all():
            raise traitlets.TraitError(
                f"kernel must hold 3 channels of 3x3 finite numbers, got {proposal.value!r}"
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
        """The output of the whole image, (HO, WO), as `course_lib.conv2d` computes it."""
        return self._output(self.flip)

    def _output(self, flip):
        x = np.array([self.image], dtype=np.float64)
        w = np.array([self.kernel], dtype=np.float64)
        if flip:
            w = w[:, :, ::-1, ::-1]
        return conv2d(x, w, np.array([self.bias]))[0, 0]

    def static_html(self):
        """Return the three sums of the current window, and the output of both operations."""
        i, j = self.position
        windows = np.array(self.image)[:, i : i + 3, j : j + 3]
        weights = np.array(self.kernel)
        if self.flip:
            weights = weights[:, ::-1, ::-1]
        rows = "".join(
            f"<tr><th scope='row'>{channel}</th><td>{_lines(window)}</td><td>{_lines(kernel)}</td>"
            f"<td>{_number((window * kernel).sum())}</td></tr>"
            for channel, window, kernel in zip(CHANNELS, windows, weights, strict=True)
        )
        return (
            f"<table><caption>The window at row {i}, column {j}</caption><thead><tr>"
            "<th scope='col'>channel</th><th scope='col'>window</th><th scope='col'>kernel</th>"
            f"<th scope='col'>sum of products</th></tr></thead><tbody>{rows}"
            f"<tr><th scope='row' colspan='3'>bias</th><td>{_number(self.bias)}</td></tr>"
            "<tr><th scope='row' colspan='3'>total</th>"
            f"<td>{_number(self.output[i, j])}</td></tr></tbody></table>"
            + _table("Output of the cross-correlation", self._output(False))
            + _table("Output of the true convolution (kernel flipped)", self._output(True))
        )


def _table(caption, grid):
    rows = "".join(
        "<tr>" + "".join(f"<td>{_number(value)}</td>" for value in row) + "</tr>" for row in grid
    )
    return f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table>"


def _number(value):
    """Return a number as text, as the JavaScript writes it."""
    text = f"{round(float(value), 6) + 0.0:.6f}".rstrip("0").rstrip(".")
    return text.replace("-", "\N{MINUS SIGN}")


def _lines(grid):
    return "<br>".join(" ".join(_number(value) for value in row) for row in grid)
