"""The `course` command: one verb per task of an instructor, each in a module of its own."""

import argparse
import gc
from collections.abc import Sequence
from importlib import import_module

#: verb -> (module, one line of help); the module has `add_arguments(parser)` and
#: `run(arguments)`, which returns the exit status
VERBS = {
    "release": ("course_lib.authoring.release", "generate the students' notebooks from solutions/"),
    "check": ("course_lib.authoring.check", "run the visible checks of one notebook"),
    "sample": ("course_lib.authoring.sample", "write a sample class to grade"),
    "collect": ("course_lib.grading.collect", "put an LMS's download into submitted/"),
    "grade": ("course_lib.grading.grade", "grade all submissions of a course folder"),
    "report": ("course_lib.grading.report", "write the report page of a graded course folder"),
    "export": ("course_lib.grading.export", "export the grades as CSV"),
    "feedback": ("course_lib.grading.give_back", "bring the feedback pages up to date; zip them"),
    "audit": ("course_lib.authoring.audit", "try known mistakes and right answers on the checks"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run `course VERB ...` and return its exit status."""
    parser = argparse.ArgumentParser(prog="course", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    parsers = {
        verb: verbs.add_parser(verb, help=line, description=line, add_help=False)
        for verb, (_, line) in VERBS.items()
    }
    known, _ = parser.parse_known_args(argv)
    # Only the chosen verb's module is imported: `course audit` must not wait for nbgrader.
    gc.disable()  # nothing of what is imported is garbage
    module = import_module(VERBS[known.verb][0])
    gc.freeze()
    gc.enable()
    chosen = parsers[known.verb]
    chosen.add_argument("-h", "--help", action="help", help="show this message and exit")
    module.add_arguments(chosen)
    return module.run(parser.parse_args(argv))
