"""The part of the library that a student may have, cut down to what a notebook needs.

Modules that hold no answers come whole. Of all others come only the definitions that are needed:
of `course_lib.convolution` the forward pass, say, where the exercise asks for the backward one.
"""

import ast
from functools import cache
from pathlib import Path

import course_lib
from course_lib.grading.curtain import VISIBLE

LIBRARY = Path(course_lib.__file__).parent
#: What no student's copy may hold.
NEVER = ("reference", "grading", "authoring", "cli", "backends.torch", "backends.triton")


class Leak(ValueError):
    """A notebook needs something that leads to answers."""


class Part:
    """The needed part of the library; `need` until all is there, then `files`."""

    def __init__(self, replaced=None):
        """Take replaced: module -> its text, where it is not the one of the library."""
        self.replaced = replaced or {}
        self.modules = {}  # dotted name -> _Module
        self.needed = {}  # dotted name -> names, in the order of need
        self.attributes = set()  # names that stand behind a dot somewhere
        self._waiting = []
        self._followed = set()  # pieces of the library's code, and for which name

    def need_code(self, text):
        """Add all that code of a notebook imports."""
        self._follow(ast.parse(text), {})
        self._settle()

    def files(self):
        """Return path within the library -> text."""
        made = {}
        for name, names in sorted(self.needed.items()):
            module = self.modules[name]
            text = module.text if module.whole else module.cut(set(names), self.attributes)
            made[module.path.relative_to(LIBRARY).as_posix()] = text
            for end in range(1, len(name.split("."))):  # the packages above it
                package = ".".join(name.split(".")[:end])
                if package not in self.needed:
                    path = _file(package).relative_to(LIBRARY).as_posix()
                    made.setdefault(path, "")
        return made

    def _need(self, name, what=None):
        """Need a module, or one name of it."""
        if what and _file(f"{name}.{what}"):
            name, what = f"{name}.{what}", None
        if any(name == f"course_lib.{n}" or name.startswith(f"course_lib.{n}.") for n in NEVER):
            raise Leak(f"it needs {name}, which no student may have")
        above = name.rpartition(".")[0]
        if above and _is_whole(above) and above not in self.modules:
            self._need(above)
        if name not in self.modules:
            text = self.replaced.get(name)
            self.modules[name] = _Module(name, text) if text else _module(name)
            self.needed[name] = {}
            if self.modules[name].whole:
                self._follow(self.modules[name].tree, {}, self.modules[name])
        if what:
            self._need_here(name, what)

    def _need_here(self, name, what):
        if what not in self.needed[name]:
            self.needed[name][what] = None
            self._waiting.append((name, what))

    def _settle(self):
        known = -1
        while self._waiting or len(self.attributes) != known:
            known = len(self.attributes)
            while self._waiting:
                self._follow_name(*self._waiting.pop())
            for name in list(self.needed):  # a method may be wanted that was not so far
                module = self.modules[name]
                for what in () if module.whole else list(self.needed[name]):
                    for node in module.kept(what, self.attributes):
                        self._follow(node, module.imported, module)

    def _follow_name(self, name, what):
        module = self.modules[name]
        if module.whole:
            return
        for node in module.kept(what, self.attributes):
            self._follow(node, module.imported, module, what)

    def _follow(self, node, imported, module=None, what=None):
        """Need what a piece of code imports and what its names mean."""
        if module and (node, what) in self._followed:
            return
        self._followed.add((node, what))
        imported, telling = dict(imported), _telling(node)
        for child in telling:
            if isinstance(child, (ast.Import, ast.ImportFrom)):
                origins = _origins(child)
                whole = module is None or module.whole
                for alias, origin in origins.items():
                    if whole or alias == what or what is None:
                        imported[alias] = origin
                        self._need_origin(origin, whole or alias == what)
        for child in telling:
            match child:
                case ast.Attribute(value=ast.Name(id=alias), attr=attribute) if alias in imported:
                    self._need_origin(imported[alias], False, attribute)
                case ast.Name(id=alias):
                    if alias in imported:
                        self._need_origin(imported[alias], True)
                    if module and not module.whole and alias in module.defined:
                        self._need_here(module.name, alias)
                case ast.Constant(value=str(word)) if module and word.count(".") == 1:
                    place, _, function = word.partition(".")  # an operation of a backend
                    if word.replace(".", "").isidentifier():
                        place = f"course_lib.backends.numpy.{place}"
                        if _file(place) and function in _module(place).defined:
                            self._need(place, function)
            if isinstance(child, ast.Attribute):
                self.attributes.add(child.attr)

    def _need_origin(self, origin, itself, attribute=None):
        base, name = origin
        if base.partition(".")[0] != "course_lib":
            return
        inner = f"{base}.{name}" if name else base
        if not _file(inner):  # a name of a module
            if itself or attribute:
                self._need(base, name)
        elif attribute:
            self._need(inner, attribute)
        elif itself and _is_whole(inner):
            self._need(inner)


