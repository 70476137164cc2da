"""A check survives whatever a student's function does, says what it was, and gives its points."""

import linecache
import subprocess
import sys
import textwrap
import threading
import types
import warnings
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import course_lib
from course_lib.checks import progress
from course_lib.checks.cases import Case, array, call, mistakes, named
from course_lib.checks.fingerprint import fingerprint
from course_lib.checks.judge import judge
from course_lib.checks.message import text
from course_lib.checks.task import Task, tasks
from course_lib.lstm import LSTMTrace

ROOT = Path(__file__).parents[2]
X = array("1 2 4 8", 4)


def cases():
    yield Case("twice", call(X), 2 * X)
    yield Case("twice, and more", call(X, 3.0), 2 * X + 3, "more")
    narrow = X.astype(np.float32)
    yield Case("float32 stays float32", call(narrow), 2 * narrow, "dtype", dtype=True)


def random(rng):
    for group in (None, "more"):
        x, more = rng.normal(size=5), rng.normal() if group else 0.0
        yield Case("random numbers", call(x, more), 2 * x + more, group)


MISTAKES = mistakes("""
squared: Is there a square?
    a -> b
more ignored: What is the second argument for?
    a -> b
""")
TWICE = Task(
    "course_lib.checks.tiny.twice",
    "nowhere",
    {"idea": 2, "more": 1, "dtype": 0.5},
    cases,
    random,
    MISTAKES,
)


def twice(x, more=0.0):
    return 2 * x + x.dtype.type(more)


def _verdict(function, **options):
    return judge(TWICE, function, **options)


def _message(function, **options):
    verdict = _verdict(function, **options)
    assert not verdict.passed
    return text(TWICE, verdict)


def test_a_right_answer_gets_all_points_and_meets_random_numbers(capsys):
    score = TWICE(twice)
    assert (score, repr(score), score.mistake) == (3.5, "3.5", None)
    out = capsys.readouterr().out
    assert out.startswith("twice: all 3 calls are right, and 2 with random numbers (seed ")
    assert out.endswith("3.5 of 3.5 points.\n")
    first, second = (_verdict(twice).seed for _ in range(2))
    assert first != second and _verdict(twice, seed=7).seed == 7


def test_points_are_those_of_the_groups_that_are_right():
    assert _verdict(lambda x, more=0.0: 2 * x).points == {"idea": 2, "more": 0, "dtype": 0.5}
    assert _verdict(lambda x, more=0.0: x * x).score == 0
    message = _message(lambda x, more=0.0: 2 * x)
    assert message.endswith("2.5 of 3.5 points (idea 2 of 2, more 0 of 1, dtype 0.5 of 0.5).")


def test_a_ratio_is_told_only_where_all_wrong_calls_have_it():
    assert "every number is 3 times what it should be" in _message(
        lambda x, more=0.0: 3 * twice(x, more)
    )
    assert "every number" not in _message(
        lambda x, more=0.0: twice(x, 7.7) if more else 3 * twice(x)
    )


def test_a_function_among_the_arguments_shows_its_numbers_beside_those_of_the_call():
    w = array("1 10 100 1000", 4)
    f = named("f: x -> w * x", lambda x: w * x, w=w)
    once = Task(
        "course_lib.checks.tiny.once",
        "nowhere",
        {"idea": 1},
        lambda: [Case("once", call(f, array("5 14", 2)), w * 5)],
    )
    message = text(once, judge(once, lambda f, x: f(w)))
    assert "once(<f: x -> w * x>, x)   # once" in message
    titles, numbers = message.splitlines()[5:7]
    assert titles.split()[:2] == ["w", "x"] and numbers.split()[:6] == "1 10 100 1000 5 14".split()


