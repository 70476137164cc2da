"""A check survives whatever a student's function does, and says what it was."""

import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import numpy as np
import pytest

from course_lib.checks import convolution as checks
from course_lib.checks.check import Case, Check, CheckFailed
from course_lib.checks.guard import guarded_call
from course_lib.reference.convolution import conv1d, conv2d
from course_lib.reference.equivariance import equivariance_error
from course_lib.reference.true_convolution import true_convolution2d

ROOT = Path(__file__).parents[2]


def _message(function, check=checks.conv1d, **options):
    with pytest.raises(CheckFailed) as failed:
        check(function, **options)
    return str(failed.value)


def _returning(value):
    return lambda x, w, b=None, **options: value


@pytest.mark.parametrize("seed", [None, 3])
def test_the_answers_of_the_library_pass(seed):
    for check, answer in [
        (checks.conv1d, conv1d),
        (checks.conv2d, conv2d),
        (checks.conv2d_dilation_groups, conv2d),
        (checks.true_convolution2d, true_convolution2d),
        (checks.equivariance_error, equivariance_error),
    ]:
        check(answer, seed=seed)


def test_the_stored_numbers_are_those_of_the_documents(oracles):
    by_name = {case.why: case for case in checks.conv2d.worked()}
    expected = by_name["three channels and a bias, the RGB example"].expected
    assert expected[0, 0].tolist() == oracles["conv2d_rgb"]["expected"]["full_4x4_valid_derived"]
    expected = by_name["one channel, the 5x5 example"].expected
    assert expected[0, 0].tolist() == oracles["conv2d_5x5"]["expected"]["output"]
    flipped = oracles["conv2d_rgb"]["expected"]["if_true_convolution_flipped"]
    expected = {c.why: c for c in checks.true_convolution2d.worked()}[
        "the RGB example without its bias"
    ].expected
    assert expected[0, :2].tolist() == [flipped["at_0_0"] - 1, flipped["at_0_1"] - 1]


def test_an_unwritten_function_is_told_so_in_few_words():
    def stub(*arguments, **options):
        raise NotImplementedError()

    assert _message(stub).startswith("conv1d is not written yet.")
    assert len(_message(stub).splitlines()) == 2


def test_a_part_left_unwritten_is_shown_as_the_error_it_is():
    def half(x, w, b=None, *, padding=0, **options):
        if padding:
            raise NotImplementedError()
        return conv1d(x, w, b, **options)

    assert "it raised NotImplementedError" in _message(half)
    assert "right  stride 2" in _message(half)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "it returned None: is there a `return` at its end?"),
        ([[[21.0, 42.0]]], "it returned a list, not a NumPy array of shape (1, 1, 2)"),
        (21.0, "it returned a float, not a NumPy array"),
        (np.zeros((1, 2)), "it returned shape (1, 2), not (1, 1, 2)"),
        (np.zeros((0,)), "it returned shape (0,), not (1, 1, 2)"),
        (np.array([[[21, 42]]]), "it returned dtype int64, not float64"),
        (np.array([[["21", "42"]]]), "it returned dtype <U2, not float64"),
        (np.array([[[21.0, 42.0]]], dtype=object), "it returned dtype object, not float64"),
        (np.array([[[21.0, np.nan]]]), "1 of 2 values are NaN or infinite"),
        (np.array([[[np.inf, -np.inf]]]), "2 of 2 values are NaN or infinite"),
        (np.array([[[21.0, 1e308]]]), "1 of 2 values differ"),
        (np.array([[[21.0, 42.0 + 1e-6]]]), "1 of 2 values differ, by up to 1e-06"),
    ],
)
def test_a_wrong_kind_of_result_is_named(value, said):
    text = _message(_returning(value))
    assert f"  but     {said}" in text
    assert "called  conv1d(x, w)" in text
    assert "with    x (1, 1, 3), w (1, 1, 2), float64" in text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "it returned None"),
        (True, "it returned a bool, not a single number"),
        (np.zeros(1), "it returned an array of shape (1,), not a single number"),
        ("0", "it returned a str, not a single number"),
        (1j, "it returned a complex, not a single number"),
        (float("nan"), "it returned nan"),
        (-1.0, "it returned -1, not 0"),
    ],
)
def test_a_wrong_number_is_named(value, said):
    text = _message(lambda x, w, shift, **options: value, checks.equivariance_error)
    assert f"  but     {said}" in text
    assert "called  equivariance_error(x, w, 1)" in text


