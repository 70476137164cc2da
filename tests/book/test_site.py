"""What is published: the pages of the table of contents, whole, and no answer."""

import html
import json
import re
from pathlib import Path

import pytest
import yaml

import course_lib
import course_lib.attribution

ROOT = Path(__file__).parents[2]
#: Pages that Sphinx adds by itself.
ADDED = {"index", "genindex", "search", "prf-prf"}


def documents():
    """The pages named in the table of contents."""
    text = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    toc = yaml.safe_load(text)
    return {toc["root"], *re.findall(r"file: (\S+)", text)}


def published_text(path):
    """A published file as plain text, one space between words."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
    elif path.suffix == ".html":
        text = html.unescape(re.sub(r"<[^>]*>", "", text))
    return " ".join(text.split())


def published_files(site):
    """Every text of the site that comes from this repository."""
    kinds = {".html", ".md", ".ipynb", ".js", ".txt", ".json", ".py", ".css"}
    return [
        path
        for path in site.rglob("*")
        if path.suffix in kinds and path.relative_to(site).parts[0] != "_static"
    ]


def lines_of(paths):
    """The lines of code of some modules, one space between words."""
    lines = set()
    for path in paths:
        lines |= {" ".join(line.split()) for line in path.read_text(encoding="utf-8").splitlines()}
    return lines


def secret_lines():
    """Lines that stand in the answers and nowhere that a student may look."""
    reference = list((ROOT / "course_lib" / "reference").glob("*.py"))
    answers = reference + list((ROOT / "solutions").rglob("*.py"))
    library = [p for p in (ROOT / "course_lib").rglob("*.py") if p.parent.name != "reference"]
    public = lines_of(library)
    for notebook in (ROOT / "exercises").rglob("*.ipynb"):
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            public |= {" ".join(line.split()) for line in "".join(cell["source"]).splitlines()}
    return {
        line
        for line in lines_of(answers) - public
        if len(line) >= 30
        and not line.startswith(("#", '"', "def ", "from ", "import ", "return np"))
    }


def test_the_pages_are_those_of_the_table_of_contents(site):
    pages = {p.relative_to(site).with_suffix("").as_posix() for p in site.rglob("*.html")}
    pages = {page for page in pages if not page.startswith("_static/")}
    assert pages == documents() | ADDED
    sources = {p.relative_to(site / "_sources") for p in (site / "_sources").rglob("*.*")}
    assert {p.with_suffix("").as_posix() for p in sources} == documents()


def unversioned(path):
    """A file without style sheets' checksums, which Sphinx writes from the second build on."""
    return re.sub(rb"\?v=\w+", b"", path.read_bytes())


@pytest.mark.slow
def test_two_fresh_builds_are_equal(build, tmp_path):
    # Fresh ones: a build on top of an older one keeps the older numbering of the search index.
    sites = [tmp_path / name / "_build" / "html" for name in ("one", "other")]
    for folder in sites:
        assert build(ROOT, "--path-output", folder.parents[1]).returncode == 0
    files = [{p.relative_to(site) for p in site.rglob("*") if p.is_file()} for site in sites]
    assert files[0] == files[1] and len(files[0]) > 100
    one, other = sites
    assert not [p for p in files[0] if unversioned(one / p) != unversioned(other / p)]


def test_no_answer_is_published(site):
    secrets = secret_lines()
    assert len(secrets) > 20, "the answers were not found, so this test would see nothing"
    for path in published_files(site):
        text = published_text(path)
        found = [line for line in secrets if line in text]
        assert not found, f"{path.relative_to(site)} holds lines of the answers: {found}"


def test_no_hidden_test_is_published(site):
    for path in published_files(site):
        text = published_text(path)
        for marker in ("BEGIN SOLUTION", "END SOLUTION", "HIDDEN TESTS", "seed=1)"):
            assert marker not in text, f"{path.relative_to(site)} holds {marker!r}"


def test_pages_hold_no_path_of_the_machine_that_built_them(site):
    for path in published_files(site):
        assert str(ROOT) not in path.read_text(encoding="utf-8"), path.relative_to(site)


def test_executed_pages_are_offered_as_notebooks(site):
    notebook = json.loads((site / "_sources/book/convolution.ipynb").read_text(encoding="utf-8"))
    assert "../_sources/book/convolution.ipynb" in (site / "book/convolution.html").read_text()
    outputs = [o for cell in notebook["cells"] for o in cell.get("outputs", [])]
    assert any("466." in str(output) for output in outputs)
    assert "widget-view" not in json.dumps(notebook)  # its model lived in a kernel that is gone


def printed(site, page):
    """What the cells of an executed page printed, one string a cell."""
    notebook = json.loads((site / f"_sources/book/{page}.ipynb").read_text(encoding="utf-8"))
    outputs = [o for cell in notebook["cells"] for o in cell.get("outputs", [])]
    return ["".join(o["text"]) for o in outputs if o["output_type"] == "stream"]


def test_the_errata_check_what_they_say(site):
    assert printed(site, "errata") == [
        "convolution commutes: True\ncross-correlation commutes: False\n",
        "all seven symmetric: True\nRGB, correlation: [-25. 466.]\nRGB, convolution: [337. 327.]\n",
        "the pulse is at [2 1]\n",
        "outer product: True\nlargest answer to the edge: 0.0\n",
        "padding 0: output of 3, seen [1. 2. 3. 2. 1.]\n"
        "padding 1: output of 5, seen [2. 3. 3. 3. 2.]\n"
        "padding 2: output of 7, seen [3. 3. 3. 3. 3.]\n",
        "27 weights\n",
        "as printed: [14. 22. 46. 54.]\naverage: [ 3.5  5.5 11.5 13.5]\n",
        "[[0. 1. 2. 3. 4.]\n [1. 2. 3. 4. 5.]\n [2. 3. 4. 5. 0.]]\n",
        "[  0.  11. 100.   0.]\n",
    ]


def test_every_picture_has_a_description(site):
    for path in site.rglob("*.html"):
        for picture in re.findall(r"<img[^>]*>", path.read_text(encoding="utf-8")):
            text = re.search(r'alt="([^"]*)"', picture)
            assert text and len(text[1]) > 3, f"{path.relative_to(site)}: {picture[:120]}"


def test_the_library_page_lists_what_is_exported(site):
    page = (site / "book/library.html").read_text(encoding="utf-8")
    text = published_text(site / "book/library.html")
    for package in (course_lib, course_lib.attribution):
        for name in package.__all__:
            label = f"{package.__name__}-{name}".replace("_", "-").replace(".", "-").lower()
            assert f'<section id="{label}">' in page, f"{name} is not on the page"
            summary = (getattr(package, name).__doc__ or "").split("\n")[0]
            assert not callable(getattr(package, name)) or summary.replace("`", "") in text, name


def test_all_errata_are_listed_once():
    text = (ROOT / "book" / "errata.md").read_text(encoding="utf-8")
    labels = re.findall(r"^\(e(\w+)\)=\n\*\*E(\w+)\. .*\n: \*Has:\*", text, re.M)
    assert all(label == number for label, number in labels)
    numbers = [number for _, number in labels]
    # 70 to 72 were never given; 13b was found last.
    expected = {str(n) for n in range(1, 75) if n not in (70, 71, 72)} | {"13b"}
    assert sorted(numbers) == sorted(expected)
    assert text.count("*Right:*") == text.count("*Check:*") == len(numbers)
