"""Search in languages which Sphinx has no rules for: Vietnamese, and Chinese without a dictionary.

Sphinx finds Chinese words with an optional package of several megabytes, and without it finds
none. Pairs of neighbouring characters need no dictionary, and nothing is missed: a word is on a
page only if all its pairs are. Vietnamese separates its syllables by spaces and does not inflect,
so words are taken as they are; the English rules that Sphinx falls back on would cut them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sphinx.search import SearchLanguage

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["PairsOfCharacters", "WholeWords", "setup"]

HAN = r"\u3400-\u9fff\uf900-\ufaff"


class WholeWords(SearchLanguage):
    """Words between spaces and punctuation, neither stemmed nor left out."""

    lang = "vi"
    language_name = "Vietnamese"

    def word_filter(self, word: str) -> bool:
        """Keep all but single letters of the Latin alphabet and numbers of one digit."""
        return len(word) > 1


class PairsOfCharacters(SearchLanguage):
    """Chinese as pairs of characters that overlap; other scripts as words.

    Examples
    --------
    >>> PairsOfCharacters({}).split("动量法 momentum")
    ['动量', '量法', 'momentum']
    """

    lang = "zh"
    language_name = "Chinese"
    # The query in the browser is cut just as the text was when the book was built.
    js_splitter_code = rf"""
var splitQuery = (query) =>
  (query.match(/[{HAN}]+|[^\s\p{{P}}\p{{S}}{HAN}]+/gu) || []).flatMap((run) => {{
    if (run.length === 1 || !/^[{HAN}]/.test(run)) return [run];
    return Array.from({{ length: run.length - 1 }}, (_, i) => run.slice(i, i + 2));
  }});
"""

    _runs = re.compile(rf"[{HAN}]+|[^\W{HAN}]+")

    def split(self, input: str) -> list[str]:
        """Cut a text into the words of the index."""
        words: list[str] = []
        for run in self._runs.findall(input):
            if len(run) > 1 and re.match(f"[{HAN}]", run):
                words += (run[i : i + 2] for i in range(len(run) - 1))
            else:
                words.append(run)
        return words

    def word_filter(self, word: str) -> bool:
        """Keep all but single characters of other scripts."""
        return len(word) > 1 or re.match(f"[{HAN}]", word) is not None


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx about the two."""
    app.add_search_language(WholeWords)
    app.add_search_language(PairsOfCharacters)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
