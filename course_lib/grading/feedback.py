"""Feedback pages: nbgrader's content, cleaned of everything active, on a page that loads nothing.

nbgrader's own page runs whatever a student wrote in HTML, Markdown or SVG, and asks a server for
MathJax. Here an allow-list keeps text, tables, code and pictures; a content security policy stands
behind it.
"""

import shutil
from pathlib import Path

import bleach
from bs4 import BeautifulSoup
from jinja2 import Environment, PackageLoader, select_autoescape

from course_lib.grading.folder import write_atomically

#: Removed with all they hold; what is not on the allow-list only loses its tag.
_REMOVED = (
    "script style svg math iframe frame object embed applet form input button select textarea link "
    "meta base template noscript video audio canvas"
).split()
_TAGS = frozenset(
    "a abbr b blockquote br caption code col colgroup dd del details div dl dt em h1 h2 h3 h4 h5 "
    "h6 hr i img kbd li mark ol p pre q s samp small span strong sub summary sup table tbody td "
    "tfoot th thead tr tt u ul var".split()
)


def _link_attribute(tag, name, value):
    return name == "name" or (name == "href" and not value.strip().lower().startswith("data:"))


def _image_attribute(tag, name, value):
    if name == "src":  # an address would tell its server who opens the page
        return value.startswith("data:image/")
    return name in ("alt", "width", "height")


_ATTRIBUTES = {
    "*": ["class", "id", "title"],
    "a": _link_attribute,
    "img": _image_attribute,
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan", "scope"],
    "ol": ["start"],
}

TEMPLATES = Environment(
    loader=PackageLoader("course_lib.grading", "templates"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
    lstrip_blocks=True,
)


def clean(html):
    """Keep what can only be read: no script, style, form, frame, or address outside the page.

    Args:
        html: any HTML.

    Returns:
        str: HTML with the allowed tags and attributes only.
    """
    soup = BeautifulSoup(html, "html.parser")
    for element in soup(_REMOVED):
        element.decompose()
    return bleach.clean(
        str(soup),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        protocols=["http", "https", "mailto", "data"],
        strip=True,
    )


def rewrite_page(path, *, title, notes):
    """Replace nbgrader's feedback page by a clean one with the same content.

    Args:
        path: the page that `nbgrader generate_feedback` wrote.
        title: heading of the page.
        notes: sentences for the student, such as what was repaired.
    """
    soup = BeautifulSoup(Path(path).read_text(encoding="utf-8"), "html.parser")
    for link in soup("a", class_="anchor-link"):
        link.decompose()
    for link in soup.select("#toc a[href^='#']"):
        link.string = link["href"].removeprefix("#").replace("comment-", "comment on ")
    content = clean((soup.body or soup).decode_contents())
    page = TEMPLATES.get_template("feedback.html").render(title=title, notes=notes, content=content)
    Path(path).unlink()  # nbgrader leaves its files read-only
    write_atomically(path, page)


def remove(folder):
    """Remove a folder of feedback pages."""
    shutil.rmtree(folder, ignore_errors=True)
