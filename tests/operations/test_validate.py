"""Refusals name the argument, what came and what is allowed."""

import numpy as np
import pytest
import torch

from course_lib import validate


def message_of(error, function, *args, **options):
    with pytest.raises(error) as caught:
        function(*args, **options)
    return str(caught.value)


def test_array_kind():
    assert validate.array_kind(np.float64(1)) is None
    assert validate.array_kind(np.ones(1)) == "numpy"
    assert validate.array_kind(torch.ones(1)) == "torch"
    assert validate.array_kind([1.0]) is None


def test_arrays_accept_floating_arrays_of_one_kind_and_dtype():
    for dtype in (np.float16, np.float32, np.float64, np.complex64, np.complex128):
        validate.arrays(x=np.ones(2, dtype), w=np.ones(3, dtype), b=None)
    for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.float64):
        validate.arrays(x=torch.ones(2, dtype=dtype), b=None, w=torch.ones(3, dtype=dtype))
    validate.arrays(x=None)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "bool", "object", "U1", "datetime64[s]"])
def test_arrays_refuse_what_is_not_floating(dtype):
    message = message_of(TypeError, validate.arrays, image=np.zeros(2).astype(dtype))
    assert message == (
        f"image must have a floating dtype such as float64, got {np.dtype(dtype)}. Convert numbers "
        f"first, because integers wrap around or round silently; of token ids take the one-hot "
        f"vectors or embeddings"
    )


def test_arrays_refuse_integer_tensors():
    message = message_of(TypeError, validate.arrays, x=torch.ones(2, dtype=torch.uint8))
    assert "x must have a floating dtype such as float64, got torch.uint8" in message


def test_arrays_refuse_complex_tensors_with_their_own_reason():
    message = message_of(TypeError, validate.arrays, x=torch.ones(2, dtype=torch.complex64))
    assert message == (
        "x must have a real dtype as a tensor, got torch.complex64: take its real part, or for a "
        "complex step its NumPy array"
    )


@pytest.mark.parametrize("dtype", [">f8", ">f4", ">c16"])
def test_arrays_refuse_another_byte_order_and_say_how_to_convert(dtype):
    x = np.ones(2, dtype)
    message = message_of(TypeError, validate.arrays, x=x)
    assert message.startswith(f"x must have the byte order of this machine, got {dtype}")
    converted = eval(message.rsplit(" ", 1)[1], {"x": x})
    validate.arrays(x=converted)
    np.testing.assert_array_equal(converted, x)


def test_arrays_refuse_what_is_not_a_plain_array():
    for place in (dict(x=np.ones(2)), {}):
        masked = np.ma.array([1.0, 2.0], mask=[False, True])
        message = message_of(TypeError, validate.arrays, **place, w=masked)
        assert message == (
            "w must be a plain array, got a masked one, whose mask would be lost: take "
            "w.filled(value)"
        )
        message = message_of(TypeError, validate.arrays, **place, w=np.ones((2, 2)).view(np.matrix))
        assert message == (
            "w must be a plain array, got a matrix, whose products and axes are others: take "
            "np.asarray(w)"
        )


def test_arrays_may_lie_in_a_file(tmp_path):
    validate.arrays(x=np.memmap(tmp_path / "x", float, "w+", shape=2), w=np.ones(2))


def test_arrays_refuse_mixtures():
    x, tensor = np.ones(2), torch.ones(2, dtype=torch.float64)
    message = message_of(TypeError, validate.arrays, x=x, b=None, w=tensor)
    assert message == "w must be of the same kind as x (numpy), got torch"
    message = message_of(TypeError, validate.arrays, x=tensor, w=x)
    assert message == "w must be of the same kind as x (torch), got numpy"
    message = message_of(TypeError, validate.arrays, x=x, w=x, b=x.astype(np.float32))
    assert message == "b must have the dtype of x (float64), got float32"
    message = message_of(TypeError, validate.arrays, x=[1.0])
    assert message == "x must be a NumPy array or a torch tensor, got list"
    message = message_of(TypeError, validate.arrays, x=x, w=2.0)
    assert message == "w must be a NumPy array or a torch tensor, got float"
    message = message_of(ValueError, validate.arrays, x=tensor, w=tensor.to("meta"))
    assert message == "w must be on the device of x (cpu), got meta"


