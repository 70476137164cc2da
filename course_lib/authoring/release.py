"""`course release`: generate the notebooks of the exercises, and never write over a person's work.

build/source/ gets the instructor's version, which is nbgrader's source; exercises/ gets the
students', made from it by nbgrader's own preprocessors. With --bundle, build/bundles/ gets what is
handed out.
"""

from itertools import count
from pathlib import Path

import nbformat

from course_lib.authoring.bundle import bundle
from course_lib.authoring.mistakes import results_file, results_text
from course_lib.authoring.notebook import digest, source_notebook, student_notebook


def add_arguments(parser):
    """Declare the arguments of `course release`."""
    parser.add_argument("chapters", nargs="*", metavar="CHAPTER", help="default: all")
    parser.add_argument("--course", type=Path, default=Path(), metavar="DIR", help="default: here")
    parser.add_argument("--bundle", action="store_true", help="also a zip to hand out, per chapter")


def run(arguments):
    """Write both notebooks of each chapter and say where."""
    known = chapters(arguments.course)
    for chapter in arguments.chapters or known:
        if chapter not in known:
            raise SystemExit(
                f"CHAPTER must be one of {', '.join(known) or '(none)'} in "
                f"{arguments.course / 'solutions'}, got {chapter!r}"
            )
        try:
            path, made = results_file(chapter), results_text(chapter)
            if not path.exists() or path.read_text(encoding="utf-8") != made:
                path.write_text(made, encoding="utf-8")
            source, student = release(chapter, arguments.course)
            zipped = bundle(chapter, arguments.course) if arguments.bundle else None
        except ValueError as error:
            raise SystemExit(str(error)) from None
        print(source, student, sep="\n")
        own = student.with_name(f"{chapter}.ipynb")
        if student != own:
            print(f"{own} holds someone's work and was left alone; the new version is beside it")
        if zipped:
            print(zipped)
    return 0


def chapters(course):
    """Return the names of the chapters that have an exercise in this course folder."""
    paths = Path(course).glob("solutions/*/*.py")
    return sorted(path.stem for path in paths if path.stem == path.parent.name)


def release(chapter, course):
    """Write a chapter's instructor and student notebooks where their text has changed.

    A student notebook that differs from what was generated is left alone: the new version goes to
    <chapter>.new.ipynb beside it, and if that holds work, too, to <chapter>.new-2.ipynb.

    Args:
        chapter: its name.
        course: the course folder, with solutions/ in it.

    Returns:
        The paths of the two notebooks.
    """
    course = Path(course)
    source = source_notebook(course / "solutions" / chapter / f"{chapter}.py")
    teacher = course / "build" / "source" / chapter / f"{chapter}.ipynb"
    _write(teacher, source)
    folder = course / "exercises" / chapter
    for number in count():
        beside = ".new" if number == 1 else f".new-{number}" if number else ""
        path = folder / f"{chapter}{beside}.ipynb"
        if not path.exists() or is_as_generated(path):
            _write(path, student_notebook(source))
            return teacher, path


def is_as_generated(path):
    """Whether nobody has changed a generated notebook: no text, no output, no cell."""
    try:
        notebook = nbformat.read(path, as_version=4)
        return notebook.metadata.course.generated == digest(notebook)
    except Exception:  # not a notebook, or one that was not generated: a person's
        return False


def _write(path, notebook):
    text = nbformat.writes(notebook) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
