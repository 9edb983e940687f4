"""A course without its solutions: exercises and hints stay, every ``{solution}`` goes.

The solutions are cut out of the notebooks before Sphinx reads them, so they reach neither the pages
nor the search index nor the notebooks to download. What referred to a solution refers to its
exercise instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import nbformat
from nbformat import NotebookNode

from walker import markdown

__all__ = ["without_solutions"]

_DIRECTIVE = re.compile(r"\{([^\s}]+)\}\s*(.*)", re.DOTALL)
_LABEL = re.compile(r"^:(?:label|name):\s*(\S+)\s*$", re.MULTILINE)
_ROLE = re.compile(r"(\{(?:ref|numref)\}`(?:[^`<]*<)?\s*)([^\s`<>]+)(\s*>?`)")
_LINK = re.compile(r"(\]\(#)([^\s()]+)(\))")


class _Directive:
    """A directive of a text: its name, its argument, what it holds, its lines from 0."""

    def __init__(self, name: str, argument: str, content: str, first: int, end: int) -> None:
        self.name, self.argument, self.content = name, argument, content
        self.first, self.end = first, end


def without_solutions(notebooks: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return notebooks without the solutions in them.

    Parameters
    ----------
    notebooks : mapping of str to bytes
        All pages of a book, for pages may refer to each other's solutions.

    Examples
    --------
    >>> cells = [nbformat.v4.new_markdown_cell(
    ...     "See {ref}`sol-a`.\\n\\n:::{solution} ex-a\\n:label: sol-a\\n\\n42\\n:::\\n\\nMore.")]
    >>> page = nbformat.writes(nbformat.v4.new_notebook(cells=cells)).encode()
    >>> nbformat.reads(without_solutions({"a": page})["a"].decode(), 4).cells[0].source
    'See {ref}`ex-a`.\\n\\n\\nMore.'
    """
    read = {name: nbformat.reads(data.decode(), as_version=4) for name, data in notebooks.items()}
    exercises: dict[str, str] = {}
    for notebook in read.values():
        _cut(notebook, exercises)
    for notebook in read.values():
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = _refer(cell.source, exercises)
    return {name: (nbformat.writes(book) + "\n").encode() for name, book in read.items()}


def _cut(notebook: NotebookNode, exercises: dict[str, str]) -> None:
    """Take the solutions out; note in `exercises` which exercise the label of each belongs to.

    A solution that holds cells stands between ``{solution-start}`` and ``{solution-end}``.
    """
    kept = []
    within = False
    for cell in notebook.cells:
        if cell.cell_type != "markdown":
            if not within:
                kept.append(cell)
            continue
        lines = cell.source.split("\n")
        drop: set[int] = set()
        since = 0
        for directive in sorted(_directives(cell.source, 0), key=lambda d: d.first):
            if directive.name in ("solution", "solution-start"):
                for label in _LABEL.findall(directive.content):
                    exercises[label] = directive.argument.strip()
            if directive.name == "solution":
                drop.update(range(directive.first, directive.end))
            elif directive.name == "solution-start" and not within:
                within, since = True, directive.first
            elif directive.name == "solution-end" and within:
                within = False
                drop.update(range(since, directive.end))
        if within:
            drop.update(range(since, len(lines)))
        cell.source = "\n".join(line for i, line in enumerate(lines) if i not in drop)
        if cell.source.strip() or not drop:
            kept.append(cell)
    notebook.cells = kept


def _directives(text: str, offset: int) -> Iterator[_Directive]:
    """Yield the directives of a text, those inside others too."""
    for token in markdown(text):
        match = _DIRECTIVE.match(token.info.strip()) if token.map else None
        if token.type not in ("fence", "colon_fence") or match is None:
            continue
        first, end = (offset + line for line in token.map)
        yield _Directive(match[1], match[2], token.content, first, end)
        if match[1] != "solution":
            yield from _directives(token.content, first + 1)


def _refer(text: str, exercises: Mapping[str, str]) -> str:
    """Let references to solutions lead to their exercises."""

    def lead(match: re.Match[str]) -> str:
        return match[1] + exercises.get(match[2], match[2]) + match[3]

    return _LINK.sub(lead, _ROLE.sub(lead, text))
