"""A course folder as nbgrader knows it: where things lie, and the gradebook."""

import hashlib
import json
import logging
import os
import re
import sqlite3
import sys
import warnings
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from glob import escape, glob
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from nbgrader.api import Gradebook
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from nbgrader.utils import is_grade, is_solution, is_task
from sqlalchemy.exc import SAWarning
from traitlets.config import Config
from traitlets.config.loader import ConfigFileNotFound, PyFileConfigLoader

_BACKUPS_KEPT = 20


class Part(NamedTuple):
    """One graded cell of an assignment."""

    notebook: str
    name: str
    points: float
    #: marked by a person
    written: bool
    #: names of the cells that it is about: the answers above a test, or itself
    answers: tuple[str, ...] = ()


class CourseFolder:
    """The folders, the settings and the gradebook of one course."""

    def __init__(self, root):
        """Read the settings of the course folder `root`, which must exist."""
        self.root = Path(root).resolve()
        if not self.root.is_dir():
            raise ValueError(f"the course folder must be an existing folder, got {str(root)!r}")
        try:
            loaded = PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()
        except ConfigFileNotFound:
            loaded = Config()
        loaded.CourseDirectory.root = str(self.root)
        self.config = loaded
        self.nbgrader = CourseDirectory(config=self.config)
        #: what grading keeps between runs; all of it can be made again
        self.work = self.root / "build" / "grading"

    def __str__(self):
        return str(self.root)

    def coursedir(self, **changes):
        """nbgrader's own view of the folder, with some settings changed."""
        return CourseDirectory(config=self.config, **changes)

    @property
    def cell_timeout(self):
        """Seconds that nbgrader's settings allow for one cell."""
        return Execute(config=self.config).timeout

    def path(self, step, student, assignment):
        """The folder of one student's assignment in a step such as "submitted"."""
        return self._path(getattr(self.nbgrader, f"{step}_directory"), student, assignment)

    def scratch(self, assignment, step):
        """A directory for nbgrader's settings, relative to the course, for a step of grading."""
        return str((self.work / assignment / step).relative_to(self.root))

    def scratch_path(self, step, student, assignment):
        """The folder of one student's assignment in a step of grading."""
        return self._path(self.scratch(assignment, step), student, assignment)

    def _path(self, directory, student, assignment):
        return Path(os.path.normpath(self.nbgrader.format_path(directory, student, assignment)))

    def assignments(self):
        """Names of all assignments that have a source notebook, sorted."""
        found = self.path("source", ".", "*").parent
        return sorted(
            folder.name for folder in found.glob("*") if folder.is_dir() and any_notebook(folder)
        )

    def sources(self, assignment):
        """The instructor's notebooks of one assignment, sorted; at least one."""
        sources = sorted(self.path("source", ".", assignment).glob("*.ipynb"))
        if not sources:
            raise ValueError(
                f"assignment {assignment!r} must have a source notebook in "
                f"{self.path('source', '.', assignment)}; found: {self.assignments()}"
            )
        return sources

    def release_notebooks(self, assignment):
        """The students' versions of an assignment's notebooks, as they were registered."""
        return sorted(self.scratch_path("release", ".", assignment).glob("*.ipynb"))

    def parts(self, assignment):
        """The graded cells of an assignment, in the order in which a student meets them."""
        parts = []
        for source in self.sources(assignment):
            answers, tested = [], False  # the answers that the next test is about
            for cell in map(_Cell, read_json(source)["cells"]):
                name = cell.metadata.get("nbgrader", {}).get("grade_id")
                written = is_solution(cell) or is_task(cell)
                if is_grade(cell) or is_task(cell):
                    points = float(cell.metadata["nbgrader"]["points"])
                    about = (name,) if written else tuple(answers)
                    parts.append(Part(source.stem, name, points, written, about))
                    tested |= not written
                elif is_solution(cell):
                    answers, tested = [*([] if tested else answers), name], False
        return parts

    def students(self, assignment):
        """Everyone who handed in a folder for the assignment, sorted."""
        return sorted(student for student, name in self._handed_in() if name == assignment)

    def _handed_in(self):
        """Return (student, name) of every folder that lies where a submission does."""
        place = self._submitted()
        if place is None:  # a structure of folders that only nbgrader's settings know
            step, anyone = self.nbgrader.submitted_directory, "(?P<student>[^/\\\\]+)"
            found = []
            for assignment in self.assignments():
                pattern = self.nbgrader.format_path(
                    step, anyone, re.escape(assignment), escape=True
                )
                within = self.coursedir(root=escape(str(self.root))).format_path
                folders = filter(os.path.isdir, glob(within(step, "*", assignment)))
                found += [(re.fullmatch(pattern, f)["student"], assignment) for f in folders]
            return found
        # Listed, not matched: a pattern does not see names that begin with a dot.
        return [
            (student.name, child.name)
            for student in _entries(place)
            if student.is_dir()
            for child in _entries(student.path)
            if child.is_dir()
        ]

    def _submitted(self):
        usual = os.path.join("{nbgrader_step}", "{student_id}", "{assignment_id}")
        if self.nbgrader.directory_structure != usual:
            return None
        return self.root / self.nbgrader.submitted_directory

    def unassigned(self):
        """Paths under the submitted folder that belong to no submission, sorted."""
        place, known = self._submitted(), set(self.assignments())
        if place is None:
            return []
        found = []
        for student in _entries(place):
            children = _entries(student.path) if student.is_dir() else None
            if children is None:
                found.append(student.path)
            for child in children or ():
                if not (child.is_dir() and child.name in known):
                    found.append(child.path)
        return sorted(str(Path(path).relative_to(self.root)) for path in found)

    def result_file(self, assignment, student):
        """Where the outcome of grading one submission is kept."""
        name = quote(student, safe=" ")
        if len(name) > 100 or name != name.strip(" ."):  # no file may have such a name everywhere
            digest = hashlib.sha256(student.encode("utf-8", "surrogateescape")).hexdigest()
            name = f"{name[:60].strip(' .')}-{digest[:16]}"
        return self.work / assignment / "results" / f"{name}.json"

    def digest(self, path):
        """Return a digest of a file's content."""
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()

    def secret(self):
        """Return the course's secret, made if there is none; only the owner can read its file."""
        path = self.root / "grading.secret"
        if not path.exists():
            unfinished = path.with_name(f"{path.name}.part")
            unfinished.unlink(missing_ok=True)
            place = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(place, "wb") as file:
                file.write(os.urandom(32))
            unfinished.replace(path)
        return path.read_bytes()

    def has_gradebook(self):
        """Whether there is a gradebook already."""
        database = Path(self.nbgrader.db_url.removeprefix("sqlite:///"))
        return database.is_file() or "://" in str(database)

    @contextmanager
    def gradebook(self):
        """nbgrader's gradebook, made if there is none."""
        with alembic_on_path():
            gradebook = Gradebook(self.nbgrader.db_url, self.nbgrader.course_id)
        with gradebook, warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own use of SQLAlchemy
            yield gradebook

    def back_up_gradebook(self):
        """Copy the gradebook before a run, and keep the latest copies; return the copy's path."""
        database = Path(self.nbgrader.db_url.removeprefix("sqlite:///"))
        if not database.is_file():  # a new course, or a database server with backups of its own
            return None
        folder = self.root / "backups"
        folder.mkdir(exist_ok=True)
        copy = folder / f"gradebook-{datetime.now(UTC):%Y%m%dT%H%M%S.%f}.db"
        with (
            closing(sqlite3.connect(database)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            # A lock to read: `backup` by itself waits for ever while another holds the gradebook.
            source.execute("begin")
            source.execute("select count(*) from sqlite_master").fetchone()
            source.backup(target)  # whole even while formgrader writes
        for old in sorted(folder.glob("gradebook-*.db"))[:-_BACKUPS_KEPT]:
            old.unlink()
        return copy


class _Cell:
    """A cell of a notebook's JSON with the attributes that nbgrader's functions read."""

    def __init__(self, cell):
        self.cell_type, self.metadata = cell["cell_type"], cell.get("metadata", {})


#: What file managers leave behind.
_JUNK = (".DS_Store", "Thumbs.db", "desktop.ini", "__MACOSX", ".gitkeep")


def _entries(folder):
    """Return the entries of a folder, sorted; none where there is no folder."""
    try:
        with os.scandir(folder) as entries:
            return sorted((e for e in entries if e.name not in _JUNK), key=lambda e: e.name)
    except FileNotFoundError:
        return []


def any_notebook(folder):
    """Whether a folder holds a notebook."""
    return next(folder.glob("*.ipynb"), None) is not None


def read_json(path):
    """Read a JSON file written by the course."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_atomically(path, text):
    """Write a file so that a killed run leaves the old one or the new one, never half of one."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(path.name + ".part")
    unfinished.write_text(text, encoding="utf-8", newline="")
    unfinished.replace(path)


@contextmanager
def alembic_on_path():
    """Let nbgrader find its `alembic` where `course` runs without an activated environment."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


@contextmanager
def kept_log():
    """Keep what nbgrader logs, instead of printing it; yields the list of messages."""
    messages = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    log = logging.getLogger("traitlets")
    before, propagate, level = log.handlers[:], log.propagate, log.level
    log.handlers[:], log.propagate = [handler], False
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SAWarning)  # nbgrader's own use of SQLAlchemy
            yield messages
    finally:
        log.handlers[:], log.propagate = before, propagate
        log.setLevel(level)
