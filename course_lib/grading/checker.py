"""The process that judges: it owns the tests, the answers and the seed, and runs no student's code.

For each notebook it asks for a student's process, has the student's cells run there, and runs the
locked cells itself. A name that a test uses and no locked cell binds comes from the student: a
value as a copy, a function as a stand-in whose call happens over there.
"""

import json
import resource
import socket
import time
import traceback

import nbformat
from nbformat.v4 import new_output

from course_lib.checks import task as checks_task
from course_lib.grading import evidence, intake, likeness, message, names
from course_lib.grading.cells import OUTPUT_LIMIT, Cells, Outputs, remember
from course_lib.grading.job import Job, Outcome
from course_lib.grading.message import Gone
from course_lib.grading.remote import Channel

#: Seconds after its time in which an interrupted cell must have come back.
GRACE = 3
_ENDED = "this cell ended the Python process; nothing after it ran"
_WHY_NOT = {
    "not run": "this test did not run, because the notebook stopped before it; it scores 0",
    "timeout": "this test did not end in time; it scores 0",
    "died": "this test ended the Python process; it scores 0",
}


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
        release = _release(paper)
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


def _release(paper):
    return nbformat.from_dict(json.loads(paper.release))


def put_tests_in(notebook, paper):
    """Give the locked cells of a repaired notebook the text that the gradebook knows."""
    for cell in notebook.cells:
        known = paper.cells.get(_marks(cell).get("grade_id"))
        if known:
            cell.metadata.nbgrader["checksum"] = known["checksum"]
            if _marks(cell).get("locked"):
                cell.source = known["source"]


class Session:
    """One notebook, run between two processes."""

    def __init__(self, job, paper, notebook, outcome):
        self.job, self.notebook, self.outcome = job, notebook, outcome
        self.results = {}
        self.cells = Cells()
        self.cells.shell.reset(new_session=True)
        self.kept = Outputs(OUTPUT_LIMIT)  # the limit of what the student's cells show
        self.end = time.monotonic() + job.limit
        self.fetched = {}
        put_tests_in(notebook, paper)
        transform = self.cells.shell.transform_cell
        release = _release(paper)
        self.locked = [
            (cell.id, transform(paper.cells[_marks(cell)["grade_id"]]["source"]), is_test(cell))
            for cell in release.cells
            if cell.cell_type == "code" and _marks(cell).get("locked")
        ]
        self.done = set()
        self.own = set(self.cells.names)
        for _, text, testing in self.locked:
            self.own |= names.bound(text, firmly=testing)
        self.wanted = set()
        for _, text, _ in self.locked:
            self.wanted |= names.mentioned(text)

    def run(self, students, files):
        """Run all code cells in order, and put their outputs in."""
        mine, other = socket.socketpair()
        with mine:
            try:
                socket.send_fds(students, [b"s"], [other.fileno()])
            except OSError:
                raise Gone("the process that starts students' processes has ended") from None
            other.close()
            self.channel = Channel(mine, public=True)
            self.channel.deadline = time.monotonic() + 60
            walls = self.channel.ask({"do": "files", "files": files})
            self.outcome.layers = [str(wall) for wall in walls]
            self._run_cells()

    def _run_cells(self):
        code = [cell for cell in self.notebook.cells if cell.cell_type == "code"]
        stopped = False
        for number, cell in enumerate(code, start=1):
            seconds = min(self.job.timeout, self.end - time.monotonic())
            testing = is_test(cell)
            state, outputs, why = "not run", [], ""
            if not stopped and seconds <= 0:
                state, stopped = "timeout", True
                why = (
                    f"the notebook ran longer than {self.job.limit:g} seconds; nothing after it ran"
                )
            elif not stopped:
                self.channel.deadline = time.monotonic() + seconds + GRACE
                run = self._test if testing else self._run
                state, outputs, why = run(cell, seconds)
                stopped = bool(self.channel.broken) or state == "died"
            if why:
                self.outcome.events.append(f"Code cell {number}: {why}.")
                name = "TimeLimit" if state == "timeout" else "PythonEnded"
                outputs.append(_error(name, why))
            cell.outputs = [nbformat.from_dict(output) for output in outputs]
            cell.execution_count = None if state == "not run" else number
            if testing:
                self.results[_marks(cell)["grade_id"]] = judge(cell, state)

    def _run(self, cell, seconds):
        if not cell.source.strip():
            return "ok", [], ""
        remember(cell.id, cell.source)
        request = {"do": "run", "name": cell.id, "text": cell.source, "seconds": seconds}
        try:
            answer = self.channel.ask(request)
            state, told = answer["state"], answer["outputs"]
        except Gone:
            return self._gone(seconds)
        except (TypeError, KeyError):
            self.channel.broken = "does not keep to the protocol"
            return "died", [], _ENDED
        self.kept.cell = []
        for output in told if isinstance(told, list) else []:
            clean = _clean(output)
            if clean:
                self.kept.add(clean)
        why = ""
        if state == "timeout":
            why = f"this cell ran longer than {seconds:g} seconds"
        elif state == "died":
            why = _ENDED
        return (
            state if state in ("ok", "error", "timeout", "died") else "error",
            self.kept.cell,
            why,
        )

    def _gone(self, seconds):
        if "in time" in self.channel.broken:
            why = f"this cell ran longer than {seconds:g} seconds and could not be interrupted"
            return "timeout", [], f"{why}; nothing after it ran"
        return "died", [], _ENDED

    def _test(self, cell, seconds):
        """Run a locked test here, with the student's names in sight."""
        cells = self.cells
        ids = [one for one, _, _ in self.locked]
        for one, text, testing in self.locked[: ids.index(cell.id)]:
            if not testing and one not in self.done:
                self.done.add(one)
                cells.run(one, text, seconds)
        cells.outputs.limit = OUTPUT_LIMIT
        try:
            self._fetch()
            state, outputs = cells.run(cell.id, cell.source, seconds + GRACE - 1)
        except Gone:
            state, outputs = "died", []
        self.own |= {
            name
            for name, value in cells.names.items()
            if name not in self.fetched or value is not self.fetched[name]
        }
        if not self.channel.broken:
            why = f"this cell ran longer than {seconds:g} seconds" if state == "timeout" else ""
            return state, outputs, why
        state, _, why = self._gone(seconds)
        return state, [one for one in outputs if one["output_type"] == "stream"], why

    def _fetch(self):
        """Bring what the tests may want of the student's variables."""
        for name in set(self.fetched) - self.own:
            self.cells.names.pop(name, None)
        self.fetched = {}
        wanted = sorted(self.wanted - self.own)
        came = self.channel.ask({"do": "names", "names": wanted})
        if not isinstance(came, dict):
            came = {}
        self.fetched = {name: came[name] for name in wanted if name in came}
        self.cells.names.update(self.fetched)


