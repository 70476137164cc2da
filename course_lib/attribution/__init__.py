"""Explanation methods: what in an input made the model say what it said.

Gradient methods take a torch `model`, `inputs` (N, ...) and a `target` class, and return a tensor
like `inputs`. Games and anchors are NumPy: they see the model as a function only.
"""

from course_lib.attribution.deeplift import deeplift, deepshap
from course_lib.attribution.gradients import (
    class_model,
    gradient_times_input,
    saliency,
    smoothgrad,
)
from course_lib.attribution.integrated_gradients import integrated_gradients
from course_lib.attribution.relu_rules import deconvnet, guided_backprop
from course_lib.attribution.sanity import randomise, rank_correlation

__all__ = [
    "class_model",
    "deconvnet",
    "deeplift",
    "deepshap",
    "gradient_times_input",
    "guided_backprop",
    "integrated_gradients",
    "randomise",
    "rank_correlation",
    "saliency",
    "smoothgrad",
]
