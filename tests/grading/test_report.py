"""The report about a class of 120, as an instructor reads it at nine in the evening."""

import json
import os
import re
import shutil
from collections import Counter
from urllib.parse import unquote

import nbformat
import numpy as np
import pytest
from axe import CONTRAST, RULES, colours, violations
from bs4 import BeautifulSoup

from course_lib.grading import grade, report, sandbox
from course_lib.grading.results import rows
from tests.grading import big_class
from tests.grading.conftest import WINDOWS, FakeEngine


class Big:
    """The class, its rows and its report."""

    def __init__(self, root):
        self.course = big_class.write(root)
        self.rows = rows(self.course, big_class.CHAPTER)
        self.graded = [row for row in self.rows if row.marks]
        self.parts = self.course.parts(big_class.CHAPTER)
        self.path = root / "report.html"
        self.path.write_text(report.page(self.course), encoding="utf-8")
        self.page = BeautifulSoup(self.path.read_text(encoding="utf-8"), "html.parser")

    def section(self, title):
        """What stands under a heading, up to the next one."""
        heading = self.page.find("h3", string=title)
        return BeautifulSoup("".join(map(str, _until_heading(heading))), "html.parser")

    def scores(self, part):
        return np.array([row.marks.parts[part.notebook, part.name].score for row in self.graded])


def _until_heading(heading):
    for one in heading.next_siblings:
        if one.name == "h3":
            return
        yield one


@pytest.fixture(scope="module")
def big(tmp_path_factory):
    return Big(tmp_path_factory.mktemp("big"))


@pytest.fixture
def opened(big, browser):
    """A function that opens the report; what it loads or complains about is a failure."""
    tabs, wrong = [], []

    def at(width=1280, scheme="light", **options):
        size = {"width": width, "height": 800}
        tabs.append(browser.new_context(viewport=size, color_scheme=scheme, **options))
        page = tabs[-1].new_page()
        page.on("request", lambda request: wrong.append(request.url))
        page.on("console", lambda message: wrong.append(message.text))
        page.goto(big.path.as_uri())
        return page

    yield at
    for tab in tabs:
        tab.close()
    assert [one for one in wrong if one != big.path.as_uri()] == []


def test_who_needs_a_person_stands_first_with_the_reason(big):
    titles = [heading.text for heading in big.page.find_all("h3")]
    assert titles[0] == "Needs a person" and titles.index("The class") > 1
    groups = {
        item.summary.strong.text: [one.get_text(" ", strip=True) for one in item.find_all("li")]
        for item in big.section("Needs a person").find_all("details")
    }
    assert list(groups) == [
        *("A score that cannot be.", "Rejected.", "Failed.", "Not graded yet."),
        *("Stopped.", "Another answer under your mark.", "Worth a look."),
    ]
    assert [len(items) for items in groups.values()] == [1, 2, 1, 1, 2, 2, 2]
    for title, said in {
        "A score that cannot be.": "693 points of 3",
        "Rejected.": "The file is empty",
        "Failed.": "No space left",
        "Stopped.": "did not end in time",
        "Another answer under your mark.": "thirteen_rows: marked 2 before",
        "Worth a look.": "Locked cells differed",
    }.items():
        assert said in " ".join(groups[title])
    [lost] = big.page.select(".lost a")
    assert lost.text == lost["href"] == "submitted/loose.ipynb"


def test_each_of_them_is_a_link_to_something(big):
    items = big.section("Needs a person").select("details li")
    for item in items:
        links = [link["href"] for link in item.find_all("a")]
        own = [link for link in links if not link.startswith("http")]
        assert own and all((big.course.root / unquote(link)).exists() for link in own)
    ids = {page for row in big.graded for _, page in row.marks.pages}
    shown = set(re.findall(r"/formgrader/submissions/(\w+)", str(big.page)))
    assert shown and shown <= ids


def test_unmarked_answers_are_one_line(big):
    [line] = big.section("Needs a person").select("li.one")
    waiting = [sum(row.kind(part) == "to mark" for row in big.graded) for part in big.parts]
    said = [count for part, count in zip(big.parts, waiting, strict=True) if part.written]
    assert [int(n) for n in re.findall(r"(?:library|rows)\s+(\d+)", line.get_text(" "))] == said
    assert line.find("a")["href"].endswith("/formgrader/gradebook/convolution/convolution")


