"""The README's way of teaching, command by command: from the zip handed out to the scores."""

import csv
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import zipfile
from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

from course_lib.authoring.sample import SampleClass
from course_lib.cli import VERBS
from course_lib.grading.collect import collect, read_map
from course_lib.grading.grade import grade
from tests.grading.conftest import FakeEngine

ROOT = Path(__file__).parents[2]
RUN = "import sys; from course_lib.cli import main; sys.exit(main(sys.argv[1:]))"
WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade)\n"
    'Participant 101,Ana María Lee,ana@x.org,Submitted,,19.00,Yes,"Friday, 2 October 2026, 9:00 AM"'
    ",-\n"
    "Participant 102,Bob Lee,bob@x.org,Submitted,,19.00,Yes,-,-\n"
    "Participant 103,Zoe Zed,zoe@x.org,No submission,,19.00,Yes,-,-\n"
)
ANSWER = "The two kernels differ by a turn of 180 degrees."


def commands():
    """The commands of the README's part for teachers, without their comments."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"\*\*You teach\.\*\*.*?```\n(.*?)```", text, re.DOTALL)[1]
    return [shlex.split(line, comments=True) for line in block.splitlines()]


class Folder:
    """A course folder in which commands are run as the README has them."""

    def __init__(self, root):
        self.root = root
        shutil.copy(ROOT / "nbgrader_config.py", root)
        shutil.copytree(ROOT / "solutions" / "convolution", root / "solutions" / "convolution")
        (root / "worksheet.csv").write_text(WORKSHEET, encoding="utf-8")
        self.said = {}

    def course(self, verb, *more):
        """Run `course VERB ...`; return what it printed."""
        root = ["--allow-root"] if verb == "grade" and os.geteuid() == 0 else []
        command = [sys.executable, "-c", RUN, verb, *more, *root]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True)
        assert done.returncode == 0, f"{verb}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.said[verb] = done.stdout + done.stderr

    def hand_in(self):
        """Solve the notebook that was handed out, and zip it as Moodle does."""
        with zipfile.ZipFile(self.root / "build/bundles/convolution.zip") as archive:
            text = archive.read("convolution/convolution.ipynb").decode()
        release = nbformat.reads(text, as_version=4)
        source = nbformat.read(self.root / "build/source/convolution/convolution.ipynb", 4)
        solved = SampleClass("convolution", source, release)
        with zipfile.ZipFile(self.root / "submissions.zip", "w") as archive:
            for who, notebook in (
                ("Ana María Lee_101", solved.answered(solved.solutions, ANSWER)),
                ("Bob Lee_102", solved.answered({}, None)),
            ):
                name = f"{who}_assignsubmission_file/convolution.ipynb"
                archive.writestr(name, json.dumps(notebook))

    def mark(self, words):
        """Start the command, and mark all that waits through formgrader, as its pages do."""
        runtime = self.root / "runtime"
        options = ["--no-browser", "--allow-root", "--ServerApp.port=0", "--ServerApp.token=t"]
        environment = os.environ | {"JUPYTER_RUNTIME_DIR": str(runtime)}
        log = (self.root / "jupyter.log").open("wb")
        command = [sys.executable, "-m", f"jupyter{words[0]}", *words[1:], *options]
        server = subprocess.Popen(
            command, cwd=self.root, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            url = _address(server, runtime)
            page = _ask(f"{url}formgrader/gradebook/convolution")
            assert b"formgrader" in page.lower()
            marked = 0
            for student in json.loads(_ask(f"{url}formgrader/api/submissions/convolution")):
                for notebook in json.loads(
                    _ask(f"{url}formgrader/api/submitted_notebooks/convolution/convolution")
                ):
                    if notebook["student"] != student["student"] or not notebook["id"]:
                        continue
                    grades = f"{url}formgrader/api/grades?submission_id={notebook['id']}"
                    for grade in json.loads(_ask(grades)):
                        if grade["needs_manual_grade"]:
                            _ask(f"{url}formgrader/api/grade/{grade['id']}", {"manual_score": 1.5})
                            marked += 1
            return marked
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def _address(server, runtime):
    """Where the server listens; it writes that into a file of its own when it is ready."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and server.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(path.read_text())["url"]
            except ValueError:
                pass  # half written
        time.sleep(0.1)
    raise AssertionError(f"jupyter lab did not start ({server.poll()})")


