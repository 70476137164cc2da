"""Cheats gain nothing: each finds its way from inside the student's process, not by known paths."""

import json
import os
from textwrap import dedent

import nbformat
import pytest

from course_lib.authoring.notebook import source_notebook
from course_lib.grading import sandbox
from course_lib.grading.engine import Engine, Settings
from course_lib.grading.job import Job
from tests.grading.conftest import ROOT, paper_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        set(sandbox.walls()) != set(sandbox.WALLS), reason="this machine does not have every wall"
    ),
]

FIND = """
import glob, os, re, sys
def everywhere():
    import course_lib
    roots = {os.path.dirname(os.path.dirname(course_lib.__file__)), os.getcwd(), sys.prefix, '/'}
    roots |= set(sys.path) | {os.environ.get('HOME', '/'), os.environ.get('TMPDIR', '/tmp')}
    for root in filter(None, roots):
        for up in (root, os.path.dirname(root)):
            for pattern in ('*', '*/*', '*/*/*', '*/*/*/*'):
                yield from glob.iglob(os.path.join(up, pattern))
def stolen(words):
    for path in everywhere():
        if re.search(r'(convolution|gradebook|secret|tiny)', path):
            try:
                text = open(path, 'rb').read().decode('utf-8', 'replace')
            except OSError:
                continue
            if any(word in text for word in words):
                yield path, text
"""

#: name -> what a student puts before the first answer
ATTACKS = {
    "rebinds checks": """
        class Always:
            def __getattr__(self, name): return self
            def __call__(self, *a, **o): return 99.0
            def grade(self, *a): return 99.0
        checks = Always()""",
    "patches the checks' module": """
        import sys, types
        fake = types.ModuleType('course_lib.checks')
        fake.convolution = types.SimpleNamespace(conv1d=lambda *a: 99.0)
        sys.modules['course_lib.checks'] = sys.modules['course_lib.checks.convolution'] = fake
        import course_lib; course_lib.checks = fake""",
    "patches numpy": """
        import numpy as np
        np.testing.assert_allclose = np.testing.assert_array_equal = lambda *a, **o: None
        np.allclose = np.array_equal = np.isclose = lambda *a, **o: True
        np.max = np.abs = lambda *a, **o: 0.0""",
    "patches builtins": """
        import builtins
        builtins.AssertionError = type('Calm', (Exception,), {})
        builtins.abs = builtins.max = builtins.sum = lambda *a, **o: 0
        builtins.any = lambda *a: False; builtins.all = lambda *a: True""",
    "imports the reference": """
        from course_lib.reference.convolution_tasks import *""",
    "imports the operations": """
        from course_lib import conv1d, conv2d""",
    "imports torch": """
        import torch
        def conv1d(x, w, b=None, *, stride=1, padding=0):
            t = lambda a: None if a is None else torch.tensor(a.copy())
            return torch.nn.functional.conv1d(t(x), t(w), t(b), stride, padding).numpy()""",
    "imports past the curtain": """
        import sys, importlib
        sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != 'Curtain']
        for name in [n for n in sys.modules if n.startswith('course_lib')]: del sys.modules[name]
        from course_lib.reference.convolution_tasks import *""",
    "runs the reference's file": """
        import course_lib, os
        path = os.path.join(os.path.dirname(course_lib.__file__), 'reference')
        exec(open(os.path.join(path, 'convolution_tasks.py')).read())""",
    "searches the disk for answers": """
        for path, text in stolen(['def conv1d(']):
            try:
                if path.endswith('.py'): exec(text)
                else: exec(''.join(json.loads(text)['cells'][4]['source']))
            except Exception: pass""",
    "compiled files": """
        import course_lib, glob, marshal, os
        root = os.path.dirname(course_lib.__file__)
        for path in glob.glob(root + '/**/*.pyc', recursive=True):
            if 'convolution_tasks' in path: exec(marshal.loads(open(path, 'rb').read()[16:]))""",
    "garbage collector": """
        import gc
        for found in gc.get_objects():
            if callable(found) and getattr(found, '__name__', '') in ('conv1d', 'conv2d'):
                globals()[found.__name__] = found""",
    "reads the checker's memory": """
        import os
        for pid in os.listdir('/proc'):
            for name in ('environ', 'maps', 'mem', 'cmdline'):
                print(open(f'/proc/{pid}/{name}', 'rb').read()[:2000])""",
    "input transformer": """
        ip = get_ipython()
        ip.input_transformers_post.append(lambda lines: ['99.0\\n'])
        ip.input_transformers_cleanup.append(lambda lines: ['99.0\\n'])""",
    "syntax tree transformer": """
        import ast
        class Calm(ast.NodeTransformer):
            def visit_Expr(self, node): return ast.parse('99.0').body[0]
        get_ipython().ast_transformers.append(Calm())""",
    "patches the shell": """
        ip = get_ipython()
        ip.run_cell = ip.run_code = ip.displayhook = lambda *a, **o: None
        full = {'output_type': 'execute_result', 'data': {'text/plain': '99'}}
        ip.outputs.add(full)""",
    "writes answers into the channel": """
        import json, os, struct
        head = json.dumps({'message': {'dict': [['answer', 99.0]]}, 'sizes': []}).encode()
        for place in range(3, 64):
            try: os.write(place, (struct.pack('<Q', len(head)) + head) * 20)
            except OSError: pass""",
    "garbage in the channel": """
        import os
        for place in range(3, 64):
            try: os.write(place, b'x' * 100000)
            except OSError: pass""",
    "asks the checker": """
        import gc
        from course_lib.grading.channel import Channel, Remote
        for channel in [o for o in gc.get_objects() if isinstance(o, Channel)]:
            for do in ('run', 'names', 'files', 'grade'):
                try: print(channel.ask({'do': do, 'name': 'x', 'text': '1', 'names': ['checks']}))
                except BaseException as error: print(error)""",
    "always equal": """
        import numpy as np
        class Same(np.ndarray):
            def __eq__(self, other): return True
            def __sub__(self, other): return np.zeros(1)
            def __array__(self, *a, **o): return np.zeros(1)
        def conv1d(*a, **o): return np.zeros((1, 1, 2)).view(Same)
        conv2d = true_convolution2d = move = equivariance_error = diagonal_kernel = conv1d""",
    "an object that pretends": """
        class Any:
            __class__ = float
            def __getattr__(self, name): return self
            def __call__(self, *a, **o): return self
            def __eq__(self, other): return True
            __hash__ = None
        conv1d = conv2d = true_convolution2d = move = equivariance_error = lambda *a, **o: Any()""",
    "pickle": """
        import os
        class Bomb:
            def __reduce__(self): return (os._exit, (0,))
        def conv1d(*a, **o): return Bomb()
        conv2d = true_convolution2d = move = equivariance_error = conv1d""",
    "hidden frames": """
        import sys
        def conv1d(*a, **o):
            frame = sys._getframe()
            while frame:
                for value in frame.f_locals.values():
                    expected = getattr(getattr(value, 'case', value), 'expected', None)
                    if expected is not None: return expected
                frame = frame.f_back
        conv2d = true_convolution2d = move = equivariance_error = conv1d""",
    "writes the gradebook": """
        import sqlite3
        for path in everywhere():
            if path.endswith('.db'):
                sqlite3.connect(path).execute('update grade set manual_score = 99')""",
    "leaves a process behind": """
        import os, subprocess, sys
        if os.fork() == 0:
            os.setsid()
            while True: open('alive', 'w').close()""",
    "goes out": """
        import socket
        for family, place in ((socket.AF_INET, ('1.1.1.1', 53)), (socket.AF_UNIX, '/tmp/x')):
            with socket.socket(family) as s: s.connect(place); print('CONN' + 'ECTED')""",
    "loads a library of its own": """
        import ctypes
        libc = ctypes.CDLL(None)
        for number in (101, 310, 311, 272, 165): print(libc.syscall(number, 0, 0, 0, 0))""",
    "ends its own process": "import os, signal; os.kill(1, signal.SIGKILL); os._exit(0)",
}


