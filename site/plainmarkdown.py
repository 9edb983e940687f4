"""From a finished page to plain Markdown: what GitHub, Colab and VS Code show of a notebook's text.

These programs know CommonMark, tables and formulas between dollar signs, and nothing of MyST. What
MyST adds is in the document tree of the page, where Sphinx has settled every number, title and
citation, so the text is written from that tree and says what the page says. Boxes become block
quotes, what is folded a ``<details>``, and a formula stands on one line, for several programs take
formulas out before they read the rest, and would find the ``>`` of a quotation in them.

Code cells are not written: a number stands for each, its place in the notebook.
"""

from __future__ import annotations

import base64
import html
import mimetypes
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.locale import admonitionlabels
from sphinx.util.math import get_node_equation_number
from sphinx_design.dropdown import dropdown_main, dropdown_title
from sphinx_design.shared import is_component

from apipage import api_entry, api_signature
from boxes import course_box, course_box_title
from katexmath import display_tex

__all__ = ["Piece", "UnknownNode", "Writer"]

Piece = str | int
"""A block of Markdown, or the place of a code cell."""

# Nodes that are no text: what they lead to, or say to a search engine, is not in a notebook.
_SILENT = (nodes.target, nodes.comment, nodes.meta, addnodes.index, nodes.label)
# What the page sets apart by its looks: names in other languages, the pages that cite a source.
_ASIDE = {"mm-term-others", "mm-cited-on"}
_SPECIAL = re.compile(r"[\\`*<$~]|(?<![^\W_])_|_(?![^\W_])|\](?=[(\[:])|&(?=#?\w+;)")
_BLOCK_START = re.compile(r"^(?P<digits>\d*)(?P<mark>[#>+=|-]|(?<=\d)[.)])(?=\s|$|[#>=|-])", re.M)
_COMMENT = re.compile(r"(?<!\\)%.*")


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


def escape(text: str) -> str:
    r"""Return plain words so that no Markdown is read into them.

    Examples
    --------
    >>> print(escape("2 * 3 < x_1, steps_to, 5 $ and [a](b)"))
    2 \* 3 \< x_1, steps_to, 5 \$ and [a\](b)
    """
    return _SPECIAL.sub(lambda sign: "&amp;" if sign[0] == "&" else "\\" + sign[0], text)


def tex_line(tex: str) -> str:
    r"""Return a formula on one line, without what HTML would take for a tag.

    Examples
    --------
    >>> print(tex_line("a &< b \\\\\n c &= d % why"))
    a &< b \\ c &= d
    >>> print(tex_line("a<b"))
    a\lt b
    """
    line = " ".join(_COMMENT.sub("", tex).split())
    return re.sub(r"<(?=[A-Za-z/!?])", r"\\lt ", line)


def quote(text: str) -> str:
    r"""Return a text as a block quote.

    Examples
    --------
    >>> quote("a\n\nb")
    '> a\n>\n> b'
    """
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


