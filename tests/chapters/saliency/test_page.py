"""What the page on saliency prints, glues and claims."""

import re

import numpy as np
import pytest
import torch

from course_lib.attribution import class_model, gradient_times_input, saliency
from course_lib.figures.saliency import SaturatedScore


def test_paper_nudge_and_library_agree(page):
    assert re.findall(r"equal: (\w+)", page.printed) == ["True", "True"]
    assert np.ravel(page.names["losses"]).tolist() == [2, 6, 6]


def test_the_answer_names_the_maps_of_the_opening(page):
    names = page.names["shuffled"]
    assert [k for k, name in names.items() if "untrained" in name] == ["A", "D", "F"]
    assert [names[k] for k in "ADF"] == [
        f"{m}, untrained" for m in ("gradient", "× input", "occlusion")
    ]
    assert [names[k] for k in "BCEG"] == ["occlusion", "gradient × input", "SmoothGrad", "gradient"]


def test_only_the_square_on_the_sign_costs_the_score(page):
    whole, *scores = [score for _, score, _ in page.names["walk"]]
    assert scores[1] < min(whole, scores[0], scores[2]) - 5


def test_a_black_pixel_covered_with_black_changes_nothing(page):
    maps, zero = page.names["covered_zero"], page.names["zero"][0, 0]
    assert maps["black"][zero == 0].abs().max() < 1e-4 < maps["black"].abs().max()
    assert (maps["white"][3:5, 3:5] > 0).all()
    assert (page.names["zero_maps"]["gradient × input"][zero == 0] == 0).all()
    assert page.glued["saliency-hole-before"] > 0.99 > 0.5 > page.glued["saliency-hole-after"]


def test_nearly_every_change_in_the_motif_lowers_the_score(page):
    names = page.names
    inside = names["changes"][:, names["places"]]
    others = names["word"][0].numpy()[:, names["places"]] == 0
    assert np.mean(inside[others] < 0) > 0.85
    outside = np.delete(names["changes"], names["places"], axis=1)
    assert np.abs(outside).mean() < 0.2 * np.abs(inside[others]).mean()


def test_the_surest_digits_have_no_slope_and_much_to_lose(page):
    glued = page.glued
    assert glued["saliency-sure"] > 100
    assert glued["saliency-most"] < 0.05 and glued["saliency-truth"] > 0.9
    lost = page.names["truth"]
    ones = page.names["labels"][page.names["sure"]].numpy() == 1
    assert (lost[ones] < 0.1).all() and (lost[~ones] > 0.9).all()


def test_the_posterior_grows_by_lowering_the_others(page, oracles):
    assert "[ 0.77 -0.63 -0.14]" in page.printed
    assert oracles["softmax_ce_chain"]["inputs"]["logits"] == page.names["scores"].tolist()
    own, other, _ = page.names["up_log_p"]
    assert page.glued["saliency-posterior-own"] < 0.1 * page.glued["saliency-score-own"]
    assert page.glued["saliency-lost"] > 20
    assert own.min() < own[0] and own[-1] > other[-1] + 2


def test_class_models_leave_the_digits_behind(page):
    scores = page.names["class_scores"]
    assert scores[5, 5] > 5 * page.glued["saliency-real"]
    assert scores[9].argmax() != 9 and scores[9, 9] > page.glued["saliency-real"]
    assert "[ 2. -4.  1.] = [ 2. -4.  1.]" in page.printed


def test_the_climb_is_that_of_the_library(page):
    images, _ = page.names["climb"](lambda s: s, 20)
    net = page.names["digits"].model
    expected = class_model(net, 3, shape=(1, 8, 8), l2=0.5, steps=20, lr=0.01)
    torch.testing.assert_close(images[3], expected, rtol=1e-3, atol=1e-4)


def test_the_products_do_not_add_up_to_the_score(page):
    found = [float(n) for n in re.findall(r"mean (?:sum|score) ([\d.]+)", page.printed)]
    assert found[0] < 0.9 * found[1]
    layers = torch.nn.Conv2d(1, 4, 3, bias=False), torch.nn.ReLU(), torch.nn.Flatten()
    net = torch.nn.Sequential(*layers, torch.nn.Linear(4 * 36, 2, bias=False)).double()
    x = torch.rand(3, 1, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(gradient_times_input(net, x, 1).sum((1, 2, 3)), net(x)[:, 1])


def test_smoothgrad_of_a_relu_is_the_normal_distribution(page, oracles):
    printed = re.findall(r"^(\S+) (\S+) (\d\.\d+)  (\d\.\d+)$", page.printed, re.M)
    expected = oracles["smoothgrad_relu"]["expected"]["value"]
    assert len(printed) == len(expected)
    for x, sigma, sampled, formula in printed:
        assert float(formula) == pytest.approx(expected[f"{x},{sigma}"], abs=5e-4)
        assert float(sampled) == pytest.approx(float(formula), abs=0.005)


def test_the_trace_term_holds_for_the_cube_and_not_for_the_relu(page, oracles):
    sigma = oracles["smoothgrad_trace"]["inputs"]["cubic"]["sigma"]
    moved = np.interp(sigma, page.names["sigmas"], page.names["cube_moved"])
    assert moved == pytest.approx(3 * sigma**2, rel=0.01)
    assert page.names["relu_moved"][-1] < -0.3


def test_the_slope_of_one_pixel_jumps(page):
    jumps = np.abs(np.diff(page.names["jumping"]))
    assert (jumps < 1e-6).mean() > 0.5 and jumps.max() > 0.01


def test_the_grades_of_the_methods(page):
    learnt, glued = page.names["learnt"], page.glued
    image = glued["saliency-image-score"]
    assert learnt["gradient, size"] < image and learnt["SmoothGrad, size"] < image
    assert learnt["gradient × input"] > learnt["occlusion"] > 1.5 * image
    assert learnt["SmoothGrad, size"] < learnt["gradient, size"]
    for born in page.names["born_ones"]:
        assert all(born[name] < learnt[name] for name in learnt)
    assert glued["saliency-born-score"] > image
    scores = page.names["scores_of"](page.names["patches"].model, page.names["patches"].inputs)
    assert (scores.argmax(1) == page.names["patches"].labels).all()


def test_answers_of_the_figure():
    sure, one, zero, edge = (
        SaturatedScore(preset=name).attributions for name in ("sure", "one", "zero", "edge")
    )
    assert sure["gradient"] == sure["occlusion"] == (0, 0) != sure["shapley"]
    assert one["occlusion"][0] > 0 == one["occlusion"][1]
    assert zero["gradient"][1] == 1 and zero["times"][1] == 0
    assert edge["gradient"] == (0, 0) and edge["smooth"][0] > 0.3


def test_the_answers_of_test_yourself():
    x = torch.tensor([[3.0, 3 - 1e-9]], dtype=torch.float64)
    assert saliency(lambda x: x.amax(1), x, 0).tolist() == [[1, 0]]
    assert (x[0].max() - x[0, 1]).item() == pytest.approx(1e-9, rel=1e-3)
