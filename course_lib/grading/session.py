"""One notebook, run between two processes: its own cells over there, the locked ones here."""

import json
import socket
import time

import nbformat

from course_lib.grading import names
from course_lib.grading.cells import OUTPUT_LIMIT, Cells, Outputs, remember
from course_lib.grading.channel import Channel
from course_lib.grading.message import Gone
from course_lib.grading.verdict import clean, error_output, is_test, judge, marks_of

#: Seconds after its time in which an interrupted cell must have come back.
GRACE = 3
_ENDED = "this cell ended the Python process; nothing after it ran"


def released(paper):
    """Return the notebook that students were given."""
    return nbformat.from_dict(json.loads(paper.release))


def put_tests_in(notebook, paper):
    """Give the locked cells of a repaired notebook the text that the gradebook knows."""
    for cell in notebook.cells:
        known = paper.cells.get(marks_of(cell).get("grade_id"))
        if known:
            cell.metadata.nbgrader["checksum"] = known["checksum"]
            if marks_of(cell).get("locked"):
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
        release = released(paper)
        self.locked = [
            (cell.id, names.plain(paper.cells[marks_of(cell)["grade_id"]]["source"]), is_test(cell))
            for cell in release.cells
            if cell.cell_type == "code" and marks_of(cell).get("locked")
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
                outputs.append(error_output(name, why))
            cell.outputs = [nbformat.from_dict(output) for output in outputs]
            cell.execution_count = None if state == "not run" else number
            if testing:
                self.results[marks_of(cell)["grade_id"]] = judge(cell, state)

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
            if one := clean(output):
                self.kept.add(one)
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
