r"""The JavaScript of the explorables, as one text each.

The source of an explorable, ``<name>.js``, is an ordinary ES module which imports what explorables
share (``_descent.js``: mathematics, ``_plot.js``: axes and curves, …) by relative path, so that
editors and type checkers understand it. No reader can load it like that: anywidget imports a
module from a Blob URL, where a relative path leads nowhere, and a page opened as a file may not
import modules at all. So other texts are made from it:

:func:`module`
    a self-contained ES module, with the shared modules put in front: what anywidget loads.
:func:`classic_script`
    a classic script for the book's pages, which registers the same thing under
    ``globalThis.momentumExplorables[name]``.
:func:`shared_script`
    a classic script with the shared modules, which the browser loads once for all of them.

All are plain rewriting of text, so the sources keep four habits, and :func:`module` checks those
which it could otherwise get wrong in silence: imports and exports stand at the start of a line and
each on one line, an import names only files of this folder and renames nothing, no name is
declared at the top level of two files, and no line inside a template literal starts with ``//``,
``/*``, ``import`` or ``export``.

This module imports neither widgets nor Matplotlib: the build of the book uses it alone.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from importlib.resources import files

__all__ = ["SHARED", "classic_script", "minified", "module", "names", "shared_script"]

#: The stem of the shared script, and the name under which it registers.
SHARED = "shared"

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
_EXPORTED = re.compile(r"^export (?:async )?(?:function|const|let|class) (\w+)", re.MULTILINE)
_EXPORT_LIST = re.compile(r"^export \{([^}]*)\};\n", re.MULTILINE)
_EXPORT_DEFAULT = re.compile(r"^export default (\{[^}]*\});\n", re.MULTILINE)


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
    return _joined(_needed([name]), keep=name)


def _needed(stems: Iterable[str]) -> list[str]:
    """Return `stems` and all that they import, each behind what it imports itself."""
    order: list[str] = []

    def visit(stem: str) -> None:
        for _, needed in _IMPORT.findall(_read(stem)):
            visit(needed)
        if stem not in order:
            order.append(stem)

    for stem in stems:
        visit(stem)
    return order


def _joined(stems: Iterable[str], *, keep: str = "") -> str:
    """Return the texts of modules one after another, without exports except those of `keep`."""
    parts = []
    for stem in stems:
        text = _own(stem)
        if stem != keep:
            text = re.sub(r"^export (?=\w)", "", text, flags=re.MULTILINE)
        parts.append(text)
    bundle = "\n".join(parts)
    twice = [word for word, n in Counter(_DECLARED.findall(bundle)).items() if n > 1]
    if twice:
        raise ValueError(
            f"d2lmini/explore/{keep or SHARED}.js and what it imports declare "
            f"{', '.join(sorted(twice))} more than once: give each its own name"
        )
    return bundle


def _own(stem: str) -> str:
    """Return the text of one module without its imports."""
    text = _IMPORT.sub("", _read(stem))
    if re.search(r"^import\b", text, re.MULTILINE):
        raise ValueError(
            f"d2lmini/explore/{stem}.js has an import that cannot be put in place: "
            'write it on one line, as import { name } from "./_file.js";'
        )
    return text


def shared_script() -> str:
    """Return what explorables share as one classic script, for the pages of the book.

    It must run before the scripts of :func:`classic_script`, and leaves its exports in
    ``globalThis.momentumExplorables.shared``.

    Returns
    -------
    str
        JavaScript, without comments and unneeded blanks.

    Examples
    --------
    >>> shared_script().startswith("(()=>{")
    True
    """
    stems = [stem for stem in _needed(names()) if stem.startswith("_")]
    exported = [word for stem in stems for word in _EXPORTED.findall(_read(stem))]
    return _registered(_joined(stems), SHARED, f"{{ {', '.join(exported)} }}")


def _registered(body: str, name: str, value: str) -> str:
    """Wrap `body` in a function that leaves `value` under `name`."""
    return minified(
        '(() => {\n"use strict";\n'
        f"{body}\n"
        f'(globalThis.momentumExplorables ??= {{}})["{name}"] = {value};\n'
        "})();\n"
    )


def minified(text: str) -> str:
    """Return JavaScript without comments and unneeded blanks.

    Parameters
    ----------
    text : str
        A classic script. Template literals inside template literals lose blanks; write them apart.

    Returns
    -------
    str
        The script. Names are left as they are: of the minifiers which come as a Python package for
        every platform, none shortens names, and one that does (tdewolff-minify 2.24) puts
        declarations before those that they need.

    Examples
    --------
    >>> minified("const one = 1;  // the first\\n")
    'const one=1;'
    """
    import rjsmin  # who uses the widgets only does not need it

    return str(rjsmin.jsmin(text))


def classic_script(name: str) -> str:
    """Return an explorable as a classic script, for the pages of the book.

    Browsers do not load ES modules from ``file://``. A classic script they do; it runs in a
    function of its own and leaves one trace, ``globalThis.momentumExplorables[name]``, an object
    with ``render`` and the module's named exports. What it imports it takes from the script of
    :func:`shared_script`. Comments and unneeded blanks are left out, for their weight.

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
    >>> classic_script("ravine").startswith("(()=>{")
    True
    >>> classic_script("none")
    Traceback (most recent call last):
        ...
    ValueError: no explorable 'none': use one of ..., or add d2lmini/explore/none.js
    """
    module(name)  # checks the habits, names which two files declare among them
    text = _own(name)
    default = _EXPORT_DEFAULT.findall(text)
    if len(default) != 1:
        raise ValueError(
            f"d2lmini/explore/{name}.js needs exactly one line export default {{ render }};, "
            f"found {len(default)}"
        )
    exported = _EXPORTED.findall(text)
    for group in _EXPORT_LIST.findall(text):
        exported += _words(group)
    body = _EXPORT_DEFAULT.sub("", _EXPORT_LIST.sub("", text))
    body = re.sub(r"^export (?=(?:async |function|const|let|class))", "", body, flags=re.MULTILINE)
    if left := re.search(r"^export\b[^\n]*", body, re.MULTILINE):
        raise ValueError(
            f"d2lmini/explore/{name}.js: {left[0]!r} is not understood: export functions and "
            "constants where they are declared, or as export { name, name };"
        )
    taken = [word for group, _ in _IMPORT.findall(_read(name)) for word in _words(group)]
    if taken:
        body = f"const {{ {', '.join(taken)} }} = globalThis.momentumExplorables.{SHARED};\n{body}"
    return _registered(body, name, f"{{ ...{default[0]}, {', '.join(exported)} }}")


def _words(group: str) -> list[str]:
    return [word.strip() for word in group.split(",") if word.strip()]