@pytest.mark.parametrize("kind", [float, np.float64, np.array, np.float32])
def test_any_single_number_will_do(kind):
    case = Case("one half", {"x": np.ones(1)}, {}, 0.5)
    Check("half", lambda: [case], None, ())(lambda x: kind(0.5))


def test_an_error_is_shown_with_its_line():
    def conv1d(x, w, b=None, **options):
        return x[0, 0, 99]

    text = _message(conv1d)
    assert "it raised IndexError: index 99 is out of bounds for axis 2 with size 3" in text
    assert ": return x[0, 0, 99]" in text
    assert "Traceback" not in text


def _exits(x, w, b=None, **options):
    raise SystemExit(0)


def _recurses(x, w, b=None, **options):
    return _recurses(x, w, b, **options)


class _Unprintable(Exception):
    def __str__(self):
        raise ValueError


def _unprintable(x, w, b=None, **options):
    raise _Unprintable


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (_exits, "it raised SystemExit"),
        (_recurses, "it raised RecursionError"),
        (_unprintable, "it raised "),
        (lambda x: x, "it raised TypeError: "),
    ],
)
def test_other_ways_to_fail_are_caught(function, said):
    assert said in _message(function)


def test_a_long_error_is_cut():
    def wordy(x, w, b=None, **options):
        raise ValueError("x" * 100_000)

    assert "x" * 250 in _message(wordy)
    assert len(_message(wordy)) < 2000


def test_what_is_not_a_function_is_refused():
    assert _message(None) == "conv1d must be a function, but it is a NoneType."


def test_an_input_changed_in_place_is_noticed_even_if_the_result_is_right():
    def conv1d_in_place(x, w, b=None, **options):
        y = conv1d(x, w, b, **options)
        w *= 2
        return y

    assert "it changed its input w in place" in _message(conv1d_in_place)


def test_the_stored_numbers_survive_a_function_that_changes_its_inputs():
    def destroy(x, w):
        x[...], w[...] = 0, 0
        return x[0]

    _message(destroy, checks.true_convolution2d)
    assert checks.RGB[0, 1, 1] == 156
    checks.true_convolution2d(true_convolution2d)


def test_a_result_that_shares_memory_with_the_next_one_or_the_input_is_fine():
    buffers = {}

    def reusing(x, w, b=None, **options):
        y = conv1d(x, w, b, **options)
        buffer = buffers.setdefault((y.shape, y.dtype), y)
        buffer[...] = y
        return buffer

    checks.conv1d(reusing)
    outcome = guarded_call(lambda x: x[::2], {"x": np.arange(4.0)}, {})
    assert outcome.problem is None and outcome.value.tolist() == [0, 2]


def test_warnings_and_output_neither_cost_marks_nor_hide(capfd, monkeypatch):
    shown = []
    monkeypatch.setattr(warnings, "showwarning", lambda *warning, **_: shown.append(warning))

    def noisy(x, w, b=None, **options):
        warnings.simplefilter("always")
        warnings.warn("careful", stacklevel=1)
        print("x is", x.shape)
        print("trouble", file=sys.stderr)
        np.zeros(1) / np.zeros(1)
        return conv1d(x, w, b, **options)

    checks.conv1d(noisy)
    checks.conv1d(noisy, seed=0)
    out, err = capfd.readouterr()
    assert err == "" and "x is" not in out and shown == []
    assert "It printed:\n" in _message(lambda x, w, b=None, **o: noisy(x, w, b, **o) * 2)
    assert "  x is (1, 1, 3)" in _message(lambda x, w, b=None, **o: noisy(x, w, b, **o) * 2)


def test_a_flood_of_output_is_cut():
    def flood(x, w, b=None, **options):
        print("x" * 100_000)

    assert len(_message(flood)) < 2000


def test_nan_and_overflow_warn_of_nothing(recwarn):
    for value in (np.full((1, 1, 2), np.nan), np.full((1, 1, 2), 1.7e308), np.zeros((1, 1, 5))):
        _message(_returning(value))
    assert not recwarn.list


def test_float32_is_compared_to_its_own_precision_and_no_less():
    expected = np.array([1, 100], np.float32)
    check = Check("same", lambda: [Case("float32", {"x": expected}, {}, expected)], None, ())
    check(lambda x: x * np.float32(1 + 1e-6))
    assert "1 of 2 values differ" in _message(lambda x: x * np.float32(1 + 1e-4), check)


