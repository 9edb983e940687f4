"""Read a table of numbers separated by tabs, and refuse one that is not whole."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from .idx import DataError

__all__ = ["parse_table", "verified_table"]


def verified_table(
    raw: bytes, *, rows: int, columns: int, sha256: str, where: str, remedy: str
) -> bytes:
    """Return the bytes of a table, lines ended by a line feed, if they are the published ones.

    The same table goes around with both kinds of line ends, and tools change the one into the
    other, therefore line ends are made equal before the comparison.

    Parameters
    ----------
    raw : bytes
        The file's content.
    rows, columns : int
        The table's published shape.
    sha256 : str
        SHA-256 that the bytes with ``\\n`` at the end of each line must have, in hexadecimal.
    where, remedy : str
        What the error calls the file, and what it tells the reader to do.

    Raises
    ------
    DataError
        If the file is empty, truncated, of another kind or shape, or holds other numbers.
    """
    if not raw:
        raise DataError(f"{where} is empty (0 bytes). {remedy}")
    blob = raw.replace(b"\r\n", b"\n")
    try:
        parse_table(blob, rows=rows, columns=columns)
    except ValueError as error:
        raise DataError(f"{where} {error}. {remedy}") from None
    digest = hashlib.sha256(blob).hexdigest()
    if digest != sha256:
        raise DataError(
            f"{where} was altered or is another data set: the SHA-256 of its lines is {digest}, "
            f"but should be {sha256}. {remedy}"
        )
    return blob


def parse_table(blob: bytes, *, rows: int, columns: int) -> npt.NDArray[np.float64]:
    r"""Read a table of numbers separated by tabs, one row a line.

    Parameters
    ----------
    blob : bytes
        The file.
    rows, columns : int
        The shape that the table must have.

    Returns
    -------
    ndarray, shape (rows, columns)

    Raises
    ------
    ValueError
        If it is no such table or not whole; the message reads on from the file's name.

    Examples
    --------
    >>> parse_table(b"1\t2\n3\t4.5\n", rows=2, columns=2)
    array([[1. , 2. ],
           [3. , 4.5]])
    >>> parse_table(b"1\t2\n", rows=2, columns=2)
    Traceback (most recent call last):
        ...
    ValueError: is truncated: it holds 1 rows, where 2 were published
    """
    lines = blob.splitlines()
    table = []
    for number, line in enumerate(lines, 1):
        cells = line.split(b"\t")
        try:
            table.append([float(cell) for cell in cells])
        except ValueError:
            table.append([])
        if len(table[-1]) == columns:
            continue
        if 1 < number == len(lines) < rows:
            raise ValueError(f"is truncated: it breaks off in line {number} of {rows}")
        if not table[-1]:
            shown = line[:40].decode("ascii", errors="replace")
            raise ValueError(
                f"is not a table of numbers separated by tabs: its line {number} begins {shown!r}"
            )
        raise ValueError(
            f"has the wrong columns: {len(cells)} in line {number}, where {columns} were published"
        )
    if len(table) != rows:
        state = "truncated" if len(table) < rows else "too long"
        raise ValueError(f"is {state}: it holds {len(table)} rows, where {rows} were published")
    return np.array(table)