def test_an_argument_too_long_for_the_call_has_a_line_of_its_own():
    f = named("f: " + "x -> x + " * 8 + "x", lambda x: 9 * x)
    games = [(named("game: " + "a reward, " * 5 + "all", lambda x: x), n) for n in (2, 3)]
    of = call(f, games, 4, words="w" * 99)
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: [Case("long ones", of, 5)])
    said = text(task, judge(task, lambda f, games, n, words: 6)).splitlines()
    at = said.index("b(f, games, 4, words=words)   # long ones")
    assert said[at + 1 : at + 6] == [
        "  it returned 6, not 5",
        f"  {f.__doc__}",
        *(f"  games[{n - 2}]: (<{games[0][0].__doc__}>, {n})" for n in (2, 3)),
        f"  words: '{'w' * 74} ...",
    ]


def test_a_forgotten_dtype_costs_its_own_points_once():
    def wide(x, more=0.0):
        return np.float64(2) * x.astype(np.float64) + more

    assert _verdict(wide).points == {"idea": 2, "more": 1, "dtype": 0}
    assert "dtype float64, not float32" in _message(wide)
    assert "np.zeros(shape) makes float64" in _message(wide)


def test_what_is_right_for_the_shown_numbers_alone_fails_on_random_ones():
    shown = {case.call.arguments[0].tobytes() + bytes(len(case.call.arguments)): case.expected
             for case in cases()}  # fmt: skip

    def looked_up(x, *more):
        return shown.get(x.tobytes() + bytes(1 + len(more)), x * 0)

    verdict = _verdict(looked_up, seed=3)
    assert verdict.points == {"idea": 0, "more": 0, "dtype": 0.5}
    message = text(TWICE, verdict)
    assert "# random numbers, seed 3" in message
    assert not _verdict(looked_up).passed  # the visible check, too: what it passes, grading passes


def test_what_is_not_there_is_told_what_to_do(capsys):
    names = {"task": TWICE}
    assert eval("task()", names) == 0
    said = "twice is not defined. Run the cell above; did it end without an error?"
    assert said in capsys.readouterr().out
    assert eval("task.grade(1)", names) == 0
    names["twice"] = twice
    assert eval("task()", names) == 3.5 and eval("task.grade(1)", names) == 3.5
    assert "For the grade: 3.5 of 3.5 points." in capsys.readouterr().out
    assert text(TWICE, _verdict(5)) == "twice must be a function, but it is 5."


def test_an_unwritten_function_is_told_so_in_few_words():
    def stub(*arguments):
        raise NotImplementedError()

    assert _message(stub).startswith("twice is not written yet.")
    assert len(_message(stub).splitlines()) == 2


def test_a_part_left_unwritten_is_shown_as_the_error_it_is():
    def half(x, more=0.0):
        if more:
            raise NotImplementedError()
        return twice(x)

    message = _message(half)
    assert "it raised NotImplementedError" in message
    assert "2.5 of 3.5 points" in message


def _exits(x, more=0):
    raise SystemExit(0)


def _recurses(x, more=0):
    return _recurses(x, more)


class _Unprintable(Exception):
    def __str__(self):
        raise ValueError


def _unprintable(x, more=0):
    raise _Unprintable


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (_exits, "it raised SystemExit"),
        (_recurses, "it raised RecursionError"),
        (_unprintable, "it raised "),
        (lambda: 0, "it raised TypeError: "),
        (lambda x, more=0: x[99], "it raised IndexError: index 99 is out of bounds"),
        (lambda x, more=0: None, "it returned None: is there a `return` at its end?"),
    ],
)
def test_other_ways_to_fail_are_caught(function, said):
    assert said in _message(function)
    assert "Traceback" not in _message(function)


def test_where_none_can_be_right_a_return_is_asked_for_only_if_it_comes_every_time():
    cases = [Case("a word", call(1), "word"), Case("nothing", call(2), None)]
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: cases)
    said = text(task, judge(task, lambda x: None))
    assert "  it returned None, not 'word'\n" in said
    assert "  Seen below: None every time: is there a `return`?\n" in said
    said = text(task, judge(task, lambda x: None if x == 1 else 3))
    assert "  it returned None, not 'word'\n" in said and "`return`" not in said
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: cases[:1])
    assert "is there a `return` at its end?" in text(task, judge(task, lambda x: None))