def judge(cell, state):
    """Say what became of a locked test, and make sure that one that did not run scores nothing.

    Args:
        cell: the cell with its outputs, which this completes.
        state: how its run ended.

    Returns:
        dict: state, reason and the names of recognised mistakes.
    """
    if state == "ok":
        for output in cell.outputs:
            if output.output_type == "stream":
                output.name = "stdout"  # nbgrader gives nothing for a warning
    elif state in _WHY_NOT:
        cell.outputs.append(nbformat.from_dict(_error("DidNotRun", _WHY_NOT[state])))
    elif not any(output.output_type == "error" for output in cell.outputs):
        cell.outputs.append(nbformat.from_dict(_error("Failed", "it failed without a message")))
    notes = [output.get("metadata", {}).get("course", {}) for output in cell.outputs]
    errors = [output.evalue for output in cell.outputs if output.output_type == "error"]
    return {
        "state": state,
        "reason": errors[-1][:300] if errors else "",
        "mistakes": [note["mistake"] for note in notes if note.get("mistake")],
    }


def _marks(cell):
    return cell.metadata.get("nbgrader", {})


def is_test(cell):
    """Whether a cell is a locked test."""
    marks = _marks(cell)
    is_code = cell.cell_type == "code"
    return bool(is_code and marks.get("grade") and not marks.get("solution"))


def _error(name, words):
    return {
        "output_type": "error", "ename": name, "evalue": words, "traceback": [f"{name}: {words}"]
    }  # fmt: skip


def _clean(output):
    """Return an output that the student's process told, made anew; None where it is none."""
    try:
        kind = output["output_type"]
        if kind == "stream":
            name = "stderr" if output["name"] == "stderr" else "stdout"
            return new_output("stream", name=name, text=str(output["text"]))
        if kind == "error":
            lines = [str(line) for line in output["traceback"]]
            words = str(output["evalue"])
            return new_output("error", ename=str(output["ename"]), evalue=words, traceback=lines)
        if kind in ("display_data", "execute_result"):
            data = {str(mime): _data(value) for mime, value in output["data"].items()}
            return new_output(kind, data=data)
    except (TypeError, KeyError, AttributeError):
        pass
    return None


def _data(value):
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    return value if isinstance(value, (dict, list)) else str(value)


def _bytes(notebook):
    return json.dumps(notebook, ensure_ascii=False, indent=1, default=str).encode(
        "utf-8", "surrogatepass"
    )
