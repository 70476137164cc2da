"""No page asks for anything outside its own folder, over http and from a folder."""

import re
from urllib.parse import urlsplit

import pytest


def visit(browser, start, pages, width):
    """Open pages; return the requests to elsewhere, and what went wrong."""
    outside, problems = [], []

    def check(route):
        url = route.request.url
        inside = url.startswith((start + "/", "data:", "blob:"))
        if not inside:
            outside.append(url)
        return route.continue_() if inside else route.abort()

    def said(line):
        if line.type in ("error", "warning"):
            problems.append((page.url, line.text))

    def failed(request):
        if request.failure != "net::ERR_ABORTED":  # by going on to the next page
            problems.append((page.url, request.url))

    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        context.route("**/*", check)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append((page.url, str(error))))
        page.on("console", said)
        page.on("requestfailed", failed)
        for path in pages:
            page.goto(f"{start}/{path}", wait_until="load")
            page.evaluate("document.fonts.ready")
            if page.evaluate("document.documentElement.scrollWidth") > width:
                problems.append((path, f"wider than the window of {width}"))
    return outside, problems


@pytest.mark.browser
@pytest.mark.parametrize("scheme, width", [("http", 1300), ("file", 390)])
def test_no_page_asks_for_anything_outside(browser, site, pages, request, scheme, width):
    start = request.getfixturevalue("server") if scheme == "http" else site.as_uri()
    outside, problems = visit(browser, start, pages, width)
    assert len(pages) >= 5
    assert not outside, f"requests to {sorted({urlsplit(url).netloc for url in outside})}"
    assert not problems


@pytest.mark.browser
@pytest.mark.slow
def test_no_page_of_the_reference_asks_for_anything_outside(browser, site, made_pages):
    outside, problems = visit(browser, site.as_uri(), made_pages, 390)
    assert not outside and not problems


@pytest.mark.browser
@pytest.mark.parametrize("width", [1300, 390])
def test_nothing_printed_is_cut_off(browser, site, pages, width):
    cut = {}
    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        page = context.new_page()
        for path in pages:
            page.goto(f"{site.as_uri()}/{path}", wait_until="load")
            found = page.evaluate(
                """() => {
                  for (const fold of document.querySelectorAll("article details")) fold.open = true;
                  return [...document.querySelectorAll("article pre")]
                    .filter((pre) => pre.scrollWidth > pre.clientWidth + 1)
                    .map((pre) => pre.textContent.slice(0, 100));
                }"""
            )
            if found:
                cut[path] = found
    assert not cut


@pytest.mark.browser
def test_a_page_without_photographs_is_light(browser, site, server):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{server}/book/notation.html", wait_until="load")
        page.evaluate("document.fonts.ready")
        size = page.evaluate(
            """() => ["navigation", "resource"]
                .flatMap((kind) => performance.getEntriesByType(kind))
                .reduce((sum, entry) => sum + entry.encodedBodySize, 0)"""
        )
    assert 200_000 < size < 1_000_000, f"{size / 1e6:.2f} MB"


def test_every_icon_is_drawn(site, pages):
    """The icons' font holds what the pages use: a missing one would be a box of another font."""
    style = (site / "_static" / "icons.css").read_text(encoding="utf-8")
    for path in pages:
        text = (site / path).read_text(encoding="utf-8")
        for icon in re.findall(r'<i class="[^"]*?fa-(?!solid|lg)([\w-]+)', text):
            assert f".fa-{icon}:before" in style, f"{path} uses {icon}"
    assert "fontawesome" not in (site / "book" / "index.html").read_text(encoding="utf-8").lower()