def test_an_error_is_shown_with_its_line():
    def wrong(x, more=0.0):
        return x.nothing

    assert "of its cell: return x.nothing" in _message(wrong)


def _cells(*sources):
    """Run sources as a notebook does, each in a file of its own; return `twice`."""
    names = {"conv1d": course_lib.conv1d}
    for number, source in enumerate(sources):
        text_ = textwrap.dedent(source).lstrip()
        linecache.cache[f"<cell {number}>"] = (len(text_), None, text_.splitlines(True), "")
        exec(compile(text_, f"<cell {number}>", "exec"), names)  # noqa: S102
    return names["twice"]


SCALE = """
    def scale(x):
        return x + [1, 2]
"""
TWICE_IN_A_CELL = """
    def twice(x, more=0.0):
        y = {0}
        return y
"""


@pytest.mark.parametrize("call_", ["conv1d(x, x)", "scale(x)"])
def test_an_error_below_is_shown_with_the_line_of_the_function_itself(call_):
    """What raises may be the library, or a function from another cell."""
    message = _message(_cells(SCALE, TWICE_IN_A_CELL.format(call_)))
    assert f"  in line 2 of its cell: y = {call_}\n" in message


def test_another_function_that_is_not_written_is_an_error_of_its_own():
    unwritten = SCALE.replace("return x + [1, 2]", "raise NotImplementedError()")
    message = _message(_cells(unwritten, TWICE_IN_A_CELL.format("scale(x)")))
    assert "it raised NotImplementedError\n  in line 2 of its cell: y = scale(x)" in message
    stub = TWICE_IN_A_CELL.format("0; raise NotImplementedError()")
    assert "twice is not written yet" in _message(_cells(stub))


def test_a_long_error_and_a_flood_of_output_are_cut():
    def wordy(x, more=0.0):
        print("y" * 100_000)
        raise ValueError("x" * 100_000)

    assert "x" * 250 in _message(wordy) and "It printed:\n  yyy" in _message(wordy)
    assert len(_message(wordy)) < 2000


def test_an_endless_loop_is_stopped_and_its_line_shown(monkeypatch):
    monkeypatch.setattr("course_lib.checks.guard.TIME_LIMIT", 0.2)
    calls = []

    def endless(x, more=0.0):
        calls.append(x)
        while True:
            try:
                for _ in range(1000):
                    pass
            except BaseException:  # even this does not keep it
                raise

    verdict = _verdict(endless)
    assert len(calls) == 1 and verdict.stopped and verdict.score == 0
    message = text(TWICE, verdict)
    assert "did not end in call 1; the rest was not tried" in message
    assert "is there a loop without an end?\n  in line " in message
    assert "of its cell: while True:" in message or "of its cell: for _ in" in message
    for function, stopped in ((endless, True), (twice, False)):
        _, about = TWICE.grade(1, function)._repr_mimebundle_()
        assert about["course"]["stopped"] is stopped, "the grader tells it from a wrong answer"


def test_outside_the_main_thread_a_check_works_without_a_limit():
    verdicts = []
    thread = threading.Thread(target=lambda: verdicts.append(_verdict(twice)))
    thread.start()
    thread.join()
    assert verdicts[0].passed


def test_an_input_changed_in_place_is_noticed_even_if_the_result_is_right():
    def spoiling(x, more=0.0):
        y = twice(x, more)
        x *= 0
        return y

    assert "it changed its input x in place" in _message(spoiling)


def test_a_chatty_answer_that_warns_passes_and_writes_nothing(capfd, recwarn):
    def noisy(x, more=0.0):
        print("x is", x.shape)
        print("careful", file=sys.stderr)
        warnings.warn("slow", stacklevel=1)
        np.log(-1)
        return twice(x, more)

    assert TWICE(noisy) == 3.5
    out, err = capfd.readouterr()
    assert err == "" and "x is" not in out and not recwarn.list


