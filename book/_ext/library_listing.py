"""The directive `library`: a package's public functions, listed from their docstrings.

A docstring here is one sentence, the equation, then the sections Args, Returns, Raises and Source,
then a doctest. The nodes are built from it directly, so nothing in it can be taken for markup.
"""

import inspect
import re
import sys
from importlib import import_module

from docutils import nodes
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

HEADING = re.compile(r"(Args|Returns|Raises|Source):$")
EQUATION = re.compile(r"[^\s\[=]+(\[[^\]]*\])?[^\s=]* = ")  # "y[n, f, i] = ...", "dL/dh_t = ..."
WIDTH = 76


def words(text):
    """Return text whose quotes stay as they are, for they are code."""
    node = nodes.Text(text)
    node.support_smartquotes = False
    return node


def inline(text):
    """Split text at its backticks into words and literals."""
    parts = re.split(r"`+([^`]+)`+", " ".join(text.split()))
    return [
        nodes.literal("", part) if number % 2 else words(part)
        for number, part in enumerate(parts)
        if part
    ]


def block(text, language="none"):
    return nodes.literal_block(text, text, language=language)


def entries(lines):
    """Split an indented list of "name: what it is" into pairs."""
    pairs = []
    for line in inspect.cleandoc("\n".join(["", *lines])).splitlines():
        name, colon, rest = line.partition(":")
        if colon and not line.startswith(" "):
            pairs.append([name, rest])
        elif pairs:
            pairs[-1][1] += " " + line.strip()
    return pairs


def bullets(items):
    """Return a list whose items are lists of inline nodes."""
    items = [nodes.list_item("", nodes.paragraph("", "", *item)) for item in items]
    return nodes.bullet_list("", *items)


def described(docstring):
    """Return a docstring as nodes."""
    text, *doctest = re.split(r"^(?=>>> )", docstring, maxsplit=1, flags=re.M)
    parts, heading = {"": []}, ""
    for line in text.splitlines():
        if HEADING.match(line):
            heading = line[:-1]
            parts[heading] = []
        else:
            parts[heading].append(line)
    paragraphs = re.split(r"\n\s*\n", "\n".join(parts.pop("")).strip())
    result = [
        block(text) if EQUATION.match(text) else nodes.paragraph("", "", *inline(text))
        for text in paragraphs
    ]
    for heading, lines in parts.items():
        pairs = entries(lines) if heading in ("Args", "Raises") else []
        title = nodes.strong("", {"Args": "Arguments"}.get(heading, heading))
        if pairs:
            items = [[nodes.literal("", n), nodes.Text(": "), *inline(text)] for n, text in pairs]
            result += [nodes.paragraph("", "", title), bullets(items)]
        else:
            text = inline("\n".join(lines))
            result.append(nodes.paragraph("", "", title, nodes.Text(": "), *text))
    return result + [block(example.strip(), "pycon") for example in doctest]


def signature(name, function):
    """Return a call with its arguments, one a line where they do not fit in one."""
    whole = f"{name}{inspect.signature(function)}"
    if len(whole) <= WIDTH:
        return whole
    arguments = re.split(r", (?![^\[({]*[\])}])", whole[len(name) + 1 : -1])
    lines, line = [], "   "
    for argument in arguments:
        if len(line) + len(argument) + 2 > WIDTH:
            lines.append(line)
            line = "   "
        line += f" {argument},"
    return "\n".join([f"{name}(", *lines, line, ")"])


def home(package, name):
    """Return the module that defines a public name, and the comment above it if it is data."""
    value = getattr(package, name)
    if callable(value):
        return value.__module__, None
    for module in sorted(m for m in sys.modules if m.startswith("course_lib.")):
        if getattr(sys.modules[module], name, None) is value:
            comments = ModuleAnalyzer.for_module(module).find_attr_docs()
            if ("", name) in comments:
                return module, " ".join(comments["", name])
    raise ValueError(f"{name} needs a comment '#:' above its definition, to be listed")


def section(title, label, content):
    title = nodes.title("", "", nodes.literal("", title))
    return nodes.section("", title, *content, ids=[nodes.make_id(label)], names=[label])


class Library(SphinxDirective):
    """List what `package.__all__` names, grouped by the modules that define it."""

    required_arguments = 1

    def run(self):
        package = import_module(self.arguments[0])
        groups = {}
        for name in sorted(package.__all__):
            module, comment = home(package, name)
            groups.setdefault(module, []).append((name, comment))
        groups = dict(sorted(groups.items()))
        overview = bullets(self.overview(package, *group) for group in groups.items())
        return [overview, *(self.module(package, *group) for group in groups.items())]

    def label(self, package, name):
        return f"{package.__name__}-{name}"

    def overview(self, package, module, members):
        line = [nodes.Text(module.rpartition(".")[2] + ": ")]
        for number, (name, _) in enumerate(members):
            target = nodes.make_id(self.label(package, name))
            line.append(nodes.Text(", " if number else ""))
            line.append(nodes.reference("", "", nodes.literal("", name), refid=target))
        return line

    def module(self, package, module, members):
        summary = inspect.getdoc(sys.modules[module]).split("\n\n")[0]
        content = [nodes.paragraph("", "", *inline(summary))]
        for name, comment in members:
            value = getattr(package, name)
            if comment is None:
                body = [block(signature(name, value), "python"), *described(inspect.getdoc(value))]
            else:
                body = [nodes.paragraph("", "", *inline(comment))]
            content.append(section(name, self.label(package, name), body))
        return section(module, f"module-{module}", content)
