"""A page's notebook has its results after every build, and reads in plain Jupyter."""

import json
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SPECIMEN = Path(__file__).parent / "specimen"
# What plain Jupyter would show as it stands.
MYST = re.compile(r"^ *(?:>* *)*[`:~]{3,}\{|\{[\w:]+\}`|^\([\w-]+\)=$|^% |\]\{\.|\$\$ *\(", re.M)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """A small book with this book's extension, and every idiom of a page."""
    folder = tmp_path_factory.mktemp("book")
    shutil.copytree(SPECIMEN, folder, dirs_exist_ok=True)
    (folder / "book").mkdir()
    for name in ("_config.yml", "constraints.txt", *(f"book/{n}" for n in ("_ext", "assets"))):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "book" / "references.bib", folder / "book")
    return folder


@pytest.fixture(scope="module")
def make(book, build):
    """A function that builds the small book and returns the cells of its page's notebook."""

    def make_():
        done = build(book)
        assert done.returncode == 0, done.stdout + done.stderr
        text = (book / "_build/html/_sources/page.ipynb").read_text(encoding="utf-8")
        return json.loads(text)["cells"]

    return make_


@pytest.fixture(scope="module")
def cells(make):
    return make()


def prose(cells):
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def outputs(cells):
    return [output for cell in cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize(
    "shown",
    [
        "A term [Fukushima, 1980], as LeCun et al. [1998] say. See (1),\n(2) and Definition 1.",
        "The layer has 1,792 weights, high.",
        "> **Predict first**\n>\n> What does the kernel $(1, 0, -1)$ say to a constant signal?\n>\n"
        "> <details><summary>Answer</summary>\n>\n> Nothing: its weights add up to 0.\n>\n"
        "> </details>",
        "> The slides call $a$ the age ([below](#What-is-below)).",
        "**Locality**  \nThe pixels that show an object\nlie near one another.",
        "$$\n\\begin{aligned}y = x \\\\ z = y\\end{aligned} \\tag{1}\n$$",
        "$$\na = b \\tag{2}\n$$",
        "> **Definition 1 (Cross-correlation).**\n>\n> It is **this**.",
        "1. A question?\n\n   <details><summary>Answer</summary>",
        "A [link](#What-is-below), the start (*Start*), [the web](https://example.org), $x^2$,\n"
        "[words].",
        "![A square.](attachment:picture.svg)\n\nA caption with $x$.",
        'kept = "as it is: {eq}`eq-x-one`"',
        "Gradient\\-based learning applied to document recognition",
        "run `make setup` once in the folder of the course",
    ],
)
def test_the_notebook_is_plain_markdown(cells, shown):
    assert shown in prose(cells)


def test_only_what_plain_jupyter_knows_is_left(cells):
    text = prose(cells).replace('"as it is: {eq}`eq-x-one`"', "")
    assert not MYST.search(text), MYST.search(text)
    assert MYST.search((SPECIMEN / "page.md").read_text())
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    kept = "from IPython.display import HTML\n\ndisplay(HTML('<b>drawn</b>'))"
    assert "".join(code[0]["source"]) == f"n = 64 * (3 * 3**2 + 1)\n{kept}"
    assert [output["data"]["text/html"] for output in code[0]["outputs"]] == [["<b>drawn</b>"]]
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in code)
    (attached,) = [cell["attachments"] for cell in cells if "attachments" in cell]
    assert list(attached) == ["picture.svg"]


def test_an_edit_of_the_prose_keeps_the_results_and_runs_nothing(book, make, cells):
    """In the same build a page comes, and in the next one it is gone without a trace."""
    ran = [path.stat().st_mtime_ns for path in (book / "_build/.jupyter_cache").rglob("*.ipynb")]
    page = book / "page.md"
    text = page.read_text().replace("# A specimen", "# Another name").replace("[hide-input]", "[]")
    page.write_text(text)
    toc = (book / "_toc.yml").read_text()
    (book / "book" / "gone.md").write_text("# Gone\n")
    (book / "_toc.yml").write_text(toc + "      - file: book/gone\n")
    edited = make()
    assert "# Another name" in prose(edited) and outputs(edited) == outputs(cells) != []
    assert len([c for c in edited if "source_hidden" in str(c)]) == 1  # it was 2
    now = [path.stat().st_mtime_ns for path in (book / "_build/.jupyter_cache").rglob("*.ipynb")]
    assert now == ran
    html = (book / "_build/html/page.html").read_text()
    assert "Show code cell source" not in html and "a long line of words" in html

    assert "Gone" in (book / "_build/html/book/gone.html").read_text()
    assert "book/gone" in (book / "_build/html/sections.js").read_text()
    (book / "book" / "gone.md").unlink()
    (book / "_toc.yml").write_text(toc)
    make()
    assert not [path for path in (book / "_build/html").rglob("*gone*")]
    assert "gone" not in (book / "_build/html/sections.js").read_text()


def test_every_notebook_of_the_book_is_plain_and_has_its_results(site):
    published = [
        path for path in (site / "_sources").rglob("*.ipynb") if "exercises" not in str(path)
    ]
    assert published
    for path in published:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        found = MYST.search(re.sub(r"```.*?```", "", prose(cells), flags=re.S))
        assert not found, f"{path.name}: {found}"
        assert len(outputs(cells)) >= 1, path.name
        assert "make setup" in "".join(cells[0]["source"])
        assert "widget-view" not in json.dumps(cells)  # its model lived in a kernel that is gone