def test_nan_and_overflow_warn_of_nothing(recwarn):
    for value in (np.full(4, np.nan), np.full(4, 1.7e308), np.zeros(5)):
        _message(lambda x, more=0.0, value=value: value)
    assert not recwarn.list


def test_the_message_shows_the_call_and_the_difference_side_by_side():
    message = _message(lambda x, more=0.0: np.where(x == 4, 7, twice(x, more)))
    assert "twice(x)   # twice\n  1 of 4 values differ, by up to 1\n" in message
    assert "  x         expected      returned\n" in message
    assert "  1 2 4 8    2  4  8 16    2   4   7* 16\n" in message


def test_the_arrays_of_a_list_are_shown_one_by_one():
    of = call([np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]])], np.array([5.0, 6.0]))
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: [Case("layers", of, np.array([29.0]))])
    said = text(task, judge(task, lambda weights, x: weights[0] @ x))
    assert "b(weights, x)   # layers\n" in said
    assert "  weights[0]   weights[1]   x     expected   returned\n" in said
    row = "  1 2          3            5 6   29         17*\n               4\n"
    assert row in said
    said = text(task, judge(task, lambda weights, x: weights[1] @ x))
    assert "  with weights[0] (1, 2), weights[1] (2, 1), x (2,)\n" in said


def test_a_named_tuple_of_arrays_is_shown_by_its_name():
    of = call(LSTMTrace(*np.ones((6, 2, 1, 1))), np.array([1.0, 2.0]))
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: [Case("steps", of, np.array([1.0, 2.0]))])
    said = text(task, judge(task, lambda trace, x: -x))
    assert "b(trace, x)   # steps\n" in said
    assert "trace.h   trace.c   trace.i" in said and "  1 1       1 1       1 1 " in said


def test_a_large_result_is_shown_by_its_first_difference():
    expected = np.zeros((1, 20))
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: [Case("zeros", call(), expected)])
    verdict = judge(task, lambda: expected + np.arange(20))
    assert "  expected[0, 1]   returned[0, 1]\n  0                1\n" in text(task, verdict)


def test_a_judge_decides_by_a_property():
    def judged(value):
        return None if value.sum() == 0 else f"its numbers add up to {value.sum():g}, not 0"

    task = Task("a.b", "nowhere", {"idea": 1}, lambda: [Case("a sum of 0", call(), judged)])
    assert judge(task, lambda: np.array([1, -1])).passed
    assert "its numbers add up to 3, not 0" in text(task, judge(task, lambda: np.array([1, 2])))
    assert "cannot be judged" in text(task, judge(task, lambda: "x"))
    assert "it returned None" in text(task, judge(task, lambda: None))


# Naming: results of the known mistakes for the three visible cases.


def _known(*wrong):
    from course_lib.checks.diagnosis import result
    from course_lib.checks.guard import guarded_call

    names = [mistake.name for mistake in MISTAKES]
    return {
        name: [[result(guarded_call(f, *case.call)) for case in cases()]]
        for name, f in zip(names, wrong, strict=True)
    }


def _squared(x, more=0.0):
    return x**2 + x.dtype.type(more)


def _ignoring(x, more=0.0):
    return 2 * x


KNOWN = _known(_squared, _ignoring)


def test_a_known_mistake_is_named_first_with_its_question():
    verdict = _verdict(_squared, known=KNOWN)
    assert verdict.mistake.name == "squared"
    said = "twice: this looks like a known mistake, squared.\n  Is there a square?\n"
    assert text(TWICE, verdict).startswith(said)


def test_the_dtype_is_set_aside():
    verdict = _verdict(lambda x, more=0.0: _squared(x, more).astype(float), known=KNOWN)
    assert verdict.mistake.name == "squared"


