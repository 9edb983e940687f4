"""What `d2lmini` offers, read from its sources: names, signatures and docstrings.

Nothing is imported. The reference page needs no PyTorch and no widgets, takes a fraction of a
second, and shows what is written, not what a machine has installed.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import inspect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

__all__ = ["ALIAS", "Entry", "package_folder", "read"]

ALIAS = "d2l"
"""What the chapters import the package as; it begins every name of the reference."""


@dataclass(frozen=True)
class Entry:
    """One public name.

    Attributes
    ----------
    name : str
        As the chapters write it: ``d2l.momentum``, ``d2l.Quadratic.grad``.
    kind : str
        ``function``, ``class``, ``module``, ``method``, ``static``, ``property`` or ``value``.
    signature : str
        Arguments in parentheses, without annotations; empty where there is nothing to call.
    doc : str
        The docstring, without its indentation.
    path : Path
        The file that it stands in.
    members : tuple of Entry
        Of a class: its public methods and properties that have a docstring of their own.
    """

    name: str
    kind: str
    signature: str
    doc: str
    path: Path
    members: tuple[Entry, ...] = ()


def package_folder() -> Path:
    """Return the folder of the `d2lmini` that an import would find."""
    spec = importlib.util.find_spec("d2lmini")
    if spec is None or spec.origin is None:
        raise LookupError("there is no package d2lmini here: run 'make book', which installs it")
    return Path(spec.origin).parent


def read(package: Path) -> dict[str, Entry]:
    """Return the entries of a package, by name; it is read once for each state of its files.

    Parameters
    ----------
    package : Path
        Its folder.

    Raises
    ------
    LookupError
        If a public name is defined nowhere.
    """
    files = sorted(package.rglob("*.py"))
    return _read(package, tuple((path, path.stat().st_mtime_ns) for path in files))


@cache
def _read(package: Path, _state: tuple[tuple[Path, int], ...]) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    init = package / "__init__.py"
    modules: dict[str, str] = _literal(init, "_MODULE_OF")
    for name in sorted(modules):
        entries[f"{ALIAS}.{name}"] = _find(_file(package, modules[name]), name, ALIAS)
    for name in _literal(init, "_SUBMODULES"):
        path = _file(package, name)
        full = f"{ALIAS}.{name}"
        doc = ast.get_docstring(_tree(path)) or ""
        entries[full] = Entry(full, "module", "", doc, path)
        for public in _literal(path, "__all__"):
            entries[f"{full}.{public}"] = _find(path, public, full)
    return entries


def _file(folder: Path, module: str) -> Path:
    """Return the file of a module below a folder: ``trace``, ``plots`` or ``plots.trace``."""
    path = folder.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


@cache
def _parsed(path: Path, _stamp: int) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file, parsed once for each state of the file."""
    return _parsed(path, path.stat().st_mtime_ns)


@cache
def _imported(tree: ast.Module) -> dict[str, tuple[int, str, str]]:
    """Return the names that a module imports from its neighbours: how far up, whence and what."""
    found: dict[str, tuple[int, str, str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and node.module:
            for alias in node.names:
                found.setdefault(alias.asname or alias.name, (node.level, node.module, alias.name))
    return found


def _literal(path: Path, name: str) -> dict[str, str]:
    """Return the value of a module's constant, which must be written out."""
    for node in _tree(path).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            assert isinstance(node, ast.Assign)
            value: dict[str, str] = ast.literal_eval(node.value)
            return value
    raise LookupError(f"{path}: there is no {name}")


def _find(path: Path, name: str, prefix: str) -> Entry:
    """Return the entry of `name`, which module `path` defines or imports from a neighbour."""
    if name in (imported := _imported(_tree(path))):
        level, module, there = imported[name]
        return _find(_file(path.parents[level - 1], module), there, prefix)
    for node in _tree(path).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            return _function(node, path, prefix, "function")
        if isinstance(node, ast.ClassDef) and node.name == name:
            return _class(node, path, prefix)
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return Entry(f"{prefix}.{name}", "value", "", _comment_below(path, node), path)
    raise LookupError(f"{path}: {name} is public, but is neither defined nor imported there")


def _comment_below(path: Path, node: ast.stmt) -> str:
    """Return the string that stands below an assignment, its documentation."""
    body = _tree(path).body
    after = body[body.index(node) + 1 : body.index(node) + 2]
    for statement in after:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            return inspect.cleandoc(str(statement.value.value))
    return ""


def _function(node: ast.FunctionDef, path: Path, prefix: str, kind: str) -> Entry:
    signature = "" if kind == "property" else f"({_arguments(node.args, kind == 'method')})"
    return Entry(f"{prefix}.{node.name}", kind, signature, ast.get_docstring(node) or "", path)


def _class(node: ast.ClassDef, path: Path, prefix: str) -> Entry:
    name = f"{prefix}.{node.name}"
    doc = ast.get_docstring(node) or ""
    # What only the library makes, such as a trace, has attributes and is not called.
    called = "Parameters\n-----" in doc
    members: dict[str, Entry] = {}
    for base in node.bases:
        with contextlib.suppress(LookupError):  # a class of another package
            inherited = _find(path, ast.unparse(base), prefix).members
            members |= {member.name.rpartition(".")[2]: member for member in inherited}
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and not item.name.startswith("_"):
            member = _function(item, path, name, _kind(item))
            if member.doc:
                members[item.name] = member
    shown = tuple(replace(m, name=f"{name}.{short}") for short, m in members.items())
    signature = f"({arguments})" if called and (arguments := _constructor(node)) else ""
    return Entry(name, "class", signature, doc, path, shown)


def _kind(node: ast.FunctionDef) -> str:
    """Return ``property``, ``static``, or else ``method``."""
    names = {getattr(d, "id", getattr(d, "attr", "")) for d in node.decorator_list}
    if names & {"property", "cached_property"}:
        return "property"
    return "static" if "staticmethod" in names else "method"


def _constructor(node: ast.ClassDef) -> str:
    """Return the arguments of a class: of its ``__init__``, or the fields of a dataclass."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return _arguments(item.args, True)
    shown = ["*"] if "kw_only=True" in "".join(map(ast.unparse, node.decorator_list)) else []
    for item in node.body:
        if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
            default = f"={ast.unparse(item.value)}" if item.value is not None else ""
            if "ClassVar" not in ast.unparse(item.annotation):
                shown.append(f"{item.target.id}{default}")
    return ", ".join(shown)


def _arguments(arguments: ast.arguments, method: bool) -> str:
    """Return arguments as they are called, with defaults and without annotations."""
    return ", ".join(_shown(arguments, method))


def _shown(arguments: ast.arguments, method: bool) -> Iterator[str]:
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    defaults += arguments.defaults
    for number, (argument, default) in enumerate(zip(plain, defaults, strict=True)):
        if not (method and number == 0):  # self
            yield argument.arg + (f"={ast.unparse(default)}" if default is not None else "")
        if number + 1 == len(arguments.posonlyargs):
            yield "/"
    if arguments.vararg:
        yield f"*{arguments.vararg.arg}"
    elif arguments.kwonlyargs:
        yield "*"
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield argument.arg + (f"={ast.unparse(default)}" if default is not None else "")
    if arguments.kwarg:
        yield f"**{arguments.kwarg.arg}"
