"""The figures of the course. Each function draws on an Axes that it is given, and returns artists.

Nothing here computes a trajectory, shows a figure or changes Matplotlib's settings. All words come
from :mod:`d2lmini.labels` and all colours from :mod:`d2lmini.palette`. What is told apart by
colour is told apart by markers, dashes or words as well.
"""

from __future__ import annotations

from ._drawing import Artists
from ._plot_best_rates import plot_best_rates
from ._plot_cloud import plot_cloud
from ._plot_decay import plot_decay
from ._plot_distances import plot_distances
from ._plot_eigenmodes import plot_eigenmodes
from ._plot_energy import plot_energy
from ._plot_filters import plot_filters
from ._plot_iterates import plot_iterates
from ._plot_loss_map import plot_loss_map
from ._plot_losses import plot_losses
from ._plot_mean_square import plot_mean_square
from ._plot_phase import plot_phase
from ._plot_rate_map import plot_rate_map
from ._plot_rate_windows import plot_rate_windows
from ._plot_rates import plot_rates
from ._plot_regimes import plot_regimes
from ._plot_smoothing import plot_smoothing
from ._plot_step_lengths import plot_step_lengths
from ._plot_trace import plot_trace
from ._plot_weights import plot_weights
from .figure import Figure, subplots

__all__ = [
    "Artists",
    "Figure",
    "plot_best_rates",
    "plot_cloud",
    "plot_decay",
    "plot_distances",
    "plot_eigenmodes",
    "plot_energy",
    "plot_filters",
    "plot_iterates",
    "plot_loss_map",
    "plot_losses",
    "plot_mean_square",
    "plot_phase",
    "plot_rate_map",
    "plot_rate_windows",
    "plot_rates",
    "plot_regimes",
    "plot_smoothing",
    "plot_step_lengths",
    "plot_trace",
    "plot_weights",
    "subplots",
]
