"""The exercises of the course: what is right, and which mistakes have a hint of their own.

Each entry pairs a name with a judge. Beside ``hint``, the text for an answer that is wrong in no
known way, a key names the mistake that its text is about; the texts are ``check.<name>.<key>`` in
the catalogues.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..averages import effective_samples, ema, leaky_average, mean_age, variance_effective_samples
from ..checks import Array
from ..descent import gradient_descent, momentum
from ..dialects import D2L, EMA, convert
from ..noise import noise_floor
from ..optima import optimal_eta, optimal_eta_beta
from ..problems import Quadratic, ravine
from ..spectrum import convergence_rate
from .judges import Function, Judge, Numbers, Trial
from .trials import try_on_ravine, try_to_cycle

__all__ = ["EXERCISES"]

_FLAT, _STEEP = (float(lam) for lam in ravine().eigenvalues)
_SEQUENCE = np.array([1.0, 2.0, -1.0, 0.5])
_SEQUENCES = [
    (np.array([1.0]), 0.5),
    (_SEQUENCE, 0.9),
    (_SEQUENCE, 0.0),
    (np.random.default_rng(0).normal(size=12), 0.6),
]
_STEPS = [
    (np.array([1.0]), np.array([0.0]), np.array([2.0]), 0.1, 0.5),
    (np.array([1.0, -2.0]), np.array([0.5, 3.0]), np.array([2.0, -1.0]), 0.1, 0.9),
    (np.array([0.3]), np.array([-4.0]), np.array([1.0]), 0.2, 0.0),
]
_RATES = [
    (1.0, 0.5, 0.0),  # gradient descent
    (1.0, 0.04, 0.25),  # real roots
    (1.0, 0.25, 0.25),  # the double root
    (1.0, 1.0, 0.81),  # complex roots
    (4.0, 0.7, 0.25),  # negative roots
    (4.0, 0.9, 0.5),  # diverges
]
_QUADRATICS = [
    (np.array([[2.0]]), np.array([-6.0]), 1.0),
    (np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, -4.0]), 0.5),
    (
        np.array([[4.0, 1.0, 0.0], [1.0, 3.0, -1.0], [0.0, -1.0, 2.0]]),
        np.array([1.0, 2.0, 3.0]),
        0.0,
    ),
]
_NOISES = [(1.0, 0.1, 0.0, 1.0), (1.0, 0.1, 0.9, 2.0), (4.0, 0.3, 0.5, 0.7), (0.2, 1.5, 0.8, 1.0)]


def _step(x: Array, v: Array, g: Array, eta: float, beta: float) -> tuple[Array, Array]:
    v = beta * v + g
    return x - eta * v, v


def _velocity_step(x: Array, v: Array, g: Array, eta: float, beta: float) -> tuple[Array, Array]:
    v = beta * v - eta * g
    return x + v, v


def _averaging_step(x: Array, v: Array, g: Array, eta: float, beta: float) -> tuple[Array, Array]:
    v = beta * v + (1 - beta) * g
    return x - eta * v, v


def _largest_root(lam: float, eta: float, beta: float) -> float:
    """The root with the plus sign, as if it were always the larger one in absolute value."""
    trace = 1 + beta - eta * lam
    return float(abs(trace + np.emath.sqrt(trace**2 - 4 * beta)) / 2)


def _complex_as_beta(lam: float, eta: float, beta: float) -> float:
    """The determinant, in place of its root, where the roots are complex."""
    if (1 + beta - eta * lam) ** 2 < 4 * beta:
        return beta
    return float(convergence_rate(lam, eta=eta, beta=beta))


def _steps_to(rate: float, share: float = 0.01) -> float:
    return math.log(share) / math.log(rate)


def _modes() -> tuple[Quadratic, float, float, float]:
    f = Quadratic(2.0 ** -np.arange(1, 6))
    low, high = float(f.eigenvalues[0]), float(f.eigenvalues[-1])
    return f, optimal_eta(low, high), *optimal_eta_beta(low, high)


def _modes_steps() -> list[int]:
    """Steps until no coordinate is further off than 0.01 any more, for both methods."""
    f, eta, eta_momentum, beta = _modes()
    runs = (
        gradient_descent(f.grad, np.ones(5), eta=eta, steps=200),
        momentum(f.grad, np.ones(5), eta=eta_momentum, beta=beta, steps=200),
    )
    return [int(np.flatnonzero((np.abs(run.x) > 0.01).any(axis=1))[-1]) + 1 for run in runs]


def _modes_by_rate() -> list[int]:
    """What the rates alone would say."""
    f, eta, eta_momentum, beta = _modes()
    low = f.eigenvalues[0]
    rates = convergence_rate(low, eta=[eta, eta_momentum], beta=[0.0, beta])
    return [math.ceil(_steps_to(float(rate))) for rate in rates]


def _eta_for_twice_the_noise() -> float:
    """The formula of the floor, solved for eta, with lam = 1, beta = 0.9 and sigma squared = 2."""
    beta, variance = 0.9, 2.0
    floor = float(noise_floor(1.0, eta=0.1, beta=beta, sigma=1.0))
    return floor * (1 - beta) * 2 * (1 + beta) / (variance * (1 + beta) + floor * (1 - beta))


def _small_step_floor(lam: float, eta: float, beta: float, sigma: float) -> float:
    return sigma**2 * eta / (2 * lam * (1 - beta))


def _effective_step_floor(lam: float, eta: float, beta: float, sigma: float) -> float:
    step = eta / (1 - beta)
    return sigma**2 * step / (lam * (2 - step * lam))


def _floor(lam: float, eta: float, beta: float, sigma: float) -> Any:
    return noise_floor(lam, eta=eta, beta=beta, sigma=sigma)


EXERCISES: dict[str, Judge] = {
    "gd-limit": Numbers(
        lambda: 2 / _STEEP,
        {
            "flat": lambda: 2 / _FLAT,
            "one_step": lambda: 1 / _STEEP,
            "best": lambda: optimal_eta(_FLAT, _STEEP),
            "coefficients": lambda: 2 / (_STEEP / 2),
        },
    ),
    "momentum-limit": Numbers(
        lambda: 2 * (1 + 0.9) / _STEEP,
        {
            "plain": lambda: 2 / _STEEP,
            "flat": lambda: 2 * (1 + 0.9) / _FLAT,
            "coefficients": lambda: 2 * (1 + 0.9) / (_STEEP / 2),
        },
    ),
    "effective-step": Numbers(
        lambda: 0.02 * effective_samples(0.9) / effective_samples(0.99),
        {
            "inverse": lambda: 0.02 * effective_samples(0.99) / effective_samples(0.9),
            "unchanged": lambda: 0.02,
        },
    ),
    "ema-eta": Numbers(
        lambda: convert(D2L(eta=0.1, beta=0.9), to=EMA).eta,
        {"inverse": lambda: 0.1 * (1 - 0.9), "same": lambda: 0.1},
    ),
    "alternating": Numbers(
        lambda: abs(leaky_average((-1.0) ** np.arange(2000), 0.9)[-1]),
        {"steady": lambda: effective_samples(0.9)},
    ),
    "half-life": Numbers(
        lambda: math.log(0.5) / math.log(0.9),
        {"sum": lambda: effective_samples(0.9), "whole": lambda: 7},
    ),
    "averaged-samples": Numbers(
        lambda: variance_effective_samples(0.9),
        {"sum": lambda: effective_samples(0.9), "age": lambda: mean_age(0.9)},
    ),
    "port-buffer": Numbers(
        lambda: 0.1 / 0.01, {"inverse": lambda: 0.01 / 0.1, "same": lambda: 1.0}
    ),
    "minimizer": Function(
        lambda Q, c: Quadratic(Q, c).minimizer,
        [(Q, c) for Q, c, _ in _QUADRATICS],
        ("Q", "c"),
        {
            "sign": lambda Q, c: -Quadratic(Q, c).minimizer,
            "half": lambda Q, c: Quadratic(Q, c).minimizer / 2,
        },
    ),
    "minimum": Function(
        lambda Q, c, b: Quadratic(Q, c, b).minimum,
        _QUADRATICS,
        ("Q", "c", "b"),
        {
            "sign": lambda Q, c, b: 2 * b - Quadratic(Q, c, b).minimum,
            "half": lambda Q, c, b: 2 * Quadratic(Q, c, b).minimum - b,
            "constant": lambda Q, c, b: Quadratic(Q, c).minimum,
        },
    ),
    "critical-beta": Numbers(
        lambda: (1 - math.sqrt(0.16)) ** 2,
        {
            "root": lambda: 1 - math.sqrt(0.16),
            "square": lambda: (1 - 0.16) ** 2,
            "other": lambda: (1 + math.sqrt(0.16)) ** 2,
        },
    ),
    "best-pair": Numbers(
        lambda: optimal_eta_beta(1, 100),
        {
            "swapped": lambda: optimal_eta_beta(1, 100)[::-1],
            "gd": lambda: (optimal_eta(1, 100), 0),
            "unsquared": lambda: np.sqrt(optimal_eta_beta(1, 100)),
        },
    ),
    "steps-to-percent": Numbers(
        lambda: [_steps_to(9_999 / 10_001), _steps_to(99 / 101)],
        {
            "swapped": lambda: [_steps_to(99 / 101), _steps_to(9_999 / 10_001)],
            "same": lambda: [_steps_to(9_999 / 10_001)] * 2,
        },
        tolerance=0.01,
    ),
    "ridge": Numbers(lambda: 1 / (0.1 * 100), {"inverse": lambda: 0.1 * 100}),
    "noise-eta": Numbers(
        _eta_for_twice_the_noise,
        {
            "linear": lambda: 0.1 / 2,
            "root": lambda: 0.1 / math.sqrt(2),
            "more": lambda: 0.1 * 2,
        },
    ),
    "nesterov-limit": Numbers(
        lambda: 2 * (1 + 0.9) / (1 + 2 * 0.9),
        {"heavy": lambda: 2 * (1 + 0.9), "plain": lambda: 2.0},
    ),
    "momentum-step": Function(
        _step,
        _STEPS,
        ("x", "v", "g", "eta", "beta"),
        {
            "gradient": lambda x, v, g, eta, beta: (x - eta * g, beta * v + g),
            "old": lambda x, v, g, eta, beta: (x - eta * v, beta * v + g),
            "velocity": _velocity_step,
            "average": _averaging_step,
            "order": lambda x, v, g, eta, beta: _step(x, v, g, eta, beta)[::-1],
        },
    ),
    "leaky-average": Function(
        lambda g, beta: leaky_average(g, beta),
        _SEQUENCES,
        ("g", "beta"),
        {
            "normalised": lambda g, beta: ema(g, beta),
            "late": lambda g, beta: np.append(0.0, leaky_average(g, beta)[:-1]),
        },
    ),
    "bias-correction": Function(
        lambda g, beta: ema(g, beta, debias=True),
        _SEQUENCES,
        ("g", "beta"),
        {
            "uncorrected": lambda g, beta: ema(g, beta),
            "sum": lambda g, beta: leaky_average(g, beta),
            "power": lambda g, beta: ema(g, beta) / (1 - beta ** (2.0 + np.arange(len(g)))),
        },
    ),
    "rate-function": Function(
        lambda lam, eta, beta: convergence_rate(lam, eta=eta, beta=beta),
        _RATES,
        ("lam", "eta", "beta"),
        {
            "plain": lambda lam, eta, beta: abs(1 - eta * lam),
            "determinant": _complex_as_beta,
            "one_root": _largest_root,
        },
        tolerance=1e-5,  # a general solver loses half of its digits at a double root
    ),
    "ravine-in-20": Trial(try_on_ravine, ("eta", "beta")),
    "cycle-start": Trial(try_to_cycle, ("x0",)),
    "modes": Numbers(
        _modes_steps,
        {
            "swapped": lambda: _modes_steps()[::-1],
            "rate": _modes_by_rate,
            "last": lambda: [steps - 1 for steps in _modes_steps()],
        },
    ),
    "noise-floor": Function(
        _floor,
        _NOISES,
        ("lam", "eta", "beta", "sigma"),
        {
            "sigma": lambda lam, eta, beta, sigma: _floor(lam, eta, beta, math.sqrt(sigma)),
            "small": _small_step_floor,
            "effective": _effective_step_floor,
            "deviation": lambda lam, eta, beta, sigma: math.sqrt(_floor(lam, eta, beta, sigma)),
        },
    ),
}
