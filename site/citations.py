"""Citations in the language of the text: "Bottou và Curtis [2018]", not "Bottou and Curtis"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sphinxcontrib.bibtex.plugin import register_plugin
from sphinxcontrib.bibtex.style.referencing import PersonStyle
from sphinxcontrib.bibtex.style.referencing.author_year import AuthorYearReferenceStyle

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

__all__ = ["setup"]

STYLE = "course"


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


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the style when the language is known."""
    app.connect("config-inited", use_words)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
