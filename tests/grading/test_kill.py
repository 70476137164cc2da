"""Killed at any moment, in any process, a run goes on and ends with the same grades."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import psutil
import pytest

from course_lib.grading.results import rows

KILLS = int(os.environ.get("COURSE_KILLS", "6"))  # 50 take a quarter of an hour
RUN = "import sys; from course_lib.cli import main; sys.exit(main(sys.argv[1:]))"


def start(root, *more):
    command = [sys.executable, "-c", RUN, "grade", "--course", str(root), "--allow-root"]
    return subprocess.Popen(
        [*command, "--quiet", *more], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def kill_one(grader, rng):
    """Kill -9 the grader, the warm process, or one of the processes below it."""
    try:
        below = psutil.Process(grader.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return
    victim = rng.choice([None, *below[:1], *below])
    try:
        os.kill(victim.pid if victim else grader.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


@pytest.mark.slow
def test_killed_again_and_again(tiny):
    rng = random.Random(0)
    answers = {"right": {}, "half": {"half": "def half(x):\n    return x"}}
    for number in range(30):
        kind = "right" if number % 3 else "half"
        tiny.hand_in(f"student-{number:02}", tiny.solved(**answers[kind]))
    killed = 0
    while killed < KILLS:
        grader = start(tiny.root, *(["--all"] if rng.random() < 0.3 else []))
        try:
            grader.wait(rng.uniform(1.5, 8))
        except subprocess.TimeoutExpired:
            kill_one(grader, rng)
            killed += 1
            if rng.random() < 0.5:
                grader.kill()
        grader.wait()
    for _ in range(2):  # what failed while it was killed is tried again
        status = start(tiny.root).wait()
    assert status == 0
    class_rows = rows(tiny.course, "tiny")
    assert len(class_rows) == 30
    for number, row in enumerate(class_rows):
        assert row.status == "graded"
        scores = tuple(mark.score for mark in row.parts[:2])
        assert scores == ((3, 2) if number % 3 else (3, 0)), row.student
        assert row.feedback_page
    with closing(sqlite3.connect(tiny.root / "gradebook.db")) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        count = "select count(*) from submitted_assignment"
        assert database.execute(count).fetchone() == (30,)
