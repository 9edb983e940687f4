"""Make the fonts of the site from the releases of Source Serif and Source Sans.

``python site/fonts/renew.py <folder>`` with the folder into which the two npm packages named in
README.md were unpacked. The faces are cut down to the characters that the four languages need, to
the weights that the style sheet uses, and renamed, since their licence reserves the name "Source"
for the originals. Needs fontTools and brotli (`requirements-pdf.txt`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

HERE = Path(__file__).resolve().parent


def _characters(*ranges: str) -> frozenset[int]:
    """Return the code points of ``"0041-005A 0131"``."""
    found: set[int] = set()
    for part in " ".join(ranges).split():
        first, _, last = part.partition("-")
        found.update(range(int(first, 16), int(last or first, 16) + 1))
    return frozenset(found)


# English, Turkish and the languages of western Europe; dashes and quotation marks.
LATIN = _characters(
    "0020-007E 00A0 00A7 00A9 00AB 00AD-00AE 00B0 00B4 00B7 00BB 00BF-00D6 00D8-00DD 00DF-00EF",
    "00F1-00F6 00F8-00FD 00FF 011E-011F 0130-0131 0152-0153 015E-015F",
    "2009 2013-2014 2018-2019 201C-201D 2026",
)
# What plain text says of mathematics, and the letters of some names.
SIGNS = _characters(
    "00B1-00B3 00B9 00BD 00D7 0106-0107 010C-010D 0141-0144 015A-015B 015D 0160-0161 017D-017E",
    "0394 039B 03A3 03B1-03B5 03B7-03B8 03BA-03BC 03C0-03C1 03C3-03C4 03C6 03C9",
    "2070-2071 2074-2079 2080-2083 2190 2192 2212 221A 2248 2260 2264-2265",
)
VIETNAMESE = _characters("0102-0103 0110-0111 0128-0129 0168-0169 01A0-01A1 01AF-01B0 1EA0-1EF9")


@dataclass(frozen=True)
class Face:
    """One face: where it comes from, and what is kept of it."""

    source: str
    family: str
    axes: dict[str, float | tuple[float, float]]


SERIF = "source-serif/VAR/SourceSerif4Variable"
SANS = "source-sans/VF/SourceSans3VF"
ROMAN = Face(f"{SERIF}-Roman.ttf", "Course Serif", {"opsz": 14, "wght": (400, 650)})
ITALIC = Face(f"{SERIF}-Italic.ttf", "Course Serif", {"opsz": 14, "wght": 400})
UPRIGHT = Face(f"{SANS}-Upright.ttf", "Course Sans", {"wght": (400, 650)})
FILES = {
    "serif-latin": (ROMAN, LATIN | SIGNS),
    "serif-vietnamese": (ROMAN, VIETNAMESE),
    "serif-italic-latin": (ITALIC, LATIN),
    "serif-italic-vietnamese": (ITALIC, VIETNAMESE),
    "sans-latin": (UPRIGHT, LATIN | SIGNS),
    "sans-vietnamese": (UPRIGHT, VIETNAMESE),
}
FEATURES = ["kern", "liga", "locl"]


def ranges(characters: Iterable[int]) -> str:
    """Return code points as CSS names them, ``U+0041-005A, U+0131``."""
    runs: list[list[int]] = []
    for code in sorted(characters):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return ", ".join(f"U+{a:04X}" + f"-{b:04X}" * (a != b) for a, b in runs)


def make(face: Face, characters: frozenset[int], folder: Path) -> TTFont:
    """Return the part of a face that holds `characters`."""
    font = TTFont(folder / face.source)
    options = Options()
    options.layout_features = FEATURES
    options.hinting = False
    options.name_IDs = [0, 13, 14]  # the copyright and the licence
    options.notdef_outline = True
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    font = instantiateVariableFont(font, face.axes, inplace=True)
    for number in (1, 4, 6):
        name = face.family.replace(" ", "") if number == 6 else face.family
        font["name"].setName(name, number, 3, 1, 0x409)
    font["head"].modified = font["head"].created  # the same bytes whenever it is made
    font.recalcTimestamp = False
    font.flavor = "woff2"
    return font


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where source-serif/ and source-sans/ are")
    folder = parser.parse_args(arguments).folder
    missing = [
        face.source for face in (ROMAN, ITALIC, UPRIGHT) if not (folder / face.source).is_file()
    ]
    if missing:
        print(f"{folder / missing[0]} is missing: site/fonts/README.md says what to unpack")
        return 1
    for name, (face, characters) in FILES.items():
        path = HERE / f"{name}.woff2"
        font = make(face, characters, folder)
        font.save(path)
        print(f"{path.name}, {path.stat().st_size} bytes\n  {ranges(font.getBestCmap())}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
