"""Read idx files, the form in which MNIST is published, and refuse those that are not whole."""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib

import numpy as np
import numpy.typing as npt

__all__ = ["GZIP_MAGIC", "DataError", "parse_idx", "verified"]

GZIP_MAGIC = b"\x1f\x8b"


class DataError(ValueError):
    """A data file is missing, truncated or altered; the message names it and the remedy."""

    __module__ = "d2lmini.data"  # where it is public


def verified(raw: bytes, *, sha256: str, where: str, remedy: str) -> bytes:
    """Return the decompressed bytes of an idx file if they are the ones that were published.

    Parameters
    ----------
    raw : bytes
        The file's content, compressed by gzip or not.
    sha256 : str
        SHA-256 that the decompressed bytes must have, in hexadecimal.
    where, remedy : str
        What the error calls the file, and what it tells the reader to do.

    Raises
    ------
    DataError
        If the file is empty, truncated, damaged, of another kind, or another data set.
    """
    if not raw:
        raise DataError(f"{where} is empty (0 bytes). {remedy}")
    blob = raw
    # A server may undo the compression on the way, so the bytes decide and not the suffix.
    if raw.startswith(GZIP_MAGIC):
        try:
            blob = gzip.decompress(raw)
        except EOFError:
            raise DataError(
                f"{where} is truncated: its gzip stream breaks off after {len(raw)} bytes. {remedy}"
            ) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{where} is damaged: {error}. {remedy}") from None
    try:
        parse_idx(blob)
    except ValueError as error:
        raise DataError(f"{where} {error}. {remedy}") from None
    digest = hashlib.sha256(blob).hexdigest()
    if digest != sha256:
        raise DataError(
            f"{where} was altered or is another data set: the SHA-256 of its decompressed bytes is "
            f"{digest}, but should be {sha256}. {remedy}"
        )
    return blob


def parse_idx(blob: bytes) -> npt.NDArray[np.uint8]:
    """Read an idx file of unsigned bytes: 0, 0, 8, the rank, the shape (big-endian), the data.

    Parameters
    ----------
    blob : bytes
        The decompressed file.

    Raises
    ------
    ValueError
        If it is no such file or not whole; the message reads on from the file's name.

    Examples
    --------
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
    array([7, 8, 9], dtype=uint8)
    >>> parse_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8]))
    Traceback (most recent call last):
        ...
    ValueError: is truncated: it holds 10 bytes, where its header promises 11
    """
    header = 4 + 4 * blob[3] if len(blob) >= 4 else 4
    if len(blob) < header or blob[:3] != b"\x00\x00\x08":
        raise ValueError(
            f"is neither a gzip file nor an idx file of bytes: it begins with {blob[:8].hex()}"
        )
    shape = struct.unpack(f">{blob[3]}I", blob[4:header])
    size = header + math.prod(shape)
    if len(blob) != size:
        state = "truncated" if len(blob) < size else "too long"
        raise ValueError(
            f"is {state}: it holds {len(blob)} bytes, where its header promises {size}"
        )
    return np.frombuffer(blob, dtype=np.uint8, offset=header).reshape(shape)
