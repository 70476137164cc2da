"""Feedback pages: nothing that a student wrote may run, load or hide."""

import re

import pytest
from axe import CONTRAST, RULES, colours, violations
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.utils import is_grade

from course_lib.authoring.notebook import source_notebook, student_notebook
from course_lib.grading.feedback import duration, page
from course_lib.grading.folder import Part
from course_lib.grading.marks import Marks, PartMarks
from course_lib.grading.markup import clean, markdown, output
from course_lib.grading.results import Result, row
from tests.grading.conftest import ROOT, WINDOWS

SOLUTIONS = ROOT / "solutions"

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href=' JaVa\tscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<iframe src='https://example.org'></iframe>",
    "<img src='https://example.org/seen.png'>",
    "<link rel=stylesheet href='https://example.org/a.css'>",
    "<style>body { display: none }</style>",
    "<form action='https://example.org'><input name=a></form>",
    "<meta http-equiv=refresh content='0; url=https://example.org'>",
    "<div style='background: url(https://example.org/a.png)'>x</div>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_cleaned_of_everything_active(attack):
    cleaned = clean(f"<p>before</p>{attack}<p>after</p>").lower()
    assert "<p>before</p>" in cleaned
    for forbidden in (
        *("<script", "<style", "<svg", "<iframe", "<form", "<input", "<meta", "<link", "<math"),
        *("onerror=alert(1)>", "<img src=x", "javascript:", "data:text", "style="),
        *('src="http', "<noscript"),
    ):
        assert forbidden not in cleaned


def test_what_can_only_be_read_stays():
    html = (
        '<h2 id="a">T</h2><pre><span class="ansi-red-fg">E</span></pre>'
        '<img src="data:image/png;base64,AAAA" alt="plot">'
        '<a href="https://example.org">link</a><a href="#check">x</a><a name="check"></a>'
        '<table><tr><td colspan="2">1</td></tr></table>'
    )
    cleaned = clean(html)
    for kept in (
        '<h2 id="a">T</h2>',
        '<span class="ansi-red-fg">E</span>',
        'src="data:image/png;base64,AAAA"',
        'href="https://example.org"',
        'href="#check"',
        'name="check"',
        'colspan="2"',
    ):
        assert kept in cleaned


def part(name, points, *, written=False):
    return Part("n", name, points, written, (name,))


def row_of(parts, marks, **result):
    """The Row of a graded submission; marks: part -> PartMarks."""
    held = Marks({("n", name): mark for name, mark in marks.items()}, {}, 0)
    held = held._replace(**result.pop("held", {}))
    return row(Folders(), Result("tiny", "anna", "key", "done", "graded", **result), parts, held)


class Folders:
    """A course without feedback pages."""

    def path(self, *_):
        return ROOT / "none"


def cell_of(kind, name, *, solution, points=2):
    marks = {"grade_id": name, "grade": True, "solution": solution, "locked": not solution}
    return kind("text", metadata={"nbgrader": marks | {"points": points}})


def test_page_has_a_policy_and_escapes_what_it_is_given():
    cells = [
        new_markdown_cell("*text*\n\n<script>alert(1)</script><img src=https://example.org/a.png>"),
        cell_of(new_code_cell, "t", solution=False),
        new_code_cell("x = '<b>'"),
    ]
    cells[1].source = "shown()\nhidden()"
    cells[1].outputs = [
        new_output("error", ename="E", evalue="wrong", traceback=["line hidden()"]),
        new_output("execute_result", data={"text/plain": "0"}),
    ]
    cells[2].outputs = [new_output("stream", text="<script>alert(2)</script>")]
    one = row_of(
        [part("t", 2)], {"t": PartMarks(0, False)}, repairs=["<i>note"],
        held={"comments": {"n/t": "<i>comment"}},
    )  # fmt: skip
    text = page({"n": new_notebook(cells=cells)}, one, {"n": {"t": "shown()"}})
    assert "default-src 'none'" in text and "script-src" not in text
    assert "<script" not in text and "example.org" not in text and "<em>text</em>" in text
    for said in ("&lt;i&gt;note", "&lt;i&gt;comment", "E: wrong", "0 of 2 points"):
        assert said in text
    assert "hidden()" not in re.sub("<[^>]*>", "", text)


