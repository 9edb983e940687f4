"""Which version of the course this is, and of which day: what the foot of the first page says.

Both depend on the sources alone, so the same commit gives the same page wherever it is built.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from editions import ConfigError
from repository import git

__all__ = ["date", "version"]


def version() -> str:
    """Return the version of the course, which is that of its package.

    Examples
    --------
    >>> version().count(".")
    2
    """
    import d2lmini

    return d2lmini.__version__


def date(root: Path) -> str:
    """Return the day of the last commit in `root`, as ``2026-01-31``, or nothing without one.

    ``SOURCE_DATE_EPOCH``, in seconds since 1970, comes before it: whoever packs the course without
    its history sets it (https://reproducible-builds.org/specs/source-date-epoch/).

    Raises
    ------
    ConfigError
        ``SOURCE_DATE_EPOCH`` is no number of seconds.
    """
    said = os.environ.get("SOURCE_DATE_EPOCH", "")
    if said and not (said.isascii() and said.isdigit()):
        raise ConfigError(
            f"SOURCE_DATE_EPOCH={said!r} is no number of seconds since 1970: "
            "set it to one, such as 1767225600, or unset it"
        )
    seconds = said or _last_commit(root)
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d}" if seconds else ""


def _last_commit(root: Path) -> str:
    """Return the time of the last commit of the repository whose top is `root`, or nothing."""
    if not (root / ".git").exists():
        return ""  # a copy inside of some other repository has nothing to do with that one
    return git(root, "log", "-1", "--format=%ct") or ""
