"""Writing files so that a reader, or the next run after a crash, never sees half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

__all__ = ["write_if_changed"]


def write_if_changed(path: Path, data: bytes) -> bool:
    """Replace a file in one step, and only if its bytes differ.

    Parameters
    ----------
    path : Path
        The file; its folder is made if need be.
    data : bytes
        What it is to hold.

    Returns
    -------
    bool
        Whether the file was written.

    Examples
    --------
    >>> path = Path(tempfile.mkdtemp()) / "a" / "b.txt"
    >>> write_if_changed(path, b"x"), write_if_changed(path, b"x")
    (True, False)
    """
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == data:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, because a file can be put in place in one step on one file system only.
    descriptor, temporary = tempfile.mkstemp(
        prefix=f".{path.name}.", suffix=".tmp", dir=path.parent
    )
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    return True


def _umask() -> int:
    # The only way to read it is to set it.
    value = os.umask(0)
    os.umask(value)
    return value
