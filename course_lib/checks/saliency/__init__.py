"""The tasks of the exercise `saliency`."""

from course_lib.checks.saliency.class_model import task as class_model
from course_lib.checks.saliency.mutagenesis import task as mutagenesis
from course_lib.checks.saliency.occlusion import task as occlusion
from course_lib.checks.saliency.saliency import task as saliency
from course_lib.checks.saliency.smoothgrad import task as smoothgrad
from course_lib.checks.saliency.smoothgrad_bias import task as smoothgrad_bias
from course_lib.checks.saliency.untrained import task as untrained

TASKS = (occlusion, mutagenesis, saliency, class_model, smoothgrad, smoothgrad_bias, untrained)
