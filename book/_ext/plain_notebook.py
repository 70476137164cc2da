"""A page as a notebook that reads well in plain Jupyter: MyST becomes ordinary Markdown.

Boxes become quotes, folded answers `<details>`; numbers, citations and labels become what the page
shows in their place; pictures come along as attachments.
"""

import ast
import base64
import mimetypes
import re
import textwrap
from pathlib import Path

import nbformat
from citations import authors
from pybtex.plugin import find_plugin

START = """\
*This is the page **{title}** of {book}, as a notebook with its results. To run it, you need the
course's library: run `make setup` once in the folder of the course, then open this notebook with
`.venv/bin/jupyter lab`. Without it, everything can still be read.*"""
OPENING = re.compile(
    r"(?P<indent> *)(?P<fence>`{3,}|:{3,}|~{3,})(?P<name>\{[\w:.-]+\})?(?P<rest>.*)"
)
OPTION = re.compile(r":([\w-]+):\s*(.*)")
ROLE = re.compile(r"\{([\w:+-]+)\}`([^`]+)`")
LINK = re.compile(
    r"(?<!!)\[((?:[^\[\]]|\[[^\]]*\])*)\]\((?!https?:|mailto:|attachment:)([^)\s]+)\)"
)
IMAGE = re.compile(r"!\[([^\]]*)\]\((?!https?:|data:|attachment:)([^)\s]+)\)")
EQUATION = re.compile(r"\$\$(.+?)\$\$(?: *\(([\w:.-]+)\))?", re.S)
ATTRIBUTES = re.compile(r"(?<=[\])`])\{[.#][^}\n]*\}")
WHOLE = re.compile(r"\\begin\{(align|gather|equation|multline|flalign|eqnarray)")
NOTHING = {"raw", "toctree", "tableofcontents", "chapter-map", "glue", "glue:figure", "library"}
QUOTED = {"margin", "sidebar", "admonition", "note", "tip", "hint", "warning", "important"}
QUOTED |= {"caution", "attention", "danger", "seealso", "topic", "exercise"}


