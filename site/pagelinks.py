"""Links from page to page: chapters say ``ravine.md``, and the book is made of ``ravine.ipynb``.

An author links the file that the author sees, in ``chapters/``; the notebook made from it keeps
the text as it is.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Any

from sphinx import addnodes

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

__all__ = ["setup"]


def find_pages(app: Sphinx, doctree: nodes.document) -> None:
    """Let links to a chapter's file lead to the page that is made of it."""
    here = posixpath.dirname(app.env.docname)
    for link in doctree.findall(addnodes.pending_xref):
        if link.get("reftype") != "myst" or link.get("refdomain"):
            continue
        path, _, anchor = link["reftarget"].partition("#")
        stem, suffix = posixpath.splitext(path)
        page = posixpath.normpath(posixpath.join(here, stem))
        if suffix == ".md" and page in app.env.found_docs:
            link["refdomain"], link["reftarget"] = "doc", page
            link["reftargetid"] = anchor or None


def setup(app: Sphinx) -> dict[str, Any]:
    """Look at the links of each page when it has been read."""
    app.connect("doctree-read", find_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
