"""`python -m benchmarks.grading`: CPU seconds of `course grade` and of nbgrader, interleaved.

Both grade the same submissions of a chapter and write feedback; the time of all processes that
they start is counted. With `--class-of N` it measures the grader's own process instead: what it
does for each of N submissions, how much memory that takes, and how long a run takes that has
nothing to do. A few submissions are graded then, and their outcomes stand for all others.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course_lib.authoring import sample
from course_lib.authoring.release import release
from course_lib.grading import grade
from course_lib.grading.engine import Engine, Settings
from course_lib.grading.folder import CourseFolder

ROOT = Path(__file__).parents[1]
KINDS = ("solved", "half-right", "warning", *(f"mistakes-{n:02}" for n in range(1, 6)))
COURSE = "import sys; from course_lib.cli import main; sys.exit(main(sys.argv[1:]))"


def cpu(command, folder):
    """Run a command in a folder; return the CPU seconds of it and all that it started."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=os.environ | {"PATH": path, "PYTHONPATH": str(ROOT)},
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def course(folder, chapter, count, origin):
    """Write a course folder with `count` submissions of honest kinds."""
    [made] = sample.write(folder, [chapter], origin)
    submissions = made.submissions()
    kinds = [kind for kind in KINDS if kind in submissions]
    shutil.rmtree(folder / "submitted")
    for number in range(count):
        name, data = submissions[kinds[number % len(kinds)]]
        place = folder / "submitted" / f"student-{number:04}" / chapter
        place.mkdir(parents=True)
        (place / name).write_bytes(data)
    return folder


def compare(place, chapter, counts, origin, peers):
    """Return the CPU seconds of `course grade` and of its peers for each class size."""
    commands = {"course": [["-c", COURSE, "grade", "--allow-root"]]} | peers
    seconds = {name: {} for name in commands}
    for count in counts:
        for name, steps in commands.items():
            folder = course(place / f"{name}-{count}", chapter, count, origin)
            seconds[name][count] = sum(cpu(step, folder) for step in steps)
            shutil.rmtree(folder)
    few, many = counts
    more = {name: (s[many] - s[few]) / (many - few) for name, s in seconds.items()}
    found = {"cpu_seconds": seconds, "per_further_submission": more}
    for name in peers:
        found[f"ratio_to_{name}"] = {
            many: seconds["course"][many] / seconds[name][many],
            "one_more": more["course"] / more[name],
        }
    return found


class Repeating:
    """An engine that grades every notebook once and then says the same of its like."""

    def __init__(self, settings):
        self.engine, self.known = Engine(settings, workers=1), {}

    def __enter__(self):
        self.engine.__enter__()
        return self

    def __exit__(self, *error):
        self.engine.__exit__(*error)

    def run(self, jobs):
        """Yield (job, outcome) in the order of the jobs."""
        for job in jobs:
            [data] = job.files.values()
            if data not in self.known:
                self.known[data] = self.engine.grade(job)
            yield job, self.known[data]


def own_share(place, chapter, counts, origin):
    """Return what the grader's own process takes for each class size."""
    found = {}
    for count in counts:
        folder = course(place / f"class-{count}", chapter, count, origin)
        started, wall = time.process_time(), time.perf_counter()
        grade.grade(CourseFolder(folder), chapter, engine=Repeating(Settings(limit=200)))
        found[count] = {
            "ms_per_submission": round(1e3 * (time.process_time() - started) / count, 1),
            "seconds": round(time.perf_counter() - wall, 1),
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        }
        wall = time.perf_counter()
        seconds = cpu(["-c", COURSE, "grade", "--allow-root"], folder)
        nothing = {"cpu_seconds": round(seconds, 2)}
        found[count]["nothing_to_do"] = nothing | {"seconds": round(time.perf_counter() - wall, 1)}
    return found


def main():
    """Print one JSON object with what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs=2, default=(2, 20), metavar="N")
    parser.add_argument("--chapter", default="convolution")
    parser.add_argument("--without-nbgrader", action="store_true")
    parser.add_argument("--class-of", type=int, nargs="+", metavar="N")
    arguments = parser.parse_args()
    chapter = arguments.chapter
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        origin = place / "origin"
        shutil.copytree(ROOT / "solutions" / chapter, origin / "solutions" / chapter)
        shutil.copy(ROOT / "nbgrader_config.py", origin)
        release(chapter, origin)
        if arguments.class_of:
            found = own_share(place, chapter, arguments.class_of, origin)
        else:
            verbs = ("autograde", "generate_feedback")
            peers = {"nbgrader": [["-m", "nbgrader", verb, chapter] for verb in verbs]}
            peers = {} if arguments.without_nbgrader else peers
            found = compare(place, chapter, arguments.counts, origin, peers)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
