"""Read a table of numbers separated by tabs, and refuse one that is not whole."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from ..messages import Phrase, tell
from .idx import DataError

__all__ = ["parse_table", "verified_table"]


def verified_table(
    raw: bytes, *, rows: int, columns: int, sha256: str, where: str, remedy: Phrase
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
    where : str
        What the error calls the file.
    remedy : Phrase
        What it tells the reader to do.

    Raises
    ------
    DataError
        If the file is empty, truncated, of another kind or shape, or holds other numbers.
    """
    if not raw:
        raise DataError(tell("{where} is empty (0 bytes). {remedy}", where=where, remedy=remedy))
    blob = raw.replace(b"\r\n", b"\n")
    try:
        parse_table(blob, rows=rows, columns=columns, where=where)
    except ValueError as error:
        raise DataError(tell("{fault}. {remedy}", fault=error, remedy=remedy)) from None
    digest = hashlib.sha256(blob).hexdigest()
    if digest != sha256:
        raise DataError(
            tell(
                "{where} was altered or is another data set: the SHA-256 of its lines is "
                "{digest}, but should be {sha256}. {remedy}",
                where=where,
                digest=digest,
                sha256=sha256,
                remedy=remedy,
            )
        )
    return blob


def parse_table(
    blob: bytes, *, rows: int, columns: int, where: str = "blob"
) -> npt.NDArray[np.float64]:
    r"""Read a table of numbers separated by tabs, one row a line.

    Parameters
    ----------
    blob : bytes
        The file.
    rows, columns : int
        The shape that the table must have.
    where : str, optional
        What the error calls it.

    Returns
    -------
    ndarray, shape (rows, columns)

    Raises
    ------
    ValueError
        If it is no such table or not whole.

    Examples
    --------
    >>> parse_table(b"1\t2\n3\t4.5\n", rows=2, columns=2)
    array([[1. , 2. ],
           [3. , 4.5]])
    >>> parse_table(b"1\t2\n", rows=2, columns=2)
    Traceback (most recent call last):
        ...
    ValueError: blob is truncated: it holds 1 rows, where 2 were published
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
            raise ValueError(
                tell(
                    "{where} is truncated: it breaks off in line {number} of {rows}",
                    where=where,
                    number=number,
                    rows=rows,
                )
            )
        if not table[-1]:
            raise ValueError(
                tell(
                    "{where} is not a table of numbers separated by tabs: its line {number} "
                    "begins {start!r}",
                    where=where,
                    number=number,
                    start=line[:40].decode("ascii", errors="replace"),
                )
            )
        raise ValueError(
            tell(
                "{where} has the wrong columns: {count} in line {number}, where {columns} were "
                "published",
                where=where,
                count=len(cells),
                number=number,
                columns=columns,
            )
        )
    count = len(table)
    if count < rows:
        raise ValueError(
            tell(
                "{where} is truncated: it holds {count} rows, where {rows} were published",
                where=where,
                count=count,
                rows=rows,
            )
        )
    if count > rows:
        raise ValueError(
            tell(
                "{where} is too long: it holds {count} rows, where {rows} were published",
                where=where,
                count=count,
                rows=rows,
            )
        )
    return np.array(table)
