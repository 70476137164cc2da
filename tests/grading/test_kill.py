"""Killed at any moment, in any process, a run goes on and ends with the same grades."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest

from course_lib.grading.results import rows

KILLS = int(os.environ.get("COURSE_KILLS", "8"))  # 50 take three minutes
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
        victim = rng.choice([None, *below[:1], *below])
        os.kill(victim.pid if victim else grader.pid, signal.SIGKILL)
    except (psutil.NoSuchProcess, ProcessLookupError):
        pass


def interrupt(root, rng, whole):
    """Begin a run that grades all again, kill one process at some moment, and then the rest."""
    while True:
        grader = start(root, "--all")
        try:
            grader.wait(rng.uniform(0.2, 0.9) * whole)
        except subprocess.TimeoutExpired:
            break
    kill_one(grader, rng)
    try:  # without a child, or its warm process, it goes on
        grader.wait(rng.uniform(0, 0.5) * whole)
    except subprocess.TimeoutExpired:
        grader.kill()
        grader.wait()


@pytest.mark.slow
def test_killed_again_and_again(tiny):
    rng = random.Random(0)
    answers = {"right": {}, "half": {"half": "def half(x):\n    return x"}}
    for number in range(30):
        kind = "right" if number % 3 else "half"
        tiny.hand_in(f"student-{number:02}", tiny.solved(**answers[kind]))
    began = time.monotonic()
    assert start(tiny.root).wait() == 0
    whole = time.monotonic() - began
    with tiny.course.gradebook() as gradebook:
        gradebook.find_grade("why", "tiny", "tiny", "student-07").manual_score = 3.5
        gradebook.db.commit()
    for _ in range(KILLS):
        interrupt(tiny.root, rng, whole)
    for _ in range(2):  # what failed while it was killed is tried again
        status = start(tiny.root).wait()
    assert status == 0
    class_rows = rows(tiny.course, "tiny")
    assert len(class_rows) == 30
    for number, row in enumerate(class_rows):
        assert row.status == "graded"
        scores = tuple(mark.score for mark in row.parts)
        by_hand = 3.5 if number == 7 else 0
        assert scores == ((3, 2, by_hand) if number % 3 else (3, 0, by_hand)), row.student
        assert row.feedback_page
    assert not (tiny.course.work / "desks").exists()
    with closing(sqlite3.connect(tiny.root / "gradebook.db")) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        count = "select count(*) from submitted_assignment"
        assert database.execute(count).fetchone() == (30,)
