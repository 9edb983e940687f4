"""Measuring in turns, so that a change of the machine's speed meets all sides, and the spread."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

__all__ = [
    "Spread",
    "busy_cores",
    "childrens_seconds",
    "cores",
    "cpu_seconds",
    "in_turns",
    "machine",
    "ratios",
    "seconds",
]

CPU_INFO = Path("/proc/cpuinfo")  # of Linux
PACKAGES = ("numpy", "torch", "matplotlib", "jupyter-book")


@dataclass(frozen=True)
class Spread:
    """What several measurements of one thing gave.

    Examples
    --------
    >>> Spread.of([3.0, 1.0, 2.0])
    Spread(median=2.0, low=1.0, high=3.0, count=3)
    """

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the median, the least and the most of some values."""
        return cls(statistics.median(values), min(values), max(values), len(values))


def seconds(work: Callable[[], object]) -> float:
    """Return how long the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the processor's time that the work takes, over all threads of this process."""
    began = time.process_time()
    work()
    return time.process_time() - began


def childrens_seconds(work: Callable[[], object]) -> float:
    """Return the processor's time of the processes that the work starts and waits for."""
    began = os.times()
    work()
    ended = os.times()
    user = ended.children_user - began.children_user
    return user + ended.children_system - began.children_system


def in_turns(contenders: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Measure each contender once a round: A B, then B A, then A B again.

    Parameters
    ----------
    contenders : dict of str to callable
        Each measures itself once and returns the figure.
    rounds : int
        How often; the k-th figures of all contenders belong together.

    Examples
    --------
    >>> in_turns({"a": lambda: 1.0, "b": lambda: 2.0}, 2)
    {'a': [1.0, 1.0], 'b': [2.0, 2.0]}
    """
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for _ in range(rounds):
        for name in names:
            figures[name].append(contenders[name]())
        names.reverse()
    return figures


def ratios(over: Sequence[float], under: Sequence[float]) -> list[float]:
    """Return the ratio of each pair of figures that were measured in the same round."""
    return [a / b for a, b in zip(over, under, strict=True)]


def busy_cores(interval: float = 1.0) -> float:
    """Return how many cores others keep busy: looked at while this process sleeps.

    The load average would count what a benchmark itself did in the minute before.
    """
    return psutil.cpu_percent(interval) / 100 * cores()


def cores() -> int:
    """Return how many processors there are."""
    return os.cpu_count() or 1


def machine() -> dict[str, str | int]:
    """Return what the figures depend on: the processor, its memory, and the versions."""
    return {
        "processor": _processor(),
        "cores": cores(),
        "memory [GB]": round(psutil.virtual_memory().total / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }


def _processor() -> str:
    if CPU_INFO.is_file():
        for line in CPU_INFO.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
