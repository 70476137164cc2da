"""Reading recurrent networks: single cells, what they respond to, and the score over time."""

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike

from course_lib import validate
from course_lib.attribution import _model
from course_lib.attribution._progress import reporting
from course_lib.attribution.kinds import Floats, Model, Progress, Target
from course_lib.attribution.perturbation import checked_one_hot


def cell_trace(
    model: Any, text: str, cell: int, *, state: Literal["cell", "hidden"] = "cell"
) -> Floats:
    r"""Return the value of one cell after each character of a text.

    .. math::

        \mathrm{trace}_t = \tanh(c_t)_\mathrm{cell}

    or the hidden state's entry itself with state="hidden".

    Args:
        model: anything with a method `states(text)` that returns cell and hidden states, (T, M)
            each, such as `models.CharacterLSTM`; a module is run in evaluation mode.
        text: a string of T characters, at least one.
        cell: which unit, in [0, M).
        state: "cell" or "hidden".

    Returns:
        (T,) array of numbers between -1 and 1.

    Raises:
        TypeError: model has no `states`, text is not a string, cell is not an integer.
        ValueError: an empty text, a cell outside [0, M), an unknown state.

    Source:
        Karpathy, Johnson and Fei-Fei, Visualizing and understanding recurrent networks (2016),
        section 4.2.

    >>> class Counter:
    ...     def states(self, text):
    ...         steps = torch.arange(1.0, 1 + len(text))[:, None]
    ...         return steps, steps / 10
    >>> cell_trace(Counter(), "abc", 0, state="hidden").round(6)
    array([0.1, 0.2, 0.3])
    """
    validate.choice("state", state, ("cell", "hidden"))
    _checked_text(text)
    if not hasattr(model, "states"):
        raise TypeError(
            f"model must have a method states(text), such as CharacterLSTM, got "
            f"{type(model).__name__}"
        )
    # A bare object is explained by its method; a module also has its training flags kept.
    with _model.explaining(model if isinstance(model, torch.nn.Module) else model.states):
        cells, hidden = (part.detach().cpu().double().numpy() for part in model.states(text))
    M = cells.shape[1]
    cell = validate.integer("cell", cell, minimum=0, maximum=M - 1)
    return np.tanh(cells[:, cell]) if state == "cell" else hidden[:, cell]


def probe_position(trace: ArrayLike, text: str) -> float:
    r"""Return how far a cell follows the position in the line.

    .. math::

        r = \operatorname{corr}(\mathrm{trace}_t, \;
        \text{characters before } t \text{ in its line})

    with Pearson's correlation.

    Args:
        trace: (T,) values of a cell, as from `cell_trace`.
        text: the T characters; a line ends with its newline.

    Returns:
        A number from -1 to 1; 0 for a cell that never changes.

    Raises:
        ValueError: an empty text, another length of trace, NaN, or a text whose characters all
            have the same position, such as a single one.

    Source:
        Karpathy, Johnson and Fei-Fei (2016), figure 2: a cell sensitive to position in line.

    >>> round(probe_position([0.0, 0.1, 0.2, 0.0], "ab\nc"), 6)
    1.0
    """
    trace = _checked_trace(trace, text)
    column, columns = 0, []
    for character in text:
        columns.append(column)
        column = 0 if character == "\n" else column + 1
    if len(set(columns)) == 1:
        raise ValueError("text must have characters at different positions of a line")
    if np.ptp(trace) == 0:
        return 0.0
    return float(np.corrcoef(trace, columns)[0, 1])


def probe_quotes(trace: ArrayLike, text: str) -> float:
    r"""Return how well a cell tells characters inside quotation marks from those outside.

    .. math::

        \mathrm{AUC} = P(\mathrm{trace\ inside} > \mathrm{trace\ outside})
        + \tfrac12 P(\mathrm{equal})

    The model has read the opening mark when it is inside, and the closing mark when it is outside:
    an opening mark counts as inside, a closing one as outside.

    Args:
        trace: (T,) values of a cell, as from `cell_trace`.
        text: the T characters; quotations begin and end with a straight double quote.

    Returns:
        A number from 0 to 1: 1 for a cell that turns on inside, 0 for one that turns off, 0.5 for
        one that does not care.

    Raises:
        ValueError: an empty text, another length of trace, NaN, or no character inside or outside.

    Source:
        Karpathy, Johnson and Fei-Fei (2016), figure 2: a cell that turns on inside quotes; Hanley
        and McNeil, The meaning and use of the area under a ROC curve (1982).

    >>> probe_quotes([0.0, 0.9, 0.9, 0.1], 'a"b"')
    1.0
    """
    from scipy.stats import rankdata

    trace = _checked_trace(trace, text)
    inside = np.cumsum([character == '"' for character in text]) % 2 == 1
    n, m = inside.sum(), (~inside).sum()
    if n == 0 or m == 0:
        raise ValueError("text must have characters inside and outside double quotes")
    return float((rankdata(trace)[inside].sum() - n * (n + 1) / 2) / (n * m))


