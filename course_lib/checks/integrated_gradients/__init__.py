"""The tasks of the exercise `integrated_gradients`."""

from course_lib.checks.integrated_gradients.choose_baseline import task as choose_baseline
from course_lib.checks.integrated_gradients.completeness_gap import task as completeness_gap
from course_lib.checks.integrated_gradients.deeplift_rescale import task as deeplift_rescale
from course_lib.checks.integrated_gradients.exact_on_pieces import task as exact_on_pieces
from course_lib.checks.integrated_gradients.integrated_gradients import (
    task as integrated_gradients,
)
from course_lib.checks.integrated_gradients.linear_attribution import task as linear_attribution

TASKS = (
    completeness_gap,
    linear_attribution,
    integrated_gradients,
    exact_on_pieces,
    deeplift_rescale,
    choose_baseline,
)
