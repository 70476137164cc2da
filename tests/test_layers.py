"""The layers of the library hold: nothing imports what lies above it, or what it must not know."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: From the bottom to the top: a module may import its own layer and those before it.
LAYERS = [
    ["arrays", "validate", "gradcheck", "datasets"],
    ["backends", "reference"],
    [
        "convolution",
        "geometry",
        "kernels",
        "padding",
        "pooling",
        "average_pooling",
        "fractional_pooling",
        "dimensions",
        "dense",
        "rnn",
        "lstm",
    ],
    ["attribution", "models"],
    ["checks", "figures", "plots"],
    ["grading"],
    ["authoring"],
    ["cli"],
]
HEIGHT = {name: height for height, layer in enumerate(LAYERS) for name in layer}
PUBLIC = HEIGHT["convolution"]  # what `from course_lib import conv2d` comes from


def modules():
    """Return every module of the library by its dotted name."""
    found = {}
    for path in sorted((ROOT / "course_lib").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = modules()


def imports(name):
    """Return the dotted names that a module imports, anywhere in it."""
    path, found = MODULES[name], set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
                package = package[: len(package) - node.level + 1]
                base = ".".join(package + ([base] if base else []))
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                found.add(inner if inner in MODULES or base == "course_lib" else base)
    return found


def library(names):
    """Keep what belongs to the library, without the package itself."""
    return {name for name in names if name.startswith("course_lib.")}


def test_every_module_has_a_layer():
    unknown = {name for name in MODULES if name != "course_lib"} - {
        name for name in MODULES if name.split(".")[1:2] and name.split(".")[1] in HEIGHT
    }
    assert not unknown, f"add {unknown} to LAYERS"


@pytest.mark.parametrize("name", [name for name in MODULES if name != "course_lib"])
def test_no_module_imports_a_layer_above_its_own(name):
    height = HEIGHT[name.split(".")[1]]
    above = {
        target
        for target in library(imports(name))
        if HEIGHT.get(target.split(".")[1], PUBLIC) > height
    }
    assert not above, f"{name} imports {above} from above"


def test_reference_modules_do_not_import_each_other():
    for name in MODULES:
        if name.startswith("course_lib.reference."):
            others = {n for n in imports(name) if n.startswith("course_lib.reference")}
            assert not others, f"{name} imports {others}"


def test_numpy_modules_never_import_torch_or_triton():
    for name in MODULES:
        if name.startswith(("course_lib.reference", "course_lib.backends.numpy")):
            roots = {n.split(".")[0] for n in imports(name)}
            assert not roots & {"torch", "triton"}, name


def test_what_students_get_works_without_the_answers():
    for name in MODULES:
        if name.split(".")[1:2] and name.split(".")[1] in (
            "datasets",
            "models",
            "plots",
            "figures",
        ):
            answers = {n for n in imports(name) if n.startswith("course_lib.reference")}
            assert not answers, f"{name} imports {answers}"


def test_only_authoring_and_grading_know_nbgrader():
    for name in MODULES:
        if not name.startswith(("course_lib.grading", "course_lib.authoring")):
            assert "nbgrader" not in {n.split(".")[0] for n in imports(name)}, name


def test_nothing_imports_torchvision():
    for name in MODULES:
        assert "torchvision" not in {n.split(".")[0] for n in imports(name)}, name


def test_importing_the_library_imports_neither_torch_nor_triton():
    code = (
        "import sys, course_lib, course_lib.gradcheck\n"
        "print({name.split('.')[0] for name in sys.modules} & {'torch', 'triton'})\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("name", MODULES)
def test_modules_stay_short(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= 400