class Page:
    """Turns the Markdown of one page into what plain Jupyter shows."""

    def __init__(self, env, page, values):
        self.env, self.page, self.values = env, page, values
        self.attachments = {}

    # Blocks: fences, labels, comments and lists of definitions, line by line.

    def convert(self, text):
        """Return a cell's Markdown without MyST."""
        parts, lines = [], []
        source = text.splitlines()
        while source:
            line = source.pop(0)
            if match := OPENING.fullmatch(line):
                body = take(source, match["fence"], match["indent"])
                name = (match["name"] or "").strip("{}")
                if name in ("code-block", "code", "sourcecode", ""):
                    language = match["rest"].strip()
                    _, body = options(body) if name else ({}, body)
                    block = f"```{language}\n{body}\n```"
                else:
                    block = self.directive(name, match["rest"].strip(), *options(body))
                parts += [self.inline("\n".join(lines)), textwrap.indent(block, match["indent"])]
                lines = []
            elif re.fullmatch(r" *\([\w:.-]+\)=|%.*|\+\+\+.*", line):
                continue
            elif (term := re.fullmatch(r": +(.*)", line)) and lines and lines[-1]:
                lines[-1] = f"**{lines[-1]}**  "
                lines.append(term[1])
                while source and source[0].startswith("  "):
                    lines.append(source.pop(0).strip())
            else:
                lines.append(line)
        parts.append(self.inline("\n".join(lines)))
        return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).strip("\n")

    def directive(self, name, argument, given, body):
        """Return a directive as plain Markdown."""
        if name in NOTHING:
            return ""
        if name == "math":
            return self.equation(body, given.get("label"))
        if name == "bibliography":
            return self.sources()
        if name in ("figure", "image"):
            caption = "\n\n" + self.convert(body) if body else ""
            return self.picture(given.get("alt", ""), argument) + caption
        body = self.convert(body)
        if name.startswith("prf:"):
            kind = name.removeprefix("prf:")
            number = self.proof(given.get("label"))
            title = f" ({argument})" if argument else ""
            return quote(f"**{kind.capitalize()}{number and ' ' + number}{title}.**\n\n{body}")
        if name == "dropdown":
            return f"<details><summary>{self.inline(argument)}</summary>\n\n{body}\n\n</details>"
        if name in QUOTED:
            title = self.inline(argument) or name.capitalize()
            return quote(f"**{title}**\n\n{body}")
        return "\n\n".join(filter(None, [self.inline(argument), body]))

    # Inline: roles, links, pictures, formulas.

    def inline(self, text):
        """Return text without roles, and with links that lead somewhere."""
        text = ROLE.sub(lambda m: self.role(m[1], m[2]), text)
        text = IMAGE.sub(lambda m: self.picture(m[1], m[2]), text)
        text = ATTRIBUTES.sub("", LINK.sub(lambda m: self.link(m[1], m[2]), text))
        return EQUATION.sub(lambda m: self.equation(m[1], m[2]), text)

    def role(self, name, text):
        """Return what a role shows."""
        shown, _, target = text.partition("<")
        shown, target = (shown.strip(), target.rstrip("> ")) if target else ("", text)
        if name.startswith("cite"):
            return self.citation(target, inside=name.endswith(("t", "ct")))
        if name == "eq":
            return f"({self.number(target)})"
        if name.startswith("glue"):
            return self.value(text) if name == "glue:text" else ""
        if name == "math":
            return f"${text}$"
        if name.startswith(("py:", "func", "class", "mod", "data")):
            if target.startswith("~"):
                return f"`{target.rpartition('.')[2]}`"
            return f"`{shown or target}`"
        if name == "prf:ref":
            kind = self.env.proof_list[target]["realtype"]
            return shown or f"{kind.capitalize()} {self.proof(target)}"
        if name in ("ref", "numref", "doc"):
            return self.link(shown, target if name == "doc" else f"#{target}")
        return shown or target

    def link(self, text, target):
        """Return a link within the notebook, or the words and where they lead in the book."""
        path, _, label = target.partition("#")
        page = resolve(self.page, path) if path else self.page
        name = None
        if label and not path:
            labels = self.env.domaindata["std"]
            page, _, name = labels["labels"].get(label, (None, None, None))
            page = page or labels["anonlabels"].get(label, (self.page,))[0]
        title = self.title(page)
        text = self.inline(text) or name or title
        if page == self.page:
            return f"[{text}](#{name.replace(' ', '-')})" if name else text
        if base := self.env.config.html_baseurl:
            return f"[{text}]({base}{page}.html{label and '#' + label})"
        return text if text == title else f"{text} (*{title}*)"

    def picture(self, alt, target):
        """Return a picture, attached to its cell."""
        file = Path(self.env.doc2path(self.page)).parent / target
        kind = mimetypes.guess_type(file.name)[0]
        data = base64.b64encode(file.read_bytes()).decode()
        self.attachments[file.name] = {kind: data}
        return f"![{alt}](attachment:{file.name})"

    def equation(self, tex, label):
        """Return a formula on lines of its own, with its number."""
        tex = tex.strip()
        if "\\\\" in tex and not WHOLE.match(tex):
            tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
        tag = rf" \tag{{{self.number(label)}}}" if label else ""
        return f"$$\n{tex}{tag}\n$$"

    # What the book knows.

    def title(self, page):
        return self.env.titles[page].astext() if page in self.env.titles else ""

    def number(self, label):
        return self.env.domaindata["math"]["objects"][label][1]

    def proof(self, label):
        if label not in getattr(self.env, "proof_list", {}):
            return ""
        kind = self.env.proof_list[label]["countertype"]
        page = self.env.proof_list[label]["docname"]
        return ".".join(map(str, self.env.toc_fignumbers[page][kind][label]))

    def value(self, text):
        name, _, form = text.partition(":")
        value = self.values[name]["data"]["text/plain"]
        if not form:
            return value.strip("'\"")
        return format(ast.literal_eval(re.sub(r"^np\.\w+\((.*)\)$", r"\1", value)), form)

    def cited(self):
        found = self.env.domaindata["cite"]["citations"]
        return {c.key: c for c in found if c.bibliography_key.docname == self.page}

    def citation(self, keys, inside):
        entries = [self.cited()[key.strip()].entry for key in keys.split(",")]
        if inside:
            return " and ".join(f"{authors(e)} [{e.fields['year']}]" for e in entries)
        return "[" + "; ".join(f"{authors(e)}, {e.fields['year']}" for e in entries) + "]"

    def sources(self):
        backend = find_plugin("pybtex.backends", "markdown")()
        texts = [c.formatted_entry.text.render(backend) for c in self.cited().values()]
        return "\n".join(f"- {text.replace(chr(10), ' ')}" for text in texts)


