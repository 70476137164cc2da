"""Checks of the exercises: the engine, and one folder of tasks for each chapter."""

from course_lib.checks.task import progress

__all__ = ["progress"]