def test_a_test_whose_released_text_is_not_known_is_left_out():
    notebook = new_notebook(cells=[cell_of(new_code_cell, "t", solution=False)])
    notebook.cells[0].source = "secret()"
    text = page({"n": notebook}, row_of([part("t", 2)], {"t": PartMarks(2, False)}), {})
    assert "secret" not in text


def test_what_waits_for_a_person_is_not_marked_yet():
    notebook = new_notebook(cells=[cell_of(new_markdown_cell, "a", solution=True, points=3)])
    one = row_of([part("a", 3, written=True)], {"a": PartMarks(0, True)})
    text = page({"n": notebook}, one, {})
    assert "not marked yet" in text and "0 of 3" not in text


def test_what_to_look_at_stands_before_the_notebook():
    cells = [
        new_markdown_cell("# Exercise"),
        cell_of(new_code_cell, "right", solution=False),
        cell_of(new_code_cell, "wrong", solution=False),
        cell_of(new_markdown_cell, "why", solution=True),
    ]
    for cell in cells[1:3]:
        said = f"output of {cell.metadata.nbgrader['grade_id']}"
        cell.outputs = [new_output("stream", text=said)]
    parts = [part("right", 2), part("wrong", 2), part("why", 2, written=True)]
    marks = {n: PartMarks(s, False) for n, s in (("right", 2), ("wrong", 0.5), ("why", 2))}
    one = row_of(parts, marks, held={"comments": {"n/why": "Well seen."}})
    soup = BeautifulSoup(page({"n": new_notebook(cells=cells)}, one, {}), "html.parser")
    first, notebook = soup.find("h2"), soup.find("h2", string="Your notebook")
    assert first.text == "Look at this first"
    before = [one.get_text(" ", strip=True) for one in soup.select("section.look")]
    assert len(before) == 2 and "output of wrong" in before[0] and "Well seen." in before[1]
    after = " ".join(one.get_text(" ") for one in notebook.find_all_next())
    assert "output of right" in after and "output of wrong" not in after


def test_prose_of_a_check_breaks_and_its_columns_do_not():
    said = new_output("stream", text="a known mistake\n  expected   returned\n  1 2        2* 1*")
    html = output(said, is_test=True)
    assert '<span class="prose">a known mistake</span>' in html and html.count("<span") == 1
    assert "<span" not in output(said, is_test=False)


