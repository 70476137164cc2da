"""The search leads to sections and quotes them, over http and from a folder."""

import json
import re

import pytest
from browsing import listening


def sections(site):
    """What the search looks through: (address, title, text, place on its page)."""
    script = (site / "sections.js").read_text(encoding="utf-8")
    return json.loads(re.fullmatch(r"const sections = (.*);\n", script, re.S)[1])


def test_every_address_exists(site):
    pages = {path.relative_to(site).as_posix(): path for path in site.rglob("*.html")}
    for address, *_ in sections(site):
        page, _, anchor = address.partition("#")
        text = pages[page].read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in text, address


EVERYWHERE = [
    (scheme, query)
    for scheme in ("file", "http")
    for query in ("padding", "Laplacian", "SmoothGrad", "kernels", "conv2d stride")
]
QUICK = [("file", "kernels"), ("file", "conv2d stride"), ("http", "SmoothGrad")]
MARKED = [pytest.param(*one, marks=() if one in QUICK else pytest.mark.slow) for one in EVERYWHERE]


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "query"), MARKED)
def test_results_are_sections_with_an_excerpt(tab, site, server, scheme, query):
    start = server if scheme == "http" else site.as_uri()
    page = tab()
    page.set_viewport_size({"width": 1280, "height": 720})
    with listening(page, start) as problems:
        search(page, start, query)
    assert not problems


def search(page, start, query):
    """Look for some words, and follow a result."""
    words = query.lower().split()
    page.goto(f"{start}/search.html?q={query}")
    results = page.locator("#search-results li")
    results.first.wait_for()
    assert str(results.count()) in page.locator("#search-count").text_content()
    for text, excerpt in results.evaluate_all(
        "all => all.slice(0, 10).map(li => [li.textContent, li.querySelector('p').textContent])"
    ):
        assert any(word.rstrip("s") in text.lower() for word in words)
        assert excerpt.strip()
    addresses = results.locator("a").evaluate_all("all => all.map(a => a.href)")
    assert any("#" in address for address in addresses)

    # A result leads to its section, and the words are marked there.
    index = next(n for n, address in enumerate(addresses) if "#" in address)
    results.locator("a").nth(index).click()
    page.wait_for_url("**/*#*")
    anchor = page.url.partition("#")[2]
    page.locator(".highlighted").first.wait_for(state="attached")
    page.wait_for_function(
        """id => {
          const top = document.getElementById(id).getBoundingClientRect().top;
          const height = document.documentElement.scrollHeight;
          return (top > -5 && top < 200) || innerHeight + scrollY > height - 2;
        }""",
        arg=anchor,
    )


@pytest.mark.browser
def test_nothing_found_is_said(tab, site):
    page = tab()
    page.goto(f"{site.as_uri()}/search.html?q=%3Cimg%20src%3Dx%3E+qwxyz")
    status = page.get_by_role("status").filter(has_text="No section holds")
    status.wait_for()
    assert page.locator("#search-count img, #search-results li").count() == 0
