"""Tasks of the exercise `backprop`, in its order."""

from course_lib.checks.task import tasks

TASKS = tasks(
    __name__,
    "gradient_check relu_backward conv_matrix conv2d_backward max_pool2d_backward backward1d "
    "mlp_gradients",
    answer="course_lib.reference.backprop",
)
