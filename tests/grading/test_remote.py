"""A check works on a function of another process as it does on one of its own."""

import os
import socket
from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.checks.convolution import equivariance_error
from course_lib.checks.judge import judge
from course_lib.grading import student
from course_lib.grading.channel import Channel
from course_lib.reference.convolution_tasks import layer

ROLL = "def move(image, rows, mode):\n    return np.roll(image, rows, axis=0)\n"
ERROR = """
def equivariance_error(x, w, shift, *, stride=1, mode="wrap"):
    before = layer(move(x, shift, mode), w, stride, mode)
    return np.max(np.abs(before - move(layer(x, w, stride, mode), shift // stride, mode)))
"""


@pytest.fixture
def elsewhere(tmp_path):
    """A function that lets another process define a text's names, and returns its Channel."""
    children = []

    def start(text):
        mine, other = socket.socketpair()
        child = os.fork()
        if not child:
            mine.close()
            names = {"np": np, "layer": layer}
            exec(text, names)
            student.serve(other, SimpleNamespace(names=names), tmp_path, ())
            os._exit(0)
        other.close()
        children.append((child, mine))
        return Channel(mine, public=True)

    yield start
    for child, mine in children:
        mine.close()
        os.waitpid(child, 0)


def of(channel, *names):
    return channel.ask({"do": "names", "names": list(names)})


@pytest.mark.parametrize("move", [ROLL, "move = 3\n", ""])
def test_a_right_function_stands_in_for_a_wrong_one_over_there(elsewhere, move):
    channel = elsewhere(move + ERROR)
    before = of(channel, "move")
    function = of(channel, "equivariance_error")["equivariance_error"]
    verdict = judge(equivariance_error, function, seed=1)
    assert verdict.passed and verdict.unready == ("move",)
    assert of(channel, "move") == before


def test_what_is_wrong_with_the_function_itself_stays_wrong(elsewhere):
    channel = elsewhere(ROLL + ERROR.replace("np.abs(", "("))
    function = of(channel, "equivariance_error")["equivariance_error"]
    verdict = judge(equivariance_error, function, seed=1)
    assert verdict.mistake.name == "no absolute value" and verdict.unready == ("move",)
