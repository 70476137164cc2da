"""Tasks of the exercise `bptt`, in its order."""

from course_lib.checks.task import tasks

TASKS = tasks(
    __name__,
    "run_machine rnn_forward output_gradients rnn_backward weight_gradient jacobian_norms "
    "clip_by_norm",
    answer="course_lib.reference.bptt",
)
