"""Every page, opened from its folder on a phone and over http on a desk.

It asks for nothing outside its own folder, nothing goes wrong, nothing printed is cut off, and axe
finds nothing against WCAG 2.2 AA, light or dark.
"""

import re

import pytest
from axe import CONTRAST, RULES, colours, violations
from browsing import listening

# Axe looks at every element, so of code and of formulas it gets one of a kind, and of a drawing
# only what has a role or a name.
THIN = """() => {
  const plain = ":is(path, rect, line, circle, text):not([role], [tabindex], [aria-label])";
  document.querySelectorAll(`svg ${plain}`).forEach((e) => e.remove());
  [...document.querySelectorAll("mjx-container")].slice(1).forEach((f) => f.replaceChildren());
  const seen = new Set();
  for (const token of document.querySelectorAll("pre span[class]")) {
    if (seen.has(token.className)) token.replaceWith(...token.childNodes);
    seen.add(token.className);
  }
}"""
# Pages of one pattern: axe looks at one of them, and at all with the slow tests.
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


def on_a_desk(tab, server, path, axe=True):
    page = tab()
    problems = look(page, server, path, 1300)
    if not axe:
        return problems
    page.evaluate(THIN)
    problems += violations(page, RULES, but=CONTRAST)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.locator(f"html[data-theme={scheme}]").wait_for()
        problems += [(scheme, *one) for one in colours(page)]
    return problems


@pytest.mark.browser
def test_it_reads_well_from_its_folder_on_a_phone(tab, site, path):
    assert on_a_phone(tab, site, path) == []


@pytest.mark.browser
def test_it_reads_well_over_http_on_a_desk(tab, server, path):
    assert on_a_desk(tab, server, path, axe=not ALIKE.match(path)) == []


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
        "<span class=a>2</span></pre><p>one</p><p>two</p>"
        "<p>three <i><b style='color: #ccc'>pale</b></i></p></main>"
    )
    page.evaluate(THIN)
    assert page.locator("pre").inner_html() == '<span class="a">1</span>2'
    assert [rule for rule, _ in colours(page)] == ["color-contrast"]
    assert page.locator("p").all_text_contents() == ["one", "three pale"]
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
