"""Interactive figures, one module per chapter: `figure.py` says how they work."""

from course_lib.figures.figure import Figure

__all__ = ["Figure"]
