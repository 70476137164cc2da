"""The tasks of the exercise `anchors`."""

from course_lib.checks.anchors.beam_search import task as beam_search
from course_lib.checks.anchors.coverage import task as coverage
from course_lib.checks.anchors.exact_precision import task as exact_precision
from course_lib.checks.anchors.kl_upper import task as kl_upper
from course_lib.checks.anchors.pass_rate import task as pass_rate
from course_lib.checks.anchors.select_anchors import task as select_anchors

TASKS = (coverage, exact_precision, pass_rate, kl_upper, select_anchors, beam_search)
