"""Leaving out what a reader would load for nothing: rules, icons and scripts which no page uses.

Style sheets of packages lose the rules for elements which are on no page (`unusedcss`), and the
fonts of icons, of some 2,000 each, keep those which the remaining rules show. A style sheet which
changes gets another address, or browsers would go on using the one that they have kept.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Mapping

import unusedcss

__all__ = ["Files", "without_unused"]

Files = dict[str, bytes]

# Style sheets of packages, with what they load.  Ours have no rule to spare.
_OF_PACKAGES = re.compile(
    r"_static/(styles/[\w-]+|basic|sphinx-design\.min|mystnb\.\w+|katex/katex\.min|pygments)\.css"
)
# Drawn by the font instead, made for menus which our pages do not have, or said elsewhere: see
# `templates/layout.html`.
_NOT_LOADED = re.compile(
    r"_static/(scripts/(fontawesome|bootstrap)\.js.*|translations\.js|.*webpack-macros\.html)"
)
_ICONS = "_static/vendor/fontawesome/webfonts/"
_SOURCE = re.compile(r"url\([^)]*/(fa-[\w-]+)\.woff2\)[^;}]*")
_LINK = re.compile(rb'(_static/[^"?#]+\.css)\?[^"]*"')


def without_unused(books: Mapping[str, Mapping[str, bytes]]) -> dict[str, Files]:
    """Return the `books`, by language, with only what their pages use.

    A book without the theme's pages, or without its fonts, is returned with what there is.
    """
    loaded = [
        (name, data)
        for book in books.values()
        for name, data in book.items()
        if not _NOT_LOADED.fullmatch(name) and not name.endswith("searchindex.js")
    ]
    used = unusedcss.words(
        [data for name, data in loaded if name.endswith(".html")],
        {data for name, data in loaded if name.endswith(".js")},
    )
    known: dict[bytes, bytes] = {}  # most files are the same in all languages
    return {key: _slim(book, used, known) for key, book in books.items()}


def _slim(book: Mapping[str, bytes], used: frozenset[str], known: dict[bytes, bytes]) -> Files:
    slim = {name: data for name, data in book.items() if not _NOT_LOADED.fullmatch(name)}
    marks = {}
    shown: set[int] = set()
    for name, data in book.items():
        if not _OF_PACKAGES.fullmatch(name):
            continue
        if data not in known:
            css = unusedcss.pruned(data.decode("utf-8"), used)
            known[data] = _SOURCE.sub(
                r'url(../vendor/fontawesome/webfonts/\1.woff) format("woff")', css
            ).encode()
        slim[name] = known[data]
        marks[name.encode()] = hashlib.sha256(known[data]).hexdigest()[:8].encode()
        shown |= {ord(letter) for letter in known[data].decode() if 0xE000 <= ord(letter) < 0xF900}
    for name in [name for name in slim if name.startswith(_ICONS)]:
        data = slim.pop(name)
        if name.endswith(".ttf"):
            key = data + repr(sorted(shown)).encode()
            if key not in known:
                known[key] = _font(data, shown)
            slim[name.removesuffix(".ttf") + ".woff"] = known[key]

    def link(match: re.Match[bytes]) -> bytes:
        mark = marks.get(match[1])
        return match[0] if mark is None else match[1] + b"?v=" + mark + b'"'

    return {
        name: _LINK.sub(link, data) if name.endswith(".html") else data
        for name, data in slim.items()
    }


def _font(data: bytes, characters: set[int]) -> bytes:
    """Return a TrueType font with the glyphs of some characters only, as WOFF."""
    from fontTools import subset  # here, for it takes longer to import than all the rest
    from fontTools.ttLib import TTFont

    options = subset.Options(
        flavor="woff", recalc_timestamp=False, hinting=False, notdef_outline=True
    )
    font = TTFont(io.BytesIO(data), recalcTimestamp=False)
    small = subset.Subsetter(options)
    small.populate(unicodes=characters)
    small.subset(font)
    font.flavor = "woff"
    target = io.BytesIO()
    font.save(target)
    return target.getvalue()
