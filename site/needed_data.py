"""Whether the data sets that a page needs can be had here."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

__all__ = ["REMEDY", "missing"]

REMEDY = "name a folder that holds it in D2LMINI_DATA, or connect to the internet"


def missing(names: Sequence[str], *, download: bool) -> list[str]:
    """Those of the named data sets that cannot be had on this machine.

    `d2lmini.data` offers a function ``<name>_available`` for each data set that it can load.

    Parameters
    ----------
    names : sequence of str
        As a chapter's front matter lists them under ``datasets``.
    download : bool
        Whether what is missing may be fetched now.

    Raises
    ------
    LookupError
        For a name that `d2lmini.data` does not know.

    Examples
    --------
    >>> missing([], download=False)
    []
    """
    if not names:
        return []
    data = importlib.import_module("d2lmini.data")
    absent = []
    for name in names:
        available = getattr(data, f"{name}_available", None)
        if available is None:
            raise LookupError(f"d2lmini.data has no {name}_available, so no data set {name!r}")
        if not available(download=download):
            absent.append(name)
    return absent