def _named(function):
    """Return the name for answers to "twice n?" where the known mistake squares."""
    numbers = [Case(str(n), call(n), 2.0 * n) for n in (3, 4, 5, 6, 7)]
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: numbers, mistakes=MISTAKES[:1])
    known = {"squared": [[fingerprint(float(n * n)) for n in (3, 4, 5, 6, 7)]]}
    verdict = judge(task, function, known=known)
    return verdict.mistake and verdict.mistake.name


def test_a_mistake_must_explain_most_calls_and_contradict_none_that_is_right():
    assert _named(lambda n: n * n) == "squared"
    assert _named(lambda n: n * n if n < 6 else n + 1) == "squared"  # 3 of 5
    assert _named(lambda n: n * n if n < 5 else n + 1) is None  # 2 of 5
    assert _named(lambda n: n * n if n < 7 else 2 * n) is None  # it would be wrong for 7
    assert _named(lambda n: n * n if n < 4 else 1 / 0) is None  # a single call of five


def test_equal_errors_alone_name_nothing_unless_all_wrong_calls_end_in_them():
    def answer(four):
        return lambda n: [][n] if n > 4 else 2.0 * n if n == 3 else four

    numbers = [Case(str(n), call(n), 2.0 * n) for n in (3, 4, 5, 6, 7)]
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: numbers, mistakes=MISTAKES[:1])
    results = [fingerprint(6.0), fingerprint(9.0)]
    results += [["it raised IndexError: list index out of range", [], 0.0]] * 3
    known = {"squared": [results]}
    assert judge(task, answer(9.0), known=known).mistake.name == "squared"
    assert judge(task, answer(7.0), known=known).mistake is None


def test_two_mistakes_that_explain_equally_much_are_not_named():
    known = KNOWN | {"more ignored": KNOWN["squared"]}
    assert _verdict(_squared, known=known).mistake is None


def test_the_shown_call_is_one_that_the_mistake_explains():
    def other(x, more=0.0):
        return np.zeros(7) if x.dtype == np.float32 else _squared(x, more)

    verdict = _verdict(other, known=KNOWN)
    assert verdict.mistake.name == "squared" and verdict.shown.case.why.startswith("twice")


def test_the_first_call_is_shown_and_one_about_the_dtype_only_for_the_dtype():
    small = array("1 3", 2)
    numbers = [
        Case("float32", call(small.astype(np.float32)), 2 * small, dtype=True),
        Case("two numbers", call(small), lambda y: None if y[0] == 2 else "y[0] is wrong"),
        Case("many numbers", call(X), 2 * X),
        Case("few numbers", call(small), 2 * small),
    ]
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: numbers, mistakes=MISTAKES[:1])
    for known in (None, {"squared": [[fingerprint(c.call.arguments[0] ** 2) for c in numbers]]}):
        verdict = judge(task, lambda x: x**2, known=known or {})
        assert bool(verdict.mistake) is bool(known)
        assert verdict.shown.case.why == "many numbers"


def test_no_pattern_is_told_under_a_name():
    """Small numbers look reversed or shifted by chance."""
    rows = [array("1 2 2", 3), array("2 1 1", 3)]
    numbers = [Case(str(i), call(i), row) for i, row in enumerate(rows)]
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: numbers, mistakes=MISTAKES[:1])
    known = {"squared": [[fingerprint(row[::-1]) for row in rows]]}
    for known, said in (({}, True), (known, False)):
        verdict = judge(task, lambda i: rows[i][::-1], known=known)
        assert ("reversed along axis 0" in text(task, verdict)) is said


def test_what_could_not_be_judged_for_the_same_reason_is_not_wrong_too():
    def judged(value):
        return None if value == 1 else "it is not 1"

    def other(value):
        return "it is small" if value < 5 else judged(value)

    rules = {"one": judged, "more": judged, "large": other}
    task = Task(
        "a.b", "nowhere", {"idea": 1}, lambda: [Case(w, call(), r) for w, r in rules.items()]
    )
    assert "Wrong, too" not in text(task, judge(task, lambda: 7))
    assert "Wrong, too: large." in text(task, judge(task, lambda: 3))


