"""Intake: what is repaired, what is refused, and that both are said."""

import copy
import json
import sys

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from course_lib.grading.intake import SIZE_LIMIT, Rejected, choose_file, take_in


def data(notebook):
    return json.dumps(notebook).encode()


def cells_of(taken):
    return {cell.id: cell for cell in taken.notebook.cells}


@pytest.fixture
def release(tiny_template):
    return tiny_template.release


@pytest.fixture
def solved(tiny_template):
    return tiny_template.solved()


def names(notebook):
    return [c.metadata.nbgrader.grade_id for c in notebook.cells if "nbgrader" in c.metadata]


def test_a_good_notebook_needs_no_repair(solved, release):
    taken = take_in(data(solved), release)
    assert taken.repairs == [] and taken.altered == []
    assert [c.source for c in taken.notebook.cells] == [c.source for c in solved.cells]
    assert names(taken.notebook) == names(release)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"cells": [', "not valid JSON"),
        (b"<!DOCTYPE html>", "web page"),
        (b"[]", "not a notebook"),
        (b'{"a": 1}', "not a notebook"),
        (b'{"cells": 3}', "not a list"),
        (b'{"cells": ["x"]}', "not an object"),
        (b"[" * 100_000, "not valid JSON"),
        (b"\xff\xfe\x00", "not text"),
        (b" " * (SIZE_LIMIT + 1), "MB"),
        (b'{"worksheets": 3}', "old notebook format"),
    ],
)
def test_refusals_give_a_reason(content, reason, release):
    with pytest.raises(Rejected, match=reason):
        take_in(content, release)


@pytest.mark.parametrize(
    ("encode", "said"),
    [
        (lambda text: b"\xef\xbb\xbf" + text.encode(), "byte-order mark"),
        (lambda text: text.encode("utf-16"), "UTF-16"),
        (lambda text: text.encode("cp1252"), "cp1252"),
    ],
)
def test_encodings_are_repaired(tiny_template, release, encode, said):
    solved = tiny_template.solved(why="Déjà vu")
    taken = take_in(encode(json.dumps(solved, ensure_ascii=False)), release)
    assert said in taken.repairs[0]
    assert cells_of(taken)["why"].source == "Déjà vu"


def test_duplicated_answer_keeps_the_first_that_was_changed(tiny_template, release):
    notebook = tiny_template.notebook()
    index = [c.id for c in notebook.cells].index("double")
    for text in ("def double(x): return 1", "def double(x): return 2"):
        index += 1
        extra = copy.deepcopy(notebook.cells[index - 1])
        extra.source = text
        notebook.cells.insert(index, extra)
    taken = take_in(data(notebook), release)
    assert cells_of(taken)["double"].source == "def double(x): return 1"
    assert names(taken.notebook) == names(release)
    assert len({cell.id for cell in taken.notebook.cells}) == len(taken.notebook.cells)
    assert "double was there 3 times" in taken.repairs[0]


def test_duplicated_test_keeps_the_last_which_runs_after_the_code(solved, release):
    test = next(cell for cell in solved.cells if cell.id == "double-test")
    solved.cells.insert(0, copy.deepcopy(test))
    taken = take_in(data(solved), release)
    order = [cell.id for cell in taken.notebook.cells]
    assert order.index("double") < order.index("double-test")
    assert "double-test was there 2 times; the last counts" in taken.repairs[0]


def test_missing_cells_come_back_at_their_place(solved, release):
    kept = ("double", "half")
    solved.cells = [cell for cell in solved.cells if cell.id in kept]
    taken = take_in(data(solved), release)
    assert [c.id for c in taken.notebook.cells if not c.id.startswith("own")] == names(release)
    assert taken.repairs == [
        "Missing cells were put back from the release: double-test, half-test, why."
    ]


def test_a_notebook_without_any_cell_becomes_the_release(release):
    taken = take_in(b'{"cells": []}', release)
    assert names(taken.notebook) == names(release)


def test_lost_labels_are_recognised(solved, release):
    for number, cell in enumerate(solved.cells):
        cell.metadata = {}
        cell.id = f"x{number}"
    taken = take_in(data(solved), release)
    found = cells_of(taken)
    assert found["double"].source == "def double(x):\n    return 2 * x"
    assert found["half"].source == "def half(x):\n    return x / 2"
    assert found["why"].source == "Because."
    assert "recognised" in taken.repairs[0] and "double-test" in taken.repairs[0]


def test_changed_metadata_is_the_release_s_again(solved, release):
    for cell in solved.cells:
        if cell.id == "double-test":
            cell.metadata.nbgrader.points = 100
            cell.metadata["tags"] = ["skip-execution"]
        if cell.id == "half-test":
            cell.metadata.nbgrader.grade = False
    found = cells_of(take_in(data(solved), release))
    original = {cell.id: cell for cell in release.cells}
    for name in ("double-test", "half-test"):
        assert found[name].metadata == original[name].metadata


