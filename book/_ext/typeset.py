"""Formulas are set by MathJax while the book is built: a page holds the result, and no MathJax.

The reader waits for nothing, nothing jumps, and a formula that MathJax does not understand fails
the build. Every formula keeps its MathML, which is what screen readers read.
"""

import re
from importlib import resources
from pathlib import Path

from docutils import nodes
from py_mini_racer import MiniRacer
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.fileutil import copy_asset
from sphinx.util.math import get_node_equation_number

MATHJAX = resources.files("sphinx-mathjax-offline") / "static" / "mathjax"
SCRIPTS = (
    "startup core adaptors/liteDOM input/tex-full output/chtml output/chtml/fonts/tex "
    "a11y/assistive-mml"
).split()
FONTS = "output/chtml/fonts/woff-v2"
BEFORE = """
var global = globalThis, console = {log() {}, warn() {}, error() {}};
var MathJax = {
  startup: {typeset: false}, loader: {ready() {}}, options: {enableAssistiveMml: true},
  chtml: {fontURL: "FONTS"},
};
"""
AFTER = """
MathJax.startup.getComponents();
MathJax.startup.makeMethods();
const adaptor = MathJax.startup.adaptor;
function set(tex, display) { return adaptor.outerHTML(MathJax.tex2chtml(tex, {display})); }
function style() { return adaptor.textContent(MathJax.chtmlStylesheet()); }
function begin() { MathJax.startup.output.clearCache(); return true; }
"""
logger = logging.getLogger(__name__)


class Typesetter:
    """MathJax in a JavaScript engine: formulas in, HTML out, and the style that they need."""

    def __init__(self):
        self.engine = MiniRacer()
        scripts = [(MATHJAX / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
        for script in (BEFORE, *scripts, AFTER):
            self.engine.eval(f"{script};0")

    def set(self, tex, display):
        """Return a formula as HTML; refuse one that MathJax does not understand."""
        html = self.engine.call("set", tex, display)
        if error := re.search(r'data-mjx-error="([^"]*)"', html):
            raise ValueError(f"{error[1]}, in the formula {tex!r}")
        return html

    def begin(self):
        """Forget which characters were used: a new page begins."""
        self.engine.call("begin")

    def style(self, fonts):
        """Return the style for the formulas since `begin`, its fonts in a folder `fonts`."""
        css = self.engine.call("style").replace("FONTS", fonts)
        return re.sub(r"\s*([{};:,])\s*", r"\1", css)


def formula(translator, node, tex, display):
    """Return a formula's HTML, or nothing after a warning."""
    builder = translator.builder
    if not hasattr(builder, "typesetter"):
        builder.typesetter, builder.typeset_page = Typesetter(), None
    if builder.typeset_page != builder.current_docname:
        builder.typesetter.begin()
        builder.typeset_page = builder.current_docname
    try:
        return builder.typesetter.set(tex, display)
    except ValueError as error:
        logger.warning(str(error), location=node)
        return ""


def visit_inline(translator, node):
    """Write a formula in the line."""
    html = formula(translator, node, node.astext(), display=False)
    translator.body.append(
        translator.starttag(node, "span", "", CLASS="math notranslate nohighlight")
        + html
        + "</span>"
    )
    raise nodes.SkipNode


def visit_display(translator, node):
    """Write a formula on a line of its own, with its number."""
    tex = node.astext()
    if "\\\\" in tex and not node["nowrap"]:
        tex = rf"\begin{{split}}{tex}\end{{split}}"
    translator.body.append(translator.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(formula(translator, node, tex, display=True) + "</div>\n")
    raise nodes.SkipNode


def add_style(app, pagename, templatename, context, doctree):
    """Put the style of a page's formulas into its head."""
    if getattr(app.builder, "typeset_page", None) == pagename:
        fonts = context["pathto"]("_static/mathjax", resource=True)
        context["math_style"] = app.builder.typesetter.style(fonts)


def copy_fonts(app, exception):
    """Copy MathJax's fonts from the installed package."""
    if app.builder.format == "html" and exception is None:
        copy_asset(str(MATHJAX / FONTS), str(Path(app.outdir, "_static", "mathjax")))


def setup(app):
    """Add the renderer `typeset`."""
    if not (MATHJAX / FONTS).is_dir():
        raise ExtensionError("sphinx-mathjax-offline holds no fonts")
    app.add_html_math_renderer("typeset", (visit_inline, None), (visit_display, None))
    app.connect("html-page-context", add_style)
    app.connect("build-finished", copy_fonts)
    return {"parallel_read_safe": True}
