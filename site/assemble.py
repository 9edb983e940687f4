"""Putting the site together: one book per language, one copy of what they share, in one step.

Each language is built into a folder of its own, which is kept for the next build. Here the pages
are copied beside each other, without what none of them uses (`slim`), files which are the same in
every language move up into one ``_static/``, and the finished folder takes the place of the old
one. Links in the pages are relative, so the site works below any address and from ``file://``.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from borrowed import borrow
from editions import SOURCE, plain_notebook
from slim import without_unused

__all__ = ["Site", "assemble", "recover"]

# What Sphinx leaves for its own next run, and pages of no use to a reader.
_LEFT_OUT = (".buildinfo", "objects.inv")
_LINK = re.compile(rb'((?:href|src)=")((?:\.\./)*)_static/([^"?#]+)')

Site = dict[str, bytes]


def collect(
    folders: Mapping[str, Path],
    pages: Mapping[str, bytes],
    borrowed: Mapping[str, Iterable[str]] | None = None,
) -> Site:
    """Return every file of the site: path, with slashes, and content.

    Parameters
    ----------
    folders : mapping of str to Path
        For each language the folder that its book was built into.
    pages : mapping of str to bytes
        Further files, such as the landing page.
    borrowed : mapping of str to iterable of str, optional
        For each language the pages, without a suffix, whose text is the English one. Without an
        English book they stay as they were built, with numbers and labels of their own language.
    """
    books = {key: _files(folder) for key, folder in folders.items()}
    source = books.get(SOURCE, {})
    for key, names in (borrowed or {}).items():
        for page in (page for page in names if f"{page}.html" in source):
            name = f"{page}.html"
            books[key][name] = borrow(books[key][name], source[name])
            notebook = plain_notebook(page)
            if notebook in source:
                books[key][notebook] = source[notebook]
    books = without_unused(books)
    shared = _shared(list(books.values()))
    site: Site = {name: next(iter(books.values()))[name] for name in shared}
    for key, book in books.items():
        for name, data in book.items():
            if name in shared:
                continue
            if name.endswith(".html"):
                data = _relink(data, shared)
            site[f"{key}/{name}"] = data
    site.update(pages)
    return site


def _files(folder: Path) -> dict[str, bytes]:
    """Return the files below `folder` which belong to the site."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and name not in _LEFT_OUT and not name.endswith(".map"):
            found[name] = path.read_bytes()
    return found


def _shared(books: list[dict[str, bytes]]) -> set[str]:
    """Return the files below ``_static/`` which are the same, to the byte, in all `books`."""
    first, *others = books
    return {
        name
        for name, data in first.items()
        if name.startswith("_static/") and all(book.get(name) == data for book in others)
    }


def _relink(page: bytes, shared: Iterable[str]) -> bytes:
    """Let the links of `page` to files of `shared` lead one folder further up."""
    names = frozenset(shared)

    def link(match: re.Match[bytes]) -> bytes:
        name = "_static/" + match[3].decode()
        up = b"../" if name in names else b""
        return match[1] + up + match[2] + b"_static/" + match[3]

    return _LINK.sub(link, page)


def assemble(target: Path, site: Site) -> int:
    """Make `target` hold exactly the files of `site`, all at once.

    The files are written into a folder beside `target`, which then takes its place, so whoever
    interrupts this leaves either the old site or the new one. A file that does not change is not
    written again but linked, and keeps its time.

    Returns
    -------
    int
        How many files differ from what was there; with none, nothing is touched.
    """
    recover(target)
    present = (
        {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
        if target.is_dir()
        else set()
    )
    changed = {
        name
        for name, data in site.items()
        if name not in present or (target / name).read_bytes() != data
    }
    if not changed and present == set(site):
        return 0
    staging, old = _beside(target)
    try:
        for name, data in site.items():
            path = staging / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name in changed or not _link(target / name, path):
                path.write_bytes(data)
        if target.exists():
            target.rename(old)
        staging.rename(target)
    except BaseException as error:
        recover(target)
        if isinstance(error, OSError):  # of a write the system does not say to which file
            raise OSError(error.errno, error.strerror, str(target)) from error
        raise
    shutil.rmtree(old, ignore_errors=True)
    return len(changed | (present - set(site)))


def _link(source: Path, path: Path) -> bool:
    """Give the file `source` the further name `path`; False where the file system cannot."""
    try:
        os.link(source, path)
    except OSError:
        return False
    return True


def _beside(target: Path) -> tuple[Path, Path]:
    return target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")


def recover(target: Path) -> None:
    """Undo what an `assemble` that failed or was killed left behind."""
    staging, old = _beside(target)
    if old.exists():
        # Stopped between the two renamings, or while it cleared away the old site.
        if target.exists():
            shutil.rmtree(old)
        else:
            old.rename(target)
    if staging.exists():
        shutil.rmtree(staging)
