"""The library's reference: every public name with its formula, its source and where it is used."""

import ast
import html
import importlib
import inspect
import json
import posixpath
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
import library_reference  # noqa: E402

PUBLIC = library_reference.public()
#: These packages are mathematics: each function has its equation.
EQUATIONS = ("course_lib", "course_lib.attribution", "course_lib.gradcheck")
WITH_EQUATION = [
    full
    for full, member in PUBLIC.items()
    if member.kind == "function" and full.rpartition(".")[0] in EQUATIONS
]


def entry(site, full):
    """The HTML of one name's entry in the reference."""
    page = site / f"{library_reference.page(PUBLIC[full].module)}.html"
    text = page.read_text(encoding="utf-8")
    start = text.index(f'id="{full}"')
    following = [text.find(f'id="{other}"', start + 1) for other in PUBLIC]
    return text[start : min((n for n in following if n > 0), default=len(text))]


def words(text):
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", text)).split())


def test_every_public_name_has_an_entry(site):
    for full, member in PUBLIC.items():
        if member.kind != "data":
            summary = " ".join(ast.get_docstring(member.node).split("\n\n")[0].split())
            assert re.sub(r"`+", "", summary) in words(entry(site, full)), full
        else:
            assert entry(site, full)


def test_a_comment_of_data_is_read_as_it_stands(site):
    kernels = words(entry(site, "course_lib.KERNELS"))
    assert "The kernel zoo: filters by name" in kernels and "Type:" not in kernels


def test_the_index_lists_every_public_name(site):
    page = (site / "book" / "library.html").read_text(encoding="utf-8")
    for full in PUBLIC:
        assert f'.html#{full}"' in page, full


@pytest.mark.parametrize("full", WITH_EQUATION)
def test_a_docstring_has_its_equation_after_the_first_sentence(full):
    text = ast.get_docstring(PUBLIC[full].node)
    head = re.split(r"^(?:Args|Returns|Raises|Source):$|^>>> ", text, maxsplit=1, flags=re.M)[0]
    assert ".. math::" in head
    # What is not in a formula, code or quotes is words: no subscripts, powers or sums.
    plain = re.sub(r"\.\. math::\n(?:\n| .*\n)*", "", head + "\n")
    plain = re.sub(r":math:`[^`]*`|`[^`]*`", "", plain)
    assert not re.search(r"[_^]\{|\\[a-z]|\bsum_|\w\^\w", plain), plain


def test_formulas_are_published_as_formulas(site):
    for full in WITH_EQUATION:
        text = re.sub(r"<pre>.*?</pre>", "", entry(site, full), flags=re.S)
        assert 'jax="CHTML" display="true"' in text, full
        assert "merror" not in text and not re.search(r"\\[a-z]+", words(text)), full


def test_every_function_leads_to_its_source_and_no_answer_does(site):
    link = re.compile(r'href="([^"#]+)#([^"]+)"><span class="viewcode-link')
    for full, (module, node) in PUBLIC.items():
        if isinstance(node, ast.FunctionDef):
            path, anchor = link.search(entry(site, full)).groups()
            page = (site / library_reference.page(module)).parent / path
            assert f'id="{anchor}"' in page.resolve().read_text(encoding="utf-8"), full
    sources = site / "_modules"
    published = {path.relative_to(sources).as_posix() for path in sources.rglob("*.html")}
    assert "course_lib/convolution.html" in published
    assert not [path for path in published if re.search("reference|checks|solutions", path)]


def test_a_signature_has_its_types_as_they_are_written(site):
    text = words(entry(site, "course_lib.conv2d"))
    assert "w: AnyArray, b: AnyArray | None = None, *, stride: Pair = 1" in text
    assert "Union[" not in text and "ForwardRef" not in text


def imports(notebook):
    """The public names that the cells of a page import, and the page."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            lines = re.findall(
                r"^from (course_lib[\w.]*) import ([\w, ]+)$", "".join(cell["source"]), re.M
            )
            for package, names in lines:
                yield from (f"{package}.{name}" for name in names.split(", "))


def test_an_entry_names_the_pages_that_import_it(site):
    found = 0
    for notebook in (site / "_sources").rglob("*.ipynb"):
        page = notebook.relative_to(site / "_sources").with_suffix("").as_posix()
        for full in set(imports(notebook)) & set(PUBLIC):
            used = entry(site, full).partition("Used in")[2].partition("</dl>")[0]
            here = posixpath.dirname(library_reference.page(PUBLIC[full].module))
            assert f'"{posixpath.relpath(page, here)}.html"' in used, f"{full}: {page}"
            found += 1
    assert found > 10


def test_what_would_be_markup_in_plain_text_is_escaped():
    marked = library_reference.marked
    assert marked('a*b*c, |x|, A_(l-1), "max"') == r"a\*b\*c, \|x\|, A\_(l-1), \"max\""
    assert marked("see `conv2d`, `x_` or :math:`x_1`") == (
        "see :py:obj:`~course_lib.conv2d`, ``x_`` or :math:`x_1`"
    )


@pytest.mark.parametrize(
    "cells, names",
    [
        (["from course_lib import conv2d as c"], {"course_lib.conv2d"}),
        (
            ["from course_lib import plots\n", "%magic\n", "plots.heatmap(x)"],
            {"course_lib.plots", "course_lib.plots.heatmap"},
        ),
        (["import numpy as np", "np.ones(3)"], set()),
    ],
)
def test_what_a_page_takes_from_the_library_is_read_from_its_cells(cells, names):
    assert library_reference.names_in(cells) == names


def test_the_options_of_a_cell_are_no_code(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```{code-cell} ipython3\n:tags: [hide-input]\nx = 1\n```\n"
        "```{code-cell}\n---\ntags: [a]\n---\ny = 2\n```\n```{code-cell}\nz = 3\n```\n"
    )
    assert library_reference.code_of(page)[0] == ["x = 1\n", "y = 2\n", "z = 3\n"]


def test_what_is_public_is_read_as_python_would_import_it():
    for full, member in PUBLIC.items():
        package, _, name = full.rpartition(".")
        value = getattr(importlib.import_module(package), name)
        assert getattr(value, "__module__", member.module) == member.module
        kind = "class" if inspect.isclass(value) else "function" if callable(value) else "data"
        assert member.kind == kind
        assert kind == "data" or ast.get_docstring(member.node) == inspect.getdoc(value)


def test_a_new_module_needs_no_list(monkeypatch, tmp_path):
    package = tmp_path / "course_lib"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from course_lib.brand_new import Probe\n\nMORE = 1\n__all__ = ['MORE', 'Probe']\n"
    )
    (package / "brand_new.py").write_text("class Probe:\n    'New.'\n")
    monkeypatch.setattr(library_reference, "LIBRARY", package)
    monkeypatch.setattr(library_reference, "PACKAGES", ("course_lib",))
    caches = (library_reference.public, library_reference.statements)
    for one in caches:
        one.cache_clear()
    try:
        more, probe = library_reference.public().values()
        assert (more.module, more.kind) == ("course_lib", "data")
        assert (probe.module, probe.kind) == ("course_lib.brand_new", "class")
        assert library_reference.page(probe.module) == "book/library/operations/brand_new"
    finally:
        for one in caches:
            one.cache_clear()
