"""Tasks of the exercise `dimensions`, in its order."""

from course_lib.checks.task import tasks

TASKS = tasks(
    __name__,
    "output_size track repair receptive_field design max_pool2d fractional_increments dilate "
    "grouped_conv2d",
    answer="course_lib.reference.dimensions",
)
