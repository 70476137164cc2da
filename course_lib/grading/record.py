"""The record: nbgrader's gradebook and its autograded folder, written from Outcomes.

One open gradebook serves a whole class. Scores come from nbgrader's own rule.
"""

import json
import shutil

import nbformat
from nbgrader.api import BaseCell
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import (
    compute_checksum,
    determine_grade,
    is_grade,
    is_solution,
    is_task,
    parse_utc,
)

from course_lib.grading.marks import NO_RESPONSE


def save(course, gradebook, job, outcome):
    """Write one Outcome, "graded" or "rejected", into the gradebook and the autograded folder.

    Returns:
        tuple: seconds late; notes, sentences about what a person should know; "notebook/part" of
            each part that a person has marked and whose answer is now another one.

    Raises:
        Exception: whatever the database or the disk has against it; nothing is half written that
            the next run does not write again.
    """
    notes, changed = [], []
    folder = course.path("autograded", job.student, job.assignment)
    try:
        gradebook.update_or_create_student(job.student)
        when = _timestamp(job, notes)
        submission = gradebook.update_or_create_submission(job.assignment, job.student, **when)
        for notebook in submission.notebooks:
            data = outcome.notebooks.get(notebook.name)
            cells = _cells(data) if data else {}
            why = outcome.reason if outcome.status == "rejected" else ""
            checks = outcome.cells.get(notebook.name, {})
            # In one query: nbgrader would ask for the name of each cell by itself.
            mine = BaseCell.notebook_id == notebook.notebook_id
            names = dict(gradebook.db.query(BaseCell.id, BaseCell.name).filter(mine).all())
            other = frozenset()
            if any(grade.manual_score is not None for grade in notebook.grades):
                other = _other_answers(folder / f"{notebook.name}.ipynb", cells)
            changed += _save_grades(notebook, names, cells, checks, notes, other)
            _save_comments(notebook, names, cells, why)
        gradebook.db.flush()
        late = submission.total_seconds_late or 0
        _save_penalties(course, gradebook, job.student, submission, late)
        prepared = _prepare_folder(course, job, outcome)
        gradebook.db.commit()
        # Only now: the old folder tells the run after a kill which answers changed.
        _put_folder(prepared, folder)
        return late, notes, changed
    except BaseException:
        gradebook.db.rollback()
        raise


def _cells(data):
    notebook = nbformat.from_dict(json.loads(data))
    marked = [cell for cell in notebook.cells if cell.metadata.get("nbgrader")]
    return {cell.metadata.nbgrader["grade_id"]: cell for cell in marked}


def _save_grades(notebook, names, cells, checks, notes, other):
    """Give every grade its automatic score; return the marked parts whose answer changed.

    A person's mark stands. It waits for that person again where the answer is in `other`, the names
    of answers that are not what they were, or where the automatic score is another one.
    """
    changed = []
    for grade in notebook.grades:
        name, before = names[grade.cell_id], grade.auto_score
        cell = cells.get(name)
        if cell is None:  # the notebook is missing, or cannot be read
            score = 0
        elif is_task(cell):
            score = None
        else:
            score = _score(cell, checks.get(name), grade.max_score, notes)
        grade.auto_score = score
        if grade.manual_score is None:
            grade.needs_manual_grade = score is None
        elif cell is None or score != before or _about(cell, cells) & other:
            grade.needs_manual_grade = True
            changed.append(f"{notebook.name}/{name}")
    return changed


def _about(cell, cells):
    """Names of the answers that a graded cell is about: itself, or all of them for a test."""
    if is_solution(cell) or is_task(cell):
        return {cell.metadata.nbgrader["grade_id"]}
    return {name for name, one in cells.items() if is_solution(one) and not is_grade(one)}


def _other_answers(path, cells):
    """Names of the answers that are not what they were in the autograded notebook at `path`.

    That notebook is what a person saw while marking. A task's answer stands in the cells after it.
    """
    answers = {name for name, cell in cells.items() if is_solution(cell) or is_task(cell)}
    try:
        before = _cells(path.read_bytes())
    except (OSError, ValueError, KeyError):
        return answers
    return {
        name
        for name in answers
        if name not in before
        or is_task(cells[name])
        or before[name].source.strip() != cells[name].source.strip()
    }


def _score(cell, check, max_score, notes):
    try:
        score, _ = determine_grade(cell)
    except (KeyError, ValueError) as error:  # an odd number as the cell's value
        score = 0
        name = cell.metadata.nbgrader["grade_id"]
        notes.append(f"ALARM: the value of {name} is not a score ({error}); it counts as 0.")
    if score is not None and not 0 <= score <= max_score:
        name = cell.metadata.nbgrader["grade_id"]
        notes.append(f"ALARM: {name} gave {score:g} points of {max_score:g}; it counts as 0.")
        score = 0
    if check is not None:
        check |= {"score": score, "max": max_score}
    return score


def _save_comments(notebook, names, cells, why):
    for comment in notebook.comments:
        cell = cells.get(names[comment.cell_id])
        comment.auto_comment = None
        if cell is None and why:
            comment.auto_comment = f"Not graded. {why}"
        elif cell is not None and not is_task(cell):
            if cell.metadata.nbgrader.get("checksum") == compute_checksum(cell):
                comment.auto_comment = NO_RESPONSE


def _timestamp(job, notes):
    text = job.files.get("timestamp.txt", b"").decode("utf-8", "replace").strip()
    if not text:
        return {}
    try:
        return {"timestamp": parse_utc(text)}
    except (ValueError, OverflowError):
        notes.append(f"timestamp.txt is no date ({text[:40]!r}); taken as in time.")
        return {}


def _save_penalties(course, gradebook, student, submission, late):
    penalties = AssignLatePenalties(config=course.config)
    penalties.init_plugin()
    for notebook in submission.notebooks:
        notebook.late_submission_penalty = None
        if late > 0:
            gradebook.db.flush()
            gradebook.db.refresh(notebook)
            penalty = penalties.plugin_inst.late_submission_penalty(student, notebook.score, late)
            if penalty is not None:
                penalty = penalties._check_late_penalty(notebook, penalty)
            notebook.late_submission_penalty = penalty


def _prepare_folder(course, job, outcome):
    """Write the autograded folder beside its place; return where, None if there is to be none."""
    if outcome.status != "graded":
        return None
    scratch = course.work / job.assignment / "autograded.part"
    shutil.rmtree(scratch, ignore_errors=True)
    files = {n: data for n, data in job.files.items() if not n.lower().endswith(".ipynb")}
    files |= job.given | {f"{name}.ipynb": data for name, data in outcome.notebooks.items()}
    scratch.mkdir(parents=True)
    for name, data in files.items():
        path = scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return scratch


def _put_folder(prepared, folder):
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        _make_writable(folder)
        shutil.rmtree(folder)
    if prepared:
        prepared.rename(folder)


def _make_writable(folder):
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o700)
