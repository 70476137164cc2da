"""What the exercise brings along: the maps of four networks, and the network of its last part."""

import sys
from pathlib import Path

import numpy as np
import pytest

from course_lib import datasets, models
from course_lib.datasets import four_maps, maps
from course_lib.reference.patch_net import PatchNet

sys.path.insert(0, str(Path(__file__).parent))
import make_maps  # noqa: E402


@pytest.fixture(scope="module")
def stored():
    good, bad = maps._stored()
    return {"trained": 255 * good, "untrained": 255 * bad}


def test_every_usual_comparison_finds_the_untrained_map(stored):
    for good, bad in zip(stored["trained"], stored["untrained"], strict=True):
        for odd in bad:
            assert make_maps.odd_ones(np.concatenate([good, odd[None]])) == {3}


def test_a_single_map_tells_little():
    """Neither the most even nor the sharpest nor the brightest map is the untrained one's."""
    drawn = [four_maps(rng=seed) for seed in range(400)]
    for measure in (lambda m: m.std((1, 2)) / m.mean((1, 2)), lambda m: m.mean((1, 2))):
        values = [(measure(four), odd) for four, odd in drawn]
        for choose in (np.argmin, np.argmax):
            assert np.mean([choose(value) == odd for value, odd in values]) < 0.5


def test_the_stored_maps_are_those_of_the_networks(stored):
    """The untrained ones to one part in 255; the trained one as far as machines agree."""
    net = models.trained("digits_cnn")
    inputs, labels = net.inputs[:150], net.labels[:150]

    def bytes_of(model):
        found = make_maps.maps(model, inputs, labels)
        return 255 * found / found.max(axis=(1, 2), keepdims=True)

    born = bytes_of(make_maps.untrained(3))
    for one in stored["untrained"][:, 0]:
        assert np.abs(born - one).max(axis=(1, 2)).min() < 1.5
    learnt = bytes_of(net.model).reshape(150, -1)
    for one in stored["trained"][:, 0]:
        assert max(np.corrcoef(one.ravel(), other)[0, 1] for other in learnt) > 0.8


def test_the_patch_net_is_right_and_its_gradient_is_one():
    images, labels, _ = datasets.planted_patches(500, rng=123)
    net = PatchNet()
    assert np.mean((net.f(images) > 0) == (labels == 1)) > 0.995
    x, step = images[:2, 0], np.zeros((2, 16, 16))
    step[:, 7, 9] = 1e-6
    expected = (net.f(x + step) - net.f(x - step)) / 2e-6
    np.testing.assert_allclose(net.gradient(x)[:, 7, 9], expected, rtol=1e-6)
    assert net.gradient(images[:3]).shape == (3, 1, 16, 16)


def test_what_the_model_answer_says_of_the_patch_net():
    net = PatchNet()
    images, labels, masks = datasets.planted_patches(20, rng=2)
    images = images[:, 0]
    square = np.zeros((1, 16, 16))
    square[0, 4:9, 5:10] = 1
    assert net.f(square)[0] == pytest.approx(-0.64, abs=0.01)
    assert net.f(square)[0] < net.f(images[labels == 0]).min()
    assert (net.f(images * ~masks) < 0).all()
    assert np.corrcoef(net.w)[0, 1] < -0.99
    whole = np.abs(net.gradient(images))[~masks].mean()
    net.signs = np.array([1, 1, 0, 0])
    assert np.abs(net.gradient(images))[~masks].mean() > 0.9 * whole
