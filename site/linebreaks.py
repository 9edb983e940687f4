"""Line breaks in Chinese: a chapter has one sentence per line, and a page no gap between them.

In HTML a line break is a space, which Chinese does not write between sentences.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["join_lines", "setup"]

_MARK = (
    r"\u3001-\u3002\u3008-\u3011\u3014-\u301b\u2018-\u201d\u2026\u2014"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_HAN = r"\u3400-\u9fff\uf900-\ufaff"
_NOT_PROSE = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)
# After a full-width mark, which has its own room, and between two Chinese characters.
_BREAK = re.compile(rf"(?<=[{_MARK}])\n|(?<=[{_HAN}])\n(?=[{_HAN}{_MARK}])|\n(?=[{_MARK}])")


def join_lines(text: str) -> str:
    r"""Return `text` without the line breaks that would show as gaps.

    Examples
    --------
    >>> join_lines("动量有记忆。\n梯度没有。")
    '动量有记忆。梯度没有。'
    >>> join_lines("Momentum remembers.\nThe gradient does not.")
    'Momentum remembers.\nThe gradient does not.'
    """
    return _BREAK.sub("", text)


def close_gaps(app: Sphinx, doctree: nodes.document) -> None:
    """Join the lines of the text of a page; code stays as it is."""
    if not app.config.language.startswith("zh"):
        return  # a quotation of a few characters elsewhere follows the rules of the page
    for text in list(doctree.findall(nodes.Text)):
        if "\n" not in text or isinstance(text.parent, _NOT_PROSE):
            continue
        # Two line breaks are equal, so nodes are told apart by identity; list.index could not.
        siblings = text.parent.children
        at = next(i for i, node in enumerate(siblings) if node is text)
        # MyST makes a node of the line break alone: what is around it stands in its neighbours.
        before = _words(siblings[at - 1 : at])[-1:]
        after = _words(siblings[at + 1 : at + 2])[:1]
        joined = join_lines(before + text + after)
        text.parent[at] = nodes.Text(joined[len(before) : len(joined) - len(after)])


def _words(neighbours: list[nodes.Node]) -> str:
    """Return what is to be read of at most one node; nothing of a formula or of code."""
    return "".join(str(n.astext()) for n in neighbours if not isinstance(n, _NOT_PROSE))


def setup(app: Sphinx) -> dict[str, Any]:
    """Look at the text of each page when it has been read."""
    app.connect("doctree-read", close_gaps)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