@pytest.fixture(scope="module")
def source():
    return source_notebook(ROOT / "solutions" / "convolution" / "convolution.py")


@pytest.fixture(scope="module")
def paper(source):
    return paper_of("convolution", source)


@pytest.fixture(scope="module")
def right(source):
    return "\n".join(cell["source"] for cell in source["cells"] if cell["id"] == "conv1d")


@pytest.fixture(scope="module")
def engine(paper):
    settings = Settings(
        modules=(
            "numpy",
            "course_lib.plots",
            "course_lib.datasets",
            "course_lib.checks.convolution",
        ),
        limit=120,
    )
    with Engine(settings) as engine:
        yield engine


def job(paper, code, student="mallory"):
    notebook = nbformat.reads(paper.release.decode(), as_version=4)
    text = dedent(code)
    if "everywhere" in text or "stolen" in text:
        text = FIND + text
    cell = next(cell for cell in notebook.cells if cell.id == "conv1d")
    cell.source = f"import json\n{text}\n"
    files = {"convolution.ipynb": json.dumps(notebook).encode()}
    return Job("convolution", student, files, [paper], seed=3, timeout=20, limit=120)


def points(outcome):
    """The automatic points of an Outcome, as nbgrader's rule gives them."""
    from nbgrader.utils import determine_grade

    notebook = nbformat.from_dict(json.loads(outcome.notebooks["convolution"]))
    cells = [c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade")]
    return sum(determine_grade(cell)[0] or 0 for cell in cells if cell.cell_type == "code")


def test_a_right_answer_gets_its_points(engine, paper, right):
    assert points(engine.grade(job(paper, right))) == 3


@pytest.mark.parametrize("name", ATTACKS)
def test_gains_nothing(engine, paper, name):
    outcome = engine.grade(job(paper, ATTACKS[name]))
    assert outcome.status == "graded", outcome.reason
    assert set(outcome.layers) == set(sandbox.WALLS)
    assert points(outcome) == 0
    for cell in json.loads(outcome.notebooks["convolution"])["cells"]:
        if cell["cell_type"] == "code" and not cell["metadata"].get("nbgrader", {}).get("grade"):
            assert "CONNECTED" not in str(cell["outputs"])


def test_what_it_printed_holds_no_test_and_no_secret(engine, paper):
    code = """
        for path, text in stolen(['HIDDEN TESTS', 'mistakes(', '.grade(1)', 'def conv1d(x, w']):
            print('FOUND', path)
        print(dict(os.environ))"""
    outcome = engine.grade(job(paper, code))
    notebook = json.loads(outcome.notebooks["convolution"])
    said = str([cell["outputs"] for cell in notebook["cells"] if cell["id"] == "conv1d"])
    assert "FOUND" not in said and "HOME" in said
    assert not [name for name in os.environ if "TOKEN" in name and name in said]


def test_one_attack_costs_the_neighbour_nothing(engine, paper, right):
    bad = """
        import os
        for pid in range(2, 70000):
            try: os.kill(pid, 9)
            except OSError: pass"""
    jobs = [job(paper, bad, "mallory"), job(paper, right, "anna"), job(paper, right, "ben")]
    results = {one.student: points(outcome) for one, outcome in engine.run(jobs)}
    assert results == {"mallory": 0, "anna": 3, "ben": 3}
