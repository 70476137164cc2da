"""The process that judges: it owns the tests, the answers and the seed, and runs no student's code.

For each notebook it asks for a student's process, has the student's cells run there, and runs the
locked cells itself. A name that a test uses and no locked cell binds comes from the student: a
value as a copy, a function as a stand-in whose call happens over there.
"""

import json
import resource
import time
import traceback

import nbformat

from course_lib.checks import task as checks_task
from course_lib.grading import evidence, intake, likeness, message
from course_lib.grading.cells import Cells
from course_lib.grading.job import Job, Outcome
from course_lib.grading.session import Session, released


def warm_up():
    """Make what every checker needs, once for all: an IPython, and nbformat's validator."""
    Cells()
    nbformat.validate(nbformat.v4.new_notebook())


def main(sock, students):
    """Read a Job, grade it, and send the Outcome.

    Args:
        sock: the socket to the engine.
        students: the socket where a student's process is asked for.
    """
    packed, buffers = message.read(sock)
    job = Job.unpacked(message.unpack(packed, buffers))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        outcome = grade(job, students)
    except Exception as error:  # a bug of the grader: its row must come, and be tried again
        told = traceback.extract_tb(error.__traceback__)[-1]
        outcome = Outcome(
            reason=f"The grader could not grade it ({type(error).__name__}: {error}, in "
            f"{told.name}, line {told.lineno})."
        )
    message.write(sock, outcome.packed())


def grade(job, students):
    """Return the Outcome of a Job; what is wrong with the submission ends in it.

    Raises:
        Gone: no student's process could be had: the machine's fault.
    """
    start, outcome = time.monotonic(), Outcome(status="graded")
    known = {paper.name for paper in job.papers}
    taken, rejections = {}, []
    for paper in job.papers:
        release = released(paper)
        try:
            file, notes = intake.choose_file(job.files, paper.name, known - {paper.name})
            one = intake.take_in(job.files[file], release)
        except intake.Rejected as rejection:
            rejections.append(str(rejection))
            continue
        outcome.repairs += notes + one.repairs
        if one.altered:
            listed = ", ".join(one.altered)
            outcome.findings.append(
                f"Locked cells differed from the release, whose text was used: {listed}."
            )
        outcome.findings += evidence.library_calls(one.notebook, paper.uses)
        outcome.fingerprint += likeness.fingerprint(one.notebook, release)
        taken[paper.name] = one.notebook
    if not taken:
        return Outcome(status="rejected", reason=rejections[0] if rejections else "no notebook")
    outcome.events += [f"A notebook scores 0. {reason}" for reason in rejections]
    outcome.events += [f"{name} was too large to be taken along." for name in job.left_out]
    checks_task.SEED = job.seed
    files = {n: d for n, d in job.files.items() if not n.lower().endswith(".ipynb")} | job.given
    for paper in job.papers:
        if paper.name in taken:
            session = Session(job, paper, taken[paper.name], outcome)
            session.run(students, files)
            outcome.notebooks[paper.name] = _bytes(session.notebook)
            outcome.cells[paper.name] = session.results
    outcome.seconds = round(time.monotonic() - start, 3)
    return outcome


def _bytes(notebook):
    return json.dumps(notebook, ensure_ascii=False, indent=1, default=str).encode(
        "utf-8", "surrogatepass"
    )
