"""Taking the text of a chapter apart, each piece with its line.

The tokens are those of MyST's own parser, and directives are opened the way MyST opens them:
options first, then the body as a document of its own, its lines counted from where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from elements import MENTION, OBJECT, SLIDE_MARKS, CodeCell, Element, Formula, slide_mark
from errors import ChapterError

__all__ = ["EXTENSIONS", "markdown", "walk"]

EXTENSIONS = (
    "amsmath",
    "attrs_block",
    "attrs_inline",
    "colon_fence",
    "deflist",
    "dollarmath",
    "substitution",
    "tasklist",
)
"""MyST extensions that the chapters are written in; ``_config.yml`` enables the same."""

# Directives whose body is not markdown. Of `math` it is TeX, of the others it is not read at all.
_OPAQUE = frozenset(
    [
        "api",
        "bibliography",
        "code",
        "code-block",
        "eval-rst",
        "image",
        "include",
        "literalinclude",
        "mermaid",
        "raw",
        "sourcecode",
        "toctree",
    ]
)
# Directives whose argument is a file or a language, not a title to be read.
_ARGUMENT_IS_DATA = _OPAQUE | {"figure", "code-cell", "iframe"}
# Directives whose argument is the label of something else, and what kind of thing that is.
_ARGUMENT_IS_LABEL = {"solution": "exercise", "solution-start": "exercise"}

_DEFINITIONS = "definition"
"""Where the text of ``{terms}`` stands: its terms are keys, its definitions prose."""

_REFERENCES = frozenset({"ref", "numref", "eq", "doc", "term", "prf:ref"})
_DIRECTIVE = re.compile(r"\{([^\s}]+)\}\s*(.*)", re.DOTALL)
_ROLE_TARGET = re.compile(r"<([^<>]+)>\s*$")


def walk(text: str, path: Path) -> Iterator[Element]:
    """Yield the elements of a chapter in the order of the file.

    Parameters
    ----------
    text : str
        The whole file.
    path : Path
        Its name, for messages.

    Raises
    ------
    ChapterError
        At an unclosed fence or formula, or at cell options that are not YAML.

    Examples
    --------
    >>> [(e.kind, e.value) for e in walk("So $x$, as in {ref}`there <fig>`.", Path("p.md"))][:2]
    [('formula', 'x'), ('reference', 'ref:fig')]
    """
    return _Walker(path, text.split("\n")).document(text, 0, "paragraph")


def _parser() -> MarkdownIt:
    return create_md_parser(MdParserConfig(enable_extensions=set(EXTENSIONS)), RendererHTML)


_MARKDOWN = _parser()


def markdown(text: str) -> list[Token]:
    """Return the tokens of a text, as MyST reads it."""
    return _MARKDOWN.parse(text, {})


class _Walker:
    def __init__(self, path: Path, lines: list[str]) -> None:
        self.path = path
        self.lines = lines

    def error(self, line: int, message: str) -> ChapterError:
        return ChapterError(self.path, line, message)

    def document(self, text: str, offset: int, where: str) -> Iterator[Element]:
        """Walk markdown whose first line is line ``offset + 1`` of the file."""
        place = where
        for token in markdown(text):
            line = offset + (token.map[0] if token.map else 0) + 1
            match token.type:
                case "heading_open":
                    place = "heading"
                    yield Element("heading", line, token.tag[1:])
                case "heading_close" | "table_close" | "dt_close":
                    place = where
                case "dt_open" if where == _DEFINITIONS:
                    place = "term"
                case "table_open":
                    place = "table"
                case "inline":
                    yield from self.inline(token, line, place)
                case "math_block" | "math_block_label":
                    yield from self.display(token, line)
                case "amsmath":
                    yield _formula(line, token.content, True)
                case "myst_target":
                    yield Element("label", line, token.content)
                case "fence" | "colon_fence":
                    self.require_closed(text, token, line)
                    yield from self.fence(token, line)
                case "html_block":
                    yield self.html(token.content, line, "block")
                case _:
                    if "id" in token.attrs and token.nesting >= 0:
                        yield Element("label", line, str(token.attrs["id"]))

    def html(self, source: str, line: int, what: str) -> Element:
        """HTML, or the comment that makes a slide of a block or of a line."""
        mark = slide_mark(source)
        if mark is None:
            # A comment that begins a line takes the rest of the line with it.
            if slide_mark(source.partition("-->")[0] + "-->") is not None:
                raise self.error(
                    line, "a comment on slides stands at the end of a line, or on one of its own"
                )
            return Element("html", line, _tags(source))
        if mark not in SLIDE_MARKS or (what == "line" and mark != "slide"):
            wanted = SLIDE_MARKS if what == "block" else SLIDE_MARKS[:1]
            known = ", ".join(f"<!-- {known} -->" for known in wanted)
            raise self.error(line, f"a {what} has no mark <!-- {mark} -->: it may have {known}")
        return Element("slide", line, mark, (what,))

    def display(self, token: Token, line: int) -> Iterator[Element]:
        # `$$` and the TeX may share a line; otherwise the TeX begins on the next one.
        skipped = len(token.content) - len(token.content.lstrip("\n \t"))
        yield _formula(line + token.content[:skipped].count("\n"), token.content, True)
        if token.type == "math_block_label":
            yield Element("label", line, token.info)

    def require_closed(self, text: str, token: Token, line: int) -> None:
        assert token.map is not None
        start, end = token.map
        last = text.split("\n")[end - 1].strip(" \t>")
        mark = token.markup
        if end - start < 2 or len(last) < len(mark) or set(last) != {mark[0]}:
            raise self.error(line, f"the fence {mark} is never closed")

    def fence(self, token: Token, line: int) -> Iterator[Element]:
        match = _DIRECTIVE.match(token.info.strip())
        if match is None:
            if token.type == "colon_fence":  # a plain division: its content is markdown
                yield Element("directive", line, token.info.strip())
                yield from self.document(token.content, line, "paragraph")
            else:
                yield Element("directive", line, "code-block", (token.info.strip(),))
            return
        name, argument = match[1], match[2].strip()
        if name == "code-cell":
            yield from self.cell(token, line)
            return
        if name == "eval-rst":
            raise self.error(line, "{eval-rst} is not checked in the chapters: write MyST instead")
        raw, options, body = self.options(token.content, line)
        # The body of an opaque directive that starts with a colon is its own affair; no chapter
        # has one, and MyST itself reads such lines as options.
        yield Element("directive", line, name, _shown(options))
        for key in ("name", "label"):
            if options.get(key):
                yield Element("label", line + raw.get(key, 0), str(options[key]))
        if options.get("alt"):
            yield Element("alt", line + raw.get("alt", 0), str(options["alt"]))
        taken = len(token.content.splitlines()) - len(body)
        if name == "math":
            tex = "\n".join(([argument, ""] if argument else []) + body)
            blank = next((n for n, text in enumerate(body) if text.strip()), 0)
            yield _formula(line if argument else line + taken + blank + 1, tex, True)
            return
        if name in ("figure", "image", "include", "literalinclude"):
            yield Element("image" if name == "figure" else name, line, argument)
        elif argument and name in _ARGUMENT_IS_LABEL:
            yield Element("reference", line, f"{_ARGUMENT_IS_LABEL[name]}:{argument}")
        elif argument and name not in _ARGUMENT_IS_DATA:
            yield from self.document(argument, line - 1, "title")
        if name == "api":
            for number, text in enumerate(body):
                if text.strip():
                    yield Element("term", line + taken + number + 1, text.strip())
        if name not in _OPAQUE:
            where = "caption" if name == "figure" else "table" if "table" in name else "paragraph"
            where = _DEFINITIONS if name == "terms" else where
            yield from self.document("\n".join(body) + "\n", line + taken, where)

    def options(self, content: str, line: int) -> tuple[dict[str, int], dict[str, Any], list[str]]:
        """Split a directive's content into option lines (key: line offset), options and body."""
        lines = content.splitlines()
        if content.startswith("---"):
            end = next((n for n in range(1, len(lines)) if lines[n].startswith("---")), len(lines))
            block, body, first = lines[1:end], lines[end + 1 :], 2
        elif content.lstrip().startswith(":") and not content.startswith(":::"):
            start = next(n for n, text in enumerate(lines) if text.strip())
            end = next(
                (n for n in range(start, len(lines)) if not lines[n].lstrip().startswith(":")),
                len(lines),
            )
            block = [text.lstrip()[1:] for text in lines[start:end]]
            body, first = lines[end:], start + 1
        else:
            return {}, {}, lines
        places: dict[str, int] = {}
        try:
            node = yaml.compose("\n".join(block), Loader=yaml.SafeLoader)
            options = yaml.safe_load("\n".join(block)) or {}
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            raise self.error(
                line + first + (mark.line if mark else 0), f"options are not YAML: {error.problem}"
            ) from None
        if not isinstance(options, dict):
            raise self.error(line + 1, "options must be `key: value` lines")
        if isinstance(node, yaml.MappingNode):
            places = {key.value: first + key.start_mark.line for key, _ in node.value}
        return places, options, body

    def cell(self, token: Token, line: int) -> Iterator[Element]:
        _, options, body = self.options(token.content, line)
        taken = len(token.content.splitlines()) - len(body)
        if body and not body[0].strip():  # jupytext drops one blank line after the options
            body, taken = body[1:], taken + 1
        if not isinstance(options.get("tags", []), list):
            raise self.error(line + 1, "tags must be a list, like [setup]")
        cell = CodeCell(line, line + taken + 1, "\n".join(body), options)
        yield Element("cell", line, cell.source, cell.tags, cell=cell)
        if isinstance(options.get("mystnb"), dict):
            node = yaml.compose(self.option_block(token.content), Loader=yaml.SafeLoader)
            yield from self.cell_metadata(node, line + 2)

    @staticmethod
    def option_block(content: str) -> str:
        # Nested metadata can only be written between --- lines; `:key:` lines hold scalars.
        lines = content.splitlines()
        end = next((n for n in range(1, len(lines)) if lines[n].startswith("---")), len(lines))
        return "\n".join(lines[1:end])

    def cell_metadata(self, node: yaml.Node, line: int) -> Iterator[Element]:
        """Captions, alternative texts and names in the metadata of a code cell."""
        if not isinstance(node, yaml.MappingNode):
            return
        for key, value in node.value:
            if isinstance(value, yaml.MappingNode):
                yield from self.cell_metadata(value, line)
            elif key.value == "caption":
                start = value.start_mark.line + (1 if value.style in ("|", ">") else 0)
                yield from self.document(value.value, line + start - 1, "caption")
            elif key.value == "alt":
                yield Element("alt", line + key.start_mark.line, value.value)
            elif key.value == "name":
                yield Element("label", line + key.start_mark.line, value.value)

    def inline(self, block: Token, line: int, place: str) -> Iterator[Element]:
        """Elements of one block of running text, then the text itself."""
        if place == "term":  # a key of the glossary's table, English in every language
            yield Element("term", line, block.content)
            return
        source = block.content
        words: list[str] = []
        cursor = 0
        for token in block.children or []:
            found = source.find(token.content, cursor) if token.content else -1
            if found >= 0:
                cursor = found + len(token.content)
            at = line + source.count("\n", 0, found if found >= 0 else cursor)
            if token.type in ("text", "softbreak", "hardbreak"):
                if "$$" in token.content or _lone_dollar(token.content, source):
                    raise self.error(
                        at, "a $ that opens no formula: close it, or write \\$ for the sign"
                    )
                words.append("\n" if token.type != "text" else token.content)
            elif token.type == "html_inline":
                yield self.html(token.content, at, "line")
            else:
                if token.nesting == 0:
                    # Line breaks within it are kept, so that later words keep their lines.
                    stand_in = OBJECT if _is_latin(token) else MENTION
                    words.append(stand_in + "\n" * token.content.count("\n"))
                yield from self.inline_object(token, at)
        text = "".join(words)
        if text.strip():
            yield Element("prose", line, text, (place,))

    def inline_object(self, token: Token, line: int) -> Iterator[Element]:
        match token.type:
            case "math_inline" | "math_inline_double":
                yield _formula(line, token.content, token.type == "math_inline_double")
            case "myst_role":
                yield _role(token, line)
            case "link_open":
                target = str(token.attrs["href"])
                inside = "://" not in target and not target.startswith("mailto:")
                yield Element("reference" if inside else "link", line, target)
            case "image":
                yield Element("image", line, str(token.attrs["src"]))
                alt = replace_formulas(token)
                if alt.strip():
                    yield Element("alt", line, alt)
            case "footnote_ref":
                yield Element("reference", line, f"footnote {token.meta.get('label', '')}")
            case "span_open":
                if "id" in token.attrs:
                    yield Element("label", line, str(token.attrs["id"]))


