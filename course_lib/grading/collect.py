"""`course collect`: what an LMS lets a teacher download, put where `course grade` looks for it.

Every file of the download is accounted for, and nothing that lies in submitted/ is written over: a
submission that a newer one replaces is kept under replaced/.
"""

import csv
import os
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from dateutil import parser as dates
from filelock import FileLock, Timeout
from nbgrader.utils import parse_utc

from course_lib.grading import downloads
from course_lib.grading.folder import CourseFolder

#: Columns that may name a student to the LMS, and those that may say who it is in this course.
_KEYS = ("key", "Identifier", "ID", "github_username")
_STUDENTS = ("student", "Email address", "ID number", "SIS Login ID", "SIS User ID", "identifier")
_TIMES = ("timestamp", "Last modified (submission)")


def collect(course, assignment, place, names=None):
    """Put the submissions of a download into the submitted folder.

    Args:
        course: the CourseFolder.
        assignment: name of the assignment.
        place: a folder or a zip file.
        names: key -> (student, timestamp or ""), as `read_map` returns it; None to take the names
            of the download.

    Returns:
        tuple: the Download; rows (student, what happened, files, note), one per hand-in; and the
        files that were left out, pairs of a path and why.

    Raises:
        ValueError: no such assignment, or a download that cannot be read.
    """
    notebooks = tuple(path.stem for path in course.sources(assignment))
    download = downloads.read(place, notebooks)
    rows, left_out, taken = [], list(download.left_out), {}
    for one in download.hand_ins:
        found = next((names[key] for key in one.keys if key in names), None) if names else None
        student, when = found or (one.name, "")
        notes = ["late, says the download"] if one.late else []
        if names and not found:
            notes.append("not in the list of --map")
        try:
            _check_name(student)
            if student in taken:
                raise downloads.Refused(f"{taken[student]} was put there as {student}, too")
            files, older = _read(one, left_out)
            if not files:
                raise downloads.Refused("no file that can be taken")
        except downloads.Refused as why:
            rows.append((student, "LEFT OUT", len(one.files), str(why)))
            left_out += [(entry.path, str(why)) for entry in one.files.values()]
            continue
        taken[student] = one.name
        if when:
            files["timestamp.txt"] = when.encode()
            notes.append(when)
        try:
            what = _place(course, assignment, student, files, older)
        except OSError as error:  # a full disk, or a file where another wants a folder
            what = "LEFT OUT"
            notes.append(f"cannot be written ({error.strerror})")
            left_out += [(entry.path, notes[-1]) for entry in one.files.values()]
        rows.append((student, what, len(one.files), "; ".join(notes)))
    return download, rows, sorted(set(left_out))


def _check_name(student):
    parts = Path(student).parts
    if len(parts) != 1 or student in (".", "..") or "\0" in student or "\\" in student:
        raise downloads.Refused("this name cannot be that of a folder")
    if len(os.fsencode(student)) > 255:
        raise downloads.Refused("this name is too long for a folder; give a shorter one by --map")


def _read(one, left_out):
    """Return (files, older ones) of a hand-in, path -> bytes, as far as they may be read."""
    made, total = [], 0
    for group in (one.files, one.older):
        files = {}
        for path, entry in sorted(group.items(), key=lambda item: not _is_notebook(item[0])):
            try:
                data = entry.read() if total <= downloads.LARGEST_ALL else b""
                total += len(data)
                if total > downloads.LARGEST_ALL:
                    size = f"{downloads.LARGEST_ALL / 1e6:.0f} MB"
                    raise downloads.Refused(f"more than {size} of one student")
            except downloads.Refused as why:
                left_out.append((entry.path, str(why)))
                continue
            files[path] = data
        made.append(files)
    return made


def _is_notebook(path):
    return path.lower().endswith(".ipynb")


def _place(course, assignment, student, files, older):
    """Write a submission beside its place, move what lies there to replaced/, and put it there."""
    folder = course.path("submitted", student, assignment)
    before = _content(folder) if folder.exists() else None
    if before is not None and before == _kept_time(before) | files:
        return "unchanged"
    kept = course.root / "replaced" / student / assignment
    if older:
        _write(_new(kept), older)
    if before is not None and _time(files) and _time(before) and _time(before) > _time(files):
        _write(_new(kept), files)
        return "OLDER than what is there; put into replaced/"
    scratch = course.work / "collect.part"
    shutil.rmtree(scratch, ignore_errors=True)
    _write(scratch, files)
    if before is not None:
        place = _new(kept)
        place.parent.mkdir(parents=True, exist_ok=True)
        folder.rename(place)
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch.rename(folder)
    return "new" if before is None else "NEWER; the one before is in replaced/"


