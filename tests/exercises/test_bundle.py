"""The zip that students get works by itself, says what the whole course says, and has no answers."""

import inspect
import json
import re
import subprocess
import sys
import textwrap
import zipfile
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path

import nbformat
import numpy as np
import pytest

from course_lib.authoring import bundle, mistakes, visible
from course_lib.authoring.audit import alternatives
from course_lib.checks import cases, drawn
from course_lib.checks.judge import random_cases
from course_lib.checks.values import same

ROOT = Path(__file__).parents[2]
#: Runs the sources that come as JSON on stdin, {task: [source, ...]}, and prints what the checks
#: say. The first path is the unzipped folder; -I keeps out what the environment would add.
CHECKS = """
import io, json, linecache, sys
from contextlib import redirect_stdout
sys.path.insert(0, sys.argv[1])
import course_lib
assert course_lib.__file__.startswith(sys.argv[1]), course_lib.__file__
from importlib import import_module
import numpy as np
tasks = {t.name: t for t in import_module(f"course_lib.checks.{sys.argv[2]}").TASKS}
said = {}
for name, sources in json.load(sys.stdin).items():
    said[name] = []
    for source in sources:
        names = vars(sys.modules["__main__"]) if source.startswith("# keep") else {}
        linecache.cache["cell"] = len(source), None, source.splitlines(True), "cell"
        exec(compile(source, "cell", "exec"), names)
        out = io.StringIO()
        with redirect_stdout(out):
            score = tasks[name](names[name])
        said[name].append([out.getvalue(), float(score)])
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def unzipped(tmp_path_factory):
    """Return chapter -> the unzipped folder, made once."""
    made = {}

    def of(chapter):
        if chapter not in made:
            root = tmp_path_factory.mktemp("handed out")
            contents = bundle.contents(chapter, ROOT)
            for name, text in contents.items():
                path = root / chapter / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
            made[chapter] = root / chapter
        return made[chapter]

    return of


def in_the_bundle(folder, chapter, sources):
    """Return what the checks of an unzipped folder say to sources."""
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", CHECKS, str(folder), chapter],
        input=json.dumps(sources), capture_output=True, text=True, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def here(task, source):
    """What the checks of the whole course say."""
    names = {}
    exec(compile(source, "cell", "exec"), names)
    out = StringIO()
    with redirect_stdout(out):
        score = task(names[task.name])
    return [out.getvalue(), float(score)]


def _standing_alone(task, text):
    """A source with what its model answer sees of its module."""
    module = inspect.getsource(import_module(task.answer))
    return f"{module}\n\n{text}"


def test_a_wrong_answer_hears_the_same(chapter, unzipped):
    """All known mistakes of all tasks but those that another answer judges."""
    sources, tasks = {}, {task.name: task for task in mistakes.tasks(chapter)}
    for task in tasks.values():
        if _is_judged_by_others(task):
            continue
        sources[task.name] = [
            _standing_alone(task, mistakes.text(task, mistake.spellings[0]))
            for mistake in task.mistakes
        ]
    found = in_the_bundle(unzipped(chapter), chapter, sources)
    named = 0
    for name, ways in sources.items():
        for source, said in zip(ways, found[name], strict=True):
            expected = here(tasks[name], source)
            assert _plain(said[0]) == _plain(expected[0])
            assert said[1] == expected[1] < tasks[name].total
            named += "looks like a known mistake" in said[0]
    assert named >= len(sources)


def _is_judged_by_others(task):
    return any(callable(case.expected) for case in task.cases()) and task.random is None


def _plain(text):
    text = re.sub(r"  in line \d+ of its cell:.*\n", "", text)
    return re.sub(r"seed \d+", "seed", text)


def test_a_right_answer_passes_there_with_random_numbers(chapter, unzipped):
    keep, tasks = {}, mistakes.tasks(chapter)
    for task in tasks:  # in the exercise's order, as a student would write them
        source = _standing_alone(task, "")
        keep[task.name] = [f"# keep\n{source}"]
    found = in_the_bundle(unzipped(chapter), chapter, keep)
    for task in tasks:
        [[text, score]] = found[task.name]
        assert score == task.total, text
        assert bool(task.random) == ("with random numbers" in text)
        assert _plain(text) == _plain(here(task, _standing_alone(task, ""))[0])


def test_stored_draws_are_what_was_drawn(chapter, monkeypatch):
    tasks = [task for task in mistakes.tasks(chapter) if task.random]
    draws = {task.name: json.loads(json.dumps(drawn.stored(task))) for task in tasks}
    monkeypatch.setattr(drawn, "_read", lambda package: draws)
    for task in tasks:
        seen = set()
        for seed in range(40):
            rng = np.random.default_rng(seed)
            number = int(np.random.default_rng(seed).integers(drawn.DRAWS))
            for one, other in zip(
                drawn.drawn(task.module)(rng), random_cases(task, number), strict=True
            ):
                assert one.why == other.why and one.tolerance == other.tolerance
                assert same(list(one.call.arguments), list(other.call.arguments))
                assert same(one.call.options, other.call.options)
                assert same(one.expected, other.expected)
            seen.add(number)
        assert len(seen) == drawn.DRAWS


@pytest.mark.parametrize("value", [lambda x: None, {1, 2}])
def test_what_cannot_be_stored_is_told(value):
    with pytest.raises(ValueError, match="a random case of course_lib.checks.cases must not"):
        drawn._plain([value], cases)


def test_no_file_holds_answers(chapter, unzipped):
    folder = unzipped(chapter)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    for name in names:
        assert not re.search(
            r"reference|solutions|alternatives|authoring|grading|backends/(torch|triton)", name
        )
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in names}
    code = "\n".join(text for name, text in texts.items() if name.endswith(".py"))
    flat = re.sub(r"\s+", "", code)
    notebook = texts[f"{chapter}.ipynb"]
    given = re.sub(r"\s+", "", "".join(c.source for c in nbformat.reads(notebook, 4).cells))
    assert "HIDDEN" not in notebook and ".grade(" not in notebook
    for task in mistakes.tasks(chapter):
        lines = inspect.getsource(task.function()).splitlines()
        body = [re.sub(r"\s+", "", line) for line in lines[1:]]
        telling = [line for line in body if len(line) > 25 and line not in given]
        found = [line for line in telling if line in flat]
        assert not found, f"{task.name}: {found}"
        for mistake in task.mistakes:
            for spelling in mistake.spellings:
                for old, new in [] if isinstance(spelling, str) else spelling:
                    for edit in (old, new):
                        edit = re.sub(r"\s+", "", edit)
                        assert len(edit) < 25 or edit in given or edit not in flat, edit


@pytest.mark.slow
def test_nothing_that_can_be_called_solves_a_task(chapter, unzipped):
    """Whatever is in the folder, handed in as it is, passes no check of the chapter."""
    code = """
