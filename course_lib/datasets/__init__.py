"""Data for every chapter, without a download: real and bundled, or made with a planted truth.

Arrays are NumPy, float64, channels first; what is random takes an `rng`.
"""

from course_lib.datasets.documents import worked
from course_lib.datasets.images import (
    LabelledImages,
    PlantedPatches,
    digits,
    mri_slice,
    photograph,
    planted_patches,
)
from course_lib.datasets.maps import FourMaps, four_maps
from course_lib.datasets.reviews import (
    EXAMPLE_REVIEW,
    NEIGHBOURS,
    Reviews,
    closed_boxes,
    deciding_words,
    restaurant_reviews,
    sentiment,
)
from course_lib.datasets.sequences import (
    DNA,
    PlantedMotif,
    character_text,
    decode,
    one_hot,
    planted_motif,
)
from course_lib.datasets.structured import gene_expression, phantom, time_course

__all__ = [
    "DNA",
    "EXAMPLE_REVIEW",
    "FourMaps",
    "LabelledImages",
    "NEIGHBOURS",
    "PlantedMotif",
    "PlantedPatches",
    "Reviews",
    "character_text",
    "closed_boxes",
    "deciding_words",
    "decode",
    "digits",
    "four_maps",
    "gene_expression",
    "mri_slice",
    "one_hot",
    "phantom",
    "photograph",
    "planted_motif",
    "planted_patches",
    "restaurant_reviews",
    "sentiment",
    "time_course",
    "worked",
]
