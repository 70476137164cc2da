"""The warm processes: Python with its libraries imported, forked for every submission.

    python warm.py CONFIGURATION CONTROL

The first warm process imports what a notebook needs and splits. One half draws the curtain and
forks the students' processes; the other imports the checks and forks the checkers, which ask the
first half for a student's process each. A request is one byte with a socket for the new process.
"""

import contextlib
import ctypes
import gc
import importlib
import importlib.util
import json
import os
import select
import shutil
import signal
import socket
import stat
import sys
import tempfile
import traceback
from pathlib import Path

#: Milliseconds between two looks at which children have ended.
_PAUSE = 50


def main(configuration, control):
    """Import, split, and serve until the other end of `control` is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the grader is the one to be interrupted
    _die_with_parent()
    _import_quietly(["numpy", "IPython.core.interactiveshell", *configuration["preload"]])
    for_checkers, for_students = socket.socketpair()
    half = os.fork()
    if half == 0:
        _die_with_parent()
        control.close()
        for_checkers.close()
        _serve_students(configuration, for_students)
    else:
        for_students.close()
        _serve_checkers(configuration, control, for_checkers)
        for_checkers.close()
        os.waitpid(half, 0)  # so that its time is counted
    os._exit(0)


def _serve_students(configuration, control):
    curtain = _load("curtain")
    curtain.draw(configuration["hidden"])
    _import_quietly(configuration["library"])
    from course_lib.grading import sandbox, student
    from course_lib.grading.cells import Cells

    cells = Cells()
    policy = sandbox.Policy(
        readable=(*configuration["readable"], curtain.LIBRARY),
        hidden=tuple(curtain.hidden_files(configuration["hidden"])),
        memory=configuration["memory"],
        seconds=int(configuration["limit"]) + 60,
    )

    def start(sock):
        desk = Path(tempfile.mkdtemp(prefix="desk-", dir=configuration["desks"]))
        own = policy._replace(writable=(desk,))

        def work(walls):
            return student.serve(sock, cells, desk, walls)

        return sandbox.spawn(work, own, keep=(sock.fileno(),)), desk

    _serve(control, start)


def _serve_checkers(configuration, control, students):
    from course_lib.grading import checker

    _import_quietly(configuration["library"] + configuration["checks"])

    def start(sock):
        child = os.fork()
        if child:
            return child, None
        try:
            _die_with_parent()
            _close_all_but((sock.fileno(), students.fileno()))
            checker.main(sock, students)
        except BaseException:
            traceback.print_exc()  # seen with COURSE_DEBUG set
        finally:
            os._exit(0)

    _serve(control, start, watched=students)


def _serve(control, start, watched=None):
    """Start a process for each socket that comes; end it when the other end hangs up."""
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page that it shares
    children = {}  # process id -> (its socket, its folder)
    poll = select.poll()
    poll.register(control, select.POLLIN)
    if watched is not None:
        poll.register(watched, 0)
    while True:
        for place, _ in poll.poll(_PAUSE):
            if place == control.fileno():
                byte, places, _, _ = socket.recv_fds(control, 1, 1)
                if not byte:
                    return _end(children)
                for one in places:
                    sock = socket.socket(fileno=one)
                    try:
                        child, folder = start(sock)
                    except OSError:  # no process or no room: whoever asked sees the end
                        sock.close()
                        continue
                    children[child] = (sock, folder)
                    poll.register(sock, 0)
            elif watched is not None and place == watched.fileno():
                return _end(children)
            else:
                for child, (sock, _) in children.items():
                    if sock.fileno() == place:
                        os.kill(child, signal.SIGKILL)
                        poll.unregister(sock)
        _collect(children, poll)


def _collect(children, poll):
    while children:
        try:
            child, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not child:
            return
        if child in children:
            sock, folder = children.pop(child)
            with contextlib.suppress(KeyError):
                poll.unregister(sock)
            sock.close()
            _remove(folder)


def _end(children):
    for child, (_, folder) in children.items():
        os.kill(child, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(child, 0)
        _remove(folder)


def _remove(folder):
    def allow(function, path, _):
        with contextlib.suppress(OSError):
            os.chmod(os.path.dirname(path), stat.S_IRWXU)
            function(path)

    if folder is not None:
        shutil.rmtree(folder, onerror=allow)


def _die_with_parent():
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)


def _close_all_but(kept):
    first = 3
    for place in [*sorted(kept), os.sysconf("SC_OPEN_MAX")]:
        os.closerange(first, place)
        first = place + 1


def _load(name):
    """Import a module of this folder without the library around it."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _import_quietly(names):
    for name in names:
        with contextlib.suppress(Exception):  # what is missing will be missed in its cell
            importlib.import_module(name)


if __name__ == "__main__":
    sys.path[:] = [place for place in sys.path if place != str(Path(__file__).parent)]
    settings = json.loads(sys.argv[1])
    sys.path.append(settings["path"])
    main(settings, socket.socket(fileno=int(sys.argv[2])))
