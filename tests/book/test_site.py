"""What is published: the pages of the table of contents, whole, and no answer."""

import html
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


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
            text = "".join(cell["source"])
            # Hints hold code in backticks, which the students see as well.
            shown = [*text.splitlines(), *re.findall(r"`([^`]+)`", text)]
            public |= {" ".join(line.split()) for line in shown}
    return {
        line
        for line in lines_of(answers) - public
        if len(line) >= 30
        and not line.startswith(("#", '"', "def ", "from ", "import ", "return np"))
    }


def test_the_pages_are_those_of_the_table_of_contents(site, documents, added):
    pages = {p.relative_to(site).with_suffix("").as_posix() for p in site.rglob("*.html")}
    pages = {page for page in pages if not page.startswith(("_static/", "_modules/"))}
    assert pages == documents | added
    sources = {p.relative_to(site / "_sources") for p in (site / "_sources").rglob("*.*")}
    assert {p.with_suffix("").as_posix() for p in sources} == documents


def unversioned(path):
    """A file without style sheets' checksums, which Sphinx writes from the second build on."""
    return re.sub(rb"\?v=\w+", b"", path.read_bytes())


@pytest.mark.slow
def test_two_fresh_builds_are_equal(build, tmp_path):
    # Fresh ones: a build on top of an older one keeps the older numbering of the search index.
    sites = [tmp_path / name / "_build" / "html" for name in ("one", "other")]
    for folder in sites:
        done = build(ROOT, "--path-output", folder.parents[1])
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
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


def test_every_picture_has_a_description(site):
    for path in site.rglob("*.html"):
        article = path.read_text(encoding="utf-8").partition("<article")[2]
        for picture in re.findall(r"<img[^>]*>", article):
            text = re.search(r'alt="([^"]*)"', picture)
            assert text and len(text[1]) > 3, f"{path.relative_to(site)}: {picture[:120]}"
