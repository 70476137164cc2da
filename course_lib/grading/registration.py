"""An assignment made known to the gradebook, and what of it travels with every Job."""

import json
import os
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.utils import find_all_files

from course_lib.grading import evidence
from course_lib.grading.folder import alembic_on_path, kept_log, read_json, write_atomically
from course_lib.grading.job import Paper


class RecordFailed(Exception):
    """nbgrader could not convert a notebook; the text is what it said."""


class OneFolder:
    """A converter of one folder, whatever characters its name has."""

    def init_notebooks(self):
        """Find the notebooks; nbgrader takes the names for patterns, where [x] is not itself."""
        folder = self._format_source(self.coursedir.assignment_id, self.coursedir.student_id)
        names = sorted(path.name for path in Path(folder).glob("*.ipynb"))
        self.assignments = {folder: [os.path.join(folder, name) for name in names]}


class Assign(OneFolder, GenerateAssignment):
    """nbgrader's student version, and the gradebook's record of the cells."""


def register(course, assignment):
    """Tell the gradebook about an assignment's cells; return the students' notebooks by name.

    Args:
        course: the CourseFolder.
        assignment: name of the assignment, which has source notebooks.

    Returns:
        dict: notebook name -> the notebook without solutions and hidden tests.

    Raises:
        RecordFailed: cells were added or removed after submissions had been graded.
    """
    scratch = course.scratch(assignment, "release")
    coursedir = course.coursedir(assignment_id=assignment, release_directory=scratch)
    folder = Path(coursedir.format_path(scratch, ".", assignment))
    mark = course.work / assignment / "registered.json"
    now = [course.digest(path) for path in course.sources(assignment)]
    if not (course.has_gradebook() and _content(mark) == now and any(folder.glob("*.ipynb"))):
        convert(Assign(coursedir=coursedir, config=course.config, force=True))
        write_atomically(mark, json.dumps(now))
    return {path.stem: nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))}


def _content(path):
    try:
        return read_json(path)
    except (OSError, ValueError):
        return None


def papers(course, gradebook, assignment, releases):
    """Return the Papers of an assignment.

    Args:
        course: the CourseFolder.
        gradebook: an open gradebook, in which the assignment is registered.
        assignment: its name.
        releases: what `register` returned.
    """
    made = []
    for source in course.sources(assignment):
        notebook = gradebook.find_notebook(source.stem, assignment)
        cells = {
            cell.name: {"source": cell.source, "checksum": cell.checksum}
            for cell in notebook.source_cells
        }
        release = json.dumps(releases[source.stem]).encode()
        uses = evidence.uses(nbformat.read(source, as_version=4))
        made.append(Paper(source.stem, release, cells, uses))
    return made


def given_files(course, assignment):
    """Return name -> bytes of the files beside the source notebooks, which students work with."""
    folder = course.path("source", ".", assignment)
    paths = find_all_files(str(folder), [*course.nbgrader.ignore, "*.ipynb"])
    return {Path(path).relative_to(folder).as_posix(): Path(path).read_bytes() for path in paths}


def convert(converter):
    """Run a converter silently.

    Raises:
        RecordFailed: it failed; with the last line of what nbgrader logged about it.
    """
    with kept_log() as messages, alembic_on_path():
        try:
            converter.start()
        except (Exception, SystemExit) as error:
            # The traceback that it logged says more than "there was an error".
            details = [m.strip().splitlines()[-1] for m in messages if m.startswith("Traceback")]
            raise RecordFailed(details[-1] if details else str(error)) from error
