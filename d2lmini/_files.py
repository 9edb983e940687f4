"""Files that other processes never see half-written."""

from __future__ import annotations

import glob
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["locked", "write_atomically"]

# How the names of files end while they are written.
_PARTIAL = ".part"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file such that whoever looks finds all of it or what was there before.

    One process at a time may write a file: hold :func:`locked` meanwhile.

    Parameters
    ----------
    path : Path
        The file; its folder must exist.
    content : bytes
        What it shall hold.

    Raises
    ------
    OSError
        If the folder is read-only or the disk full. Nothing is left behind.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_atomically(Path(folder) / "answer", b"42")
    ...     [entry.name for entry in Path(folder).iterdir()]
    ['answer']
    """
    for leftover in path.parent.glob(f"{glob.escape(path.name)}.*{_PARTIAL}"):
        if "." not in leftover.name[len(path.name) + 1 : -len(_PARTIAL)]:  # else another file's
            leftover.unlink(missing_ok=True)  # of a process that was killed
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_PARTIAL}")
    try:
        with open(temporary, "xb") as file:  # readable for whom the user wants, unlike mkstemp's
            file.write(content)
            file.flush()
            # Else a power cut after the renaming could leave an empty file under the final name.
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def locked(folder: Path, name: str = "", *, leave_file: bool = True) -> Iterator[Exception | None]:
    """Let one process at a time into the block that follows.

    Parameters
    ----------
    folder : Path
        Where the lock's file is; made if need be.
    name : str, optional
        What is locked in this folder.
    leave_file : bool, optional
        Whether the lock's file stays, as it does in a folder of ours. In a folder of the user's it
        goes; who waits for it then takes a new one.

    Yields
    ------
    Exception or None
        Why there is no lock, in a folder that cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, locked(Path(folder)) as problem:
    ...     print(problem)
    None
    """
    from filelock import FileLock

    lock = FileLock(folder / f"{name}.lock")
    problem: Exception | None = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except (OSError, NotImplementedError) as error:  # some network file systems have no locks
        problem = error
    try:
        yield problem
    finally:
        if problem is None and not leave_file:
            with suppress(OSError):  # Windows removes no file that is open, but at the release
                os.unlink(lock.lock_file)
        lock.release()
