"""How far a convolution is from commuting with a shift."""

import numpy as np
from scipy import ndimage


def equivariance_error(x, w, shift, *, stride=1, mode="wrap"):
    """The largest |w ⋆ (g x) - g (w ⋆ x)|, where g moves an image down; x is (H, W), w is (K, K).

    On the input g moves `shift` rows, on the output `shift // stride` rows. In mode "wrap" what
    leaves below comes in above; in mode "constant" zeros come in.
    """

    def layer(image):
        return ndimage.correlate(image, w, mode=mode)[::stride, ::stride]

    def move(image, rows):
        moved = np.roll(image, rows, axis=0)
        if mode == "constant":
            moved[:rows] = 0
        return moved

    difference = layer(move(x, shift)) - move(layer(x), shift // stride)
    return float(np.max(np.abs(difference)))
