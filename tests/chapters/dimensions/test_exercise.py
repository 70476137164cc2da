"""What the exercise on dimensions says of its networks is what PyTorch and the answers say."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.reference import dimensions

SOURCE = Path(__file__).parents[3] / "solutions" / "dimensions" / "dimensions.py"
TEXT = SOURCE.read_text(encoding="utf-8")


def lenet(padding=0, second=0):
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=padding), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5, padding=second), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(400, 120), nn.Linear(120, 84), nn.Linear(84, 10)),
    )


def test_the_network_dies_with_the_words_of_the_exercise():
    with pytest.raises(RuntimeError) as caught:
        lenet()(torch.zeros(1, 1, 28, 28))
    assert f"# RuntimeError: {caught.value}\n" in TEXT


@pytest.mark.parametrize("repair", [dict(padding=2), dict(second=1)])
def test_both_repairs_run_with_the_trained_weights(repair):
    mended = lenet(**repair)
    mended.load_state_dict(lenet().state_dict())
    assert mended(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


def test_a_black_frame_is_what_the_first_repair_adds():
    """The marking scheme's reason: on a black ground the repaired network is the trained one."""
    image = torch.rand(1, 1, 28, 28)
    trained, first, second = lenet(), lenet(padding=2), lenet(second=1)
    for mended in (first, second):
        mended.load_state_dict(trained.state_dict())
    framed = trained(nn.functional.pad(image, (2, 2, 2, 2)))
    assert torch.allclose(first(image), framed, atol=1e-5)
    assert not torch.allclose(second(image), framed, atol=1e-3)


def test_numbers_of_the_second_marking_scheme():
    counts = [
        sum(n for _, n in dimensions.track((32, 20, 20), layers))
        for layers in ([("conv", 32, 3, 1, 0)] * 3, [("conv", 32, 7, 1, 0)])
    ]
    assert re.search(
        r"three have\s+# ([\d,]+) parameters, the one has ([\d,]+)", TEXT
    ).groups() == (
        f"{counts[0]:,}",
        f"{counts[1]:,}",
    )


@pytest.mark.parametrize("name", ["repair", "design"])
def test_no_docstring_gives_a_choice_away(name):
    words = getattr(dimensions, name).__doc__
    assert not re.search(r"padding|pool|first|slow|field|\d\d,\d", words)


def test_the_layer_given_for_groups_knows_no_groups():
    """With the library's own option the task would be one call."""
    names = {}
    setup = re.search(r'^# %% locked="setup"\n(.*?)^# %%', TEXT, re.S | re.M)[1]
    exec(setup, names)  # noqa: S102
    x, w, b = np.ones((1, 2, 3, 3)), np.ones((1, 2, 2, 2)), np.ones(1)
    assert np.all(names["conv2d"](x, w, b) == 9)
    with pytest.raises(TypeError, match="groups"):
        names["conv2d"](x, w, b, groups=2)


def test_the_last_network_does_not_depend_on_what_a_student_changed_in_place():
    assert TEXT.count("trained_on_32") == 1