def test_shape():
    x = np.ones((2, 3))
    validate.shape("x", x, ["N", "D"])
    validate.shape("x", x, [2, "D"])
    validate.shape("x", x, (2, 3))
    assert message_of(ValueError, validate.shape, "x", x, ["N"]) == (
        "x must have 1 axes (N,), got shape (2, 3)"
    )
    assert message_of(ValueError, validate.shape, "x", torch.ones(2), ["N", "C", 4]) == (
        "x must have 3 axes (N, C, 4), got shape (2,)"
    )
    assert message_of(ValueError, validate.shape, "x", x, ["N", 4]) == (
        "x must have shape (N, 4), got (2, 3)"
    )
    assert message_of(ValueError, validate.shape, "x", x, [3, 3]) == (
        "x must have shape (3, 3), got (2, 3)"
    )


def test_batch():
    validate.batch("x", np.ones((0, 3)), ["N", "C"])
    for array in (np.ones((2, 0)), torch.ones(2, 0), (2, 0)):
        assert message_of(ValueError, validate.batch, "x", array, ["N", "C"]) == (
            "x must have at least 1 along every axis but the first, got shape (2, 0)"
        )
    assert message_of(ValueError, validate.batch, "x", np.ones(2), ["N", "C"]) == (
        "x must have 2 axes (N, C), got shape (2,)"
    )


def test_integer_returns_an_int_in_range():
    for value in (3, np.int64(3), np.uint8(3), torch.tensor(3)):
        number = validate.integer("k", value, minimum=3, maximum=3)
        assert number == 3 and type(number) is int
    assert validate.integer("k", -7) == -7
    assert validate.integer("k", 5, minimum=5) == 5
    assert validate.integer("k", -5, maximum=-5) == -5


@pytest.mark.parametrize(
    ("limits", "allowed"),
    [
        ({}, "an integer"),
        ({"minimum": 1}, "an integer of at least 1"),
        ({"maximum": 9}, "an integer of at most 9"),
        ({"minimum": 1, "maximum": 9}, "an integer of at least 1 and at most 9"),
    ],
)
def test_integer_refuses(limits, allowed):
    for value in (1.0, "1", None, True, np.True_, [1], np.ones(2, int)):
        message = message_of(TypeError, validate.integer, "k", value, **limits)
        assert message == f"k must be {allowed}, got {value!r}"
    outside = ([0] if "minimum" in limits else []) + ([10] if "maximum" in limits else [])
    for value in outside:
        message = message_of(ValueError, validate.integer, "k", value, **limits)
        assert message == f"k must be {allowed}, got {value}"


def test_number_returns_a_float_within_the_limits():
    for value in (
        2, 2.0, np.float32(2), np.float64(2), np.int64(2), np.array(2.0), np.array(2),
        torch.tensor(2.0), torch.tensor(2),
    ):  # fmt: skip
        number = validate.number("step", value, minimum=2, maximum=2, above=1, below=3)
        assert number == 2 and type(number) is float
    assert validate.number("value", -np.inf) == -np.inf
    assert np.isnan(validate.number("value", np.nan))


@pytest.mark.parametrize(
    ("limits", "allowed", "outside"),
    [
        ({}, "a number", []),
        ({"minimum": 0}, "a number of at least 0", [-1, -np.inf, np.nan]),
        ({"above": 0}, "a number above 0", [0, -1, np.nan]),
        ({"maximum": 1}, "a number at most 1", [2, np.inf, np.nan]),
        ({"minimum": 0, "below": 1}, "a number of at least 0 and below 1", [-1, 1, np.nan]),
    ],
)
def test_number_refuses(limits, allowed, outside):
    for value in ("1", None, True, np.True_, torch.tensor(True), 1j, [1.0], np.ones(1)):
        message = message_of(TypeError, validate.number, "step", value, **limits)
        assert message == f"step must be {allowed}, got {value!r}"
    for value in outside:
        message = message_of(ValueError, validate.number, "step", value, **limits)
        assert message == f"step must be {allowed}, got {value:g}"


