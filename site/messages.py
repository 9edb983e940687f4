"""The errors and warnings of `d2lmini`, and whether their translations fit them.

A message is a template that stands, in English, where it is raised: ``tell("...", eta=eta)``, or
``Phrase("...")`` for a part of one (see `d2lmini.messages`). They are read from the sources, of
which nothing is imported. A language that has a file of translations has all of them; one that has
none speaks English here, which is no fault.

``python site/messages.py vi`` brings the file of a language up to date, or begins it: all messages
in the order of the sources, what is translated kept, what is not yet as an empty text, and what no
message needs any more printed and left out.
"""

from __future__ import annotations

import argparse
import ast
import json
import string
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from errors import Finding
from files import write_if_changed

__all__ = ["UNTOLD", "Template", "check", "main", "read", "untold", "without_translations"]

ROOT = Path(__file__).resolve().parents[1]
_MARKS = ("tell", "Phrase")
FEW = 5  # of the messages that a file lacks, this many are named

UNTOLD = {
    ("__init__.py", "__getattr__"): "what Python itself says of a module without such a name",
    ("_kept_runs.py", "load"): "caught by memo.read, and the run is computed again",
    ("checks.py", "_float"): "caught by real_array's callers, who say it in the caller's terms",
    ("checks.py", "_raw"): "likewise",
    ("checks.py", "real_array"): "likewise",
    ("explore/__init__.py", "__getattr__"): "what Python itself says of a module",
    ("explore/base.py", "controls"): "for whoever writes an explorable",
    ("explore/base.py", "figure"): "for whoever writes an explorable",
    ("explore/scripts.py", "_joined"): "for whoever writes an explorable",
    ("explore/scripts.py", "_known"): "for whoever writes an explorable",
    ("explore/scripts.py", "_own"): "for whoever writes an explorable",
    ("explore/scripts.py", "classic_script"): "for whoever writes an explorable",
    ("sweeps/__init__.py", "_report"): "says again what a worker has told already",
}
"""Where an error or a warning is no message to the reader, by file and function, and why."""

Field = tuple[str, str, str]


@dataclass(frozen=True)
class Template:
    """One message, or a part of one.

    Attributes
    ----------
    text : str
        In English, with its fields in braces.
    places : tuple of (Path, int)
        Where it stands: files and lines.
    """

    text: str
    places: tuple[tuple[Path, int], ...]

    @property
    def fields(self) -> frozenset[Field]:
        """Its fields: name, conversion (``r`` or nothing) and format of each."""
        return _fields(self.text)


def read(package: Path) -> tuple[dict[str, Template], list[Finding]]:
    """Return the templates of a package by their text, and what is wrong with them.

    Parameters
    ----------
    package : Path
        Its folder.
    """
    places: dict[str, list[tuple[Path, int]]] = {}
    found = []
    for path, tree in _modules(package):
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and _is_mark(node.func)):
                continue
            first = node.args[0] if node.args else None
            if not (isinstance(first, ast.Constant) and isinstance(first.value, str)):
                message = "the text of a message must be a literal, with its values as fields"
                found.append(Finding(path, node.lineno, message))
                continue
            places.setdefault(first.value, []).append((path, node.lineno))
            given = {keyword.arg for keyword in node.keywords}
            found += [Finding(path, node.lineno, fault) for fault in _faults(first.value, given)]
    return {text: Template(text, tuple(where)) for text, where in places.items()}, found


def untold(package: Path) -> Iterator[tuple[Path, int, str]]:
    """Yield file, line and function of each error or warning whose words are not `tell`'s.

    An exception that is raised as it was caught, or without any words, has none.
    """
    for path, tree in _modules(package):
        for function, node in _within(tree, ""):
            words: Sequence[ast.expr] = ()
            if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                words = node.exc.args
            elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("warnings.warn", "warn"):
                words = node.args[:1]
            parts = [part for word in words for part in ast.walk(word)]
            if parts and not any(isinstance(p, ast.Call) and _is_mark(p.func) for p in parts):
                yield path, node.lineno, function


def check(root: Path) -> Iterator[Finding]:
    """Find messages that cannot be translated, and translations that do not fit."""
    package = root / "d2lmini"
    templates, found = read(package)
    yield from found
    for path, line, function in untold(package):
        if (path.relative_to(package).as_posix(), function) not in UNTOLD:
            yield Finding(path, line, "said in English only: pass the text through tell(...)")
    for path in sorted(_folder(root).glob("*.json")):
        yield from _compare(templates, path, root)


def without_translations(root: Path) -> list[str]:
    """Return the languages of the labels that have no file of messages: they speak English."""
    labels = {path.stem for path in (root / "d2lmini" / "languages").glob("*.json")}
    return sorted(labels - {"en"} - {path.stem for path in _folder(root).glob("*.json")})


