"""What the book needs beyond its extensions: nothing from outside, nothing stale, nothing hidden.

- Executed pages are cached under what they need of the library: see `page_cache`.
- A build with warnings leaves nothing behind that would let the next build pass without them.
- The executed notebooks go behind the pages' download buttons: see `plain_notebook`.
- What screen readers mind in the extensions' HTML is mended.
- What is left of pages that are gone is removed.
"""

import hashlib
import json
from pathlib import Path

import nbformat
import plain_notebook

EXTENSIONS = (
    "page_cache",
    "typeset",
    "icons",
    "citations",
    "chapters",
    "sections",
    "library_reference",
    "errata",
)
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def look():
    """Return a hash of what shows on every page: this folder, and the table of contents."""
    folder = Path(__file__).parent
    files = [path for path in folder.rglob("*.*") if path.suffix != ".pyc"]
    files += [*folder.parent.rglob("assets/**/*.svg"), folder.parents[1] / "_toc.yml"]
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()


def drop_widget_state(app, env):
    """Take the widgets' kernel state out of the pages: ids are random, and no kernel runs here."""
    for page in env.nb_metadata.values():
        page.get("js_files", {}).pop("ipywidgets_state", None)


def is_offered(app, page):
    """Tell whether a page is offered as a notebook: it was executed, and is not the first page."""
    ran = getattr(app.env, "nb_metadata", {}).get(page, {}).get("exec_data")
    return bool(ran) and page != app.config.root_doc


def offer_notebook(app, pagename, templatename, context, doctree):
    """Put the executed notebook behind the download button of a page written in Markdown."""
    executed = Path(app.outdir).parent / "jupyter_execute" / f"{pagename}.ipynb"
    if not is_offered(app, pagename) or not executed.exists():
        return
    glue = executed.with_suffix(".glue.json")
    glued = json.loads(glue.read_text(encoding="utf-8")) if glue.exists() else {}
    notebook = nbformat.read(executed, as_version=4)
    notebook = plain_notebook.plain(app.env, pagename, notebook, glued)
    for output in (output for cell in notebook.cells for output in cell.get("outputs", [])):
        output.get("data", {}).pop(WIDGET_VIEW, None)  # its kernel is gone
    published = Path(app.outdir) / "_sources" / f"{pagename}.ipynb"
    published.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, published)
    context["ipynb_source"] = f"{pagename}.ipynb"


MENDED = {
    'role="doc-biblioentry"': 'role="listitem"',  # a list to screen readers, too
    ' id="proof-content"': "",  # an id stands once on a page
    ' id="exercise-content"': "",
    ' aria-label="Toggle hidden content"': "",  # the text in it is its name
    '<th class="head"><p></p></th>': "<td></td>",  # an empty corner heads nothing
}


def mend_accessibility(app, pagename, templatename, context, doctree):
    """Mend what the extensions write that screen readers mind."""
    for old, new in MENDED.items():
        context["body"] = context.get("body", "").replace(old, new)


def prune(app, exception):
    """Remove what an earlier build wrote of pages that are gone, or offer no notebook any more."""
    out, pages = Path(app.outdir), app.env.found_docs
    for path in [*out.glob("[!_]*/**/*.html"), *out.glob("_sources/**/*.*")]:
        page = path.relative_to(out).with_suffix("").as_posix().removeprefix("_sources/")
        was_offered = path.suffix == ".ipynb" and app.env.doc2path(page).endswith(".md")
        if page not in pages or (was_offered and not is_offered(app, page)):
            path.unlink()


def finish(app, exception):
    """After a warning, forget the pages, so that the next build meets it again."""
    if exception is not None or app._warncount:
        Path(app.doctreedir, "environment.pickle").unlink(missing_ok=True)


def setup(app):
    """Connect the above to Sphinx's events, and set up the book's other extensions."""
    for name in EXTENSIONS:
        app.setup_extension(name)
    app.add_config_value("look", look(), "html")  # when it changes, all pages are written again
    app.connect("env-updated", drop_widget_state)
    app.connect("html-page-context", offer_notebook, priority=400)  # before the theme's buttons
    app.connect("html-page-context", mend_accessibility)
    app.connect("build-finished", prune)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True}
