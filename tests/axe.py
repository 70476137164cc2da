"""What axe finds on a page against WCAG 2.2 AA."""

from importlib import resources

AXE = (resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = ["color-contrast", "link-in-text-block"]  # all that changes from light to dark


def violations(page, rules, *, but=()):
    """Return what axe finds on an open page: each rule and its elements."""
    options = {
        "runOnly": rules,
        "rules": {rule: {"enabled": False} for rule in but},
        "resultTypes": ["violations"],
    }
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    return [(rule["id"], [node["html"][:300] for node in rule["nodes"]]) for rule in found]


# What has the same tags, classes and styles all the way up has the same colours: one of each is
# left. Formulas hold no text whose colour axe sees, and of drawings it knows no fill: the figures'
# own test looks at theirs.
ONE_OF_EACH = """() => {
  for (const drawn of document.querySelectorAll("mjx-container, svg")) drawn.replaceChildren();
  const seen = new Set();
  const isNew = (e, above) => {
    const own = [e.tagName, e.getAttribute("class"), e.getAttribute("style")];
    if (e.matches("tr")) own.push(e.rowIndex % 2);  // rows alternate
    const kind = `${above} ${own}`;
    let found = !seen.has(kind) || e.matches("style");
    seen.add(kind);
    for (const child of [...e.children])
      if (isNew(child, kind)) found = true;
      else child.remove();
    return found;
  };
  isNew(document.body, "");
}"""


def colours(page):
    """Return the violations of an open page's colours; of each kind of element it keeps one."""
    page.evaluate(ONE_OF_EACH)
    return violations(page, CONTRAST)
