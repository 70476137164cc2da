"""No page breaks a rule of WCAG 2.2 AA that axe can see, light or dark."""

from importlib import resources

import pytest

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = ["color-contrast", "link-in-text-block"]  # all that changes from light to dark


def violations(page, rules):
    """What axe finds on an open page: the rule and the elements."""
    page.evaluate(AXE)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", rules
    )["violations"]
    return [(rule["id"], [node["html"][:300] for node in rule["nodes"]]) for rule in found]


def check(browser, site, pages, scheme, rules):
    """Run axe on pages, their folds open."""
    size = {"width": 1300, "height": 850}
    problems = {}
    with browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce") as tab:
        page = tab.new_page()
        for path in pages:
            page.goto(f"{site.as_uri()}/{path}")
            page.evaluate("document.querySelectorAll('article details').forEach(d => d.open = 1)")
            if found := violations(page, rules):
                problems[path] = found
    assert len(pages) >= 5 and not problems


@pytest.mark.browser
@pytest.mark.parametrize("scheme, rules", [("light", RULES), ("dark", CONTRAST)])
def test_axe_finds_nothing(browser, site, pages, scheme, rules):
    check(browser, site, pages, scheme, rules)


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("scheme, rules", [("light", RULES), ("dark", CONTRAST)])
def test_axe_finds_nothing_in_the_reference(browser, site, made_pages, scheme, rules):
    check(browser, site, made_pages, scheme, rules)


@pytest.mark.browser
def test_axe_would_find_something(browser):
    with browser.new_context() as tab:
        page = tab.new_page()
        page.set_content("<html lang=en><title>t</title><main><h1>t</h1><button></button></main>")
        assert [rule for rule, _ in violations(page, RULES)] == ["button-name"]
