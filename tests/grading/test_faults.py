"""A fault of the machine is told, costs nothing, and is made good by the next run."""

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from unittest import mock

import pytest

from course_lib.cli import main
from course_lib.grading import grade, record
from course_lib.grading.folder import CourseFolder
from course_lib.grading.results import rows
from tests.grading.conftest import ROOT, FakeEngine

STUDENTS = ("anna", "ben", "carla")
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")


def may_mount():
    """Whether this machine lets a user mount a disk of his own."""
    if shutil.which("unshare") is None:
        return False
    trial = [*NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    return subprocess.run(trial, capture_output=True).returncode == 0


mounting = pytest.mark.skipif(not may_mount(), reason="this machine lets no user mount a disk")


@pytest.fixture
def handed_in(tiny):
    for student in STUDENTS:
        tiny.hand_in(student, tiny.solved())
    return tiny


def run(root, *more, fault=lambda job: None):
    """`course grade` with an engine that finds all right; return its exit status."""
    with mock.patch.object(grade, "Engine", lambda *_: FakeEngine(fault=fault)):
        return main(["grade", "--course", str(root), "--allow-root", "--quiet", *more])


def seen(root):
    """Return student -> (status, automatic points or None)."""
    return {
        row.student: (row.status, row.score if row.score is None else int(row.score))
        for row in rows(CourseFolder(root), "tiny")
    }


ALL_GRADED = {student: ("graded", 5) for student in STUDENTS}


def outside(function, *arguments):
    """Call a function of this module in a process with mounts of its own; return what it says."""
    code = (
        "import json, sys; from tests.grading import test_faults as t; "
        f"print(json.dumps(t.{function.__name__}(*sys.argv[1:])))"
    )
    done = subprocess.run(
        [*NAMESPACE, sys.executable, "-c", code, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def on_a_small_disk(root, place):
    """Grade with less and less room, and then with room again."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], check=True)
    course, filler = Path(place, "course"), Path(place, "filler")
    shutil.copytree(root, course)
    said = []
    for left in (400_000, 150_000, 60_000, 20_000, 0):
        free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
        filler.write_bytes(bytes(max(free - left, 0)))
        status = run(course, "--all")
        whole = all(Path(course, "autograded", s, "tiny", "tiny.ipynb").exists() for s in STUDENTS)
        filler.unlink()
        again = run(course)
        with closing(sqlite3.connect(course / "gradebook.db")) as database:
            [intact] = database.execute("pragma integrity_check").fetchone()
        said.append([status, whole, again, seen(course), intact])
        for folder in ("autograded", "feedback", "backups"):
            shutil.rmtree(course / folder, ignore_errors=True)
    return said


@pytest.mark.slow
@mounting
def test_a_full_disk(handed_in, tmp_path):
    (tmp_path / "disk").mkdir()
    said = outside(on_a_small_disk, handed_in.root, tmp_path / "disk")
    graded = {student: list(row) for student, row in ALL_GRADED.items()}
    for status, whole, again, rows_after, intact in said:
        assert whole or status == 1
        assert (again, rows_after, intact) == (0, graded, "ok")
    statuses = [status for status, *_ in said]
    assert 1 in statuses and set(statuses) <= {0, 1}, statuses


def with_a_gradebook_to_read(root):
    """Grade while the gradebook can only be read, and then again."""
    path = str(Path(root, "gradebook.db"))
    before = Path(path).read_bytes()
    subprocess.run(["mount", "--bind", path, path], check=True)
    subprocess.run(["mount", "-o", "remount,ro,bind", path, path], check=True)
    status, first = run(root), seen(root)
    same = Path(path).read_bytes() == before
    subprocess.run(["umount", path], check=True)
    return [status, first, same, run(root), seen(root)]


@mounting
def test_a_gradebook_that_can_only_be_read(handed_in):
    status, first, same, again, after = outside(with_a_gradebook_to_read, handed_in.root)
    assert status == 1 and same
    assert {row[0] for row in first.values()} == {"not graded"}
    assert (again, {s: tuple(row) for s, row in after.items()}) == (0, ALL_GRADED)


@pytest.mark.slow
def test_a_gradebook_that_another_holds(handed_in, capsys):
    with closing(sqlite3.connect(handed_in.root / "gradebook.db")) as other:
        other.execute("begin exclusive")
        assert run(handed_in.root) == 1
    said = capsys.readouterr().err
    assert "database is locked" in said and "the next run goes on" in said
    assert "Traceback" not in said
    assert run(handed_in.root) == 0 and seen(handed_in.root) == ALL_GRADED


@pytest.mark.slow
def test_a_gradebook_that_another_holds_for_a_while(handed_in):
    other = sqlite3.connect(handed_in.root / "gradebook.db", isolation_level=None)

    def fault(job):
        if job.student == "anna":
            other.execute("begin immediate")
        elif job.student == "ben":
            other.execute("commit")

    with closing(other):
        assert run(handed_in.root, fault=fault) == 1
    found = seen(handed_in.root)
    assert found.pop("anna") == ("not graded", None)
    assert set(found.values()) == {("graded", 5)}
    again = []
    assert run(handed_in.root, fault=lambda job: again.append(job.student)) == 0
    assert again == ["anna"] and seen(handed_in.root) == ALL_GRADED


@pytest.mark.parametrize("step", ["_prepare_folder", "_put_folder", "_save_grades"])
def test_no_room_at_any_step(handed_in, monkeypatch, step):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(record, step, full)
        assert run(handed_in.root) == 1
    assert {row for row in seen(handed_in.root).values()} == {("not graded", None)}
    assert run(handed_in.root) == 0 and seen(handed_in.root) == ALL_GRADED