def test_statistics_are_those_of_the_gradebook(big):
    table = big.section("The checks").table.tbody
    tests = [part for part in big.parts if not part.written]
    total = sum(big.scores(part) for part in tests)
    for line, part in zip(table.find_all("tr", recursive=False), tests, strict=True):
        cells = line.find_all("td", recursive=False)
        scores = big.scores(part)
        assert int(cells[0].text) == round(100 * scores.mean() / part.points)
        assert int(cells[1].text) == round(100 * (scores == part.points).mean())
        expected = np.corrcoef(scores, total - scores)[0, 1]
        assert float(cells[2].text) == pytest.approx(expected, abs=0.006)
        named = Counter(
            mistake for row in big.graded for mistake in row.check(part).get("mistakes", ())
        )
        shown = cells[4].select("ul.mistakes li strong")
        assert [int(one.text) for one in shown] == [count for _, count in named.most_common()]


def test_not_attempted_is_told_from_wrong(big):
    part = next(part for part in big.parts if part.name == "check-diagonal_kernel")
    kinds = Counter(row.kind(part) for row in big.graded)
    assert kinds["blank"] > 5 and kinds["wrong"] > 5
    line = big.page.find(id="a1-check-diagonal_kernel").get_text(" ")
    assert f"{kinds['blank']} not attempted" in line and f"{kinds['wrong']} wrong" in line


def test_the_histogram_stays_when_answers_are_marked(big, tmp_path):
    bars = str(big.page.find(class_="bars"))
    part = next(part for part in big.parts if part.written)
    with big.course.gradebook() as gradebook:
        row = next(row for row in big.graded if row.kind(part) == "to mark")
        grade = gradebook.find_grade(part.name, part.notebook, big_class.CHAPTER, row.student)
        grade.manual_score, grade.needs_manual_grade = 2, False
        gradebook.db.commit()
        try:
            again = report.page(big.course)
        finally:
            grade.manual_score, grade.needs_manual_grade = None, True
            gradebook.db.commit()
    assert str(BeautifulSoup(again, "html.parser").find(class_="bars")) == bars
    assert sum(int(n) for n in re.findall(r"percent: (\d+)", bars)) == len(big.graded)


def test_a_regrade_says_whose_score_changed(big):
    section = big.section("Scores that a regrade changed")
    changed = {row.student: row.changes for row in big.graded if row.changes}
    items = section.select("li li")
    assert len(items) == len(changed) > 3
    for item in items:
        name, said = item.get_text().split(": ")
        [(_, before, now)] = changed[name]
        assert f"{before:g} → {now:g}" in said


def test_only_the_copy_is_unusually_alike_and_it_is_called_evidence(big):
    section = big.section("Unusually alike")
    group, pair = section.select(".needs > li")
    assert "Evidence, not a finding" in section.text and "percent of the smaller" in pair.text
    assert group.summary.text.startswith("20") and group.li.text.count(",") == 19


def test_a_missing_wall_is_said_of_the_submission(big):
    [missing] = [row.student for row in big.graded if len(row.result.layers) < len(sandbox.WALLS)]
    notes = big.page.select("td.notes p")
    [note] = [one for one in notes if one.text.startswith("Without:")]
    first, *others = sandbox.WALLS
    assert note.find_parent("tr").th.text == missing and first in note.text
    assert f"everybody's code: {', '.join(others)}." in big.page.text


def test_a_name_cannot_bring_a_script(tiny):
    name = "<img src=x onerror=alert(1)>"
    tiny.hand_in(name, tiny.solved())
    page = report.page(tiny.course)
    assert "<img" not in page and "&lt;img" in page


def test_a_class_with_nothing_graded_has_a_report(tiny):
    tiny.hand_in("anna", b"")
    tiny.hand_in("ben", b"{")
    grade.grade(tiny.course, "tiny", engine=FakeEngine())
    page = BeautifulSoup(report.page(tiny.course), "html.parser")
    assert page.find(class_="statement").text.startswith("0 of 2 submissions are graded.")
    assert len(page.select(".needs li li")) == 2 and not page.find(class_="bars")


def test_an_assignment_of_written_answers_alone_has_a_report(tiny):
    path = tiny.root / "build" / "source" / "tiny" / "tiny.ipynb"
    source = nbformat.read(path, as_version=4)
    source.cells = [cell for cell in source.cells if cell.id in ("title", "why")]
    nbformat.write(source, path)
    tiny.hand_in("anna", tiny.solved())
    grade.grade(tiny.course, "tiny", engine=FakeEngine())
    page = BeautifulSoup(report.page(tiny.course), "html.parser")
    assert "1 of 1 submissions are graded." in page.text and not page.find(class_="bars")
    assert page.find("li", class_="one").get_text(" ", strip=True).startswith("1 Written answers")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 360])