def _kept_time(files):
    return {name: data for name, data in files.items() if name == "timestamp.txt"}


def _content(folder):
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _time(files):
    """When it was handed in, or None where nobody knows."""
    try:
        return parse_utc(files.get("timestamp.txt", b"").decode("utf-8", "replace").strip())
    except (ValueError, OverflowError):
        return None


def _new(folder):
    number = 1
    while (folder / str(number)).exists():
        number += 1
    return folder / str(number)


def _write(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def read_map(path):
    """Read a list of students: key -> (student, timestamp or "").

    Args:
        path: a CSV file with the columns `key` and `student`, and perhaps `timestamp`; or what an
            LMS exports: Moodle's grading worksheet, Canvas's gradebook, GitHub Classroom's roster.

    Raises:
        ValueError: it cannot be read, has other columns, or names a student twice.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"--map must be a CSV file in UTF-8, got {str(path)!r}: {error}") from None
    columns = list(lines[0]) if lines else []
    key = next((name for name in _KEYS if name in columns), None)
    student = next((name for name in _STUDENTS if name in columns and name != key), None)
    if not key or not student:
        raise ValueError(
            f"--map must have a column of {', '.join(_KEYS)} and one of {', '.join(_STUDENTS)}; "
            f"{path} has {', '.join(map(str, columns)) or 'none'}"
        )
    found, time = {}, next((name for name in _TIMES if name in columns), None)
    for number, line in enumerate(lines, start=2):
        one, who = ((line[name] or "").strip() for name in (key, student))
        if not one or not who:
            continue  # Canvas's row of points, a student who has not accepted
        if one in found:
            raise ValueError(f"--map must name {one!r} once; {path} has it again in line {number}")
        found[one] = who, _date(line[time], path, number) if time else ""
    return found


def _date(text, path, number):
    """Return a time as nbgrader reads it, in UTC; a time without a zone is the local one."""
    text = (text or "").strip()
    if text in ("", "-"):
        return ""
    try:
        when = dates.parse(text)
    except (ValueError, OverflowError):
        raise ValueError(f"--map: {text!r} in line {number} of {path} is no time") from None
    return f"{datetime.astimezone(when, UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def add_arguments(parser):
    """Say what `course collect` takes."""
    add = parser.add_argument
    add("place", metavar="DIR|ZIP", help="from Moodle, Canvas or GitHub Classroom, or one folder "
        "per student")  # fmt: skip
    add("--assignment", required=True, metavar="A", help="the assignment that was handed in")
    add("--map", metavar="CSV", help="who is who: key,student[,timestamp], or an LMS's own list")
    add("--course", default=".", metavar="DIR", help="the course folder (default: here)")


def run(arguments):
    """Collect, and print a table.

    Returns:
        0 if every file has its place, 1 if one was left out, 2 for a wrong use.
    """
    try:
        course = CourseFolder(arguments.course)
        names = read_map(arguments.map) if arguments.map else None
        course.work.mkdir(parents=True, exist_ok=True)
        with FileLock(course.work / "lock", timeout=0):  # nobody grades meanwhile
            download, rows, left_out = collect(course, arguments.assignment, arguments.place, names)
    except Timeout:
        print("course collect: this folder is being graded; wait for its end", file=sys.stderr)
        return 2
    except ValueError as error:
        print(f"course collect: {error}", file=sys.stderr)
        return 2
    width = max((len(_shown(row[0])) for row in rows), default=0)
    for student, what, count, note in rows:
        files = f"{count} file{'' if count == 1 else 's'}"
        print(f"  {_shown(student):{width}}  {files:>9}  {what}{f'  ({note})' if note else ''}")
    placed = sum(what != "LEFT OUT" for _, what, _, _ in rows)
    print(f"{download.layout}: {placed} of {len(rows)} submissions of {arguments.assignment}.")
    if names:
        missing = sorted({who for who, _ in names.values()} - {row[0] for row in rows})
        if missing:
            print(f"In the list, but nothing came: {', '.join(map(_shown, missing))}.")
    for path, why in left_out:
        print(f"  left out: {_shown(path)}: {why}", file=sys.stderr)
    if not rows:
        print("course collect: nothing to collect was found", file=sys.stderr)
    return 1 if left_out or not rows else 0


def _shown(text):
    """A name without characters that would move the terminal's cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)
