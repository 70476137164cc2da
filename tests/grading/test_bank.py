"""Honest damages: what a class hands in by mishap, and what each must lead to.

All are graded in one run; a student's folder has the name of the damage, or is the damage.
"""

import copy
import csv
import io
import json
import os
import shutil
import zipfile
from typing import NamedTuple

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from course_lib.authoring.sample import is_test
from course_lib.grading import export, grade
from course_lib.grading.folder import CourseFolder
from course_lib.grading.results import rows

FULL, FIRST, SECOND, NEITHER = (3, 2), (3, 0), (0, 2), (0, 0)
RIGHT = "def double(x):\n    return 2 * x"
NAME = "tiny.ipynb"


class Damage(NamedTuple):
    """How it comes about, the points that it leaves or the reason why there are none, a word.

    Fields: make, tiny course -> a notebook, the bytes of a file, or path -> one of them; leads,
    points of the two tests, or a part of the reason of a rejection; said, a part of what the
    report says about it.
    """

    make: object
    leads: object = FULL
    said: str = ""


def data(notebook, **options):
    return json.dumps(notebook, **options).encode()


def cell_of(notebook, name):
    return next(cell for cell in notebook.cells if cell.id == name)


def changed(change, **answers):
    """A solved notebook after `change(notebook)`, which may return another one."""

    def make(tiny):
        notebook = tiny.solved(**answers)
        return change(notebook) or notebook

    return make


def own(*texts, end=False):
    """A solved notebook with cells of one's own at its beginning or end."""

    def add(notebook):
        place = len(notebook.cells) if end else 0
        notebook.cells[place:place] = [new_code_cell(text) for text in texts]

    return changed(add)


def solved(**answers):
    return changed(lambda notebook: None, **answers)


def file(encode):
    """The bytes that `encode` makes of a solved notebook."""
    return lambda tiny: encode(tiny.solved())


def named(*paths, **others):
    """A solved notebook under other names; other files beside it."""
    return lambda tiny: {path: tiny.solved() for path in paths} | others


def old_format(notebook):
    content = nbformat.convert(copy.deepcopy(notebook), 3)
    return data(content)


def without_ids(notebook):
    notebook.nbformat_minor = 4
    for cell in notebook.cells:
        del cell["id"]


def lines(notebook):
    for cell in notebook.cells:
        cell.source = cell.source.splitlines(keepends=True)


def carriage_returns(notebook):
    for cell in notebook.cells:
        cell.source = cell.source.replace("\n", "\r\n")


def no_labels(notebook, ids=True):
    for number, cell in enumerate(notebook.cells):
        cell.metadata.pop("nbgrader", None)
        cell.id = cell.id if ids else f"x{number}"


def drop(*names):
    def without(notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.id not in names]

    return without


def twice(*names):
    def again(notebook):
        for name in names:
            place = notebook.cells.index(cell_of(notebook, name))
            notebook.cells.insert(place + 1, copy.deepcopy(notebook.cells[place]))

    return again


def all_twice(notebook):
    notebook.cells += copy.deepcopy(notebook.cells)


def outputs(kind, size):
    def fill(notebook):
        cell = cell_of(notebook, "double")
        cell.outputs = [new_output("display_data", data={kind: "A" * size})]

    return fill


def pasted(size):
    def paste(notebook):
        cell_of(notebook, "why").attachments = {"a.png": {"image/png": "A" * size}}

    return paste


def retyped(name, kind):
    def retype(notebook):
        place = notebook.cells.index(cell_of(notebook, name))
        make = {"markdown": new_markdown_cell, "code": new_code_cell}[kind]
        old = notebook.cells[place]
        notebook.cells[place] = make(old.source, id=old.id, metadata=old.metadata)

    return retype


def rewritten(text):
    def rewrite(notebook):
        for cell in filter(is_test, notebook.cells):
            cell.source = text

    return rewrite