class _Module:
    def __init__(self, name, text=None):
        self.name, self.path = name, _file(name)
        self.text = text or self.path.read_text(encoding="utf-8")
        self.lines = self.text.splitlines()
        self.tree = ast.parse(self.text)
        self.whole = _is_whole(name)
        self.imported, self.defined = {}, {}
        for node in self.tree.body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self.imported |= _origins(node)
            for one in _bound(node):
                self.defined.setdefault(one, []).append(node)

    def kept(self, what, attributes):
        """Return the nodes that a name needs: of a class the methods that somebody calls."""
        nodes = []
        for node in self.defined.get(what, ()):
            if isinstance(node, ast.ClassDef):
                nodes += [*node.bases, *node.decorator_list, *_methods(node, attributes)]
            else:
                nodes.append(node)
        return nodes

    def cut(self, names, attributes):
        """Return the text with nothing but these names."""
        doc = ast.get_docstring(self.tree)
        pieces, imports = [self._lines(self.tree.body[0])] if doc else [], []
        for node in self.tree.body:
            wanted = [one for one in _bound(node) if one in names]
            if not wanted:
                continue
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                copy = ast.parse(ast.unparse(node)).body[0]
                copy.names = [a for a in node.names if _alias(a) in names]
                imports.append(ast.unparse(copy))
            else:
                pieces.append(self._source(node, attributes))
        place = 1 if doc else 0
        return "\n\n\n".join([*pieces[:place], *(["\n".join(imports)] if imports else []),
                              *pieces[place:]]) + "\n"  # fmt: skip

    def _source(self, node, attributes):
        if not isinstance(node, ast.ClassDef):
            return self._lines(node)
        first = node.body[0].lineno if node.body else node.end_lineno + 1
        head = "\n".join(self.lines[_first(node) - 1 : first - 1])
        return "\n\n".join([head, *map(self._lines, _methods(node, attributes))])

    def _lines(self, node):
        return "\n".join(self.lines[_first(node) - 1 : node.end_lineno])


@cache
def _telling(node):
    """The imports, names, attributes and words in a piece of code: the library's is read once."""
    kinds = ast.Import, ast.ImportFrom, ast.Name, ast.Attribute, ast.Constant
    return [child for child in ast.walk(node) if isinstance(child, kinds)]


@cache
def _module(name):
    """The module of the library itself, read once."""
    return _Module(name)


def _methods(node, attributes):
    """The statements of a class, without the methods that nobody calls."""
    return [
        one
        for one in node.body
        if not isinstance(one, ast.FunctionDef)
        or one.name in attributes
        or one.name.startswith("__")
    ]


def _first(node):
    return min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])


def _bound(node):
    """Return the names that a statement at the top of a module binds."""
    match node:
        case ast.Import() | ast.ImportFrom():
            return list(_origins(node))
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return [name]
        case ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.For() | ast.If() | ast.Try():
            names = (n.id for n in ast.walk(node) if isinstance(n, ast.Name)
                     and isinstance(n.ctx, ast.Store))  # fmt: skip
            inner = (n for n in ast.walk(node) if isinstance(n, (ast.Import, ast.ImportFrom)))
            return [*names, *(alias for one in inner for alias in _origins(one))]
    return []


def _origins(node):
    """Return alias -> (module, name or None) of an import."""
    if isinstance(node, ast.Import):
        return {a.asname or a.name.partition(".")[0]: (a.name, None) for a in node.names}
    return {_alias(a): (node.module or "", a.name) for a in node.names}


def _alias(alias):
    return alias.asname or alias.name.partition(".")[0]


def _file(name):
    """Return the file of a module of the library, or None."""
    parts = name.split(".")
    if parts[0] != "course_lib":
        return None
    stem = LIBRARY.joinpath(*parts[1:])
    found = [p for p in (stem / "__init__.py", stem.with_suffix(".py")) if p.is_file()]
    return found[0] if found else None


def _is_whole(name):
    """Whether a module holds no answers: what every student may see, and the engine of checks."""
    _, *parts = name.split(".")
    if parts[:1] == ["checks"]:
        chapter = len(parts) > 1 and (LIBRARY / "checks" / parts[1] / "results.json").is_file()
        return not chapter
    return bool(parts) and parts[0] in VISIBLE and parts[0] not in NEVER


def without_answers(task):
    """Return the text of a task's module without random calls and without the mistakes' code."""
    text = _file(task.module).read_text(encoding="utf-8")
    known = "".join(f"    Mistake({m.name!r}, {m.question!r}, ()),\n" for m in task.mistakes)
    instead = {"MISTAKES": f"MISTAKES = (\n{known})", "random": "random = drawn(__name__)"}
    lines = text.splitlines()
    for node in reversed(ast.parse(text).body):
        for name in _bound(node):
            if name in instead:
                lines[node.lineno - 1 : node.end_lineno] = instead[name].splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith(("import ", "from ")))
    lines[at:at] = [
        "from course_lib.checks.cases import Mistake",
        "from course_lib.checks.drawn import drawn",
    ]
    return "\n".join(lines) + "\n"
