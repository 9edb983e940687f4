"""How processes end: `kill` like Ctrl-C, and those that do a part of the work with their parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from multiprocessing.connection import wait
from types import FrameType

__all__ = ["end_with_parent", "interrupt_on_kill"]


def interrupt_on_kill() -> None:
    """Let `kill` raise KeyboardInterrupt in the main thread, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


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
