"""Run a notebook in a fresh Jupyter kernel; a cell that is stopped stops no other."""

import asyncio
import json
import subprocess

from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output

_ENDED = "this cell ended the Python process; nothing after it ran"


class CappedClient(NotebookClient):
    """A client that stops keeping output once a notebook has written too much of it."""

    output_limit = 1_000_000

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.kept, self.capped = 0, set()

    def output(self, outs, msg, display_id, cell_index):
        """Keep an output, or drop it once the limit is reached, errors excepted."""
        size = len(json.dumps(msg["content"], default=str))
        if self.kept + size > self.output_limit and msg["msg_type"] != "error":
            if cell_index not in self.capped:
                self.capped.add(cell_index)
                outs.append(new_output("stream", name="stdout", text="\n(more output left out)\n"))
            return None
        self.kept += size
        return super().output(outs, msg, display_id, cell_index)


def _error(name, message):
    return new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])


async def run(notebook, *, folder, timeout, limit, output_limit):
    """Execute the notebook in place; return the state of each code cell, and the events."""
    code = {i: cell for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"}
    states = {cell.id: "not run" for cell in code.values()}
    events = []
    replies = {}
    client = CappedClient(
        notebook,
        resources={"metadata": {"path": folder}},
        kernel_name="python3",
        timeout=timeout,
        allow_errors=True,
        interrupt_on_timeout=True,
        error_on_timeout={
            "ename": "TimeLimit",
            "evalue": f"this cell ran longer than {timeout:g} seconds and was stopped",
            "traceback": [],
        },
        raise_on_iopub_timeout=True,  # after an interrupt: the kernel ignores it
        iopub_timeout=5,
        store_widget_state=False,
        on_cell_executed=lambda cell, cell_index, execute_reply: replies.update(
            {cell_index: execute_reply["content"]}
        ),
    )
    client.output_limit = output_limit
    client.reset_execution_trackers()

    def stopped(index, state, name, message):
        states[code[index].id] = state
        code[index].outputs.append(_error(name, message))
        events.append(f"Code cell {list(code).index(index) + 1}: {message}.")

    current = None
    deadline = asyncio.timeout(limit)
    try:
        async with deadline, client.async_setup_kernel(stderr=subprocess.DEVNULL):
            for current, cell in code.items():
                if not cell.source.strip():
                    states[cell.id] = "ok"
                    continue
                await client.async_execute_cell(cell, current)
                reply = replies[current]
                if any(p.get("source") == "ask_exit" for p in reply.get("payload", ())):
                    # `exit()` lets the kernel end when it finds time: what still ran would be luck.
                    stopped(current, "died", "PythonEnded", _ENDED)
                    break
                if reply["status"] == "ok":
                    states[cell.id] = "ok"
                elif reply.get("ename") == "TimeLimit":
                    stopped(current, "timeout", "TimeLimit", reply["evalue"])
                else:
                    states[cell.id] = "error"
                    if not any(output.output_type == "error" for output in cell.outputs):
                        name, message = reply.get("ename", "Error"), reply.get("evalue", "")
                        cell.outputs.append(_error(name, message))
    except (DeadKernelError, CellTimeoutError, TimeoutError, RuntimeError) as error:
        if current is None:
            events.append(f"Python did not start, no cell ran ({type(error).__name__}: {error}).")
        elif deadline.expired():  # first: nbclient turns the cancelling into a DeadKernelError
            why = f"the notebook ran longer than {limit:g} seconds; nothing after this cell ran"
            stopped(current, "timeout", "TimeLimit", why)
        elif isinstance(error, CellTimeoutError):
            why = (
                f"this cell ran longer than {timeout:g} seconds and could not be interrupted; "
                "nothing after it ran"
            )
            stopped(current, "timeout", "TimeLimit", why)
        else:
            stopped(current, "died", "PythonEnded", _ENDED)
    return states, events
