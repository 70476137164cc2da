"""What someone wrote, as HTML that can only be read: Markdown, formulas, code, outputs.

What a student wrote in HTML, Markdown or SVG passes an allow-list, and so does what LaTeX becomes.
"""

import re
from functools import cache, lru_cache
from html import escape, unescape
from xml.etree import ElementTree

import mistune
import nh3
from latex2mathml.converter import convert_to_element
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

#: Removed with all they hold; what is not on the allow-list only loses its tag.
_REMOVED = set(
    "script style svg math iframe frame object embed applet form input button select textarea link "
    "meta base template noscript video audio canvas".split()
)
_TAGS = set(
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 "
    "h6 hr i img kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td "
    "tfoot th thead tr tt u ul var figure figcaption".split()
)
_ATTRIBUTES = {
    "*": {"class", "id", "title"},
    "a": {"href", "name"},
    "div": {"role", "tabindex", "aria-label"},
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
}
_MATH_TAGS = set(
    "math mrow mi mn mo mtext mspace ms msub msup msubsup munder mover munderover mfrac msqrt "
    "mroot mstyle mtable mtr mtd mpadded mphantom mmultiscripts mprescripts".split()
)
_MATH_ATTRIBUTES = set(
    "display stretchy fence form width height depth minsize maxsize symmetric separator lspace "
    "rspace accent accentunder linethickness mathvariant mathcolor columnalign columnspacing "
    "rowspacing displaystyle scriptlevel columnlines rowlines movablelimits largeop".split()
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
#: Code, which may hold a dollar, or a formula between two or one.
_FORMULA = re.compile(
    r"^ {0,3}(?P<fence>```|~~~).*?(?:^ {0,3}(?P=fence)|\Z)|(?P<ticks>`{1,3}).*?(?P=ticks)|\\\$"
    r"|\$\$(?P<display>.+?)\$\$|\$(?![\s$])(?P<inline>[^$]*?[^\s$\\])\$(?!\d)",
    re.DOTALL | re.MULTILINE,
)
_LONGEST, _LONGEST_FORMULA = 100_000, 2_000


def _filter(tag, name, value):
    if name == "src":  # an address would tell its server who opens the page
        return value if value.startswith("data:image/") else None
    if name == "href" and value.strip().lower().startswith("data:"):
        return None
    return value


def clean(html):
    """Keep what can only be read: no script, style, form, frame, or address outside the page.

    Args:
        html: any HTML.

    Returns:
        str: HTML with the allowed tags and attributes only.
    """
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_REMOVED,
        attributes=_ATTRIBUTES,
        attribute_filter=_filter,
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer",
    )


@lru_cache(maxsize=2000)  # most cells of a class are the released ones
def markdown(text):
    """Return Markdown as clean HTML, its formulas as MathML and its headings two levels lower."""
    formulas = []

    def put_aside(found):
        display, inline = found["display"], found["inline"]
        if display is None and inline is None:
            return found[0]
        formulas.append(mathml(display or inline, bool(display)))
        return f'<span class="formula-{len(formulas) - 1}"></span>'

    # In an attribute the cleaned text would have &quot; so a formula can only go between tags.
    html = clean(_renderer()(_FORMULA.sub(put_aside, text[:_LONGEST])))
    known = re.compile(r'<span class="formula-(\d{1,5})"></span>')
    return known.sub(lambda m: (formulas + [""])[min(int(m[1]), len(formulas))], html)


class _Renderer(mistune.HTMLRenderer):
    def heading(self, text, level, **attrs):
        return super().heading(text, min(6, level + 2), **attrs)


def _table(renderer, text):
    about = 'class="wide" role="group" tabindex="0" aria-label="table"'
    return f"<div {about}><table>{text}</table></div>"


def _table_cell(renderer, text, align=None, head=False):
    tag = "th" if head and text.strip() else "td"
    return f"<{tag}>{text}</{tag}>"


@cache
def _renderer():
    renderer = _Renderer(escape=False)
    made = mistune.create_markdown(
        renderer=renderer, escape=False, plugins=["table", "strikethrough", "url"]
    )
    renderer.register("table", _table)
    renderer.register("table_cell", _table_cell)
    return made


@lru_cache(maxsize=5000)
def mathml(latex, display=False):
    """Return a formula as MathML, or, where it cannot be read, as the text that it is.

    >>> mathml("x < 2")
    '<math display="inline"><mrow><mi>x</mi><mo>&lt;</mo><mn>2</mn></mrow></math>'
    """
    try:
        if len(latex) > _LONGEST_FORMULA:
            raise ValueError("too long")
        latex_known = latex.replace("{aligned}", "{align*}")
        root = convert_to_element(latex_known, display="block" if display else "inline")
        for element in root.iter():
            # It leaves entities for the printer, and a command that it does not know as its name.
            element.text = element.text and unescape(element.text)
            element.attrib.pop("xmlns", None)
            known = element.tag in _MATH_TAGS and set(element.attrib) <= _MATH_ATTRIBUTES
            if not known or element.tag == "mi" and re.match(r"\\|&", element.text or ""):
                raise ValueError("not known")
        text = ElementTree.tostring(root, encoding="unicode")
    except Exception:  # whatever it says of what a student wrote
        mark = "$$" if display else "$"
        return f'<code class="latex">{escape(mark + latex + mark)}</code>'
    if not display:
        return text
    return f'<span class="wide" role="group" tabindex="0" aria-label="formula">{text}</span>'


@lru_cache(maxsize=2000)
def code(text):
    """Return Python as HTML with classes for its kinds of words."""
    return highlight(text[:_LONGEST], PythonLexer(), HtmlFormatter())


def output(one, is_test):
    """Return an output of a cell as clean HTML; empty where there is nothing to see.

    Args:
        one: an output of a notebook.
        is_test: whether a test's cell gave it, whose hidden lines must not be shown.
    """
    match one.output_type:
        case "stream":
            return _pre(one.text, prose=is_test)
        case "error":
            # The traceback of a test would show the lines of the hidden part.
            last = f"{one.ename}: {one.evalue}"
            text = last if is_test else "\n".join(one.traceback) or last
            return f'<div class="output_error">{_pre(_COLOURS.sub("", text))}</div>'
    data = one.data
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            picture = re.sub(r"[^A-Za-z0-9+/=]", "", str(data[kind]))
            return f'<img src="data:{kind};base64,{picture}" alt="what the cell above drew">'
    if "text/html" in data:
        return clean(str(data["text/html"]))
    if "text/markdown" in data:
        return markdown(str(data["text/markdown"]))
    if is_test:
        return ""  # the points, which stand above
    return _pre(str(data.get("text/plain", "")))


def _pre(text, prose=False):
    """Preformatted text; with `prose`, lines without columns may break on a narrow screen."""
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\n(more left out)"
    if not text.strip():
        return ""
    lines = [escape(line) for line in text.split("\n")]
    if prose:
        lines = [
            line if re.search(r"\S {2,}\S", line) else f'<span class="prose">{line}</span>'
            for line in lines
        ]
    return "<pre>" + "\n".join(lines) + "</pre>"
