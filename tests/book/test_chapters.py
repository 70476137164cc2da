"""The map of the chapters and the sidebar are made from the table of contents."""

import re
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "book" / "_ext"))
from chapters import NUMBERS, PICTURES  # noqa: E402


@pytest.fixture(scope="module")
def existing():
    """The words of the chapters in the table of contents, in its order."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    files = [page["file"] for part in toc["parts"] for page in part["chapters"]]
    return [word for word in (file.removeprefix("book/") for file in files) if word in NUMBERS]


def test_the_fourteen_are_numbered_and_drawn():
    assert list(NUMBERS.values()) == list(range(1, 15))
    assert {path.stem for path in PICTURES.glob("*.svg")} == set(NUMBERS)


def test_the_table_of_contents_keeps_their_order(existing):
    assert existing == sorted(existing, key=NUMBERS.get)


def test_the_map_links_what_exists_and_names_what_is_to_come(site, existing):
    page = (site / "book" / "index.html").read_text(encoding="utf-8")
    article = page.partition("<article")[2].partition("</article>")[0]
    cards = re.findall(r'<li class="card-chapter.*?</li>', article, re.S)
    assert len(cards) == 14
    linked = [re.search(r'href="(\w+)\.html"', card) for card in cards]
    assert [match[1] for match in linked if match] == existing
    assert all("(to come)" in card for card, link in zip(cards, linked, strict=True) if not link)


def test_every_chapter_has_its_number_and_its_exercise_in_the_sidebar(site, existing):
    page = (site / "book" / "notation.html").read_text(encoding="utf-8")
    sidebar = page.partition('aria-label="Chapters"')[2].partition("</nav>")[0]
    for word in existing:
        assert f'<span class="number">{NUMBERS[word]}</span>' in sidebar
        assert f'href="../exercises/{word}/{word}.html"' in sidebar


@pytest.mark.browser
def test_a_page_read_to_its_end_is_marked(browser, site):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{site.as_uri()}/book/notation.html")
        link = page.locator('nav[aria-label="Chapters"] a[data-page="book/notation"]')
        assert link.locator(".read").count() == 0
        page.mouse.wheel(0, 400)
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        link.locator(".read").wait_for()
        page.goto(f"{site.as_uri()}/book/errata.html")
        link.locator(".read").wait_for()
        assert "(read)" in link.text_content()
