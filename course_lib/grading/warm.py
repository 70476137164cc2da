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
import time
import traceback
from pathlib import Path

#: Milliseconds between two looks at which children have ended.
_PAUSE = 50
#: Seconds that a process has to end by itself once nobody listens to it.
_GRACE = 1


def main(configuration, control):
    """Import, split, and serve until the other end of `control` is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the grader is the one to be interrupted
    _die_with_parent()
    gc.disable()  # what is imported stays
    _import_quietly(["numpy", "IPython.core.interactiveshell", *configuration["preload"]])
    if "PIL" in sys.modules:
        from PIL import Image

        Image.init()  # its forty formats, which every child would import
    gc.freeze()  # what is shared is not looked through again
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
    checker.warm_up()

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


class _Child:
    """A process that was started, its socket and its folder."""

    def __init__(self, number, sock, folder):
        self.number, self.socket, self.folder = number, sock, folder
        self.end = None  # when it is killed, as time.monotonic() tells it


def _serve(control, start, watched=None):
    """Start a process for each socket that comes; end it when the other end hangs up."""
    gc.collect()
    gc.freeze()  # a collection in a child would copy every page that it shares
    gc.enable()
    children = {}  # descriptor of its socket -> _Child
    poll = select.poll()
    poll.register(control, select.POLLIN)
    if watched is not None:
        poll.register(watched, 0)
    while True:
        for place, _ in poll.poll(_PAUSE):
            if place == control.fileno():
                byte, places, _, _ = socket.recv_fds(control, 1, 1)
                if not byte:
                    return _end(children, _GRACE)
                for one in places:
                    sock = socket.socket(fileno=one)
                    try:
                        number, folder = start(sock)
                    except OSError:  # no process or no room: whoever asked sees the end
                        sock.close()
                        continue
                    children[one] = _Child(number, sock, folder)
                    poll.register(sock, 0)
            elif watched is not None and place == watched.fileno():
                return _end(children, 0)
            else:
                children[place].end = time.monotonic() + _GRACE
                poll.unregister(place)
        _collect(children, poll)


def _collect(children, poll=None):
    """Kill the children whose time is up, and clear away after those that have ended."""
    for place, child in list(children.items()):
        if child.end is not None and child.end <= time.monotonic():
            os.kill(child.number, signal.SIGKILL)
        if os.waitpid(child.number, os.WNOHANG)[0]:
            del children[place]
            if poll is not None and child.end is None:
                poll.unregister(place)
            child.socket.close()
            _remove(child.folder)


def _end(children, seconds):
    """End all children; those that hung up have a moment to do so by themselves."""
    end = time.monotonic() + seconds
    for child in children.values():
        child.end = min(child.end or end, end)
    while children:
        _collect(children)
        time.sleep(0.01)


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
