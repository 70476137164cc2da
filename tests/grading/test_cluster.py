"""Graded by the workers of a cluster, a class has the same outcomes, also when a worker is lost."""

import json
import os
import shutil
import signal

import pytest

from course_lib.cli import main
from course_lib.grading import cluster, sandbox
from course_lib.grading.engine import Engine, Settings
from course_lib.grading.job import Job
from course_lib.grading.results import rows
from tests.grading.conftest import paper_of, source_notebook

distributed = pytest.importorskip(
    "distributed", reason="dask.distributed is not installed: pip install 'course-lib[cluster]'"
)
pytestmark = pytest.mark.slow
SETTINGS = Settings(limit=60)


@pytest.fixture(scope="module")
def address():
    """The scheduler of two workers, each a process of its own, on this machine."""
    options = {"host": "127.0.0.1", "dashboard_address": None}
    made = distributed.LocalCluster(n_workers=2, threads_per_worker=1, **options)
    with made:
        yield made.scheduler_address


@pytest.fixture(scope="module")
def jobs():
    paper = paper_of("tiny", source_notebook())
    made = []
    for number in range(12):
        notebook = json.loads(paper.release)
        cells = {cell["id"]: cell for cell in notebook["cells"]}
        cells["double"]["source"] = f"def double(x):\n    return {number % 4} * x"
        cells["half"]["source"] = "def half(x):\n    return x / 2\nprint('halves')"
        files = {"tiny.ipynb": json.dumps(notebook).encode()}
        made.append(Job("tiny", f"s{number}", files, [paper], seed=number, timeout=20, limit=60))
    return made


@pytest.fixture(scope="module")
def expected(jobs):
    with Engine(SETTINGS) as engine:
        return {job.student: essence(outcome) for job, outcome in engine.run(jobs)}


def essence(outcome):
    """An Outcome without the time that it took."""
    return outcome.packed() | {"seconds": None}


def test_the_outcomes_are_those_of_this_machine(address, jobs, expected):
    with cluster.connect(address) as client, cluster.Cluster(client, SETTINGS) as machines:
        found = {job.student: essence(outcome) for job, outcome in machines.run(jobs)}
    assert found == expected
    assert {one["status"] for one in found.values()} == {"graded"}


def test_a_lost_worker_costs_nothing(address, jobs, expected):
    found = {}
    with cluster.connect(address) as client, cluster.Cluster(client, SETTINGS) as machines:
        [victim, *_] = client.run(os.getpid).values()
        for job, outcome in machines.run(jobs):
            if not found:
                os.kill(victim, signal.SIGKILL)
            found[job.student] = essence(outcome)
        assert victim not in client.run(os.getpid).values()
    assert found == expected


def test_workers_with_another_library_are_refused(address, jobs, monkeypatch):
    monkeypatch.setattr(cluster, "library", lambda: "another")
    with cluster.connect(address) as client, cluster.Cluster(client, SETTINGS) as machines:
        [(_, outcome)] = machines.run(jobs[:1])
    assert outcome.status == "failed" and "another version" in outcome.reason


def test_walls_are_those_of_all_workers(address):
    with cluster.connect(address) as client:
        assert cluster.walls(client) == set(sandbox.walls())


def test_course_grade_has_it_as_an_option(address, tiny):
    for student in ("anna", "ben"):
        tiny.hand_in(student, tiny.solved())
    options = ["--allow-root", "--quiet", "--scheduler", address]
    assert main(["grade", "--course", str(tiny.root), *options]) == 0
    assert [row.score for row in rows(tiny.course, "tiny")] == [5, 5]
    assert not (tiny.course.work / "desks").exists()


def test_nobody_at_the_address_is_said_in_a_line(tiny, capsys, monkeypatch):
    client = distributed.Client
    monkeypatch.setattr(distributed, "Client", lambda place, timeout: client(place, timeout=0.2))
    shutil.rmtree(tiny.root / "submitted", ignore_errors=True)
    options = ["--allow-root", "--scheduler", "tcp://127.0.0.1:1"]
    assert main(["grade", "--course", str(tiny.root), *options]) == 1
    assert "127.0.0.1:1" in capsys.readouterr().err
