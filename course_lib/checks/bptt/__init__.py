"""The tasks of the exercise `bptt`."""

from course_lib.checks.bptt.clip_by_norm import task as clip_by_norm
from course_lib.checks.bptt.jacobian_norms import task as jacobian_norms
from course_lib.checks.bptt.output_gradients import task as output_gradients
from course_lib.checks.bptt.rnn_backward import task as rnn_backward
from course_lib.checks.bptt.rnn_forward import task as rnn_forward
from course_lib.checks.bptt.run_machine import task as run_machine
from course_lib.checks.bptt.weight_gradient import task as weight_gradient

TASKS = (
    run_machine,
    rnn_forward,
    output_gradients,
    rnn_backward,
    weight_gradient,
    jacobian_norms,
    clip_by_norm,
)
