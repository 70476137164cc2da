"""The operations of the course: reference implementations, fast backends, and what checks them.

Importing this package imports neither torch nor triton.

`course_lib.dense` is the function, and so is m after `import course_lib.dense as m`. From its
module import the names: `from course_lib.dense import DenseGradients`.
"""

from course_lib.average_pooling import (
    avg_pool2d,
    avg_pool2d_backward,
    avg_pool_matrix,
    global_avg_pool2d,
)
from course_lib.convolution import (
    conv1d,
    conv1d_backward,
    conv2d,
    conv2d_backward,
    conv_matrix,
)
from course_lib.dense import dense, dense_backward, relu, relu_backward, softmax_cross_entropy
from course_lib.dimensions import output_size, track
from course_lib.fractional_pooling import fractional_max_pool2d
from course_lib.kernels import KERNELS
from course_lib.lstm import lstm_backward, lstm_forward, lstm_jacobian
from course_lib.padding import pad2d
from course_lib.pooling import max_pool2d, max_pool2d_backward, max_unpool2d
from course_lib.rnn import rnn_backward, rnn_forward

__all__ = [
    "KERNELS",
    "avg_pool2d",
    "avg_pool2d_backward",
    "avg_pool_matrix",
    "conv1d",
    "conv1d_backward",
    "conv2d",
    "conv2d_backward",
    "conv_matrix",
    "dense",
    "dense_backward",
    "fractional_max_pool2d",
    "global_avg_pool2d",
    "lstm_backward",
    "lstm_forward",
    "lstm_jacobian",
    "max_pool2d",
    "max_pool2d_backward",
    "max_unpool2d",
    "output_size",
    "pad2d",
    "relu",
    "relu_backward",
    "rnn_backward",
    "rnn_forward",
    "softmax_cross_entropy",
    "track",
]
