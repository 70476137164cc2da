"""The errata: all of them, each with a quotation and a check that prints what the page says."""

import html
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "book" / "errata").glob("*.md"))
#: What each check printed, looked at entry by entry when the check was written.
PRINTED = json.loads((Path(__file__).with_name("errata_printed.json")).read_text(encoding="utf-8"))
#: These two are seen by reading, not by computing.
READ = {"e13b", "e46"}
#: In the closing line of the list.
NAMES = {"e45", "e57", "e74"}


def entries(page):
    """{label: text} of one page's entries, in their order."""
    parts = re.split(r"^\((e\w+)\)=\n", page.read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def all_entries():
    return {label: text for page in PAGES for label, text in entries(page).items()}


def number(label):
    return int(re.sub(r"\D", "", label))


def test_all_errata_are_listed_once():
    labels = [label for page in PAGES for label in entries(page)]
    closing = re.findall(r"^\((e\w+)\)=$", (ROOT / "book/errata.md").read_text(), re.M)
    # 70 to 72 were never given; 13b was found last.
    expected = {f"e{n}" for n in range(1, 75) if n not in (70, 71, 72)} | {"e13b"}
    assert sorted(labels + closing) == sorted(expected)
    assert set(closing) == NAMES


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_entries_stand_in_the_order_of_their_numbers(page):
    labels = list(entries(page))
    assert labels and labels == sorted(labels, key=number)


@pytest.mark.parametrize("label", all_entries())
def test_an_entry_has_its_three_parts(label):
    text = all_entries()[label]
    assert text.startswith(f"## E{label[1:]}. ")
    rows = re.findall(r"^(\w+)\n: (.+(?:\n  .+)*)", text, re.M)
    assert [name for name, _ in rows] == ["Printed", "Right", "Check"]
    assert ("```{code-cell}" in text) != (label in READ)


def test_no_entry_names_a_document_by_a_number():
    for page in [*PAGES, ROOT / "book" / "errata.md"]:
        assert not re.search(r"[Dd]ocuments? 00\d", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_the_checks_print_what_was_found(site, page):
    executed = site / "_sources" / "book" / "errata" / f"{page.stem}.ipynb"
    printed, label = {}, None
    for cell in json.loads(executed.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            headings = re.findall(r"^#* ?E(\d+\w?)\. ", source, re.M)
            label = f"e{headings[-1]}" if headings else label
        for output in cell.get("outputs", []):
            printed[label] = printed.get(label, "") + "".join(output["text"])
    assert printed == PRINTED[page.stem]


def test_the_table_lists_every_entry_and_leads_to_it(site):
    page = (site / "book" / "errata.html").read_text(encoding="utf-8")
    table = page[page.index("errata-table") : page.index("</table>", page.index("errata-table"))]
    for page in PAGES:
        target = (site / "book" / "errata" / f"{page.stem}.html").read_text(encoding="utf-8")
        for label in entries(page):
            assert f'href="errata/{page.stem}.html#{label}"' in table, label
            assert re.search(rf'id="{label}"', target), label
    assert table.count("<tr") == 1 + sum(len(entries(page)) for page in PAGES)


def test_an_entry_leads_back_to_the_chapters_that_point_to_it(site):
    found = 0
    for path in (site / "book").glob("*.html"):
        if path.stem == "errata":
            continue
        chapter = html.unescape(path.read_text(encoding="utf-8"))
        for page, label in set(re.findall(r'href="errata/(\w+)\.html#(e\w+)"', chapter)):
            text = (site / "book" / "errata" / f"{page}.html").read_text(encoding="utf-8")
            part = text[text.index(f'id="{label}"') :]
            line = part[: part.index("</p>")]
            assert f'href="../{path.stem}.html#' in line, f"{label} does not lead to {path.stem}"
            found += 1
    assert found, "no chapter points to an erratum, so this test would see nothing"


@pytest.mark.browser
def test_the_table_can_be_filtered(tab, site):
    page = tab()
    page.goto((site / "book" / "errata.html").as_uri())
    rows = page.locator("table.errata-table tbody tr:visible")
    everything = rows.count()
    assert everything == sum(len(entries(p)) for p in PAGES)
    page.get_by_label("words").fill("smoothgrad")
    assert [row.split()[0] for row in rows.all_inner_texts()] == ["E30"]
    page.get_by_label("words").fill("")
    page.get_by_label("kind").select_option("slip")
    assert 0 < rows.count() < everything
    assert all("slip" in row for row in rows.all_inner_texts())
    assert page.get_by_role("status").inner_text() == f"{rows.count()} of {everything}"
