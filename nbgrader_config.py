"""nbgrader's settings, so that plain `nbgrader` commands work in this folder too.

`course release` writes build/source (with answers and hidden tests) and exercises (without).
"""

c = get_config()  # noqa: F821  (nbgrader defines it while it reads this file)

c.CourseDirectory.source_directory = "build/source"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "submitted"
c.CourseDirectory.autograded_directory = "autograded"
c.CourseDirectory.feedback_directory = "feedback"
# nbgrader copies every other file of a source folder into the release, answers too.
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "*.py",
    "*.md",
]

c.ExecutePreprocessor.timeout = 120

# Formgrader shows model answers under the answers to mark; no other page does.
c.HTMLExporter.preprocessors = ["course_lib.grading.guide.MarkingGuide"]
