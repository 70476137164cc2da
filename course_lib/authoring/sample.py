"""`course sample`: a class to grade, with everything in it that a real class hands in."""

import copy
import json
import shutil
from pathlib import Path

import nbformat
from nbgrader.utils import is_grade, is_solution

import course_lib
from course_lib.authoring import mistakes
from course_lib.authoring.notebook import student_notebook
from course_lib.grading.folder import CourseFolder, any_notebook
from course_lib.grading.registration import register

#: One chapter shows every kind of submission; a class in each chapter would take long to grade.
CHAPTERS = ("convolution",)

_MARK = "sample-class"
_TIMEOUT = "\n# A sample class must not wait long for its infinite loop.\nc.Execute.timeout = 20\n"
_WRITTEN = "The two kernels differ by a turn of 180 degrees."


class SampleClass:
    """The submissions of one chapter, by the name of the student who stands for the kind."""

    def __init__(self, chapter, source, release):
        """Take the instructor's and the students' notebook."""
        self.chapter, self.source, self.release = chapter, source, release
        self.solutions = {
            cell.id: _without_markers(cell.source)
            for cell in source.cells
            if cell.cell_type == "code" and is_solution(cell)
        }

    def submissions(self):
        """Return {student: (file name, bytes)}, in a fixed order."""
        name = f"{self.chapter}.ipynb"
        notebooks = {
            "solved": self.answered(self.solutions),
            "blank": self.answered({}, written=None),
            "half-right": self.answered(self._first_half()),
            "crash": self.answered(self.solutions | {self._second(): self._crash()}),
            "infinite-loop": self.answered(self.solutions | {self._first(): self._loop()}),
            "library-call": self.answered(self.solutions | self._library_calls()),
            "warning": self.answered(self._with_warnings()),
            "duplicated-cell": self._duplicated(),
            "missing-tests": self._without(is_test),
            "altered-test": self._altered(),
            "lost-labels": self._unlabelled(),
        }
        notebooks |= self._mistakes()
        files = {student: (name, _bytes(notebook)) for student, notebook in notebooks.items()}
        solved = files["solved"][1]
        return files | {
            "wrong-name": (f"{self.chapter} (1).ipynb", solved),
            "byte-order-mark": (name, b"\xef\xbb\xbf" + solved),
            "not-json": (name, solved[: len(solved) // 2]),
            "empty-file": (name, b""),
        }

    def answered(self, code, written=_WRITTEN):
        """The students' notebook with answers in its cells.

        Args:
            code: {cell name: Python}.
            written: text of all written answers, or None to leave them blank.

        Returns:
            NotebookNode: a copy.
        """
        notebook = copy.deepcopy(self.release)
        for cell in notebook.cells:
            if cell.id in code:
                cell.source = code[cell.id]
            elif written and cell.cell_type == "markdown" and is_solution(cell):
                cell.source = written
        return notebook

    def mistakes_of(self, number):
        """The mistakes of the sample student `number`: {task: the number-th mistake}."""
        return {
            task.name: (task, task.mistakes[number])
            for task in mistakes.tasks(self.chapter)
            if number < len(task.mistakes)
        }

    def _mistakes(self):
        """One mistake of every task in each notebook, until all have had their turn."""
        notebooks, number = {}, 0
        while found := self.mistakes_of(number):
            number += 1
            code = {
                name: f"# {mistake.name}\n{mistakes.text(task, mistake.spellings[0])}"
                for name, (task, mistake) in found.items()
            }
            notebooks[f"mistakes-{number:02}"] = self.answered(self.solutions | code)
        return notebooks

    def _first(self):
        return list(self.solutions)[0]

    def _second(self):
        return list(self.solutions)[1]

    def _first_half(self):
        names = list(self.solutions)
        return {name: self.solutions[name] for name in names[: len(names) // 2]}

    def _crash(self):
        return f"import os\n\n\ndef {self._second()}(*arguments, **options):\n    os._exit(1)"

    def _loop(self):
        return f"def {self._first()}(*arguments, **options):\n    while True:\n        pass"

    def _library_calls(self):
        offered = [name for name in self.solutions if hasattr(course_lib, name)]
        return {name: f"from course_lib import {name}" for name in offered}

    def _with_warnings(self):
        warn = (
            'import sys, warnings\n\nwarnings.warn("slow")\nprint("careful", file=sys.stderr)\n\n\n'
        )
        return {name: warn + code for name, code in self.solutions.items()}

    def _duplicated(self):
        notebook = self.answered(self.solutions)
        first = next(i for i, cell in enumerate(notebook.cells) if is_test(cell))
        for index in (first - 1, first + 1):  # the answer and, behind it, its test
            notebook.cells.insert(first + 1, copy.deepcopy(notebook.cells[index - (index > first)]))
        return notebook

    def _without(self, unwanted):
        notebook = self.answered(self.solutions)
        notebook.cells = [cell for cell in notebook.cells if not unwanted(cell)]
        return notebook

    def _altered(self):
        notebook = self.answered({})
        for cell in filter(is_test, notebook.cells):
            cell.source = "print('passed')"
        return notebook

    def _unlabelled(self):
        notebook = self.answered(self.solutions)
        for cell in notebook.cells:
            cell.metadata.pop("nbgrader", None)
        return notebook


def is_test(cell):
    """Whether a cell is a locked test."""
    return cell.cell_type == "code" and is_grade(cell) and not is_solution(cell)


def _without_markers(text):
    lines = text.splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("### "))


def _bytes(notebook):
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode()


def write(target, chapters, origin):
    """Write a sample course folder.

    Args:
        target: the folder to write; it must be new, empty or a sample.
        chapters: names of the chapters that the class has done.
        origin: the course folder with the settings and both versions of the notebooks.

    Returns:
        list: the sample's SampleClass of every chapter.

    Raises:
        ValueError: the target holds something else, or a chapter has not been released.
    """
    target, origin = Path(target), Path(origin)
    mark = target / _MARK
    if target.exists() and any(target.iterdir()) and not mark.exists():
        raise ValueError(f"DIR must be new, empty or a sample written before, got {str(target)!r}")
    target.mkdir(parents=True, exist_ok=True)
    mark.write_text("`course sample` wrote this folder and replaces what it wrote.\n")
    config = (origin / "nbgrader_config.py").read_text(encoding="utf-8")
    (target / "nbgrader_config.py").write_text(config + _TIMEOUT, encoding="utf-8")
    course = CourseFolder(target)
    teacher = CourseFolder(origin)
    known = teacher.assignments()
    shutil.rmtree(target / course.nbgrader.submitted_directory, ignore_errors=True)
    classes = []
    for chapter in chapters:
        if chapter not in known:
            raise ValueError(
                f"CHAPTER must be one of {', '.join(known) or '(none)'}, got {chapter!r}; "
                f"`course release` makes them"
            )
        _copy_chapter(course, teacher, chapter)
        path = f"{chapter}.ipynb"
        source = nbformat.read(course.path("source", ".", chapter) / path, as_version=4)
        classes.append(SampleClass(chapter, source, student_notebook(source)))
        for student, (name, data) in classes[-1].submissions().items():
            folder = course.path("submitted", student, chapter)
            folder.mkdir(parents=True)
            (folder / name).write_bytes(data)
    return classes


def _copy_chapter(course, teacher, chapter):
    """Copy both notebooks; where the source is another one, start with an empty gradebook."""
    source = course.path("source", ".", chapter)
    changed = any_notebook(source) and any(
        (source / path.name).read_bytes() != path.read_bytes() for path in teacher.sources(chapter)
    )
    if changed:
        for folder in ("autograded", "feedback", "build/grading"):
            shutil.rmtree(course.root / folder, ignore_errors=True)
        (course.root / "gradebook.db").unlink(missing_ok=True)
    shutil.copytree(
        teacher.path("source", ".", chapter),
        source,
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(".ipynb_checkpoints"),
    )
    # The release is made again: in exercises/ somebody may be solving the notebook.
    release = course.path("release", ".", chapter)
    release.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.ipynb"):
        nbformat.write(student_notebook(nbformat.read(path, as_version=4)), release / path.name)
    if not (course.root / "gradebook.db").exists():
        register(course, chapter)  # so that plain `nbgrader autograde` works at once


def add_arguments(parser):
    """Say what `course sample` takes."""
    parser.add_argument("folder", metavar="DIR", help="where to write it")
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", default=list(CHAPTERS))
    parser.add_argument("--course", default=".", help="the course folder (default: here)")


def run(arguments):
    """Write the sample class and say how to grade it."""
    try:
        classes = write(arguments.folder, arguments.chapters, arguments.course)
    except ValueError as error:
        raise SystemExit(f"course sample: {error}") from error
    count = sum(len(sample.submissions()) for sample in classes)
    print(
        f"{count} submissions in {arguments.folder}; now: course grade --course {arguments.folder}"
    )
    return 0
