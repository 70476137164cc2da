"""The reference of the library: a page for every public module, made from docstrings by autodoc.

- Each build writes `book/library/<package>/<module>.rst`; `_toc.yml` names the packages only.
- Docstrings are plain text with code in backticks, formulas in `.. math::` blocks, the sections
  Args, Returns, Raises and Source, and a doctest. What would be markup in plain text is escaped,
  and a public function in backticks becomes a link.
- A function's entry lists the pages that import it or link to it.
- The directive `library` makes a package's table of functions.
"""

import ast
import inspect
import json
import re
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from sphinx.errors import ExtensionError
from sphinx.ext import viewcode
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective

PACKAGES = (
    "course_lib",
    "course_lib.attribution",
    "course_lib.datasets",
    "course_lib.gradcheck",
    "course_lib.models",
    "course_lib.plots",
)
FOLDER = "book/library"
LIBRARY = Path(find_spec("course_lib").origin).parent
#: A code cell without its options, which stand before it as ":tags: ..." or between dashes.
CELL = re.compile(
    r"^```\{code-cell\}[^\n]*\n(?:---\n.*?\n---\n|(?::[^\n]*\n)*)(.*?)^```", re.M | re.S
)
ROLES = re.compile(r"\{py:\w+\}`(?:[^`<]*<)?~?([\w.]+)>?`")


class Member(NamedTuple):
    """A public name: the module that defines it, and what it is there."""

    module: str
    node: ast.stmt

    @property
    def kind(self):
        """Return what autodoc calls it."""
        return {ast.ClassDef: "class", ast.FunctionDef: "function"}.get(type(self.node), "data")


@cache
def public():
    """Return {full name: Member} of all that is public, by reading: importing takes seconds."""
    return {
        f"{package}.{name}": defined(package, name)
        for package in PACKAGES
        for name in sorted(ast.literal_eval(defined(package, "__all__").node.value))
    }


def defined(module, name):
    """Return the Member that a module knows by a name, where others only pass it on."""
    for node in statements(module):
        if isinstance(node, ast.ImportFrom) and name in [alias.name for alias in node.names]:
            return defined(node.module, name)
        targets = getattr(node, "targets", [getattr(node, "target", node)])
        if name in [getattr(one, "id", getattr(one, "name", None)) for one in targets]:
            return Member(module, node)
    raise ExtensionError(f"{module} must define {name!r} or import it by `from`")


@cache
def statements(module):
    """Return the statements of a module of the library."""
    return ast.parse(file(module).read_text(encoding="utf-8")).body


def file(module):
    """Return the file of a module of the library."""
    path = LIBRARY.parent.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def modules():
    """Return {module: full names of its public members, in the order of its text}."""
    groups = {}
    for full, member in sorted(public().items(), key=lambda item: item[1].node.lineno):
        groups.setdefault(member.module, []).append(full)
    return groups


def page(module):
    """Return the name of a module's page; the modules of `course_lib` itself are operations."""
    package, _, name = module.removeprefix("course_lib.").rpartition(".")
    return f"{FOLDER}/{package or ('gradcheck' if name == 'gradcheck' else 'operations')}/{name}"


def write_pages(app, config):
    """Write a page for every public module, and take away those of modules that are gone."""
    texts = {Path(app.srcdir, f"{page(m)}.rst"): page_text(m, n) for m, n in modules().items()}
    for path in set(Path(app.srcdir, FOLDER).rglob("*.rst")) - set(texts):
        path.unlink()
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def page_text(module, names):
    title = module.removeprefix("course_lib.")
    package = names[0].rpartition(".")[0]
    lines = [title, "=" * len(title), "", f".. automodule:: {module}", "   :no-index:", ""]
    lines += [f"Import from ``{package}``.", ""]
    options = {"class": ["   :members:", "   :member-order: bysource"], "data": ["   :no-value:"]}
    for full in names:
        kind = public()[full].kind
        lines += [f".. auto{kind}:: {full}", *options.get(kind, []), ""]
    return "\n".join(lines)


def comment_above(module, name):
    """Return the comment `#:` above a piece of data."""
    comments = ModuleAnalyzer.for_module(module).find_attr_docs()
    if ("", name) not in comments:
        raise ExtensionError(f"{module}.{name} needs a comment '#:' above it, to be listed")
    return " ".join(comments["", name]).strip()


def matrices(value):
    """Return a dict of small matrices as formulas."""
    if not isinstance(value, dict) or not all(getattr(v, "ndim", 0) == 2 for v in value.values()):
        return []
    formulas = []
    for name, matrix in value.items():
        unit = min(abs(entry) for entry in matrix.flat if entry)
        rows = r" \\ ".join(" & ".join(f"{entry / unit:.0f}" for entry in row) for row in matrix)
        part = Fraction(float(unit)).limit_denominator(1000)
        factor = "" if part == 1 else rf"\tfrac{{{part.numerator}}}{{{part.denominator}}}"
        label = rf"\mathtt{{{name.replace('_', chr(92) + '_')}}}"
        body = rf"{factor}\begin{{bmatrix}} {rows} \end{{bmatrix}}"
        formulas.append(rf":math:`\underset{{{label}}}{{{body}}}\quad`")
    return [".. rst-class:: matrices", "", *formulas]


