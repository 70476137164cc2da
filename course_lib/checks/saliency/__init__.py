"""Tasks of the exercise `saliency`, in its order."""

from course_lib.checks.task import tasks

TASKS = tasks(
    __name__,
    "occlusion mutagenesis saliency class_model smoothgrad smoothgrad_bias untrained",
    answer="course_lib.reference.saliency",
)