import contextlib, io, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import course_lib
from importlib import import_module
tasks = import_module(f"course_lib.checks.{sys.argv[2]}").TASKS
tried = {}
for place in pkgutil.walk_packages(course_lib.__path__, "course_lib."):
    if place.name.startswith("course_lib.plots"):
        continue  # pictures: they take long, and are no numbers
    for name, thing in vars(import_module(place.name)).items():
        if callable(thing) and getattr(thing, "__module__", "").startswith("course_lib"):
            if not isinstance(thing, type(tasks[0])):
                tried[id(thing)] = f"{place.name}.{name}", thing
assert len(tried) > 50
for task in tasks:
    for name, thing in tried.values():
        with contextlib.redirect_stdout(io.StringIO()):
            score = task(thing)
        if score >= task.total:
            print(task.name, name)
"""
    folder = unzipped(chapter)
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", code, str(folder), chapter],
        capture_output=True, text=True, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""


def test_requirements_are_pinned_and_enough(chapter, unzipped):
    folder = unzipped(chapter)
    pins = (folder / "requirements.txt").read_text().splitlines()
    pinned = (ROOT / "constraints.txt").read_text().splitlines()
    assert set(pins) <= {line.partition("+")[0] for line in pinned}
    assert any(line.startswith("jupyterlab==") for line in pins)
    allowed = {"numpy", "matplotlib", "scikit-learn", "scipy", "pillow", "jupyterlab"}
    allowed |= {"filelock", "tqdm"}  # where a notebook asks for a trained network
    assert {line.partition("==")[0] for line in pins} <= allowed


def test_the_zip_is_the_same_every_time(tmp_path):
    root = tmp_path / "course"
    (root / "solutions").mkdir(parents=True)
    (root / "solutions" / "bptt").symlink_to(ROOT / "solutions" / "bptt")
    path = bundle.bundle("bptt", root)
    before = path.read_bytes()
    assert bundle.bundle("bptt", root).read_bytes() == before
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert archive.testzip() is None
    assert {"bptt/README.md", "bptt/bptt.ipynb", "bptt/requirements.txt"} < set(names)
    assert not [p for p in path.parent.iterdir() if p != path]


def test_a_notebook_that_needs_an_answer_is_refused():
    part = visible.Part()
    with pytest.raises(visible.Leak, match="course_lib.reference.backprop, which no student"):
        part.need_code("from course_lib.reference.backprop import relu_backward")


def test_only_what_is_needed_of_a_module_comes_along():
    part = visible.Part()
    part.need_code("from course_lib import conv2d\nprint(conv2d.__name__)")
    files = part.files()
    assert "def conv2d(" in files["convolution.py"]
    assert "def conv2d_backward" not in files["convolution.py"]
    assert "conv2d_backward" not in files["backends/numpy/convolution.py"]
    assert "import conv2d\n" in files["__init__.py"]
    assert "pooling.py" not in files and "dense.py" not in files


def test_alternatives_stay_at_home(chapter, unzipped):
    """No right answer written another way is in there either."""
    flat = re.sub(
        r"\s+", "", "".join(p.read_text(encoding="utf-8") for p in unzipped(chapter).rglob("*.py"))
    )
    for ways in alternatives(chapter, ROOT).values():
        for function in ways.values():
            source = textwrap.dedent(inspect.getsource(function))
            lines = [re.sub(r"\s+", "", line) for line in source.splitlines()[1:]]
            lines = [line for line in lines if len(line) > 15]
            assert not lines or sum(line in flat for line in lines) < max(2, len(lines) / 2), source