def take(source, fence, indent):
    """Take a fence's lines off the source, up to its end."""
    lines = []
    while source:
        line = source.pop(0)
        end = line.strip()
        if end.startswith(fence) and not end.strip(fence[0]):
            break
        lines.append(line.removeprefix(indent))
    return "\n".join(lines)


def options(body):
    """Split a directive's options from its body."""
    lines, given = body.splitlines(), {}
    while lines and (match := OPTION.fullmatch(lines[0])):
        given[match[1]] = match[2]
        lines.pop(0)
        while lines and match[2] and lines[0].startswith("  ") and lines[0].strip():
            given[match[1]] += " " + lines.pop(0).strip()
    return given, "\n".join(lines).strip("\n")


def quote(text):
    """Return text as a quote."""
    return "\n".join(f"> {line}" if line else ">" for line in text.splitlines())


def resolve(page, path):
    """Return the page that a relative path leads to."""
    parts = page.split("/")[:-1] + path.removesuffix(".md").removesuffix(".ipynb").split("/")
    found = []
    for part in parts:
        if part == "..":
            found.pop()
        elif part != ".":
            found.append(part)
    return "/".join(found)


def without_glue(cell, glued):
    """Take out of a code cell what only the book needs; what it glued to be seen, it displays."""
    lines = cell.source.splitlines()
    cell.outputs = [o for o in cell.outputs if "scrapbook" not in o.get("metadata", {})]
    try:
        statements = ast.parse(cell.source).body
    except SyntaxError:  # a magic
        return
    for node in statements:
        code = ast.unparse(node)
        if code.startswith("glue("):
            name, value = (ast.unparse(argument) for argument in node.value.args[:2])
            data = glued[ast.literal_eval(name)]["data"] if name[0] in "'\"" else {}
            shown = [f"display({value})"] if len(data) > 1 else []
            if shown:
                cell.outputs.insert(0, nbformat.v4.new_output("display_data", data))
        else:
            continue
        lines[node.lineno - 1 : node.end_lineno] = shown + [None] * (
            node.end_lineno - node.lineno + 1 - len(shown)
        )
    cell.source = "\n".join(line for line in lines if line is not None).strip("\n")


def plain(env, page, notebook, glued):
    """Return an executed page as a notebook for plain Jupyter; `glued` is what it glued."""
    converter = Page(env, page, glued)
    title = converter.title(page)
    cells = [nbformat.v4.new_markdown_cell(START.format(title=title, book=env.config.html_title))]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            converter.attachments = {}
            cell.source = converter.convert(cell.source)
            if converter.attachments:
                cell.attachments = converter.attachments
        else:
            without_glue(cell, glued)
            hidden = {"hide-input", "remove-input", "remove-cell"} & set(
                cell.metadata.get("tags", [])
            )
            cell.metadata = {"jupyter": {"source_hidden": True}} if hidden else {}
        cells.append(cell)
    code = [cell for cell in cells if cell.cell_type == "code"]
    if not any(re.search(r"\bglue\(", cell.source) for cell in code):  # none in a loop
        for cell in code:
            cell.source = cell.source.replace("from myst_nb import glue", "").strip("\n")
    cells = [cell for cell in cells if cell.source]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
