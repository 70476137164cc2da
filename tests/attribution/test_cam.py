"""CAM and the Grad-CAM family against worked numbers, identities and refusals."""

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.attribution import bilinear, cam, gradcam, upscale
from course_lib.attribution.cam import VARIANTS
from course_lib.attribution.cam_variants import OPTI_RATE, OPTI_STEPS


def double(values):
    return torch.tensor(values, dtype=torch.float64)


class GapNet(nn.Module):
    """A convolution, a ReLU (in place if asked), global average pooling and a linear head."""

    def __init__(self, *, axes=2, bias=True, inplace=False, maps=3, classes=4, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        conv = nn.Conv2d if axes == 2 else nn.Conv1d
        self.conv = conv(2, maps, 3, bias=bias).double()
        self.relu = nn.ReLU(inplace=inplace)
        self.head = nn.Linear(maps, classes, bias=bias).double()

    def forward(self, x):
        return self.head(self.relu(self.conv(x)).flatten(2).mean(2))


@pytest.fixture
def x():
    return torch.randn(5, 2, 8, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def net():
    return GapNet()


TARGETS = [0, 1, 2, 3, 1]


def worked(oracle):
    """The worked example: the maps are the input itself, the head has weights alpha."""
    inputs = oracle["inputs"]
    maps, head = nn.Identity(), nn.Linear(2, 1, bias=False).double()
    head.weight.data[:] = double(inputs["alpha"])
    return lambda x: head(maps(x).mean((2, 3))), double([inputs["B"]]), maps, head


def test_the_worked_maps(oracles):
    expected = oracles["cam_gradcam_small"]["expected"]
    model, B, maps, head = worked(oracles["cam_gradcam_small"])
    assert model(B).item() == expected["y"]
    result = cam(model, B, 0, layer=maps, head=head)
    assert torch.equal(result, double([expected["CAM"]]))
    assert result.mean() == expected["y"]
    assert torch.equal(gradcam(model, B, 0, layer=maps), double([expected["GradCAM"]]))
    hires = gradcam(model, B, 0, layer=maps, variant="hirescam")
    assert torch.equal(hires, double([expected["HiResCAM"]]))


def test_gradcam_averages_what_hirescam_keeps_apart(oracles):
    oracle = oracles["gradcam_vs_hirescam"]
    maps, w = nn.Identity(), double(oracle["inputs"]["w"])
    B, expected = double([oracle["inputs"]["B"]]), oracle["expected"]

    def model(x):
        return (maps(x) * w).sum((1, 2, 3))

    assert model(B).item() == expected["y"]
    averaged = gradcam(model, B, 0, layer=maps)
    assert torch.equal(averaged, double([expected["GradCAM"]]))
    apart = gradcam(model, B, 0, layer=maps, variant="hirescam")
    assert torch.equal(apart, double([expected["HiResCAM"]]))
    assert apart.sum() == expected["y"]


def test_hirescam_is_a_termwise_product(oracles):
    oracle = oracles["hadamard"]
    maps, A = nn.Identity(), double(oracle["inputs"]["A"])
    B = double([[oracle["inputs"]["B"]]])
    result = gradcam(lambda x: (maps(x) * A).sum((1, 2, 3)), B, 0, layer=maps, variant="hirescam")
    assert torch.equal(result, double([oracle["expected"]["AB"]]))


@pytest.mark.parametrize("axes", [1, 2])
def test_the_mean_of_cam_and_the_bias_are_the_score(axes, x):
    net = GapNet(axes=axes)
    x = x if axes == 2 else x[:, :, 0]
    result = cam(net, x, TARGETS, layer="relu", head="head")
    assert result.shape == ((5, 6, 5) if axes == 2 else (5, 5))
    scores = net(x)[range(5), TARGETS]
    assert torch.allclose(
        result.flatten(1).mean(1) + net.head.bias[TARGETS], scores, rtol=0, atol=1e-14
    )


@pytest.mark.parametrize("inplace", [False, True])
def test_gradcam_on_a_gap_head_is_relu_of_cam_over_its_places(inplace, x):
    net = GapNet(inplace=inplace)
    expected = cam(net, x, TARGETS, layer=net.relu, head=net.head).relu() / 30
    result = gradcam(net, x, TARGETS, layer=net.relu)
    assert torch.allclose(result, expected, rtol=0, atol=1e-15) and result.max() > 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_inplace_relu_after_the_layer_changes_nothing(variant, x):
    with_copy, in_place = GapNet(), GapNet(inplace=True)
    a, b = (gradcam(n, x, 1, layer="conv", variant=variant) for n in (with_copy, in_place))
    assert torch.equal(a, b)


@pytest.mark.parametrize("variant", VARIANTS)
def test_each_row_is_explained_alone(variant, net, x):
    together = gradcam(net, x, TARGETS, layer="relu", variant=variant)
    for row, target in enumerate(TARGETS):
        alone = gradcam(net, x[row : row + 1], target, layer="relu", variant=variant)
        assert torch.allclose(together[row], alone[0], rtol=1e-9, atol=1e-12)


def loops(net, x, target, weigh, relu=True):
    """sum_v a_v B_v, one example, map by map, with a_v = weigh(B_v, G_v)."""
    B = net.relu(net.conv(x[None]))[0].detach().requires_grad_()
    net.head(B.mean((1, 2)))[target].backward()
    result = sum(weigh(b, g) * b for b, g in zip(B.detach(), B.grad, strict=True))
    return result.clamp(min=0) if relu else result


def plus_plus(b, g):
    return (g**2 / (2 * g**2 + b.sum() * g**3) * g.clamp(min=0)).sum()


@pytest.mark.parametrize(
    ("variant", "weigh", "relu"),
    [
        ("gradcam", lambda b, g: g.mean(), True),
        ("gradcam++", plus_plus, True),
        ("xgradcam", lambda b, g: (b / b.sum() * g).sum(), True),
        ("hirescam", lambda b, g: g, False),
    ],
)
def test_gradient_variants_follow_their_formulas(variant, weigh, relu, net, x):
    result = gradcam(net, x, 2, layer="relu", variant=variant)
    for row in range(len(x)):
        expected = loops(net, x[row], 2, weigh, relu)
        assert torch.allclose(result[row], expected, rtol=1e-10, atol=1e-14)
    assert result.abs().max() > 1e-3


def test_xgradcam_and_plus_plus_where_the_gradient_varies():
    maps = nn.Identity()
    B = double([[[[1.0, 3.0]], [[2.0, 0.0]]]])

    def model(x):
        return ((maps(x) ** 2).sum((2, 3)) * double([1.0, -1.0])).sum(1)

    # G_1 = (2, 6), G_2 = (-4, 0).
    a = (1 * 2 + 3 * 6) / 4, (2 * -4) / 2
    expected = double([[[a[0] * 1 + a[1] * 2, a[0] * 3]]]).clamp(min=0)
    result = gradcam(model, B, 0, layer=maps, variant="xgradcam")
    assert torch.allclose(result, expected, rtol=1e-14, atol=0)
    # w_1 = (4 / (8 + 4*8), 36 / (72 + 4*216)), ReLU(G_1) = (2, 6); ReLU(G_2) = 0.
    a = 4 / 40 * 2 + 36 / 936 * 6
    result = gradcam(model, B, 0, layer=maps, variant="gradcam++")
    assert torch.allclose(result, double([[[a, 3 * a]]]), rtol=1e-14, atol=0)
    # Entry by entry: (2*1 - 4*2, 6*3 - 0).
    result = gradcam(model, B, 0, layer=maps, variant="hirescam")
    assert torch.equal(result, double([[[-6.0, 18.0]]]))


@pytest.mark.parametrize("variant", ["gradcam++", "xgradcam"])
def test_a_map_of_zeros_weighs_nothing(variant):
    maps = nn.Identity()
    B = double([[[[0.0, 0.0]], [[1.0, 2.0]]]])
    result = gradcam(lambda x: maps(x).sum((1, 2, 3)), B, 0, layer=maps, variant=variant)
    assert torch.isfinite(result).all() and result.max() > 0
    flat = gradcam(lambda x: maps(x).sum((1, 2, 3)) * 0, B, 0, layer=maps, variant=variant)
    assert torch.equal(flat, torch.zeros(1, 1, 2, dtype=torch.float64))


def test_hirescam_is_complete_on_a_head_without_biases(x):
    net = GapNet(bias=False)
    head = nn.Sequential(nn.Flatten(), nn.Linear(90, 6, bias=False), nn.ReLU())
    head.append(nn.Linear(6, 4, bias=False))
    model = nn.Sequential(net.conv, net.relu, head.double())
    result = gradcam(model, x, TARGETS, layer="1", variant="hirescam")
    scores = model(x)[range(5), TARGETS]
    assert torch.allclose(result.sum((1, 2)), scores, rtol=0, atol=1e-14)
    averaged = gradcam(model, x, TARGETS, layer="1")
    assert (averaged.sum((1, 2)) - scores).abs().max() > 1e-3


def test_ablation_on_a_linear_head_measures_weight_times_pooled_map(x):
    net = GapNet(bias=False)
    result = gradcam(net, x, TARGETS, layer="relu", variant="ablationcam")
    with torch.no_grad():
        B = net.relu(net.conv(x))
        drops = net.head.weight[TARGETS] * B.mean((2, 3))  # alpha_v GAP(B_v)
        scores = net(x)[range(5), TARGETS]
    expected = ((drops / scores[:, None])[:, :, None, None] * B).sum(1).relu()
    assert torch.allclose(result, expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("layer", ["relu", "conv"])  # maps with and without negative entries
def test_scorecam_follows_its_formula(layer, net, x):
    result = gradcam(net, x, TARGETS, layer=layer, variant="scorecam")
    with torch.no_grad():
        for row, target in enumerate(TARGETS):
            B = net.conv(x[row : row + 1])[0]
            B = B.relu() if layer == "relu" else B
            gains = []
            for b in B:
                large = nn.functional.interpolate(b[None, None], x.shape[2:], mode="bilinear")
                mask = (large - large.min()) / (large.max() - large.min())
                blank = net(torch.zeros_like(x[:1]))[0, target]
                gains.append(net(x[row : row + 1] * mask)[0, target] - blank)
            weights = torch.stack(gains).softmax(0)
            expected = (weights[:, None, None] * B).sum(0).clamp(min=0)
            assert torch.allclose(result[row], expected, rtol=1e-10, atol=1e-14)


def test_a_constant_map_masks_everything():
    maps = nn.Identity()
    x = double([[[[1.0, 1.0]], [[0.0, 2.0]]]])
    # Masks: nothing of x, and (0, 1) of it: scores 0 and 3.
    result = gradcam(lambda x: maps(x).sum((1, 2, 3)), x, 0, layer=maps, variant="scorecam")
    a = double([0.0, 3.0]).softmax(0)
    assert torch.allclose(result, double([[[a[0], a[0] + 2 * a[1]]]]), rtol=1e-14, atol=0)


def test_eigencam_projects_on_the_first_right_singular_vector(net, x):
    result = gradcam(net, x, TARGETS, layer="relu", variant="eigencam")
    with torch.no_grad():
        B = net.relu(net.conv(x)).numpy()
    for row in range(len(x)):
        places = B[row].reshape(3, 30).T
        gram = places.T @ places
        v = np.linalg.eigh(gram)[1][:, -1]
        expected = (places @ v).reshape(6, 5)
        expected *= np.sign(expected.sum())
        assert np.allclose(result[row], expected, rtol=1e-9, atol=1e-12)
    assert (result.sum((1, 2)) >= 0).all()
    other = gradcam(net, x, 0, layer="relu", variant="eigencam")
    assert torch.equal(result, other)  # no class enters


def test_eigencam_turns_a_negative_map_around():
    maps = nn.Identity()
    B = double([[[[-1.0, -2.0]]]])
    for scale in (1, 1e-3):
        result = gradcam(
            lambda x: maps(x).sum((1, 2, 3)), scale * B, 0, layer=maps, variant="eigencam"
        )
        assert torch.allclose(result, scale * double([[[1.0, 2.0]]]))


@pytest.mark.parametrize("seed", range(8))
def test_eigencam_keeps_the_length_whatever_the_sign_of_the_singular_vector(seed):
    maps = nn.Identity()
    B = 1e-2 * torch.randn(4, 3, 2, 5, generator=torch.Generator().manual_seed(seed))
    result = gradcam(lambda x: maps(x).sum((1, 2, 3)), B, 0, layer=maps, variant="eigencam")
    first = torch.linalg.svdvals(B.flatten(2))[:, 0]
    assert torch.allclose(result.flatten(1).norm(dim=1), first) and (result.sum((1, 2)) >= 0).all()


def masked_score(net, x, maps, target):
    large = nn.functional.interpolate(maps[:, None], x.shape[2:], mode="bilinear")
    low, high = large.amin((1, 2, 3), keepdim=True), large.amax((1, 2, 3), keepdim=True)
    with torch.no_grad():
        return net(x * (large - low) / (high - low))[range(len(x)), target]


def test_opticam_climbs_as_in_its_paper():
    assert (OPTI_STEPS, OPTI_RATE) == (100, 0.1)


def test_opticam_raises_the_score_of_the_masked_input(net, x):
    result = gradcam(net, x, TARGETS, layer="relu", variant="opticam")
    B = net.relu(net.conv(x)).detach()
    found, start = (masked_score(net, x, maps, TARGETS) for maps in (result, B.mean(1)))
    assert (found >= start - 1e-12).all() and (found > start + 1e-4).sum() >= 4
    # Convex weights: inside the range of the maps at every place.
    assert (result <= B.amax(1) + 1e-12).all() and (result >= B.amin(1) - 1e-12).all()


def test_opticam_on_two_maps_chooses_the_one_that_pays():
    maps = nn.Identity()
    x = double([[[[1.0, 0.0]], [[0.0, 1.0]]]])
    weight = double([[[1.0, 0.0]], [[0.0, 0.0]]])
    result = gradcam(
        lambda x: (maps(x) * weight).sum((1, 2, 3)), x, 0, layer=maps, variant="opticam"
    )
    assert result[0, 0, 0] > 0.5 > result[0, 0, 1]
    assert result.sum().item() == pytest.approx(1)  # a softmax mixes the two


def test_opticam_keeps_the_best_map_of_each_row():
    maps = nn.Identity()
    x = double([[[[1.0, 0.0, 0.5]], [[0.0, 0.0, 1.0]]]])
    seen = []

    def model(x):
        seen.append(maps(x).detach())
        return -((x[:, 0, 0, 0] - 0.8) ** 2)  # a peak that Adam overshoots and returns to

    result = gradcam(model, x, 0, layer=maps, variant="opticam")
    assert len(seen) == 1 + OPTI_STEPS + 1
    scores = [-((row[0, 0, 0, 0] - 0.8) ** 2).item() for row in seen[1:]]
    found = -((result[0, 0, 0] / result.max() - 0.8) ** 2).item()
    assert found == pytest.approx(max(scores), rel=1e-6) and found > scores[-1] > scores[0]


@pytest.mark.parametrize("variant", ["gradcam", "hirescam", "eigencam", "scorecam", "opticam"])
def test_upsampling_lays_the_map_over_the_input(variant, net, x):
    small = gradcam(net, x, 1, layer="relu", variant=variant)
    large = gradcam(net, x, 1, layer="relu", variant=variant, upsample=True)
    assert small.shape == (5, 6, 5) and large.shape == (5, 8, 7)
    expected = nn.functional.interpolate(small[:, None], (8, 7), mode="bilinear")[:, 0]
    assert torch.equal(large, expected)


@pytest.mark.parametrize("variant", VARIANTS)
def test_sequences_and_empty_batches_work(variant, x):
    net = GapNet(axes=1)
    result = gradcam(net, x[:, :, 0], 1, layer="relu", variant=variant, upsample=True)
    assert result.shape == (5, 7) and result.dtype == torch.float64
    empty = gradcam(net, x[:0, :, 0], 1, layer="relu", variant=variant)
    assert empty.shape == (0, 5)


def test_cam_of_no_rows_is_empty(net, x):
    assert cam(net, x[:0], 1, layer="relu", head="head").shape == (0, 6, 5)


def test_frozen_parameters_are_explained_too(net, x):
    expected = gradcam(net, x, 1, layer="relu")
    net.requires_grad_(False)
    assert torch.equal(gradcam(net, x, 1, layer="relu"), expected)
    with torch.no_grad():
        assert torch.equal(gradcam(net, x, 1, layer="relu"), expected)


@pytest.mark.parametrize(
    ("variant", "rows"),
    [("scorecam", 15), ("ablationcam", 15), ("opticam", 5 * (OPTI_STEPS + 1))],
)
def test_progress_counts_the_rows_that_the_model_sees(variant, rows, net, x):
    told, seen = [], []
    counting = net.register_forward_pre_hook(lambda module, args: seen.append(len(args[0])))
    gradcam(net, x, 1, layer="relu", variant=variant, progress=lambda *counts: told.append(counts))
    counting.remove()
    assert told[-1] == (rows, rows) and sum(seen) == rows + 5  # and one run for the maps
    with pytest.raises(TypeError, match="progress must be"):
        gradcam(net, x, 1, layer="relu", variant=variant, progress="yes")


@pytest.mark.parametrize("variant", ["scorecam", "ablationcam"])
def test_nothing_is_printed_unless_asked(variant, net, x, capsys):
    gradcam(net, x, 1, layer="relu", variant=variant)
    assert capsys.readouterr() == ("", "")
    gradcam(net, x, 1, layer="relu", variant=variant, progress=True)
    assert "-CAM" in capsys.readouterr().err


@pytest.mark.parametrize("variant", ["scorecam", "ablationcam", "opticam"])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_error_in_a_later_run_leaves_all_as_found(variant, error, net, x, left_as_found):
    runs = []

    def fail_at_the_third(module, args):
        runs.append(None)
        if len(runs) == 3:
            raise error("third run")

    net.train()
    net.head.register_forward_pre_hook(fail_at_the_third)
    with left_as_found(net, x), pytest.raises(error, match="third run"):
        gradcam(net, x, 1, layer="relu", variant=variant)


def call(method, net, x, **options):
    options = {"layer": "relu", **options}
    if method is cam:
        options.setdefault("head", "head")
    return method(net, x, options.pop("target", 1), **options)


@pytest.mark.parametrize("method", [cam, gradcam])
@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"target": 4}, ValueError, r"target must be in \[0, 4\).*got 4"),
        ({"target": -1}, ValueError, "target must be .*at least 0"),
        ({"target": [0, 1]}, ValueError, "target must be an int or have shape"),
        (
            {"layer": "conv9"},
            ValueError,
            "layer must name a module of model .*'relu'.* got 'conv9'",
        ),
        ({"layer": nn.ReLU()}, ValueError, "layer must be a module of model, got another ReLU"),
        ({"layer": 3}, TypeError, "layer must be a module of model or its name, got 3"),
        ({"layer": "head"}, ValueError, r"layer must return feature maps .*got \(5, 4\)"),
    ],
)
def test_refusals(method, options, error, message, net, x, left_as_found):
    with left_as_found(net, x), pytest.raises(error, match=message):
        call(method, net, x, **options)


