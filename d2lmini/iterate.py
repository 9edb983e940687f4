"""The loop that every method shares: take a gradient, take a step, stop where floats end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .checks import Array, as_array, as_count, real_array, shown
from .messages import Phrase, tell

__all__ = ["Gradient", "Path", "Step", "count_steps", "evaluate", "iterate", "start"]

Gradient = Callable[[Array], Any]
# (x, v, g, t) -> (x, v): one step, the first with t = 0, where g is the gradient at x.
Step = Callable[[Array, Array, Array, int], tuple[Array, Array]]

# A path keeps every point, and ten million steps are a minute of Python at the least.
_MOST_STEPS = 10_000_000


@dataclass(frozen=True, eq=False)
class Path:
    """Positions and velocities of a run, whatever the method.

    Attributes
    ----------
    x : ndarray, shape (steps + 1, d)
        Positions, the start first. All of them are finite.
    v : ndarray, shape (steps + 1, d)
        Velocities; ``v[0]`` is zero, and ``v[t]`` is the one that led to ``x[t]``.
    overflowed : bool
        Whether a number too large for float64 (or a NaN) came up. The path then ends at the last
        finite point, so that `steps` may be smaller than asked for.
    """

    x: Array = field(repr=False)  # (steps + 1, d)
    v: Array = field(repr=False)  # (steps + 1, d)
    overflowed: bool

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.x) - 1

    @property
    def final(self) -> Array:
        """The last point, shape (d,)."""
        return self.x[-1]

    def _end(self) -> str:
        """Say in a few words how far the run went, for the repr of a subclass."""
        final = ", ".join(f"{number:g}" for number in self.final[:3])
        more = ", ..." if self.final.size > 3 else ""
        return f"steps={self.steps}, final=[{final}{more}]"


def iterate(
    step: Step, grad: Gradient, x0: npt.ArrayLike, *, steps: int
) -> tuple[Array, Array, list[Array], bool]:
    """Repeat a step from a starting point, for as long as all numbers are finite.

    Parameters
    ----------
    step : callable
        ``step(x, v, g, t)`` returns the next position and velocity.
    grad : callable
        The gradient of the objective: takes an array of shape (d,) and returns one.
    x0 : float or array_like, shape (d,)
        The start; a number means d = 1.
    steps : int
        How many steps to take, at most ten million.

    Returns
    -------
    x, v : ndarray, shape (taken + 1, d)
        Positions and velocities, read-only; the first velocity is zero.
    g : list of ndarray, each of shape (d,)
        The gradients that the steps were taken with.
    overflowed : bool
        Whether a step was not taken because its result was not finite.

    Raises
    ------
    ValueError, TypeError
        If an argument is not of the kind described, or `grad` returns another shape.
    """
    x = start(grad, x0)
    v = np.zeros_like(x)
    xs, vs, gs = [x], [v], []
    overflowed = False
    with np.errstate(all="ignore"):
        for t in range(count_steps(steps)):
            g = evaluate(grad, x)
            x, v = step(x, v, g, t)
            if not (np.isfinite(v).all() and np.isfinite(x).all()):
                overflowed = True
                break
            xs.append(x)
            vs.append(v)
            gs.append(g)
    path, velocities = np.array(xs), np.array(vs)
    path.setflags(write=False)
    velocities.setflags(write=False)
    return path, velocities, gs, overflowed


def start(grad: Gradient, x0: npt.ArrayLike) -> Array:
    """Return the starting point, shape (d,); a number is one with d = 1."""
    if not callable(grad):
        raise TypeError(
            tell(
                "grad must be a function of x, got {got}: pass f.grad, without ()", got=shown(grad)
            )
        )
    x = np.atleast_1d(as_array("x0", x0, Phrase("pass a starting point such as [-5, -2]")))
    if x.ndim != 1 or x.size == 0:
        raise ValueError(
            tell(
                "x0 must be one point of shape (d,), got shape {shape}: pass for example [-5, -2]",
                shape=x.shape,
            )
        )
    return x


def count_steps(steps: int) -> int:
    """Return a number of steps, checked."""
    remedy = Phrase("pass for example steps=20")
    steps = as_count("steps", steps, remedy)
    if steps > _MOST_STEPS:
        # Python writes no endless numbers.
        got = f"{steps:,}" if steps < 10**18 else Phrase("far more")
        raise ValueError(
            tell(
                "steps must be at most {most:,}, since every point is kept, got {got}: {remedy}",
                most=_MOST_STEPS,
                got=got,
                remedy=remedy,
            )
        )
    return steps


def evaluate(grad: Gradient, x: Array) -> Array:
    """Return grad(x) as float64; it may be infinite, but not of another shape."""
    returned = grad(x.copy())  # a copy: a grad that works in place must not alter the path
    try:
        g = real_array(returned)
    except (TypeError, ValueError):
        raise TypeError(
            tell(
                "grad must return {size} real numbers for an x of shape {shape}, got {got}: "
                "return an array such as 2 * x",
                size=x.size,
                shape=x.shape,
                got=shown(returned),
            )
        ) from None
    if g.shape != x.shape and not (x.size == 1 and g.size == 1):
        raise ValueError(
            tell(
                "grad must return the shape of x, {shape}, got shape {got_shape}: a gradient "
                "has one entry per coordinate (was f passed in place of its gradient?)",
                shape=x.shape,
                got_shape=g.shape,
            )
        )
    return g.reshape(x.shape)
