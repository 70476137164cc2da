"""Explanations by changing the input: what does the score lose when a part is replaced?"""

import itertools

import torch

from course_lib import validate
from course_lib.arrays import Pair
from course_lib.attribution import _model
from course_lib.attribution._progress import reporting
from course_lib.attribution.kinds import Model, Progress, Target


def occlusion(
    model: Model,
    inputs: torch.Tensor,
    target: Target,
    *,
    window: Pair,
    stride: Pair = 1,
    baseline: float | torch.Tensor = 0.0,
    chunk: int = 256,
    progress: Progress = False,
) -> torch.Tensor:
    r"""Cover one window after another, and give each feature the mean loss of score.

    .. math::

        \phi_i = \operatorname*{mean}_{\text{windows } w \,\ni\, i}
        \bigl( f_c(x) - f_c(x \text{ with } w \text{ replaced by the baseline}) \bigr)

    A model is run on W + 1 rows for each input, one for each of W windows: D + 1 with windows of
    one feature. (A gradient takes one forward and one backward pass, however many features there
    are.)

    Args:
        model: `nn.Module` or callable, (N, ...) -> scores (N, K), or (N,) with target 0; run in
            evaluation mode.
        inputs: (N, D), (N, C, L) or (N, C, H, W) floating tensor. Windows slide over D, over L,
            or over H and W, and cover all channels.
        target: the class to explain, an int or (N,) ints.
        window: the size of the window, an int, or a pair (rows, columns) for images.
        stride: from one window to the next, an int or a pair, at most the window. The last window
            ends with the input, even if that breaks the stride.
        baseline: what covers, a number or a tensor (1, ...) or (N, ...).
        chunk: rows the model sees at once. The result does not depend on it but for rounding.
        progress: False, True for a bar, or a function of (done, total), counted in rows.

    Returns:
        (N, ...) tensor like inputs; all channels of a place hold the same value.

    Raises:
        TypeError: inputs, target, window, stride or progress of the wrong kind.
        ValueError: NaN or infinity, a target outside [0, K), a window below 1 or larger than the
            input, a stride below 1 or above the window, chunk below 1, other axes.

    Source:
        Zeiler and Fergus, Visualizing and understanding convolutional networks (2014), section
        4.2; Zhou and Troyanskaya, DeepSEA (2015).

    >>> x = torch.tensor([[1.0, 2.0]])
    >>> occlusion(lambda x: 3 * x[:, 0] + x[:, 1], x, 0, window=1)
    tensor([[3., 2.]])
    """
    chunk = validate.integer("chunk", chunk, minimum=1)
    with _model.explaining(model):
        x = _model.checked_tensor("inputs", inputs)
        classes = _model.checked_target(target, x)
        windows = _windows(x, window, stride)
        cover = _model.checked_baselines(baseline, x, "baseline")

        def covered(part, rows, place):
            part[place] = cover[rows][place]
            return part

        scores = _scores(model, x, classes, covered, windows, chunk, progress)
        lost, times = torch.zeros_like(x), torch.zeros_like(x)
        for place, score in zip(windows, scores[1:], strict=True):
            lost[place] += (scores[0] - score).view(-1, *[1] * (x.ndim - 1))
            times[place] += 1
    return lost / times


