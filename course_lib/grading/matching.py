"""Which cell of a submission is which of the release: by its label, id, place or text."""

import difflib

import nbformat

#: Cells longer than this are not searched for likeness, which takes its time.
LONGEST_COMPARED = 20_000
#: How alike two cells' texts must be (difflib ratio) to be taken for the same cell.
LIKENESS = 0.6


def new_cell(kind, source, identity):
    """Return a cell without metadata; the whole notebook is validated at the end."""
    cell = {"cell_type": kind, "id": identity or "none", "metadata": {}, "source": source}
    code = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return nbformat.from_dict(cell | code)


def _name(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def strange(cells, release):
    """Return the labels of another assignment's answers, where none of this one's is labelled.

    Args:
        cells, release: as for `match`.
    """
    own = {_name(cell) for cell in release.cells if _name(cell) and not _is_locked(cell)}
    answers = {_name(cell) for cell in cells if _name(cell) and not _is_locked(cell)}
    return sorted(answers) if own and not own & answers else []


def match(cells, release):
    """Give each released nbgrader cell its one cell of the submission, or put it back.

    Args:
        cells: of the submission, as nbformat wants them.
        release: the notebook that students were given.

    Returns:
        tuple: the cells, with the release's metadata; sentences about what was repaired; names of
            the locked cells whose text differed from the release.
    """
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
    copy = new_cell(original.cell_type, cell.source, original.id)
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
