"""Any result and any argument: accepted when right, told in words when wrong, never a crash."""

from collections import namedtuple

import numpy as np
import pytest
import torch

from course_lib.checks import values
from course_lib.checks.cases import Case, call
from course_lib.checks.fingerprint import alike, fingerprint
from course_lib.checks.judge import judge
from course_lib.checks.message import text
from course_lib.checks.task import Task
from course_lib.checks.values import Tolerance, difference

Gradients = namedtuple("Gradients", "dx dw")
A, B = np.arange(6.0).reshape(2, 3), np.arange(9.0).reshape(3, 3) + 1


def told(function, *cases, returns=()):
    """Check `function` on cases and return the message, or None where it passes."""
    task = Task("tiny.task", "nowhere", {"idea": 1}, lambda: cases, returns=returns)
    verdict = judge(task, function)
    message = text(task, verdict)
    assert "0x" not in message
    return None if verdict.passed else message


RIGHT = [
    (A, A.copy()),
    (A, A[::-1][::-1]),
    (A, A.astype(np.float32)),
    (A, A.astype(int)),
    ((A, B), [A, B]),
    (Gradients(A, B), (A, B)),
    ([1, (2, 3)], [1, (2, 3)]),
    ([1, 2], np.array([1, 2])),
    ({"a": A, "b": [B]}, {"b": [B], "a": A}),
    ("ACGT", "ACGT"),
    (True, np.bool_(True)),
    (False, np.array(False)),
    (None, None),
    (7, np.int64(7)),
    (0.5, np.float32(0.5)),
    (2.0, 2),
    (2.0, np.array(2.0)),
    (np.inf, float("inf")),
    (torch.ones(2), np.ones(2)),
    (np.ones(2), torch.ones(2)),
    ({(1, 2)}, {(1, 2)}),
    (np.array([True, False]), np.array([True, False])),
]


@pytest.mark.parametrize(("expected", "value"), RIGHT)
def test_right_results_of_any_kind_pass(expected, value):
    assert told(lambda: value, Case("", call(), expected)) is None


WRONG = [
    (Gradients(A, B), Gradients(A, B * 2), "dw: 9 of 9 values differ, by up to 9"),
    ((A, B), (A, B.T), "[1]: 6 of 9 values differ"),
    ((A, B), A, "it returned an array of shape (2, 3), not a tuple"),
    ((A, B), (A,), "it returned a tuple of length 1, not 2"),
    ((A, B), (A, None), "[1] is None"),
    ([A, [B]], [A, [B[:2]]], "[1][0] is of shape (2, 3), not (3, 3)"),
    ([(1, 2), (3, 4)], [(1, 2), (3, 5)], "[1][1] is 5, not 4"),
    ({"a": A}, {"a": A + 1}, "a: 6 of 6 values differ"),
    ({"a": A}, {"c": A}, "a dict whose keys are not the expected ones: a"),
    ({"a": A}, [A], "it returned a list, not a dict"),
    ([A], {"a": A}, "it returned a dict, not a list"),
    ([1], 1, "it returned an int, not a list"),
    ("ACGT", "ACG", "it returned 'ACG', not 'ACGT'"),
    ("ACGT", 3, "it returned an int, not a word"),
    (True, False, "it returned False, not True"),
    (True, 1, "it returned an int, not True or False"),
    (4, 4.0, "it returned the float 4.0, not the whole number (int)"),
    (4, True, "it returned a bool, not a single number"),
    (4, "4", "it returned a str, not a single number"),
    (4.0, 1j, "it returned a complex, not a single number"),
    (4.0, np.zeros(1), "it returned an array of shape (1,), not a single number"),
    (4.0, float("nan"), "it returned nan"),
    (4.0, None, "it returned None: is there a `return` at its end?"),
    (None, 3, "it returned 3, not None"),
    (A, A.tolist(), "it returned a list, not a NumPy array of shape (2, 3)"),
    (A, 3.0, "it returned a float, not a NumPy array"),
    (A, A[None], "it returned shape (1, 2, 3), not (2, 3)"),
    (A, A.astype(str), "it returned an array of <U"),
    (A, A.astype(object), "it returned an array of object"),
    (A, A * np.nan, "6 of 6 values are NaN or infinite"),
    (A, A + 1e-6, "6 of 6 values differ, by up to 1e-06"),
    (np.array([True]), np.array([1]), "it returned an array of int64, not of bool"),
    (A, object(), "not a NumPy array"),
    (3, lambda: 3, "a function, not a single number"),
]


