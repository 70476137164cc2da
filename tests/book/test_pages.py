"""Every page, opened from its folder on a phone and over http on a desk.

It asks for nothing outside its own folder, nothing goes wrong, nothing printed is cut off, and axe
finds nothing against WCAG 2.2 AA, light or dark.
"""

import re

import pytest
from axe import CONTRAST, RULES, violations
from browsing import listening

# Axe looks at every element, so of code one token of a kind is left for it, as the same classes all
# the way up have the same colours, and of formulas the first.
THIN = """() => {
  [...document.querySelectorAll("mjx-container")].slice(1).forEach((f) => f.replaceChildren());
  const seen = new Set();
  const classes = (e) => (e.matches("body") ? "" : `${classes(e.parentElement)} ${e.className}`);
  for (const token of document.querySelectorAll("pre span[class]")) {
    const kind = classes(token);
    if (seen.has(kind)) token.replaceWith(...token.childNodes);
    seen.add(kind);
  }
}"""
# Formulas hold no text whose colour it sees, and of drawings it knows no fill: the figures' own
# test looks at theirs.
UNDRAW = (
    """() => document.querySelectorAll("mjx-container, svg").forEach((e) => e.replaceChildren())"""
)
# Pages of one pattern, whose colours are looked at on one of them and on all by the slow tests.
ALIKE = re.compile("(?:exercises|book/errata)/(?!convolution)")

CUT_OFF = """() => [...document.querySelectorAll("article pre, .prev-next-area a")]
  .filter((e) => e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.textContent.trim().slice(0, 100))"""


def look(page, start, path, width):
    """Open a page in a window of some width, its folds too; return what is wrong with it."""
    page.set_viewport_size({"width": width, "height": 850})
    with listening(page, start) as problems:
        page.goto(f"{start}/{path}.html", wait_until="load")
        page.evaluate("document.fonts.ready")
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append(f"wider than the window of {width}")
        page.evaluate("document.querySelectorAll('article details').forEach((d) => d.open = true)")
        problems += [f"cut off: {text}" for text in page.evaluate(CUT_OFF)]
    return problems


def on_a_phone(tab, site, path):
    return look(tab(), site.as_uri(), path, 390)


def on_a_desk(tab, server, path, schemes=("light", "dark")):
    page = tab()
    problems = look(page, server, path, 1300)
    page.evaluate(THIN)
    problems += violations(page, RULES, but=CONTRAST)
    page.evaluate(UNDRAW)
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        page.locator(f"html[data-theme={scheme}]").wait_for()
        problems += [(scheme, *one) for one in violations(page, CONTRAST)]
    return problems


@pytest.mark.browser
def test_it_reads_well_from_its_folder_on_a_phone(tab, site, path):
    assert on_a_phone(tab, site, path) == []


@pytest.mark.browser
def test_it_reads_well_over_http_on_a_desk(tab, server, path):
    schemes = () if ALIKE.match(path) else ("light", "dark")
    assert on_a_desk(tab, server, path, schemes) == []


@pytest.mark.browser
@pytest.mark.slow
def test_every_page_of_one_pattern_reads_well(tab, site, server, made_pages, documents):
    alike = [*made_pages, *filter(ALIKE.match, documents)]
    found = {p: on_a_phone(tab, site, p) + on_a_desk(tab, server, p) for p in alike}
    assert len(found) > 70
    assert not {page: problems for page, problems in found.items() if problems}


@pytest.mark.browser
def test_axe_and_the_listener_would_find_something(tab):
    page = tab()
    page.set_content("<html lang=en><title>t</title><main><h1>t</h1><button></button></main>")
    assert [rule for rule, _ in violations(page, RULES)] == ["button-name"]
    page.set_content(
        "<html lang=en><title>t</title><main><h1>t</h1><pre><span class=a>1</span>"
        "<span class=a>2</span><span class=b style='color: #ccc'>three</span></pre></main>"
    )
    page.evaluate(THIN)
    assert page.locator("pre").inner_html() == (
        '<span class="a">1</span>2<span class="b" style="color: #ccc">three</span>'
    )
    assert [rule for rule, _ in violations(page, CONTRAST)] == ["color-contrast"]
    with listening(page, "file:///here") as problems:
        page.evaluate("console.error('no')")
        page.evaluate("fetch('http://127.0.0.1:9/').catch(() => 0)")
        page.evaluate("setTimeout(() => missing)")
        page.evaluate("new Promise((done) => setTimeout(done))")
    assert problems[:2] == ["no", "asked for http://127.0.0.1:9/"]


@pytest.mark.browser
def test_a_page_without_photographs_is_light(browser, site, server):
    with browser.new_context() as context:  # nothing is in its cache
        page = context.new_page()
        page.goto(f"{server}/book/notation.html", wait_until="load")
        page.evaluate("document.fonts.ready")
        size = page.evaluate(
            """() => ["navigation", "resource"]
                .flatMap((kind) => performance.getEntriesByType(kind))
                .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
        )
    assert 200_000 < size < 1_000_000, f"{size / 1e6:.2f} MB"


def test_every_icon_is_drawn(site, path):
    """The icons' font holds what the pages use: a missing one would be a box of another font."""
    style = (site / "_static" / "icons.css").read_text(encoding="utf-8")
    text = (site / f"{path}.html").read_text(encoding="utf-8")
    for icon in re.findall(r'<i class="[^"]*?fa-(?!solid|lg)([\w-]+)', text):
        assert f".fa-{icon}:before" in style
    assert "fontawesome" not in text.lower()
