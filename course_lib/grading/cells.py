"""Run the code cells of a notebook with IPython, in this process, and keep what they show."""

import io
import json
import linecache
import os
import signal
import sys
import traceback

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any
from traitlets.config import Config

from course_lib.grading.message import TimeUp

#: Characters of output that one notebook may have; what comes after is dropped.
OUTPUT_LIMIT = 1_000_000
_LEFT_OUT = "\n(more output left out)\n"


class Outputs:
    """What the cells show, as nbformat's outputs."""

    def __init__(self, limit=OUTPUT_LIMIT):
        self.limit, self.cell = limit, []

    def add(self, output):
        """Keep an output; once the limit is reached keep errors only, and say so once a cell."""
        size = len(json.dumps(output, default=str))
        if size > self.limit and output["output_type"] != "error":
            self.limit = min(self.limit, 0)
            if not any(one.get("text") == _LEFT_OUT for one in self.cell):
                self.cell.append({"output_type": "stream", "name": "stdout", "text": _LEFT_OUT})
            return
        self.limit -= size
        self.cell.append(output)

    def stream(self, name, text):
        """Keep what was written; pieces of one stream are joined."""
        last = self.cell[-1] if self.cell else {}
        if last.get("name") == name and last.get("text") != _LEFT_OUT and len(text) <= self.limit:
            last["text"] += text
            self.limit -= len(text)
        elif text:
            self.add({"output_type": "stream", "name": name, "text": text})


class _Stream(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, outputs, name):
        self.outputs, self.kind = outputs, name

    def writable(self):
        return True

    def write(self, text):
        self.outputs.stream(self.kind, str(text))
        return len(text)


class _Publisher(DisplayPublisher):
    outputs = Any()

    def publish(self, data, metadata=None, *, transient=None, update=False, **_):
        self.outputs.add(
            {"output_type": "display_data", "data": dict(data), "metadata": dict(metadata or {})}
        )

    def clear_output(self, wait=False):
        self.outputs.cell.clear()


class _Hook(DisplayHook):
    outputs = Any()

    def start_displayhook(self):
        pass

    def write_output_prompt(self):
        pass

    def finish_displayhook(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.outputs.add(
            {
                "output_type": "execute_result",
                "execution_count": self.prompt_count,
                "data": dict(format_dict),
                "metadata": dict(md_dict or {}),
            }
        )


class Shell(InteractiveShell):
    """IPython without a terminal, a kernel, a history and a profile."""

    outputs = Any()
    ended = False

    def init_io(self):
        """Leave the streams alone; `Cells` has its own."""

    def enable_gui(self, gui=None):
        """There is none."""

    def ask_exit(self):
        """Remember that the notebook asked Python to end."""
        self.ended = True

    def _showtraceback(self, etype, evalue, stb):
        try:
            words = str(evalue)
        except Exception:  # the student's own exception
            words = ""
        lines = [str(line) for line in stb]
        self.outputs.add(
            {
                "output_type": "error",
                "ename": str(etype.__name__),
                "evalue": words[:10_000],
                "traceback": lines[:100],
            }
        )


class Cells:
    """An IPython of this process; there can be one, and forks of it."""

    def __init__(self):
        self.outputs = Outputs()
        config = Config()
        config.HistoryManager.enabled = False
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.xmode = "Context"
        folder = os.path.join(os.environ.get("TMPDIR", "/tmp"), "no-profile")
        self.shell = Shell.instance(
            config=config, ipython_dir=folder, display_pub_class=_Publisher, displayhook_class=_Hook
        )
        self.shell.outputs = self.outputs
        self.shell.display_pub.outputs = self.shell.displayhook.outputs = self.outputs

    @property
    def names(self):
        """The variables of the cells."""
        return self.shell.user_ns

    def run(self, name, text, seconds):
        """Run a cell; return its state ("ok", "error", "timeout" or "died") and its outputs.

        Args:
            name: of the cell, for tracebacks.
            text: its code.
            seconds: that it may take.
        """
        self.outputs.cell = []
        shell, file = self.shell, f"cell {name}"
        shell.compile.get_code_name = lambda *_: file
        remember(name, text)
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _Stream(self.outputs, "stdout"), _Stream(self.outputs, "stderr")
        handler = signal.signal(signal.SIGALRM, _stop)
        try:
            # Again every second, in case the cell caught the first.
            signal.setitimer(signal.ITIMER_REAL, seconds, 1)
            result = shell.run_cell(text, store_history=True)
        except TimeUp as error:  # in IPython's own code
            result = None
            lines = traceback.format_exception_only(error)
            shell._showtraceback(TimeUp, error, lines)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, handler)
            sys.stdout, sys.stderr = before
        error = result and (result.error_before_exec or result.error_in_exec)
        if result is None or isinstance(error, TimeUp):
            state = "timeout"
        else:
            state = "died" if shell.ended else "error" if error else "ok"
        return state, self.outputs.cell


def remember(name, text):
    """Let tracebacks and messages show the lines of a cell."""
    lines = text.splitlines(keepends=True)
    linecache.cache[f"cell {name}"] = (len(text), None, lines, f"cell {name}")


def _stop(*_):
    raise TimeUp