def test_an_answer_that_raises_is_named_by_the_calls_that_came_back():
    def other(x, more=0.0):
        if x.dtype == np.float32:
            raise ValueError("x")
        return _squared(x, more)

    verdict = _verdict(other, known=KNOWN)
    assert verdict.mistake.name == "squared" and verdict.shown.outcome.state == "returned"


def test_the_same_single_number_everywhere_names_nothing():
    numbers = [Case(str(n), call(n), float(n)) for n in (1, 2, 3)]
    task = Task("a.b", "nowhere", {"idea": 1}, lambda: numbers, mistakes=MISTAKES[:1])
    known = {"squared": [[["1", [0.0, 0.0], 0.0]] * 3]}
    verdict = judge(task, lambda n: 0, known=known)
    assert verdict.mistake is None and verdict.seen.kind == "always 0"


def test_the_name_travels_as_data_beside_the_score(capsys, monkeypatch):
    monkeypatch.setattr("course_lib.checks.diagnosis.shipped", lambda chapter: {"twice": KNOWN})
    data, metadata = TWICE(_ignoring)._repr_mimebundle_()
    assert data == {"text/plain": "2.5"}
    assert metadata == {"course": {"mistake": "more ignored", "stopped": False}}


def test_progress_counts_and_names_what_is_open(capsys):
    other = Task("course_lib.checks.tiny.other", "nowhere", {"idea": 4}, cases)
    TWICE(_ignoring)
    capsys.readouterr()
    progress((TWICE, other))
    assert capsys.readouterr().out == "2.5 of 7.5 points. Open: twice, other.\n"
    TWICE(twice)
    capsys.readouterr()
    progress((TWICE,))
    said = capsys.readouterr().out
    assert said.startswith("3.5 of 3.5 points. All tasks are solved.") and "written" in said


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("no question\n  a -> b", "a mistake must be `name: question?`"),
        ("name: no question\n  a -> b", "a mistake must be `name: question?`"),
        ("name: why?\n  a = b", "a spelling must be `old -> new` under a mistake"),
        ("  a -> b", "a spelling must be `old -> new` under a mistake"),
        ("name: why?\nother: why?\n  a -> b", "every mistake must have a spelling, 'name' has"),
    ],
)
def test_a_slip_in_the_text_of_mistakes_is_told(source, said):
    with pytest.raises(ValueError, match=said.replace("?", r"\?")):
        mistakes(source)


def _package(monkeypatch, **written):
    """Put a chapter `tiny` with a task `twice` into sys.modules; its module has these names."""
    package, module = types.ModuleType("tiny"), types.ModuleType("tiny.twice")
    vars(module).update(written)
    monkeypatch.setitem(sys.modules, "tiny", package)
    monkeypatch.setitem(sys.modules, "tiny.twice", module)
    return package


def test_a_module_is_a_task_and_stands_in_its_place(monkeypatch):
    given = dict(cases=cases, POINTS={"idea": 3}, RETURNS=("y",), _OWN=1)
    package = _package(monkeypatch, **given)
    assert tasks("tiny", "twice", answer="nowhere") == (package.twice,)
    assert package.twice == Task("tiny.twice", "nowhere", {"idea": 3}, cases, returns=("y",))
    package = _package(monkeypatch, **given, random=cases, ANSWER="elsewhere")
    tasks("tiny", "twice", answer="nowhere")
    assert package.twice.answer == "elsewhere" and package.twice.random is cases


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"cases": cases}, "missing 1 required positional argument: 'points'"),
        ({"POINTS": {"idea": 1}}, "missing 1 required positional argument: 'cases'"),
        ({"cases": cases, "POINTS": {"idea": 1}, "SHAPE": "x: N"}, "keyword argument 'shape'"),
    ],
)
def test_a_module_that_is_no_task_is_told(monkeypatch, written, said):
    _package(monkeypatch, **written)
    with pytest.raises(ValueError, match="tiny.twice must have cases and POINTS.*RETURNS.*" + said):
        tasks("tiny", "twice", answer="nowhere")


