"""Intake: read what a student handed in, repair it, and say what was repaired.

The result has each of nbgrader's cells exactly once, with the release's metadata, so nbgrader takes
it. The submission itself is never changed.
"""

import difflib
import json
from pathlib import PurePosixPath
from typing import NamedTuple

import nbformat

#: A notebook larger than this is refused; pictures and outputs in it are dropped anyhow.
SIZE_LIMIT = 200_000_000
#: What the cells of a notebook may have without them.
TEXT_LIMIT = 10_000_000
#: Pictures that were pasted into one cell; larger ones are dropped.
PICTURES_LIMIT = 5_000_000
#: Cells longer than this are not searched for likeness, which takes its time.
LONGEST_COMPARED = 20_000
#: How alike two cells' texts must be (difflib ratio) to be taken for the same cell.
LIKENESS = 0.6


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
        Rejected: the file is not a notebook.
    """
    text, repairs = _decoded(data)
    cells = _cells(_parsed(text))
    cells, changes, altered = _matched(cells, release)
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
        raise Rejected("The file is empty. Ask for it again.")
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
        raise Rejected("The file is a web page, not a notebook. Ask for the .ipynb file itself.")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Rejected(
            f"The file is not valid JSON ({error}); it may be cut off or merged by hand. "
            f"Ask for it again."
        ) from error
    if "\\ud" in text.lower():  # half of a character that JSON writes in two halves
        whole = json.dumps(content, ensure_ascii=False)
        content = json.loads(whole.encode("utf-8", "replace"))
    if not isinstance(content, dict) or not {"cells", "worksheets"} & content.keys():
        raise Rejected("The file is JSON but not a notebook: it has no cells. Ask for it again.")
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
        cell = _new_cell(kind, source, str(raw.get("id", "")))
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


def _new_cell(kind, source, identity):
    cell = {"cell_type": kind, "id": identity or "none", "metadata": {}, "source": source}
    code = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return nbformat.from_dict(cell | code)  # the whole notebook is validated at the end


def _name(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def _matched(cells, release):
    """Give each released nbgrader cell its one cell of the submission, or put it back."""
    wanted = [cell for cell in release.cells if _name(cell)]
    repairs, altered = [], []
    taken = {}  # name -> index of the student's cell
    for cell in wanted:
        same = [i for i, other in enumerate(cells) if _name(other) == _name(cell)]
        if same:
            taken[_name(cell)] = _kept_of(same, cells, cell)
        if len(same) > 1:
            which = "last" if _is_locked(cell) else "first that was changed"
            repairs.append(f"Cell {_name(cell)} was there {len(same)} times; the {which} counts.")
    names = {_name(cell) for cell in wanted}
    recognised = []
    for cell in wanted:
        if _name(cell) not in taken:
            index = _recognised(cell, cells, set(taken.values()), release)
            if index is not None:
                taken[_name(cell)] = index
                recognised.append(_name(cell))
    if recognised:
        listed = ", ".join(recognised)
        repairs.append(f"Cells without their labels were recognised by what is in them: {listed}.")
    foreign = {_name(cell) for cell in cells} - names - {None}
    if foreign:
        listed = ", ".join(sorted(foreign))
        repairs.append(f"Labels that are not of this assignment were removed: {listed}.")
    by_index = {index: name for name, index in taken.items()}
    released = {_name(cell): cell for cell in wanted}
    result, place = [], {}
    for index, cell in enumerate(cells):
        original = released.get(by_index.get(index))
        if original is None:
            cell.metadata = nbformat.from_dict({})
            cell.id = f"own-{index}"
        else:
            if _is_locked(original) and cell.source.strip() != original.source.strip():
                altered.append(_name(original))
            if cell.cell_type != original.cell_type:
                repairs.append(f"Cell {_name(original)} is a {original.cell_type} cell again.")
            place[_name(original)] = len(result)
            cell = _like(original, cell)
        result.append(cell)
    result, missing = _with_missing(result, wanted, place)
    if missing:
        repairs.append(f"Missing cells were put back from the release: {', '.join(missing)}.")
    return result, repairs, altered


def _is_locked(cell):
    return not cell.metadata["nbgrader"].get("solution", False)


def _kept_of(same, cells, original):
    if _is_locked(original):
        return same[-1]  # it runs after the code that it tests
    changed = [i for i in same if cells[i].source.strip() != original.source.strip()]
    return (changed or same)[0]


def _recognised(original, cells, taken, release):
    """Index of the unlabelled cell that is this released cell, or None.

    The same id; or the place right behind the released cell that comes before it; or nearly the
    same text, where the first line of a function is enough.
    """
    given = {cell.source.strip() for cell in release.cells}
    free = [
        index
        for index, cell in enumerate(cells)
        if index not in taken and not _name(cell) and cell.cell_type == original.cell_type
    ]
    for index in free:
        if cells[index].id == original.id:
            return index
    place = release.cells.index(original)
    before = release.cells[place - 1].source.strip() if place else None
    for index in free:
        follows = index > 0 and cells[index - 1].source.strip() == before
        if follows and cells[index].source.strip() not in given - {original.source.strip()}:
            return index
    likeness = {index: _likeness(original.source, cells[index].source) for index in free}
    best = max(likeness, key=likeness.get, default=None)
    return best if best is not None and likeness[best] > LIKENESS else None


def _likeness(original, text):
    first = original.lstrip().partition("\n")[0]
    if first.startswith(("def ", "class ")) and first in text.splitlines():
        return 1.0
    if len(text) > LONGEST_COMPARED:
        return 0.0
    matcher = difflib.SequenceMatcher(None, original, text)
    if matcher.real_quick_ratio() <= LIKENESS or matcher.quick_ratio() <= LIKENESS:
        return 0.0
    return matcher.ratio()


def _like(original, cell):
    """The student's text in a cell that is otherwise the released one."""
    copy = _new_cell(original.cell_type, cell.source, original.id)
    copy.metadata = nbformat.from_dict(original.metadata)
    if "attachments" in cell and original.cell_type == "markdown":
        copy.attachments = cell.attachments
    return copy


def _with_missing(result, wanted, place):
    """Put each missing cell behind the released cell that comes before it."""
    missing, before = [], -1
    for cell in wanted:
        name = _name(cell)
        if name in place:
            before = place[name]
            continue
        missing.append(name)
        before += 1
        result.insert(before, _like(cell, cell))
        place = {other: i + (i >= before) for other, i in place.items()} | {name: before}
    return result, missing
