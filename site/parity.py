"""What a translated page must share with the English one, and where it does not.

A translation rebuilds sentences, so formulas, references and numbers may change places within a
section; what stands in which section, and the order of everything that is not running text, may
not.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chapters import SETUP_TAG, Chapter, content_hash
from elements import CodeCell, Element
from errors import Finding
from numerals import numbers, spelled_out

__all__ = ["compare"]

_IN_ORDER = {
    "heading": "heading level",
    "directive": "directive",
    "image": "image",
    "html": "HTML",
}
_PER_SECTION = {
    "formula": "formula",
    "label": "label",
    "reference": "reference",
    "citation": "citation",
    "link": "link",
    "role": "role",
    "term": "term",
}

# Words within a formula are translated; the formula around them is not.
_WORDS_IN_TEX = re.compile(r"\\(?:text|textrm|mbox)\{[^{}]*\}")


def compare(english: Chapter, other: Chapter) -> list[Finding]:
    """Compare a translated chapter with its English original.

    Parameters
    ----------
    english, other : Chapter
        The same page in English and in another language.

    Returns
    -------
    list of Finding
        At lines of the translation; what is missing there is reported where it should stand.
    """
    found = [
        *_front_matter(english, other),
        *_cells(english, other),
        *_in_order(english, other),
        *_slides(english, other),
        *_untranslated(english, other),
    ]
    theirs, ours = _sections(english), _sections(other)
    if len(theirs) == len(ours):  # otherwise the headings are reported, and would be again
        for original, section in zip(theirs, ours, strict=True):
            found += _section(original, section, english, other)
    return sorted(found, key=lambda finding: finding.line)


def _front_matter(english: Chapter, other: Chapter) -> Iterator[Finding]:
    current = content_hash(english.path)
    recorded = other.front_matter.get("translation_of")
    name = f"{other.language}/{other.page}"
    if recorded != current:
        state = "does not say which English text it renders" if recorded is None else "is stale"
        yield Finding(
            other.path,
            _line_of(other, "translation_of"),
            f"the translation {state}: bring it up to date with chapters/en/{other.page}.md, "
            f"then run .venv/bin/python site/check.py --accept {name}",
        )
    if english.datasets != other.datasets:
        yield Finding(
            other.path, _line_of(other, "datasets"), f"datasets: English has {english.datasets}"
        )
    theirs, ours = (_description(page) for page in (english, other))
    if theirs and not ours:
        yield Finding(other.path, 1, "myst.html_meta.description is missing")
    elif theirs and ours == theirs:
        line = _line_of(other, "description")
        yield Finding(other.path, line, "the description is still English")


def _description(chapter: Chapter) -> str | None:
    value: Any = chapter.front_matter
    for key in ("myst", "html_meta", "description"):
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _line_of(chapter: Chapter, key: str) -> int:
    for number, line in enumerate(chapter.text.split("\n"), start=1):
        if line.strip().startswith(f"{key}:"):
            return number
        if number > 1 and line.rstrip() == "---":
            break
    return 1


def _cells(english: Chapter, other: Chapter) -> Iterator[Finding]:
    theirs, ours = english.cells, other.cells
    for original, cell in zip(theirs, ours, strict=False):
        if _code(original, english.language) != _code(cell, other.language):
            line = cell.code_line + _first_difference(original.source, cell.source)
            yield Finding(
                other.path, line, f"other code than in chapters/en/{other.page}.md:{original.line}"
            )
        if original.tags != cell.tags:
            yield Finding(
                other.path, cell.line, f"tags {list(cell.tags)}, in English {list(original.tags)}"
            )
        yield from _cell_metadata(original, cell, other)
    if len(theirs) != len(ours):
        line = ours[len(theirs)].line if len(ours) > len(theirs) else other.text.count("\n") + 1
        yield Finding(other.path, line, f"{len(ours)} code cells, in English {len(theirs)}")


def _code(cell: CodeCell, language: str) -> str:
    if SETUP_TAG not in cell.tags:
        return cell.source
    return cell.source.replace(f'use_language("{language}")', "use_language(…)")


def _first_difference(one: str, other: str) -> int:
    pairs = zip(one.split("\n"), other.split("\n"), strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b and "use_language" not in a), 0)


def _cell_metadata(original: CodeCell, cell: CodeCell, other: Chapter) -> Iterator[Finding]:
    theirs, ours = (dict(_flat(c.options)) for c in (original, cell))
    for key in theirs.keys() | ours.keys():
        last = key.rsplit(".", 1)[-1]
        if key not in ours:
            yield Finding(other.path, cell.line, f"the cell has no {key}; in English it has one")
        elif key not in theirs:
            yield Finding(other.path, cell.line, f"the cell has {key}; in English it has none")
        elif last not in ("caption", "alt", "tags") and theirs[key] != ours[key]:
            yield Finding(
                other.path, cell.line, f"{key} is {ours[key]!r}, in English {theirs[key]!r}"
            )


def _flat(options: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in options.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _in_order(english: Chapter, other: Chapter) -> Iterator[Finding]:
    for kind, name in _IN_ORDER.items():
        theirs, ours = english.of_kind(kind), other.of_kind(kind)
        yield from _differences(theirs, ours, name, english, other, _shown_with_options)


def _slides(english: Chapter, other: Chapter) -> Iterator[Finding]:
    theirs, ours = _slide_marks(english), _slide_marks(other)
    yield from _differences(theirs, ours, "slide mark", english, other, lambda mark: mark.value)


def _slide_marks(chapter: Chapter) -> list[Element]:
    """The marks of slides, each with its place among what cannot change places."""
    section = block = 0
    found = []
    for element in chapter.elements:
        if element.kind == "heading":
            section, block = section + 1, 0
        elif element.kind in ("cell", "directive") or element.detail == ("display",):
            block += 1
        elif element.kind == "slide":
            place = f"heading {section}, after block {block}"
            found.append(Element("slide", element.line, f"{element.value} ({place})"))
    return found


def _shown_with_options(element: Element) -> str:
    options = f" with {', '.join(element.detail)}" if element.detail else ""
    return f"{element.value}{options}"


def _differences(
    theirs: Sequence[Element],
    ours: Sequence[Element],
    name: str,
    english: Chapter,
    other: Chapter,
    show: Callable[[Element], str],
) -> Iterator[Finding]:
    matcher = difflib.SequenceMatcher(
        None, [show(e) for e in theirs], [show(e) for e in ours], autojunk=False
    )
    for _, a, b, c, d in (code for code in matcher.get_opcodes() if code[0] != "equal"):
        for n in range(max(b - a, d - c)):
            mine = ours[c + n] if c + n < d else None
            original = theirs[a + n] if a + n < b else None
            line = (mine or (ours[c] if c < len(ours) else None) or _end(other)).line
            if mine and original:
                text = f"{name} {show(mine)!r}, in English {show(original)!r}"
            elif mine:
                text = f"{name} {show(mine)!r} is not in English"
            else:
                assert original is not None
                text = f"{name} {show(original)!r} is missing"
            at = f" (chapters/en/{english.page}.md:{original.line})" if original else ""
            yield Finding(other.path, line, text + at)


def _end(chapter: Chapter) -> Element:
    return Element("end", chapter.text.count("\n") + 1, "")


def _untranslated(english: Chapter, other: Chapter) -> Iterator[Finding]:
    """Lines of prose that stand in the translation as they stand in English."""
    known = {line for _, line in _prose_lines(english)}
    for number, line in _prose_lines(other):
        if line in known and sum(character.isalpha() for character in line) > 25:
            yield Finding(other.path, number, f"still English: {line[:60]!r}")
    theirs, ours = english.of_kind("alt"), other.of_kind("alt")
    same = {element.value.strip() for element in theirs}
    for element in ours:
        if element.value.strip() in same:
            yield Finding(other.path, element.line, "the alternative text is still English")


def _prose_lines(chapter: Chapter) -> Iterator[tuple[int, str]]:
    for element in chapter.of_kind("prose"):
        for offset, line in enumerate(element.value.split("\n")):
            yield element.line + offset, line.strip()


def _sections(chapter: Chapter) -> list[list[Element]]:
    sections: list[list[Element]] = [[]]
    for element in chapter.elements:
        if element.kind == "heading":
            sections.append([])
        sections[-1].append(element)
    return sections


def _section(
    original: list[Element], section: list[Element], english: Chapter, other: Chapter
) -> Iterator[Finding]:
    for kind, name in _PER_SECTION.items():
        theirs = [e for e in original if e.kind == kind]
        ours = [e for e in section if e.kind == kind]
        yield from _multisets(theirs, ours, name, section, english, other)
    display = [[e for e in part if e.detail == ("display",)] for part in (original, section)]
    if Counter(map(_key, display[0])) == Counter(map(_key, display[1])):
        yield from _differences(display[0], display[1], "displayed formula", english, other, _key)
    yield from _numbers(original, section, english, other)


def _key(element: Element) -> str:
    if element.kind != "formula":
        return element.value
    tex = _WORDS_IN_TEX.sub(r"\\text{}", element.value)
    return " ".join(tex.split())


def _multisets(
    theirs: list[Element],
    ours: list[Element],
    name: str,
    section: list[Element],
    english: Chapter,
    other: Chapter,
) -> Iterator[Finding]:
    missing = Counter(map(_key, theirs)) - Counter(map(_key, ours))
    extra = Counter(map(_key, ours)) - Counter(map(_key, theirs))
    # From the end: where a value occurs more often than it should, the last one is the extra one.
    for element in reversed(ours):
        key = _key(element)
        if extra[key]:
            extra[key] -= 1
            yield Finding(
                other.path, element.line, f"{name} {key!r} is not in this section in English"
            )
    for element in reversed(theirs):
        key = _key(element)
        if missing[key]:
            missing[key] -= 1
            yield Finding(
                other.path,
                section[0].line if section else 1,
                f"{name} {key!r} is missing in this section "
                f"(chapters/en/{english.page}.md:{element.line})",
            )


def _numbers(
    original: list[Element], section: list[Element], english: Chapter, other: Chapter
) -> Iterator[Finding]:
    theirs, ours = (
        [
            (element.line + offset, number)
            for element in part
            if element.kind in ("prose", "alt")
            for offset, number in numbers(element.value)
        ]
        for part in (original, section)
    )
    wanted, have = (Counter(number for _, number in part) for part in (theirs, ours))
    # Where English spells a number out, another language may write digits.
    prose = " ".join(e.value for e in original if e.kind in ("prose", "alt"))
    spelled = spelled_out(prose)
    for number in (have - wanted).keys() - spelled:
        line = next(line for line, mine in ours if mine == number)
        yield Finding(other.path, line, f"the number {number} is not in this section in English")
    for number in wanted - have:
        line = next(line for line, mine in theirs if mine == number)
        yield Finding(
            other.path,
            section[0].line if section else 1,
            f"the number {number} is missing in this section "
            f"(chapters/en/{english.page}.md:{line})",
        )
