"""Feedback pages: nothing that a student wrote may run, load or hide."""

import re

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_lib.grading.feedback import clean, page
from course_lib.grading.folder import Marks, PartMarks

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


def test_page_has_a_policy_and_escapes_what_it_is_given():
    test = {"grade_id": "t", "grade": True, "solution": False, "locked": True, "points": 2}
    cells = [
        new_markdown_cell("*text*\n\n<script>alert(1)</script><img src=https://example.org/a.png>"),
        new_code_cell("shown()\nhidden()", metadata={"nbgrader": test}),
        new_code_cell("x = '<b>'"),
    ]
    cells[1].outputs = [
        new_output("error", ename="E", evalue="wrong", traceback=["line hidden()"]),
        new_output("execute_result", data={"text/plain": "0"}),
    ]
    cells[2].outputs = [new_output("stream", text="<script>alert(2)</script>")]
    marks = Marks({("n", "t"): PartMarks(0, False)}, {"n/t": "<i>comment"}, 0)
    text = page(
        {"n": new_notebook(cells=cells)}, marks, title="<b>title", notes=["<i>note"],
        hidden={"n": {"t": "shown()"}},
    )  # fmt: skip
    assert "default-src 'none'" in text and "script-src" not in text
    assert "<script" not in text and "example.org" not in text and "<em>text</em>" in text
    for said in (
        "&lt;b&gt;title",
        "&lt;i&gt;note",
        "&lt;i&gt;comment",
        "E: wrong",
        "0 of 2 points",
    ):
        assert said in text
    assert "hidden()" not in re.sub("<[^>]*>", "", text)


def test_what_waits_for_a_person_is_not_marked_yet():
    about = {"grade_id": "a", "grade": True, "solution": True, "locked": False, "points": 3}
    notebook = new_notebook(cells=[new_markdown_cell("why", metadata={"nbgrader": about})])
    marks = Marks({("n", "a"): PartMarks(0, True)}, {}, 0)
    text = page({"n": notebook}, marks, title="t", notes=[], hidden={})
    assert "not marked yet, of 3 points" in text and "0 of 3" not in text