@pytest.mark.parametrize("method", [cam, gradcam])
@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_inputs_that_are_not_finite_are_refused(method, bad, net, x):
    x[1, 0, 2, 2] = bad
    with pytest.raises(ValueError, match="inputs must be finite, got NaN or infinity in 1 of"):
        call(method, net, x)


def test_unknown_variants_are_refused(net, x):
    with pytest.raises(ValueError, match="variant must be one of 'gradcam', .*got 'gradcam2'"):
        gradcam(net, x, 1, layer="relu", variant="gradcam2")


def test_a_layer_that_is_not_called_or_called_twice_is_refused(net, x, left_as_found):
    idle, twice = nn.Identity(), nn.ReLU()
    with pytest.raises(ValueError, match="layer must be called when the model runs"):
        gradcam(lambda x: net(x), x, 1, layer=idle)
    net.relu = nn.Sequential(twice, twice)
    with left_as_found(net, x), pytest.raises(ValueError, match="layer must be called once"):
        gradcam(net, x, 1, layer=twice)


def test_a_layer_that_the_score_does_not_depend_on_is_refused(net, x):
    aside = nn.Identity()

    def model(x):
        return net(x) + 0 * aside(x).detach().sum()

    with pytest.raises(ValueError, match="layer must lead to the score"):
        gradcam(model, x, 1, layer=aside)

    def constant(x):
        aside(x)
        return torch.ones(len(x), 4, dtype=x.dtype)

    with pytest.raises(ValueError, match="layer must lead to the score"):
        gradcam(constant, x, 1, layer=aside)


