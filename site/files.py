"""Writing files so that a reader, or the next run after a crash, never sees half of one."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
from pathlib import Path

__all__ = ["write_if_changed"]


def write_if_changed(path: Path, data: bytes) -> bool:
    """Replace a file in one step, and only if its bytes differ.

    One process at a time may write a file: what another one has begun is taken for the remains of
    a run that was killed, and cleared away.

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

    Raises
    ------
    OSError
        If it cannot be written, with its name. It is as it was, and nothing else is there.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "a" / "b.txt"
    >>> write_if_changed(path, b"x"), write_if_changed(path, b"x")
    (True, False)
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        left.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == data:
            return False
    # In the same folder, because a file can be put in place in one step on one file system only.
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        if isinstance(error, OSError):  # of a write the system does not say to which file
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise
    return True
