"""Whether the data sets that a page needs can be had here, and in which order such pages come."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence

__all__ = ["REMEDY", "missing", "turns"]

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


def turns(pages: Iterable[tuple[str, bool]]) -> list[int]:
    """Return ranks by which to sort pages, so that none waits for another while there is work.

    Pages that train do the long work. The languages share it: whoever comes first computes, the
    others find the result. So one language begins with them, and the others come last.

    Parameters
    ----------
    pages : iterable of (str, bool)
        The name of each page, the same in all languages, and whether it trains.

    Examples
    --------
    >>> turns([("ravine", False), ("training", True), ("ravine", False), ("training", True)])
    [1, 0, 1, 2]
    """
    begun: set[str] = set()
    ranks = []
    for name, trains in pages:
        ranks.append(1 if not trains else 2 if name in begun else 0)
        if trains:
            begun.add(name)
    return ranks
