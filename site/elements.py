"""The pieces that the text of a chapter is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["MENTION", "OBJECT", "CodeCell", "Element", "Formula"]

OBJECT = "\ufffc"
"""Stands in `Element.value` of prose where a formula, code or a citation stood."""

MENTION = "\ufffb"
"""Stands there for a cross-reference or an image: what will be printed is not known yet."""


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
        ``link``, ``image``, ``role``, ``term``, ``html``, ``directive`` or ``cell``.
    line : int
        Its line in the file, from 1.
    value : str
        Heading: its level. Formula: its TeX. Prose: its text, with `OBJECT` and
        `MENTION` for what is not words. Directive: its name. The others: the target.
    detail : tuple of str
        Directive: the names of its options, and the value of its class. Prose: where it stands
        (``paragraph``, ``heading``, ``title``, ``caption``, ``table``, ``definition``).
    """

    kind: str
    line: int
    value: str
    detail: tuple[str, ...] = ()
    formula: Formula | None = None
    cell: CodeCell | None = None
