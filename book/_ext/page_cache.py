"""A page runs again only when its cells, or what they need of the library, have changed.

What a page needs is found by reading, not by running: the modules that its cells import, those that
these import, and so on; the data files and scripts that they name; `constraints.txt`, Python.
"""

import ast
import functools
import hashlib
import re
import sys
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from myst_nb.core import execute
from myst_nb.core.execute import cache

OPERATION = re.compile(r"(\w+)\.(\w+)")  # "convolution.conv2d", as backends find it


class Library:
    """The files of `course_lib` as they are now, and what needs what."""

    def __init__(self, root):
        self.root = root
        self.data, self.modules = {}, {}
        for path in sorted((root / "course_lib").rglob("*")):
            if path.suffix == ".py":
                self.modules.setdefault(path.stem, []).append(self._name(path))
            elif path.is_file() and path.suffix != ".pyc":
                self.data.setdefault(path.name, []).append(path)
        self._tree = functools.cache(lambda path: ast.parse(path.read_bytes()))
        self._path = functools.cache(self._path)
        self._direct = functools.cache(self._direct)

    def key(self, code, folder):
        """Return a hash of all that the code of a page in `folder` depends on besides itself."""
        digest = hashlib.sha256(sys.version.encode())
        own = [folder / text for text in _look(ast.parse(code))[1] if len(text) < 100]
        own = sorted(path for path in own if path.is_file())
        for path in [self.root / "constraints.txt", *own, *self.files(code)]:
            digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
        return digest.hexdigest()

    def files(self, code):
        """Return the library's files that some code needs, sorted."""
        found, todo, seen = set(), self._needed(*_look(ast.parse(code)), ""), set()
        while todo - seen:
            name = (todo - seen).pop()
            seen.add(name)
            modules, files = self._direct(name)
            todo |= modules
            found |= files
        return sorted(found)

    def _direct(self, name):
        """Return the modules that a module needs, and its own file with the data it names."""
        path = self._path(name)
        imports, texts = _look(self._tree(path))
        files, siblings = {path}, {path.with_suffix(suffix).name for suffix in (".js", ".json")}
        for text in siblings | texts:
            named = self.data.get(text, [])
            near = [file for file in named if file.parent == path.parent]
            files |= set(near if near or text in siblings else named)
        package = name if path.stem == "__init__" else name.rpartition(".")[0]
        return self._needed(imports, texts, package), files

    def _needed(self, imports, texts, package):
        """Return the modules that some code imports, and the operations that it names."""
        names = set()
        for node in imports:
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            else:
                module = _absolute(node, package)
                names |= {self._home(module, alias.name) for alias in node.names}
        for match in filter(None, map(OPERATION.fullmatch, texts)):
            for name in self.modules.get(match[1], []):
                if f"def {match[2]}(" in self._path(name).read_text(encoding="utf-8"):
                    names.add(name)
        names = {name for name in names if self._path(name)}
        packages = {p for name in names for p in _parents(name) if self._path(p)}
        return names | {package for package in packages if not self._only_passes_on(package)}

    def _home(self, module, name):
        """Return the module that defines `name`, where `module` may only pass it on."""
        if self._path(f"{module}.{name}"):
            return f"{module}.{name}"
        path = self._path(module)
        if path and path.stem == "__init__":
            for node in self._tree(path).body:
                if isinstance(node, ast.ImportFrom):
                    for alias in node.names:
                        if (alias.asname or alias.name) == name:
                            return self._home(_absolute(node, module), alias.name)
        return module

    def _only_passes_on(self, package):
        """Tell whether a package's own file holds nothing but imports, a docstring, __all__."""
        return all(
            isinstance(node, ast.Import | ast.ImportFrom)
            or isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            or isinstance(node, ast.Assign)
            and ast.unparse(node.targets[0]) == "__all__"
            for node in self._tree(self._path(package)).body
        )

    def _path(self, name):
        if not name or name.partition(".")[0] != "course_lib":
            return None
        path = self.root.joinpath(*name.split("."))
        candidates = path.with_suffix(".py"), path / "__init__.py"
        return next((candidate for candidate in candidates if candidate.is_file()), None)

    def _name(self, path):
        parts = path.relative_to(self.root).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _absolute(node, package):
    if not node.level:
        return node.module
    parts = package.split(".")[: len(package.split(".")) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)


def _parents(name):
    parts = name.split(".")
    return {".".join(parts[:n]) for n in range(1, len(parts))}


def _look(tree):
    """Return the import statements and the texts of a syntax tree, in one walk."""
    imports, texts = [], set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports.append(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts.add(node.value)
    return imports, texts


class PageCache(cache.NotebookClientCache):
    """Jupyter Book's cache of executed notebooks, keyed by what a page needs, too."""

    library = None

    def start_client(self):
        """Execute the page or take its outputs from the cache, and leave the rest as it stands."""
        page = self.notebook
        code = "\n".join(
            TransformerManager().transform_cell(cell.source)
            for cell in page.cells
            if cell.cell_type == "code"
        )
        key = self.library.key(code, self.path.parent)
        # The cache's own key holds the kernelspec, and the cells' tags, which change no result.
        page.metadata.kernelspec["needs"] = key
        tags = [cell.metadata for cell in page.cells]
        for cell in page.cells:
            cell.metadata = type(page.metadata)()
        super().start_client()
        del page.metadata.kernelspec["needs"]
        for cell, own, cached in zip(page.cells, tags, self.notebook.cells, strict=True):
            cell.metadata = own
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = cached.outputs, cached.execution_count
        self._notebook = page  # the cache's copy has other tags, and is not what gets published
        self.exec_metadata |= {"code": code, "key": key}


def start(app, config):
    """Read the library as it is when a build begins."""
    PageCache.library = Library(Path(app.srcdir))


def outdated(app, env, added, changed, removed):
    """Name the pages whose cells need something that has changed."""
    pages = getattr(env, "nb_metadata", {}).items()
    ran = [(name, page["exec_data"]) for name, page in pages if "exec_data" in page]
    key = PageCache.library.key
    return [
        name
        for name, data in ran
        if data["key"] != key(data["code"], Path(env.doc2path(name)).parent)
    ]


def setup(app):
    """Put this cache in the place of Jupyter Book's."""
    execute.NotebookClientCache = PageCache
    # What one print writes may arrive in pieces: join them, so that two builds are equal.
    cache.single_nb_execution = functools.partial(cache.single_nb_execution, coalesce_streams=True)
    app.connect("config-inited", start)
    app.connect("env-get-outdated", outdated)
    return {"parallel_read_safe": True, "env_version": 1}
