"""`course grade`: every submission ends in a row, whatever is in it.

This process reads submissions and writes rows, one after the other as they come; what is in a
submission is read, run and judged in other processes (see `engine`).
"""

import json
import os
import sqlite3
import sys
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import nbformat
from filelock import FileLock, Timeout
from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm

from course_lib.grading import (
    cluster,
    curtain,
    export,
    feedback,
    imports,
    record,
    registration,
    report,
    sandbox,
    submissions,
    told,
)
from course_lib.grading.engine import Engine, Settings
from course_lib.grading.folder import CourseFolder, write_atomically
from course_lib.grading.results import Result, rows


def grade(
    course, assignment, *, students=None, timeout=None, limit=None, workers=2, memory=4096,
    hide=(), everything=False, client=None, engine=None, progress=False,
):  # fmt: skip
    """Grade the submissions of one assignment that are new or changed, or failed before.

    Args:
        course: the CourseFolder.
        assignment: name of the assignment.
        students: only theirs; None for all.
        timeout: seconds for one cell; None for what nbgrader's settings say.
        limit: seconds for one notebook; None for ten times the timeout.
        workers: how many submissions run at the same time.
        memory: that one submission may have, in MB.
        hide: modules that students' code may not import, besides the usual ones.
        everything: also grade what has not changed since the last run.
        client: of dask.distributed, whose workers grade; None for this machine.
        engine: what grades Jobs, a context manager, in place of both.
        progress: show a progress bar.

    Returns:
        list: the Result of every submission, graded in this run or before.

    Raises:
        ValueError: there is no such assignment, or no such student.
        RecordFailed: the assignment's cells changed after submissions had been graded.
    """
    timeout = timeout or course.cell_timeout
    limit = limit or 10 * timeout
    sources = [nbformat.read(path, as_version=4) for path in course.sources(assignment)]
    results, stale = _standing(course, assignment, sources, students, hide, everything)
    results |= {student: results[student].again(key) for student, key in stale.items()}
    pending = [results[student] for student in stale]
    if pending:
        course.back_up_gradebook()
        releases = registration.register(course, assignment)
        settings = _settings(sources, hide, memory, limit)
        here = None if client else Engine(settings, workers, course.work / "desks")
        made = engine or here or cluster.Cluster(client, settings)

        def begun(result):
            result.save_quietly(course)
            return result

        with course.gradebook() as gradebook, made as machine:
            given = registration.given_files(course, assignment)
            papers = registration.papers(course, gradebook, assignment, releases)
            gradebook.db.rollback()  # formgrader may write meanwhile
            jobs = (
                submissions.job(course, begun(result), papers, given, timeout, limit)
                for result in pending
            )
            bar = tqdm(total=len(pending), unit="notebook", disable=not progress)
            with bar:
                for job, outcome in machine.run(jobs):
                    _record(course, gradebook, results[job.student], job, outcome)
                    bar.update()
    feedback.refresh(course, assignment, results.values())
    return list(results.values())


def _standing(course, assignment, sources, students, hide, everything):
    """Return student -> Result of the last run, and student -> key of those to grade now."""
    handed_in = course.students(assignment)
    unknown = sorted(set(students or ()) - set(handed_in))
    if unknown:
        raise ValueError(f"--student must have handed in {assignment!r}, not so {unknown[0]!r}")
    common = submissions.common_key(course, assignment, sources, hide)
    results = {student: Result.load(course, assignment, student) for student in handed_in}
    stale = {}
    for student in students or handed_in:
        key = submissions.key(common, course.path("submitted", student, assignment))
        result = results[student]
        if everything or result.state != "done" or result.key != key:
            stale[student] = key
    return results, stale


def _settings(sources, hide, memory, limit):
    locked = set().union(*(imports.of_notebook(source, locked=True) for source in sources))
    # What the visible library imports late is imported early, once for all.
    visible = [f"course_lib.{name}" for name in curtain.VISIBLE]
    seen = [name for name in locked if name.startswith(tuple(visible))]
    _, late = imports.reached(seen)
    seldom = ("torch", "sklearn")  # a second each
    heavy = {name for name in late if name.partition(".")[0] in seldom} - locked
    modules = sorted(locked | set(late) - heavy)
    return Settings(tuple(modules), tuple(hide), memory << 20, limit)


def _record(course, gradebook, result, job, outcome):
    """Write one Outcome; where that fails, the next run tries again."""
    result.status, result.reason = outcome.status, outcome.reason
    result.repairs, result.events = outcome.repairs, outcome.events
    result.evidence, result.layers = outcome.findings, outcome.layers
    result.fingerprint = outcome.fingerprint
    result.seconds, result.state = outcome.seconds, "failed"
    try:
        if outcome.status != "failed":
            result.late_seconds, notes, changed = record.save(course, gradebook, job, outcome)
            result.evidence += notes
            result.changed = sorted({*result.changed, *changed})
            result.checks = {
                f"{name}/{cell}": check
                for name, checks in outcome.cells.items()
                for cell, check in checks.items()
            }
            result.state = "done"
            result.save(course)
    except Exception as error:  # a full disk, a locked gradebook: the class must go on
        result.status, result.state = "failed", "failed"
        words = str(error).partition("\n")[0]
        result.reason = f"It could not be recorded ({type(error).__name__}: {words})."
    if result.state == "failed":
        result.save_quietly(course)


