r"""Descent with noisy gradients, many paths at once.

The gradient that a minibatch gives is the true one plus an error. Here the error is Gaussian, with
standard deviation :math:`\sigma`, drawn anew for each step, path and coordinate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .checks import Array, as_array, as_count, as_generator, as_number, real_array, shown
from .iterate import Gradient, start
from .messages import Phrase, tell

__all__ = ["NoisyPaths", "noisy_descent"]

# The most numbers that the paths of one call may take: 2 GiB.
_LARGEST = 2**28


@dataclass(frozen=True, eq=False)
class NoisyPaths:
    """What many noisy runs passed through.

    Attributes
    ----------
    x : ndarray, shape (steps + 1, paths, d)
        Positions, the start first. All of them are finite.
    eta : ndarray, shape (steps,)
        The learning rate of each step.
    beta : float
        Momentum.
    sigma : ndarray, shape (d,)
        Standard deviation of the noise in the gradient.
    overflowed : bool
        Whether a number too large for float64 (or a NaN) came up in any path. All paths then end
        before that step, so that `steps` may be smaller than asked for.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.ravine()
    >>> d2l.noisy_descent(
    ...     f.grad, [-5, -2], eta=0.1, beta=0.5, sigma=1, steps=20, paths=2000, seed=0
    ... )
    NoisyPaths(paths=2000, steps=20, d=2, beta=0.5)
    """

    x: Array = field(repr=False)  # (steps + 1, paths, d)
    eta: Array = field(repr=False)  # (steps,)
    beta: float
    sigma: Array = field(repr=False)  # (d,)
    overflowed: bool

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.x) - 1

    @property
    def paths(self) -> int:
        """How many runs there are."""
        return self.x.shape[1]

    @property
    def mean(self) -> Array:
        """Mean position over the paths, shape (steps + 1, d)."""
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.x.mean(axis=1))

    @property
    def variance(self) -> Array:
        """Unbiased variance of the position over the paths, (steps + 1, d); 2 paths at least."""
        if self.paths < 2:
            raise ValueError(
                tell("one path has no variance: run noisy_descent with paths=2 or more")
            )
        with np.errstate(over="ignore", invalid="ignore"):
            return np.asarray(self.x.var(axis=1, ddof=1))

    def __repr__(self) -> str:
        end = ", overflowed" if self.overflowed else ""
        return (
            f"NoisyPaths(paths={self.paths}, steps={self.steps}, d={self.x.shape[2]}, "
            f"beta={self.beta:g}{end})"
        )


def noisy_descent(
    grad: Gradient,
    x0: npt.ArrayLike,
    *,
    eta: npt.ArrayLike,
    beta: float,
    sigma: npt.ArrayLike,
    steps: int,
    paths: int,
    seed: int | np.random.Generator,
) -> NoisyPaths:
    r"""Run momentum with noisy gradients, many times over from one start.

    .. math:: v_{t+1} = \beta v_t + \nabla f(x_t) + \sigma \xi_t, \qquad
       x_{t+1} = x_t - \eta_t v_{t+1}

    with :math:`v_0 = 0` and independent standard normal :math:`\xi_t`.

    Parameters
    ----------
    grad : callable
        The gradient for all paths at once: takes an array of shape (paths, d) and returns one, as
        the ``grad`` of a Quadratic and of a Landscape do.
    x0 : float or array_like, shape (d,)
        The start of all paths; a number means d = 1.
    eta : float or array_like, shape (steps,)
        Learning rate, eta >= 0; one number, or a schedule with one for each step.
    beta : float
        Momentum, 0 <= beta < 1; 0 is plain stochastic gradient descent.
    sigma : float or array_like, shape (d,)
        Standard deviation of the noise in each coordinate of the gradient, sigma >= 0.
    steps : int
        How many steps to take.
    paths : int
        How many runs, at least 1.
    seed : int or numpy.random.Generator
        Where the noise comes from; the same seed makes the same paths.

    Returns
    -------
    NoisyPaths
        All positions. Divergence is a result here and neither an error nor a warning.

    Raises
    ------
    ValueError, TypeError
        If a hyperparameter is out of its range, `grad` returns something of another shape, or the
        paths would need more than 2 GiB.

    See Also
    --------
    noise_floor : The variance that the paths settle on.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.Quadratic([1])
    >>> runs = d2l.noisy_descent(
    ...     f.grad, 3, eta=0.1, beta=0.5, sigma=1, steps=100, paths=2000, seed=0
    ... )
    >>> runs.x.shape
    (101, 2000, 1)
    >>> runs.variance[-1].round(2), d2l.noise_floor(1, eta=0.1, beta=0.5, sigma=1).round(2)
    (array([0.1]), np.float64(0.1))
    """
    point = start(grad, x0)
    count = as_count("steps", steps, Phrase("pass for example steps=200"))
    runs = as_count("paths", paths, Phrase("pass for example paths=2000"))
    if runs == 0:
        raise ValueError(tell("paths must be >= 1, got paths=0: pass for example paths=2000"))
    if (count + 1) * runs * point.size > _LARGEST:
        raise ValueError(
            tell(
                "steps and paths are too many, got steps={steps} and paths={paths}: the "
                "positions would not fit in 2 GiB; run fewer at a time",
                steps=shown(count),
                paths=shown(runs),
            )
        )
    rates = _one_for_each("eta", eta, count, Phrase("one number or one for each step"))
    deviation = _one_for_each(
        "sigma", sigma, point.size, Phrase("one number or one for each coordinate")
    )
    need = "0 <= beta < 1"
    memory = as_number("beta", beta, need, Phrase("0.9 is a usual value"))
    if not 0 <= memory < 1:
        raise ValueError(
            tell(
                "beta must be {need}, got beta={beta:g}: 0.9 is a usual value",
                need=need,
                beta=memory,
            )
        )
    random = as_generator("seed", seed)

    x = np.empty((count + 1, runs, point.size))
    x[0] = point
    v = np.zeros(x.shape[1:])
    overflowed = False
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for t, rate in enumerate(rates):
            g = _evaluate(grad, x[t]) + deviation * random.standard_normal(v.shape)
            v = memory * v + g
            x[t + 1] = x[t] - rate * v
            if not (np.isfinite(v).all() and np.isfinite(x[t + 1]).all()):
                x, rates, overflowed = x[: t + 1], rates[:t], True
                break
    for array in (x, rates, deviation):
        array.setflags(write=False)
    return NoisyPaths(x=x, eta=rates, beta=memory, sigma=deviation, overflowed=overflowed)


def _one_for_each(name: str, value: npt.ArrayLike, count: int, what: Phrase) -> Array:
    """Return `count` numbers that are not negative: the ones given, or one number repeated."""
    array = as_array(name, value, Phrase("pass {what}", what=what))
    if array.ndim > 0 and array.shape not in {(1,), (count,)}:
        raise ValueError(
            tell(
                "{name} must be {what}, {count} in all, got shape {shape}: pass a single number",
                name=name,
                what=what,
                count=count,
                shape=array.shape,
            )
        )
    if (array < 0).any():
        raise ValueError(
            tell(
                "{name} must be >= 0, got {least:g}: drop the minus sign",
                name=name,
                least=array.min(),
            )
        )
    return np.array(np.broadcast_to(array, (count,)))


def _evaluate(grad: Gradient, x: Array) -> Array:
    """Return the gradient of all paths as float64; it may be infinite, but not of another shape."""
    returned = grad(x.copy())
    try:
        g = real_array(returned)
    except (TypeError, ValueError):
        raise TypeError(
            tell(
                "grad must return an array of shape {shape}, got {got}: return an array such "
                "as 2 * x",
                shape=x.shape,
                got=shown(returned),
            )
        ) from None
    if g.shape != x.shape:
        raise ValueError(
            tell(
                "grad must return the shape of x, {shape}, got shape {got_shape}: all paths "
                "are passed at once, one per row",
                shape=x.shape,
                got_shape=g.shape,
            )
        )
    return g