def test_two_assignments_and_a_name_of_200_letters_fit(tiny, browser, width):
    shutil.copytree(tiny.root / "build/source/tiny", tiny.root / "build/source/second")
    tiny.hand_in("x" * 200, tiny.solved())
    tiny.hand_in("y" * 200, b"")
    grade.grade(tiny.course, "tiny", engine=FakeEngine())
    path = tiny.root / "report.html"
    path.write_text(report.page(tiny.course), encoding="utf-8")
    size = {"width": width, "height": 800}
    with browser.new_context(viewport=size, bypass_csp=True) as tab:
        page = tab.new_page()
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator("nav a").all_text_contents() == ["second", "tiny"]
        assert violations(page, RULES) == []


@pytest.mark.browser
@WINDOWS
def test_axe_finds_nothing(opened, width, scheme):
    page = opened(width, scheme, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    if scheme == "light":
        assert violations(page, RULES, but=CONTRAST) == []
    assert colours(page) == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_is_cut(opened, width):
    page = opened(width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for region in page.query_selector_all(".scroll"):
        wide, room = region.evaluate("one => [one.scrollWidth, one.clientWidth]")
        if width == 1280:
            assert wide <= room
        elif wide > room:
            region.focus()
            assert region.evaluate("one => one === document.activeElement")
            region.evaluate("one => one.scrollLeft = 200")
            first = region.query_selector("tbody th").bounding_box()
            assert first["x"] == pytest.approx(region.bounding_box()["x"] + 1, abs=1)


def column(page, number):
    cells = f"#a1-table tbody tr:not([hidden]) > :nth-child({number})"
    return page.eval_on_selector_all(cells, "all => all.map(one => one.textContent.trim())")


@pytest.mark.browser
def test_a_column_is_sorted_up_and_down(opened, big):
    page = opened()
    scores = sorted(row.automatic for row in big.graded)
    missing = len(big.rows) - len(scores)
    button = page.get_by_role("columnheader", name="Automatic").get_by_role("button")
    for direction, expected in (("ascending", scores), ("descending", scores[::-1])):
        button.focus()
        page.keyboard.press("Enter")
        shown = column(page, 3)
        assert [float(one) for one in shown[: len(scores)]] == expected
        assert shown[len(scores) :] == ["–"] * missing
        head = page.locator("#a1-table thead th[aria-sort]")
        assert head.count() == 1 and head.get_attribute("aria-sort") == direction
    page.get_by_role("button", name="Student").click()
    firsts = [name.split()[0] for name in column(page, 1)]
    assert len(firsts) == 120
    zoe, yusuf, olga = (
        [i for i, name in enumerate(firsts) if name == one] for one in ("Zoë", "Yusuf", "Ольга")
    )
    assert max(yusuf) < min(zoe) and max(zoe) < min(olga)


@pytest.mark.browser
def test_the_class_is_filtered_by_name_and_by_kind(opened, big):
    page = opened()
    page.get_by_label("Name").fill("zoe ")
    assert column(page, 1) and all(name.startswith("Zoë") for name in column(page, 1))
    page.get_by_label("Name").fill("")
    page.get_by_label("Show").select_option("late")
    late = [row.student for row in big.rows if row.result.late_seconds]
    assert sorted(column(page, 1)) == sorted(late) and len(late) == 9
    assert page.locator("output").text_content() == "9 of 120 shown"
    page.get_by_label("Show").select_option("")
    assert len(column(page, 1)) == 120


@pytest.mark.browser
def test_all_of_it_is_there_without_a_script(opened):
    page = opened(java_script_enabled=False)
    assert page.locator("#a1-table tbody tr").count() == 120
    assert page.locator(".filter").is_hidden() and page.locator("thead button").count() == 0
    page.locator("summary", has_text="more").first.click()
    assert page.locator("details[open] ul.mistakes li").first.is_visible()


def test_the_links_lead_to_the_server_of_this_folder(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    (tmp_path / "runtime").mkdir()
    tiny.hand_in("anna", tiny.solved())
    grade.grade(tiny.course, "tiny", engine=FakeEngine())
    other, own = str(tmp_path), str(tiny.root)
    for port, folder in ((8901, other), (8902, own)):
        about = {"pid": os.getpid(), "url": f"http://localhost:{port}/base/", "root_dir": folder}
        path = tmp_path / "runtime" / f"jpserver-{port}.json"
        path.write_text(json.dumps(about))
        page = report.page(tiny.course)
        port = 8888 if folder == other else 8902
        start = f"http://localhost:{port}/{'' if port == 8888 else 'base/'}"
        links = re.findall(r'href="(\S+)formgrader/', page)
        assert links and set(links) == {start}
