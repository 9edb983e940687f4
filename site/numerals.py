"""The numbers in a text, in digits and in English words."""

from __future__ import annotations

import re

__all__ = ["numbers", "spelled_out"]

_NUMBER = re.compile(
    r"(?<![A-Za-z_.\d])\d+(?:[,\u2009\u202f\u00a0]\d{3})*(?:\.\d+)?(?![A-Za-z_\d])"
)
_ITEM = re.compile(r"^\s*\d+[.)]\s", re.MULTILINE)

_WORDS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14,
    "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
    "thirty": 30, "forty": 40, "fifty": 50, "hundred": 100, "thousand": 1000,
    "once": 1, "twice": 2, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5,
    "tenfold": 10,
}  # fmt: skip


def numbers(text: str) -> list[tuple[int, str]]:
    """The numbers written in digits in a text, each with the line it stands on, from 0.

    List numbering does not count; separators of thousands are left out.

    Examples
    --------
    >>> numbers("1. After 10,000 steps\\n0.5 is left.")
    [(0, '10000'), (1, '0.5')]
    """
    plain = _ITEM.sub(lambda item: " " * len(item[0]), text)
    return [
        (plain.count("\n", 0, match.start()), re.sub(r"[,\u2009\u202f\u00a0]", "", match[0]))
        for match in _NUMBER.finditer(plain)
    ]


def spelled_out(english: str) -> set[str]:
    """The numbers that an English text spells out, in digits.

    Examples
    --------
    >>> sorted(spelled_out("The first of Twenty steps"))
    ['1', '20']
    """
    words = re.findall(r"[a-z]+", english.lower())
    return {str(_WORDS[word]) for word in words if word in _WORDS}
