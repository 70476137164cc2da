"""nbgrader's own converters, cut in two so that execution can happen between the halves.

`Sanitise` is the first half of `nbgrader autograde` (it overwrites locked cells, hidden tests
included), `Record` the second (it writes scores), with outputs that were made elsewhere.
"""

import os
from functools import partial
from pathlib import Path

import nbformat
from nbformat.v4 import new_output
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import BaseConverter
from nbgrader.preprocessors import Execute
from nbgrader.utils import determine_grade, is_grade, is_solution
from traitlets import Dict

from course_lib.grading.folder import alembic_on_path, kept_log

_WHY_NOT = {
    "not run": "this test did not run, because the notebook stopped before it; it scores 0",
    "timeout": "this test did not end in time; it scores 0",
    "died": "this test ended the Python process; it scores 0",
}


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


class Feedback(OneFolder, GenerateFeedback):
    """nbgrader's feedback for one student."""


class Sanitise(OneFolder, Autograde):
    """Overwrite what a student may not change; execute nothing."""

    def convert_single_notebook(self, notebook_filename):
        """Run nbgrader's first pass alone."""
        self._sanitizing = True
        self._init_preprocessors()
        BaseConverter.convert_single_notebook(self, notebook_filename)


class Record(OneFolder, Autograde):
    """Write the scores of notebooks that were executed elsewhere."""

    executions = Dict(help="notebook name -> Execution")

    def convert_single_notebook(self, notebook_filename):
        """Run nbgrader's second pass with the outputs put in where it would execute."""
        execution = self.executions[Path(notebook_filename).stem]
        self.exporter._preprocessors = []
        for preprocessor in self.autograde_preprocessors:
            if preprocessor is Execute:
                preprocessor = partial(_put_outputs, execution=execution)
            self.exporter.register_preprocessor(preprocessor)
        BaseConverter.convert_single_notebook(self, notebook_filename)


def _put_outputs(notebook, resources, *, execution):
    notebook = nbformat.from_dict(execution.notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
            _fail_closed(cell, execution.states.get(cell.id, "not run"))
    return notebook, resources


def _fail_closed(cell, state):
    """Make nbgrader's rule for scores, which only looks at outputs, say what happened.

    nbgrader gives full marks to a test without output, and nothing for a warning on stderr.
    """
    if state == "ok":
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stderr":
                output.name = "stdout"
        try:
            determine_grade(cell)
        except (KeyError, ValueError) as error:  # an odd number as the cell's value
            _add_error(cell, "NoScore", f"the value of this test is not a score ({error})")
    elif state in _WHY_NOT:
        _add_error(cell, "DidNotRun", _WHY_NOT[state])
    elif not any(output.output_type == "error" for output in cell.outputs):
        _add_error(cell, "Failed", "this test failed without a message")


def _add_error(cell, name, message):
    cell.outputs.append(
        new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
    )


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
    convert(Assign(coursedir=coursedir, config=course.config, force=True))
    folder = Path(coursedir.format_path(scratch, ".", assignment))
    return {path.stem: nbformat.read(path, as_version=4) for path in sorted(folder.glob("*.ipynb"))}


def sanitiser(course, assignment, student):
    """The first pass for one student, from the scratch step "submitted" to "sanitised"."""
    coursedir = course.coursedir(
        assignment_id=assignment,
        student_id=student,
        submitted_directory=course.scratch(assignment, "submitted"),
        autograded_directory=course.scratch(assignment, "sanitised"),
    )
    return Sanitise(coursedir=coursedir, config=course.config, force=True)


def recorder(course, assignment, student, executions):
    """The second pass for one student, from "sanitised" to the course's autograded folder."""
    coursedir = course.coursedir(
        assignment_id=assignment,
        student_id=student,
        submitted_directory=course.scratch(assignment, "sanitised"),
    )
    return Record(coursedir=coursedir, config=course.config, force=True, executions=executions)


def feedback_writer(course, assignment, student):
    """nbgrader's feedback for one student."""
    coursedir = course.coursedir(assignment_id=assignment, student_id=student)
    return Feedback(coursedir=coursedir, config=course.config, force=True)


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
