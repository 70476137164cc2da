"""One function that trains any of the networks, and one that counts what they get right."""

import torch
import torch.nn.functional as F
from torch import nn
from tqdm.auto import tqdm

from course_lib import validate


def train(
    model, inputs, labels, *, epochs, rng=None, learning_rate=0.01, batch_size=32, progress=False
):
    """Fit a model to labels with Adam and cross-entropy; return the mean loss of each epoch.

    loss = mean of -log softmax(model(x))[label]

    Args:
        model: any of this module; trained in place and left in evaluation mode.
        inputs: (N, ...) array or tensor; a floating one is converted to the model's dtype.
        labels: (N,) classes, or (N, T) where the model has scores (N, T, K).
        epochs: how often to go through the data.
        rng: None shuffles anew in each call, a seed repeats itself, a Generator of NumPy or of
            torch goes on.
        learning_rate: of Adam, falling along a line from epoch to epoch.
        batch_size: examples in each step.
        progress: show a bar.

    Returns:
        A list of `epochs` numbers.

    Raises:
        ValueError: epochs or batch_size below 1.

    Source:
        Kingma and Ba, Adam (2015).

    >>> len(train(nn.Linear(2, 2), torch.eye(2), torch.tensor([0, 1]), epochs=3, rng=0))
    3
    """
    epochs = validate.integer("epochs", epochs, minimum=1)
    batch_size = validate.integer("batch_size", batch_size, minimum=1)
    generator = validate.torch_generator(rng)
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
