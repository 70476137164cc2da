"""Small torch models for the chapters on interpretability, and one function that trains them.

Each trains in seconds on one CPU thread. What a method of `course_lib.attribution` needs has a name
on the model: `features` (the last convolutional layer's output) and `head`, the LSTM's `states`.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from tqdm.auto import tqdm

from course_lib import datasets, validate


class States(NamedTuple):
    """What an LSTM remembers after each symbol: cell states and hidden states, each (T, M)."""

    cell: torch.Tensor
    hidden: torch.Tensor


class Trained(NamedTuple):
    """A trained model, its accuracy on unseen data, and those data: inputs, labels and masks."""

    model: nn.Module
    accuracy: float
    inputs: object
    labels: torch.Tensor
    masks: object


class GapCNN(nn.Module):
    """Three convolutions, global average pooling and a linear head: the architecture of CAM.

    scores = head(mean over h, w of features(x))

    Args:
        classes: K.
        filters: V, the maps of the last convolution.

    Source:
        Zhou et al., Learning deep features for discriminative localization (2016), section 2.

    >>> GapCNN(classes=10)(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """

    def __init__(self, classes, filters=32):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(32, filters, 3, padding=1),
            nn.ReLU(),
        )
        self.head = nn.Linear(filters, classes)

    def forward(self, x):
        """Map images (N, 1, H, W) to scores (N, K)."""
        return self.head(self.features(x).mean(dim=(2, 3)))


class MotifCNN(nn.Module):
    """One convolution over DNA, ReLU, the maximum over positions and a linear head.

    scores = head(max over positions of features(x))

    Args:
        filters: F; each filter can learn one motif.
        width: K, the bases that a filter sees.

    Source:
        Alipanahi et al., DeepBind (2015), the architecture of a motif scanner.

    >>> MotifCNN()(torch.zeros(2, 4, 40)).shape
    torch.Size([2, 2])
    """

    def __init__(self, filters=8, width=6):
        super().__init__()
        self.features = nn.Sequential(nn.Conv1d(4, filters, width), nn.ReLU())
        self.head = nn.Linear(filters, 2)

    def forward(self, x):
        """Map one-hot DNA (N, 4, L) to scores (N, 2)."""
        maps = self.features(x)
        return self.head(F.max_pool1d(maps, maps.shape[2]).flatten(1))


class MotifLSTM(nn.Module):
    """An LSTM that reads DNA from left to right, and a linear head on its last hidden state.

    scores = head(h_L)

    Args:
        hidden: M, the units of the LSTM.

    Source:
        Lanchantin et al., Deep Motif Dashboard (2017), section 2.

    >>> MotifLSTM()(torch.zeros(2, 4, 30)).shape
    torch.Size([2, 2])
    """

    def __init__(self, hidden=24):
        super().__init__()
        self.lstm = nn.LSTM(4, hidden, batch_first=True)
        self.head = nn.Linear(hidden, 2)

    def forward(self, x):
        """Map one-hot DNA (N, 4, L) to scores (N, 2)."""
        return self.head(self.lstm(x.transpose(1, 2))[0][:, -1])


class CharacterLSTM(nn.Module):
    """A character-level language model: at each step, scores for the next character.

    scores_t = head(h_t), h_t from an LSTM over one-hot characters

    Args:
        alphabet: a string with each character once.
        hidden: M, the units of the LSTM.

    Source:
        Karpathy, Johnson and Fei-Fei, Visualizing and understanding recurrent networks (2016).

    >>> CharacterLSTM("ab")(torch.zeros(3, 2, 7)).shape
    torch.Size([3, 7, 2])
    """

    def __init__(self, alphabet, hidden=32):
        super().__init__()
        self.alphabet = alphabet
        self.lstm = nn.LSTM(len(alphabet), hidden, batch_first=True)
        self.head = nn.Linear(hidden, len(alphabet))

    def forward(self, x):
        """Map one-hot text (N, K, T) to scores (N, T, K) for the character after each."""
        return self.head(self.lstm(x.transpose(1, 2))[0])

    def encode(self, text):
        """Return `text` one-hot, (1, K, T); refuse characters outside the alphabet."""
        x = torch.from_numpy(datasets.one_hot(text, self.alphabet))
        return x[None].to(self.head.weight)

    @torch.no_grad()
    def states(self, text):
        """Return the States after each character of `text`: cell and hidden, each (T, M)."""
        state, steps = None, []
        for x in self.encode(text).transpose(1, 2).split(1, dim=1):
            _, state = self.lstm(x, state)
            steps.append(torch.cat(state)[:, 0])
        hidden, cell = torch.stack(steps, dim=1)
        return States(cell, hidden)


class ReviewCNN(nn.Module):
    """A classifier of token lists: embed, convolve pairs of words, maximum, linear head.

    scores = head(max over t of relu(conv(embedding(tokens))))

    Args:
        vocabulary: the known words; every other word is read as UNK.
        embedding: E, the numbers for each word.
        filters: F.

    Source:
        Kim, Convolutional neural networks for sentence classification (2014), section 2.

    >>> ReviewCNN(["good", "bad"]).predict([["good"], ["not", "good"]]).shape
    (2,)
    """

    def __init__(self, vocabulary, embedding=16, filters=16):
        super().__init__()
        self.places = {word: place for place, word in enumerate(vocabulary, start=2)}
        self.embedding = nn.Embedding(len(vocabulary) + 2, embedding, padding_idx=0)
        self.features = nn.Sequential(nn.Conv1d(embedding, filters, 2), nn.ReLU())
        self.head = nn.Linear(filters, 2)

    def forward(self, ids):
        """Map word numbers (N, T) to scores (N, 2)."""
        return self.scores(self.embed(ids))

    def embed(self, ids):
        """Map word numbers (N, T) to embeddings (N, E, T), the input of gradient methods."""
        return self.embedding(ids).transpose(1, 2)

    def scores(self, embeddings):
        """Map embeddings (N, E, T) to scores (N, 2): the model without its first lookup."""
        maps = self.features(embeddings)
        return self.head(F.max_pool1d(maps, maps.shape[2]).flatten(1))

    def encode(self, token_lists):
        """Return word numbers (N, T): 1 is UNK, 0 fills up to the longest list and two more."""
        # Two more, so that every list has a pair of zeros: no score depends on its neighbours.
        ids = torch.zeros(len(token_lists), 2 + max(map(len, token_lists), default=0)).long()
        for row, tokens in zip(ids, token_lists, strict=True):
            row[: len(tokens)] = torch.tensor([self.places.get(word, 1) for word in tokens])
        return ids.to(self.head.weight.device)

    @torch.no_grad()
    def predict(self, token_lists):
        """Return the likelier label (N,) of each list of words, as `explain_anchor` asks for it."""
        return self(self.encode(token_lists)).argmax(dim=1).cpu().numpy()


def train(
    model, inputs, labels, *, epochs, generator, learning_rate=0.01, batch_size=32, progress=False
):
    """Fit a model to labels with Adam and cross-entropy; return the mean loss of each epoch.

    loss = mean of -log softmax(model(x))[label]

    Args:
        model: any of this module; trained in place and left in evaluation mode.
        inputs: (N, ...) array or tensor; a floating one is converted to the model's dtype.
        labels: (N,) classes, or (N, T) where the model has scores (N, T, K).
        epochs: how often to go through the data.
        generator: torch Generator that shuffles.
        learning_rate: of Adam, falling along a line from epoch to epoch.
        batch_size: examples in each step.
        progress: show a bar.

    Returns:
        A list of `epochs` numbers.

    Raises:
        ValueError: epochs or batch_size below 1.

    Source:
        Kingma and Ba, Adam (2015).

    >>> g = torch.Generator().manual_seed(0)
    >>> len(train(nn.Linear(2, 2), torch.eye(2), torch.tensor([0, 1]), epochs=3, generator=g))
    3
    """
    epochs = validate.integer("epochs", epochs, minimum=1)
    batch_size = validate.integer("batch_size", batch_size, minimum=1)
    weight = next(model.parameters())
    inputs, labels = torch.as_tensor(inputs), torch.as_tensor(labels).to(weight.device)
    inputs = inputs.to(weight if inputs.is_floating_point() else weight.device)
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    decay = torch.optim.lr_scheduler.LinearLR(optimiser, 1.0, 1 / epochs, total_iters=epochs - 1)
    model.train()
    losses = []
    for _ in tqdm(range(epochs), disable=not progress):
        total = 0.0
        for batch in torch.randperm(len(inputs), generator=generator).split(batch_size):
            optimiser.zero_grad()
            scores = model(inputs[batch]).movedim(-1, 1)
            loss = F.cross_entropy(scores, labels[batch])
            loss.backward()
            # One exploding gradient would undo what a recurrent model has learnt.
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            total += loss.item() * len(batch) / len(inputs)
        decay.step()
        losses.append(total)
    model.eval()
    return losses


@torch.no_grad()
def accuracy(model, inputs, labels):
    """Return the share of labels that have the highest score.

    accuracy = mean of 1[argmax model(x) = label]

    Args:
        model: scores (N, K), or (N, T, K).
        inputs: (N, ...) tensor.
        labels: (N,) or (N, T) tensor.

    Returns:
        A float in [0, 1].

    Source:
        Goodfellow, Bengio and Courville, Deep Learning (2016), section 5.1.2.

    >>> accuracy(nn.Identity(), torch.eye(2), torch.tensor([0, 0]))
    0.5
    """
    return (model(inputs).argmax(dim=-1) == labels).double().mean().item()


def train_digits_cnn(*, generator, progress=False):
    """Train a GapCNN on handwritten digits; see `trained` below for what comes back."""
    data = datasets.digits(rng=_rng(generator))
    model = _build(generator, lambda: GapCNN(classes=10))
    train(model, *data[:2], epochs=30, learning_rate=0.01, generator=generator, progress=progress)
    return _trained(model, data.x_test, data.y_test)


def train_patch_cnn(*, generator, progress=False):
    """Train a GapCNN on images whose class is a planted patch; the masks say where it lies."""
    images, labels, masks = datasets.planted_patches(1000, rng=_rng(generator))
    model = _build(generator, lambda: GapCNN(classes=2))
    train(model, images[:800], labels[:800], epochs=8, generator=generator, progress=progress)
    return _trained(model, images[800:], labels[800:], masks[800:])


def train_motif_cnn(*, generator, progress=False):
    """Train a MotifCNN to find a planted motif in DNA; the masks say where it lies."""
    x, labels, masks = datasets.planted_motif(1500, rng=_rng(generator))
    model = _build(generator, MotifCNN)
    train(model, x[:1200], labels[:1200], epochs=20, generator=generator, progress=progress)
    return _trained(model, x[1200:], labels[1200:], masks[1200:])


def train_motif_lstm(*, generator, progress=False):
    """Train a MotifLSTM to find a planted motif in DNA; the masks say where it lies."""
    x, labels, masks = datasets.planted_motif(2500, rng=_rng(generator), length=20, motif="TATAA")
    model = _build(generator, MotifLSTM)
    train(model, x[:2200], labels[:2200], epochs=40, generator=generator, progress=progress)
    return _trained(model, x[2200:], labels[2200:], masks[2200:])


def train_character_lstm(*, generator, progress=False):
    """Train a CharacterLSTM on the first nine tenths of `datasets.character_text()`."""
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
        generator=generator,
        progress=progress,
    )
    unseen = model.encode(text[cut:])
    return _trained(model, unseen[:, :, :-1], unseen.argmax(dim=1)[:, 1:])


def train_review_cnn(*, generator, progress=False):
    """Train a ReviewCNN on restaurant reviews; the masks say which words decide."""
    tokens, labels, masks = datasets.restaurant_reviews(2500, rng=_rng(generator))
    vocabulary = sorted({word for review in tokens for word in review})
    model = _build(generator, lambda: ReviewCNN(vocabulary))
    ids = model.encode(tokens)
    train(model, ids[:2000], labels[:2000], epochs=10, generator=generator, progress=progress)
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
