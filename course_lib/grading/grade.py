"""`course grade`: every submission ends in a row, whatever is in it.

For each submission: intake and repair, nbgrader's first pass, execution, nbgrader's second pass,
feedback. Only this process opens the gradebook; only child processes run students' code.
"""

import hashlib
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import nbformat
from filelock import FileLock, Timeout
from nbgrader.utils import is_grade, is_solution
from tqdm import tqdm

import course_lib
from course_lib.grading import evidence, execution, export, feedback, intake, record, report
from course_lib.grading.folder import CourseFolder, write_atomically
from course_lib.grading.results import Result, rows


def grade(
    course,
    assignment,
    *,
    timeout=None,
    limit=None,
    workers=2,
    everything=False,
    execute=execution.execute,
    progress=False,
):
    """Grade the submissions of one assignment that are new or changed.

    Args:
        course: the CourseFolder.
        assignment: name of the assignment.
        timeout: seconds for one cell; None for what nbgrader's settings say.
        limit: seconds for one notebook; None for ten times the timeout.
        workers: how many submissions run at the same time.
        everything: also grade what has not changed since the last run.
        execute: what runs a notebook's code; see `course_lib.grading.execution`.
        progress: show a progress bar.

    Returns:
        list: the Result of every submission, graded in this run or before.

    Raises:
        ValueError: there is no such assignment.
        RecordFailed: the assignment's cells changed after submissions had been graded.
    """
    timeout = timeout or course.cell_timeout
    limit = limit or 10 * timeout
    common = _common_key(course, assignment, timeout, limit)
    results = {}
    for student in course.students(assignment):
        result = Result.load(course, assignment, student)
        key = _key(common, course.path("submitted", student, assignment))
        if everything or result.state != "done" or result.key != key:
            result = Result(assignment, student, key)
        results[student] = result
    pending = [result for result in results.values() if result.state != "done"]
    if pending:
        course.back_up_gradebook()
        releases = record.register(course, assignment)
        environment = {"MPLCONFIGDIR": str(course.work / "matplotlib")}
        run = partial(execute, timeout=timeout, limit=limit, environment=environment)
        _grade_pending(course, pending, releases, run, workers, progress)
    for result in results.values():
        _refresh_feedback(course, result)
    return list(results.values())


def _common_key(course, assignment, timeout, limit):
    """Digest of what all grades of an assignment depend on."""
    digest = hashlib.sha256(f"{timeout} {limit}".encode())
    sources = [source.read_bytes() for source in course.sources(assignment)]
    for source in sources:
        digest.update(source)
    if any(b"course_lib" in source for source in sources):
        library = Path(course_lib.__file__).parent
        for folder in ("checks", "reference"):  # what answers are held against
            for module in sorted((library / folder).rglob("*.py")):
                digest.update(module.read_bytes())
    return digest.hexdigest()


def _key(common, folder):
    digest = hashlib.sha256(common.encode())
    for path in sorted(folder.rglob("*")):
        digest.update(str(path.relative_to(folder)).encode("utf-8", "surrogateescape"))
        if path.is_file() and not path.is_symlink():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _grade_pending(course, pending, releases, run, workers, progress):
    with ExitStack() as stack:
        bar = stack.enter_context(tqdm(total=len(pending), unit="notebook", disable=not progress))
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        stack.push(_stop_if_interrupted(pool))
        running = {}
        for result in pending:
            result.save(course)
            notebooks = _guarded(course, result, _prepare, releases)
            if notebooks is None:
                bar.update()
                continue
            desk = course.scratch_path("submitted", result.student, result.assignment)
            running[pool.submit(_execute_all, run, notebooks, desk)] = result
        for future in as_completed(running):
            _guarded(course, running[future], _finish, releases, future)
            bar.update()


def _stop_if_interrupted(pool):
    def stop(kind, *_):
        if kind is not None:
            pool.shutdown(wait=False, cancel_futures=True)
            execution.end_all()

    return stop


def _guarded(course, result, step, *arguments):
    """Do one step for one submission; whatever it raises ends in this submission's row alone."""
    try:
        return step(course, result, *arguments)
    except intake.Rejected as error:
        result.status, result.reason = "rejected", str(error)
    except Exception as error:  # the row must come, and the class must go on
        result.status = "failed"
        result.reason = f"The grader could not grade it ({type(error).__name__}: {error})."
    result.state = "done"
    result.save(course)
    return None


def _prepare(course, result, releases):
    """Repair one submission and run nbgrader's first pass; return its notebooks, ready to run."""
    submitted = course.path("submitted", result.student, result.assignment)
    desk = course.scratch_path("submitted", result.student, result.assignment)
    shutil.rmtree(desk, ignore_errors=True)
    desk.mkdir(parents=True)
    _copy_files(submitted, desk)
    rejections = []
    for name, release in releases.items():
        try:
            path, repairs = intake.choose_file(submitted, name, set(releases) - {name})
            taken = intake.take_in(path.read_bytes(), release)
        except intake.Rejected as rejection:
            rejections.append(rejection)
            continue
        nbformat.write(taken.notebook, desk / f"{name}.ipynb")
        result.repairs += repairs + taken.repairs
        if taken.altered:
            listed = ", ".join(taken.altered)
            result.evidence.append(
                f"Locked cells differed from the release, whose text was used: {listed}."
            )
        source = nbformat.read(
            course.path("source", ".", result.assignment) / f"{name}.ipynb", as_version=4
        )
        result.evidence += evidence.library_calls(taken.notebook, source)
    if len(rejections) == len(releases):
        raise rejections[0]
    result.events += [f"A notebook scores 0. {rejection}" for rejection in rejections]
    record.convert(record.sanitiser(course, result.assignment, result.student))
    sanitised = course.scratch_path("sanitised", result.student, result.assignment)
    return {
        path.stem: nbformat.read(path, as_version=4) for path in sorted(sanitised.glob("*.ipynb"))
    }


