"""What crosses between the processes: everything honest arrives, and nothing else breaks in."""

import json
import socket
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_lib.checks import values
from course_lib.grading import message
from course_lib.grading.channel import Channel
from course_lib.grading.message import BadMessage, Gone

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(max_size=20),
    hnp.arrays(
        st.sampled_from([np.float64, np.float32, np.int64, np.bool_, np.complex128]),
        hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    ),
)  # fmt: skip
NESTS = st.recursive(
    LEAVES,
    lambda part: (
        st.lists(part, max_size=3)
        | st.lists(part, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=4), part, max_size=3)
    ),
    max_leaves=8,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["array", "dtype", "shape", "tuple", "fields", "dict", "set", "bytes", "slice",
                 "generator", "mine", "yours", "answer", "do", "target", "operation", "arguments",
                 "single", "strided", "tensor"]
            ),
            part,
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


def through(nest):
    packed, buffers = message.pack(nest)
    return message.unpack(json.loads(json.dumps(packed)), buffers)


@given(NESTS)
def test_a_nest_arrives_as_it_was(nest):
    came = through(nest)
    assert type(came) is type(nest) and values.same(came, nest)


def test_views_generators_and_named_tuples_arrive():
    from collections import namedtuple

    view = np.arange(12.0).reshape(2, 6)[:, ::2]
    came = through(view)
    assert values.same(came, view) and not came.flags.c_contiguous
    generator = np.random.default_rng(3)
    generator.normal()
    assert through(generator).normal() == generator.normal()
    pair = through(namedtuple("Pair", "left right")(1, 2.5))
    assert (pair.left, pair.right) == (1, 2.5)
    assert through(slice(1, None, 2)) == slice(1, None, 2)


@pytest.mark.parametrize("odd", [object(), len, np.array([object()]), type])
def test_what_is_no_nest_does_not_travel(odd):
    with pytest.raises(BadMessage):
        message.pack([odd])


def test_no_buffer_is_run():
    bomb = b"cos\nsystem\n(S'exit 1'\ntR."
    assert message.unpack({"bytes": 0}, [bomb]) == bomb
    with pytest.raises(BadMessage):
        message.unpack({"array": 0, "dtype": "O", "shape": [1]}, [bomb])


@settings(max_examples=300)
@given(JSON, st.lists(st.binary(max_size=30), max_size=2))
def test_any_json_is_a_nest_or_refused(packed, buffers):
    try:
        message.unpack(packed, buffers)
    except BadMessage:
        pass


def pair():
    mine, theirs = socket.socketpair()
    for end in (mine, theirs):
        end.settimeout(5)
    return mine, theirs


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_end_in_a_refusal(data):
    mine, theirs = pair()
    with mine, theirs:
        theirs.sendall(data)
        theirs.shutdown(socket.SHUT_WR)
        channel = Channel(mine, public=True)
        with pytest.raises(Gone):
            channel.ask({"do": "names", "names": []})
        with pytest.raises(Gone):  # and nothing more is believed
            channel.ask({"do": "names", "names": []})


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_answer_is_a_nest_and_gives_nothing_away(answer):
    """Whatever the student's process says, the checker's objects stay where they are."""
    mine, theirs = pair()
    with mine, theirs:
        head = json.dumps({"message": answer, "sizes": []}).encode()
        theirs.sendall(struct.pack("<Q", len(head)) + head)
        theirs.shutdown(socket.SHUT_WR)
        channel = Channel(mine, public=True)
        channel.owned[7] = lambda: "secret"
        with pytest.raises(Gone):
            raise Gone(str(channel.ask({"do": "names", "names": []})))


@pytest.mark.parametrize(
    ("operation", "arguments"),
    [
        ("attribute", ["__globals__"]),
        ("attribute", ["__code__"]),
        ("attribute", ["_private"]),
        ("attribute", ["method"]),
        ("eval", ["1"]),
        ("call", []),
    ],
)
def test_the_checkers_functions_can_only_be_called(operation, arguments):
    channel = Channel(None, public=True)

    def function():
        return np  # a module stays here

    channel.owned[1] = function
    request = {"target": 1, "operation": operation, "arguments": arguments}
    assert "value" not in channel._operate(request) and "error" in channel._operate(request)


def test_a_message_that_is_too_large_is_refused():
    mine, theirs = pair()
    with mine, theirs:
        theirs.sendall(struct.pack("<Q", 1 << 62))
        with pytest.raises(BadMessage, match="bytes"):
            message.read(mine)
        with pytest.raises(BadMessage, match="larger"):
            message.write(mine, np.zeros(1000), largest=100)
