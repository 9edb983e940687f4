"""Errors that name the place in the source."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

__all__ = ["ChapterError", "Finding", "refused", "shown"]


def shown(path: Path) -> str:
    """A path as messages show it: from ``chapters``, ``notebooks`` or the current folder on.

    Examples
    --------
    >>> shown(Path("/home/me/course/chapters/en/ravine.md"))
    'chapters/en/ravine.md'
    """
    parts = path.parts
    for folder in ("chapters", "notebooks"):
        if folder in parts:
            last = len(parts) - 1 - parts[::-1].index(folder)
            return "/".join(parts[last:])
    here = Path.cwd()
    return (path.relative_to(here) if path.is_relative_to(here) else path).as_posix()


def refused(error: OSError) -> str:
    """What the operating system refused, and for which file, as a command line says it.

    Examples
    --------
    >>> refused(OSError(28, "No space left on device", "/home/me/course/notebooks/en/ravine.ipynb"))
    'notebooks/en/ravine.ipynb: No space left on device'
    """
    what = error.strerror or str(error) or type(error).__name__
    path = error.filename2 or error.filename  # the second is where something was to be put
    return f"{shown(Path(os.fsdecode(path)))}: {what}" if isinstance(path, str | bytes) else what


class ChapterError(Exception):
    """A chapter that cannot be used as it is.

    Parameters
    ----------
    path : Path
        The chapter.
    line : int
        The line, counted from 1.
    message : str
        What is wrong, and what is required.
    """

    def __init__(self, path: Path, line: int, message: str) -> None:
        self.path = path
        self.line = line
        self.message = message
        super().__init__(f"{shown(path)}:{line}: {message}")


class Finding(NamedTuple):
    """Something that is not as it should be, at a line of a file; prints as ``file:line: what``.

    Examples
    --------
    >>> print(Finding(Path("chapters/vi/ravine.md"), 7, "another formula than in English"))
    chapters/vi/ravine.md:7: another formula than in English
    """

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{shown(self.path)}:{self.line}: {self.message}"
