"""Momentum in optimisation: the small library behind the course.

>>> import d2lmini as d2l
>>> f = d2l.ravine()
>>> trace = d2l.momentum(f.grad, [-5, -2], eta=0.6, beta=0.5, steps=20)
>>> trace.final.round(6)
array([0.007188, 0.002553])

Importing the package imports nothing else: each public name brings in its module when it is first
used, so that a page about a formula does not wait for PyTorch, Matplotlib or the widgets.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # for type checkers and editors, which do not run __getattr__
    from . import dialects as dialects
    from . import explore as explore
    from .averages import effective_samples as effective_samples
    from .averages import ema as ema
    from .averages import leaky_average as leaky_average
    from .averages import mean_age as mean_age
    from .averages import variance_effective_samples as variance_effective_samples
    from .averages import weights as weights
    from .data import Dataset as Dataset
    from .data import load_airfoil as load_airfoil
    from .data import load_mnist as load_mnist
    from .descent import gradient_descent as gradient_descent
    from .descent import momentum as momentum
    from .descent import nesterov as nesterov
    from .ensemble import NoisyPaths as NoisyPaths
    from .ensemble import noisy_descent as noisy_descent
    from .exercises import Verdict as Verdict
    from .exercises import check as check
    from .exercises import exercise_names as exercise_names
    from .figure import subplots as subplots
    from .history import History as History
    from .labels import available_languages as available_languages
    from .labels import label as label
    from .labels import language as language
    from .labels import use_language as use_language
    from .landscapes import Landscape as Landscape
    from .landscapes import lessard_recht_packard as lessard_recht_packard
    from .landscapes import two_valleys as two_valleys
    from .mechanics import energy as energy
    from .noise import noise_floor as noise_floor
    from .noise import random_walk as random_walk
    from .optima import optimal_eta as optimal_eta
    from .optima import optimal_eta_beta as optimal_eta_beta
    from .plots import plot_best_rates as plot_best_rates
    from .plots import plot_cloud as plot_cloud
    from .plots import plot_decay as plot_decay
    from .plots import plot_distances as plot_distances
    from .plots import plot_eigenmodes as plot_eigenmodes
    from .plots import plot_energy as plot_energy
    from .plots import plot_filters as plot_filters
    from .plots import plot_iterates as plot_iterates
    from .plots import plot_loss_map as plot_loss_map
    from .plots import plot_losses as plot_losses
    from .plots import plot_mean_square as plot_mean_square
    from .plots import plot_phase as plot_phase
    from .plots import plot_rate_map as plot_rate_map
    from .plots import plot_rate_windows as plot_rate_windows
    from .plots import plot_rates as plot_rates
    from .plots import plot_regimes as plot_regimes
    from .plots import plot_smoothing as plot_smoothing
    from .plots import plot_step_lengths as plot_step_lengths
    from .plots import plot_trace as plot_trace
    from .plots import plot_weights as plot_weights
    from .problems import Quadratic as Quadratic
    from .problems import ravine as ravine
    from .spectrum import convergence_rate as convergence_rate
    from .spectrum import damping as damping
    from .spectrum import is_stable as is_stable
    from .spectrum import iteration_matrix as iteration_matrix
    from .sweeps import Sweep as Sweep
    from .sweeps import sweep as sweep
    from .trace import Trace as Trace
    from .trace import eigenmode_errors as eigenmode_errors
    from .training import evaluate_loss as evaluate_loss
    from .training import mlp as mlp
    from .training import sgd_momentum as sgd_momentum
    from .training import train as train

__version__ = "0.1.0"

_MODULE_OF = {
    "Dataset": "data",
    "History": "history",
    "Landscape": "landscapes",
    "NoisyPaths": "ensemble",
    "Quadratic": "problems",
    "Sweep": "sweeps",
    "Trace": "trace",
    "Verdict": "exercises",
    "available_languages": "labels",
    "check": "exercises",
    "convergence_rate": "spectrum",
    "damping": "spectrum",
    "effective_samples": "averages",
    "eigenmode_errors": "trace",
    "ema": "averages",
    "energy": "mechanics",
    "evaluate_loss": "training",
    "exercise_names": "exercises",
    "gradient_descent": "descent",
    "is_stable": "spectrum",
    "iteration_matrix": "spectrum",
    "label": "labels",
    "language": "labels",
    "leaky_average": "averages",
    "lessard_recht_packard": "landscapes",
    "load_airfoil": "data",
    "load_mnist": "data",
    "mean_age": "averages",
    "mlp": "training",
    "momentum": "descent",
    "nesterov": "descent",
    "noise_floor": "noise",
    "noisy_descent": "ensemble",
    "optimal_eta": "optima",
    "optimal_eta_beta": "optima",
    "plot_best_rates": "plots",
    "plot_cloud": "plots",
    "plot_decay": "plots",
    "plot_distances": "plots",
    "plot_eigenmodes": "plots",
    "plot_energy": "plots",
    "plot_filters": "plots",
    "plot_iterates": "plots",
    "plot_loss_map": "plots",
    "plot_losses": "plots",
    "plot_mean_square": "plots",
    "plot_phase": "plots",
    "plot_rate_map": "plots",
    "plot_rate_windows": "plots",
    "plot_rates": "plots",
    "plot_regimes": "plots",
    "plot_smoothing": "plots",
    "plot_step_lengths": "plots",
    "plot_trace": "plots",
    "plot_weights": "plots",
    "random_walk": "noise",
    "ravine": "problems",
    "sgd_momentum": "training",
    "subplots": "figure",
    "sweep": "sweeps",
    "train": "training",
    "two_valleys": "landscapes",
    "use_language": "labels",
    "variance_effective_samples": "averages",
    "weights": "averages",
}
_SUBMODULES = ("dialects", "explore")

# The optional dependencies of a module that a plain `pip install d2lmini` does not bring.
_EXTRA_OF = {"data": "data", "training": "training", "sweeps": "training", "explore": "explore"}

__all__ = sorted([*_MODULE_OF, *_SUBMODULES])


def __getattr__(name: str) -> Any:
    """Import the module that a public name lives in, once (PEP 562)."""
    module_name = name if name in _SUBMODULES else _MODULE_OF.get(name)
    if module_name is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f".{module_name}", __name__)
    except ModuleNotFoundError as error:
        extra = _EXTRA_OF.get(module_name)
        if extra is None or error.name is None or error.name.split(".")[0] == __name__:
            raise
        from .messages import tell

        raise ModuleNotFoundError(
            tell(
                "d2lmini.{name} needs the package {package!r}, which is not installed: "
                'pip install "d2lmini[{extra}]"',
                name=name,
                package=error.name,
                extra=extra,
            ),
            name=error.name,
        ) from error
    value = module if name in _SUBMODULES else getattr(module, name)
    globals()[name] = value  # so that this function runs once per name
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
