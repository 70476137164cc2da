"""The committed notebook is what the source gives, and the students' one gives nothing away."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_lib.grading import release

ROOT = Path(__file__).parents[2]
CHAPTERS = release.chapters(ROOT)


def _course(folder):
    """Make a course folder with this repository's solutions and settings."""
    shutil.copytree(ROOT / "solutions", folder / "solutions")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    return folder


def _source(folder, text):
    path = folder / "solutions" / "convolution" / "convolution.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _cells(notebook):
    return {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if _marks(cell)}


def _marks(cell):
    return cell.metadata.get("nbgrader")


@pytest.fixture(scope="module", params=CHAPTERS)
def pair(request, tmp_path_factory):
    """One chapter's notebooks, instructor's and students', with their paths."""
    course = _course(tmp_path_factory.mktemp("course"))
    paths = release.release(request.param, course)
    return request.param, paths, [nbformat.read(path, as_version=4) for path in paths]


def test_the_committed_notebook_is_up_to_date(pair):
    chapter, (_, made), _ = pair
    committed = ROOT / "exercises" / chapter / f"{chapter}.ipynb"
    assert made.read_bytes() == committed.read_bytes(), f"run: course release {chapter}"


def test_another_process_makes_the_same_bytes(pair, tmp_path):
    chapter, paths, _ = pair
    _course(tmp_path)
    code = "from course_lib.cli import main; raise SystemExit(main())"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", code, "release", chapter, "--course", str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    for path in paths:
        again = tmp_path / path.relative_to(path.parents[2 if "exercises" in path.parts else 3])
        assert again.read_bytes() == path.read_bytes()


def test_an_unchanged_notebook_is_not_written_again(tmp_path):
    _course(tmp_path)
    paths = release.release(CHAPTERS[0], tmp_path)
    before = [path.stat().st_mtime_ns for path in paths]
    release.release(CHAPTERS[0], tmp_path)
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_nbgrader_itself_makes_the_same_release(pair, tmp_path):
    chapter, (_, made), _ = pair
    _course(tmp_path)
    release.release(chapter, tmp_path)
    shutil.rmtree(tmp_path / "exercises")
    # nbgrader runs `alembic`, which lies beside this Python.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_assignment", chapter],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "exercises" / chapter
    assert [path.name for path in folder.iterdir()] == [f"{chapter}.ipynb"]
    assert (folder / f"{chapter}.ipynb").read_bytes() == made.read_bytes()


def test_the_source_runs_as_plain_python(pair):
    chapter, *_ = pair
    path = ROOT / "solutions" / chapter / f"{chapter}.py"
    done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    checks = path.read_text(encoding="utf-8").count(' check="')
    assert done.stdout.count("give the right answer.") == checks > 0


def test_the_students_notebook_holds_no_answer_and_no_hidden_test(pair):
    _, _, (source, student) = pair
    text = "\n".join(cell.source for cell in student.cells)
    for marker in ("SOLUTION", "HIDDEN", "seed=1", "course_lib.reference", "alternatives"):
        assert marker not in text
    answers, shown = set(), set()
    for cell in source.cells:
        body = cell.source
        if not (_marks(cell) and _marks(cell).solution):
            shown |= set(body.splitlines())
            continue
        if cell.cell_type == "code":
            body = body.split("### BEGIN SOLUTION")[1].split("### END SOLUTION")[0]
        answers |= set(body.splitlines())
    assert len(answers - shown) > 20
    assert not set(text.splitlines()) & (answers - shown)


def test_every_answer_has_its_cell_and_every_stub_its_signature(pair):
    _, _, (source, student) = pair
    for name, cell in _cells(student).items():
        if cell.cell_type == "code" and _marks(cell).solution:
            (function,) = ast.parse(cell.source).body
            (answer,) = ast.parse(_cells(source)[name].source).body
            assert function.name == answer.name == name
            assert ast.dump(function.args) == ast.dump(answer.args)
            assert ast.get_docstring(function) == ast.get_docstring(answer)
            assert cell.source.endswith("    # YOUR CODE HERE\n    raise NotImplementedError()")


