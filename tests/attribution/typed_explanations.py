"""Uses of the explanation methods whose types mypy checks in `make lint`; nothing here runs."""

from typing import assert_type

import numpy as np
import torch
from numpy.typing import NDArray

from course_lib import attribution as a

Floats = NDArray[np.float64]


def of_networks() -> None:
    net, x = torch.nn.Linear(3, 2), torch.ones(4, 3)
    assert_type(a.saliency(net, x, 0), torch.Tensor)
    assert_type(a.smoothgrad(net, x, [0, 1, 0, 1], rng=torch.Generator()), torch.Tensor)
    assert_type(a.occlusion(lambda x: x.sum(1), x, 0, window=(1, 2)), torch.Tensor)
    values, delta = a.integrated_gradients(net, x, 1, 0.5, rule="right", return_delta=True)
    assert_type(a.deepshap(net, x, torch.tensor([0]), x), torch.Tensor)
    assert_type(a.gradcam(net, x, 0, layer="0", variant="hirescam"), torch.Tensor)
    assert_type(next(a.randomise(net, rng=np.random.default_rng()))[0], str)
    assert_type(a.rank_correlation(x, np.ones(3)), float)


def of_games() -> None:
    def value(masks: NDArray[np.bool_]) -> NDArray[np.int64]:
        return masks.sum(axis=1)

    assert_type(a.shapley_exact(value, 3), Floats)
    assert_type(a.kernel_shap(value, 9, n_evals=60, rng=0).std_error, Floats)
    game = a.masked_game(lambda rows: rows.sum(axis=1), [1.0, 2.0], [[0.0, 0.0]])
    assert_type(a.shapley_sampling(game, 2, n_evals=9).values, Floats)
    assert_type(a.lime_like(value, 3, a.lime_kernel(3)).intercept, float)


def of_documents() -> None:
    def predict(documents: list[list[str]]) -> list[int]:
        return [len(words) for words in documents]

    found = a.explain_anchor(["a", "b"], predict, rng=0, progress=lambda done, total: None)
    assert_type(found.positions, tuple[int, ...])
    assert_type(a.exact_precision(["a"], predict, found.positions), float)
    best = a.select_anchors(a.all_precisions(("a", "b"), predict), 0.9).best
    assert_type(best, list[tuple[int, ...]])
    assert_type(a.kl_upper(0.5, 3, [1.0, 2.0]), Floats)


def refused() -> None:
    net, x = torch.nn.Linear(3, 2), torch.ones(4, 3)
    a.saliency(net, np.ones(3), 0)  # type: ignore[arg-type]
    a.saliency(net, x, 0, reduce="max")  # type: ignore[arg-type]
    a.integrated_gradients(net, x, "0")  # type: ignore[arg-type]
    a.integrated_gradients(net, x, 0, rule="left")  # type: ignore[arg-type]
    a.gradcam(net, x, 0, layer=3)  # type: ignore[arg-type]
    a.kernel_shap(x, 3, n_evals=9)  # type: ignore[arg-type]
    a.explain_anchor(["a"], lambda documents: [0], rng="0")  # type: ignore[arg-type]