def test_two_mistakes_at_once_are_told_one_after_the_other():
    flipped = checks.conv2d.misconceptions[0]

    def twice_wrong(x, w, b=None, **options):
        return flipped.function(x, w, **options)

    assert flipped.name == "kernel flipped"
    assert "a known mistake: kernel flipped." in _message(twice_wrong, checks.conv2d)
    assert "known mistake" not in _message(lambda x, w, b=None, **o: x * 0, checks.conv2d)


def test_a_property_whose_other_calls_fail_is_reported_not_raised():
    text = _message(_returning(np.zeros((1, 1, 2), dtype="U1")))
    assert "wrong  linear" in text
    assert "wrong  linear" in _message(_returning(None))


def test_random_inputs_are_seeded_and_partly_views():
    for check in (checks.conv1d, checks.conv2d, checks.equivariance_error):
        first, again, other = (
            [case.arguments["x"] for case in check.random(np.random.default_rng(seed))]
            for seed in (0, 0, 1)
        )
        assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
        assert not any(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
        seen = []
        with pytest.raises(CheckFailed):
            check(lambda x, *rest, seen=seen, **options: seen.append(x.strides[-1]), seed=0)
        assert {stride // 8 for stride in seen} >= {1, 2}


def test_an_answer_made_for_the_shown_numbers_fails_on_random_ones():
    shown = [case for case in checks.conv2d.worked() if not callable(case.expected)]

    def looked_up(x, w, b=None, **options):
        for case in shown:
            known = case.arguments["x"], case.arguments["w"], case.options
            if all(map(np.array_equal, (x, w), known[:2])) and options == known[2]:
                return case.expected.astype(x.dtype)
        return np.zeros((1, 1, 1, 1))

    shown_to_students = _message(looked_up, checks.conv2d)
    assert "8 of 9 calls" in shown_to_students and "wrong  linear" in shown_to_students
    assert "0 of 9 calls" in _message(looked_up, checks.conv2d, seed=0)


def test_the_message_shows_expected_and_returned_side_by_side():
    flipped = checks.conv2d.misconceptions[0].function
    text = _message(flipped, checks.conv2d)
    assert "  expected[0, 0]     returned[0, 0]\n  4321               1234*\n" in text
    assert "  x[0, 0]     w[0, 0]\n  1 2            1   10\n  3 4          100 1000\n" in text


def test_the_table_shown_is_the_first_that_differs():
    expected = np.zeros((2, 2, 1, 2))
    wrong = expected.copy()
    wrong[1, 0, 0, 1] = 7
    check = Check("same", lambda: [Case("zeros", {"x": np.ones(1)}, {}, expected)], None, ())
    text = _message(lambda x: wrong, check)
    assert "  expected[1, 0]     returned[1, 0]\n  0 0                0  7*\n" in text


def test_a_large_result_is_shown_by_its_first_difference():
    expected = np.zeros((1, 20))
    wrong = expected + np.arange(20)
    check = Check("same", lambda: [Case("zeros", {"x": np.ones(1)}, {}, expected)], None, ())
    text = _message(lambda x: wrong, check)
    assert "first difference at [0, 1]: expected 0, returned 1" in text


def test_ipython_shows_the_message_and_no_traceback():
    with pytest.raises(CheckFailed) as failed:
        checks.conv1d(_returning(None))
    lines = failed.value._render_traceback_()
    assert lines == str(failed.value).splitlines()
    assert isinstance(failed.value, AssertionError)


def test_a_check_returns_nothing_that_could_pass_for_a_score():
    assert checks.conv1d(conv1d) is None


def test_without_the_answers_and_without_torch_the_shown_part_still_works():
    code = """
        import sys

        class Missing:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] == "torch" or name.startswith("course_lib.reference"):
                    raise ModuleNotFoundError(name, name=name)

        sys.meta_path.insert(0, Missing())
        sys.path.insert(0, "solutions/convolution")
        from alternatives import ALTERNATIVES
        from course_lib.checks import convolution as checks
        from course_lib.checks.check import Check, CheckFailed

        for check in [value for value in vars(checks).values() if isinstance(value, Check)]:
            for function in ALTERNATIVES[check.name].values():
                check(function)
            for mistake in check.misconceptions:
                try:
                    check(mistake.function)
                except CheckFailed as failed:
                    assert failed.misconceptions == (mistake.name,)
                else:
                    raise SystemExit(mistake.name)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