def _ask(url, data=None):
    """GET, or PUT with data."""
    body = None if data is None else json.dumps(data).encode()
    request = urllib.request.Request(url, body, {"Authorization": "token t"})
    if body:
        request.method = "PUT"
    for attempt in range(50):  # it writes its address a moment before it listens
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except ConnectionRefusedError:
            time.sleep(0.1)
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or attempt == 49:
                raise
            time.sleep(0.1)


@pytest.mark.slow
def test_the_way_of_the_readme(tmp_path):
    folder, marked = Folder(tmp_path), None
    given = commands()
    assert [words[1] for words in given] == [
        "release", "collect", "grade", "lab", "feedback", "export"
    ]  # fmt: skip
    for program, *words in given:
        assert program in (".venv/bin/course", ".venv/bin/jupyter")
        if program.endswith("jupyter"):
            marked = folder.mark(words)
        else:
            if words[0] == "collect":
                folder.hand_in()
            folder.course(*words)
    assert marked == 2  # the written answers of one; the other left them blank
    said = folder.said
    assert "2 of 2 submissions" in said["collect"]
    assert "nothing came: zoe@x.org" in said["collect"]
    assert "nothing came: Zoe Zed" in said["export"]
    with zipfile.ZipFile(tmp_path / "feedback-convolution.zip") as archive:
        names = archive.namelist()
    assert names == [
        "ana@x.org_101_assignsubmission_file/convolution.html",
        "bob@x.org_102_assignsubmission_file/convolution.html",
    ]
    with open(tmp_path / "scores-moodle-convolution.csv", encoding="utf-8", newline="") as file:
        rows = {row["Identifier"]: row for row in csv.DictReader(file)}
    source = nbformat.read(tmp_path / "build/source/convolution/convolution.ipynb", 4)
    tests = [c for c in source.cells if c.id.startswith("check-")]
    full = sum(cell.metadata.nbgrader["points"] for cell in tests)
    assert rows["Participant 101"]["Grade"] == f"{full + 2 * 1.5:g}"
    assert rows["Participant 102"]["Grade"] == "0"
    assert rows["Participant 103"]["Grade"] == ""


@pytest.mark.parametrize("page", ["README.md", "book/grading.md"])
def test_the_commands_of_a_page_exist(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for verb, options in re.findall(r"(?:^|[ '])\.venv/bin/course (\w+)(.*)$", text, re.MULTILINE):
        module = import_module(VERBS[verb][0])
        parser = ArgumentParser()
        module.add_arguments(parser)
        known = {option for action in parser._actions for option in action.option_strings}
        assert set(re.findall(r"--[a-z-]+", options.partition("#")[0])) <= known, (verb, options)
    assert "nbgrader formgrader" not in text  # there is no such command


def test_a_due_date_set_as_the_page_says_makes_a_submission_late(tiny, tmp_path):
    text = (ROOT / "book" / "grading.md").read_text(encoding="utf-8")
    _, *words = shlex.split(re.search(r"^\.venv/bin/(nbgrader db .*)$", text, re.MULTILINE)[1])
    words = ["tiny" if word == "convolution" else word for word in words]
    command = [sys.executable, "-m", "nbgrader", *words]
    done = subprocess.run(command, cwd=tiny.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    names = tmp_path / "map.csv"
    names.write_text("key,student,timestamp\nana,ana,2026-10-02 13:00 UTC\n")
    place = tmp_path / "downloads" / "ana"
    place.mkdir(parents=True)
    (place / "tiny.ipynb").write_text(json.dumps(tiny.solved()))
    collect(tiny.course, "tiny", place.parent, read_map(names))
    with FakeEngine() as engine:
        [result] = grade(tiny.course, "tiny", engine=engine)
    assert result.late_seconds == 3600