def test_maps_that_are_no_maps_are_refused(net, x):
    bad = nn.Identity()

    def broken(change):
        return lambda x: (bad(change(x)), net(x))[1]

    with pytest.raises(ValueError, match="the layer's output must be finite"):
        gradcam(broken(lambda x: x / 0), x, 1, layer=bad, variant="eigencam")
    with pytest.raises(ValueError, match="layer must keep the batch axis, 5 rows, got 4"):
        gradcam(broken(lambda x: x[1:]), x, 1, layer=bad)

    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    pair = Pair()
    with pytest.raises(ValueError, match="layer must return feature maps .*got tuple"):
        gradcam(lambda x: net(pair(x)[0]), x, 1, layer=pair)


def test_a_gradient_that_is_not_finite_is_refused(x):
    maps = nn.Identity()
    with pytest.raises(ValueError, match="gradient of the model's score must be finite"):
        gradcam(lambda x: maps(x * 0).sqrt().sum((1, 2, 3)), x, 0, layer=maps)


def test_ablation_refuses_a_score_of_zero(x):
    maps = nn.Identity()
    with pytest.raises(ValueError, match="score other than 0 for 'ablationcam'"):
        gradcam(lambda x: 0 * maps(x).sum((1, 2, 3)), x, 0, layer=maps, variant="ablationcam")