def test_cells_carry_what_nbgrader_needs(pair):
    _, _, notebooks = pair
    for notebook in notebooks:
        nbformat.validate(notebook)
        ids = [cell.id for cell in notebook.cells]
        assert len(ids) == len(set(ids))
        for name, cell in _cells(notebook).items():
            marks, kind = _marks(cell), name.split("-")[0]
            assert cell.id == name
            is_check, is_written = kind == "check", kind == "answer"
            assert marks.grade == (is_check or is_written)
            assert marks.locked == (is_check or kind == "locked")
            assert marks.solution == (is_written or kind not in ("check", "locked"))
            assert (cell.cell_type == "markdown") == is_written
            assert marks.grade == (marks.get("points", 0) > 0)
        for cell in notebook.cells:
            assert not cell.get("outputs") and cell.get("execution_count") is None
    for cell in _cells(notebooks[0]).values():
        if _marks(cell).locked and _marks(cell).grade:
            assert cell.source.count("BEGIN HIDDEN TESTS") == 1


def test_points_printed_in_the_introduction_are_those_of_the_cells(pair):
    chapter, _, (source, _) = pair
    if chapter != "convolution":
        pytest.skip("only this chapter prints a table of points")
    points = [_marks(cell).points for cell in source.cells if _marks(cell) and _marks(cell).grade]
    table = [line for line in source.cells[0].source.splitlines() if line.startswith("| ")]
    printed = [int(n) for line in table[1:] for n in re.findall(r"\d+", line.split("|")[3])]
    assert printed == points


SETUP = '# %% locked="setup"\nfrom course_lib.checks import convolution as checks\n\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('# %% chekc="a" points=1\nchecks.a(a)\n', "the attributes must be one of exercise, check"),
        ('# %% check="a" exercise="b" points=1\nchecks.a(a)\n', "the attributes must be one of"),
        ('# %% check="a"\nchecks.a(a)\n', "check='a' must have points, got None"),
        ('# %% check="a" points=0\nchecks.a(a)\n', "check='a' must have points, got 0"),
        ('# %% check="a" points=1\nx = 3\n', "check='a' must stand over one call"),
        ('# %% check="a" points=1\nf(a)\nf(b)\n', "check='a' must stand over one call"),
        ('# %% answer="a" points=1\nx = 3\n', "answer='a' does not go with a code cell"),
        ('# %% [markdown] check="a" points=1\n# x\n', "check='a' does not go with a markdown"),
        ('# %% exercise="a" points=1\nfrom b import a\n', "exercise='a' must have no points"),
        ('# %% exercise="a"\nimport a\n', "must stand over one `from ... import a`"),
        ('# %% exercise="a"\nfrom b import c\n', "must import a and nothing else"),
        ('# %% locked="a"\nx = 1\n\n# %% locked="a"\nx = 1\n', "'locked-a' is used twice"),
    ],
)
def test_a_source_with_a_slip_is_refused_with_its_cell(text, said, tmp_path):
    path = _source(tmp_path, SETUP + text)
    with pytest.raises(ValueError) as refused:
        release.release("convolution", tmp_path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value) and ", cell " in str(refused.value)
    assert not (tmp_path / "exercises").exists()


def test_text_above_the_first_cell_stays_out(tmp_path):
    _source(tmp_path, "# for the editor\n\n# %% [markdown]\n# # Title\n")
    _, student = release.release("convolution", tmp_path)
    (cell,) = nbformat.read(student, as_version=4).cells
    assert cell.source == "# Title"


def test_an_unknown_chapter_is_refused_by_name(tmp_path):
    from course_lib.cli import main

    _source(tmp_path, SETUP)
    with pytest.raises(SystemExit, match="must be one of convolution .* got 'pooling'"):
        main(["release", "pooling", "--course", str(tmp_path)])
