"""The operations of the course: reference implementations, fast backends, and what checks them.

Importing this package imports neither torch nor triton.
"""

from course_lib.convolution import (
    KERNELS,
    conv1d,
    conv1d_backward,
    conv2d,
    conv2d_backward,
    conv_matrix,
    pad2d,
)
from course_lib.dimensions import output_size, track

__all__ = [
    "KERNELS",
    "conv1d",
    "conv1d_backward",
    "conv2d",
    "conv2d_backward",
    "conv_matrix",
    "output_size",
    "pad2d",
    "track",
]