def add_arguments(parser):
    """Say what `course grade` takes."""
    add = parser.add_argument
    add("assignment", nargs="?", help="only this assignment; all if left out")
    add("--course", default=".", metavar="DIR", help="the course folder (default: here)")
    add("--student", action="append", metavar="ID", help="only this one; may be repeated")
    add("--workers", type=int, default=2, metavar="N", help="submissions at the same time")
    add("--timeout", type=float, metavar="S", help="seconds for one cell")
    add("--limit", type=float, metavar="S", help="seconds for one notebook")
    add("--memory", type=int, default=4096, metavar="MB", help="for one submission (4096)")
    add("--hide-modules", default="", metavar="A,B", help="more modules students may not import")
    add("--require-sandbox", action="store_true", help="refuse where a wall is missing")
    add("--allow-root", action="store_true", help="grade as root, where some limits do not hold")
    add("--scheduler", metavar="ADDRESS", help="grade on the workers of this dask scheduler")
    add("--all", action="store_true", help="also what has not changed")
    add("--dry-run", action="store_true", help="say what would be graded, and stop")
    add("--report", metavar="FILE.json", help="write what happened as JSON")
    add("--quiet", action="store_true", help="say only what went wrong")


def run(arguments):
    """Grade, write the report and the CSV, and say where they are.

    Returns:
        0 if every submission is graded or rejected, 1 if one failed or could not be assigned, 2 for
        a wrong use.
    """
    try:
        _check_use(arguments)
        course = CourseFolder(arguments.course)
        course.work.mkdir(parents=True, exist_ok=True)
        address = arguments.scheduler
        with (
            FileLock(course.work / "lock", timeout=0),
            cluster.connect(address) if address else nullcontext() as client,
        ):
            _check_walls(arguments, client)
            return _run(course, arguments, client)
    except Timeout:
        print("course grade: another one is running in this folder", file=sys.stderr)
    except (ValueError, registration.RecordFailed) as error:
        print(f"course grade: {error}", file=sys.stderr)
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:  # a full disk, a locked gradebook
        words = str(error).partition("\n")[0]
        print(f"course grade: stopped ({words}); what is recorded stays, the next run goes on",
              file=sys.stderr)  # fmt: skip
        return 1
    return 2


def _check_use(arguments):
    if not hasattr(os, "fork"):
        raise ValueError("it needs Linux or macOS; on Windows use it in WSL")
    if hasattr(os, "geteuid") and os.geteuid() == 0 and not arguments.allow_root:
        raise ValueError("students' code must not run as root; --allow-root does it all the same")
    for name in ("workers", "timeout", "limit", "memory"):
        value = getattr(arguments, name)
        if value is not None and value <= 0:
            raise ValueError(f"--{name} must be above 0, got {value:g}")


def _check_walls(arguments, client):
    if arguments.require_sandbox:
        standing = cluster.walls(client) if client else sandbox.walls()
        missing = sorted(set(sandbox.WALLS) - set(standing))
        if missing:
            where = "a worker's machine" if client else "this machine"
            raise ValueError(f"--require-sandbox: {where} is without {', '.join(missing)}")


def _run(course, arguments, client):
    assignments = [arguments.assignment] if arguments.assignment else course.assignments()
    if not assignments:
        raise ValueError(f"no assignment has a source notebook in {course.root}")
    say = (lambda *_: None) if arguments.quiet or arguments.dry_run else print
    whole, said = True, []
    for assignment in assignments:
        started = datetime.now().astimezone()
        if arguments.dry_run:
            _dry_run(course, assignment, arguments)
            continue
        results = grade(
            course,
            assignment,
            students=arguments.student,
            timeout=arguments.timeout,
            limit=arguments.limit,
            workers=arguments.workers,
            memory=arguments.memory,
            hide=_hidden(arguments),
            everything=arguments.all,
            client=client,
            progress=sys.stderr.isatty() and not arguments.quiet,
        )
        class_rows = rows(course, assignment)
        failed = [row for row in class_rows if row.result.state != "done"]
        if arguments.student:
            failed = [row for row in failed if row.student in arguments.student]
        whole &= not failed and {r.student for r in results} == set(course.students(assignment))
        say(told.summary(assignment, class_rows))
        for row in failed:
            print(f"  {row.student}: {row.status}. {row.result.reason}", file=sys.stderr)
        said.append(told.as_json(assignment, started, class_rows, course.unassigned()))
    if arguments.dry_run:
        return 0
    for path in course.unassigned():
        whole = False
        print(f"  {path}: belongs to no submission; nothing in it was graded.", file=sys.stderr)
    write_atomically(course.root / "report.html", report.page(course))
    write_atomically(course.root / export.FILE, export.table(course))
    if arguments.report:
        content = said[0] if len(said) == 1 else said
        write_atomically(Path(arguments.report), json.dumps(content, indent=1))
    say(f"Report:   {course.root / 'report.html'}")
    say(f"Grades:   {course.root / export.FILE}")
    say(f"Feedback: {course.root / course.nbgrader.feedback_directory}")
    if not whole:
        print("Not everything is graded; the lines above say why.", file=sys.stderr)
    return 0 if whole else 1


def _dry_run(course, assignment, arguments):
    sources = [nbformat.read(path, as_version=4) for path in course.sources(assignment)]
    students, hide = arguments.student, _hidden(arguments)
    _, stale = _standing(course, assignment, sources, students, hide, arguments.all)
    for student in stale:
        print(f"{assignment}: {student}")


def _hidden(arguments):
    return tuple(filter(None, arguments.hide_modules.split(",")))
