"""The types that explanation methods share: for editors, type checkers and readers."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

#: A network: a module or any callable, (N, ...) -> scores (N, K) or (N,).
Model: TypeAlias = Callable[[torch.Tensor], torch.Tensor]

#: The class to explain: one for all rows, or one for each.
Target: TypeAlias = int | Sequence[int] | NDArray[np.integer[Any]] | torch.Tensor

#: What stands for absence: None for zeros, a number, or rows.
Baselines: TypeAlias = float | torch.Tensor | None

#: A module of a network, or its name.
Layer: TypeAlias = torch.nn.Module | str

#: None draws anew in each call, a seed repeats itself, a Generator goes on.
Random: TypeAlias = int | np.random.Generator | None
TorchRandom: TypeAlias = int | np.random.Generator | torch.Generator | None

#: Silence, a bar, or a function of (done, total).
Progress: TypeAlias = bool | Callable[[int, Any], object]

#: A game: coalitions (M, d) bool -> rewards (M,).
Game: TypeAlias = Callable[[NDArray[np.bool_]], ArrayLike]

#: A classifier of documents: n lists of tokens -> n labels.
Predict: TypeAlias = Callable[[list[list[Any]]], ArrayLike]

#: An anchor: ascending positions.
Positions: TypeAlias = tuple[int, ...]
Floats: TypeAlias = NDArray[np.float64]

#: A tensor, or with return_delta a pair of tensors (values, delta).
ValuesOrPair: TypeAlias = Any

#: How `integrated_gradients` places its points, and how `gradcam` weighs its maps.
Rule: TypeAlias = Literal["midpoint", "right", "trapezoid", "gauss_legendre"]
Variant: TypeAlias = Literal[
    "gradcam",
    "gradcam++",
    "xgradcam",
    "hirescam",
    "scorecam",
    "ablationcam",
    "opticam",
    "eigencam",
]
