"""A memo of long computations on disk, shared by all processes of the user.

Four notebooks that ask for the same training run at the same time get one run: the first process
to ask computes, the others wait for it and read.
"""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ._files import locked, write_atomically
from .messages import tell

__all__ = ["memo_folder", "read", "recall", "write"]

T = TypeVar("T")

_CHECKSUM_BYTES = 32


def memo_folder() -> Path:
    """Return where results are kept: ``D2LMINI_CACHE``, or else the user's cache folder.

    Examples
    --------
    >>> import os
    >>> before = os.environ.get("D2LMINI_CACHE")
    >>> os.environ["D2LMINI_CACHE"] = "elsewhere"
    >>> memo_folder().name
    'elsewhere'
    >>> _ = os.environ.pop("D2LMINI_CACHE")
    >>> memo_folder().name
    'memo'
    >>> if before is not None:
    ...     os.environ["D2LMINI_CACHE"] = before
    """
    chosen = os.environ.get("D2LMINI_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("d2lmini")) / "memo"


def recall(
    key: str, compute: Callable[[], T], *, dump: Callable[[T], bytes], load: Callable[[bytes], T]
) -> T:
    """Return what is kept under a key, computing and keeping it where there is nothing.

    Each entry is a file that begins with the SHA-256 of the rest: an entry that was damaged, or
    that another version of the program has written in another form, counts as none. Where the
    folder cannot be written to, the result is computed and not kept, with one warning.

    Parameters
    ----------
    key : str
        Name of the entry, fit for a file name, different for different computations.
    compute : callable
        Computes the result; not called when the result is known.
    dump, load : callable
        From the result to bytes, and back; what cannot be loaded must raise, and change nothing.

    Returns
    -------
    object
        The result, computed or read.

    Examples
    --------
    >>> import os, tempfile
    >>> before = os.environ.get("D2LMINI_CACHE")
    >>> with tempfile.TemporaryDirectory() as os.environ["D2LMINI_CACHE"]:
    ...     for text in ("first", "second"):
    ...         print(recall("k", lambda: text, dump=str.encode, load=bytes.decode))
    first
    first
    >>> _ = os.environ.pop("D2LMINI_CACHE")
    >>> if before is not None:
    ...     os.environ["D2LMINI_CACHE"] = before
    """
    path = memo_folder() / f"{key}.memo"
    known = _loaded(path, load)  # a folder that is only readable serves as well
    if known is not None:
        return known[0]
    with locked(path.parent, key) as problem:
        known = _loaded(path, load)  # while this process waited, another may have computed it
        if known is not None:
            return known[0]
        result = compute()
        if problem is None:
            try:
                write(path, dump(result))
            except OSError as error:
                problem = error
    if problem is not None:
        warnings.warn(
            tell(
                "the result cannot be kept in {folder} ({problem}) and will be computed again "
                "next time. Make that folder writable, or set D2LMINI_CACHE to one that is.",
                folder=path.parent,
                problem=problem,
            ),
            UserWarning,
            stacklevel=3,
        )
    return result


def read(path: Path, load: Callable[[bytes], T]) -> tuple[T] | None:
    """Return what is in an entry, or None if it is damaged or in another form.

    Raises
    ------
    OSError
        If there is no such file, or it cannot be read.
    """
    content = path.read_bytes()
    payload = content[_CHECKSUM_BYTES:]
    if content[:_CHECKSUM_BYTES] != _checksum(payload):
        return None
    try:
        return (load(payload),)
    except Exception:  # whole, and nevertheless not what is expected: of another version
        return None


def write(path: Path, payload: bytes) -> None:
    """Write an entry, whole or not at all; hold :func:`~d2lmini._files.locked` meanwhile."""
    write_atomically(path, _checksum(payload) + payload)


def _checksum(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()


def _loaded(path: Path, load: Callable[[bytes], T]) -> tuple[T] | None:
    try:
        return read(path, load)
    except OSError:
        return None