def temporal_output(
    model: Model,
    one_hot: torch.Tensor,
    *,
    direction: Literal["forward", "backward"] = "forward",
    progress: Progress = False,
) -> torch.Tensor:
    r"""Return a model's prediction after each step of a sequence, read from one end.

    .. math::

        p_{n,t} &= \operatorname{softmax} f(x_{n,\,:,\,0 \dots t}) \;\text{ forward} \\
        p_{n,t} &= \operatorname{softmax} f(x_{n,\,:,\,L-1-t \dots L-1}) \;\text{ backward}

    For a network whose output layer reads the last hidden state, the forward prediction is
    :math:`\operatorname{softmax}(W_o h_t)`: the output layer at each time step, not one hidden unit
    at a time. The last entry is the prediction for the whole sequence, in both directions.

    Args:
        model: `nn.Module` or callable, (N, A, t) -> scores (N, K) for every length t; run in
            evaluation mode.
        one_hot: (N, A, L) floating tensor of sequences over A symbols.
        direction: "forward" grows from the first symbol, "backward" from the last.
        progress: False, True for a bar, or a function of (done, total), counted in rows.

    Returns:
        (N, L, K) tensor of probabilities.

    Raises:
        TypeError: one_hot or progress of the wrong kind, a model that returns no tensor.
        ValueError: not one-hot, an empty sequence, an unknown direction, scores that are not
            (N, K) with K of at least 2, or not finite.

    Source:
        Lanchantin et al., Deep Motif Dashboard (2017), on temporal output scores.

    >>> x = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> temporal_output(lambda x: x.sum(2), x)[0, 1]
    tensor([0.5000, 0.5000])
    """
    validate.choice("direction", direction, ("forward", "backward"))
    with _model.explaining(model), torch.no_grad():
        x = checked_one_hot(one_hot)
        N, _, L = x.shape
        if L == 0:
            raise ValueError("one_hot must have at least one symbol, got L = 0")
        steps = []
        with reporting(progress, N * L, "Temporal output") as advance:
            for t in range(1, L + 1):
                part = x[:, :, :t] if direction == "forward" else x[:, :, L - t :]
                scores = model(part.clone())
                if not isinstance(scores, torch.Tensor):
                    raise TypeError(
                        f"model must return one tensor of scores, got {type(scores).__name__}"
                    )
                if scores.ndim != 2 or len(scores) != N or scores.shape[1] < 2:
                    raise ValueError(
                        f"model must return scores (N, K) with N = {N} and K of at least 2, got "
                        f"{tuple(scores.shape)}"
                    )
                _model.refuse_non_finite("the model's scores", scores)
                steps.append(scores.softmax(dim=1))
                advance(N)
    return torch.stack(steps, dim=1)


def token_saliency(
    model: Model,
    inputs: torch.Tensor,
    target: Target,
    *,
    reduce: Literal["norm", "product"] = "norm",
) -> torch.Tensor:
    r"""Return one number for each token: how the score depends on its embedding.

    .. math::

        \text{norm:} \quad \left\lVert \frac{\partial f_c}{\partial e_t} \right\rVert, \qquad
        \text{product:} \quad \sum_k e_{t,k} \frac{\partial f_c}{\partial e_{t,k}}

    The product has a sign.

    Args:
        model: `nn.Module` or callable, (N, E, T) -> scores (N, K), such as `MotifCNN` on one-hot
            DNA, or `ReviewCNN.scores` on the embeddings of words.
        inputs: (N, E, T) floating tensor: an embedding, or a one-hot column, for each token.
        target: the class to explain, an int or (N,) ints.
        reduce: "norm" or "product".

    Returns:
        (N, T) tensor.

    Raises:
        TypeError, ValueError: as in `saliency`; also inputs without three axes, an unknown reduce.

    Source:
        Li et al., Visualizing and understanding neural models in NLP (2016), section 5.

    >>> x = torch.tensor([[[1.0, 2.0], [0.0, 1.0]]])
    >>> token_saliency(lambda x: 3 * x[:, 0, 0] + 4 * x[:, 1, 0], x, 0)
    tensor([[5., 0.]])
    """
    validate.choice("reduce", reduce, ("norm", "product"))
    with _model.explaining(model):
        x = _model.checked_tensor("inputs", inputs)
        validate.shape("inputs", x, ["N", "E", "T"])
        _, slope = _model.gradients(model, x, _model.checked_target(target, x))
    return slope.norm(dim=1) if reduce == "norm" else (x * slope).sum(dim=1)


def _checked_text(text):
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, got {type(text).__name__}")
    if not text:
        raise ValueError("text must have at least one character, got an empty string")


def _checked_trace(trace: ArrayLike, text: str) -> Floats:
    _checked_text(text)
    trace = np.asarray(trace, dtype=np.float64)
    if trace.shape != (len(text),):
        raise ValueError(
            f"trace must have one value for each of the {len(text)} characters of text, got shape "
            f"{trace.shape}"
        )
    if not np.isfinite(trace).all():
        raise ValueError("trace must be finite, got NaN or infinity")
    return trace
