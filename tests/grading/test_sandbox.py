"""The walls around a student's code hold, tried from inside."""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import course_lib
from course_lib.grading import sandbox

LIBRARY = Path(course_lib.__file__).parent
HIDDEN = LIBRARY / "reference"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or set(sandbox.walls()) != set(sandbox.WALLS),
    reason="this machine does not have every wall",
)


@pytest.fixture
def inside(tmp_path):
    """A function that runs another one confined: what it returned, or the name of its error."""
    desk = tmp_path / "desk"
    desk.mkdir()
    (tmp_path / "secret").write_text("hidden tests", encoding="utf-8")
    paths = [path for path in sys.path if path and Path(path).is_dir()]
    policy = sandbox.Policy(
        readable=(LIBRARY, *paths), hidden=(HIDDEN, tmp_path / "secret"), writable=(desk,)
    )

    def run(function, policy=policy):
        read, write = os.pipe()

        def main(_):
            try:
                answer = function(desk)
            except BaseException as error:
                answer = type(error).__name__
            os.write(write, json.dumps(answer).encode())
            return 0

        child = sandbox.spawn(main, policy, keep=(write,))
        os.close(write)
        with os.fdopen(read) as pipe:
            answer = pipe.read()
        os.waitpid(child, 0)
        return json.loads(answer)

    return run


def test_libraries_work_and_the_desk_can_be_written(inside):
    def work(desk):
        import numpy as np
        from scipy import ndimage

        (desk / "note").write_text("mine", encoding="utf-8")
        return float(ndimage.uniform_filter(np.ones(4)).sum()), (desk / "note").read_text()

    assert inside(work) == [4.0, "mine"]


@pytest.mark.parametrize(
    "path",
    [
        HIDDEN / "convolution.py",
        "../secret",
        "/etc/passwd",
        "/proc/1/environ",
        "/proc/self/maps",
        LIBRARY / "data" / ".." / "reference" / "convolution.py",
    ],
    ids=str,
)
def test_other_files_cannot_be_read(inside, path):
    assert inside(lambda desk: (desk / path).read_text(encoding="utf-8")) == "PermissionError"


def test_links_lead_nowhere(inside):
    def link(desk):
        (desk / "link").symlink_to(HIDDEN)
        return (desk / "link" / "convolution.py").read_text(encoding="utf-8")

    assert inside(link) == "PermissionError"


def test_the_answers_cannot_be_imported(inside):
    name = "course_lib.reference.lstm"
    assert importlib.util.find_spec(name)  # outside it is there
    forget = "import sys; [sys.modules.pop(n) for n in list(sys.modules) if 'reference' in n]"
    code = f"import importlib; importlib.import_module({name!r})"
    # Which of the two depends on whether Python had listed the folder before.
    denied = ("PermissionError", "ModuleNotFoundError")
    assert inside(lambda _: exec(f"{forget}\n{code}")) in denied


def test_nothing_outside_the_desk_can_be_written(inside):
    assert inside(lambda desk: (desk.parent / "x").write_text("x")) == "PermissionError"
    assert inside(lambda _: (LIBRARY / "__init__.py").open("a").close()) == "PermissionError"


def test_there_is_no_network(inside):
    def connect(_):
        import socket

        socket.create_connection(("127.0.0.1", 9), timeout=2)

    assert inside(connect) in ("PermissionError", "OSError", "ConnectionRefusedError")
    assert "OSError" in inside(lambda _: _network_names()) or inside(
        lambda _: _network_names()
    ) == ["lo"]


def _network_names():
    import socket

    return [name for _, name in socket.if_nameindex()]


def test_no_other_process_is_in_sight(inside):
    assert inside(lambda _: [os.getpid(), os.getppid()]) == [1, 0]
    assert inside(lambda _: os.kill(os.getppid() + 2, signal.SIGKILL)) == "ProcessLookupError"


def test_no_program_can_be_started(inside):
    assert inside(lambda _: subprocess.run([sys.executable, "-V"])) == "PermissionError"


def test_memory_is_limited(inside):
    small = sandbox.Policy(memory=1 << 30)
    assert inside(lambda _: len(bytearray(2 << 30)), small) == "MemoryError"


def test_no_privilege_is_left(inside):
    def mount(_):
        import ctypes

        library = ctypes.CDLL(None, use_errno=True)
        return [library.mount(b"x", b"/", b"tmpfs", 0, None), library.unshare(0x10000000)]

    assert inside(mount) == [-1, -1]


def test_what_it_started_ends_with_it(tmp_path):
    alive = tmp_path / "alive"
    alive.touch()

    def main(_):
        if os.fork() == 0:
            os.setsid()
            while True:
                alive.touch()
                time.sleep(0.02)
        time.sleep(60)

    child = sandbox.spawn(main, sandbox.Policy(writable=(tmp_path,)))
    started = alive.stat().st_mtime_ns
    while alive.stat().st_mtime_ns == started:
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    time.sleep(0.3)
    last = alive.stat().st_mtime_ns
    time.sleep(0.3)
    assert alive.stat().st_mtime_ns == last
