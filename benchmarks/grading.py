"""`python -m benchmarks.grading`: CPU seconds of `course grade` and of nbgrader, interleaved.

Both grade the same submissions of a chapter and write feedback; the time of all processes that
they start is counted. Run it as a user, or as root with what that costs in walls: none.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from course_lib.authoring import sample
from course_lib.authoring.release import release

ROOT = Path(__file__).parents[1]


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
    kinds = ["solved", "half-right", "warning", *(f"mistakes-{n:02}" for n in range(1, 6))]
    submissions = made.submissions()
    shutil.rmtree(folder / "submitted")
    for number in range(count):
        name, data = submissions[kinds[number % len(kinds)]]
        place = folder / "submitted" / f"student-{number:04}" / chapter
        place.mkdir(parents=True)
        (place / name).write_bytes(data)
    return folder


def main():
    """Print one JSON object with the CPU seconds of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", type=int, nargs=2, default=(2, 20), metavar="N")
    parser.add_argument("--chapter", default="convolution")
    parser.add_argument("--without-nbgrader", action="store_true")
    arguments = parser.parse_args()
    ours = "import sys; from course_lib.cli import main; sys.exit(main(sys.argv[1:]))"
    commands = {"course": [["-c", ours, "grade", "--allow-root"]]}
    if not arguments.without_nbgrader:
        verbs = ("autograde", "generate_feedback")
        commands["nbgrader"] = [["-m", "nbgrader", v, arguments.chapter] for v in verbs]
    seconds = {name: {} for name in commands}
    with tempfile.TemporaryDirectory() as place:
        origin = Path(place) / "origin"
        shutil.copytree(ROOT / "solutions" / arguments.chapter,
                        origin / "solutions" / arguments.chapter)  # fmt: skip
        shutil.copy(ROOT / "nbgrader_config.py", origin)
        release(arguments.chapter, origin)
        for count in arguments.counts:
            for name, steps in commands.items():
                folder = Path(place) / f"{name}-{count}"
                course(folder, arguments.chapter, count, origin)
                seconds[name][count] = sum(cpu(step, folder) for step in steps)
    few, many = arguments.counts
    marginal = {name: (s[many] - s[few]) / (many - few) for name, s in seconds.items()}
    print(json.dumps({"cpu_seconds": seconds, "per_further_submission": marginal}, indent=1))


if __name__ == "__main__":
    main()
