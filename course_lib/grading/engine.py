"""Grade many submissions on this machine: `grade(Job) -> Outcome`, several at a time."""

import json
import os
import selectors
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from course_lib.grading import curtain, message
from course_lib.grading.job import Outcome
from course_lib.grading.message import BadMessage, Gone

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "COURSE_CACHE")
#: Seconds beyond a submission's limit after which its checker is taken for lost.
_SPARE = 60


class Settings(NamedTuple):
    """What the processes of one assignment have in common.

    Fields: modules, those that the locked cells import, which are imported once; hide, more
    modules that students may not use; memory in bytes; limit, seconds for a notebook.
    """

    modules: tuple = ()
    hide: tuple = ()
    memory: int = 4 << 30
    limit: float = 300


class Engine:
    """The warm processes, and the submissions that are graded in their forks.

    Use it as a context manager; the processes end with it.

    Args:
        settings: a Settings.
        workers: how many submissions run at the same time.
        desks: a folder of its own, where students' processes get theirs; None for a temporary one.
    """

    def __init__(self, settings=None, workers=2, desks=None):
        self.settings, self.workers = settings or Settings(), workers
        self.warm = self.control = None
        self.place, self.desks = desks, None

    def __enter__(self):
        if self.place is None:
            self.desks = tempfile.mkdtemp(prefix="grading-")
        else:
            self.desks = str(self.place)
            shutil.rmtree(self.desks, ignore_errors=True)  # of a run that was killed
            os.makedirs(self.desks)
        return self

    def __exit__(self, *_):
        self._stop()
        shutil.rmtree(self.desks, ignore_errors=True)

    def grade(self, job):
        """Return the Outcome of one Job."""
        [(_, outcome)] = self.run([job])
        return outcome

    def run(self, jobs):
        """Grade Jobs, and yield (job, outcome) as they end; never more are in memory than needed.

        Args:
            jobs: an iterable; the next one is taken when there is room for it.
        """
        jobs = iter(jobs)
        with selectors.DefaultSelector() as waiting:
            try:
                for job in islice(jobs, self.workers):
                    self._begin(job, waiting)
                while waiting.get_map():
                    for job, outcome in self._ended(waiting):
                        for following in islice(jobs, 1):
                            self._begin(following, waiting)
                        yield job, outcome
            finally:
                for key in list(waiting.get_map().values()):
                    key.fileobj.close()

    def _begin(self, job, waiting, attempt=1):
        limit = job.limit * len(job.papers) + _SPARE
        sock = None
        with suppress(Gone, OSError):  # then the reading below fails, too
            sock = self._fork()
            sock.settimeout(_SPARE)
            message.write(sock, job.packed())
            sock.settimeout(None)
        if sock is None:
            sock, other = socket.socketpair()
            other.close()
        waiting.register(sock, selectors.EVENT_READ, (job, attempt, time.monotonic() + limit))

    def _ended(self, waiting):
        deadlines = [key.data[2] for key in waiting.get_map().values()]
        ready = waiting.select(max(0.0, min(deadlines) - time.monotonic()))
        keys = [key for key, _ in ready]
        keys += [
            key for key in waiting.get_map().values()
            if key.data[2] <= time.monotonic() and key not in keys
        ]  # fmt: skip
        for key in keys:
            job, attempt, deadline = key.data
            waiting.unregister(key.fileobj)
            with key.fileobj as sock:
                outcome = self._outcome(sock, deadline)
            if outcome is None and attempt == 1 and time.monotonic() < deadline:
                self._begin(job, waiting, attempt=2)  # once more: a job is a function of its bytes
                continue
            yield (
                job,
                outcome
                or Outcome(
                    "failed", "The process that graded it was lost. The next run tries again."
                ),
            )

    def _outcome(self, sock, deadline):
        try:
            if time.monotonic() >= deadline:
                return None
            packed, buffers = message.read(sock, time.monotonic() + _SPARE)
            return Outcome.unpacked(message.unpack(packed, buffers))
        except (Gone, BadMessage):
            return None

    def _fork(self):
        """Return the socket of a new checker; start the warm processes where there are none."""
        for _ in range(2):
            if self.warm is None or self.warm.poll() is not None:
                self._start()
            mine, other = socket.socketpair()
            with other:
                try:
                    socket.send_fds(self.control, [b"c"], [other.fileno()])
                    return mine
                except OSError:
                    mine.close()
                    self._stop()
        raise Gone("the warm process does not start")

    def _start(self):
        self._stop()
        self.control, theirs = socket.socketpair()
        own = [n for n in self.settings.modules if n.partition(".")[0] == "course_lib"]
        hidden = [*curtain.hidden_modules(self.settings.modules), *self.settings.hide]
        configuration = {
            "preload": [name for name in self.settings.modules if name not in own],
            "library": [name for name in own if not name.startswith("course_lib.checks")],
            "checks": [name for name in own if name.startswith("course_lib.checks")],
            "hidden": hidden,
            "readable": readable_places(),
            "memory": self.settings.memory,
            "limit": self.settings.limit,
            "desks": self.desks,
            "path": str(curtain.LIBRARY.parent),
        }
        variables = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
        variables |= {
            "HOME": self.desks,
            "TMPDIR": self.desks,
            "MPLCONFIGDIR": self.desks,
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "JOBLIB_MULTIPROCESSING": "0",  # it would warn that it may have no processes
            "PYTHONHASHSEED": "0",
        }
        self.warm = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("warm.py")), json.dumps(configuration),
             str(theirs.fileno())],
            env=variables,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=None if os.environ.get("COURSE_DEBUG") else subprocess.DEVNULL,
        )  # fmt: skip
        theirs.close()

    def _stop(self):
        if self.control is not None:
            self.control.close()
        if self.warm is not None:
            try:
                self.warm.wait(10)
            except subprocess.TimeoutExpired:
                self.warm.kill()
                self.warm.wait()
        self.warm = self.control = None


def readable_places():
    """Return the folders that Python imports from, without those of the course."""
    places = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    places |= {place for place in sys.path if "-packages" in Path(place).name}
    places.add(str(Path(sys.base_prefix) / "lib"))
    return sorted(place for place in places if Path(place).is_dir())
