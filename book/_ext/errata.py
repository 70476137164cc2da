"""The errata: one page for each chapter under `book/errata/`, and the table of them all.

The directive `erratum` stands under an entry's heading. It says where the mistake is and of which
kind, and links to every place in the chapters that points to the entry. The directive `errata`
makes the table; its filter is a script in the page, and without it the table is whole.
"""

import json
import re
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from mdit_py_plugins.anchors.index import slugify
from sphinx.util.docutils import SphinxDirective

FOLDER = "book/errata/"
KINDS = ("wrong", "incomplete", "misleading", "slip")
DOCUMENTS = {
    "recitation": "recitation slides",
    "explainability": "explainability lecture",
    "lecture6": "Lecture 6",
    "interpretability": "interpretability lecture",
}
ENTRY = re.compile(
    r"^\((e\w+)\)=\n## E\w+\. (.*)\n\n```\{erratum\} \1\n:kind: (\w+)\n:in: (.*)\n```$", re.M
)
HEADING = re.compile(r"(?:^\(([\w-]+)\)=\n)?^#{2,3} +(.+)$|\]\(#(e\d+\w?)\)", re.M)


def kind(argument):
    return directives.choice(argument, KINDS)


def documents(argument):
    return [directives.choice(name.strip(), tuple(DOCUMENTS)) for name in argument.split(",")]


class Erratum(SphinxDirective):
    """One line about an entry: the document, the kind, and where a chapter mends it."""

    required_arguments = 1
    option_spec = {"kind": kind, "in": documents}

    def run(self):
        names = [re.sub(r"^(?!Lecture)", "the ", DOCUMENTS[name]) for name in self.options["in"]]
        places = self.env.errata_places.get(self.arguments[0], [])
        links = ", ".join(f"[{title}]({target})" for title, target in places)
        line = f"**{self.options['kind']}**, in {' and '.join(names)}"
        line += f"; see {links}" if links else ""
        paragraph = nodes.paragraph("", classes=["erratum"])
        for node in self.parse_text_to_nodes(line):
            paragraph += node.children
        return [paragraph]


class Errata(SphinxDirective):
    """The table of all entries, in the order of the chapters, and its filter."""

    def run(self):
        rows = ["| no. | what | in | kind | chapter |", "|---|---|---|---|---|"]
        for page in self.env.errata_pages:
            source = Path(self.env.doc2path(page))
            self.env.note_dependency(str(source))
            for label, title, kind, where in ENTRY.findall(source.read_text(encoding="utf-8")):
                names = ", ".join(DOCUMENTS[name.strip()] for name in where.split(","))
                word = page.removeprefix(FOLDER)
                rows.append(
                    f"| [E{label[1:]}](#{label}) | {title} | {names} | {kind} "
                    f"| [{word.replace('_', ' ')}](/{page}.md) |"
                )
        table = self.parse_text_to_nodes("\n".join(rows))
        table[0]["classes"].append("errata-table")
        script = Path(__file__).with_name("errata_filter.js").read_text(encoding="utf-8")
        labels = json.dumps({"in": list(DOCUMENTS.values()), "kind": KINDS})
        return [*table, nodes.raw("", f"<script>({script})({labels});</script>", format="html")]


def find_places(app, env, added, changed, removed):
    """Note the sections of the chapters that link to an entry; read again what changed by it."""
    places, pages = {}, []
    for page in sorted(env.found_docs):
        source = Path(env.doc2path(page))
        if page.startswith(FOLDER):
            pages.append(page)
        elif page.startswith("book/") and source.suffix == ".md":
            target = title = None
            for label, heading, link in HEADING.findall(source.read_text(encoding="utf-8")):
                if heading:
                    title, target = (
                        heading,
                        f"#{label}" if label else f"/{page}.md#{slugify(heading)}",
                    )
                elif title and (title, target) not in places.setdefault(link, []):
                    places[link].append((title, target))
    before = getattr(env, "errata_places", {}), getattr(env, "errata_pages", [])
    order = list(env.config.external_site_map)
    pages.sort(key=lambda page: order.index(page) if page in order else len(order))
    env.errata_places, env.errata_pages = places, pages
    outdated = [] if before[0] == places else pages
    return [*outdated, *([] if before[1] == pages else ["book/errata"])]


def setup(app):
    app.add_directive("erratum", Erratum)
    app.add_directive("errata", Errata)
    app.connect("env-get-outdated", find_places)
    return {"parallel_read_safe": True}