def _compare(templates: dict[str, Template], path: Path, root: Path) -> Iterator[Finding]:
    """Compare a file of translations with the messages."""
    content = path.read_text("utf-8")
    try:
        pairs = json.loads(content, object_pairs_hook=list)
    except ValueError as error:
        yield Finding(path, getattr(error, "lineno", 1), f"not JSON: {error}")
        return
    lines = content.split("\n")

    def line_of(text: str) -> int:
        key = json.dumps(text, ensure_ascii=False)
        return next((n for n, line in enumerate(lines, start=1) if key in line), 1)

    if not content.lstrip().startswith("{"):
        yield Finding(path, 1, 'must hold an object: {"English": "translation", ...}')
        return
    seen: set[str] = set()
    empty: list[Finding] = []
    for text, translation in pairs:
        line = line_of(text)
        if text in seen:
            yield Finding(path, line, f"translated a second time: {text!r}")
        elif text not in templates:
            yield Finding(path, line, f"no message of d2lmini reads like this any more: {text!r}")
        elif not isinstance(translation, str) or not translation.strip():
            empty.append(Finding(path, line, f"not translated yet: {text!r}"))
        else:
            yield from (Finding(path, line, why) for why in _misfits(templates[text], translation))
        seen.add(text)
    for text, template in templates.items():
        if text not in seen:
            place, line = template.places[0]
            where = f"{place.relative_to(root).as_posix()}:{line}"
            empty.append(Finding(path, 1, f"not translated yet: {text!r} ({where})"))
    # Of a file that was only begun, hundreds of lines would hide what else there is to say.
    yield from empty[:FEW]
    if len(empty) > FEW:
        rest = empty[FEW]
        yield Finding(path, rest.line, f"not translated yet: {len(empty) - FEW} more messages")


def _misfits(template: Template, translation: str) -> Iterator[str]:
    """Say which fields a translation lacks, and which it invents."""
    try:
        fields = _fields(translation)
    except ValueError as error:
        yield f"braces that do not match ({error}): {translation!r}"
        return
    for what, some in (
        ("lacks", template.fields - fields),
        ("has, unlike the English,", fields - template.fields),
    ):
        if some:
            names = ", ".join(sorted(map(_written, some)))
            yield f"the translation {what} {names}: {translation!r}"


def _fields(text: str) -> frozenset[Field]:
    return frozenset(
        (name, conversion or "", form or "")
        for _, name, form, conversion in string.Formatter().parse(text)
        if name is not None
    )


def _written(field: Field) -> str:
    name, conversion, form = field
    return f"{{{name}{'!' + conversion if conversion else ''}{':' + form if form else ''}}}"


def _faults(text: str, given: set[str | None]) -> Iterator[str]:
    """Say why a template could not be filled in, or not be translated."""
    try:
        names = {name for name, _, _ in _fields(text)}
    except ValueError as error:
        yield f"braces that do not match ({error}): {text!r}"
        return
    for name in sorted(names):
        if not name.isidentifier():
            yield f"a field must be a name, got {{{name}}}: {text!r}"
        elif name not in given:
            yield f"the field {{{name}}} is given no value: {text!r}"
    for name in sorted(str(name) for name in given - names):
        yield f"{name}= is no field of {text!r}"


def _folder(root: Path) -> Path:
    return root / "d2lmini" / "languages" / "messages"


def _modules(package: Path) -> Iterator[tuple[Path, ast.Module]]:
    """Yield the modules of a package, without the one that makes the messages."""
    for path in sorted(package.rglob("*.py")):
        if path != package / "messages.py":
            yield path, _parsed(path, path.stat().st_mtime_ns)


@cache
def _parsed(path: Path, _stamp: int) -> ast.Module:
    """Return the syntax tree of a file, parsed once for each state of the file."""
    return ast.parse(path.read_text("utf-8"), str(path))


def _within(node: ast.AST, function: str) -> Iterator[tuple[str, ast.AST]]:
    """Yield all nodes below one, with the name of the function that each stands in."""
    for child in ast.iter_child_nodes(node):
        yield function, child
        inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
        yield from _within(child, child.name if inside else function)


def _is_mark(function: ast.expr) -> bool:
    return isinstance(function, ast.Name) and function.id in _MARKS


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the process's status."""
    parser = argparse.ArgumentParser(description="Bring the translations of messages up to date.")
    parser.add_argument("languages", nargs="+", metavar="LANG", help="such as vi")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    root = arguments.root.resolve()
    templates, _ = read(root / "d2lmini")
    for language in arguments.languages:
        if not (root / "d2lmini" / "languages" / f"{language}.json").is_file() or language == "en":
            raise SystemExit(
                f"no language {language!r} to translate into: begin with "
                f"d2lmini/languages/{language}.json"
            )
        path = _folder(root) / f"{language}.json"
        try:
            known = json.loads(path.read_text("utf-8")) if path.is_file() else {}
        except ValueError as error:
            raise SystemExit(f"{path}: not JSON, and left as it is: {error}") from None
        current = {text: known.get(text, "") for text in templates}
        content = json.dumps(current, ensure_ascii=False, indent=2) + "\n"
        write_if_changed(path, content.encode("utf-8"))
        for text in known.keys() - current.keys():
            print(f"{language}: left out: {text!r}: {known[text]!r}")
        missing = sum(not text for text in current.values())
        print(f"{language}: {len(current)} messages, {missing} not translated yet")
    return 0


if __name__ == "__main__":
    sys.exit(main())
