"""Citations in the language of the text: "Bottou và Curtis [2018]", not "Bottou and Curtis".

There is one list of sources, on a page of its own; each entry says which pages cite it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pybtex.plugin
from docutils import nodes
from pybtex.backends.plaintext import Backend as PlainText
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

__all__ = ["cited_on", "setup"]

STYLE = "course"
_ENGLISH = "language-en"


def use_words(app: Sphinx, config: Config) -> None:
    """Register the style of references, with the words of the language."""
    words = config.course_words
    person = {
        "sep2": words["cite_and"],
        "last_sep": words["cite_and"],
        "other": words["cite_others"],
    }

    class InTheLanguage(AuthorYearReferenceStyle):
        """Author and year; names joined by the words of the language."""

        def __init__(self) -> None:
            super().__init__(person=PersonStyle(**person))

    register_plugin("sphinxcontrib.bibtex.style.referencing", STYLE, InTheLanguage, force=True)
    config.bibtex_reference_style = STYLE
    # For each citation pybtex would look through all that is installed for what it has itself.
    pybtex.plugin.register_plugin("pybtex.backends", "plaintext", PlainText, force=True)


def cited_on(env: BuildEnvironment) -> dict[str, list[str]]:
    """Return the pages that cite each source, in reading order, by the source's key."""
    found: dict[str, set[str]] = {}
    for reference in env.get_domain("cite").citation_refs:  # type: ignore[attr-defined]
        for target in reference.targets:
            found.setdefault(target.key, set()).add(reference.docname)
    order = [env.config.root_doc, *(p for pages in env.toctree_includes.values() for p in pages)]
    return {
        key: sorted(pages, key=lambda page: order.index(page) if page in order else len(order))
        for key, pages in sorted(found.items())
    }


class CitedOn(SphinxPostTransform):
    """Say of each entry of the list of sources that it is in English, and which pages cite it.

    Titles are those of the originals, and the words between them pybtex's: a screen reader is to
    read them in English, and the titles of the pages in the language of the page.
    """

    default_priority = 500  # the entries are there from reading; their text is not changed later
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        """Look at each entry of the page."""
        entries = list(self.document.findall(nodes.citation))
        if not entries:
            return
        domain = self.env.get_domain("cite")
        keys = {c.citation_id: c.key for c in domain.citations}  # type: ignore[attr-defined]
        pages = cited_on(self.env)
        for entry in entries:
            key = next((keys[name] for name in entry["ids"] if name in keys), "")
            line = nodes.inline(classes=["mm-cited-on"])
            for page in pages.get(key, []):
                title = self.env.titles[page].astext()
                address = self.app.builder.get_relative_uri(self.env.docname, page)
                if line.children:
                    line += nodes.Text(" · ")
                line += nodes.reference("", title, internal=True, refuri=address)
            paragraph = next(iter(entry.findall(nodes.paragraph)), None)
            if paragraph is None:
                continue
            # Docutils makes the attribute lang of such a class.
            said = nodes.inline("", "", *paragraph.children, classes=[_ENGLISH])
            paragraph.clear()
            paragraph += said
            if line.children:
                paragraph += [nodes.Text(" "), line]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the style when the language is known."""
    app.connect("config-inited", use_words)
    app.add_post_transform(CitedOn)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
