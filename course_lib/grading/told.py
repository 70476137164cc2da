"""What `course grade` says of a run: lines for a person, and JSON for a program."""

from datetime import datetime

from course_lib.grading import sandbox


def as_json(assignment, started, class_rows, unassigned):
    """Return what `--report` says of one assignment."""
    layers = {layer for row in class_rows for layer in row.result.layers}
    return {
        "assignment": assignment,
        "started": started.isoformat(timespec="seconds"),
        "seconds": round((datetime.now().astimezone() - started).total_seconds(), 2),
        "sandbox": {wall: wall in layers for wall in sandbox.WALLS},
        "submissions": [
            {
                "student": row.student,
                "notebook": assignment,
                "status": row.result.status,
                "reason": row.result.reason,
                "auto_score": sum(c.get("score") or 0 for c in row.result.checks.values()),
                "max_score": row.max_score,
                "late_seconds": row.late,
                "cells": row.result.checks,
                "repairs": row.result.repairs,
                "findings": row.result.evidence + row.result.events,
                "seconds": row.result.seconds,
                "layers": row.result.layers,
            }
            for row in class_rows
        ],
        "unassigned": unassigned,
    }


def summary(assignment, class_rows):
    """Return the lines about one assignment."""
    graded = sum(row.score is not None for row in class_rows)
    lines = [f"{assignment}: {len(class_rows)} submissions, {graded} graded."]
    lines += [
        f"  {row.student}: rejected. {row.result.reason}"
        for row in class_rows
        if row.status == "rejected"
    ]
    waiting = sum(row.waiting for row in class_rows)
    if waiting:
        lines.append(f"  {waiting} have written answers that wait for marking (formgrader).")
    return "\n".join(lines)