@pytest.mark.parametrize("options", [{"upsample": True}, {"variant": "scorecam"}])
def test_masks_must_fit_the_inputs(options, x):
    maps = nn.Identity()

    def model(x):
        return maps(x.view(len(x), 2, -1)).sum((1, 2))

    with pytest.raises(ValueError, match="inputs must have the axes of the layer's maps, 3"):
        gradcam(model, x, 0, layer=maps, **options)
    assert gradcam(model, x, 0, layer=maps).shape == (5, 56)


def test_cam_refuses_heads_that_do_not_fit(net, x):
    with pytest.raises(TypeError, match="head must be a torch.nn.Linear, got ReLU"):
        cam(net, x, 1, layer="relu", head="relu")
    with pytest.raises(ValueError, match="head must name a module"):
        cam(net, x, 1, layer="relu", head="top")
    wide, few = nn.Linear(5, 4).double(), nn.Linear(3, 1).double()
    for head, found in ((wide, "5 to 4"), (few, "3 to 1")):
        with pytest.raises(ValueError, match=f"head must map the 3 maps .* got {found}"):
            cam(lambda x: net(x), x, [0, 1, 0, 0, 0], layer=net.relu, head=head)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_cam_refuses_a_model_without_global_average_pooling(dtype, net, x):
    net, x = net.to(dtype), x.to(dtype)
    assert cam(net, x, 1, layer="relu", head="head").dtype == dtype
    # The sum in place of the mean, the maps before the ReLU, and a score after a softmax.
    with pytest.raises(ValueError, match="must end in global average pooling"):
        cam(
            lambda x: net.head(net.relu(net.conv(x)).sum((2, 3))),
            x,
            1,
            layer=net.relu,
            head=net.head,
        )
    with pytest.raises(ValueError, match="must end in global average pooling"):
        cam(net, x, 1, layer="conv", head="head")
    with pytest.raises(ValueError, match="must end in global average pooling"):
        cam(lambda x: net(x).softmax(1), x, 1, layer=net.relu, head=net.head)


