"""Tasks of the exercise `integrated_gradients`, in its order."""

from course_lib.checks.task import tasks

TASKS = tasks(
    __name__,
    "completeness_gap linear_attribution integrated_gradients exact_on_pieces "
    "deeplift_rescale choose_baseline",
    answer="course_lib.reference.integrated_gradients",
)
