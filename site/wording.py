"""How a chapter is worded: its terms, its punctuation, its characters.

The terms are data: ``chapters/glossary.csv`` says what each term is called in each language,
``chapters/avoid.csv`` lists wordings that are known to be wrong, as patterns. Another language, or
another term, needs no change here.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from chapters import Chapter
from elements import OBJECT, Element
from errors import Finding

__all__ = ["Terms", "check_text", "check_wording", "fold"]

OFTEN = 3
"""A glossary term that stands this often on the English page has to stand on the translated one."""

_HAN = "\u3400-\u4dbf\u4e00-\u9fff"
_HALF_WIDTH = re.compile(rf"[{_HAN}][,;:?!.(]|\)[{_HAN}]")
_NEXT_TO_HAN = rf"A-Za-z0-9\u0370-\u03ff{OBJECT}"
_NO_SPACE = re.compile(rf"[{_HAN}][{_NEXT_TO_HAN}]|[{_NEXT_TO_HAN}][{_HAN}]")


def fold(text: str, language: str) -> str:
    """Lower case as the language has it: in Turkish, I is the capital of ı and İ of i.

    Examples
    --------
    >>> fold("Isınma İniş", "tr"), fold("Iteration", "en")
    ('ısınma iniş', 'iteration')
    """
    if language == "tr":
        text = text.replace("İ", "i").replace("I", "ı")
    return text.lower()


@dataclass(frozen=True)
class Terms:
    """The course's terms.

    Attributes
    ----------
    root : Path
        The checkout, whose ``chapters`` folder holds the two tables.
    """

    root: Path

    @cached_property
    def glossary(self) -> list[dict[str, str]]:
        """One mapping per term, from language to what it is called there."""
        return _table(self.root / "chapters" / "glossary.csv", "en")

    @cached_property
    def avoid(self) -> list[tuple[str, re.Pattern[str], str]]:
        """Language, pattern and what to write instead."""
        table = _table(self.root / "chapters" / "avoid.csv", "language", "pattern", "instead")
        return [(row["language"], re.compile(row["pattern"]), row["instead"]) for row in table]


def _table(path: Path, *columns: str) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    except FileNotFoundError:
        raise SystemExit(f"{path} is missing: restore it from the repository") from None
    if rows and not set(columns) <= rows[0].keys():
        raise SystemExit(f"{path} needs the columns {', '.join(columns)}; it has {list(rows[0])}")
    return rows


def check_text(path: Path) -> list[Finding]:
    """Require composed characters (NFC): others look the same and are never found by a search."""
    found = []
    for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
        if not unicodedata.is_normalized("NFC", line):
            wrong = next(
                word for word in line.split() if not unicodedata.is_normalized("NFC", word)
            )
            found.append(Finding(path, number, f"not in Unicode's composed form (NFC): {wrong!r}"))
    return found


def check_wording(chapter: Chapter, english: Chapter | None, terms: Terms) -> list[Finding]:
    """Check the prose of a chapter.

    Parameters
    ----------
    chapter : Chapter
        The page.
    english : Chapter or None
        The same page in English, if that exists; the terms that it uses often are required.
    terms : Terms
        The glossary and the wordings to avoid.
    """
    found = [*_emphasis(chapter), *_avoided(chapter, terms)]
    if chapter.language == "zh":
        found += _chinese(chapter)
    if english is not None and chapter.language != "en":
        found += _glossary(chapter, english, terms)
    return sorted(found, key=lambda finding: finding.line)


def _words(chapter: Chapter) -> list[Element]:
    return chapter.of_kind("prose", "alt")


def _at(element: Element, position: int) -> int:
    return element.line + element.value.count("\n", 0, position)


def _emphasis(chapter: Chapter) -> Iterator[Finding]:
    # Beside Chinese punctuation, and in a few other places, markdown takes ** for two asterisks.
    for element in chapter.of_kind("prose"):
        for match in re.finditer(r"\*\*|__", element.value):
            yield Finding(
                chapter.path,
                _at(element, match.start()),
                f"{match[0]} marks nothing here and would be printed: move it to the word's edge",
            )


def _avoided(chapter: Chapter, terms: Terms) -> Iterator[Finding]:
    for language, pattern, instead in terms.avoid:
        if language != chapter.language:
            continue
        for element in _words(chapter):
            for match in pattern.finditer(fold(element.value, language)):
                yield Finding(
                    chapter.path,
                    _at(element, match.start()),
                    f"{match[0]!r}: the course says {instead!r} (chapters/avoid.csv)",
                )


def _chinese(chapter: Chapter) -> Iterator[Finding]:
    for element in _words(chapter):
        for match in _HALF_WIDTH.finditer(element.value):
            yield Finding(
                chapter.path,
                _at(element, match.start()),
                f"half-width punctuation in Chinese: {_around(element.value, match)}",
            )
        for match in _NO_SPACE.finditer(element.value):
            yield Finding(
                chapter.path,
                _at(element, match.start()),
                f"no space between Chinese and what is not: {_around(element.value, match)}",
            )


def _around(text: str, match: re.Match[str]) -> str:
    start, end = max(0, match.start() - 6), match.end() + 6
    return repr(text[start:end].replace(OBJECT, "▢").replace("\n", " "))


def _glossary(chapter: Chapter, english: Chapter, terms: Terms) -> Iterator[Finding]:
    original = "\n".join(element.value for element in _words(english)).lower()
    translated = fold("\n".join(element.value for element in _words(chapter)), chapter.language)
    # The longest terms first, each taken out of the text, so that "learning-rate decay" is not
    # also a use of "learning rate".
    # A term in one sense of its word, "bias (parameter)", cannot be told from the word's others.
    rows = [row for row in terms.glossary if row.get(chapter.language) and "(" not in row["en"]]
    for row in sorted(rows, key=lambda row: -len(row["en"])):
        original, times = _english_pattern(row["en"]).subn(" ", original)
        wanted = row[chapter.language]
        if times >= OFTEN and not _used(wanted, translated, chapter.language):
            yield Finding(
                chapter.path,
                1,
                f"{wanted!r} stands nowhere on the page, though English has {row['en']!r} "
                f"{times} times (chapters/glossary.csv)",
            )


def _english_pattern(term: str) -> re.Pattern[str]:
    *first, last = re.split(r"[\s-]+", term.lower())
    last = f"{last[:-1]}(?:y|ies)" if last.endswith("y") else f"{re.escape(last)}(?:e?s)?"
    return re.compile(r"\b" + r"[\s-]+".join([*map(re.escape, first), last]) + r"\b")


def _used(term: str, text: str, language: str) -> bool:
    words = fold(term, language).split()
    if language != "tr":
        return re.search(r"\s+".join(map(re.escape, words)), text) is not None
    # Suffixes may take the place of a final vowel, and soften a final consonant: oranı, oranları;
    # ağırlık, ağırlığı.
    stems = [word[:-1] if len(word) > 3 and word[-1] in "aıoöuüeikçtp" else word for word in words]
    return re.search(r"\s+".join(rf"\b{re.escape(stem)}\w*" for stem in stems), text) is not None