def test_cam_notices_a_small_difference_and_says_how_large(net, x):
    def shifted(x):
        return net(x) + 1e-7 * torch.arange(len(x), dtype=x.dtype)[:, None]

    with pytest.raises(ValueError, match="they differ by 4e-07"):
        cam(shifted, x, 1, layer=net.relu, head=net.head)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_cam_measures_the_difference_by_the_size_of_the_score(scale):
    maps, head = nn.Identity(), nn.Linear(1, 1, bias=False).double()
    nn.init.constant_(head.weight, scale)
    x = torch.ones(1, 1, 4, 4, dtype=torch.float64)

    def shifted(by):
        return lambda x: head(maps(x).mean((2, 3))) + by * scale

    assert (cam(shifted(1e-8), x, 0, layer=maps, head=head) == scale).all()
    with pytest.raises(ValueError, match="must end in global average pooling"):
        cam(shifted(1e-7), x, 0, layer=maps, head=head)


def test_cam_of_a_head_of_zeros_is_zero(x):
    net = GapNet(bias=False)
    nn.init.zeros_(net.head.weight)
    assert (cam(net, x, 2, layer="relu", head="head") == 0).all()


@pytest.mark.parametrize(("variant", "B"), [("gradcam++", [-3.0, 1.0]), ("xgradcam", [1.0, -1.0])])
def test_where_the_formula_divides_zero_by_zero_the_weight_is_zero(variant, B):
    maps = nn.Identity()
    # The gradient is 1 everywhere: 2 G^2 + sum(B) G^3 = 0, and sum(B) = 0.
    result = gradcam(
        lambda x: maps(x).sum((1, 2, 3)), double([[[B]]]), 0, layer=maps, variant=variant
    )
    assert result.tolist() == [[[0, 0]]]


