"""What is known about each submission: one file per submission, and one row per submission."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, field

from course_lib.grading.folder import read_json, write_atomically
from course_lib.grading.marks import Marks, all_marks


@dataclass
class Result:
    """How grading one submission went; the scores themselves are in the gradebook."""

    assignment: str
    student: str
    #: digest of everything that the grade depends on
    key: str = ""
    #: "running" until all of it is in the gradebook, then "done"; "failed" is tried again
    state: str = "running"
    #: "graded", "rejected" (a person must act) or "failed" (the grader could not)
    status: str = "failed"
    reason: str = ""
    repairs: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)
    #: "notebook/part" -> {"state", "reason", "mistakes", "score", "max"} of each locked test
    checks: dict[str, dict] = field(default_factory=dict)
    #: the walls that stood around the student's code
    layers: list[str] = field(default_factory=list)
    seconds: float = 0.0
    late_seconds: float = 0.0
    #: "notebook/part" -> score of each test when the same files were graded for the first time
    before: dict[str, float] = field(default_factory=dict)
    #: "notebook/part" of the parts that a person marked before their answer changed
    changed: list[str] = field(default_factory=list)
    #: numbers that stand for the student's own text (see `likeness`)
    fingerprint: list[int] = field(default_factory=list)
    #: digest of the marks that the feedback page shows
    feedback: str = ""
    #: why that page could not be written, while it is not there
    unwritten: str = ""

    def save(self, course):
        """Write the result's file."""
        path = course.result_file(self.assignment, self.student)
        write_atomically(path, json.dumps(asdict(self), indent=1))

    def save_quietly(self, course):
        """Write the result's file where that can be done; without it the next run tries again."""
        with suppress(OSError):
            self.save(course)

    def again(self, key):
        """Return the Result for grading once more; of the same files it keeps the scores."""
        result = Result(self.assignment, self.student, key, changed=self.changed)
        if self.key.rpartition("/")[2] == key.rpartition("/")[2]:
            scores = {name: check.get("score") for name, check in self.checks.items()}
            result.before = scores | self.before
        return result

    @classmethod
    def load(cls, course, assignment, student):
        """Read the result's file; an empty result where there is none."""
        try:
            return cls(**read_json(course.result_file(assignment, student)))
        except (OSError, ValueError, TypeError):  # none yet, or of another version
            return cls(assignment, student)


@dataclass(frozen=True)
class Row:
    """One submission, as the report and the CSV show it."""

    result: Result
    status: str
    #: every Part of the assignment
    course_parts: list
    #: what the gradebook holds; None where there is no grade
    marks: Marks | None
    feedback_page: str | None

    @property
    def student(self):
        """The student's name as it is in the submitted folder."""
        return self.result.student

    @property
    def score(self):
        """What the gradebook says, the penalty for lateness taken off; None without a grade."""
        return None if self.marks is None else self.marks.score

    @property
    def max_score(self):
        """The points of all parts."""
        return sum(part.points for part in self.course_parts)

    @property
    def parts(self):
        """One PartMarks per Part of the assignment; None where there is no grade."""
        found = self.marks.parts if self.marks else {}
        return [found.get((part.notebook, part.name)) for part in self.course_parts]

    @property
    def automatic(self):
        """The points of the tests, without what a person marks; None without a grade."""
        return self._sum(written=False)

    @property
    def written(self):
        """The points of the written answers; None while one of them waits for its mark."""
        waits = any(m.needs_manual_grade for m, p in self._pairs() if p.written and m)
        return None if waits else self._sum(written=True)

    @property
    def penalty(self):
        """The points taken off for handing in late."""
        return self.marks.penalty if self.marks else 0.0

    @property
    def late(self):
        """Seconds after the due date."""
        return self.marks.late if self.marks else self.result.late_seconds

    @property
    def waiting(self):
        """Whether a person still has to mark a part."""
        return any(part.needs_manual_grade for part in self.parts if part)

    def check(self, part):
        """What the engine said of a test: a dict, empty where nothing is known."""
        return self.result.checks.get(f"{part.notebook}/{part.name}", {})

    def kind(self, part):
        """How a part went.

        Returns:
            str: "none" (no grade), "to mark", "blank" (not attempted), "stopped" (a test that did
            not run to its end), "full", "partial" or "wrong".
        """
        mark = self.marks and self.marks.parts.get((part.notebook, part.name))
        if mark is None or mark.score is None:
            return "none"
        if mark.needs_manual_grade:
            return "to mark"
        if mark.score >= part.points:
            return "full"
        blank = part.answers and all((part.notebook, a) in self.marks.blank for a in part.answers)
        if blank and not mark.score:
            return "blank"
        if not part.written and self.check(part).get("state") not in (None, "ok", "error"):
            return "stopped"
        return "partial" if mark.score > 0 else "wrong"

    @property
    def changes(self):
        """Triples of a Part, the first score of these files and, where it differs, the one now."""
        found = []
        for part in self.course_parts:
            name = f"{part.notebook}/{part.name}"
            before, now = self.result.before.get(name), self.check(part).get("score")
            if None not in (before, now) and before != now:
                found.append((part, before, now))
        return found

    def _pairs(self):
        return zip(self.parts, self.course_parts, strict=True)

    def _sum(self, written):
        if self.marks is None:
            return None
        return sum(m.score or 0 for m, p in self._pairs() if m and p.written == written)


def rows(course, assignment):
    """One row per submission, in the order of the students' names.

    Args:
        course: the CourseFolder.
        assignment: name of the assignment.

    Returns:
        list: as many Rows as there are submitted folders.
    """
    parts = course.parts(assignment)
    with course.gradebook() as gradebook:
        marks = all_marks(gradebook, assignment)
    return [
        row(course, Result.load(course, assignment, student), parts, marks.get(student))
        for student in course.students(assignment)
    ]


def row(course, result, parts, marks):
    """Return the Row of a Result, of the assignment's Parts and of what the gradebook holds."""
    page = None
    if result.state == "running":
        status, marks = "not graded yet", None
    elif result.status == "graded":
        status = "graded, with a stop" if result.events else "graded"
    else:
        status = {"rejected": "rejected", "failed": "not graded"}[result.status]
        marks = None
    if result.state == "done":
        pages = sorted(course.path("feedback", result.student, result.assignment).glob("*.html"))
        page = pages[0].relative_to(course.root).as_posix() if pages else None
    return Row(result, status, parts, marks, page)