def test_a_tag_cannot_keep_an_own_cell_from_running(solved, release):
    extra = new_code_cell("x = 1", metadata={"tags": ["skip-execution"]})
    solved.cells.append(extra)
    assert take_in(data(solved), release).notebook.cells[-1].metadata == {}


def test_altered_tests_are_named(solved, release):
    next(cell for cell in solved.cells if cell.id == "half-test").source = "pass"
    assert take_in(data(solved), release).altered == ["half-test"]


def test_labels_of_another_assignment_are_removed(solved, release):
    other = copy.deepcopy(solved.cells[1])
    other.metadata.nbgrader.grade_id = "elsewhere"
    solved.cells.append(other)
    taken = take_in(data(solved), release)
    assert "elsewhere" in taken.repairs[0] and "elsewhere" not in names(taken.notebook)


def test_another_assignments_notebook_is_rejected_and_named(solved, release):
    """Its own answers count for nothing here: a 0 for them would be unfair, and look like work."""
    for cell in solved.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.metadata.nbgrader.grade_id = f"other-{cell.id}"
    with pytest.raises(
        Rejected, match="another assignment's notebook: its answers are other-double"
    ):
        take_in(data(solved), release)


def test_a_cell_of_the_wrong_type_is_of_its_type_again(solved, release):
    index = next(i for i, cell in enumerate(solved.cells) if cell.id == "double-test")
    marks = solved.cells[index].metadata
    solved.cells[index] = new_markdown_cell("text", metadata=marks)
    found = cells_of(take_in(data(solved), release))
    assert found["double-test"].cell_type == "code"


@pytest.mark.parametrize(
    "cell",
    [
        {},
        {"cell_type": "strange", "source": 3},
        {"cell_type": "code", "source": ["a", 1], "metadata": None, "outputs": "x"},
        {"cell_type": "code", "metadata": {"nbgrader": "x"}},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": 4}}, "id": 7},
        {"cell_type": "markdown", "source": "x", "attachments": {"a.png": {"image/png": "AA"}}},
    ],
)
def test_malformed_cells_are_taken(solved, release, cell):
    content = json.loads(json.dumps(solved))
    content["cells"].append(cell)
    taken = take_in(json.dumps(content).encode(), release)
    assert len(taken.notebook.cells) == len(content["cells"])


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["tiny.ipynb", "data.csv"], "tiny.ipynb"),
        (["Tiny (1).ipynb"], "Tiny (1).ipynb"),
        (["TINY.IPYNB"], "TINY.IPYNB"),
        (["work/tiny.ipynb"], "work/tiny.ipynb"),
        (["other.ipynb", "deep/tiny.ipynb"], "deep/tiny.ipynb"),
        (["tiny.ipynb", "tiny (1).ipynb", "old/tiny.ipynb"], "tiny.ipynb"),
        ([".ipynb_checkpoints/tiny.ipynb", "mine.ipynb"], "mine.ipynb"),
        (["__MACOSX/._tiny.ipynb", "tiny.ipynb"], "tiny.ipynb"),
    ],
)
def test_the_notebook_that_counts_is_found_and_named(files, chosen):
    path, repairs = choose_file(files, "tiny")
    assert path == chosen
    notebooks = [f for f in files if f.lower().endswith(".ipynb") and f[0] not in "._"]
    assert bool(repairs) == (chosen != "tiny.ipynb" or len(notebooks) > 1)
    assert all(f in " ".join(repairs) for f in notebooks if len(notebooks) > 1)


def test_several_notebooks_or_none_need_a_person():
    with pytest.raises(Rejected, match="nothing"):
        choose_file([], "tiny")
    with pytest.raises(Rejected, match="tiny.pdf"):
        choose_file(["tiny.pdf"], "tiny")
    with pytest.raises(Rejected, match="a.ipynb, b.ipynb"):
        choose_file(["a.ipynb", "b.ipynb"], "tiny")
    assert choose_file(["a.ipynb", "b.ipynb"], "tiny", known=["a"])[0] == "b.ipynb"


def test_long_cells_without_labels_cost_no_time(solved, release):
    content = json.loads(json.dumps(solved))
    for cell in content["cells"]:
        cell["metadata"] = {}
    for number in range(40):
        text = f"value_{number} = 1\n" * 8000
        content["cells"].append({"cell_type": "code", "source": text, "metadata": {}})
    before = sys.getprofile()
    calls = []
    sys.setprofile(lambda frame, event, _: calls.append(1) if event == "call" else None)
    try:
        take_in(json.dumps(content).encode(), release)
    finally:
        sys.setprofile(before)
    assert len(calls) < 300_000