class Writer:
    """Writes a page as Markdown.

    Parameters
    ----------
    builder : StandaloneHTMLBuilder
        The builder that wrote the page: it knows numbers, and where the other pages are.
    docname : str
        The page.
    base : str
        The address of the edition on the published site, with which references to other pages
        become links; without it they are text.
    """

    def __init__(self, builder: StandaloneHTMLBuilder, docname: str, base: str = "") -> None:
        self.builder = builder
        self.config = builder.config
        self.env = builder.env
        self.docname = docname
        self.base = base
        self.depth = 0
        self.in_table = False

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
        return "\n\n".join([f"## {escape(title)}", self._list(map(self._paragraph, paragraphs))])

    # Blocks

    def _blocks(self, children: Iterable[nodes.Node]) -> list[Piece]:
        found: list[Piece] = []
        for child in children:
            found += self._block(child)
        return [piece for piece in found if piece != ""]

    def _block(self, node: nodes.Node) -> list[Piece]:
        if isinstance(node, _SILENT):
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
        return f"{'#' * min(self.depth, 6)} {said}{self._line(node)}"

    def _paragraph(self, node: nodes.Element) -> str:
        text = re.sub(r"[ \t]*\n[ \t]*", "\n", self._inline(node)).strip()
        return _BLOCK_START.sub(r"\g<digits>\\\g<mark>", text)

    def _container(self, node: nodes.container) -> list[Piece]:
        if node.get("nb_element") == "cell_code":
            return [cast(int, node["cell_index"]), *self._captions(node)]
        if "design_component" in node and not is_component(node, "dropdown-body"):
            raise UnknownNode(node)
        return self._inside(node)

    def _captions(self, cell: nodes.Element) -> list[Piece]:
        """Return what is written below the figures of a cell, which a notebook does not show."""
        return [
            f"**{escape(self._figure_number(figure))}** {self._line(caption)}"
            for figure in cell.findall(nodes.figure)
            for caption in figure.findall(nodes.caption)
        ]

    def _figure_number(self, figure: nodes.Element) -> str:
        kind = self.env.get_domain("std").get_enumerable_node_type(figure)
        numbers = self.builder.fignumbers.get(kind or "", {})
        number = next((numbers[name] for name in figure["ids"] if name in numbers), ())
        return str(self.config.numfig_format["figure"] % ".".join(map(str, number))).strip()

    def _figure(self, node: nodes.figure) -> str:
        images = "\n".join(self._image(image) for image in node.findall(nodes.image))
        captions = (
            str(caption) for caption in self._captions(nodes.container("", node.deepcopy()))
        )
        return "\n\n".join([images, *captions])

    def _image(self, node: nodes.image) -> str:
        """Return a picture with its data, so that the notebook needs no file beside it."""
        path = Path(self.builder.srcdir, str(node["uri"]).lstrip("/"))
        kind = mimetypes.guess_type(path.name)[0] or "image/png"
        data = base64.b64encode(path.read_bytes()).decode()
        return f"![{escape(' '.join(node.get('alt', '').split()))}](data:{kind};base64,{data})"

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
        return self._fenced(node.astext(), "" if language in ("none", "default") else language)

    def _doctest(self, node: nodes.doctest_block) -> str:
        return self._fenced(node.astext(), "python")

    @staticmethod
    def _fenced(code: str, language: str) -> str:
        longest = max((len(run) for run in re.findall("`{3,}", code)), default=2)
        fence = "`" * (longest + 1)
        return f"{fence}{language}\n{code.rstrip()}\n{fence}"

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
        return [f"<details>\n<summary>{summary}</summary>\n\n{inside}\n\n</details>"]

    def _block_quote(self, node: nodes.block_quote) -> str:
        return quote(self._text(node.children))

    def _admonition(self, node: nodes.Element) -> list[Piece]:
        body = list(node.children)
        # Sphinx's writer of HTML has put the title of a note there, once it has been at work.
        if isinstance(body[0], nodes.title):
            title = self._line(body.pop(0))
        else:
            title = escape(str(admonitionlabels[node.tagname]))
        return self._quoted(f"**{title}**", self._blocks(body))

    def _box(self, node: course_box) -> list[Piece]:
        title = cast(course_box_title, node[0])
        name = self._line(title)
        opening, closing = ("（", "）") if self.config.language.startswith("zh") else (" (", ")")
        said = f"**{escape(node['label'])}**" + (f"{opening}{name}{closing}" if name else "")
        body = self._blocks(node.children[1:])
        if not node["folded"]:
            return self._quoted(said, body)
        name = self._html(title)
        summary = f"<b>{html.escape(node['label'], quote=False)}</b>"
        return self._folded(said, summary + (f"{opening}{name}{closing}" if name else ""), body)

    def _dropdown(self, node: dropdown_main) -> list[Piece]:
        title = next(iter(node.findall(dropdown_title)))
        words = next(part for part in title.children if "sd-summary-text" in part["classes"])
        body = self._blocks(child for child in node.children if child is not title)
        if node["opened"]:
            return self._quoted(f"**{self._line(words)}**", body)
        return self._folded(f"**{self._line(words)}**", self._html(words), body)

    def _bullets(self, node: nodes.bullet_list) -> str:
        return self._list(self._text(item.children) for item in self._items(node))

    def _numbered(self, node: nodes.enumerated_list) -> str:
        first = int(node.get("start", 1))
        items = [self._text(item.children) for item in self._items(node)]
        return self._list(items, [f"{first + k}." for k in range(len(items))])

    @staticmethod
    def _items(node: nodes.Element) -> list[nodes.Element]:
        return [item for item in node.children if isinstance(item, nodes.Element)]

    @staticmethod
    def _list(items: Iterable[str], marks: Sequence[str] = ()) -> str:
        """Return a list, whose items stand close together if each is a single block."""
        items = list(items)
        written = []
        for number, item in enumerate(items):
            mark = marks[number] if marks else "-"
            margin = "\n" + " " * (len(mark) + 1)
            written.append(f"{mark} " + re.sub(r"\n(?=[^\n])", margin, item))
        return ("\n\n" if any("\n\n" in item for item in items) else "\n").join(written)

    def _definitions(self, node: nodes.definition_list) -> str:
        items = []
        for item in self._items(node):
            *heads, body = self._items(item)
            items.append(f"{' : '.join(map(self._line, heads))}\n\n{self._text(body.children)}")
        return self._list(items)

    def _table(self, node: nodes.table) -> str:
        self.in_table = True
        rows = [[self._cell(entry) for entry in row.children] for row in node.findall(nodes.row)]
        first = next(iter(node.findall(nodes.row)))
        alignments = {"text-left": ":---", "text-center": ":---:", "text-right": "---:"}
        rule = [
            next((alignments[c] for c in entry["classes"] if c in alignments), "---")
            for entry in self._items(first)
        ]
        self.in_table = False
        return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], rule, *rows[1:]])

    def _cell(self, entry: nodes.Node) -> str:
        parts = [self._line(part) for part in self._items(cast(nodes.Element, entry))]
        return "<br>".join(parts)

    def _entry(self, node: api_entry) -> list[Piece]:
        signature = cast(api_signature, node[0])
        kind = {"class": "class ", "module": "module "}.get(node["kind"], "")
        title = f"{'#' * node['level']} {self._span(kind + signature.astext())}"
        return [title, *self._blocks(node.children[1:])]

    def _rubric(self, node: nodes.rubric) -> str:
        return f"**{self._line(node)}**"

    def _citation(self, node: nodes.citation) -> str:
        return self._list([self._text(node.children)])

    def _transition(self, _node: nodes.transition) -> str:
        return "---"

    def _nothing(self, _node: nodes.Element) -> list[Piece]:
        return []

    # Within a line

    def _line(self, node: nodes.Element) -> str:
        return " ".join(self._inline(node).split())

    def _inline(self, node: nodes.Element) -> str:
        """Return the text of a node; emphasis is written when what surrounds it is known."""
        parts: list[tuple[str, str]] = []
        for child in node.children:
            parts += self._parts(child)
        written = ""
        for number, (mark, text) in enumerate(parts):
            behind = next((text for _, text in parts[number + 1 :] if text), " ")
            written += emphasised(mark, text, written[-1:] or " ", behind[0]) if mark else text
        return written

    def _parts(self, node: nodes.Node) -> list[tuple[str, str]]:
        """Return the pieces of inline text, each with the mark of its emphasis, if it has any."""
        if isinstance(node, nodes.Text):
            text = escape(node.astext())
            return [("", text.replace("|", "\\|") if self.in_table else text)]
        if isinstance(node, _SILENT):
            return []
        if isinstance(node, nodes.emphasis):
            return [("*", self._inline(node))]
        if isinstance(node, nodes.strong) or "mm-term" in cast(nodes.Element, node)["classes"]:
            return [("**", self._inline(cast(nodes.Element, node)))]
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
        return self._span(node.astext())

    def _span(self, code: str) -> str:
        code = " ".join(code.split("\n"))
        if self.in_table:
            code = code.replace("|", "\\|")
        ticks = "`" * (max((len(run) for run in re.findall("`+", code)), default=0) + 1)
        room = " " if code.startswith("`") or code.endswith("`") else ""
        return f"{ticks}{room}{code}{room}{ticks}"

    def _reference(self, node: nodes.reference) -> str:
        text, address = self._inline(node), self._address(node)
        return f"[{text}]({address})" if address else text

    def _address(self, node: nodes.reference) -> str:
        """Return where a reference leads, or nothing: what stands on this page needs no link."""
        target = str(node.get("refuri", ""))
        if "://" in target or target.startswith("mailto:"):
            return target
        path = target.partition("#")[0]
        if not self.base or not path:
            return ""
        here = posixpath.dirname(self.builder.get_target_uri(self.docname))
        return self.base + posixpath.normpath(posixpath.join(here, target))

    def _small(self, node: nodes.Element) -> str:
        tag = "sub" if isinstance(node, nodes.subscript) else "sup"
        return f"<{tag}>{self._inline(node)}</{tag}>"

    def _html(self, node: nodes.Node) -> str:
        """Return inline text as HTML: in the line that unfolds something, Markdown is not read."""
        if isinstance(node, nodes.Text):
            return html.escape(" ".join(node.astext().split("\n")), quote=False)
        if isinstance(node, nodes.math):
            return html.escape(self._formula(node), quote=False)
        inside = "".join(map(self._html, node.children))
        tags = {nodes.emphasis: "em", nodes.strong: "strong", nodes.literal: "code"}
        tag = tags.get(type(node))
        return f"<{tag}>{inside}</{tag}>" if tag else inside