def test_lateness_and_a_regrade_are_said():
    one = row_of(
        [part("t", 2)], {"t": PartMarks(2, False)}, before={"n/t": 0.5},
        checks={"n/t": {"state": "ok", "score": 2, "mistakes": []}},
        held={"late": 7500.0, "penalty": 1.0, "score": 1.0},
    )  # fmt: skip
    notebook = new_notebook(cells=[cell_of(new_code_cell, "t", solution=False)])
    text = BeautifulSoup(page({"n": notebook}, one, {}), "html.parser").get_text(" ", strip=True)
    assert re.search(r"2 h 5 min late: 1 point off\. That makes 1 \.", text)
    assert "a check changed: t 0.5 → 2." in text


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (45, "45 s"),
        (300, "5 min"),
        (7800, "2 h 10 min"),
        (82_900, "23 h"),
        (97_200, "1 d 3 h"),
        (172_800, "2 d"),
    ],
)
def test_durations(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize("chapter_of_formulas", sorted(p.stem for p in SOLUTIONS.glob("*")))
def test_every_formula_of_an_exercise_becomes_mathml(chapter_of_formulas):
    path = SOLUTIONS / chapter_of_formulas / f"{chapter_of_formulas}.py"
    cells = [c for c in source_notebook(path).cells if c.cell_type == "markdown"]
    html = "".join(markdown(cell.source) for cell in cells)
    assert html.count("<math ") >= 5 and 'class="latex"' not in html
    assert "$$" not in BeautifulSoup(html, "html.parser").get_text()


def test_code_and_prices_are_no_formulas():
    html = markdown("`$x$` costs \\$5 and $6\n\n```text\n$a$\n```")
    assert "<math" not in html and "<code>$x$</code> costs $5 and $6" in html and "$a$" in html


def test_a_formula_between_bars_does_not_break_a_table():
    html = markdown("| a | b |\n|---|---|\n| $|x|$ | $y_1$ |")
    assert html.count("<td>") == 2 and html.count("<math ") == 2


@pytest.mark.parametrize(
    "latex",
    [
        r"\href{javascript:alert(1)}{x}",
        r"\style{background:url(https://example.org)}{x}",
        r"\class{a}{x}",
        r"\text{<script>alert(1)</script>}",
        r"\text{</math><img src=x onerror=alert(1)>}",
        r"\unknown{x}",
        "x^{2" + "{" * 1500,
        r"\frac" * 400,
        "x" * 3000,
    ],
)
def test_a_formula_brings_nothing_but_text(latex):
    html = markdown(f"a ${latex}$ b\n\n$${latex}$$")
    soup = BeautifulSoup(html, "html.parser")
    assert not soup.find_all(["script", "img", "a", "style"])
    assert "href=" not in re.sub(r"<code.*?</code>", "", html, flags=re.DOTALL)
    for element in soup.find_all(True):
        assert not {"style", "onerror"} & set(element.attrs)


@pytest.mark.parametrize(
    "text",
    [
        '<img src="data:image/png;base64,AA" alt="$\\text{x onerror=alert(1)}$">',
        "<a href='https://example.org' title='> $x$ <script>'>y</a>",
        "<b title='<span class=\"formula-0\"></span>'>$x$</b>",
    ],
)
def test_a_formula_cannot_break_out_of_an_attribute(text):
    soup = BeautifulSoup(markdown(text), "html.parser")
    assert not soup.find("script")
    for element in soup.find_all(True):
        known = {"src", "alt", "title", "href", "rel", "display", "class", "stretchy"}
        assert set(element.attrs) <= known
    assert not soup.select("[alt] math, [title] > [display=block]")


@pytest.mark.browser
@WINDOWS
def test_axe_finds_nothing_and_nothing_runs(browser, convolution_page, width, scheme):
    size = {"width": width, "height": 800}
    asked = []
    with browser.new_context(viewport=size, color_scheme=scheme, bypass_csp=True) as tab:
        tab.on("request", lambda request: asked.append(request.url))
        opened = tab.new_page()
        opened.goto(convolution_page.as_uri())
        opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert opened.evaluate("document.documentElement.scrollWidth") == width
        # Formulas stand as high as they must, so the browser knows them.
        assert opened.locator("math[display=block] munderover").first.bounding_box()["height"] > 30
        if scheme == "light":
            assert violations(opened, RULES, but=CONTRAST) == []
        assert colours(opened) == []
    assert [one for one in asked if not one.startswith("data:")] == [convolution_page.as_uri()]


@pytest.fixture(scope="module")
def convolution_page(tmp_path_factory):
    """A feedback page on the exercise `convolution` with parts of every kind."""
    source = source_notebook(SOLUTIONS / "convolution" / "convolution.py")
    notebook = student_notebook(source)
    parts, marks, blank = [], {}, set()
    for number, cell in enumerate(c for c in source.cells if is_grade(c)):
        about = cell.metadata.nbgrader
        points, name = about["points"], about["grade_id"]
        answers = (name.removeprefix("check-"),)
        parts.append(Part("convolution", name, points, about["solution"], answers))
        score = (points, 0, points / 2, 0)[number % 4]
        marks["convolution", name] = PartMarks(score, about["solution"] and number % 2 == 0)
        blank |= {("convolution", one) for one in answers} if number % 4 == 1 else set()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [new_output("stream", text="what a check says\n" + "x" * 120)]
    said = {f"convolution/{parts[0].name}": "Well done.\nGo on."}
    held = Marks(marks, said, 5, 1.0, 7200.0, frozenset(blank))
    result = Result("convolution", "Zoë", "key", "done", "graded", repairs=["Repaired."])
    path = tmp_path_factory.mktemp("feedback") / "convolution.html"
    one = row(Folders(), result, parts, held)
    path.write_text(page({"convolution": notebook}, one, {}), encoding="utf-8")
    return path
