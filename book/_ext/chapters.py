"""The fourteen chapters, in the sidebar and on the map of the first page.

A chapter whose page is in _toc.yml is a link; one that is still to come is grey.
"""

from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

PICTURES = Path(__file__).parents[1] / "assets" / "chapters"
PARTS = {
    "Images": {
        "structure": ("Structured data", "Does the order of the numbers mean anything?"),
        "convolution": ("Convolution", "One small window, the same everywhere."),
        "dimensions": ("Dimensions", "What comes out, and what can it see?"),
        "backprop": ("Backpropagation", "The way back is the same wiring."),
        "cnn": ("A network that reads digits", "Put together, first in NumPy, then in torch."),
    },
    "Sequences": {
        "bptt": ("Backpropagation through time", "One weight, used T times."),
        "lstm": ("LSTM", "A path that adds, so that gradients survive."),
        "rnn_cells": ("Cells that mean something", "The one that knows it is inside a quote."),
    },
    "Explaining": {
        "saliency": ("Saliency", "What does the net look at, and does the picture tell?"),
        "integrated_gradients": ("Integrated gradients", "Add up the gradient along a path."),
        "cam": ("Class activation maps", "Where in the picture the class was seen."),
        "relu_rules": ("Rules for the ReLU", "Sharp pictures that do not explain."),
    },
    "Shapley and anchors": {
        "shapley": ("Shapley values", "Share the prediction out fairly."),
        "anchors": ("Anchors", "The words that fix the answer, whatever the rest."),
    },
}
NUMBERS = {word: n for n, word in enumerate((w for p in PARTS.values() for w in p), start=1)}


class ChapterMap(SphinxDirective):
    """Mark the place of the map. It is drawn when the page is written, for titles change."""

    def run(self):
        return [nodes.raw("", "<!-- map of the chapters -->", format="html")]


def word_of(page):
    """Return the chapter's word of a page: its file's name, if it is one of the fourteen."""
    folder, _, word = page.rpartition("/")
    return word if folder == "book" and word in NUMBERS else None


def contents(app):
    """Return the table of contents: (caption, [(page, [pages below it])])."""
    below = app.env.toctree_includes
    return [
        (part.caption, [(str(item), below.get(str(item), [])) for item in part.items])
        for part in app.config.external_site_map.root.subtrees
    ]


def draw_map(app, pathto):
    """Return the map of the chapters as HTML."""
    existing = {word_of(page): page for _, pages in contents(app) for page, _ in pages}
    parts = []
    for part, chapters in PARTS.items():
        cards = []
        for word, (title, line) in chapters.items():
            picture = (PICTURES / f"{word}.svg").read_text(encoding="utf-8")
            number = f'<span class="number">{NUMBERS[word]}</span> '
            if page := existing.get(word):
                title = app.env.titles[page].astext()
                name = f'<a href="{pathto(page)}" data-page="{page}">{number}{escape(title)}</a>'
                card = '<li class="card-chapter">'
            else:
                name = f'{number}{escape(title)} <span class="visually-hidden">(to come)</span>'
                card = '<li class="card-chapter to-come">'
            cards.append(f"{card}{picture}<div><p>{name}</p><p>{escape(line)}</p></div></li>")
        parts.append(f"<section><h3>{part}</h3><ul>{''.join(cards)}</ul></section>")
    return f'<div class="chapter-map">{"".join(parts)}</div>'


def add_chapters(app, pagename, templatename, context, doctree):
    """Give the page its sidebar, and the first page its map."""
    if not app.env.titles:
        return
    title = {page: node.astext() for page, node in app.env.titles.items()}
    context["parts"] = [
        (
            caption,
            [
                (p, NUMBERS.get(word_of(p)), title[p], [(q, title[q]) for q in qs])
                for p, qs in pages
            ],
        )
        for caption, pages in contents(app)
    ]
    place = "<!-- map of the chapters -->"
    if place in context.get("body", ""):
        context["body"] = context["body"].replace(place, draw_map(app, context["pathto"]))


def setup(app):
    """Add the directive `chapter-map` and the sidebar's contents."""
    app.add_directive("chapter-map", ChapterMap)
    app.connect("html-page-context", add_chapters)
    return {"parallel_read_safe": True}
