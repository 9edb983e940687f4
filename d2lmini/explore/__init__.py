"""Explorables: figures with sliders, alive in JupyterLab and in the plain page of the book.

Each one is a Python class and a JavaScript module of the same stem. See :mod:`d2lmini.explore.base`
for how the two meet.

>>> import d2lmini as d2l
>>> d2l.explore.Ravine(eta=0.6, beta=0.5)
Ravine(eta=0.6, beta=0.5)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .ravine import Ravine as Ravine

__all__ = ["Ravine"]

_MODULE_OF = {"Ravine": "ravine"}


def __getattr__(name: str) -> Any:
    """Import an explorable when it is first used: the book's build needs only their scripts."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
