"""On trained models, the explanations find what was planted: the patch, the motif, the words."""

import numpy as np
import pytest
import torch

from course_lib import datasets
from course_lib.attribution import (
    cell_trace,
    gradcam,
    in_silico_mutagenesis,
    localisation_score,
    occlusion,
    probe_quotes,
    temporal_output,
    token_saliency,
)


def test_the_maps_find_a_planted_patch(patch_cnn):
    x, labels, masks = patch_cnn.inputs[:40], patch_cnn.labels[:40], patch_cnn.masks[:40]
    chance = 25 / 256
    for variant in ("gradcam", "gradcam++", "hirescam"):
        maps = gradcam(patch_cnn.model, x, labels, layer="features", variant=variant)
        assert localisation_score(maps, masks).mean() > 4 * chance, variant


def test_occlusion_finds_a_planted_patch(patch_cnn):
    x, labels, masks = patch_cnn.inputs[:20], patch_cnn.labels[:20], patch_cnn.masks[:20]
    result = occlusion(patch_cnn.model, x, labels, window=5, stride=2)
    assert localisation_score(result, masks).mean() > 3 * 25 / 256


def test_mutations_of_a_planted_motif_lower_the_score(motif_cnn):
    planted = motif_cnn.labels == 1
    x, masks = motif_cnn.inputs[planted][:20], motif_cnn.masks[planted.numpy()][:20]
    loss = -in_silico_mutagenesis(motif_cnn.model, x, 1).amin(1)
    assert localisation_score(loss, masks).mean() > 0.8


def test_token_saliency_recovers_the_motif(motif_cnn):
    planted = motif_cnn.labels == 1
    x, masks = motif_cnn.inputs[planted][:30], motif_cnn.masks[planted.numpy()][:30]
    for reduce in ("norm", "product"):
        result = token_saliency(motif_cnn.model, x, 1, reduce=reduce)
        assert localisation_score(result, masks).mean() > 0.8, reduce


def test_the_score_rises_when_the_motif_has_been_read(motif_lstm):
    planted = motif_lstm.labels == 1
    x, masks = motif_lstm.inputs[planted][:30], motif_lstm.masks[planted.numpy()][:30]
    p = temporal_output(motif_lstm.model, x)[:, :, 1].numpy()
    ends = masks.shape[1] - 1 - masks[:, ::-1].argmax(1)
    rows = np.arange(len(p))
    assert (p[rows, ends] > 0.9).mean() > 0.9
    before = ends - 3
    assert (p[rows, before] < 0.5).mean() > 0.8


def test_token_saliency_finds_the_words_that_decide(review_cnn):
    model = review_cnn.model
    with torch.no_grad():
        embeddings = model.embed(review_cnn.inputs[:100])
    result = token_saliency(model.scores, embeddings, review_cnn.labels[:100])
    masks = np.zeros(result.shape, dtype=bool)
    for row, mask in zip(masks, review_cnn.masks[:100], strict=True):
        row[: len(mask)] = mask
    words = [len(mask) for mask in review_cnn.masks[:100]]
    chance = np.mean([mask.mean() for mask in review_cnn.masks[:100]])
    inside = [
        localisation_score(result[i : i + 1, : words[i]], masks[i : i + 1, : words[i]])[0]
        for i in range(100)
    ]
    assert np.mean(inside) > 1.5 * chance


def test_a_trained_character_model_has_a_cell_for_quotations(character_lstm):
    text = datasets.character_text()
    cells = character_lstm.model.states(text).cell.numpy()
    scores = np.array([probe_quotes(cell, text) for cell in cells.T])
    best = int(np.abs(scores - 0.5).argmax())
    assert abs(scores[best] - 0.5) > 0.45
    trace = cell_trace(character_lstm.model, text, best)
    assert probe_quotes(trace, text) == pytest.approx(scores[best], abs=1e-6)
