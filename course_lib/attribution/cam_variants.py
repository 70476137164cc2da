"""The named variants of Grad-CAM: each turns the maps B (N, V, ...) of a layer into one map."""

import torch

from course_lib.attribution import _layer, _model
from course_lib.attribution._progress import reporting
from course_lib.attribution.upscaling import enlarged

#: Opti-CAM's optimiser, as in its paper: steps of Adam and their learning rate.
OPTI_STEPS, OPTI_RATE = 100, 0.1


def weighted(weights, maps):
    """sum_v weights[n, v] maps[n, v]."""
    return torch.einsum("nv,nv...->n...", weights, maps)


def gradcam(maps, slope):
    """a_v = mean(G_v)."""
    return weighted(slope.flatten(2).mean(dim=2), maps).relu()


def gradcam_plus_plus(maps, slope):
    """a_v = sum_ij w_ij ReLU(G_ij), w = G^2 / (2 G^2 + sum(B_v) G^3).

    The paper differentiates exp(f_c); its factor exp(f_c) only scales the map, and is left out.
    """
    B, G = maps.flatten(2), slope.flatten(2)
    below = 2 * G**2 + B.sum(dim=2, keepdim=True) * G**3
    shares = torch.where(below == 0, 0, G**2 / below)
    return weighted((shares * G.relu()).sum(dim=2), maps).relu()


def xgradcam(maps, slope):
    """a_v = sum_ij B_ij G_ij / sum(B_v)."""
    B, G = maps.flatten(2), slope.flatten(2)
    total = B.sum(dim=2)
    share = torch.where(total == 0, 0, (B * G).sum(dim=2) / total)
    return weighted(share, maps).relu()


def hirescam(maps, slope):
    """sum_v G_v B_v, entry by entry."""
    return (slope * maps).sum(dim=1)


def eigencam(maps):
    """B v1, with v1 the first right singular vector of B as a matrix (places, V)."""
    places = maps.flatten(2).transpose(1, 2)
    first = torch.linalg.svd(places, full_matrices=False).Vh[:, :1]
    result = (places @ first.transpose(1, 2)).squeeze(2)
    # A singular vector's sign is arbitrary, and differs between machines.
    sign = torch.where(result.sum(dim=1, keepdim=True) < 0, -1, 1)
    return (sign * result).reshape(len(maps), *maps.shape[2:])


def scorecam(model, x, target, layer, maps, score, progress):
    """a = softmax_v of f_c(x * mask_v): the baseline's score is the same for all v, and cancels."""
    V = maps.shape[1]
    with reporting(progress, len(x) * V, "Score-CAM") as advance:
        scores = [
            _model.scores(model, x * _mask(maps[:, v], x), target, advance=advance)
            for v in range(V)
        ]
    return weighted(torch.stack(scores, dim=1).softmax(dim=1), maps).relu()


def ablationcam(model, x, target, layer, maps, score, progress):
    """a_v = (f_c - f_c with B_v = 0) / f_c."""
    if (score == 0).any():
        raise ValueError(
            "model must give target a score other than 0 for 'ablationcam', which divides by it"
        )
    V = maps.shape[1]
    drops = []
    with reporting(progress, len(x) * V, "Ablation-CAM") as advance:
        for v in range(V):
            kept = (torch.arange(V, device=maps.device) != v).view(V, *[1] * (maps.ndim - 2))
            with _layer.passing(layer, kept.mul):
                ablated = _model.scores(model, x, target, advance=advance)
            drops.append((score - ablated) / score)
    return weighted(torch.stack(drops, dim=1), maps).relu()


def opticam(model, x, target, layer, maps, score, progress):
    """sum_v softmax(u)_v B_v with u that makes f_c(x * mask) largest."""
    u = torch.zeros(maps.shape[:2], dtype=maps.dtype, device=maps.device, requires_grad=True)
    optimiser = torch.optim.Adam([u], lr=OPTI_RATE)
    best = torch.full_like(score, -torch.inf)
    best_u = torch.zeros_like(u)
    with reporting(progress, len(x) * (OPTI_STEPS + 1), "Opti-CAM") as advance:
        for _ in range(OPTI_STEPS + 1):
            mask = _mask(weighted(u.softmax(dim=1), maps), x)
            scores = _model.class_scores(model(x * mask), target)
            better = (scores > best).detach()
            best = torch.where(better, scores.detach(), best)
            best_u = torch.where(better[:, None], u.detach(), best_u)
            u.grad = -_model.gradient_of(scores, u)
            optimiser.step()
            advance(len(x))
    return weighted(best_u.softmax(dim=1), maps)


def _mask(maps, x):
    """Enlarge (N, ...) maps to the inputs and scale each to [0, 1]; a constant map hides all."""
    large = enlarged(maps, x.shape[2:])
    ends = (len(maps), *[1] * (x.ndim - 1))
    low = large.flatten(1).amin(dim=1).view(ends)
    high = large.flatten(1).amax(dim=1).view(ends)
    return (large[:, None] - low) / torch.where(high > low, high - low, 1)


#: Variants of the maps and their gradients alone.
BY_GRADIENT = {
    "gradcam": gradcam,
    "gradcam++": gradcam_plus_plus,
    "xgradcam": xgradcam,
    "hirescam": hirescam,
}

#: Variants that run the model again.
BY_SCORE = {"scorecam": scorecam, "ablationcam": ablationcam, "opticam": opticam}
