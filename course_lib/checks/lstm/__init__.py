"""Tasks of the exercise `lstm`, in its order."""

from course_lib.checks.task import tasks

TASKS = tasks(
    __name__,
    "lstm_step gate_product memory_bias lstm_jacobian lstm_backward",
    answer="course_lib.reference.lstm_tasks",
)
