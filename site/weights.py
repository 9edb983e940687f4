"""Fonts of one weight each, for paper: cut out of the variable fonts of the site.

Chromium writes a variable font into a PDF as a drawing of each character, which some programs show
with uneven spacing and without the name of the font. A font of one weight is written as a font.
"""

from __future__ import annotations

import io
import re
from functools import lru_cache

from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

__all__ = ["WEIGHTS", "cut", "faces"]

WEIGHTS = (400, 600, 650)
"""The weights that `static/course.css` asks for; the browser takes the nearest for any other."""

_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_RANGE = re.compile(r"(font-weight:\s*)(\d+)\s+(\d+)")
_FILE = re.compile(r'url\("([^"?]+\.woff2)"\)\s*format\("woff2"\)')


def faces(css: str) -> str:
    """Return a style sheet in which each face of a range of weights became one face for each.

    Examples
    --------
    >>> face = '@font-face { font-weight: 400 600; src: url("a.woff2") format("woff2"); }'
    >>> print(faces(face))
    @font-face { font-weight: 400; src: url("a.woff2?weight=400"); }
    @font-face { font-weight: 600; src: url("a.woff2?weight=600"); }
    >>> faces("p { color: red }")
    'p { color: red }'
    """

    def split(face: re.Match[str]) -> str:
        span = _RANGE.search(face[0])
        if span is None:
            return face[0]
        first, last = int(span[2]), int(span[3])
        return "\n".join(
            _FILE.sub(rf'url("\1?weight={weight}")', _RANGE.sub(rf"\g<1>{weight}", face[0]))
            for weight in WEIGHTS
            if first <= weight <= last
        )

    return _FACE.sub(split, css)


@lru_cache
def cut(variable: bytes, weight: int) -> bytes:
    """Return a variable font, a file's content, as one of the given weight."""
    font = TTFont(io.BytesIO(variable))
    single = instancer.instantiateVariableFont(font, {"wght": weight})
    single.flavor = None
    target = io.BytesIO()
    single.save(target)
    return target.getvalue()
