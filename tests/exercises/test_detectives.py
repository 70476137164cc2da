"""What the detectives see in a wrong result, and that they see nothing where there is nothing."""

import numpy as np
import pytest

from course_lib.checks.detectives import look
from course_lib.checks.values import Tolerance

RNG = np.random.default_rng(0)
Y = np.round(RNG.normal(size=(2, 3, 4, 5)) * 10, 3)
BORDER = Y.copy()
BORDER[..., [0, -1], :] = BORDER[..., :, [0, -1]] = 0.5
CUT = Y.copy()
CUT[:, 2:] = 0
GAPS = np.zeros_like(Y)
GAPS[..., ::2] = Y[..., ::2]
ONE_WRONG = Y.copy()
ONE_WRONG[:, 1] = 7

SEEN = [
    (Y.swapaxes(2, 3), "rows and columns exchanged (transposed)"),
    (Y.transpose(1, 0, 2, 3), "axes 0 and 1 exchanged"),
    (Y[..., ::-1], "reversed along axis 3"),
    (Y[:, :, ::-1, ::-1], "reversed along axes 2 and 3"),
    (-Y, "with the other sign"),
    (Y / 3, "every number is 1/3 of what it should be"),
    (Y * 2, "every number is 2 times what it should be"),
    (Y + 5, "every number is too large by 5"),
    (Y - np.array([1, 2, 3.5])[:, None, None], "for each index of axis 1: [-1, -2, -3.5]"),
    (CUT, "right up to index 1 of axis 1, and 0 from there on"),
    (0 * Y, "all its numbers are 0"),
    (Y[..., 1:], "yours lies in it from [0, 0, 0, 1] on"),
    (np.pad(Y, [(0, 0), (0, 0), (1, 1), (2, 2)]), "lies inside yours, from [0, 0, 1, 2] on"),
    (Y[..., ::2], "it holds only every second number"),
    (Y.repeat(3, axis=3), "every third of its numbers would be"),
    (GAPS, "only every second number along axis 3 is filled"),
    (np.round(Y, 1), "rounded to 1 digit after the point"),
    (np.trunc(Y), "its numbers have no fractions"),
    (Y.astype(np.float32).astype(np.float64), "as if an array had dtype float32"),
    (np.maximum(Y, 0), "where a negative number should be it has 0"),
    (np.abs(Y), "its negative numbers have lost their sign"),
    (Y[:1].repeat(2, axis=0), "what belongs to index 0 of axis 0 stands at every index"),
    (np.roll(Y, 1, axis=3), "moved by one along axis 3"),
    (np.concatenate([Y[..., 1:], Y[..., :1] * 0], -1), "one place off along axis 3"),
    (Y.reshape(2, 3, 20), "but the shape is another"),
    (Y[:, :, :, :, None], "there is an axis too many"),
    (Y[1], "it is what belongs to index 1 of axis 0 alone"),
    (np.stack([Y / 4, 3 * Y / 4], 1), "summed over its axis 1, it would be right"),
    (ONE_WRONG, "only what has index 1 of axis 1 is wrong"),
    (BORDER, "only the border is wrong"),
    (np.sort(Y.ravel())[RNG.permutation(Y.size)].reshape(Y.shape), "they stand in another order"),
]


@pytest.mark.parametrize(("came", "words"), SEEN, ids=[words for _, words in SEEN])
def test_a_transformed_result_is_recognised_first(came, words):
    seen = look(came, Y, Tolerance())
    assert seen and words in seen[0].words, seen


def test_one_large_number_hides_no_difference():
    wanted = np.array([1e6, 13, 15, 17, 20, 141])
    came = wanted + np.array([0, 3, 4, 1, 109, 0])
    assert look(came, wanted, Tolerance()) == []
    seen, *_ = look(wanted.astype(np.float32) / 3, wanted / 3, Tolerance())
    assert "dtype float32" in seen.words


def test_no_wrong_formula_is_called_rounding():
    for off in (1e-5, 1e-4, 1e-3, 0.015):
        seen = look(Y * (1 + off * RNG.uniform(0.2, 1, Y.shape)), Y, Tolerance())
        assert not any("rounding" in one.words for one in seen), off
    seen, *_ = look(Y.astype(np.float16).astype(np.float64), Y, Tolerance())
    assert "dtype float16" in seen.words


def test_equal_numbers_are_not_those_of_one_index():
    seen, *_ = look(np.array([1, 1, 1]), np.array([2, 2, 1]), Tolerance())
    assert seen.words == "all its numbers are 1"


def test_two_numbers_have_a_telling_ratio_or_none():
    assert [seen.kind for seen in look(6, 8, Tolerance())] == ["small by 2"]
    assert look(4, 8, Tolerance())[0].kind == "times 1/2"
    assert look(0.6, 0.8, Tolerance()) == []


def test_only_a_simple_ratio_is_told():
    for ratio in (0.756757, 0.75, 1.28559, 2.5):
        assert look(Y * ratio, Y, Tolerance()) == [], ratio
    assert look(np.array([3.0]), np.array([0.75]), Tolerance())[0].kind == "factor"


def test_other_numbers_show_nothing():
    for shape in (Y.shape, (2, 3, 4, 4), (3, 2), (5,)):
        assert look(RNG.normal(size=shape), Y, Tolerance()) == []


@pytest.mark.parametrize(
    ("came", "wanted", "words"),
    [
        (-3.0, 3.0, "with the other sign"),
        (0, 3.0, "it is 0 where the expected number is not"),
        (6.0, 3.0, "2 times the expected number"),
        (4, 3, "too large by 1"),
        (3.14, 3.14159, "rounded"),
        (3, 3.7, "without its fraction"),
    ],
)
def test_single_numbers(came, wanted, words):
    assert any(words in seen.words for seen in look(came, wanted, Tolerance()))


@pytest.mark.parametrize(("came", "wanted"), [(79.5, 25.0), (47, 25), (28.5, 25.0)])
def test_single_numbers_that_have_nothing_to_do_with_each_other_show_nothing(came, wanted):
    assert look(came, wanted, Tolerance()) == []


def test_0_is_not_called_a_number_without_its_fraction():
    (seen,) = look(0, 0.5, Tolerance())
    assert seen.kind == "always 0"


def test_exchanged_parts_and_parts_by_themselves():
    parts = (Y, Y[0], Y[0, 0])
    (seen,) = look((Y[0], Y, Y[0, 0]), parts, Tolerance(), (0,))
    assert "the parts are right, but in another order" in seen.words
    seen = look((Y, -Y[0], Y[0, 0]), parts, Tolerance(), (1,))
    assert "with the other sign" in seen[0].words


@pytest.mark.parametrize("came", [np.zeros((0, 3)), np.array("x"), np.full(Y.shape, np.nan), None])
def test_odd_results_show_nothing_and_raise_nothing(came):
    assert look(came, Y, Tolerance()) == []


def test_any_two_shapes_are_looked_at_without_a_crash():
    shapes = [(), (1,), (3,), (1, 1), (2, 3), (3, 3), (1, 2, 1), (2, 2, 2), (1, 1, 2, 3)]
    for wanted in shapes:
        for came in [*shapes, (0,), (2, 0)]:
            for scale in (0, 1, 4):
                value = np.round(RNG.normal(size=came) * scale)
                look(value, np.round(RNG.normal(size=wanted) * scale), Tolerance())
