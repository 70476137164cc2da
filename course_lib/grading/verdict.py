"""What became of a locked test, and what a student's process says that its cells showed."""

import base64

import nbformat
from nbformat.v4 import new_output

_WHY_NOT = {
    "not run": "this test did not run, because the notebook stopped before it; it scores 0",
    "timeout": "this test did not end in time; it scores 0",
    "died": "this test ended the Python process; it scores 0",
}


def judge(cell, state):
    """Say what became of a locked test, and make sure that one that did not run scores nothing.

    Args:
        cell: the cell with its outputs, which this completes.
        state: how its run ended.

    Returns:
        dict: state, reason and the names of recognised mistakes.
    """
    if state == "ok":
        for output in cell.outputs:
            if output.output_type == "stream":
                output.name = "stdout"  # nbgrader gives nothing for a warning
    elif state in _WHY_NOT:
        cell.outputs.append(nbformat.from_dict(error_output("DidNotRun", _WHY_NOT[state])))
    elif not any(output.output_type == "error" for output in cell.outputs):
        failed = error_output("Failed", "it failed without a message")
        cell.outputs.append(nbformat.from_dict(failed))
    notes = [output.get("metadata", {}).get("course", {}) for output in cell.outputs]
    errors = [output.evalue for output in cell.outputs if output.output_type == "error"]
    if state == "ok" and any(note.get("stopped") for note in notes):
        state, errors = "timeout", ["a call of the function did not end"]
    return {
        "state": state,
        "reason": errors[-1][:300] if errors else "",
        "mistakes": [note["mistake"] for note in notes if note.get("mistake")],
    }


def marks_of(cell):
    """Return nbgrader's metadata of a cell, empty where it has none."""
    return cell.metadata.get("nbgrader", {})


def is_test(cell):
    """Whether a cell is a locked test."""
    marks = marks_of(cell)
    is_code = cell.cell_type == "code"
    return bool(is_code and marks.get("grade") and not marks.get("solution"))


def error_output(name, words):
    """Return the output of a cell that failed, as nbformat has it."""
    return {
        "output_type": "error", "ename": name, "evalue": words, "traceback": [f"{name}: {words}"]
    }  # fmt: skip


def clean(output):
    """Return an output that the student's process told, made anew; None where it is none."""
    try:
        kind = output["output_type"]
        if kind == "stream":
            name = "stderr" if output["name"] == "stderr" else "stdout"
            return new_output("stream", name=name, text=str(output["text"]))
        if kind == "error":
            lines = [str(line) for line in output["traceback"]]
            words = str(output["evalue"])
            return new_output("error", ename=str(output["ename"]), evalue=words, traceback=lines)
        if kind in ("display_data", "execute_result"):
            data = {str(mime): _data(value) for mime, value in output["data"].items()}
            return new_output(kind, data=data)
    except (TypeError, KeyError, AttributeError):
        pass
    return None


def _data(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value if isinstance(value, (dict, list)) else str(value)