def test_cam_without_a_bias(x):
    net = GapNet(bias=False)
    result = cam(net, x, 2, layer="relu", head="head")
    assert torch.allclose(result.mean((1, 2)), net(x)[:, 2], rtol=0, atol=1e-14)


def test_bilinear_follows_the_formula(oracles):
    inputs, expected = oracles["bilinear"]["inputs"], oracles["bilinear"]["expected"]
    corners = inputs["corners"]
    assert bilinear(corners, *inputs["point"]) == expected["value"]
    for x in (0, 1):
        for y in (0, 1):
            assert bilinear(corners, x, y) == corners[x][y]
    assert bilinear(np.array(corners), 0.5, 0.5) == 4.5


def test_upscaling_agrees_with_the_formula_and_the_worked_numbers(oracles):
    corners = double([oracles["bilinear"]["inputs"]["corners"]])
    expected = oracles["bilinear"]["expected"]
    aligned = upscale(corners, (4, 4), align_corners=True)
    assert torch.allclose(aligned, double([expected["align_corners_true"]]), rtol=0, atol=1e-14)
    centred = upscale(corners, (4, 4))
    assert torch.allclose(centred, double([expected["align_corners_false"]]), rtol=0, atol=1e-14)
    for i in range(4):
        for j in range(4):
            assert aligned[0, i, j].item() == pytest.approx(bilinear(corners[0], i / 3, j / 3))


