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
    from .basis import Basis as Basis
    from .dialects import Dialects as Dialects
    from .landscape import Landscape as Landscape
    from .mnist_map import MnistMap as MnistMap
    from .modes import Modes as Modes
    from .nesterov import Nesterov as Nesterov
    from .noise import Noise as Noise
    from .phase import Phase as Phase
    from .ravine import Ravine as Ravine
    from .smoother import Smoother as Smoother
    from .stability import Stability as Stability
    from .weights import Weights as Weights

__all__ = [
    "Basis",
    "Dialects",
    "Landscape",
    "MnistMap",
    "Modes",
    "Nesterov",
    "Noise",
    "Phase",
    "Ravine",
    "Smoother",
    "Stability",
    "Weights",
]

_MODULE_OF = {
    "Basis": "basis",
    "Dialects": "dialects",
    "Landscape": "landscape",
    "MnistMap": "mnist_map",
    "Modes": "modes",
    "Nesterov": "nesterov",
    "Noise": "noise",
    "Phase": "phase",
    "Ravine": "ravine",
    "Smoother": "smoother",
    "Stability": "stability",
    "Weights": "weights",
}


def __getattr__(name: str) -> Any:
    """Import an explorable when it is first used: the book's build needs only their scripts."""
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_MODULE_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