def emphasised(mark: str, text: str, before: str, behind: str) -> str:
    """Return `text` between marks of emphasis, or HTML's where the marks would not be read.

    CommonMark reads no mark between punctuation inside and a letter outside, which is common where
    words are not set apart by spaces.

    Examples
    --------
    >>> emphasised("**", "word", " ", ".")
    '**word**'
    >>> emphasised("**", "“词”", "用", "表示")
    '<strong>“词”</strong>'
    """
    text, spaces = (
        text.strip(),
        (text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]),
    )
    if not text:
        return "".join(spaces)
    opens = not _punctuation(text[0]) or _apart(before)
    closes = not _punctuation(text[-1]) or _apart(behind[:1])
    tag = {"*": "em", "**": "strong"}[mark]
    inside = f"{mark}{text}{mark}" if opens and closes else f"<{tag}>{text}</{tag}>"
    return inside.join(spaces)


def _punctuation(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "PS"


def _apart(sign: str) -> bool:
    return sign.isspace() or _punctuation(sign)


_BLOCKS: dict[type[nodes.Node], Callable[[Any, Any], str | list[Piece]]] = {
    nodes.section: Writer._section,
    nodes.title: Writer._title,
    nodes.paragraph: Writer._paragraph,
    nodes.container: Writer._container,
    nodes.compound: Writer._nothing,  # the table of contents, which the page does not show
    nodes.figure: Writer._figure,
    nodes.image: Writer._image,
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

_INLINE: dict[type[nodes.Node], Callable[[Any, Any], str]] = {
    nodes.math: Writer._formula,
    nodes.literal: Writer._literal,
    nodes.reference: Writer._reference,
    addnodes.number_reference: Writer._reference,
    nodes.image: Writer._image,
    nodes.subscript: Writer._small,
    nodes.superscript: Writer._small,
}
