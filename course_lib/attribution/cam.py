"""Class activation maps: which places of a convolutional layer speak for a class."""

import torch

from course_lib import validate
from course_lib.attribution import _layer, _model
from course_lib.attribution.cam_variants import BY_GRADIENT, BY_SCORE, eigencam, weighted
from course_lib.attribution.kinds import Layer, Model, Progress, Target, Variant
from course_lib.attribution.upscaling import upscale

VARIANTS = (*BY_GRADIENT, *BY_SCORE, "eigencam")


def cam(
    model: Model, inputs: torch.Tensor, target: Target, *, layer: Layer, head: Layer
) -> torch.Tensor:
    r"""Weight the maps before global average pooling by the head's weights for a class.

    .. math::

        \mathrm{CAM}_{n,i,j} = \sum_v w_{c,v} \, B_{n,v,i,j}, \qquad
        \operatorname{mean}(\mathrm{CAM}_n) + b_c = f_c(x_n)

    That identity is what makes the map an explanation; a model that does not end in global average
    pooling and this head is refused, because its maps would mean nothing. Use `gradcam` there.

    Args:
        model: `nn.Module` or callable, (N, ...) -> scores (N, K); run in evaluation mode.
        inputs: (N, ...) floating tensor.
        target: the class to explain, an int or (N,) ints.
        layer: the module (or its name) that returns the maps B, (N, V, h, w) or (N, V, l).
        head: the `nn.Linear` (or its name) from the V pooled maps to the K scores.

    Returns:
        (N, h, w) or (N, l) tensor: the size of the layer's maps; `upscale` enlarges it.

    Raises:
        TypeError: inputs, target, layer or head of the wrong kind.
        ValueError: NaN or infinity, a target outside [0, K), a layer or head that is not in the
            model, a head that does not fit the maps, or a score that differs from mean(CAM) + b.

    Source:
        Zhou et al., Learning deep features for discriminative localization (2016), section 2.

    >>> head = torch.nn.Linear(1, 2)
    >>> _ = torch.nn.init.constant_(head.weight, 2.0)
    >>> maps = torch.nn.Identity()
    >>> x = torch.tensor([[[[1.0, 0.0]]]])
    >>> cam(lambda x: head(maps(x).mean((2, 3))), x, 0, layer=maps, head=head).tolist()
    [[[2.0, 0.0]]]
    """
    layer = _layer.find("layer", model, layer)
    head = _layer.find("head", model, head)
    if not isinstance(head, torch.nn.Linear):
        raise TypeError(f"head must be a torch.nn.Linear, got {type(head).__name__}")
    with _model.explaining(model), torch.no_grad():
        x = _model.checked_tensor("inputs", inputs)
        classes = _model.checked_target(target, x)
        maps, score, _ = _layer.maps_and_score(model, x, classes, layer)
        V = maps.shape[1]
        if head.in_features != V or (len(x) and head.out_features <= int(classes.max())):
            raise ValueError(
                f"head must map the {V} maps of layer to all scores of the model, got "
                f"{head.in_features} to {head.out_features}"
            )
        weights = head.weight[classes]
        result = weighted(weights, maps)
        bias = 0 if head.bias is None else head.bias[classes]
        gap = (result.flatten(1).mean(dim=1) + bias - score).abs()
        size = weighted(weights.abs(), maps.abs()).flatten(1).mean(dim=1) + score.abs()
        if (gap > torch.finfo(x.dtype).eps ** 0.5 * size).any():
            raise ValueError(
                "model must end in global average pooling of layer followed by head, because only "
                f"then mean(CAM) + b is the score; they differ by {gap.max():.3g}"
            )
    return result


