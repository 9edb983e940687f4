"""Progress bars for those who watch, and nothing in what is stored."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["progress_bar"]


def progress_bar(
    *, total: int, desc: str, unit: str, show: bool | None = None, **options: Any
) -> Any:
    """Return a bar of tqdm, to be used as a context.

    Parameters
    ----------
    total : int
        Units of work.
    desc, unit : str
        What is done, and in what it is counted.
    show : bool, optional
        By default the bar is shown on the terminal from which the process was started. It is not
        shown in a notebook, whose output may be stored and compared, nor in a log.

    Examples
    --------
    >>> with progress_bar(total=2, desc="work", unit="piece", show=False) as bar:
    ...     _ = bar.update()
    """
    if show:
        from tqdm.auto import tqdm  # a widget, in a notebook
    else:
        from tqdm import tqdm
    if show is None:
        # A notebook's stream says that it is a terminal; but it is not the process's own stream.
        stream = sys.stderr  # None where a program has no console
        show = stream is sys.__stderr__ and stream is not None and stream.isatty()
    return tqdm(total=total, desc=desc, unit=unit, leave=False, disable=not show, **options)