def _copy_files(source, target):
    """Copy what lies beside the notebooks; no links, which may point anywhere."""
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if not name.startswith((".", "__pycache__"))]
        here = target / Path(folder).relative_to(source)
        here.mkdir(exist_ok=True)
        for name in files:
            path = Path(folder, name)
            if path.suffix != ".ipynb" and path.is_file() and not path.is_symlink():
                shutil.copyfile(path, here / name)


def _execute_all(run, notebooks, files):
    return {name: run(notebook, files=files) for name, notebook in notebooks.items()}


def _finish(course, result, releases, future):
    """Write one executed submission into the gradebook."""
    executions = future.result()
    record.convert(record.recorder(course, result.assignment, result.student, executions))
    for name, executed in executions.items():
        result.events += executed.events
        for cell in executed.notebook.cells:
            if cell.cell_type == "code" and is_grade(cell) and not is_solution(cell):
                result.checks[f"{name}/{cell.metadata.nbgrader.grade_id}"] = {
                    "state": executed.states.get(cell.id, "not run"),
                    "mistakes": _mistakes(cell),
                }
    result.status, result.state = "graded", "done"
    result.save(course)


def _mistakes(cell):
    """Return the names of the mistakes that a check recognised: data beside the score it gave."""
    notes = [output.get("metadata", {}).get("course", {}) for output in cell.outputs]
    return [note["mistake"] for note in notes if note.get("mistake")]


def _refresh_feedback(course, result):
    """Write the feedback page where there is none, or where a person has marked since."""
    if result.status != "graded":
        return
    with course.gradebook() as gradebook:
        marks = course.marks(gradebook, result.assignment, result.student)
    digest = hashlib.sha256(repr(marks).encode()).hexdigest()
    folder = course.path("feedback", result.student, result.assignment)
    if result.feedback == digest and any(folder.glob("*.html")):
        return
    try:
        record.convert(record.feedback_writer(course, result.assignment, result.student))
        for page in folder.glob("*.html"):
            title = f"{result.assignment}: feedback for {result.student}"
            feedback.rewrite_page(page, title=title, notes=result.repairs + result.events)
        result.feedback, result.reason = digest, ""
    except Exception as error:  # the grade stands without its page; the next run tries again
        shutil.rmtree(folder, ignore_errors=True)  # rather none than one that is not cleaned
        result.reason = f"The feedback page could not be written ({error})."
    result.save(course)


def add_arguments(parser):
    """Say what `course grade` takes."""
    parser.add_argument("assignment", nargs="?", help="only this assignment; all if left out")
    parser.add_argument("--course", default=".", help="the course folder (default: here)")
    parser.add_argument("--timeout", type=float, help="seconds for one cell")
    parser.add_argument("--limit", type=float, help="seconds for one notebook")
    parser.add_argument("--workers", type=int, default=2, help="submissions at the same time")
    parser.add_argument("--all", action="store_true", help="also what has not changed")


def run(arguments):
    """Grade, write the report and the CSV, and say where they are; 0 if every submission counts."""
    try:
        course = CourseFolder(arguments.course)
        course.work.mkdir(parents=True, exist_ok=True)
        with FileLock(course.work / "lock", timeout=0):
            return _run(course, arguments)
    except Timeout:
        print("Another `course grade` is running in this folder.", file=sys.stderr)
    except (ValueError, record.RecordFailed) as error:
        print(f"course grade: {error}", file=sys.stderr)
    return 1


def _run(course, arguments):
    assignments = [arguments.assignment] if arguments.assignment else course.assignments()
    if not assignments:
        raise ValueError(f"no assignment has a source notebook in {course.root}")
    accounted = True
    for assignment in assignments:
        results = grade(
            course,
            assignment,
            timeout=arguments.timeout,
            limit=arguments.limit,
            workers=arguments.workers,
            everything=arguments.all,
            progress=sys.stderr.isatty(),
        )
        submissions = course.students(assignment)
        done = {result.student for result in results if result.state == "done"}
        accounted &= done == set(submissions)
        print(_summary(assignment, rows(course, assignment)))
    write_atomically(course.root / "report.html", report.page(course))
    write_atomically(course.root / "grades.csv", export.table(course))
    print(f"Report:   {course.root / 'report.html'}")
    print(f"Grades:   {course.root / 'grades.csv'}")
    print(f"Feedback: {course.root / course.nbgrader.feedback_directory}")
    if not accounted:
        print("Some submissions have no row; run the command again.", file=sys.stderr)
    return 0 if accounted else 1


def _summary(assignment, class_rows):
    graded = sum(row.score is not None for row in class_rows)
    lines = [f"{assignment}: {len(class_rows)} submissions, {graded} graded."]
    lines += [
        f"  {row.student}: {row.status}. {row.result.reason}"
        for row in class_rows
        if row.score is None
    ]
    waiting = sum(row.waiting for row in class_rows)
    if waiting:
        lines.append(f"  {waiting} have written answers that wait for marking (formgrader).")
    return "\n".join(lines)
