"""The pieces that the text of a chapter is made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["MENTION", "OBJECT", "SLIDE_MARKS", "CodeCell", "Element", "Formula", "slide_mark"]

OBJECT = "\ufffc"
"""Stands in `Element.value` of prose where a formula, code or a citation stood."""

MENTION = "\ufffb"
"""Stands there for a cross-reference or an image: what will be printed is not known yet."""

SLIDE_MARKS = ("slide", "no slide", "new slide")
"""What a comment may say to make a slide of what it stands at: ``<!-- slide -->``."""

_COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)


def slide_mark(source: str) -> str | None:
    """Return what an HTML comment says about slides; None if `source` is no comment on them.

    A misspelled mark is returned, too, so that whoever reads it can say so.

    Examples
    --------
    >>> slide_mark("<!-- no slide -->")
    'no slide'
    >>> slide_mark("<!-- next slide -->")
    'next slide'
    >>> slide_mark("<!-- to be shortened -->")
    """
    match = _COMMENT.fullmatch(source.strip())
    words = " ".join(match[1].split()) if match else ""
    return words if re.search(r"\bslides?\b", words) else None


class Formula(NamedTuple):
    """A formula: line (from 1), TeX source as written, and whether it is displayed."""

    line: int
    tex: str
    display: bool


@dataclass(frozen=True)
class CodeCell:
    """A code cell of a chapter.

    Attributes
    ----------
    line : int
        Line of the opening fence.
    code_line : int
        Line of the first line of code.
    source : str
        The code.
    options : dict
        The cell's metadata: ``tags``, ``mystnb``, …
    """

    line: int
    code_line: int
    source: str
    options: dict[str, Any]

    @property
    def tags(self) -> tuple[str, ...]:
        """The cell's tags, in order."""
        return tuple(self.options.get("tags") or ())


@dataclass(frozen=True)
class Element:
    """One piece of a chapter.

    Attributes
    ----------
    kind : str
        ``heading``, ``formula``, ``prose``, ``alt``, ``label``, ``reference``, ``citation``,
        ``link``, ``image``, ``role``, ``term``, ``html``, ``slide``, ``directive`` or ``cell``.
    line : int
        Its line in the file, from 1.
    value : str
        Heading: its level. Formula: its TeX. Prose: its text, with `OBJECT` and
        `MENTION` for what is not words. Directive: its name. Slide: one of `SLIDE_MARKS`. The
        others: the target.
    detail : tuple of str
        Directive: the names of its options, and the value of its class. Prose: where it stands
        (``paragraph``, ``heading``, ``title``, ``caption``, ``table``, ``definition``). Slide:
        ``line`` or ``block``, whichever it marks.
    """

    kind: str
    line: int
    value: str
    detail: tuple[str, ...] = ()
    formula: Formula | None = None
    cell: CodeCell | None = None
