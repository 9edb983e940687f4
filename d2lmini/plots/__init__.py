"""The figures of the course. Each function draws on an Axes that it is given, and returns artists.

Nothing here computes a trajectory, shows a figure or changes Matplotlib's settings. All words come
from :mod:`d2lmini.labels` and all colours from :mod:`d2lmini.palette`. What is told apart by
colour is told apart by markers, dashes or words as well.
"""

from __future__ import annotations

from ..figure import Figure, subplots
from .best_rates import plot_best_rates
from .cloud import plot_cloud
from .decay import plot_decay
from .distances import plot_distances
from .drawing import Artists
from .eigenmodes import plot_eigenmodes
from .energy import plot_energy
from .filters import plot_filters
from .iterates import plot_iterates
from .loss_map import plot_loss_map
from .losses import plot_losses
from .mean_square import plot_mean_square
from .phase import plot_phase
from .rate_map import plot_rate_map
from .rate_windows import plot_rate_windows
from .rates import plot_rates
from .regimes import plot_regimes
from .smoothing import plot_smoothing
from .step_lengths import plot_step_lengths
from .trace import plot_trace
from .weights import plot_weights

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