def _shown(options: dict[str, Any]) -> tuple[str, ...]:
    """The names of a directive's options, sorted; of a class, which decides the looks, its value.

    Examples
    --------
    >>> _shown({"label": "thm-a", "class": "dropdown"})
    ('class dropdown', 'label')
    """
    return tuple(sorted(f"{k} {v}" if k == "class" else k for k, v in options.items()))


def replace_formulas(image: Token) -> str:
    """The alternative text of an image, as the words that a reader hears."""
    return "".join(child.content for child in image.children or [])


def _formula(line: int, tex: str, display: bool) -> Element:
    formula = Formula(line, tex.strip(), display)
    return Element(
        "formula", line, formula.tex, ("display" if display else "inline",), formula=formula
    )


def _role(token: Token, line: int) -> Element:
    name = str(token.meta["name"])
    if name == "math":
        return _formula(line, token.content, False)
    explicit = _ROLE_TARGET.search(token.content)
    target = explicit[1] if explicit else token.content
    if name in _REFERENCES:
        return Element("reference", line, f"{name}:{target}")
    if name.startswith("cite"):
        return Element("citation", line, f"{name}:{target}")
    return Element("role", line, name)


def _is_latin(token: Token) -> bool:
    """Whether what is printed for an inline object is written in Latin or Greek letters."""
    role = str(token.meta.get("name", "")) if token.type == "myst_role" else ""
    return token.type in ("math_inline", "code_inline") or role == "math" or role[:4] == "cite"


def _lone_dollar(text: str, source: str) -> bool:
    # An escaped dollar reaches us unescaped; only the source still shows how it was written.
    return "$" in text and "\\$" not in source


def _tags(html: str) -> str:
    return " ".join(re.findall(r"</?[A-Za-z][\w-]*", html))
