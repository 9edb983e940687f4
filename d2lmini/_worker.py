"""How a worker process of :mod:`d2lmini.sweeps.engines` begins, and that it ends.

A worker reads this module before PyTorch is there, so it imports nothing that takes long.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from importlib import import_module

__all__ = ["begin"]


def begin(parent: int, module: str) -> None:
    """Prepare a worker process, and import the module whose functions it will be given."""
    # Ctrl-C reaches all processes of a terminal; the one that started the sweep ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()

    # PyTorch brings a great many objects, and all of them stay. To look which are garbage, again
    # and again, is a sixth of the time in which it loads, and half a second when the process ends.
    gc.disable()
    import_module(module)
    gc.freeze()
    gc.enable()

    from tqdm import tqdm

    # By itself it would take a semaphore of the system, which stays behind when a worker is killed.
    tqdm.set_lock(threading.RLock())


def _end_with(parent: int) -> None:
    """End this process when the one that started it has ended, even by kill -9."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
