"""The seam: run a notebook's code away from the grader, and say what happened in each cell.

Everything before this step (intake, repair) and after it (gradebook, feedback, report, export) only
sees `execute` and the `Execution` that it returns. Today a fresh process starts a fresh Jupyter
kernel; a faster and better confined engine takes this module's place by offering the same function.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, Protocol

import nbformat
import psutil

#: Output of one notebook that is kept, in bytes; what comes after is dropped.
OUTPUT_LIMIT = 1_000_000

_RUNS = set()
_MARKER = "COURSE_GRADING_RUN"
_KEPT_VARIABLES = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "LD_LIBRARY_PATH")


class Execution(NamedTuple):
    """A notebook with its outputs, and what a person should know about how they came about."""

    notebook: nbformat.NotebookNode
    #: cell id -> "ok", "error", "timeout", "died" or "not run"; code cells only
    states: dict[str, str]
    #: sentences for the report and the feedback page, in the order of the notebook
    events: list[str]


class Execute(Protocol):
    """What takes the place of `execute`."""

    def __call__(
        self,
        notebook: nbformat.NotebookNode,
        *,
        files: Path,
        timeout: float,
        limit: float,
        environment: dict[str, str] | None = None,
    ) -> Execution: ...


def execute(notebook, *, files, timeout, limit, environment=None):
    """Run all code cells, in order, in a process of their own; always return, whatever they do.

    Args:
        notebook: the notebook to run; it is not changed. Every cell needs an id of its own.
        files: folder whose files the code may expect beside it; the code sees a copy.
        timeout: seconds for one cell; a cell that takes longer is interrupted.
        limit: seconds for the whole notebook.
        environment: variables for the code beyond those that every run gets.

    Returns:
        Execution: outputs per cell; a cell that did not run to its end is never "ok".
    """
    with tempfile.TemporaryDirectory(prefix="grading-", ignore_cleanup_errors=True) as scratch:
        scratch = Path(scratch)
        request, response = scratch / "request.json", scratch / "response.json"
        desk = scratch / "home" / "desk"
        shutil.copytree(files, desk, ignore=shutil.ignore_patterns("*.ipynb"))
        request.write_text(
            json.dumps(
                {
                    "notebook": nbformat.from_dict(notebook),
                    "parent": os.getpid(),
                    "folder": str(desk),
                    "timeout": timeout,
                    "limit": limit,
                    "output_limit": OUTPUT_LIMIT,
                }
            ),
            encoding="utf-8",
        )
        _run_child(request, response, limit, scratch, environment or {})
        try:
            answer = json.loads(response.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return _nothing_ran(notebook)
    return Execution(
        nbformat.from_dict(answer["notebook"]), answer["states"], list(answer["events"])
    )


def _run_child(request, response, limit, scratch, environment):
    run = uuid.uuid4().hex
    home = scratch / "home"
    variables = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    variables |= {
        "HOME": str(home),
        "TMPDIR": str(home),
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "JUPYTER_PREFER_ENV_PATH": "1",  # the kernel of this Python, whatever the user installed
        "NBGRADER_EXECUTION": "autograde",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        _MARKER: run,
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "course_lib.grading.kernel", str(request), str(response)],
        env=variables | environment,
        cwd=scratch,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    _RUNS.add(run)
    try:
        # The child keeps the limit itself and reports; this is for a child that cannot.
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=limit + 60)
    finally:
        _kill_run(run)
        _RUNS.discard(run)
        child.wait()


def _kill_run(run):
    """End every process that the run started, daemons included: they carry its marker."""
    for _ in range(10):  # again, for those that were started meanwhile
        if not [_kill(process) for process in psutil.process_iter() if _belongs(process, run)]:
            return


def _belongs(process, run):
    with suppress(psutil.Error, OSError):
        return process.environ().get(_MARKER) == run
    return False


def _kill(process):
    with suppress(psutil.Error):
        process.kill()


def end_all():
    """End every run of this process at once; their `execute` returns what it has."""
    for run in list(_RUNS):
        _kill_run(run)


def _nothing_ran(notebook):
    copy = nbformat.from_dict(notebook)
    states = {cell.id: "not run" for cell in copy.cells if cell.cell_type == "code"}
    return Execution(copy, states, ["The process that ran the notebook was lost: no cell counts."])
