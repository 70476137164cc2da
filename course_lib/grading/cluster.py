"""Grade on many machines: the Engine's work, given to the workers of dask.distributed.

What travels is a Job and its Outcome, bytes in and bytes out. A worker runs no student's code
itself: it has warm processes of its own, whose confined forks do (see `engine`). Where a worker is
lost, another one does its jobs again, for a job is a function of its bytes.
"""

import atexit
import hashlib
import threading
from functools import cache
from itertools import islice

from course_lib.grading import curtain, sandbox
from course_lib.grading.engine import Engine, Settings
from course_lib.grading.job import Job, Outcome


class Cluster:
    """What `engine.Engine` is, on the workers of a scheduler.

    Args:
        client: a dask.distributed Client, which the end of the context closes.
        settings: the Settings of the assignment.
    """

    def __init__(self, client, settings=None):
        self.client, self.settings = client, settings or Settings()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def run(self, jobs):
        """Grade Jobs, and yield (job, outcome) as they end; two for each thread are under way."""
        from distributed import as_completed

        jobs, waiting, done = iter(jobs), {}, as_completed()
        common = (library(), tuple(self.settings))

        def begin(number):
            for job in islice(jobs, number):
                future = self.client.submit(_grade, *common, job.packed(), pure=False)
                waiting[future.key] = job
                done.add(future)

        begin(2 * max(sum(self.client.nthreads().values()), 1))
        for future in done:
            job = waiting.pop(future.key)
            try:
                outcome = Outcome.unpacked(future.result())
            except Exception as error:  # it cost several workers their lives, say
                outcome = Outcome("failed", f"No worker graded it ({error}).")
            begin(1)
            yield job, outcome


def connect(address):
    """Return a Client of the scheduler at an address such as "tcp://host:8786".

    Raises:
        ValueError: there is no dask here.
        OSError: nobody answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ValueError("--scheduler needs pip install 'course-lib[cluster]'") from None
    return Client(address, timeout=30)


def walls(client):
    """Return the walls that stand on the machines of all workers."""
    found = [set(standing) for standing in client.run(sandbox.walls).values()]
    return set.intersection(*found) if found else set()


@cache
def library():
    """Return a digest of the library: all machines must have the same."""
    digest = hashlib.sha256()
    for path in sorted(curtain.LIBRARY.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _grade(version, settings, packed):
    """Grade one Job in a worker."""
    if version != library():
        raise ValueError("a worker has another version of course_lib")
    return _engine(settings, threading.get_ident()).grade(Job.unpacked(packed)).packed()


@cache
def _engine(settings, thread):
    """Return the Engine of one thread of a worker, whose folder goes with the worker's."""
    from distributed import get_worker

    engine = Engine(Settings(*settings), 1, f"{get_worker().local_directory}/desks-{thread}")
    atexit.register(engine.__exit__)
    return engine.__enter__()
