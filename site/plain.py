"""The plain edition of a notebook: the same cells and outputs, its text in plain Markdown.

A notebook in ``notebooks/`` holds the MyST that its chapter is written in, which the book and
JupyterLab show and other programs do not. So beside each page the book has a notebook to download
and to open on Colab, in ``_notebooks/``, whose text is written from the finished page
(`plainmarkdown`), with its numbers, and with the sources that it cites at its end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pybtex_docutils
from docutils import nodes
from sphinx.util import logging

from colab import TAG, install_cell
from editions import plain_notebook
from plainmarkdown import Piece, UnknownNode, Writer
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


def write(app: Sphinx, pagename: str, _template: str, _context: Any, doctree: Any) -> None:
    """Write the plain notebook of a page that was just written."""
    source = Path(str(app.env.doc2path(pagename))) if doctree is not None else Path()
    if source.suffix != ".ipynb":
        return
    base = app.config.html_baseurl and app.config.html_baseurl.rstrip("/") + "/"
    writer = Writer(app.builder, pagename, base)  # type: ignore[arg-type]
    try:
        pieces = writer.write(doctree)
        page, title = sources_title(app.env)
        sources = list(cited(app.env, pagename)) if page != pagename else []
        if sources:
            pieces.append(writer.entries(title, sources))
    except UnknownNode as error:
        logger.warning(
            "on the page %r, {%s} has no form in the notebook to download: use a directive that "
            "other pages use, or say in site/plainmarkdown.py how it is written in plain Markdown",
            pagename,
            error.name,
            location=error.node,
            type="course",
            subtype="plain",
        )
        return
    notebook = with_text(json.loads(source.read_text(encoding="utf-8")), pieces)
    where = app.config.course_repository
    installing(notebook, Repository(**where) if where else None)
    path = Path(app.outdir, plain_notebook(pagename))
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Write a notebook with each page."""
    app.connect("html-page-context", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
