"""A page runs again when what its cells need has changed, and only then."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = {
    "constraints.txt": "numpy==1\n",
    "course_lib/__init__.py": '"""Names."""\n\nfrom course_lib.pooling import pool\n'
    'from course_lib.convolution import conv\n\n__all__ = ["conv", "pool"]\n',
    "course_lib/convolution.py": "from course_lib import backends\n\n\ndef conv(x):\n"
    '    return backends.call("convolution.conv", x)\n',
    "course_lib/pooling.py": "def pool(x):\n    return x\n",
    "course_lib/backends/__init__.py": "from importlib import import_module\n\n\n"
    "def call(name, x):\n    return import_module(name)(x)\n",
    "course_lib/backends/torch/convolution.py": "def conv(x):\n    return x\n",
    "course_lib/backends/torch/pooling.py": "def pool(x):\n    return x\n",
    "course_lib/figures/__init__.py": "from pathlib import Path\n\nKIT = Path('kit.js')\n",
    "course_lib/figures/convolution.py": "import numpy\n\n\ndef figure():\n"
    "    from ..convolution import conv\n",
    "course_lib/figures/convolution.js": "one",
    "course_lib/figures/pooling.js": "two",
    "course_lib/figures/kit.js": "three",
}


@pytest.fixture
def library(monkeypatch, tmp_path):
    """A function: a small library as it is now, for the cache to look at."""
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    from page_cache import Library

    yield lambda: Library(tmp_path)
    sys.modules.pop("page_cache")


@pytest.mark.parametrize(
    "code, needed",
    [
        ("from course_lib import pool", ["pooling.py"]),
        ("def f():\n    from course_lib.pooling import pool as p", ["pooling.py"]),
        (
            "from course_lib import conv",
            ["backends/__init__.py", "backends/torch/convolution.py", "convolution.py"],
        ),
        (
            "from course_lib.figures.convolution import figure",
            [
                "backends/__init__.py",
                "backends/torch/convolution.py",
                "convolution.py",
                "figures/__init__.py",
                "figures/convolution.js",
                "figures/convolution.py",
                "figures/kit.js",
            ],
        ),
        ("import numpy as np", []),
    ],
)
def test_a_page_needs_what_it_imports_and_what_that_names(library, tmp_path, code, needed):
    files = [path.relative_to(tmp_path / "course_lib") for path in library().files(code)]
    assert [path.as_posix() for path in files] == needed


def test_the_whole_package_is_everything_that_it_passes_on(library):
    assert len(library().files("import course_lib")) == 5


@pytest.mark.parametrize(
    "name, again",
    [
        ("course_lib/pooling.py", False),
        ("course_lib/__init__.py", False),
        ("course_lib/figures/convolution.js", False),
        ("course_lib/convolution.py", True),
        ("course_lib/backends/torch/convolution.py", True),
        ("constraints.txt", True),
        ("numbers.csv", True),
    ],
)
def test_the_key_changes_with_what_a_page_needs_alone(library, tmp_path, name, again):
    code = "from course_lib import conv\n\nopen('numbers.csv')"
    (tmp_path / "numbers.csv").write_text("1")
    before = library().key(code, tmp_path)
    assert library().key(code, tmp_path) == before
    with open(tmp_path / name, "a") as file:
        file.write("\n# another line\n")
    assert (library().key(code, tmp_path) != before) == again


def test_the_pages_need_the_modules_that_answer_them(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    from page_cache import Library

    files = Library(ROOT).files("from course_lib import conv2d")
    names = {path.relative_to(ROOT / "course_lib").as_posix() for path in files}
    assert {f"backends/{kind}/convolution.py" for kind in ("numpy", "torch", "triton")} < names
    assert "reference/convolution.py" in names and not any("lstm" in name for name in names)