def test_without_answers_and_torch_the_visible_part_works_and_names(chapter):
    code = f"""
        import sys

        class Missing:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] == "torch" or name.startswith("course_lib.reference"):
                    raise ModuleNotFoundError(name, name=name)

        sys.meta_path.insert(0, Missing())
        sys.path.insert(0, "solutions/{chapter}")
        import alternatives
        from course_lib.checks import {chapter} as checks

        for task in checks.TASKS:
            ways = [f for name, f in vars(alternatives).items() if name.startswith(task.name + "_")]
            right = [way for way in ways if task(way) == task.total]
            assert right, task.name
            globals()[task.name] = right[0]  # as in a notebook
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_random_inputs_are_seeded(chapter):
    for task in import_module(f"course_lib.checks.{chapter}").TASKS:
        if task.random:
            first, again, other = (
                repr([case.call for case in task.random(np.random.default_rng(seed))])
                for seed in (0, 0, 1)
            )
            assert first == again != other


# What a function uses of an earlier task.

ERROR = """
def equivariance_error(x, w, shift, *, stride=1, mode="wrap"):
    before = layer(move(x, shift, mode), w, stride, mode)
    return np.max(np.abs(before - move(layer(x, w, stride, mode), shift // stride, mode)))
"""


def _notebook(move="", error=ERROR):
    """Return the names of a notebook with these two functions."""
    from course_lib.reference.convolution_tasks import layer

    names = {"np": np, "layer": layer}
    exec(move + error, names)
    return names


USED = pytest.mark.parametrize(
    "move",
    [
        "def move(image, rows, mode):\n    return np.roll(image, rows, axis=0)",
        "def move(image, rows, mode):\n    image[:rows] = 0\n    return image",
        "def move(image, rows, mode):\n    raise NotImplementedError()",
        "move = 3",
        "",
    ],
)


@USED
def test_a_wrong_function_that_is_used_costs_nothing_and_is_told_first(move):
    from course_lib.checks.convolution import equivariance_error as task

    names = _notebook(move)
    before = dict(names)
    verdict = judge(task, names["equivariance_error"], seed=3)
    assert verdict.passed and names == before
    said = "equivariance_error calls your move, which is not right yet; here a right one stood in"
    assert text(task, verdict).startswith(said)


@USED
def test_without_the_answers_the_wrong_function_is_told_first(move, monkeypatch):
    from course_lib.checks.convolution import equivariance_error as task

    def missing(_):
        raise ImportError

    monkeypatch.setattr("course_lib.checks.task.Task.function", missing)
    names = _notebook(move)
    verdict = judge(task, names["equivariance_error"])
    assert not verdict.passed
    said = "equivariance_error calls your move, which is not right yet. Mend that first.\n"
    assert text(task, verdict).startswith(said)


def test_a_wrong_function_is_judged_for_itself_whatever_it_uses():
    from course_lib.checks.convolution import equivariance_error as task

    wrong = ERROR.replace("np.abs(before - move(", "(before - move(")
    roll = "def move(image, rows, mode):\n    return np.roll(image, rows, axis=0)"
    verdict = judge(task, _notebook(roll, wrong)["equivariance_error"])
    assert verdict.mistake.name == "no absolute value" and verdict.unready == ("move",)
    own = ERROR.replace("move(", "np.roll(").replace(", mode)", ", 0)")
    verdict = judge(task, _notebook(roll, own)["equivariance_error"])
    assert not verdict.passed and not verdict.unready  # it does not call it
