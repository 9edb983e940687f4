"""The fonts of the site: what they are, what they hold, and that the pages need no other."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

import editions

ROOT = Path(__file__).resolve().parents[1]
FONTS = ROOT / "site" / "fonts"
CSS = (FONTS / "fonts.css").read_text(encoding="utf-8")
LANGUAGES = list(editions.load(ROOT).editions)

# Letters that stand small and high or low, which hardly any font has: the reader's system draws
# them, as it draws Chinese.
ELSEWHERE = set("ᵀᵏᵢⁱₙ⁻ŝ")


def characters(name: str) -> set[int]:
    """Return the code points that a font file holds."""
    return set(TTFont(FONTS / f"{name}.woff2").getBestCmap())


def rules() -> list[tuple[str, str, str, set[int]]]:
    """Return family, style, file and range of each rule of the style sheet that loads a file."""
    found = []
    for rule in re.findall(r"@font-face \{(.*?)\}", CSS, re.DOTALL):
        said = dict(re.findall(r"([\w-]+): (.*?);", rule, re.DOTALL))
        file = re.search(r'url\("([\w-]+)\.woff2"\)', said["src"])
        if file is None:
            continue
        covered: set[int] = set()
        for first, last in re.findall(
            r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", said.get("unicode-range", "")
        ):
            covered.update(range(int(first, 16), int(last or first, 16) + 1))
        found.append((said["font-family"].strip('"'), said["font-style"], file[1], covered))
    return found


def test_the_files_are_those_that_were_made() -> None:
    sums = dict(
        reversed(line.split()) for line in (FONTS / "SHA256SUMS").read_text("utf-8").splitlines()
    )
    files = {path.name: path for path in FONTS.glob("*.woff2")}
    assert sums.keys() == files.keys()
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sums[name], name


def test_the_style_sheet_says_what_each_file_holds() -> None:
    seen = Counter(file for _, _, file, _ in rules())
    assert set(seen) == {path.stem for path in FONTS.glob("*.woff2")}
    for family, _, file, covered in rules():
        if family == "Course Sans for Chinese":
            # Dashes, quotation marks and dots are wider in Chinese.
            assert covered == characters(file) - {0xB7, *range(0x2013, 0x2027)}
        else:
            assert covered == characters(file), file


def test_the_originals_name_is_not_used() -> None:
    for path in FONTS.glob("*.woff2"):
        names = TTFont(path)["name"]
        for number in (1, 4, 6):
            assert "Source" not in str(names.getName(number, 3, 1))
        assert "Adobe" in str(names.getName(0, 3, 1)), "the copyright"
        assert "Open Font License" in str(names.getName(13, 3, 1))


class Words(HTMLParser):
    """The characters of a page, by where they stand: in the text, or in the labels of figures."""

    VOID = frozenset(("meta", "link", "br", "img", "input", "hr", "source", "wbr"))
    # Code is set in a font of the reader's, and formulas have fonts of their own.
    OTHERS = frozenset(("script", "style", "pre", "code"))

    def __init__(self) -> None:
        super().__init__()
        self.text: set[str] = set()
        self.labels: set[str] = set()
        self.open: list[tuple[str, set[str] | None]] = [("", self.text)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.VOID:
            return
        place = self.open[-1][1]
        names = (dict(attrs).get("class") or "").split()
        if tag in self.OTHERS or "katex" in names:
            place = None
        elif tag == "svg" and place is not None:
            place = self.labels
        self.open.append((tag, place))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if any(tag == name for name, _ in self.open):
            while self.open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        place = self.open[-1][1]
        if place is not None:
            place.update(data)


@cache
def words(path: Path) -> Words:
    """Return the characters of a page."""
    read = Words()
    read.feed(path.read_text(encoding="utf-8"))
    return read


def chinese(character: str) -> bool:
    """Return whether the fonts leave a character to the reader's Chinese ones."""
    code = ord(character)
    return 0x2E80 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFFEF


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_fonts_have_every_character_of_every_page(built_site: Path, language: str) -> None:
    serif = {chr(c) for c in characters("serif-latin") | characters("serif-vietnamese")}
    sans = {chr(c) for c in characters("sans-latin") | characters("sans-vietnamese")}
    pages = [*(built_site / language).glob("*.html"), built_site / "index.html"]
    assert len(pages) > 10
    for path in pages:
        page = words(path)
        assert page.text, path
        for seen, held in ((page.text, serif & sans), (page.labels, sans)):
            lacking = {c for c in seen - held - ELSEWHERE if not chinese(c) and not c.isspace()}
            assert lacking == set(), f"{path.name}: add them to site/fonts/renew.py"


def test_no_exemption_outlives_its_reason(built_site: Path) -> None:
    pages = [words(path) for path in built_site.glob("*/*.html")]
    seen = set().union(*(page.text | page.labels for page in pages))
    assert seen >= ELSEWHERE
