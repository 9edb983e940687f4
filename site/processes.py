"""Processes that do a part of the work, and do not outlive the one that they do it for."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait

__all__ = ["end_with_parent"]


def end_with_parent() -> None:
    """End this process as soon as the one that started it has ended, even by ``kill -9``.

    Else it would go on for nobody, or wait for ever, with the locks that it has inherited.
    """
    threading.Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
