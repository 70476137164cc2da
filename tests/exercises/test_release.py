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

from course_lib.authoring import release
from course_lib.authoring.mistakes import tasks
from course_lib.cli import main

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


@pytest.mark.slow
def test_another_process_makes_the_same_bytes(tmp_path):
    one, other = (_course(tmp_path / name) for name in ("one", "other"))
    paths = [path for chapter in CHAPTERS for path in release.release(chapter, one)]
    code = "from course_lib.cli import main; raise SystemExit(main())"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", code, "release", "--course", str(other)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2 * len(CHAPTERS) == len(paths)
    for path in paths:
        assert (other / path.relative_to(one)).read_bytes() == path.read_bytes()


def test_an_unchanged_notebook_is_not_written_again(tmp_path):
    _course(tmp_path)
    paths = release.release(CHAPTERS[0], tmp_path)
    before = [path.stat().st_mtime_ns for path in paths]
    release.release(CHAPTERS[0], tmp_path)
    assert [path.stat().st_mtime_ns for path in paths] == before


@pytest.mark.slow
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


def test_the_solved_notebook_passes_its_checks(chapter, run_exercise):
    """Also those with hidden numbers. What an answer uses its notebook must have imported."""
    printed = run_exercise(chapter).printed
    assert printed.count("For the grade: ") == len(tasks(chapter))
    assert len(re.findall(r": all .* right", printed)) == len(tasks(chapter)), printed
    assert "All tasks are solved." in printed


