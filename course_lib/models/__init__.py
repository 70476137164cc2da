"""Small torch models for the chapters on interpretability, and what trains them."""

from course_lib.models.chapters import (
    Trained,
    train_character_lstm,
    train_digits_cnn,
    train_motif_cnn,
    train_motif_lstm,
    train_patch_cnn,
    train_review_cnn,
)
from course_lib.models.copies import trained
from course_lib.models.networks import (
    CharacterLSTM,
    GapCNN,
    MotifCNN,
    MotifLSTM,
    ReviewCNN,
    States,
)
from course_lib.models.training import accuracy, train

__all__ = [
    "CharacterLSTM",
    "GapCNN",
    "MotifCNN",
    "MotifLSTM",
    "ReviewCNN",
    "States",
    "Trained",
    "accuracy",
    "train",
    "train_character_lstm",
    "train_digits_cnn",
    "train_motif_cnn",
    "train_motif_lstm",
    "train_patch_cnn",
    "train_review_cnn",
    "trained",
]
