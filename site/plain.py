"""The plain edition of a notebook: the same cells and outputs, its text in plain Markdown.

A notebook in ``notebooks/`` holds the MyST that its chapter is written in, which the book shows and
programs for notebooks do not. So with each page two notebooks are written, whose text comes from
the finished page (`plainmarkdown`), with its numbers, and at its end the sources that it cites:

- one to download and to open on Colab, in the site's ``_notebooks/``; it stands alone, so its links
  lead to the site, and on Colab it installs the course,
- one for JupyterLab (`copies`), in the folder ``course_lab`` beside the book; it stands beside
  those of the other pages, where the course is installed, so its links lead to them.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pybtex_docutils
from docutils import nodes
from markupsafe import Markup
from sphinx.util import logging

from colab import TAG, install_cell
from editions import plain_notebook
from markdownmarks import escape
from plaininline import UnknownNode
from plainmarkdown import Piece, Writer
from repository import Repository

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

__all__ = ["setup", "with_text"]

# What says how the notebook is made from a chapter, and which outputs are valid: this one is not.
_OF_THE_PAIR = ("d2lmini", "jupytext", "myst")

logger = logging.getLogger(__name__)


def with_text(notebook: dict[str, Any], pieces: list[Piece]) -> dict[str, Any]:
    """Return a notebook with another text between its code cells.

    Parameters
    ----------
    notebook : dict
        The notebook, as JSON has it.
    pieces : list of str or int
        Blocks of Markdown, and the places of code cells among the cells of `notebook`. A code cell
        whose place is not named, since the page does not show it, stays before the next one.

    Examples
    --------
    >>> source = {"cells": [{"cell_type": "markdown", "source": "{eq}`a`"},
    ...                     {"cell_type": "code", "source": "1"}], "metadata": {"myst": {}}}
    >>> [cell["source"] for cell in with_text(source, ["See", "(1).", 1])["cells"]]
    [['See\\n', '\\n', '(1).'], '1']
    """
    code = {k: cell for k, cell in enumerate(notebook["cells"]) if cell["cell_type"] != "markdown"}
    cells: list[dict[str, Any]] = []
    words: list[str] = []
    for piece in [*pieces, len(notebook["cells"])]:
        if isinstance(piece, str):
            words.append(piece)
            continue
        if words:
            cells.append(_markdown("\n\n".join(words), len(cells)))
            words = []
        for number in [number for number in code if number <= piece]:
            cells.append(code.pop(number))
    metadata = {k: v for k, v in notebook["metadata"].items() if k not in _OF_THE_PAIR}
    return {**notebook, "cells": cells, "metadata": metadata}


def _markdown(text: str, number: int) -> dict[str, Any]:
    """Return a cell of text, with an id that depends on the text and on where it stands."""
    return {
        "cell_type": "markdown",
        "id": hashlib.sha256(f"{number} {text}".encode()).hexdigest()[:12],
        "metadata": {},
        "source": text.splitlines(keepends=True),
    }


def installing(notebook: dict[str, Any], repository: Repository | None) -> None:
    """Let the cell that installs the course on Colab do so from where this book is published."""
    cells = notebook["cells"]
    first = next((k for k, cell in enumerate(cells) if cell["cell_type"] == "code"), None)
    if repository is None or first is None:
        return
    if TAG in cells[first]["metadata"].get("tags", ()):
        del cells[first]
    cell = dict(install_cell(repository))
    cells.insert(first, cell | {"id": TAG, "source": cell["source"].splitlines(keepends=True)})


def cited(env: BuildEnvironment, docname: str) -> Iterator[nodes.paragraph]:
    """Yield the sources that a page cites, in the order of the list of sources."""
    domain: Any = env.get_domain("cite")
    keys = {t.key for ref in domain.citation_refs if ref.docname == docname for t in ref.targets}
    backend = pybtex_docutils.Backend()
    for citation in domain.citations:
        if citation.key in keys:
            yield backend.paragraph(citation.formatted_entry)


def sources_title(env: BuildEnvironment) -> tuple[str, str]:
    """Return the page that lists all sources, and its title."""
    domain: Any = env.get_domain("cite")
    page = next((key.docname for key in domain.bibliographies), "")
    return page, env.titles[page].astext() if page else ""


def on_site(base: str, here: str) -> Callable[[str], str]:
    """Return what turns the address of another page, as the page `here` has it, into a full one.

    Parameters
    ----------
    base : str
        The address of the edition on the published site; without it there are no addresses.
    here : str
        The address of the page, from there.

    Examples
    --------
    >>> on_site("https://example.org/vi", "noise.html")("ravine.html#a")
    'https://example.org/vi/ravine.html#a'
    """

    def address(target: str) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
        return f"{base.rstrip('/')}/{path}" if base else ""

    return address


def in_folder(target: str) -> str:
    """Return the address of the notebook of another page, in the folder of all of them.

    Examples
    --------
    >>> in_folder("ravine.html#a")
    'ravine.ipynb'
    """
    stem, suffix = posixpath.splitext(target.partition("#")[0])
    return f"{stem}.ipynb" if suffix == ".html" else ""


def neighbours(context: dict[str, Any], words: dict[str, str]) -> list[Piece]:
    """Return the line that leads to the pages before and after a page."""
    links = []
    for name, said in (("prev", f"{words['key_previous']} ←"), ("next", f"{words['key_next']} →")):
        if page := context.get(name):
            title = escape(Markup(page["title"]).striptags())
            links.append(f"{said} [{title}]({in_folder(page['link'])})")
    return ["---", " · ".join(links)] if links else []


def write(
    app: Sphinx, pagename: str, _template: str, context: dict[str, Any], doctree: Any
) -> None:
    """Write the plain notebooks of a page that was just written."""
    source = Path(str(app.env.doc2path(pagename))) if doctree is not None else Path()
    if source.suffix != ".ipynb":
        return
    stored = source.read_text(encoding="utf-8")
    page, title = sources_title(app.env)
    sources = list(cited(app.env, pagename)) if page != pagename else []

    def plain(address: Callable[[str], str], end: list[Piece]) -> dict[str, Any]:
        writer = Writer(app.builder, address)  # type: ignore[arg-type]
        pieces = writer.write(doctree)
        if sources:
            pieces.append(writer.entries(title, sources))
        return with_text(json.loads(stored), [*pieces, *end])

    try:
        here = app.builder.get_target_uri(pagename)
        alone = plain(on_site(app.config.html_baseurl, here), [])
        where = app.config.course_repository
        installing(alone, Repository(**where) if where else None)
        _store(Path(app.outdir, plain_notebook(pagename)), alone)
        if app.config.course_lab:
            end = neighbours(context, app.config.course_words)
            _store(Path(app.config.course_lab, f"{pagename}.ipynb"), plain(in_folder, end))
    except UnknownNode as error:
        logger.warning(
            "on the page %r, {%s} has no form in the notebook to download: use a directive that "
            "other pages use, or say in site/plainmarkdown.py (within a line, plaininline.py) how "
            "it is written in plain Markdown",
            pagename,
            error.name,
            location=error.node,
            type="course",
            subtype="plain",
        )


def _store(path: Path, notebook: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Write the notebooks with each page."""
    app.add_config_value("course_lab", "", "html")
    app.connect("html-page-context", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
