"""Intake: read what a student handed in, repair it, and say what was repaired.

The result has each of nbgrader's cells exactly once, with the release's metadata, so nbgrader takes
it. The submission itself is never changed.
"""

import json
from pathlib import PurePosixPath
from typing import NamedTuple

import nbformat

from course_lib.grading.matching import match, new_cell, strange

#: A notebook larger than this is refused; pictures and outputs in it are dropped anyhow.
SIZE_LIMIT = 200_000_000
#: What the cells of a notebook may have without them.
TEXT_LIMIT = 10_000_000
#: Pictures that were pasted into one cell; larger ones are dropped.
PICTURES_LIMIT = 5_000_000


class Rejected(Exception):
    """A submission that cannot be graded, with the reason and what to do about it."""


class Intake(NamedTuple):
    """A repaired notebook."""

    notebook: nbformat.NotebookNode
    #: sentences: what was repaired
    repairs: list[str]
    #: names of the locked cells whose text differed from the release
    altered: list[str]


def take_in(data, release):
    """Read a submitted notebook file and repair it.

    Args:
        data: the bytes of the file.
        release: the notebook that students were given.

    Returns:
        Intake: ready for nbgrader.

    Raises:
        Rejected: the file is not a notebook, or it is another assignment's.
    """
    text, repairs = _decoded(data)
    cells = _cells(_parsed(text))
    if others := strange(cells, release):
        raise Rejected(
            f"It is another assignment's notebook: its answers are {', '.join(others[:5])}."
        )
    cells, changes, altered = match(cells, release)
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=release.metadata)
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return Intake(notebook, repairs + changes, altered)


def choose_file(files, name, known=()):
    """Find a student's notebook `name`; one under another name counts if it is the only one.

    Args:
        files: what was handed in: paths inside the submission, with `/`.
        name: the notebook's name without its ending.
        known: names of the assignment's other notebooks, which are not taken for this one.

    Returns:
        tuple: the path, and a list of repairs.

    Raises:
        Rejected: no notebook, or several and none with the right name.
    """
    papers = [PurePosixPath(path) for path in sorted(files)]
    found = [
        path for path in papers
        if path.suffix.lower() == ".ipynb" and not _is_copy(path) and path.stem not in known
    ]  # fmt: skip
    if not found:
        others = ", ".join(map(str, papers[:20])) if papers else "nothing"
        raise Rejected(
            f"There is no notebook {name}.ipynb; the folder holds {others}. "
            f"Ask for the notebook file."
        )
    # The right name counts more than the right place, and the right letters more than their case.
    right = [path for path in found if path.stem == name]
    right = right or [path for path in found if path.stem.lower() == name.lower()]
    right = right or found
    top = min(len(path.parts) for path in right)
    best = [path for path in right if len(path.parts) == top]
    if len(best) > 1:
        raise Rejected(
            f"It is not clear which notebook counts, of {', '.join(map(str, best))}. "
            f"Rename the right one to {name}.ipynb."
        )
    [path] = best
    repairs = []
    if str(path) != f"{name}.ipynb":
        repairs.append(f"The notebook was named {path}; taken as {name}.ipynb.")
    if len(found) > 1:
        others = ", ".join(str(other) for other in found if other != path)
        repairs.append(f"Of several notebooks {path} counts, not {others}.")
    return str(path), repairs


def _is_copy(path):
    """Whether a path is what Jupyter or macOS put beside a notebook."""
    return any(part in (".ipynb_checkpoints", "__MACOSX") for part in path.parts) or (
        path.name.startswith("._")
    )


def _decoded(data):
    if len(data) > SIZE_LIMIT:
        raise Rejected(
            f"The file has {len(data) / 1e6:.0f} MB; at most {SIZE_LIMIT / 1e6:.0f} MB are taken. "
            f"Ask for the notebook with its output cleared."
        )
    if not data.strip():
        raise Rejected("The file is empty.")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16"), ["The file was UTF-16; read as such."]
        except UnicodeDecodeError as error:
            raise Rejected("The file is not text. Ask for the .ipynb file itself.") from error
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), ["The file was not UTF-8; read as cp1252."]
    if text.startswith("\ufeff"):
        return text[1:], ["A byte-order mark at the start of the file was removed."]
    return text, []


def _parsed(text):
    if text.lstrip().startswith("<"):
        raise Rejected(
            "The file is a web page, not a notebook; what is wanted is the .ipynb file itself."
        )
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Rejected(
            f"The file is not valid JSON ({error}); it may be cut off or merged by hand."
        ) from error
    if "\\ud" in text.lower():  # half of a character that JSON writes in two halves
        whole = json.dumps(content, ensure_ascii=False)
        content = json.loads(whole.encode("utf-8", "replace"))
    if not isinstance(content, dict) or not {"cells", "worksheets"} & content.keys():
        raise Rejected("The file is JSON but not a notebook: it has no cells.")
    if "cells" not in content:  # a notebook of before 2015
        try:
            content = nbformat.convert(nbformat.from_dict(content), 4)
        except Exception as error:  # nbformat raises many kinds here
            raise Rejected(f"The old notebook format cannot be read ({error}).") from error
    return content


def _cells(content):
    """The cells as nbformat wants them: text in one string, no output, no metadata but nbgrader's.

    Metadata can keep a cell from being run (the tag "skip-execution"), so none of it is kept.
    """
    if not isinstance(content["cells"], list):
        raise Rejected("The file is JSON but not a notebook: its cells are not a list.")
    cells = []
    for raw in content["cells"]:
        if not isinstance(raw, dict):
            raise Rejected("The file is JSON but not a notebook: a cell is not an object.")
        source = raw.get("source", "")
        source = "".join(map(str, source)) if isinstance(source, list) else str(source)
        metadata = raw.get("metadata")
        marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
        kind = raw.get("cell_type") if raw.get("cell_type") in ("code", "raw") else "markdown"
        cell = new_cell(kind, source, str(raw.get("id", "")))
        if kind == "markdown" and isinstance(raw.get("attachments"), dict):
            if len(json.dumps(raw["attachments"])) <= PICTURES_LIMIT:
                cell.attachments = nbformat.from_dict(raw["attachments"])
        if isinstance(marks, dict) and isinstance(marks.get("grade_id"), str):
            cell.metadata["nbgrader"] = nbformat.from_dict(marks)
        cells.append(cell)
    size = sum(len(cell.source) for cell in cells)
    if size > TEXT_LIMIT or len(cells) > 5000:
        raise Rejected(
            f"The notebook has {len(cells)} cells with {size / 1e6:.0f} million characters; at "
            f"most 5000 and {TEXT_LIMIT / 1e6:.0f} are taken. Ask for a shorter one."
        )
    return cells
