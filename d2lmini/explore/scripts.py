r"""The JavaScript of the explorables, as one text each.

The source of an explorable, ``<name>.js``, is an ordinary ES module which imports what explorables
share (``_descent.js``: the mathematics, ``_figure.js``: the drawing) by relative path, so that
editors and type checkers understand it. No reader can load it like that: anywidget imports a
module from a Blob URL, where a relative path leads nowhere, and a page opened as a file may not
import modules at all. So two texts are made from it:

:func:`module`
    a self-contained ES module, with the shared modules put in front: what anywidget loads.
:func:`classic_script`
    a classic script for the book's pages, which registers the same thing under
    ``globalThis.momentumExplorables[name]``.

Both are plain rewriting of text, so the sources keep four habits, and :func:`module` checks those
which it could otherwise get wrong in silence: imports and exports stand at the start of a line and
each on one line, an import names only files of this folder and renames nothing, no name is
declared at the top level of two files, and no line inside a template literal starts with ``//``,
``/*``, ``import`` or ``export``.

This module imports neither widgets nor Matplotlib: the build of the book uses it alone.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files

__all__ = ["classic_script", "module", "names"]

_IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
_EXPORTED = re.compile(r"^export (?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
_EXPORT_LIST = re.compile(r"^export \{([^}]*)\};\n", re.MULTILINE)
_EXPORT_DEFAULT = re.compile(r"^export default (\{[^}]*\});\n", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*.*?\*/[ \t]*)\n", re.MULTILINE | re.DOTALL)


def names() -> tuple[str, ...]:
    """Return the names of all explorables.

    Returns
    -------
    tuple of str
        In alphabetical order: the stems of the JavaScript modules, without the shared ones (whose
        names start with an underscore).

    Examples
    --------
    >>> "ravine" in names()
    True
    """
    stems = (
        entry.name.removesuffix(".js")
        for entry in files("d2lmini.explore").iterdir()
        if entry.name.endswith(".js")
    )
    return tuple(sorted(stem for stem in stems if not stem.startswith("_")))


def _read(stem: str) -> str:
    return files("d2lmini.explore").joinpath(f"{stem}.js").read_text(encoding="utf-8")


def _known(name: str) -> str:
    if name not in names():
        raise ValueError(
            f"no explorable {name!r}: use one of {', '.join(names())}, "
            f"or add d2lmini/explore/{name}.js"
        )
    return name


def module(name: str) -> str:
    """Return an explorable as a self-contained ES module, for anywidget.

    Parameters
    ----------
    name : str
        One of :func:`names`.

    Returns
    -------
    str
        The shared modules that it needs, each once and without their exports, then its own text
        without its imports.

    Raises
    ------
    ValueError
        If there is no such explorable, or if its sources break a habit that the rewriting relies
        on; the message names the file.

    Examples
    --------
    >>> "import" in {line.split(" ")[0] for line in module("ravine").splitlines()}
    False
    """
    _known(name)
    order: list[str] = []

    def visit(stem: str) -> None:
        for needed in _IMPORT.findall(_read(stem)):
            visit(needed)
        if stem not in order:
            order.append(stem)

    visit(name)
    parts = []
    for stem in order:
        text = _IMPORT.sub("", _read(stem))
        if re.search(r"^import\b", text, re.MULTILINE):
            raise ValueError(
                f"d2lmini/explore/{stem}.js has an import that cannot be put in place: "
                'write it on one line, as import { name } from "./_file.js";'
            )
        if stem != name:
            text = re.sub(r"^export (?=\w)", "", text, flags=re.MULTILINE)
        parts.append(text)
    bundle = "\n".join(parts)
    twice = [word for word, n in Counter(_DECLARED.findall(bundle)).items() if n > 1]
    if twice:
        raise ValueError(
            f"d2lmini/explore/{name}.js and what it imports declare {', '.join(sorted(twice))} "
            "more than once: give each its own name"
        )
    return bundle


def classic_script(name: str) -> str:
    """Return an explorable as a classic script, for the pages of the book.

    Browsers do not load ES modules from ``file://``. A classic script they do; it runs in a
    function of its own and leaves one trace, ``globalThis.momentumExplorables[name]``, an object
    with ``render`` and the module's named exports. Comments are left out, for their weight.

    Parameters
    ----------
    name : str
        One of :func:`names`.

    Returns
    -------
    str
        JavaScript which needs no ``import``, ``eval`` or Blob URL, so it runs under the content
        security policy ``script-src 'self'``.

    Raises
    ------
    ValueError
        If there is no such explorable, or if its exports are written in a form that is not
        understood here; the message says which.

    Examples
    --------
    >>> classic_script("ravine").startswith("(() => {")
    True
    >>> classic_script("none")
    Traceback (most recent call last):
        ...
    ValueError: no explorable 'none': use one of ravine, or add d2lmini/explore/none.js
    """
    text = module(name)
    default = _EXPORT_DEFAULT.findall(text)
    if len(default) != 1:
        raise ValueError(
            f"d2lmini/explore/{name}.js needs exactly one line export default {{ render }};, "
            f"found {len(default)}"
        )
    exported = _EXPORTED.findall(text)
    for group in _EXPORT_LIST.findall(text):
        exported += [word.strip() for word in group.split(",") if word.strip()]
    body = _EXPORT_DEFAULT.sub("", _EXPORT_LIST.sub("", text))
    body = re.sub(r"^export (?=(?:async |function|const|let|class))", "", body, flags=re.MULTILINE)
    if left := re.search(r"^export\b[^\n]*", body, re.MULTILINE):
        raise ValueError(
            f"d2lmini/explore/{name}.js: {left[0]!r} is not understood: export functions and "
            "constants where they are declared, or as export { name, name };"
        )
    body = re.sub(r"\n{2,}", "\n", _COMMENT.sub("", body)).strip()
    shared = ", ".join(exported)
    return (
        '(() => {\n"use strict";\n'
        f"{body}\n"
        f"(globalThis.momentumExplorables ??= {{}}).{name} = "
        f"{{ ...{default[0]}, {shared} }};\n"
        "})();\n"
    )
