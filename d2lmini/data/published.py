"""Find the files of a published data set: in a folder, in the cache, or on a mirror."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from .._files import locked, write_atomically
from ..messages import Phrase, tell
from .download import UnreachableError, download
from .idx import GZIP_MAGIC, DataError

__all__ = [
    "Published",
    "available",
    "cache_folder",
    "explicit_place",
    "read_explicit",
    "read_or_download",
]


@dataclass(frozen=True)
class Published:
    """Files that are the same bytes for everybody.

    Parameters
    ----------
    name : str or Phrase
        What messages call the data set.
    key : str
        Name of its folder in the cache.
    checksums : dict of str to str
        SHA-256 of the plain bytes by file name.
    layouts : tuple of str
        Folders below a root in which people keep the files.
    compressed : bool
        Whether mirrors send the files as ``.gz``; folders may then hold either form.
    check : callable
        From a file's name, the bytes read and where they come from to the plain bytes; raises
        `DataError` for wrong ones.
    """

    name: str | Phrase
    key: str
    checksums: dict[str, str]
    layouts: tuple[str, ...]
    compressed: bool
    check: Callable[[str, bytes, str], bytes]


def cache_folder(published: Published) -> Path:
    """Return where downloaded files are kept."""
    import pooch

    return Path(pooch.os_cache("d2lmini")) / published.key


def explicit_place(root: str | os.PathLike[str] | None) -> tuple[Path, Phrase] | None:
    """Return the folder that the caller or the environment insists on, and which of the two."""
    if root is not None:
        return Path(root).expanduser(), Phrase("given as root")
    from_environment = os.environ.get("D2LMINI_DATA")
    if from_environment:
        return Path(from_environment).expanduser(), Phrase("named by D2LMINI_DATA")
    return None


def read_explicit(published: Published, root: Path, given_as: Phrase) -> dict[str, bytes]:
    """Return the plain bytes of all files below a folder that must hold them.

    Raises
    ------
    DataError
        If one is missing, damaged or cannot be read.
    """
    found, missing = _find(published, root)
    if missing:
        layouts = [str(root / layout) for layout in published.layouts]
        places: str | Phrase = layouts[-1]
        for layout in reversed(layouts[:-1]):
            places = Phrase("{one} or {other}", one=layout, other=places)
        wanted: str | Phrase = ", ".join(published.checksums)
        if published.compressed:
            wanted = Phrase("{files} (each .gz or unpacked)", files=wanted)
        fault = Phrase("missing {file}", file=missing[0])
        if not os.path.isdir(root):
            fault = Phrase("the folder does not exist")
        elif not os.access(root, os.R_OK | os.X_OK):
            fault = Phrase("the folder cannot be read")
        raise DataError(
            tell(
                "no {data} in {root} ({given_as}): {fault}. Put {files} into {places}; or give no "
                "folder, and {data} is downloaded",
                data=published.name,
                root=root,
                given_as=given_as,
                fault=fault,
                files=wanted,
                places=places,
            )
        )
    return {name: _checked_file(published, name, path) for name, path in found.items()}


def available(
    published: Published,
    root: str | os.PathLike[str] | None,
    *,
    download: bool,
    mirrors: Sequence[str],
) -> bool:
    """Say whether all files can be had; with `download`, fetch what the cache lacks."""
    explicit = explicit_place(root)
    if explicit is not None:
        return not _find(published, explicit[0])[1]
    if not _find(published, cache_folder(published))[1]:
        return True
    if not download:
        return False
    try:
        read_or_download(published, mirrors, stacklevel=4)
    except UnreachableError:
        return False
    return True


def read_or_download(
    published: Published, mirrors: Sequence[str], *, stacklevel: int = 3
) -> dict[str, bytes]:
    """Return the plain bytes of all files in the cache, after downloading those that lack.

    Where the cache cannot be written to, one warning says so.

    Raises
    ------
    UnreachableError
        If no mirror sends a file that lacks.
    DataError
        If a file of the cache is damaged, and no mirror sends another.
    """
    folder = cache_folder(published)
    found, missing = _find(published, folder)
    if not missing:
        try:
            return {name: _checked_file(published, name, path) for name, path in found.items()}
        except DataError:
            pass  # put right below, by whoever holds the lock
    blobs = {}
    ending = ".gz" if published.compressed else ""
    with locked(folder) as problem:
        for name in published.checksums:
            path = _find(published, folder)[0].get(name)
            damage: DataError | None = None
            if path is not None:
                try:
                    blobs[name] = _checked_file(published, name, path)
                    continue
                except DataError as error:
                    damage = error
            try:
                check = partial(published.check, name)
                raw, blobs[name] = download(f"{name}{ending}", mirrors, check)
            except UnreachableError as unreachable:
                if damage is None:
                    raise
                raise DataError(
                    tell(
                        "{damage}. Downloading it again failed: {unreachable}",
                        damage=damage,
                        unreachable=unreachable,
                    )
                ) from None
            if problem is None:
                suffix = ".gz" if raw.startswith(GZIP_MAGIC) else ""
                try:
                    write_atomically(path or folder / f"{name}{suffix}", raw)
                except OSError as error:
                    problem = error
    if problem is not None:
        count = len(published.checksums)
        files = Phrase("its file") if count == 1 else Phrase("its files")
        warnings.warn(
            tell(
                "{data} was downloaded but cannot be kept in {folder} ({problem}), so the next "
                "run will download it again. Make that folder writable, or set D2LMINI_DATA to "
                "a folder that holds {files}.",
                data=published.name,
                folder=folder,
                problem=problem,
                files=files,
            ),
            UserWarning,
            stacklevel=stacklevel,
        )
    return blobs


def _find(published: Published, root: Path) -> tuple[dict[str, Path], list[str]]:
    """Return the files found in the fullest of the layouts, and the names of those missing."""
    best: dict[str, Path] = {}
    endings = (".gz", "") if published.compressed else ("",)
    for layout in published.layouts:
        found = {}
        for name in published.checksums:
            for path in (root / layout / f"{name}{ending}" for ending in endings):
                if os.path.isfile(path):  # Path.is_file raises where nobody may look
                    found[name] = path
                    break
        if len(found) > len(best):
            best = found
    return best, [name for name in published.checksums if name not in best]


def _checked_file(published: Published, name: str, path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(
            tell(
                "{path} cannot be read: {error}. Make it readable, or put another copy there",
                path=path,
                error=error.strerror,
            )
        ) from error
    return published.check(name, raw, str(path))
