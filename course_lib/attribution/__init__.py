"""Explanation methods: what in an input made the model say what it said.

Gradient methods take a torch `model`, `inputs` (N, ...) and a `target` class, and return a tensor
like `inputs`. Games and anchors are NumPy: they see the model as a function only.

Five functions have the name of their module: `course_lib.attribution.cam` is the function, and so
are `activations`, `deeplift`, `integrated_gradients` and `kernel_shap`. What else is in such a
module comes by `from course_lib.attribution.cam import VARIANTS`.
"""

from course_lib.attribution.activations import activations
from course_lib.attribution.anchor_precision import exact_precision, sampled_precision
from course_lib.attribution.anchor_selection import (
    all_anchors,
    all_precisions,
    corpus_coverage,
    select_anchors,
)
from course_lib.attribution.anchors import explain_anchor
from course_lib.attribution.cam import cam, gradcam
from course_lib.attribution.deeplift import deeplift, deepshap
from course_lib.attribution.games import mask_to_input, masked_game
from course_lib.attribution.gradients import (
    class_model,
    gradient_times_input,
    saliency,
    smoothgrad,
)
from course_lib.attribution.integrated_gradients import integrated_gradients
from course_lib.attribution.kernel_shap import kernel_shap, kernel_weights
from course_lib.attribution.kl_bounds import (
    anytime_threshold,
    bernoulli_kl,
    kl_lower,
    kl_lucb,
    kl_upper,
)
from course_lib.attribution.localisation import localisation_score
from course_lib.attribution.masked_documents import sample_unk, with_unk
from course_lib.attribution.neighbours import sample_neighbours
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
from course_lib.attribution.shapley import shapley_exact, shapley_regression, shapley_sampling
from course_lib.attribution.surrogate import lime_kernel, lime_like, tree_game
from course_lib.attribution.upscaling import bilinear, upscale

__all__ = [
    "activations",
    "all_anchors",
    "all_precisions",
    "anytime_threshold",
    "bernoulli_kl",
    "bilinear",
    "cam",
    "cell_trace",
    "class_model",
    "corpus_coverage",
    "deconvnet",
    "deeplift",
    "deepshap",
    "exact_precision",
    "explain_anchor",
    "gradcam",
    "gradient_times_input",
    "guided_backprop",
    "in_silico_mutagenesis",
    "integrated_gradients",
    "kernel_shap",
    "kernel_weights",
    "kl_lower",
    "kl_lucb",
    "kl_upper",
    "lime_kernel",
    "lime_like",
    "localisation_score",
    "mask_to_input",
    "masked_game",
    "occlusion",
    "probe_position",
    "probe_quotes",
    "randomise",
    "rank_correlation",
    "saliency",
    "sample_neighbours",
    "sample_unk",
    "sampled_precision",
    "select_anchors",
    "shapley_exact",
    "shapley_regression",
    "shapley_sampling",
    "smoothgrad",
    "temporal_output",
    "token_saliency",
    "tree_game",
    "upscale",
    "with_unk",
]
