"""Search by section, from a folder too: every section's text in one script that the page loads.

Sphinx's own search leads to the top of a page, and fetches pages to quote them, which file://
forbids.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

HIDDEN = (nodes.raw, nodes.comment, nodes.target, nodes.math_block, nodes.system_message)


def is_part(node):
    """Tell whether a node is found by itself. A definition is a section without a title: not it."""
    if isinstance(node, nodes.section):
        return any(isinstance(child, nodes.title) for child in node.children)
    return isinstance(node, addnodes.desc)


def text(node):
    """Return what a node shows, without the sections in it."""
    if isinstance(node, nodes.Text):
        return node.astext()
    if isinstance(node, HIDDEN):
        return " "
    between = "" if isinstance(node, nodes.TextElement) else " "
    return between.join(text(child) for child in node.children if not is_part(child))


def entry(part):
    """Return a section's or a library function's id, title and text."""
    if isinstance(part, addnodes.desc):
        signature, *content = part.children
        names = signature.get("ids", []), signature.get("fullname", "")
        return names[0], names[1], " ".join(text(node) for node in content)
    title = part.next_node(nodes.title)
    rest = [n for n in part.children if n is not title and not is_part(n)]
    return part["ids"], title.astext(), " ".join(text(node) for node in rest)


def collect(app, doctree):
    """Remember the sections of a page that was read."""
    found = []
    for part in doctree.findall(is_part):
        ids, title, words = entry(part)
        if ids and title:
            found.append([ids[0], title, " ".join(words.split())])
    sections = app.env.__dict__.setdefault("sections", {})
    sections[app.env.docname] = found


def forget(app, env, page):
    """Forget a page that will be read again, or is gone."""
    env.__dict__.setdefault("sections", {}).pop(page, None)


def merge(app, env, pages, other):
    """Take over the pages that another process read."""
    env.sections = {**getattr(env, "sections", {}), **getattr(other, "sections", {})}


def replace_search(app):
    """Switch off the search that comes with Sphinx; `search.html` is ours."""
    app.builder.search = False


def add_page(app):
    """Write the page that shows the results."""
    yield "search", {}, "search.html"


def write(app, exception):
    """Write all sections as a script."""
    if app.builder.format == "html" and exception is None:
        env = app.env
        rows = [
            [app.builder.get_target_uri(page) + (f"#{id}" if n else ""), title, words, n]
            for page in sorted(env.sections)
            for n, (id, title, words) in enumerate(env.sections[page])
        ]
        script = f"const sections = {json.dumps(rows, ensure_ascii=False)};\n"
        Path(app.outdir, "sections.js").write_text(script, encoding="utf-8")


def setup(app):
    """Replace Sphinx's search."""
    app.connect("builder-inited", replace_search)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("html-collect-pages", add_page)
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "env_version": 1}
