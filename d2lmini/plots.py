"""The figures of the course. Each function draws on an Axes that it is given, and returns artists.

Nothing here computes a trajectory, shows a figure or changes Matplotlib's settings. All words come
from :mod:`d2lmini.labels` and all colours from :mod:`d2lmini.palette`. What is told apart by
colour is told apart by markers, dashes or words as well.
"""

from __future__ import annotations

from ._drawing import Artists
from ._plot_decay import plot_decay
from ._plot_iterates import plot_iterates
from ._plot_losses import plot_losses
from ._plot_phase import plot_phase
from ._plot_rate_map import plot_rate_map
from ._plot_rates import plot_rates
from ._plot_trace import plot_trace
from ._plot_weights import plot_weights
from .figure import Figure, subplots

__all__ = [
    "Artists",
    "Figure",
    "plot_decay",
    "plot_iterates",
    "plot_losses",
    "plot_phase",
    "plot_rate_map",
    "plot_rates",
    "plot_trace",
    "plot_weights",
    "subplots",
]