@pytest.mark.parametrize(
    ("corners", "point"),
    [
        ([[1.0, 2.0]], (0, 0)),
        ([[1.0], [2.0]], (0, 0)),
        ([[1.0, 2.0], [3.0, 4.0]], (1.1, 0)),
        ([[1.0, 2.0], [3.0, 4.0]], (-0.1, 0)),
        ([[1.0, 2.0], [3.0, 4.0]], (0, 1.1)),
        ([[1.0, 2.0], [3.0, 4.0]], (0, -0.1)),
    ],
)
def test_bilinear_refuses(corners, point):
    with pytest.raises(ValueError, match="corners must be|must be in"):
        bilinear(corners, *point)


@pytest.mark.parametrize(
    ("shape", "size", "message"),
    [
        ((2, 3, 3), 4, "maps must be"),
        ((2, 3), (4, 4), "maps must be"),
        ((2, 3, 3, 3), (4, 4, 4), "maps must be"),
        ((2,), (), "maps must be"),
        ((2, 3, 3), (0, 4), "size must be an integer of at least 1"),
    ],
)
def test_upscale_refuses(shape, size, message):
    with pytest.raises(ValueError, match=message):
        upscale(torch.ones(shape), size)
    with pytest.raises(ValueError, match="maps must be finite"):
        upscale(torch.full((1, 2, 2), torch.nan), (4, 4))
