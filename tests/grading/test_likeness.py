"""Likeness: a renamed copy is seen, a right answer that was written alone is not."""

import ast
import copy
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_lib.authoring.notebook import source_notebook, student_notebook
from course_lib.grading.likeness import alike, fingerprint, shared
from tests.grading.conftest import ROOT, labelled

GIVEN = "def middle(x):\n    '''The middle of a list.'''\n    raise NotImplementedError"
RELEASE = new_notebook(
    cells=[
        new_markdown_cell(
            "Read this text, which is as long as a student's answer, and then write."
        ),
        labelled(new_code_cell(GIVEN), "middle", solution=True),
    ]
)
OWN = """def middle(x):
    '''The middle of a list.'''
    values = sorted(x)
    half, odd = divmod(len(values), 2)
    if odd:
        return values[half]
    return sum(values[half - 1 : half + 1]) / 2
"""
OTHER = """def middle(x):
    '''The middle of a list.'''
    while len(x) > 2:
        x = [v for v in x if v not in (min(x), max(x))]
    return np.mean(np.asarray(x, float), keepdims=False)
"""


def handed_in(code):
    notebook = copy.deepcopy(RELEASE)
    notebook.cells[1].source = code
    return fingerprint(notebook, RELEASE)


def test_a_copy_with_other_names_and_comments_is_alike():
    renamed = (
        OWN.replace("values", "numbers").replace("half", "h").replace("    if", "    # ?\n    if")
    )
    prints = {"anna": handed_in(OWN), "ben": handed_in(renamed), "carla": handed_in(OTHER)}
    [found] = alike(prints, least=3)
    assert (found.one, found.other, found.share) == ("anna", "ben", 1)


def test_what_was_handed_out_counts_for_nobody():
    assert handed_in(GIVEN) == []
    pasted = copy.deepcopy(RELEASE)
    pasted.cells.append(new_markdown_cell(RELEASE.cells[0].source))
    assert fingerprint(pasted, RELEASE) == []


def test_what_many_wrote_counts_for_nobody():
    same = {f"student {number}": handed_in(OWN) for number in range(20)}
    assert alike(same, least=3) == []


def test_one_answer_that_went_round_is_one_group():
    why = "Because the sum of a list and its length say together what each of them cannot. "
    copied = copy.deepcopy(RELEASE)
    copied.cells.append(new_markdown_cell(why * 3))
    prints = {f"own {number}": handed_in(OWN) for number in range(3)}
    prints |= {f"copy {number}": fingerprint(copied, RELEASE) for number in range(12)}
    [found] = shared(prints, least=3)
    assert found.students == tuple(f"copy {number}" for number in range(12))
    assert shared({name: handed_in(GIVEN) for name in prints}, least=1) == [], "handed out"


def test_parts_that_many_found_with_others_each_are_no_group():
    """Twenty students, forty numbers; each is in the work of ten, who are never the same."""
    prints = {f"student {s}": [n for n in range(40) if (7 * s + n) % 20 < 10] for s in range(20)}
    assert shared(prints, least=3) == []


def test_code_that_python_cannot_read_has_a_fingerprint_as_far_as_it_goes():
    assert handed_in(OWN + "\n  ((( '''")


@pytest.mark.parametrize("name", ["convolution", "backprop"])
def test_right_answers_written_alone_are_not_alike(name):
    """The model and the alternatives of a chapter: right answers, each by its own way."""
    source = source_notebook(ROOT / "solutions" / name / f"{name}.py")
    release = student_notebook(source)
    text = (ROOT / "solutions" / name / "alternatives.py").read_text(encoding="utf-8")
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    other, copied = nbformat.from_dict(release), nbformat.from_dict(release)
    for cell, copy_of_it in zip(other.cells, copied.cells, strict=True):
        ways = [one for one in functions if cell.id and one.name.startswith(f"{cell.id}_")]
        if ways and cell.cell_type == "code":
            cell.source = ast.get_source_segment(text, ways[0])
            copy_of_it.source = re.sub(r"\by\b", "result", cell.source)
    notebooks = {"model": source, "other": other, "copy": copied}
    prints = {who: fingerprint(one, release) for who, one in notebooks.items()}
    assert all(len(numbers) > 30 for numbers in prints.values())
    assert [(one.one, one.other) for one in alike(prints)] == [("copy", "other")]