def in_silico_mutagenesis(
    model: Model,
    one_hot: torch.Tensor,
    target: Target,
    *,
    chunk: int = 256,
    progress: Progress = False,
) -> torch.Tensor:
    r"""Put every other symbol at every position of a sequence, and watch the score.

    .. math::

        \phi_{n,a,i} = f_c(x_n \text{ with symbol } a \text{ at position } i) - f_c(x_n)

    which is 0 for the symbol that is there. A model is run on (A - 1) L + 1 rows for each sequence
    of A symbols.

    Args:
        model: `nn.Module` or callable, (N, A, L) -> scores; run in evaluation mode.
        one_hot: (N, A, L) floating tensor, exactly one 1 in each column; A is 4 for DNA.
        target: the class to explain, an int or (N,) ints.
        chunk: rows the model sees at once. The result does not depend on it but for rounding.
        progress: False, True for a bar, or a function of (done, total), counted in rows.

    Returns:
        (N, A, L) tensor. Positive: the mutation raises the score.

    Raises:
        TypeError: one_hot, target or progress of the wrong kind.
        ValueError: not three axes, not one-hot, a target outside [0, K), chunk below 1.

    Source:
        Zhou and Troyanskaya, Predicting effects of noncoding variants with deep learning-based
        sequence model (2015).

    >>> x = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> in_silico_mutagenesis(lambda x: 5 * x[:, 0, 0] + x[:, 1, 1], x, 0)
    tensor([[[ 0., -1.],
             [-5.,  0.]]])
    """
    chunk = validate.integer("chunk", chunk, minimum=1)
    with _model.explaining(model):
        x = checked_one_hot(one_hot)
        classes = _model.checked_target(target, x)
        A, L = x.shape[1:]
        # The symbol that is there differs from row to row, so symbols are counted from it.
        mutations = list(itertools.product(range(L), range(1, A)))

        def mutated(part, rows, mutation):
            position, shift = mutation
            part[:, :, position] = part[:, :, position].roll(shift, dims=1)
            return part

        scores = _scores(model, x, classes, mutated, mutations, chunk, progress)
        result = torch.zeros_like(x)
        for (position, shift), score in zip(mutations, scores[1:], strict=True):
            symbol = x[:, :, position].roll(shift, dims=1)
            result[:, :, position] += symbol * (score - scores[0])[:, None]
    return result


def checked_one_hot(one_hot):
    """Return one-hot sequences (N, A, L) detached; refuse anything else."""
    x = _model.checked_tensor("one_hot", one_hot)
    validate.shape("one_hot", x, ["N", "A", "L"])
    if not (((x == 0) | (x == 1)).all() and (x.sum(dim=1) == 1).all()):
        raise ValueError("one_hot must have exactly one 1 in each column, and 0 elsewhere")
    return x


def _windows(x, window, stride):
    """Return the index of every window: all examples, all channels, one place."""
    if x.ndim not in (2, 3, 4):
        raise ValueError(
            f"inputs must be (N, D), (N, C, L) or (N, C, H, W), got shape {tuple(x.shape)}"
        )
    first = min(x.ndim - 1, 2)  # the first axis that windows slide over
    number = validate.pair if x.ndim == 4 else validate.integer
    windows, strides = number("window", window, minimum=1), number("stride", stride, minimum=1)
    if x.ndim < 4:
        windows, strides = (windows,), (strides,)
    ranges = []
    for size, wide, step in zip(x.shape[first:], windows, strides, strict=True):
        if wide > size:
            raise ValueError(f"window must fit into the input's {size}, got {wide}")
        if step > wide:
            raise ValueError(
                f"stride must be at most the window's {wide}, or features are left out, got {step}"
            )
        last = size - wide
        starts = [*range(0, last, step), last]
        ranges.append([slice(start, start + wide) for start in starts])
    every = (slice(None),) * first
    return [every + place for place in itertools.product(*ranges)]


def _scores(model, x, target, change, changes, chunk, progress):
    """Return the score of x and after each change alone, (1 + changes, N), a chunk at a time."""
    columns = [x.new_zeros(1 + len(changes), 0)]
    with reporting(progress, len(x) * (1 + len(changes)), "Perturbation") as advance:
        for rows in _model.row_blocks(x, chunk):
            part, classes = x[rows], target[rows]
            parts = [_model.scores(model, part, classes, advance=advance)]
            for block in _model.row_blocks(changes, chunk // len(part)):
                copies = torch.cat([change(part.clone(), rows, one) for one in changes[block]])
                repeated = classes.repeat(len(copies) // len(part))
                parts.append(_model.scores(model, copies, repeated, advance=advance))
            columns.append(torch.cat(parts).view(-1, len(part)))
    return torch.cat(columns, dim=1)
