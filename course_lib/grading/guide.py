"""The marking guide in formgrader: model answers under the answers that a person marks.

nbgrader_config.py names it as a preprocessor of nbconvert's HTML. It reads the instructor's
notebook whenever formgrader shows a submission, and writes nothing: no file that a student gets can
hold the guide.
"""

from pathlib import Path

import nbformat
from nbconvert.preprocessors import Preprocessor
from nbformat.v4 import new_markdown_cell
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import is_grade, is_solution

_FOLDED = """<details><summary>Model answer and marking guide; students do not see this</summary>

{}

</details>"""


class MarkingGuide(Preprocessor):
    """Shows the model answers where formgrader shows a submission, and nowhere else."""

    def preprocess(self, notebook, resources):
        """Put a folded cell after each answer that a person marks.

        Args:
            notebook: a submission, autograded.
            resources: what nbconvert was told. Only formgrader tells of a submission_id.
        """
        if "submission_id" not in resources:
            return notebook, resources
        guides = self._guides(resources["assignment_id"], resources["notebook_id"])
        shown = []
        for cell in notebook.cells:
            shown.append(cell)
            guide = guides.get(cell.metadata.get("nbgrader", {}).get("grade_id"))
            if guide:
                shown.append(new_markdown_cell(_FOLDED.format(guide)))
        notebook.cells = shown
        return notebook, resources

    def _guides(self, assignment, name):
        course = CourseDirectory(config=self.config)
        folder = course.format_path(course.source_directory, ".", assignment)
        path = Path(course.root) / folder / f"{name}.ipynb"
        if not path.is_file():  # marking goes on without
            return {}
        cells = nbformat.read(path, as_version=4).cells
        return {
            cell.metadata.nbgrader["grade_id"]: _text(cell)
            for cell in cells
            if is_grade(cell) and is_solution(cell)
        }


def _text(cell):
    return cell.source if cell.cell_type == "markdown" else f"```python\n{cell.source}\n```"