def odd_metadata(notebook):
    notebook.metadata = {"kernelspec": None, "colab": {"name": "x"}, "widgets": {"a": [1]}}
    for cell in notebook.cells:
        cell.metadata |= {"tags": ["skip-execution"], "scrolled": True, "deletable": False}


def answer_elsewhere(notebook):
    place = notebook.cells.index(cell_of(notebook, "double"))
    notebook.cells.insert(place + 1, new_code_cell(RIGHT))
    notebook.cells[place].source = "# see below"


def kernel(name):
    def choose(notebook):
        notebook.metadata["kernelspec"] = {"name": name, "display_name": name, "language": name}

    return choose


def zipped(tiny):
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(NAME, data(tiny.solved()))
    return written.getvalue()


def many_cells(notebook):
    notebook.cells += [new_markdown_cell("") for _ in range(3000)]


def long_cells(notebook):
    no_labels(notebook, ids=False)
    notebook.cells += [new_code_cell("x = 1\n" * 5_000) for _ in range(5)]


# It sleeps: the other tests need the processor. Those of the engine stop busy ones.
SLEEP = "__import__('time').sleep(0.1)"
LOOP = f"while True:\n    {SLEEP}"
NOISE = "import sys, warnings\nwarnings.warn('w')\nprint('careful', file=sys.stderr)\n"

