"""Feedback pages: nothing that a student wrote may run, load or hide."""

import pytest

from course_lib.grading.feedback import clean, rewrite_page

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


def test_page_has_a_policy_and_escapes_notes(tmp_path):
    page = tmp_path / "page.html"
    page.write_text(
        "<html><head><script src='https://example.org/a.js'></script></head>"
        "<body><p>text</p><script>alert(1)</script></body></html>"
    )
    rewrite_page(page, title="<b>title", notes=["<i>note"])
    text = page.read_text()
    assert "default-src 'none'" in text and "script-src" not in text
    assert "<script" not in text and "example.org" not in text
    assert "&lt;b&gt;title" in text and "&lt;i&gt;note" in text and "<p>text</p>" in text
