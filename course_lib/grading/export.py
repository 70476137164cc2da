"""`course export`: the grades as a table that a spreadsheet or a school's system reads."""

import csv
import io

from course_lib.grading.folder import CourseFolder, write_atomically
from course_lib.grading.results import rows

COLUMNS = ("assignment", "student", "status", "score", "max_score", "needs_manual_grade", "reason")


def table(course):
    """Write all grades as CSV, one row per submission.

    Args:
        course: the CourseFolder.

    Returns:
        str: the columns of COLUMNS, then one per part. A score is empty where there is no grade.
    """
    records, part_columns = [], {}
    for assignment in course.assignments():
        parts = course.parts(assignment)
        names = [f"{assignment}/{part.name}" for part in parts]
        part_columns |= dict.fromkeys(names)
        for row in rows(course, assignment):
            scores = [mark and mark.score for mark in row.parts]
            records.append(
                {
                    "assignment": assignment,
                    "student": row.student,
                    "status": row.status,
                    "score": row.score,
                    "max_score": row.max_score,
                    "needs_manual_grade": "yes" if row.waiting else "no",
                    "reason": row.result.reason,
                }
                | dict(zip(names, scores, strict=True))
            )
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*COLUMNS, *part_columns])
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue()


def add_arguments(parser):
    """Say what `course export` takes."""
    parser.add_argument("--course", default=".", help="the course folder (default: here)")


def run(arguments):
    """Write grades.csv into the course folder."""
    try:
        course = CourseFolder(arguments.course)
    except ValueError as error:
        raise SystemExit(f"course export: {error}") from error
    path = course.root / "grades.csv"
    write_atomically(path, table(course))
    print(path)
    return 0
