"""The process in which a student's code runs: confined, without tests, answers or grades.

It does what the checker asks: run a cell, hand over variables, call a function. Nothing that it
says is believed: it can only say what a function returns and what a cell shows.
"""

import os
import types
from pathlib import Path

from course_lib.grading.channel import Channel


def serve(sock, cells, desk, walls):
    """Do what the checker asks until it hangs up; return the exit status.

    Args:
        sock: the socket to the checker.
        cells: the process's Cells.
        desk: folder of its own, where it works.
        walls: those that stand around it.
    """
    os.chdir(desk)
    home = {name: str(desk) for name in ("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR")}
    os.environ.update(home, NBGRADER_EXECUTION="autograde")
    channel = Channel(sock, public=False, tensors=True)
    missing = object()

    def run(request):
        state, outputs = cells.run(request["name"], request["text"], request["seconds"])
        return {"state": state, "outputs": outputs}

    def names(request):
        found = {name: cells.names.get(name, missing) for name in request["names"]}
        return {
            name: value
            for name, value in found.items()
            if value is not missing and not isinstance(value, types.ModuleType)
        }

    def bind(request):
        cells.names[request["name"]] = request["value"]

    def unbind(request):
        cells.names.pop(request["name"], None)

    def files(request):
        for name, data in request["files"].items():
            path = Path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return list(walls)

    channel.requests = {
        "run": run, "names": names, "bind": bind, "unbind": unbind, "files": files
    }  # fmt: skip
    channel.serve_for_ever()
    return 0
