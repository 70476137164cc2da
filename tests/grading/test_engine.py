"""Whatever a notebook does, its Outcome comes and says what happened."""

import copy
import json
import os

import nbformat
import psutil
import pytest

from course_lib.grading.engine import Engine, Settings
from course_lib.grading.job import Job
from course_lib.grading.verdict import judge
from tests.grading.conftest import paper_of, source_notebook

RIGHT = "def double(x):\n    return 2 * x"


@pytest.fixture(scope="module")
def paper():
    return paper_of("tiny", source_notebook())


@pytest.fixture(scope="module")
def run(paper):
    with Engine(Settings(limit=30)) as engine:

        def run(*before, double=RIGHT, timeout=5, limit=30, given=None):
            notebook = nbformat.reads(paper.release.decode(), as_version=4)
            cells = {cell.id: cell for cell in notebook.cells}
            cells["double"].source = double
            cells["half"].source = "def half(x):\n    return x / 2"
            notebook.cells[:0] = [nbformat.v4.new_code_cell(text) for text in before]
            files = {"tiny.ipynb": json.dumps(notebook).encode(), "data.txt": b"7"}
            job = Job("tiny", "anna", files, [copy.deepcopy(paper)], given=given or {}, seed=1,
                      timeout=timeout, limit=limit)  # fmt: skip
            return Read(engine.grade(job))

        yield run


class Read:
    """An Outcome, and what its cells show."""

    def __init__(self, outcome):
        self.outcome = outcome
        self.cells = json.loads(outcome.notebooks["tiny"])["cells"]

    def text(self, number):
        code = [cell for cell in self.cells if cell["cell_type"] == "code"]
        return "".join(str(o.get("text", o.get("evalue", ""))) for o in code[number]["outputs"])

    @property
    def states(self):
        return [check["state"] for check in self.outcome.cells["tiny"].values()]


def test_runs_beside_the_files(run):
    done = run("print(open('data.txt').read(), open('g/x').read())", given={"g/x": b"given"})
    assert done.text(0) == "7 given\n" and done.states == ["ok", "ok"]
    assert done.outcome.events == []


def test_the_environment_is_not_handed_on(run, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    assert "SECRET" not in run("import os; print(dict(os.environ))").text(0)


def test_an_error_costs_its_cell(run):
    done = run("1 / 0", "print('still')")
    assert "division" in done.text(0) and done.text(1) == "still\n"
    assert done.states == ["ok", "ok"]


@pytest.mark.parametrize("ending", ["import os; os._exit(1)", "exit()", "quit()"])
def test_an_end_of_python_ends_the_notebook_alone(run, ending):
    done = run(ending)
    assert done.states == ["not run", "not run"]
    assert done.outcome.events == [
        "Code cell 1: this cell ended the Python process; nothing after it ran."
    ]


def test_an_infinite_loop_costs_its_cell(run):
    done = run("while True: pass", timeout=1)
    assert done.states == ["ok", "ok"] and "longer than 1 seconds" in done.outcome.events[0]


def test_a_loop_in_an_answer_costs_its_test(run):
    done = run(double="def double(x):\n    while True: pass", timeout=1)
    assert done.states == ["timeout", "ok"]


def test_a_loop_that_ignores_the_interrupt_ends_the_notebook(run):
    stubborn = "import time\nwhile True:\n  try: time.sleep(9)\n  except BaseException: pass"
    done = run(stubborn, timeout=1)
    assert done.states == ["not run"] * 2 and "could not be interrupted" in done.outcome.events[0]


def test_the_whole_notebook_has_a_limit(run):
    done = run(*["import time; time.sleep(1.5)"] * 4, limit=3)
    assert done.states == ["not run"] * 2
    assert "the notebook ran longer than 3 seconds" in done.outcome.events[-1]


def test_a_flood_of_output_is_cut(run):
    done = run("print('x' * 3_000_000)", "print(1)", "1 / 0")
    assert "more output left out" in done.text(0) and len(done.text(0)) < 1000
    assert "division" in done.text(2) and done.states == ["ok", "ok"]


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        ("double = 2 .__mul__", "ok"),
        ("class Two:\n    def __call__(self, x): return x + x\ndouble = Two()", "ok"),
        ("import functools, operator\ndouble = functools.partial(operator.mul, 2)", "ok"),
        ("import numpy as np\ndef double(x): return np.float64(2 * x)", "ok"),
        ("def double(x): print('hello'); return 2 * x", "ok"),
        ("def double(x): return [2 * x]", "error"),
        ("def double(x): raise KeyError('k')", "error"),
        ("double = 4", "error"),
        ("", "error"),
    ],
)
def test_functions_of_all_kinds_are_called(run, answer, state):
    assert run(double=answer).states == [state, "ok"]


def lives(process):
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:  # it ended just now
        return False


def test_no_process_and_no_folder_is_left(run):
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    code = (
        "import os\nif os.fork() == 0:\n    os.setsid()\n    while True: pass\nprint(os.getcwd())"
    )
    folder = run(code).text(0).strip()
    for _ in range(100):
        left = [
            p for p in psutil.Process().children(recursive=True)
            if p.pid not in before and lives(p)
        ]  # fmt: skip
        if not left and not os.path.exists(folder):
            break
        psutil.wait_procs(left, timeout=0.1)
    assert not left and "desk-" in folder and not os.path.exists(folder)


def test_a_killed_warm_process_is_started_again(paper):
    source = json.dumps(nbformat.reads(paper.release.decode(), as_version=4)).encode()
    job = Job("tiny", "anna", {"tiny.ipynb": source}, [paper], timeout=5, limit=30)
    with Engine(Settings(limit=30)) as engine:
        assert engine.grade(job).status == "graded"
        engine.warm.kill()
        assert engine.grade(job).status == "graded"


@pytest.mark.parametrize(("stopped", "state"), [(True, "timeout"), (False, "ok")])
def test_a_call_that_its_check_stopped_is_told_from_a_wrong_answer(stopped, state):
    about = {"course": {"mistake": None, "stopped": stopped}}
    shown = nbformat.v4.new_output("execute_result", {"text/plain": "0"}, metadata=about)
    found = judge(nbformat.v4.new_code_cell("check()", outputs=[shown]), "ok")
    assert found["state"] == state and bool(found["reason"]) is stopped
