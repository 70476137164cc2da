"""`course feedback`: the pages for the students, as they are marked now, and a zip to hand back."""

import re
import sys
import zipfile

from filelock import FileLock, Timeout

from course_lib.grading import feedback, lms
from course_lib.grading.collect import read_map
from course_lib.grading.folder import CourseFolder
from course_lib.grading.results import Result, rows


def pages(course, assignment, incomplete=False):
    """Bring an assignment's feedback pages up to date.

    Args:
        course: the CourseFolder.
        assignment: its name.
        incomplete: also give those with an answer that nobody has marked.

    Returns:
        tuple: student -> Path of the page; held, pairs of a student and why there is none.
    """
    students = course.students(assignment)
    feedback.refresh(course, assignment, [Result.load(course, assignment, s) for s in students])
    ready, held = {}, []
    for row in rows(course, assignment):
        if row.feedback_page is None or row.result.unwritten:
            why = row.result.unwritten or row.result.reason or row.status
            held.append((row.student, why))
        elif not incomplete and any(map(lms.is_open, row.parts)):
            held.append((row.student, "an answer is not marked yet (--incomplete)"))
        else:
            ready[row.student] = course.root / row.feedback_page
    return ready, held


def add_arguments(parser):
    """Say what `course feedback` takes."""
    add = parser.add_argument
    add("assignment", metavar="ASSIGNMENT")
    add("--course", default=".", metavar="DIR", help="the course folder (default: here)")
    add("--zip", action="store_true", help="write feedback-ASSIGNMENT.zip, to hand back")
    add("--format", choices=("course", "moodle"), default="course", help="names in the zip")
    add("--map", metavar="CSV", help="the list that `course collect` had, for Moodle's numbers")
    add("--incomplete", action="store_true", help="also pages with an answer not marked yet")


def run(arguments):
    """Refresh the pages, write the zip, and say who has none.

    Returns:
        0 if everyone has a page, 1 if not, 2 for a wrong use.
    """
    assignment = arguments.assignment
    try:
        course = CourseFolder(arguments.course)
        course.sources(assignment)
        names = read_map(arguments.map) if arguments.map else {}
        course.work.mkdir(parents=True, exist_ok=True)
        with FileLock(course.work / "lock", timeout=0):
            ready, held = pages(course, assignment, arguments.incomplete)
    except Timeout:
        print("course feedback: this folder is being graded; wait for its end", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"course feedback: {error}", file=sys.stderr)
        return 2
    if arguments.zip:
        folder = _moodle(names) if arguments.format == "moodle" else _plain
        held += _zip(course.root / f"feedback-{assignment}.zip", ready, assignment, folder)
    else:
        print(course.root / course.nbgrader.feedback_directory)
    for student, why in sorted(held):
        print(f"  no page for {student}: {why}", file=sys.stderr)
    return 1 if held else 0


def _zip(path, ready, assignment, folder):
    """Write the zip; return who could not be put into it, and why."""
    held, unfinished = [], path.with_suffix(".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, page in ready.items():
            name = folder(student)
            if name is None:
                held.append((student, "Moodle's number is not known (--map)"))
            else:
                archive.write(page, f"{name}/{assignment}.html")
    unfinished.replace(path)
    print(path)
    return held


def _plain(student):
    return re.sub(r"[\x00-\x1f]", "_", student)


def _moodle(names):
    """Moodle takes folders named as in its own download: name_number_assignsubmission_file."""
    numbers = {
        student: key.removeprefix("Participant ")
        for key, (student, _) in names.items()
        if key.removeprefix("Participant ").isdigit()
    }

    def folder(student):
        name, number = lms.numbered(student)
        number = numbers.get(student, number)
        name = _plain(name).replace("_", " ")
        return f"{name}_{number}_assignsubmission_file" if number else None

    return folder
