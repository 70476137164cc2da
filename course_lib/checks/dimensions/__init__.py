"""Tasks of the exercise `dimensions`, in its order."""

from course_lib.checks.dimensions.design import task as design
from course_lib.checks.dimensions.dilate import task as dilate
from course_lib.checks.dimensions.fractional_increments import task as fractional_increments
from course_lib.checks.dimensions.grouped_conv2d import task as grouped_conv2d
from course_lib.checks.dimensions.max_pool2d import task as max_pool2d
from course_lib.checks.dimensions.output_size import task as output_size
from course_lib.checks.dimensions.receptive_field import task as receptive_field
from course_lib.checks.dimensions.repair import task as repair
from course_lib.checks.dimensions.track import task as track

TASKS = (
    output_size,
    track,
    repair,
    receptive_field,
    design,
    max_pool2d,
    fractional_increments,
    dilate,
    grouped_conv2d,
)
