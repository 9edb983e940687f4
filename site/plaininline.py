"""Within a line of a finished page: words, emphasis, formulas, code, links and pictures."""

from __future__ import annotations

import base64
import html
import mimetypes
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from docutils import nodes
from sphinx import addnodes

from markdownmarks import code_span, emphasised, escape, tex_line

__all__ = ["SILENT", "Inline", "UnknownNode"]

SILENT = (nodes.target, nodes.comment, nodes.meta, addnodes.index, nodes.label)
"""Nodes that are no text: what they lead to, or say to a search engine, is not in a notebook."""

# What the page sets apart by its looks: names in other languages, the pages that cite a source.
_ASIDE = {"mm-term-others", "mm-cited-on"}


class UnknownNode(Exception):
    """Something of a page that has no form in plain Markdown.

    Attributes
    ----------
    node : Element
        What it is.
    """

    def __init__(self, node: nodes.Node) -> None:
        self.node = node
        self.name = str(cast(Any, node).get("design_component", "")) or type(node).__name__
        super().__init__(self.name)


class Inline:
    """Writes what stands within a line.

    Parameters
    ----------
    pictures : Path
        The folder that the addresses of pictures start from.
    address : callable
        Returns where a reference to another page leads, given its address as the page has it; or
        nothing, where it leads nowhere and is text.
    """

    def __init__(self, pictures: Path, address: Callable[[str], str]) -> None:
        self.pictures = pictures
        self.address = address
        self.in_table = False

    def line(self, node: nodes.Element) -> str:
        """Return the text of a node on one line."""
        return " ".join(self.text(node).split())

    def text(self, node: nodes.Element) -> str:
        """Return the text of a node; emphasis is written when what surrounds it is known."""
        parts: list[tuple[str, str]] = []
        for child in node.children:
            parts += self._parts(child)
        written = ""
        for number, (mark, text) in enumerate(parts):
            behind = next((text for _, text in parts[number + 1 :] if text), " ")
            written += emphasised(mark, text, written[-1:] or " ", behind[0]) if mark else text
        return written

    def html(self, node: nodes.Node) -> str:
        """Return inline text as HTML: in the line that unfolds something, Markdown is not read."""
        if isinstance(node, nodes.Text):
            return html.escape(" ".join(node.astext().split("\n")), quote=False)
        if isinstance(node, nodes.math):
            return html.escape(self._formula(node), quote=False)
        inside = "".join(map(self.html, node.children))
        tags = {nodes.emphasis: "em", nodes.strong: "strong", nodes.literal: "code"}
        tag = tags.get(type(node))
        return f"<{tag}>{inside}</{tag}>" if tag else inside

    def code(self, code: str) -> str:
        """Return code within a line."""
        code = " ".join(code.split("\n"))
        return code_span(code.replace("|", "\\|") if self.in_table else code)

    def image(self, node: nodes.image) -> str:
        """Return a picture with its data, so that the notebook needs no file beside it."""
        path = self.pictures / str(node["uri"]).lstrip("/")
        kind = mimetypes.guess_type(path.name)[0] or "image/png"
        data = base64.b64encode(path.read_bytes()).decode()
        return f"![{escape(' '.join(node.get('alt', '').split()))}](data:{kind};base64,{data})"

    def _parts(self, node: nodes.Node) -> list[tuple[str, str]]:
        """Return the pieces of inline text, each with the mark of its emphasis, if it has any."""
        if isinstance(node, nodes.Text):
            text = escape(node.astext())
            return [("", text.replace("|", "\\|") if self.in_table else text)]
        if isinstance(node, SILENT):
            return []
        if isinstance(node, nodes.emphasis):
            return [("*", self.text(node))]
        if isinstance(node, nodes.strong) or "mm-term" in cast(nodes.Element, node)["classes"]:
            return [("**", self.text(cast(nodes.Element, node)))]
        if isinstance(node, nodes.inline):
            parts = [part for child in node.children for part in self._parts(child)]
            return [("", "("), *parts, ("", ")")] if _ASIDE & {*node["classes"]} else parts
        write: Callable[[Any, Any], str] | None = _INLINE.get(type(node))
        if write is None:
            raise UnknownNode(node)
        return [("", write(self, node))]

    def _formula(self, node: nodes.math) -> str:
        tex = tex_line(node.astext())
        if self.in_table:
            tex = tex.replace(r"\|", r"\Vert ").replace("|", r"\vert ")
        return f"${tex}$"

    def _literal(self, node: nodes.literal) -> str:
        return self.code(node.astext())

    def _reference(self, node: nodes.reference) -> str:
        """Return a link; what stands on this page, or leads nowhere, needs none."""
        text, address = self.text(node), str(node.get("refuri", ""))
        if not ("://" in address or address.startswith("mailto:")):
            address = self.address(address) if address.partition("#")[0] else ""
        return f"[{text}]({address})" if address else text

    def _small(self, node: nodes.Element) -> str:
        tag = "sub" if isinstance(node, nodes.subscript) else "sup"
        return f"<{tag}>{self.text(node)}</{tag}>"


_INLINE: dict[type[nodes.Node], Callable[[Any, Any], str]] = {
    nodes.math: Inline._formula,
    nodes.literal: Inline._literal,
    nodes.reference: Inline._reference,
    addnodes.number_reference: Inline._reference,
    nodes.image: Inline.image,
    nodes.subscript: Inline._small,
    nodes.superscript: Inline._small,
}
