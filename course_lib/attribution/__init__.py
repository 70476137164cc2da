"""Explanation methods: what in an input made the model say what it said.

Gradient methods take a torch `model`, `inputs` (N, ...) and a `target` class, and return a tensor
like `inputs`. Games and anchors are NumPy: they see the model as a function only.
"""

from course_lib.attribution.activations import activations
from course_lib.attribution.cam import cam, gradcam
from course_lib.attribution.deeplift import deeplift, deepshap
from course_lib.attribution.gradients import (
    class_model,
    gradient_times_input,
    saliency,
    smoothgrad,
)
from course_lib.attribution.integrated_gradients import integrated_gradients
from course_lib.attribution.localisation import localisation_score
from course_lib.attribution.perturbation import in_silico_mutagenesis, occlusion
from course_lib.attribution.relu_rules import deconvnet, guided_backprop
from course_lib.attribution.rnn_cells import (
    cell_trace,
    probe_position,
    probe_quotes,
    temporal_output,
    token_saliency,
)
from course_lib.attribution.sanity import randomise, rank_correlation
from course_lib.attribution.upscaling import bilinear, upscale

__all__ = [
    "activations",
    "bilinear",
    "cam",
    "cell_trace",
    "class_model",
    "deconvnet",
    "deeplift",
    "deepshap",
    "gradcam",
    "gradient_times_input",
    "guided_backprop",
    "in_silico_mutagenesis",
    "integrated_gradients",
    "localisation_score",
    "occlusion",
    "probe_position",
    "probe_quotes",
    "randomise",
    "rank_correlation",
    "saliency",
    "smoothgrad",
    "temporal_output",
    "token_saliency",
    "upscale",
]
