"""Read idx files, the form in which MNIST is published, and refuse those that are not whole."""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib

import numpy as np
import numpy.typing as npt

from ..messages import Phrase, tell

__all__ = ["GZIP_MAGIC", "DataError", "parse_idx", "verified"]

GZIP_MAGIC = b"\x1f\x8b"


class DataError(ValueError):
    """A data file is missing, truncated or altered; the message names it and the remedy."""

    __module__ = "d2lmini.data"  # where it is public


def verified(raw: bytes, *, sha256: str, where: str, remedy: Phrase) -> bytes:
    """Return the decompressed bytes of an idx file if they are the ones that were published.

    Parameters
    ----------
    raw : bytes
        The file's content, compressed by gzip or not.
    sha256 : str
        SHA-256 that the decompressed bytes must have, in hexadecimal.
    where : str
        What the error calls the file.
    remedy : Phrase
        What it tells the reader to do.

    Raises
    ------
    DataError
        If the file is empty, truncated, damaged, of another kind, or another data set.
    """
    if not raw:
        raise DataError(tell("{where} is empty (0 bytes). {remedy}", where=where, remedy=remedy))
    blob = raw
    # A server may undo the compression on the way, so the bytes decide and not the suffix.
    if raw.startswith(GZIP_MAGIC):
        try:
            blob = gzip.decompress(raw)
        except EOFError:
            raise DataError(
                tell(
                    "{where} is truncated: its gzip stream breaks off after {count} bytes. "
                    "{remedy}",
                    where=where,
                    count=len(raw),
                    remedy=remedy,
                )
            ) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataError(
                tell(
                    "{where} is damaged: {error}. {remedy}", where=where, error=error, remedy=remedy
                )
            ) from None
    try:
        parse_idx(blob, where)
    except ValueError as error:
        raise DataError(tell("{fault}. {remedy}", fault=error, remedy=remedy)) from None
    digest = hashlib.sha256(blob).hexdigest()
    if digest != sha256:
        raise DataError(
            tell(
                "{where} was altered or is another data set: the SHA-256 of its decompressed "
                "bytes is {digest}, but should be {sha256}. {remedy}",
                where=where,
                digest=digest,
                sha256=sha256,
                remedy=remedy,
            )
        )
    return blob


def parse_idx(blob: bytes, where: str = "blob") -> npt.NDArray[np.uint8]:
    """Read an idx file of unsigned bytes: 0, 0, 8, the rank, the shape (big-endian), the data.

    Parameters
    ----------
    blob : bytes
        The decompressed file.
    where : str, optional
        What the error calls it.

    Raises
    ------
    ValueError
        If it is no such file or not whole.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
    array([7, 8, 9], dtype=uint8)
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8]))
    Traceback (most recent call last):
        ...
    ValueError: blob is truncated: it holds 10 bytes, where its header promises 11
    """
    header = 4 + 4 * blob[3] if len(blob) >= 4 else 4
    if len(blob) < header or blob[:3] != b"\x00\x00\x08":
        raise ValueError(
            tell(
                "{where} is neither a gzip file nor an idx file of bytes: it begins with {start}",
                where=where,
                start=blob[:8].hex(),
            )
        )
    shape = struct.unpack(f">{blob[3]}I", blob[4:header])
    size = header + math.prod(shape)
    if len(blob) != size:
        count = len(blob)
        if count < size:
            raise ValueError(
                tell(
                    "{where} is truncated: it holds {count} bytes, where its header promises "
                    "{size}",
                    where=where,
                    count=count,
                    size=size,
                )
            )
        raise ValueError(
            tell(
                "{where} is too long: it holds {count} bytes, where its header promises {size}",
                where=where,
                count=count,
                size=size,
            )
        )
    return np.frombuffer(blob, dtype=np.uint8, offset=header).reshape(shape)
