"""Reading a chapter: its front matter, its code cells and everything the text is made of.

A chapter is MyST markdown (``chapters/<lang>/<page>.md``). It is read with the parser that builds
the book (markdown-it-py with MyST's plugins), never with patterns over the raw text, so that a
dollar sign in a code cell is not a formula and a formula in a nested directive is one. Every
finding carries the line of the chapter file that it stands on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from elements import CodeCell, Element, Formula
from errors import ChapterError
from walker import EXTENSIONS, walk

__all__ = [
    "EXTENSIONS",
    "Chapter",
    "ChapterError",
    "CodeCell",
    "Element",
    "Formula",
    "content_hash",
    "formulas",
    "languages",
    "pages",
    "parse",
    "read",
]

SETUP_TAG = "setup"


@dataclass(frozen=True)
class Chapter:
    """One chapter file, read.

    Attributes
    ----------
    path : Path
        The file.
    text : str
        Its text, with ``\\n`` line ends.
    front_matter : dict
        The YAML mapping between the two ``---`` lines at its top.
    """

    path: Path
    text: str
    front_matter: dict[str, Any]

    @property
    def language(self) -> str:
        """The folder that the chapter stands in: ``en``, ``vi``, …"""
        return self.path.parent.name

    @property
    def page(self) -> str:
        """The name of the page, the same in all languages: ``ravine``."""
        return self.path.stem

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of the data sets that executing the page needs."""
        return tuple(self.front_matter.get("datasets") or ())

    @cached_property
    def elements(self) -> tuple[Element, ...]:
        """All elements of the text, in the order of the file."""
        return tuple(walk(self.text, self.path))

    @property
    def cells(self) -> tuple[CodeCell, ...]:
        """The code cells, in order."""
        return tuple(e.cell for e in self.elements if e.cell is not None)

    def of_kind(self, *kinds: str) -> list[Element]:
        """The elements whose kind is one of ``kinds``, in order."""
        return [element for element in self.elements if element.kind in kinds]


def read(path: Path) -> Chapter:
    """Read and check one chapter.

    Raises
    ------
    ChapterError
        With file and line, when the file is not UTF-8, the front matter is missing or is not a
        YAML mapping, a fence or a formula is never closed, or a code cell's options do not parse.

    Examples
    --------
    >>> read(Path("chapters/xx/none.md"))
    Traceback (most recent call last):
        ...
    errors.ChapterError: chapters/xx/none.md:1: there is no such chapter
    """
    try:
        raw = path.read_bytes()
    except OSError:
        raise ChapterError(path, 1, "there is no such chapter") from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ChapterError(path, line, f"not UTF-8: byte {raw[error.start]:#04x}") from None
    return parse(text, path)


def parse(text: str, path: Path) -> Chapter:
    """Make a `Chapter` of text that is to stand at ``path``; as `read`, without the file."""
    text = text.replace("\r\n", "\n")
    chapter = Chapter(path, text, _front_matter(text, path))
    _ = chapter.elements  # so that a broken chapter fails here, not at some later use
    return chapter


def formulas(path: Path) -> list[Formula]:
    """List the formulas of a chapter as ``(line, tex, display)``, in order.

    Finds inline and display dollar mathematics, AMS environments, ``math`` directives and roles,
    also within admonitions, tables, figure captions and the captions of code cells; not in code.

    Examples
    --------
    >>> import tempfile
    >>> page = Path(tempfile.mkdtemp()) / "page.md"
    >>> _ = page.write_text("---\\ntitle: x\\n---\\n:::{note}\\nThe rate $\\\\beta$.\\n:::\\n")
    >>> formulas(page)
    [Formula(line=5, tex='\\\\beta', display=False)]
    """
    return [element.formula for element in read(path).elements if element.formula is not None]


def languages(root: Path) -> list[str]:
    """The languages of the course: English, then the other folders of ``chapters`` by name."""
    folder = root / "chapters"
    found = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    return sorted(
        (name for name in found if not name.startswith((".", "_"))), key=lambda n: n != "en"
    )


def pages(root: Path, language: str) -> list[Path]:
    """The chapter files of one language, sorted by name."""
    return sorted((root / "chapters" / language).glob("*.md"))


def content_hash(path: Path) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of a file: what ``translation_of`` holds."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def _front_matter(text: str, path: Path) -> dict[str, Any]:
    lines = text.split("\n")
    if lines[0].rstrip() != "---":
        raise ChapterError(
            path, 1, "a chapter starts with its front matter: a line --- , YAML, a line ---"
        )
    try:
        end = next(n for n in range(1, len(lines)) if lines[n].rstrip() == "---")
    except StopIteration:
        raise ChapterError(path, 1, "the front matter is never closed by a line ---") from None
    try:
        data = yaml.safe_load("\n".join(lines[1:end]))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 2 + (mark.line if mark else 0)
        raise ChapterError(
            path, min(line, end + 1), f"the front matter is not YAML: {error.problem}"
        ) from None
    except yaml.YAMLError as error:
        raise ChapterError(path, 2, f"the front matter is not YAML: {error}") from None
    if not isinstance(data, dict):
        raise ChapterError(path, 2, "the front matter must be a YAML mapping (key: value)")
    datasets = data.get("datasets", [])
    if not isinstance(datasets, list) or not all(isinstance(name, str) for name in datasets):
        line = 1 + next(n for n in range(1, end) if lines[n].startswith("datasets"))
        raise ChapterError(path, line, "datasets must be a list of names, like [mnist]")
    return data


def iter_chapters(root: Path) -> Iterator[Chapter]:
    """Read all chapters of all languages."""
    for language in languages(root):
        for path in pages(root, language):
            yield read(path)
