"""What was handed in, read as Jobs, and the key that tells whether it must be graded again."""

import hashlib
import hmac
import os
from pathlib import Path

import numpy as np

from course_lib.grading import imports, registration
from course_lib.grading.job import Job

#: Bytes of one file beside the notebooks that is taken along, and of all of them.
LARGEST_FILE, LARGEST_ALL = 50_000_000, 100_000_000


def common_key(course, assignment, sources, hide):
    """Digest of what all grades of an assignment depend on, but the limits of time and memory."""
    digest = hashlib.sha256(f"{np.__version__} {sorted(hide)}".encode())
    for path in course.sources(assignment):
        digest.update(path.read_bytes())
    files, _ = imports.reached(set().union(*map(imports.of_notebook, sources)))
    for path in files:
        digest.update(path.read_bytes())
    for name, data in sorted(registration.given_files(course, assignment).items()):
        digest.update(name.encode() + data)
    return digest.hexdigest()


def key(common, folder):
    """Digest of what a grade depends on, and behind a slash, digest of the submission."""
    digest = hashlib.sha256()
    for path in sorted(_files(folder)):
        digest.update(str(path.relative_to(folder)).encode("utf-8", "surrogateescape"))
        status = path.stat()
        if status.st_size > 1_000_000:  # not read in every run
            digest.update(f"{status.st_size} {status.st_mtime_ns}".encode())
        else:
            digest.update(path.read_bytes())
    return f"{common}/{digest.hexdigest()}"


def _files(folder):
    """The files of a submission; no links, which may point anywhere, and nothing but files."""
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(n for n in folders if n not in (".ipynb_checkpoints", "__pycache__"))
        for name in files:
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield path


def job(course, result, papers, given, timeout, limit):
    """Return the Job of one submission."""
    folder = course.path("submitted", result.student, result.assignment)
    files, left_out, total = {}, [], 0
    try:
        # Notebooks first, then what lies beside them, as long as there is room.
        for path in sorted(_files(folder), key=lambda p: (p.suffix.lower() != ".ipynb", p)):
            name, size = path.relative_to(folder).as_posix(), path.stat().st_size
            if size > LARGEST_FILE or total + size > LARGEST_ALL:
                left_out.append(name)
                continue
            total += size
            files[name] = path.read_bytes()
    except OSError as error:
        left_out.append(f"{error.filename}: {error.strerror}")
    return Job(
        assignment=result.assignment,
        student=result.student,
        files=files,
        papers=papers,
        left_out=left_out,
        given=given,
        seed=_seed(course, result, files),
        timeout=timeout,
        limit=limit,
    )


def _seed(course, result, files):
    """The seed of a submission's tests: nobody can know it, and a regrade has the same."""
    submission = hashlib.sha256()
    for name, data in sorted(files.items()):
        if name.lower().endswith(".ipynb"):
            submission.update(hashlib.sha256(data).digest())
    parts = (result.assignment, result.student, submission.hexdigest())
    said = "\0".join(parts).encode("utf-8", "surrogateescape")
    return int.from_bytes(hmac.digest(course.secret(), said, "sha256")[:6], "big")
