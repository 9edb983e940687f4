"""The glossary page: definitions from the chapter, terms from ``chapters/glossary.csv``.

``{terms}`` holds a definition list whose terms are the English ones, in every language: they are
the keys of the table, from which the page gets what each is called in its own language and in the
others. So a translator writes definitions only, and a term is spelled in one place.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.domains.std import StandardDomain
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_id

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["KEY", "languages_of", "rows", "setup"]

logger = logging.getLogger(__name__)

KEY = "en"
_NOT_LANGUAGES = frozenset({"basis"})


def rows(path: Path) -> dict[str, dict[str, str]]:
    """Return the table of terms: for each English term what it is called, by language."""
    with path.open(encoding="utf-8", newline="") as file:
        return {row[KEY]: row for row in csv.DictReader(file)}


def languages_of(row: dict[str, str]) -> list[str]:
    """Return the languages of the table, in its order.

    Examples
    --------
    >>> languages_of({"en": "momentum", "vi": "động lượng", "basis": "G"})
    ['en', 'vi']
    """
    return [name for name in row if name not in _NOT_LANGUAGES]


class Terms(SphinxDirective):
    """``{terms}``: a definition list of terms of the course."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Fill in what each term is called."""
        # Within `make book` the notebooks are copies elsewhere; alone, Jupyter Book reads the root.
        path = Path(self.config.course_root or self.env.srcdir) / "chapters" / "glossary.csv"
        self.env.note_dependency(str(path))
        table = rows(path)
        container = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, container)
        for item in container.findall(nodes.definition_list_item):
            term = item[0]
            assert isinstance(term, nodes.term)
            row = table.get(term.astext())
            if row is None:
                logger.warning("%r is not in chapters/glossary.csv", term.astext(), location=term)
                continue
            self._fill(term, row)
        for listed in container.findall(nodes.definition_list):
            listed["classes"].append("mm-terms")
        return list(container.children)

    def _fill(self, term: nodes.term, row: dict[str, str]) -> None:
        """Write the names of a term: of the page's language first, then of the others."""
        own = self.config.course_language if self.config.course_language in row else KEY
        identifier = make_id(self.env, self.state.document, "term", row[KEY])
        term["ids"] = [identifier]
        self.state.document.note_explicit_target(term)
        domain = self.env.get_domain("std")
        assert isinstance(domain, StandardDomain)
        domain._note_term(row[KEY], identifier, location=term)
        others = nodes.inline(classes=["mm-term-others"])
        for language in languages_of(row):
            if language != own and row[language]:
                # docutils makes lang="vi" of the class language-vi.
                name = nodes.inline("", row[language], classes=[f"language-{language}"])
                if others.children:
                    others += nodes.Text(" · ")
                others += nodes.inline("", f"{language} ", name, classes=["mm-term-other"])
        term.children = []
        term += [nodes.inline("", row[own], classes=["mm-term"]), nodes.Text(" "), others]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("terms", Terms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
