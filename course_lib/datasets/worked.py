"""The worked numbers of the source documents on convolution."""

import numpy as np


def _fixed(values):
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False  # shared by the book, the figures and the checks
    return array


#: The 5x5 example of documents 000 and 001: image (H, W) = (5, 5), kernel (KH, KW) = (3, 3).
IMAGE = _fixed(
    [[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]]
)
KERNEL = _fixed([[1, 0, 1], [0, 1, 0], [1, 0, 1]])
#: The RGB example of document 000, its printed border of zeros included: (C, H, W) = (3, 6, 6).
RGB = _fixed(
    [
        [
            [0, 0, 0, 0, 0, 0],
            [0, 156, 155, 156, 158, 158],
            [0, 153, 154, 157, 159, 159],
            [0, 149, 151, 155, 158, 159],
            [0, 146, 146, 149, 153, 158],
            [0, 145, 143, 143, 148, 158],
        ],
        [
            [0, 0, 0, 0, 0, 0],
            [0, 167, 166, 167, 169, 169],
            [0, 164, 165, 168, 170, 170],
            [0, 160, 162, 166, 169, 170],
            [0, 156, 156, 159, 163, 168],
            [0, 155, 153, 153, 158, 168],
        ],
        [
            [0, 0, 0, 0, 0, 0],
            [0, 163, 162, 163, 165, 165],
            [0, 160, 161, 164, 166, 166],
            [0, 156, 158, 162, 165, 166],
            [0, 155, 155, 158, 162, 167],
            [0, 154, 152, 152, 157, 167],
        ],
    ]
)
#: One 3x3 kernel per channel: (C, KH, KW) = (3, 3, 3).
RGB_KERNELS = _fixed(
    [
        [[-1, -1, 1], [0, 1, -1], [0, 1, 1]],
        [[1, 0, 0], [1, -1, -1], [1, 0, -1]],
        [[0, 1, 1], [0, 1, 0], [1, -1, 1]],
    ]
)
#: The bias of the RGB example.
RGB_BIAS = 1.0
