"""How Markdown is written: words, formulas and code, lists, quotations and what unfolds.

Of the kind that all programs for notebooks read: CommonMark, tables, formulas between dollar signs.
A formula stands on one line, for several programs take formulas out before they read the rest, and
would find the ``>`` of a quotation in them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

__all__ = [
    "bullets",
    "code_span",
    "emphasised",
    "escape",
    "fenced",
    "folded",
    "listed",
    "paragraph",
    "quote",
    "table",
    "tex_line",
]

_SPECIAL = re.compile(r"[\\`*<$~]|(?<![^\W_])_|_(?![^\W_])|\](?=[(\[:])|&(?=#?\w+;)")
_BLOCK_START = re.compile(r"^(?P<digits>\d*)(?P<mark>[#>+=|-]|(?<=\d)[.)])(?=\s|$|[#>=|-])", re.M)
_COMMENT = re.compile(r"(?<!\\)%.*")


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


def paragraph(text: str) -> str:
    r"""Return lines of text as a paragraph, of which none begins another kind of block.

    Examples
    --------
    >>> print(paragraph("a  \n- b"))
    a
    \- b
    """
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", text).strip()
    return _BLOCK_START.sub(r"\g<digits>\\\g<mark>", text)


def folded(summary: str, body: str) -> str:
    """Return what a reader unfolds; of `summary`, the line that is seen, no Markdown is read."""
    return f"<details>\n<summary>{summary}</summary>\n\n{body}\n\n</details>"


def fenced(code: str, language: str = "") -> str:
    """Return a block of code."""
    longest = max((len(run) for run in re.findall("`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{code.rstrip()}\n{fence}"


def code_span(code: str) -> str:
    """Return code within a line."""
    ticks = "`" * (max((len(run) for run in re.findall("`+", code)), default=0) + 1)
    room = " " if code.startswith("`") or code.endswith("`") else ""
    return f"{ticks}{room}{code}{room}{ticks}"


def bullets(items: Iterable[str]) -> str:
    """Return a list."""
    items = list(items)
    return listed(items, ["-"] * len(items))


def listed(items: Sequence[str], marks: Sequence[str]) -> str:
    """Return a list with a mark before each item; they stand close if each is a single block."""
    written = []
    for mark, item in zip(marks, items, strict=True):
        margin = "\n" + " " * (len(mark) + 1)
        written.append(f"{mark} " + re.sub(r"\n(?=[^\n])", margin, item))
    return ("\n\n" if any("\n\n" in item for item in items) else "\n").join(written)


def table(rows: Sequence[Sequence[str]], alignments: Iterable[str]) -> str:
    """Return a table, the head in its first row, whose columns stand ``left``, … or as they do."""
    rules = {"left": ":---", "center": ":---:", "right": "---:"}
    rule = [rules.get(name, "---") for name in alignments]
    return "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], rule, *rows[1:]])


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
