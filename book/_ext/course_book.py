"""What the book needs beyond its extensions: nothing from outside, nothing stale, nothing hidden.

- Executed pages are cached under what they need of the library: see `page_cache`.
- A build with warnings leaves nothing behind that would let the next build pass without them.
- MathJax is copied from the installed package, and the executed notebooks go behind the pages'
  download buttons.
- Roles that screen readers mind are mended in the bibliography.
"""

import shutil
from importlib import resources
from pathlib import Path

import nbformat

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
MATHJAX = ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts/woff-v2")


def drop_widget_state(app, env):
    """Take the widgets' kernel state out of the pages: ids are random, and no kernel runs here."""
    for page in env.nb_metadata.values():
        page.get("js_files", {}).pop("ipywidgets_state", None)


def offer_notebook(app, pagename, templatename, context, doctree):
    """Put the executed notebook behind the download button of a page written in Markdown."""
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.ipynb"
    if not app.env.nb_metadata.get(pagename, {}).get("exec_data") or not executed.exists():
        return
    notebook = nbformat.read(executed, as_version=4)
    notebook.metadata.pop("widgets", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number}"
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
    published = Path(app.outdir) / "_sources" / f"{pagename}.ipynb"
    published.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, published)
    context["ipynb_source"] = f"{pagename}.ipynb"


def mend_roles(app, pagename, templatename, context, doctree):
    """Make the bibliography a list to screen readers too, and let ids stand once on a page."""
    if "body" in context:
        for old, new in (
            ('role="doc-biblioentry"', 'role="listitem"'),
            (' id="proof-content"', ""),
            (' id="exercise-content"', ""),
        ):
            context["body"] = context["body"].replace(old, new)


def finish(app, exception):
    """Copy MathJax; after a warning, forget the pages, so that the next build meets it again."""
    if app.builder.format == "html" and exception is None:
        package = resources.files("sphinx-mathjax-offline") / "static" / "mathjax"
        for part in MATHJAX:
            target = Path(app.outdir, "_static", "mathjax", part)
            target.parent.mkdir(parents=True, exist_ok=True)
            if package.joinpath(part).is_dir():
                shutil.copytree(package / part, target, dirs_exist_ok=True)
            else:
                shutil.copy(package / part, target)
    if exception is not None or app._warncount:
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)


def setup(app):
    """Connect the above to Sphinx's events, and set up the book's other extensions."""
    app.setup_extension("page_cache")
    app.setup_extension("library_reference")
    app.setup_extension("errata")
    app.connect("env-updated", drop_widget_state)
    app.connect("html-page-context", offer_notebook, priority=400)  # before the theme's buttons
    app.connect("html-page-context", mend_roles)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
