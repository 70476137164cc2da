"""The seam: whatever a notebook does, `execute` comes back and says what happened."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.grading.execution import execute


@pytest.fixture
def run(tmp_path):
    def run(*sources, timeout=3, limit=60, files=tmp_path):
        cells = [new_code_cell(text, id=f"c{i}") for i, text in enumerate(sources)]
        notebook = new_notebook(cells=[*cells, new_markdown_cell("text", id="prose")])
        return execute(notebook, files=files, timeout=timeout, limit=limit)

    return run


def texts(execution, cell):
    return "".join(
        output.get("text", "") + output.get("evalue", "")
        for output in execution.notebook.cells[cell].outputs
    )


def test_runs_in_order_beside_a_copy_of_the_files(run, tmp_path):
    (tmp_path / "data.txt").write_text("7")
    (tmp_path / "other.ipynb").write_text("{}")
    execution = run(
        "a = int(open('data.txt').read()); open('data.txt', 'w').write('8')",
        "print(a)",
        "import os; print(sorted(os.listdir()), 'SECRET' in os.environ)",
        "",
        "1 / 0",
        "print('still')",
    )
    assert list(execution.states.values()) == ["ok", "ok", "ok", "ok", "error", "ok"]
    assert texts(execution, 1) == "7\n"
    assert texts(execution, 2) == "['data.txt'] False\n"
    assert "division by zero" in texts(execution, 4)
    assert execution.events == [] and (tmp_path / "data.txt").read_text() == "7"


def test_environment_is_not_handed_on(run, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    assert "SECRET" not in texts(run("import os; print(list(os.environ))"), 0)


def test_a_crash_ends_the_notebook_alone(run):
    execution = run("a = 1", "import os; os._exit(1)", "print(1)")
    assert execution.states == {"c0": "ok", "c1": "died", "c2": "not run"}
    assert execution.events == [
        "Code cell 2: this cell ended the Python process; nothing after it ran."
    ]


@pytest.mark.parametrize("ending", ["exit()", "quit()"])
def test_nothing_runs_by_luck_after_a_polite_end(run, ending):
    execution = run(ending, "print(1)", "print(2)")
    assert execution.states == {"c0": "died", "c1": "not run", "c2": "not run"}


def test_an_infinite_loop_costs_its_cell(run):
    execution = run("while True: pass", "print(1)", timeout=1)
    assert execution.states == {"c0": "timeout", "c1": "ok"}
    assert "longer than 1 seconds" in execution.events[0]


def test_a_loop_that_ignores_the_interrupt_ends_the_notebook(run):
    stubborn = "import time\nwhile True:\n  try: time.sleep(9)\n  except BaseException: pass"
    execution = run(stubborn, "print(1)", timeout=1)
    assert execution.states == {"c0": "timeout", "c1": "not run"}
    assert "could not be interrupted" in execution.events[0]


def test_the_whole_notebook_has_a_limit(run):
    sleep = "import time; time.sleep(2)"
    execution = run(sleep, sleep, sleep, sleep, sleep, sleep, limit=6)
    states = list(execution.states.values())
    assert states[0] == "ok" and states[-1] == "not run" and states.count("timeout") == 1
    assert "the notebook ran longer than 6 seconds" in execution.events[0]


def test_a_flood_of_output_is_cut(run):
    execution = run("print('x' * 3_000_000)", "print(1)", "1 / 0", timeout=20)
    assert "more output left out" in texts(execution, 0) and len(texts(execution, 0)) < 1000
    assert texts(execution, 1) == "1\n" and "division" in texts(execution, 2)


def test_no_process_is_left_behind(run, tmp_path):
    name = tmp_path / "pid"
    run(
        "import subprocess\n"
        "p = subprocess.Popen(['sleep', '99'], start_new_session=True)\n"
        f"open({str(name)!r}, 'w').write(str(p.pid))"
    )
    try:
        process = psutil.Process(int(name.read_text()))
        assert process.status() == psutil.STATUS_ZOMBIE  # nobody may have collected it yet
    except psutil.NoSuchProcess:
        pass


def test_a_killed_grader_leaves_no_process(tmp_path):
    code = (
        "import nbformat.v4 as v4\n"
        "from course_lib.grading.execution import execute\n"
        "cell = v4.new_code_cell('import time; time.sleep(300)', id='a')\n"
        f"execute(v4.new_notebook(cells=[cell]), files={str(tmp_path)!r}, timeout=400, limit=900)"
    )
    grader = psutil.Popen([sys.executable, "-c", code])
    children = []
    while len(children) < 2 and grader.is_running():  # the child process and its kernel
        children = grader.children(recursive=True)
        time.sleep(0.1)
    grader.kill()
    grader.wait()
    _, alive = psutil.wait_procs(children, timeout=60)
    assert not [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]


def test_a_lost_child_process_is_said(run, tmp_path):
    """What runs the notebook may be killed too, by the system or by the notebook."""
    execution = run("import os, signal; os.kill(os.getppid(), signal.SIGKILL)")
    assert execution.states == {"c0": "not run"}
    assert "was lost" in execution.events[0]


def test_nothing_of_the_run_stays_on_disk(run):
    path = texts(run("import os; print(os.getcwd())"), 0).strip()
    assert "grading-" in path and not Path(path).exists()
    assert os.path.exists("/")
