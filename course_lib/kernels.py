"""The kernel zoo: small filters that blur, sharpen or find edges."""

import numpy as np
from numpy.typing import NDArray


def _kernel(rows: list[list[int]], divisor: int = 1) -> NDArray[np.float64]:
    kernel = np.array(rows, dtype=np.float64) / divisor
    kernel.flags.writeable = False  # shared by everyone who imports it
    return kernel


#: The kernel zoo: filters by name, each of shape (KH, KW) = (3, 3).
KERNELS = {
    "identity": _kernel([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
    "mixed_derivative": _kernel([[1, 0, -1], [0, 0, 0], [-1, 0, 1]]),
    "laplacian4": _kernel([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "laplacian8": _kernel([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    "sharpen": _kernel([[0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
    "box_blur": _kernel([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9),
    "gaussian_blur": _kernel([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16),
}
