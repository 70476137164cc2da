"""No page asks for anything outside its own folder, over http and from a folder."""

from urllib.parse import urlsplit

import pytest


def pages(site):
    """The pages, but of those that are made alike from the library's modules one of each folder."""
    found, folders = [], set()
    for path in sorted(path.relative_to(site) for path in site.rglob("*.html")):
        alike = path.parts[0] == "_modules" or path.as_posix().startswith("book/library/")
        if not (alike and path.parent in folders):
            folders.add(path.parent)
            found.append(path.as_posix())
    return found


@pytest.mark.browser
@pytest.mark.parametrize("scheme, width", [("http", 1300), ("file", 400)])
def test_no_page_asks_for_anything_outside(browser, site, request, scheme, width):
    start = request.getfixturevalue("server") if scheme == "http" else site.as_uri()
    outside, problems, visited = [], [], 0

    def check(route):
        url = route.request.url
        inside = url.startswith((start + "/", "data:", "blob:"))
        if not inside:
            outside.append(url)
        return route.continue_() if inside else route.abort()

    with browser.new_context(viewport={"width": width, "height": 800}) as context:
        context.route("**/*", check)
        for path in pages(site):
            if path.startswith("_static/"):
                continue
            page = context.new_page()
            page.on("pageerror", lambda error, path=path: problems.append((path, str(error))))
            page.on(
                "console",
                lambda line, path=path: (
                    problems.append((path, line.text))
                    if line.type in ("error", "warning")
                    else None
                ),
            )
            page.on("requestfailed", lambda r, path=path: problems.append((path, r.url)))
            page.goto(f"{start}/{path}", wait_until="networkidle")
            page.wait_for_function(
                "!document.querySelector('.math') || document.querySelector('mjx-container')"
            )
            if page.evaluate("document.documentElement.scrollWidth") > width:
                problems.append((path, f"wider than the window of {width}"))
            visited += 1
            page.close()
    assert visited >= 5
    assert not outside, (
        f"{len(outside)} requests to {sorted({urlsplit(u).netloc for u in outside})}"
    )
    assert not problems


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_finds_a_page(browser, site, request, scheme):
    start = request.getfixturevalue("server") if scheme == "http" else site.as_uri()
    with browser.new_context() as context:
        page = context.new_page()
        problems = []
        page.on(
            "console", lambda line: problems.append(line.text) if line.type == "error" else None
        )
        page.goto(f"{start}/search.html?q=equivariance")
        page.locator("#search-results a[href*='convolution']").first.wait_for()
        assert not problems
