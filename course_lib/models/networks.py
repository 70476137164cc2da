"""The networks: what a method of `course_lib.attribution` needs has a name on the model.

`features` returns the maps of the last convolutional layer, `head` is the linear layer at the top,
and `CharacterLSTM.states` gives what its cells hold after each character.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from course_lib import datasets


class States(NamedTuple):
    """What an LSTM remembers after each symbol: cell states and hidden states, each (T, M)."""

    cell: torch.Tensor
    hidden: torch.Tensor


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
        Lanchantin et al., Deep Motif Dashboard (2017), one of its three architectures.

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
