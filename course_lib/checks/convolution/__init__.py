"""Tasks of the exercise `convolution`, in its order."""

from course_lib.checks.task import tasks

TASKS = tasks(
    __name__,
    "conv1d conv2d true_convolution2d move equivariance_error diagonal_kernel",
    answer="course_lib.reference.convolution_tasks",
)
