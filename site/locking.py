"""One run at a time: a second one waits, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

__all__ = ["exclusive"]


@contextmanager
def exclusive(root: Path, task: str) -> Iterator[None]:
    """Hold the lock of ``task`` for this checkout while the block runs.

    The operating system frees the lock when the process ends, however it ends, so a killed run
    leaves nothing behind that the next one would have to clear away.

    Parameters
    ----------
    root : Path
        The checkout; the lock file is ``_build/.<task>.lock`` in it.
    task : str
        What the lock is for. Different tasks do not wait for each other.

    Raises
    ------
    SystemExit
        If the lock file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with exclusive(Path(tempfile.mkdtemp()), "notebooks"):
    ...     print("alone")
    alone
    """
    build = root / "_build"
    path = build / f".{task}.lock"
    try:
        build.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            print(f"Another run is at work on the {task}; waiting for it to end.", flush=True)
            lock.acquire()
    except OSError as error:
        raise SystemExit(
            f"cannot write {path}: {error.strerror}; the checkout must be writable"
        ) from None
    try:
        yield
    finally:
        lock.release()
