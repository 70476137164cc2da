"""Tasks of the exercise `backprop`, in its order."""

from course_lib.checks.backprop.backward1d import task as backward1d
from course_lib.checks.backprop.conv2d_backward import task as conv2d_backward
from course_lib.checks.backprop.conv_matrix import task as conv_matrix
from course_lib.checks.backprop.gradient_check import task as gradient_check
from course_lib.checks.backprop.max_pool2d_backward import task as max_pool2d_backward
from course_lib.checks.backprop.mlp_gradients import task as mlp_gradients
from course_lib.checks.backprop.relu_backward import task as relu_backward

TASKS = (
    gradient_check,
    relu_backward,
    conv_matrix,
    conv2d_backward,
    max_pool2d_backward,
    backward1d,
    mlp_gradients,
)