BANK = {
    # the file
    "as it should be": Damage(solved()),
    "byte-order mark": Damage(file(lambda n: b"\xef\xbb\xbf" + data(n)), FULL, "byte-order mark"),
    "utf-16": Damage(file(lambda n: json.dumps(n).encode("utf-16")), FULL, "UTF-16"),
    "cp1252": Damage(
        file(lambda n: data(n).replace(b"Because", b"Caf\xe9")), FULL, "cp1252"
    ),
    "carriage returns in the file": Damage(
        file(lambda n: data(n, indent=1).replace(b"\n", b"\r\n"))
    ),
    "format of 2014": Damage(file(old_format)),
    "lone surrogate": Damage(file(lambda n: data(n).replace(b"Because", b"\\ud800"))),
    "cut off": Damage(file(lambda n: data(n)[:900]), "not valid JSON"),
    "empty file": Damage(file(lambda n: b""), "is empty"),
    "web page": Damage(file(lambda n: b"<!DOCTYPE html><p>log in"), "web page"),
    "zip called ipynb": Damage(zipped, "not valid JSON"),
    "merge conflict": Damage(
        file(lambda n: data(n, indent=1).replace(b'"cells"', b'<<<<<<< HEAD\n"cells"')),
        "merged by hand",
    ),
    "trailing comma": Damage(file(lambda n: data(n)[:-1] + b",}"), "not valid JSON"),
    "another JSON": Damage(file(lambda n: b'{"name": "package"}'), "not a notebook"),
    "a list": Damage(file(lambda n: b"[1, 2]"), "not a notebook"),
    "cells that are none": Damage(file(lambda n: b'{"cells": [1]}'), "not an object"),
    # its place and name
    "other name": Damage(named("my tiny.ipynb"), FULL, "taken as tiny.ipynb"),
    "downloaded twice": Damage(named("tiny (1).ipynb"), FULL, "taken as tiny.ipynb"),
    "capitals": Damage(named("TINY.IPYNB"), FULL, "taken as tiny.ipynb"),
    "a folder deeper": Damage(named("homework/tiny.ipynb"), FULL, "taken as tiny.ipynb"),
    "two folders deeper": Damage(named("a/b/Tiny.ipynb"), FULL, "taken as tiny.ipynb"),
    "a draft beside it": Damage(named(NAME, "draft.ipynb"), FULL, "not draft.ipynb"),
    "a copy in a folder": Damage(named(NAME, "old/tiny.ipynb"), FULL, "not old/tiny.ipynb"),
    "two drafts": Damage(named("a.ipynb", "b.ipynb"), "not clear which notebook counts"),
    "checkpoints": Damage(named(NAME, ".ipynb_checkpoints/tiny-checkpoint.ipynb")),
    "a Mac's copies": Damage(named(NAME, "__MACOSX/._tiny.ipynb", "._tiny.ipynb")),
    "a script": Damage(lambda tiny: {"tiny.py": RIGHT.encode()}, "the folder holds tiny.py"),
    "an archive": Damage(lambda tiny: {"work.zip": zipped(tiny)}, "the folder holds work.zip"),
    "a print": Damage(lambda tiny: {"tiny.pdf": b"%PDF"}, "the folder holds tiny.pdf"),
    "nothing": Damage(lambda tiny: {}, "the folder holds nothing"),
    "bad date": Damage(named(NAME, **{"timestamp.txt": b"last night"}), FULL, "no date"),
    "good date": Damage(named(NAME, **{"timestamp.txt": b"2026-11-30 23:59:00 UTC"})),
    # the cells
    "source in lines": Damage(changed(lines)),
    "carriage returns in cells": Damage(changed(carriage_returns)),
    "no ids": Damage(changed(without_ids)),
    "odd metadata": Damage(changed(odd_metadata)),
    "kernel of a laptop": Damage(changed(kernel("my-env"))),
    "kernel of another language": Damage(changed(kernel("julia-1.10"))),
    "no labels": Damage(changed(no_labels), FULL, "recognised by what is in them"),
    "no labels, other ids": Damage(
        changed(lambda n: no_labels(n, ids=False)), FULL, "recognised by what is in them"
    ),
    "answer twice": Damage(changed(twice("double")), FULL, "double was there 2 times"),
    "test twice": Damage(changed(twice("double-test")), FULL, "double-test was there 2 times"),
    "everything twice": Damage(changed(all_twice), FULL, "was there 2 times"),
    "no tests": Damage(changed(drop("double-test", "half-test")), FULL, "put back"),
    "an answer deleted": Damage(changed(drop("half")), FIRST, "put back"),
    "tests of an old release": Damage(changed(rewritten("assert True")), FULL, "differed"),
    "tests emptied": Damage(changed(rewritten("")), FULL, "differed"),
    "answer as text": Damage(changed(retyped("double", "markdown")), FULL, "code cell again"),
    "written answer as code": Damage(changed(retyped("why", "code")), FULL, "markdown cell again"),
    "answer in another cell": Damage(changed(answer_elsewhere)),
    "thousands of cells": Damage(changed(many_cells)),
    "long cells without labels": Damage(changed(long_cells), FULL, "recognised"),
    "large outputs": Damage(changed(outputs("text/plain", 5_000_000))),
    "large picture": Damage(changed(outputs("image/png", 5_000_000))),
    "small picture pasted": Damage(changed(pasted(1000))),
    "large picture pasted": Damage(changed(pasted(6_000_000))),
    # what runs
    "installs": Damage(own("!pip install numpy")),
    "mounts a drive": Damage(own("from google.colab import drive\ndrive.mount('/d')")),
    "magics": Damage(own("%matplotlib inline\n%load_ext autoreload\n%autoreload 2")),
    "timed answer": Damage(solved(double=f"%%time\n{RIGHT}")),
    "asks for input": Damage(own("n = int(input('n?'))")),
    "own error": Damage(own("1 / 0")),
    "own loop": Damage(own(LOOP), FULL, "longer than"),
    "talks": Damage(own("print('x' * 3_000_000)")),
    "warns": Damage(solved(double=NOISE + RIGHT)),
    "reads its data": Damage(
        lambda tiny: {
            NAME: tiny.solved(double="k = int(open('k.txt').read())\ndef double(x): return k * x"),
            "k.txt": b"2",
        }
    ),
    "ends Python at the end": Damage(own("exit()", end=True), FULL, "ended the Python process"),
    "ends Python at the beginning": Damage(own("exit()"), NEITHER, "nothing after it ran"),
    # what is not right
    "blank": Damage(lambda tiny: tiny.notebook(), NEITHER),
    "half of it": Damage(solved(half="def half(x):\n    return x"), FIRST),
    "syntax error": Damage(solved(double="def double(x) return x"), SECOND),
    "endless answer": Damage(solved(double=f"def double(x):\n    while True: {SLEEP}"), SECOND),
    "crash": Damage(solved(half="def half(x):\n    import os; os._exit(1)"), FIRST),
} | {
    name: Damage(solved())
    for name in (
        ".hidden", " anna", "anna ", "two\nlines", "tab\tname", "\u5b66" * 40, "\u0416" * 100,
        "%41", "-x", "--help", "=1+1", "@sum", "a'b\"c", "<b>bold<b>", "..dots", "Zo\u00eb [x]",
        "{name}", "$HOME", "*", "\U0001f600", "\u05d0\u05d1", "n" * 200, "nul", "a;b&c|d",
        "Anna M\u00fcller_12345_assignsubmission_file",
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tiny_template, tmp_path_factory):
    """All of the bank handed in and graded by one run."""
    root = tmp_path_factory.mktemp("bank") / "course"
    shutil.copytree(tiny_template.root, root)
    tiny = copy.copy(tiny_template)
    tiny.root, tiny.course = root, CourseFolder(root)
    for student, damage in BANK.items():
        made = damage.make(tiny)
        files = made if isinstance(made, dict) and "cells" not in made else {NAME: made}
        (root / "submitted" / student / "tiny").mkdir(parents=True)
        for path, content in files.items():
            tiny.hand_in(student, content, path)
    # Three that are no bytes: a link to a file, a link to a folder, and a pipe that nobody writes.
    folder = tiny.hand_in("links", tiny.solved()).parent
    (folder / "stolen.txt").symlink_to(root / "gradebook.db")
    (folder / "folder").symlink_to(root / "build")
    os.mkfifo(folder / "pipe")
    linked = root / "submitted" / "linked notebook" / "tiny"
    linked.mkdir(parents=True)
    (linked / NAME).symlink_to(folder / NAME)
    grade.grade(tiny.course, "tiny", timeout=4, limit=60)
    tiny.rows = {row.student: row for row in rows(tiny.course, "tiny")}
    return tiny


@pytest.mark.parametrize("student", BANK)
def test_leads_to_what_it_must(graded, student):
    damage, row = BANK[student], graded.rows[student]
    result = row.result
    if isinstance(damage.leads, str):
        assert row.status == "rejected" and row.score is None
        assert damage.leads in result.reason
    else:
        assert row.status.startswith("graded"), result.reason
        assert tuple(mark.score for mark in row.parts[:2]) == damage.leads
    told = result.repairs + result.events + result.evidence
    assert damage.said in " ".join(told)
    if not damage.said and row.status == "graded":
        assert not result.repairs and not result.events


def test_links_are_not_followed(graded):
    row = graded.rows["links"]
    assert tuple(mark.score for mark in row.parts[:2]) == FULL
    kept = {path.name for path in (graded.root / "autograded/links/tiny").rglob("*")}
    assert kept == {NAME}
    assert "holds nothing" in graded.rows["linked notebook"].result.reason


def test_every_folder_has_its_row_everywhere(graded):
    folders = {path.name for path in (graded.root / "submitted").iterdir()}
    table = list(csv.DictReader(io.StringIO(export.table(graded.course))))
    assert set(graded.rows) == folders and len(table) == len(folders) == len(BANK) + 2
    with graded.course.gradebook() as gradebook:
        assert {one.student.id for one in gradebook.assignment_submissions("tiny")} == folders


def test_no_submission_was_changed(graded):
    path = graded.root / "submitted" / "byte-order mark" / "tiny" / NAME
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert (graded.root / "submitted" / "capitals" / "tiny" / "TINY.IPYNB").is_file()
