"""The trained models that the chapters explain: one call each, seconds on one CPU thread."""

from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from course_lib import datasets, validate
from course_lib.models.networks import CharacterLSTM, GapCNN, MotifCNN, MotifLSTM, ReviewCNN
from course_lib.models.training import accuracy, train


class Trained(NamedTuple):
    """A trained model, its accuracy on unseen data, and those data: inputs, labels and masks."""

    model: nn.Module
    accuracy: float
    inputs: object
    labels: torch.Tensor
    masks: object


def train_digits_cnn(*, rng=None, progress=False):
    """Train a GapCNN on handwritten digits.

    Args:
        rng: None draws anew in each call, a seed repeats itself, a Generator of NumPy or of torch
            goes on. It draws the data, the weights and the order of training.
        progress: show a bar.

    Returns:
        Trained(model, accuracy, inputs, labels, masks): inputs (449, 1, 8, 8), no masks.

    Source:
        Zhou et al., Learning deep features for discriminative localization (2016).
    """
    generator = validate.torch_generator(rng)
    data = datasets.digits(rng=_rng(generator))
    model = _build(generator, lambda: GapCNN(classes=10))
    train(model, *data[:2], epochs=30, learning_rate=0.004, rng=generator, progress=progress)
    return _trained(model, data.x_test, data.y_test)


def train_patch_cnn(*, rng=None, progress=False):
    """Train a GapCNN on images whose class is a planted patch.

    Args:
        rng: None draws anew in each call, a seed repeats itself, a Generator of NumPy or of torch
            goes on. It draws the data, the weights and the order of training.
        progress: show a bar.

    Returns:
        Trained(model, accuracy, inputs, labels, masks): inputs (200, 1, 16, 16), masks on the
        patch.

    Source:
        Zhou et al., Learning deep features for discriminative localization (2016).
    """
    generator = validate.torch_generator(rng)
    images, labels, masks = datasets.planted_patches(1400, rng=_rng(generator))
    model = _build(generator, lambda: GapCNN(classes=2))
    train(
        model,
        images[:1200],
        labels[:1200],
        epochs=8,
        learning_rate=0.004,
        rng=generator,
        progress=progress,
    )
    return _trained(model, images[1200:], labels[1200:], masks[1200:])


def train_motif_cnn(*, rng=None, progress=False):
    """Train a MotifCNN to tell DNA with a planted motif from DNA without.

    Args:
        rng: None draws anew in each call, a seed repeats itself, a Generator of NumPy or of torch
            goes on. It draws the data, the weights and the order of training.
        progress: show a bar.

    Returns:
        Trained(model, accuracy, inputs, labels, masks): inputs (300, 4, 40), masks on the motif.

    Source:
        Alipanahi et al., DeepBind (2015).
    """
    generator = validate.torch_generator(rng)
    x, labels, masks = datasets.planted_motif(1500, rng=_rng(generator))
    model = _build(generator, MotifCNN)
    train(model, x[:1200], labels[:1200], epochs=20, rng=generator, progress=progress)
    return _trained(model, x[1200:], labels[1200:], masks[1200:])


def train_motif_lstm(*, rng=None, progress=False):
    """Train a MotifLSTM to tell DNA with a planted motif from DNA without.

    Args:
        rng: None draws anew in each call, a seed repeats itself, a Generator of NumPy or of torch
            goes on. It draws the data, the weights and the order of training.
        progress: show a bar.

    Returns:
        Trained(model, accuracy, inputs, labels, masks): inputs (300, 4, 20), masks on the motif.

    Source:
        Lanchantin et al., Deep Motif Dashboard (2017).
    """
    generator = validate.torch_generator(rng)
    x, labels, masks = datasets.planted_motif(2500, rng=_rng(generator), length=20, motif="TATAA")
    model = _build(generator, MotifLSTM)
    train(model, x[:2200], labels[:2200], epochs=40, rng=generator, progress=progress)
    return _trained(model, x[2200:], labels[2200:], masks[2200:])


def train_character_lstm(*, rng=None, progress=False):
    """Train a CharacterLSTM on the first nine tenths of `datasets.character_text()`.

    Args:
        rng: None draws anew in each call, a seed repeats itself, a Generator of NumPy or of torch
            goes on. It draws the data, the weights and the order of training.
        progress: show a bar.

    Returns:
        Trained(model, accuracy, inputs, labels, masks): one row, the last tenth of the text,
        one-hot, and the character after each as its label; no masks.

    Source:
        Karpathy, Johnson and Fei-Fei, Visualizing and understanding recurrent networks (2016).
    """
    generator = validate.torch_generator(rng)
    text = datasets.character_text()
    cut = len(text) * 9 // 10
    model = _build(generator, lambda: CharacterLSTM("".join(sorted(set(text)))))
    windows = model.encode(text)[0].unfold(1, 101, 10).transpose(0, 1)  # (N, K, 101)
    seen = windows[: cut // 10 - 10]
    train(
        model,
        seen[:, :, :-1],
        seen.argmax(dim=1)[:, 1:],
        epochs=30,
        rng=generator,
        progress=progress,
    )
    unseen = model.encode(text[cut:])
    return _trained(model, unseen[:, :, :-1], unseen.argmax(dim=1)[:, 1:])


def train_review_cnn(*, rng=None, progress=False):
    """Train a ReviewCNN on restaurant reviews.

    Args:
        rng: None draws anew in each call, a seed repeats itself, a Generator of NumPy or of torch
            goes on. It draws the data, the weights and the order of training.
        progress: show a bar.

    Returns:
        Trained(model, accuracy, inputs, labels, masks): inputs (500, T) word numbers, masks on
        the words that decide, one for each review.

    Source:
        Kim, Convolutional neural networks for sentence classification (2014).
    """
    generator = validate.torch_generator(rng)
    tokens, labels, masks = datasets.restaurant_reviews(2500, rng=_rng(generator))
    vocabulary = sorted({word for review in tokens for word in review})
    model = _build(generator, lambda: ReviewCNN(vocabulary))
    ids = model.encode(tokens)
    train(model, ids[:2000], labels[:2000], epochs=10, rng=generator, progress=progress)
    return _trained(model, ids[2000:], labels[2000:], masks[2000:])


def _trained(model, inputs, labels, masks=None):
    inputs, labels = torch.as_tensor(inputs), torch.as_tensor(labels)
    if inputs.is_floating_point():
        inputs = inputs.to(next(model.parameters()))
    return Trained(model, accuracy(model, inputs, labels), inputs, labels, masks)


def _seed(generator):
    return int(torch.randint(2**62, (), generator=generator))


def _rng(generator):
    return np.random.default_rng(_seed(generator))


def _build(generator, make):
    """Make a model with weights drawn from `generator`; torch's own random state is kept."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_seed(generator))
        return make()