@pytest.mark.parametrize(("expected", "value", "words"), WRONG)
def test_wrong_results_of_any_kind_are_told_in_words(expected, value, words):
    assert words in told(lambda: value, Case("", call(), expected))


class Odd:
    """An object whose own methods raise."""

    def __eq__(self, other):
        raise ValueError("no")

    def __repr__(self):
        raise ValueError("no")

    def __len__(self):
        raise ValueError("no")

    def __array__(self, *_, **__):
        raise ValueError("no")


@pytest.mark.parametrize("expected", [expected for expected, _ in RIGHT])
@pytest.mark.parametrize(
    "value",
    [
        *(None, 0, "x", b"x", [], (), {}, set(), [None], [[1], [2, 3]], {"a": None}, Odd()),
        *(Odd, [Odd()], lambda: 0, np.zeros(0), np.zeros((0, 3)), np.array(None), np.array(["a"])),
        *(1j, float("nan"), np.array(1j), np.zeros(2, dtype="M8[s]"), range(3), torch.zeros(2)),
        *(np.ma.masked, Ellipsis, NotImplemented, np.random.default_rng(0), np.zeros((2, 3), "O")),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nothing_crashes_whatever_comes_back(expected, value):
    message = told(lambda: value, Case("", call(), expected))
    assert message is None or len(message) < 2000


def test_the_parts_of_a_plain_tuple_carry_the_task_s_names():
    case = Case("", call(), (A, B, A))
    message = told(lambda: (A, B, A + 1), case, returns=("dx", "dw", "db"))
    assert "db: 6 of 6 values differ" in message
    assert "db expected" in message and "db returned" in message


def test_calls_without_any_array_are_shown_as_one_would_type_them():
    case = Case("by hand", call(28, 5, stride=2), 12)
    message = told(lambda n, k, stride: 13, case)
    assert "task(28, 5, stride=2)   # by hand\n  it returned 13, not 12" in message
    case = Case("layers", call([("conv", 8, 3), ("flatten",)], "ACGT"), [1])
    assert "task([('conv', 8, 3), ('flatten',)], 'ACGT')" in told(lambda a, b: [2], case)


def game(coalition):
    """The value of a coalition.

    More about it.
    """
    return coalition


class Net:
    def __call__(self, x):
        return x


def test_functions_games_and_models_are_shown_without_an_address():
    rng = np.random.default_rng(0)
    case = Case("", call(game, Net(), lambda x: x, torch.nn.Linear(2, 1), rng), 1)
    message = told(lambda *_: 2, case)
    assert "<The value of a coalition>, <Net>, <<lambda>>" in message
    assert "Linear(in_features=2" in message and "a Generator" in message


def test_a_generator_gives_every_call_the_same_numbers():
    case = Case("", call(np.random.default_rng(3), 4), np.random.default_rng(3).normal(size=4))
    for _ in range(2):
        assert told(lambda rng, n: rng.normal(size=n), case) is None


@pytest.mark.parametrize(
    ("argument", "spoil"),
    [
        ([A, B], lambda v: v[1].fill(0)),
        ({"w": A}, lambda v: v["w"].fill(7)),
        ({"w": A}, lambda v: v.pop("w")),
        ([1, 2], lambda v: v.append(3)),
        ((A, [B]), lambda v: v[1].clear()),
        (Gradients(A, B), lambda v: v.dx.fill(1)),
        (torch.ones(2), lambda v: v.zero_()),
    ],
)
def test_inputs_changed_in_place_are_noticed_however_deep(argument, spoil):
    def spoiling(x, *, y=None):
        spoil(x if y is None else y)
        return 1

    assert "it changed its input x in place" in told(spoiling, Case("", call(argument), 1))
    assert "it changed its input y in place" in told(spoiling, Case("", call(0, y=argument), 1))
    assert told(lambda x: 1, Case("", call(argument), 1)) is None


def test_a_list_of_arrays_of_different_shapes_is_not_taken_for_changed():
    assert told(lambda xs: sum(x.sum() for x in xs), Case("", call([A, B]), 60.0)) is None


def test_small_numbers_count():
    for size in (1e-10, 1e-12, 9e-16, 1e-300):
        expected = np.array([size, 2 * size])
        assert difference(np.zeros(2), expected)
        assert difference(expected * (1 + 1e-6), expected)
        assert difference(expected * (1 + 1e-12), expected) is None
        assert difference(0.0, size)
    assert difference((np.ones(2), np.zeros(1)), (np.ones(2), np.array([1e-10])))  # part by part
    close, wide = np.array([1e3, 2e-7]), np.array([1e3, 1e-7])
    assert difference(close, wide) is None
    assert difference(close, wide, Tolerance(each=True))
    assert difference(1e-15, 0.0)
    assert difference(1e-15, 0.0, Tolerance(size=1.0)) is None


def test_the_dtype_counts_only_where_the_case_says_so():
    narrow = A.astype(np.float32)
    assert difference(A, narrow) is None
    assert difference(A, narrow, Tolerance(dtype=True)).kind == "dtype"
    assert "differ" in difference(A + 1, narrow, Tolerance(dtype=True)).words
    assert difference(narrow * np.float32(1 + 1e-6), narrow, Tolerance(dtype=True)) is None
    assert difference(narrow * np.float32(1 + 1e-4), narrow, Tolerance(dtype=True)).kind == "value"


def test_a_place_is_said_in_the_words_of_the_field():
    Layer, Map = namedtuple("Layer", "shape parameters"), namedtuple("Map", "height width")
    expected = [Layer(Map(3, 4), 7), Layer(Map(1, 2), 5)]
    for value, words in (
        ([((3, 4), 7), ((1, 6), 5)], "layer 1, shape, width is 6, not 2"),
        ([((3, 4), 7), ((1, 2), 6)], "layer 1, parameters is 6, not 5"),
        ([((3, 4), 7), ((1,), 5)], "layer 1, shape is a tuple of length 1, not 2"),
    ):
        assert difference(value, expected, names="layer").words == words
    assert difference([[1], [2]], [[1], [3]]).words == "[1][0] is 2, not 3"
    assert difference({"a": [1]}, {"a": [2]}).words == "a[0] is 1, not 2"


def test_a_strided_view_stays_one_in_memory_of_its_own():
    view = np.arange(12.0).reshape(2, 6)[:, ::2]
    copy = values.copy(view)
    assert copy.strides == view.strides and not np.shares_memory(copy, view)
    assert np.array_equal(copy, view)


def test_a_fingerprint_has_no_noise_of_a_processor():
    """The shipped results are made once, and compared on any machine."""
    assert fingerprint(np.array([2e-16, -1e-16])) == fingerprint(np.zeros(2))
    weights = np.random.default_rng(0).uniform(0.5, 1.5, size=(2, 2))
    cancels = np.array([weights[0, 1], -weights[0, 0]])  # the first sum is rounding alone
    assert fingerprint(cancels)[1][0] == 0 and fingerprint(1e-9)[1][0] != 0


def test_a_fingerprint_tells_values_apart_and_forgets_the_dtype():
    same = [(A, A.astype(np.float32)), ((A, B), [A, B]), (2, 2.0), (np.float64(1), np.array(1.0))]
    other = [(A, A.T), (A, A + 1e-4), (A, B), (A, [A]), ("a", "b"), (True, False), (0.0, np.nan)]
    other += [((A, B), (B, A)), ({"a": 1}, {"b": 1}), (np.ones(3), np.ones(4))]
    for one, two in same:
        assert alike(fingerprint(one), fingerprint(two)), (one, two)
    for one, two in other:
        assert not alike(fingerprint(one), fingerprint(two)), (one, two)