def test_pair():
    for value in ((1, 2), [1, 2], np.array([1, 2])):
        assert validate.pair("stride", value, minimum=1) == (1, 2)
    assert validate.pair("stride", 3, minimum=1) == (3, 3)
    assert validate.pair("stride", np.int64(3), minimum=1) == (3, 3)
    message = message_of(ValueError, validate.pair, "stride", (1, 2, 3), minimum=1)
    assert message == "stride must be an int or a pair of ints, got (1, 2, 3)"
    message = message_of(ValueError, validate.pair, "stride", (1, 0), minimum=1)
    assert message == "stride must be an integer of at least 1, got 0"
    message = message_of(TypeError, validate.pair, "stride", (1.5, 2), minimum=1)
    assert message == "stride must be an integer of at least 1, got 1.5"
    message = message_of(TypeError, validate.pair, "stride", "12", minimum=1)
    assert message == "stride must be an integer of at least 1, got '12'"


def test_sizes():
    assert validate.sizes("shape", [1, 2], "HW") == (1, 2)
    assert validate.sizes("shape", (0, 2), "HW", minimum=0) == (0, 2)
    message = message_of(ValueError, validate.sizes, "shape", (0, 2), "HW")
    assert message == "H of shape must be an integer of at least 1, got 0"
    message = message_of(TypeError, validate.sizes, "shape", (1, 2.0), "HW")
    assert message == "W of shape must be an integer of at least 1, got 2.0"
    message = message_of(ValueError, validate.sizes, "shape", [1], "HW")
    assert message == "shape must be 2 ints (H, W), got (1,)"
    message = message_of(TypeError, validate.sizes, "shape", 4, "D")
    assert message == "shape must be 1 ints (D,), got 4"


def test_indices():
    x = np.ones(2)
    for labels in (np.array([0, 4]), np.array([4, 0], np.uint8), np.zeros(0, int)):
        validate.indices("labels", labels, like=x, below=5)
    validate.indices("labels", torch.tensor([0, 4]), like=torch.ones(2), below=5)
    validate.indices("labels", np.array([-7, 99]), like=x, below=None)
    for dtype in ("uint8", "uint16", "uint32", "uint64", "int32", "int64"):
        array = np.array([0, 4], dtype)
        for labels, like in ((array, x), (torch.tensor(array), torch.ones(2))):
            given = validate.indices("labels", labels, like=like, below=5)
            assert str(given.dtype).endswith("int64") and given.tolist() == [0, 4]
            assert (given is labels) == (dtype == "int64")
    for wrong, got in (([0, -1], -1), ([5, 0], 5), ([-1, 5], -1)):
        message = message_of(
            ValueError, validate.indices, "labels", np.array(wrong), like=x, below=5
        )
        assert message == f"labels must lie in [0, 5), got {got}"
    message = message_of(TypeError, validate.indices, "labels", np.ones(2), like=x, below=5)
    assert message == "labels must have an integer dtype such as int64, got float64"
    kinds = "labels must be an array of integers of the same kind as the other arguments"
    for wrong, got in ((torch.tensor([1]), "torch"), ([1], "list")):
        message = message_of(TypeError, validate.indices, "labels", wrong, like=x, below=5)
        assert message == f"{kinds} (numpy), got {got}"
    elsewhere = torch.zeros(1, dtype=torch.int64, device="meta")
    message = message_of(
        ValueError, validate.indices, "labels", elsewhere, like=torch.ones(1), below=5
    )
    assert message == "labels must be on the device cpu, got meta"


def test_choice():
    assert validate.choice("mode", "wrap", ("wrap", "reflect")) == "wrap"
    for value in ("edge", None, 1, ["wrap"]):
        message = message_of(ValueError, validate.choice, "mode", value, ("wrap", "reflect"))
        assert message == f"mode must be one of 'wrap', 'reflect', got {value!r}"