def marked(text):
    """Return plain text with backticks as reStructuredText, public functions as links."""
    parts = re.split(r"((?::\w+:)?`[^`]+`)", text)
    for number, part in enumerate(parts):
        if not number % 2:
            parts[number] = re.sub(r"""([\\*|"']|_(?!\w))""", r"\\\1", part)
        elif part.startswith("`"):
            full = next(
                (f"{p}.{part[1:-1]}" for p in PACKAGES if f"{p}.{part[1:-1]}" in public()), ""
            )
            parts[number] = f":py:obj:`~{full}`" if full else f"`{part}`"
    return "".join(parts)


def typed(app, what, name, obj, options, signature, returned):
    """Give a function's types as its text has them: Array, not all that an array may be."""
    if what != "function" or not inspect.isfunction(obj):
        return None
    (function,) = ast.parse(inspect.getsource(obj)).body
    return f"({ast.unparse(function.args)})", function.returns and ast.unparse(function.returns)


def escape(app, what, name, obj, options, lines):
    """Escape a docstring's plain text, name its source as a field, and add where it is used."""
    text, *doctest = re.split(r"^(?=>>> )", "\n".join(lines), maxsplit=1, flags=re.M)
    blocks = re.split(r"^( *\.\. math::\n(?:\n| .*\n)*)", text + "\n", flags=re.M)
    text = "".join(b if number % 2 else marked(b) for number, b in enumerate(blocks))
    text = re.sub(r"^Source:\n((?: .*\n)+)", lambda m: f":Source:\n{m[1]}", text, flags=re.M)
    if what != "module":
        text += used_in(app.env, name)
    lines[:] = [*text.splitlines(), "", *"".join(doctest).splitlines(), ""]


def describe_data(app, what, name, obj, options, lines):
    """Put the comment above a piece of data in the place of its type's docstring."""
    if what == "data":
        comment = marked(comment_above(public()[name].module, name.rpartition(".")[2]))
        lines[:] = [comment, "", *matrices(obj), "", *used_in(app.env, name).splitlines()]


def used_in(env, name):
    """Return a field with links to the pages that use a name."""
    pages = ", ".join(f":doc:`/{document}`" for document in env.library_uses.get(name, []))
    return f"\n:Used in: {pages}\n" if pages else ""


def code_of(path):
    """Return the code cells of a page, and the rest of it."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        return ["".join(c["source"]) for c in cells if c["cell_type"] == "code"], text
    return CELL.findall(text), text


def names_in(cells):
    """Return what a page's cells take from the library, as dotted paths."""
    aliases, used = {}, set()
    for cell in cells:
        try:
            tree = ast.parse(cell)
        except SyntaxError:  # a magic command
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("course_lib"):
                paths = {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
                aliases |= paths
                used |= set(paths.values())
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                if node.value.id in aliases:
                    used.add(f"{aliases[node.value.id]}.{node.attr}")
    return used


def find_uses(app, env, added, changed, removed):
    """Note for each public name the pages that use it; read the pages again where that changed."""
    names = {(one.module, full.rpartition(".")[2]): full for full, one in public().items()}
    uses = {}
    for document in sorted(env.found_docs):
        path = Path(env.doc2path(document))
        if path.suffix not in (".md", ".ipynb"):
            continue
        cells, text = code_of(path)
        for used in names_in(cells) | set(ROLES.findall(text)):
            full = names.get(tuple(used.rsplit(".", 1)), used)
            if full in public() and document not in uses.setdefault(full, []):
                uses[full].append(document)
    before, env.library_uses = getattr(env, "library_uses", {}), uses
    return {page(one.module) for f, one in public().items() if before.get(f) != uses.get(f)}


class Library(SphinxDirective):
    """A table of a package's public members: name, first sentence, module."""

    required_arguments = 1

    def run(self):
        rows = ["| name | in one sentence | module |", "|---|---|---|"]
        for full, member in public().items():
            package, _, name = full.rpartition(".")
            if package != self.arguments[0]:
                continue
            module, data = member.module, member.kind == "data"
            text = comment_above(module, name) if data else ast.get_docstring(member.node)
            summary = text.split("\n\n")[0]
            summary = " ".join(summary.split()).replace("|", r"\|").replace("*", r"\*")
            where = f"{{doc}}`{module.removeprefix(package + '.')} </{page(module)}>`"
            rows.append(f"| {{py:obj}}`{name} <{full}>` | {summary} | {where} |")
            self.env.note_dependency(str(file(module)))
        table = self.parse_text_to_nodes("\n".join(rows))
        table[0]["classes"].append("library-table")
        return table


def setup(app):
    """Set up autodoc and its kin, and connect the above."""
    for extension in ("autodoc", "napoleon", "viewcode"):
        app.setup_extension(f"sphinx.ext.{extension}")
    viewcode.get_module_filename = lambda app, module: str(file(module))  # its own imports torch
    app.config.html_domain_indices = ["prf-prf"]  # the library's own index is `book/library`
    app.config.napoleon_use_param = False  # "stride, padding: as in conv1d" is one line
    app.config.napoleon_use_rtype = False
    app.config.nitpick_ignore_regex = [("py:class", ".*")]  # types of NumPy and torch
    app.config.autodoc_preserve_defaults = True
    app.config.autodoc_typehints = "none"  # `typed` gives them as they are written
    app.add_css_file("reference.css")
    app.add_directive("library", Library)
    app.connect("config-inited", write_pages, priority=100)  # before the table of contents is read
    app.connect("env-get-outdated", find_uses)
    app.connect("autodoc-process-signature", typed)
    app.connect("autodoc-process-docstring", escape, priority=100)  # before napoleon
    app.connect("autodoc-process-docstring", describe_data, priority=900)  # after it
    return {"parallel_read_safe": True}