@pytest.mark.slow
def test_the_source_runs_as_plain_python(chapter, tmp_path):
    path = ROOT / "solutions" / chapter / f"{chapter}.py"
    source = path.read_text(encoding="utf-8")
    quick = tmp_path / path.name
    quick.write_text(re.sub(r"\bupdates=\d+", "updates=9", source), encoding="utf-8")
    done = subprocess.run([sys.executable, str(quick)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    checks = source.count(' check="')
    assert done.stdout.count(" right") == checks > 0
    assert "All tasks are solved." in done.stdout


def test_the_students_notebook_holds_no_answer_and_no_hidden_test(pair):
    _, _, (source, student) = pair
    text = "\n".join(cell.source for cell in student.cells)
    for marker in ("SOLUTION", "HIDDEN", ".grade(", "course_lib.reference", "alternatives"):
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
    assert len(answers - shown) > 5
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


def test_the_table_shows_every_part_with_its_points(pair):
    chapter, _, (source, _) = pair
    cells = _cells(source).values()
    points = [_marks(cell).points for cell in cells if _marks(cell).grade]
    written = [_marks(cell).points for cell in cells if _marks(cell).grade and _marks(cell).solution]
    table = [line for line in source.cells[0].source.splitlines() if line.startswith("| ")]
    shown = [line.split("|")[5] for line in table[1:]]
    numbers = [float(n) for text in shown for n in re.findall(r"[\d.]+", text)]
    assert sum(numbers[:-1]) == numbers[-1] == sum(points)
    assert 15 <= sum(points) <= 20 and 0.2 <= sum(written) / sum(points) <= 0.34
    for task in tasks(chapter):
        assert f"`{task.name}`" in "\n".join(table)
    titles = re.findall(r"^## (.+)", "\n".join(cell.source for cell in source.cells), re.M)
    assert [line.split("|")[1].strip() for line in table[1:-1]] == titles


def test_every_part_says_what_it_asks_and_has_two_hints(pair):
    chapter, _, (_, student) = pair
    texts = [cell.source for cell in student.cells if cell.cell_type == "markdown"]
    parts = [text for text in texts if "Your function must" in text]
    assert len(parts) >= 3
    for part in parts:
        assert re.match(r"## \d+\. .+\n\n\*\d+ minutes · (easy|medium|hard) · .* points?", part)
    folded = [text for text in texts if text.count("<details><summary>Hint") == 2]
    assert len(folded) == len(parts)
    assert all(re.match(r"# |## \d+\. .+\n\n\*\d+ minutes · ", t) for t in texts if t[0] == "#")
    for text in folded:
        assert text.count("</summary>\n\n") == text.count("\n\n</details>") == 2


def _solve(path):
    notebook = nbformat.read(path, as_version=4)
    cell = next(c for c in notebook.cells if _marks(c) and _marks(c).solution)
    cell.source = "def mine():\n    return 'an evening of work'"
    nbformat.write(notebook, path)
    return path.read_bytes()


def test_a_notebook_that_someone_works_on_is_left_alone(tmp_path, capsys):
    chapter = CHAPTERS[0]
    _course(tmp_path)
    _, path = release.release(chapter, tmp_path)
    fresh, work = path.read_bytes(), _solve(path)
    source = tmp_path / "solutions" / chapter / f"{chapter}.py"
    source.write_text(source.read_text() + "\n# %% [markdown]\n# A later version.\n")
    assert main(["release", chapter, "--course", str(tmp_path)]) == 0
    beside = path.with_name(f"{chapter}.new.ipynb")
    said = f"{path} holds someone's work and was left alone; the new version is beside it"
    assert said in capsys.readouterr().out
    assert path.read_bytes() == work
    assert "A later version." in beside.read_text() and b"A later version." not in fresh
    # Who goes on in the new version is not robbed either.
    second = _solve(beside)
    _, third = release.release(chapter, tmp_path)
    assert third.name == f"{chapter}.new-2.ipynb"
    assert (path.read_bytes(), beside.read_bytes()) == (work, second)


@pytest.mark.parametrize(
    "change",
    [
        lambda nb: nb.cells.append(nbformat.v4.new_markdown_cell("a note", id="note")),
        lambda nb: nb.cells.pop(3),
        lambda nb: nb.cells[0].metadata.update(tags=["mine"]),
        lambda nb: nb.cells[1].outputs.append(
            nbformat.v4.new_output("stream", name="stdout", text="a result of an hour")
        ),
        lambda nb: nb.metadata.pop("course"),
    ],
)
def test_any_change_of_a_cell_counts_as_work(change, tmp_path):
    _course(tmp_path)
    _, path = release.release(CHAPTERS[0], tmp_path)
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)
    work = path.read_bytes()
    assert release.release(CHAPTERS[0], tmp_path)[1] != path
    assert path.read_bytes() == work


def test_what_is_not_a_notebook_is_left_alone_too(tmp_path):
    _course(tmp_path)
    _, path = release.release(CHAPTERS[0], tmp_path)
    path.write_text("{broken, but mine")
    assert release.release(CHAPTERS[0], tmp_path)[1] != path
    assert path.read_text() == "{broken, but mine"


def test_an_untouched_notebook_follows_its_source(tmp_path):
    _course(tmp_path)
    _, path = release.release(CHAPTERS[0], tmp_path)
    # JupyterLab's own notes in the notebook's metadata are nobody's work.
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.language_info["version"] = "3.11.2"
    nbformat.write(notebook, path)
    source = tmp_path / "solutions" / CHAPTERS[0] / f"{CHAPTERS[0]}.py"
    source.write_text(source.read_text() + "\n# %% [markdown]\n# A later version.\n")
    assert release.release(CHAPTERS[0], tmp_path)[1] == path
    assert "A later version." in path.read_text()


SETUP = '# %% locked="setup"\nfrom course_lib.checks import convolution as checks\n\n'


ABOUT = '# %% [markdown] about="conv1d" minutes=5 difficulty="easy"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('# %% chekc="a"\nchecks.a()\n', "the attributes must be one of task; check; about"),
        ('# %% check="a" task="b"\nchecks.a()\n', "the attributes must be one of"),
        ('# %% check="conv1d" points=3\nchecks.conv1d()\n', "the attributes must be one of"),
        ('# %% check="a"\nchecks.a()\n', "check='a' must be one of the chapter's TASKS: conv1d"),
        ('# %% check="conv1d"\nx = 3\n', "check='conv1d' must stand over `checks.conv1d()`"),
        ('# %% answer="a" points=1\nx = 3\n', "answer='a' does not go with a code cell"),
        ('# %% [markdown] answer="a" points=0\n# x\n', "must have points above 0, got 0"),
        ('# %% [markdown] answer="a"\n# x\n', "the attributes must be one of"),
        ('# %% [markdown] check="a"\n# x\n', "check='a' does not go with a markdown"),
        ('# %% task="conv1d"\nimport a\n', "must stand over one `from ... import conv1d`"),
        ('# %% task="conv1d"\nfrom b import c\n', "must stand over one `from ... import conv1d`"),
        ('# %% [markdown] hints="conv1d"\n# one\n', "must be two hints with a line `---`"),
        (ABOUT + "# no heading\n", "must begin with a heading `## 1. Title`"),
        (ABOUT + "# ## 1. A\n", 'must say what "Your function must" do'),
        (ABOUT.replace("about", "part") + "# none\n", "must begin with a heading `## 1. Title`"),
        (ABOUT.replace("5", '"x"') + "# ## 1. A\n", "must have whole minutes and a difficulty"),
        (ABOUT.replace("easy", "so") + "# ## 1. A\n", "a difficulty of easy, medium, hard; got 5"),
        ('# %% locked="a"\nx = 1\n\n# %% locked="a"\nx = 1\n', "'locked-a' is used twice"),
        ('# %% check="conv1d"\nchecks.conv1d()\n', "must be those of TASKS, but not so conv2d"),
    ],
)
def test_a_source_with_a_slip_is_refused_with_its_cell(text, said, tmp_path):
    path = _source(tmp_path, SETUP + text)
    with pytest.raises(ValueError) as refused:
        release.release("convolution", tmp_path)
    assert said in str(refused.value)
    assert str(path) in str(refused.value)
    assert not (tmp_path / "exercises").exists()


def test_text_above_the_first_cell_stays_out(tmp_path):
    _source(tmp_path, "# for the editor\n\n# %% [markdown]\n# # Title\n")
    _, student = release.release("convolution", tmp_path)
    (cell,) = nbformat.read(student, as_version=4).cells
    assert cell.source == "# Title"


def test_an_unknown_chapter_is_refused_by_name(tmp_path):
    _source(tmp_path, SETUP)
    with pytest.raises(SystemExit, match="must be one of convolution .* got 'pooling'"):
        main(["release", "pooling", "--course", str(tmp_path)])
