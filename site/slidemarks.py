"""Comments on slides: ``<!-- slide -->`` in a chapter becomes a class of what it stands at.

At the end of a line it marks the line, which is a sentence; on a line of its own, the block below.
The classes change nothing on a page: `decks` reads them when it makes slides of the page. A
comment, because every reader of Markdown leaves it out, also those that show the notebook; and
because it is neither code nor metadata of a cell, so that no output is made stale by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging

from elements import slide_mark

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["NEW_SLIDE", "NO_SLIDE", "SLIDE", "setup"]

SLIDE = "mm-slide"
NO_SLIDE = "mm-no-slide"
NEW_SLIDE = "mm-new-slide"
_CLASSES = {"slide": SLIDE, "no slide": NO_SLIDE, "new slide": NEW_SLIDE}

logger = logging.getLogger(__name__)


def mark(app: Sphinx, doctree: nodes.document) -> None:
    """Replace the comments on a page by classes."""
    for comment in list(doctree.findall(nodes.raw)):
        said = slide_mark(comment.astext()) if comment.get("format") == "html" else None
        if said is None:
            continue
        parent = comment.parent
        at = next(i for i, node in enumerate(parent.children) if node is comment)
        if isinstance(parent, nodes.TextElement):
            _mark_line(parent, at)
            continue
        marked = next((n for n in parent.children[at + 1 :] if _is_block(n)), None)
        if marked is None or isinstance(marked, nodes.section):
            logger.warning(
                "nothing stands below <!-- %s --> in its section: put it above the block that it "
                "is about",
                said,
                location=comment,
                type="course",
                subtype="slide",
            )
        else:
            marked["classes"].append(_CLASSES[said])
        parent.remove(comment)


def _is_block(node: nodes.Node) -> bool:
    """Whether a slide could show it, unlike a label or a further comment."""
    return not isinstance(node, nodes.raw | nodes.target | nodes.comment)


def _mark_line(parent: nodes.TextElement, at: int) -> None:
    """Wrap what stands in front of the comment, back to the end of the line before."""
    children = parent.children
    # MyST makes a node of the line break alone.
    ends = (i for i in range(at - 1, -1, -1) if str(children[i]) == "\n")
    start = next(ends, -1) + 1
    line = nodes.inline("", "", classes=[SLIDE])
    line += children[start:at]
    if line.children and isinstance(line[-1], nodes.Text):
        line[-1] = nodes.Text(line[-1].rstrip())
    parent[start : at + 1] = [line]


def setup(app: Sphinx) -> dict[str, Any]:
    """Look at each page when it has been read, before its lines are joined."""
    app.connect("doctree-read", mark, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
