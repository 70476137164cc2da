"""The score against a planted truth: by hand, on random maps, and its refusals."""

import numpy as np
import pytest
import torch

from course_lib.attribution import localisation_score

ATTRIBUTION = np.array([[[4.0, 1.0], [-5.0, 3.0]], [[0.0, -1.0], [-2.0, -3.0]]])
MASK = np.array([[[True, False], [True, False]], [[True, False], [False, False]]])


@pytest.mark.parametrize(
    ("measure", "expected"), [("mass", [0.5, 0]), ("rank", [0.5, 0]), ("pointing", [1, 0])]
)
def test_by_hand(measure, expected):
    result = localisation_score(ATTRIBUTION, MASK, measure=measure)
    assert result.tolist() == expected and result.dtype == np.float64
    tensors = torch.tensor(ATTRIBUTION, requires_grad=True), torch.tensor(MASK)
    assert localisation_score(*tensors, measure=measure).tolist() == expected


@pytest.mark.parametrize("measure", ["mass", "rank", "pointing"])
def test_a_perfect_map_scores_one_and_its_opposite_zero(measure):
    perfect = np.where(MASK, 2.0, -1.0)
    assert (localisation_score(perfect, MASK, measure=measure) == 1).all()
    assert (localisation_score(1 - perfect, MASK, measure=measure) == 0).all()


def test_measures_differ():
    attribution = np.array([[10.0, 1.0, 1.0, 5.0]])
    mask = np.array([[False, True, True, True]])
    assert localisation_score(attribution, mask) == pytest.approx(7 / 17)
    assert localisation_score(attribution, mask, measure="rank") == pytest.approx(2 / 3)
    assert localisation_score(attribution, mask, measure="pointing") == 0


def test_channels_are_summed_before_the_positive_part():
    attribution = np.array([[[3.0, 1.0], [-3.0, 1.0]]])  # (1, C=2, 2): sums to (0, 2)
    assert localisation_score(attribution, np.array([[True, False]])).tolist() == [0]
    assert localisation_score(attribution, np.array([[False, True]])).tolist() == [1]


@pytest.mark.parametrize("measure", ["mass", "rank", "pointing"])
def test_random_maps_score_the_share_of_the_mask(measure):
    rng = np.random.default_rng(0)
    mask = np.zeros((2000, 20), dtype=bool)
    mask[:, 4:9] = True
    score = localisation_score(rng.random((2000, 20)), mask, measure=measure).mean()
    assert score == pytest.approx(0.25, abs=4 * 0.5 / np.sqrt(2000))


@pytest.mark.parametrize(
    ("attribution", "mask", "options", "error", "message"),
    [
        (ATTRIBUTION, MASK, {"measure": "iou"}, ValueError, "measure must be one of 'mass'"),
        (ATTRIBUTION, MASK * 1.0, {}, TypeError, "mask must be boolean, got dtype float64"),
        (ATTRIBUTION * np.nan, MASK, {}, ValueError, "attribution must be finite"),
        (np.array([[1, np.inf]]), np.ones((1, 2), bool), {}, ValueError, "attribution must be fin"),
        (ATTRIBUTION[:, :1], MASK, {}, ValueError, r"got \(2, 1, 2\) and \(2, 2, 2\)"),
        (ATTRIBUTION[:1], MASK, {}, ValueError, "attribution and mask must be"),
        (ATTRIBUTION[0, 0], MASK[0, 0], {}, ValueError, "attribution and mask must be"),
        (ATTRIBUTION, MASK & False, {}, ValueError, "mask must have at least one true entry"),
        (
            ATTRIBUTION,
            MASK & [[[True]], [[False]]],
            {},
            ValueError,
            "at least one true entry in each row",
        ),
    ],
)
def test_refusals(attribution, mask, options, error, message):
    with pytest.raises(error, match=message):
        localisation_score(attribution, mask, **options)
