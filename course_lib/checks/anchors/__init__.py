"""Tasks of the exercise `anchors`, in its order."""

from course_lib.checks.task import tasks

TASKS = tasks(
    __name__,
    "coverage exact_precision pass_rate kl_upper select_anchors beam_search",
    answer="course_lib.reference.anchors",
)