def gradcam(
    model: Model,
    inputs: torch.Tensor,
    target: Target,
    *,
    layer: Layer,
    variant: Variant = "gradcam",
    upsample: bool = False,
    progress: Progress = False,
) -> torch.Tensor:
    r"""Weight the maps of a convolutional layer by how much they matter to a class score.

    With the maps B of the layer and their gradient :math:`G = \partial f_c / \partial B`:

    .. math::

        \text{gradcam:} \quad & \operatorname{ReLU}\Bigl(\sum_v a_v B_v\Bigr), \quad
            a_v = \operatorname{mean}(G_v) \\
        \text{gradcam++:} \quad & \text{the same with } a_v = \sum_{i,j}
            \frac{G_v^2}{2 G_v^2 + \operatorname{sum}(B_v) \, G_v^3} \operatorname{ReLU}(G_v) \\
        \text{xgradcam:} \quad & \text{the same with } a_v = \sum_{i,j}
            \frac{B_v \, G_v}{\operatorname{sum}(B_v)} \\
        \text{hirescam:} \quad & \sum_v G_v \odot B_v \quad \text{without ReLU} \\
        \text{scorecam:} \quad & \text{the same with } a = \operatorname{softmax}_v
            f_c(x \odot \mathrm{mask}_v) \\
        \text{ablationcam:} \quad & \text{the same with }
            a_v = \frac{f_c - f_c|_{B_v = 0}}{f_c} \\
        \text{opticam:} \quad & \sum_v \operatorname{softmax}(u)_v \, B_v
            \quad \text{without ReLU} \\
        \text{eigencam:} \quad & B \text{ on its first right singular vector, without ReLU}

    where "the same" is the first line. On a head of global average pooling gradcam is ReLU(CAM) /
    (h w). gradcam++ takes 0/0 as 0, and xgradcam gives a map that sums to 0 the weight 0. hirescam
    sums to the score on a ReLU head without biases. A mask is its map, enlarged and scaled to [0,
    1]. The u of opticam is found by 100 steps of Adam so that the score of x times the map as a
    mask is largest; the best map met on the way is returned. No class enters eigencam, and its
    sign, which is free, is chosen so that the map does not sum to less than 0.

    Args:
        model: `nn.Module` or callable, (N, ...) -> scores (N, K) before the softmax; run in
            evaluation mode.
        inputs: (N, C, H, W) or (N, C, L) floating tensor.
        target: the class to explain, an int or (N,) ints.
        layer: the convolutional module (or its name), or the ReLU after it, that returns the maps,
            (N, V, h, w) or (N, V, l).
        variant: one of the names above.
        upsample: enlarge the maps to the size of the inputs by bilinear interpolation.
        progress: False, True for a bar, or a function of (done, total), counted in rows; for the
            variants that run the model many times.

    Returns:
        (N, h, w) or (N, l) tensor, or (N, H, W) or (N, L) with upsample.

    Raises:
        TypeError: inputs, target, layer or progress of the wrong kind.
        ValueError: NaN or infinity, a target outside [0, K), an unknown variant, a layer that is
            not in the model, is not called exactly once, returns no maps or does not lead to the
            score; a score of 0 for ablationcam; inputs that masks do not fit.

    Source:
        Section 3 of each: Selvaraju et al., Grad-CAM (2017); Chattopadhyay et al., Grad-CAM++
        (2018); Fu et al., XGrad-CAM (2020); Draelos and Carin, HiResCAM (2020); Wang et al.,
        Score-CAM (2020); Desai and Ramaswamy, Ablation-CAM (2020); Muhammad and Yeasin, Eigen-CAM
        (2020); Zhang et al., Opti-CAM (2024).

    >>> maps = torch.nn.Identity()
    >>> x = torch.tensor([[[[1.0, 0.0], [0.0, 2.0]]]])
    >>> w = torch.tensor([[1.0, -1.0], [-1.0, 3.0]])
    >>> gradcam(lambda x: (maps(x) * w).sum((2, 3)), x, 0, layer=maps).tolist()
    [[[0.5, 0.0], [0.0, 1.0]]]
    """
    validate.choice("variant", variant, VARIANTS)
    layer = _layer.find("layer", model, layer)
    with _model.explaining(model):
        x = _model.checked_tensor("inputs", inputs)
        classes = _model.checked_target(target, x)
        by_gradient = variant in BY_GRADIENT
        maps, score, slope = _layer.maps_and_score(model, x, classes, layer, gradients=by_gradient)
        if (upsample or variant in ("scorecam", "opticam")) and x.ndim != maps.ndim:
            raise ValueError(
                f"inputs must have the axes of the layer's maps, {maps.ndim}, to be covered by "
                f"them, got shape {tuple(x.shape)}"
            )
        if by_gradient:
            result = BY_GRADIENT[variant](maps, slope)
        elif variant == "eigencam":
            result = eigencam(maps)
        else:
            result = BY_SCORE[variant](model, x, classes, layer, maps, score, progress)
    return upscale(result, x.shape[2:]) if upsample else result
