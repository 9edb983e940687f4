"""From a finished page to plain Markdown: what GitHub, Colab and VS Code show of a notebook's text.

These programs know nothing of MyST (`markdownmarks` says what they know). What MyST adds is in the
document tree of the page, where Sphinx has settled every number, title and citation, so the text is
written from that tree and says what the page says. Boxes become block quotes, what is folded a
``<details>``; `plaininline` writes what stands within a line.

Code cells are not written: a number stands for each, its place in the notebook.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.locale import admonitionlabels
from sphinx.util.math import get_node_equation_number
from sphinx_design.dropdown import dropdown_main, dropdown_title
from sphinx_design.shared import is_component

from apipage import api_entry, api_signature
from boxes import course_box, course_box_title
from katexmath import display_tex
from markdownmarks import bullets, escape, fenced, folded, listed, paragraph, quote, table, tex_line
from plaininline import SILENT, Inline, UnknownNode

__all__ = ["Piece", "Writer"]

Piece = str | int
"""A block of Markdown, or the place of a code cell."""


class Writer:
    """Writes a page as Markdown.

    Parameters
    ----------
    builder : StandaloneHTMLBuilder
        The builder that wrote the page: it knows the numbers.
    address : callable
        Returns where a reference to another page leads (see `Inline`); by default they are text.
    """

    def __init__(
        self, builder: StandaloneHTMLBuilder, address: Callable[[str], str] = lambda _: ""
    ) -> None:
        self.builder = builder
        self.config = builder.config
        self.env = builder.env
        self.inline = Inline(Path(builder.srcdir), address)
        self.depth = 0

    def write(self, document: nodes.document) -> list[Piece]:
        """Return the text of the page and the places of its code cells, in their order.

        Raises
        ------
        UnknownNode
            Something of the page has no form.
        """
        return self._blocks(document.children)

    def entries(self, title: str, paragraphs: Iterable[nodes.paragraph]) -> str:
        """Return a section that lists paragraphs, such as the sources of a page."""
        return "\n\n".join([f"## {escape(title)}", bullets(map(self._paragraph, paragraphs))])

    # Blocks

    def _blocks(self, children: Iterable[nodes.Node]) -> list[Piece]:
        found: list[Piece] = []
        for child in children:
            found += self._block(child)
        return [piece for piece in found if piece != ""]

    def _block(self, node: nodes.Node) -> list[Piece]:
        if isinstance(node, SILENT):
            return []
        if isinstance(node, nodes.Admonition):
            return self._admonition(cast(nodes.Element, node))
        write: Callable[[Any], str | list[Piece]] | None = _BLOCKS.get(type(node))
        if write is None:
            raise UnknownNode(node)
        written = write(self, node)
        return [written] if isinstance(written, str) else written

    def _inside(self, node: nodes.Element) -> list[Piece]:
        return self._blocks(node.children)

    def _text(self, children: Iterable[nodes.Node]) -> str:
        """Return blocks which hold no code cell as one text."""
        pieces = self._blocks(children)
        if any(isinstance(piece, int) for piece in pieces):
            raise TypeError("a code cell stands where a notebook cannot have one")
        return "\n\n".join(map(str, pieces))

    def _section(self, node: nodes.section) -> list[Piece]:
        self.depth += 1
        pieces = self._inside(node)
        self.depth -= 1
        return pieces

    def _title(self, node: nodes.title) -> str:
        numbers = self.builder.secnumbers
        anchor = f"#{node.parent['ids'][0]}"
        number = ".".join(map(str, numbers.get(anchor if anchor in numbers else "") or ()))
        said = f"{number}{self.config.html_secnumber_suffix}" if number else ""
        return f"{'#' * min(self.depth, 6)} {said}{self.inline.line(node)}"

    def _paragraph(self, node: nodes.Element) -> str:
        return paragraph(self.inline.text(node))

    def _container(self, node: nodes.container) -> list[Piece]:
        if node.get("nb_element") == "cell_code":
            return [cast(int, node["cell_index"]), *self._captions(node)]
        if "design_component" in node and not is_component(node, "dropdown-body"):
            raise UnknownNode(node)
        return self._inside(node)

    def _captions(self, cell: nodes.Element) -> list[Piece]:
        """Return what is written below the figures of a cell, which a notebook does not show."""
        return [
            f"**{escape(self._figure_number(figure))}** {self.inline.line(caption)}"
            for figure in cell.findall(nodes.figure)
            for caption in figure.findall(nodes.caption)
        ]

    def _figure_number(self, figure: nodes.Element) -> str:
        kind = self.env.get_domain("std").get_enumerable_node_type(figure)
        numbers = self.builder.fignumbers.get(kind or "", {})
        number = next((numbers[name] for name in figure["ids"] if name in numbers), ())
        return str(self.config.numfig_format["figure"] % ".".join(map(str, number))).strip()

    def _figure(self, node: nodes.figure) -> str:
        images = "\n".join(self.inline.image(image) for image in node.findall(nodes.image))
        captions = (
            str(caption) for caption in self._captions(nodes.container("", node.deepcopy()))
        )
        return "\n\n".join([images, *captions])

    def _picture(self, node: nodes.image) -> str:
        return self.inline.image(node)

    def _math(self, node: nodes.math_block) -> str:
        tex = tex_line(display_tex(node.astext(), bool(node.get("nowrap"))))
        # Between dollar signs TeX allows no environment that is a formula by itself.
        tex = re.sub(r"\\(begin|end)\{(align|alignat|gather)\*\}", r"\\\1{\2ed}", tex)
        tex = tex.replace("{alignated}", "{alignedat}")
        if node.get("number"):
            writer = cast(Any, SimpleNamespace(builder=self.builder))
            tex += rf" \tag{{{get_node_equation_number(writer, node)}}}"
        return f"$$ {tex} $$"

    def _code(self, node: nodes.literal_block) -> str:
        language = str(node.get("language", ""))
        return fenced(node.astext(), "" if language in ("none", "default") else language)

    def _doctest(self, node: nodes.doctest_block) -> str:
        return fenced(node.astext(), "python")

    def _quoted(self, title: str, body: list[Piece]) -> list[Piece]:
        """Return a box: a quotation, unless code cells are in it, which cannot be quoted."""
        pieces: list[Piece] = [title, *body]
        if any(isinstance(piece, int) for piece in pieces):
            return pieces
        return [quote("\n\n".join(map(str, pieces)))]

    @staticmethod
    def _folded(title: str, summary: str, body: list[Piece]) -> list[Piece]:
        """Return what a reader unfolds; with code cells in it, it stands open."""
        if any(isinstance(piece, int) for piece in body):
            return [title, *body]
        inside = "\n\n".join(map(str, body))
        return [folded(summary, inside)]

    def _block_quote(self, node: nodes.block_quote) -> str:
        return quote(self._text(node.children))

    def _admonition(self, node: nodes.Element) -> list[Piece]:
        body = list(node.children)
        # Sphinx's writer of HTML has put the title of a note there, once it has been at work.
        if isinstance(body[0], nodes.title):
            title = self.inline.line(body.pop(0))
        else:
            title = escape(str(admonitionlabels[node.tagname]))
        return self._quoted(f"**{title}**", self._blocks(body))

    def _box(self, node: course_box) -> list[Piece]:
        title = cast(course_box_title, node[0])
        name = self.inline.line(title)
        opening, closing = ("（", "）") if self.config.language.startswith("zh") else (" (", ")")
        said = f"**{escape(node['label'])}**" + (f"{opening}{name}{closing}" if name else "")
        body = self._blocks(node.children[1:])
        if not node["folded"]:
            return self._quoted(said, body)
        name = self.inline.html(title)
        summary = f"<b>{html.escape(node['label'], quote=False)}</b>"
        return self._folded(said, summary + (f"{opening}{name}{closing}" if name else ""), body)

    def _dropdown(self, node: dropdown_main) -> list[Piece]:
        title = next(iter(node.findall(dropdown_title)))
        words = next(part for part in title.children if "sd-summary-text" in part["classes"])
        body = self._blocks(child for child in node.children if child is not title)
        if node["opened"]:
            return self._quoted(f"**{self.inline.line(words)}**", body)
        return self._folded(f"**{self.inline.line(words)}**", self.inline.html(words), body)

    def _bullets(self, node: nodes.bullet_list) -> str:
        return bullets(self._text(item.children) for item in self._items(node))

    def _numbered(self, node: nodes.enumerated_list) -> str:
        first = int(node.get("start", 1))
        items = [self._text(item.children) for item in self._items(node)]
        return listed(items, [f"{first + k}." for k in range(len(items))])

    @staticmethod
    def _items(node: nodes.Element) -> list[nodes.Element]:
        return [item for item in node.children if isinstance(item, nodes.Element)]

    def _definitions(self, node: nodes.definition_list) -> str:
        items = []
        for item in self._items(node):
            *heads, body = self._items(item)
            items.append(
                f"{' : '.join(map(self.inline.line, heads))}\n\n{self._text(body.children)}"
            )
        return bullets(items)

    def _table(self, node: nodes.table) -> str:
        self.inline.in_table = True
        rows = [[self._cell(entry) for entry in row.children] for row in node.findall(nodes.row)]
        self.inline.in_table = False
        first = next(iter(node.findall(nodes.row)))
        named = [
            next((c.removeprefix("text-") for c in entry["classes"] if c.startswith("text-")), "")
            for entry in self._items(first)
        ]
        return table(rows, named)

    def _cell(self, entry: nodes.Node) -> str:
        parts = [self.inline.line(part) for part in self._items(cast(nodes.Element, entry))]
        return "<br>".join(parts)

    def _entry(self, node: api_entry) -> list[Piece]:
        signature = cast(api_signature, node[0])
        kind = {"class": "class ", "module": "module "}.get(node["kind"], "")
        title = f"{'#' * node['level']} {self.inline.code(kind + signature.astext())}"
        return [title, *self._blocks(node.children[1:])]

    def _rubric(self, node: nodes.rubric) -> str:
        return f"**{self.inline.line(node)}**"

    def _citation(self, node: nodes.citation) -> str:
        return bullets([self._text(node.children)])

    def _transition(self, _node: nodes.transition) -> str:
        return "---"

    def _nothing(self, _node: nodes.Element) -> list[Piece]:
        return []


_BLOCKS: dict[type[nodes.Node], Callable[[Any, Any], str | list[Piece]]] = {
    nodes.section: Writer._section,
    nodes.title: Writer._title,
    nodes.paragraph: Writer._paragraph,
    nodes.container: Writer._container,
    nodes.compound: Writer._nothing,  # the table of contents, which the page does not show
    nodes.figure: Writer._figure,
    nodes.image: Writer._picture,
    nodes.math_block: Writer._math,
    nodes.literal_block: Writer._code,
    nodes.doctest_block: Writer._doctest,
    nodes.block_quote: Writer._block_quote,
    course_box: Writer._box,
    dropdown_main: Writer._dropdown,
    nodes.bullet_list: Writer._bullets,
    nodes.enumerated_list: Writer._numbered,
    nodes.definition_list: Writer._definitions,
    nodes.table: Writer._table,
    api_entry: Writer._entry,
    nodes.rubric: Writer._rubric,
    nodes.citation: Writer._citation,
    nodes.transition: Writer._transition,
}
