"""What a run passed through, and how far each eigenmode still had to go."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from .checks import Array, shown
from .iterate import Path
from .messages import tell
from .problems import Quadratic

__all__ = ["Trace", "eigenmode_errors"]

Method = Literal["gd", "momentum", "nesterov"]

# Rounding alone can lift the objective by this much of all its ups and downs along the path.
_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Trace(Path):
    """What a run of gradient descent, momentum or Nesterov's method passed through.

    Attributes
    ----------
    x : ndarray, shape (steps + 1, d)
        Positions, the start first. All of them are finite.
    v : ndarray, shape (steps + 1, d)
        Velocities; ``v[0]`` is zero, and ``v[t]`` is the one that led to ``x[t]``.
    diverged : bool
        Whether the run made things worse: it overflowed, or the objective is higher at the last
        point than at the first. The difference is added up from the gradients along the path
        (trapezoidal rule), which is exact for quadratics and an estimate otherwise. A run that is
        stopped early, in the middle of an overshoot, counts as diverged though a longer one might
        have come back.
    overflowed : bool
        Whether a number too large for float64 (or a NaN) came up. The trace then ends at the last
        finite point, so that `steps` may be smaller than asked for.
    eta, beta, decay : float
        The hyperparameters of the run; `beta` is 0 for gradient descent.
    method : {"gd", "momentum", "nesterov"}
        Which function made the trace.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> d2l.gradient_descent(d2l.ravine().grad, [-5, -2], eta=0.6, steps=20)
    Trace(gd, eta=0.6, steps=20, final=[-0.387814, -1673.37], diverged)
    """

    diverged: bool
    eta: float
    beta: float
    decay: float
    method: Method

    def __repr__(self) -> str:
        beta = f", beta={self.beta:g}" if self.method != "gd" else ""
        decay = f", decay={self.decay:g}" if self.decay != 1 else ""
        end = ", diverged" if self.diverged else ""
        return f"Trace({self.method}, eta={self.eta:g}{beta}{decay}, {self._end()}{end})"


def eigenmode_errors(trace: Trace, f: Quadratic) -> Array:
    r"""Return how far a run was from the minimum along each eigenvector, step by step.

    .. math:: e_{t,i} = \left| q_i^\top (x_t - x^*) \right|

    where :math:`q_i` is the i-th eigenvector of the quadratic: the coordinates of
    :meth:`Quadratic.to_eigenbasis`, without their signs. Along each of them the run goes its
    own way, as if the others did not exist.

    Parameters
    ----------
    trace : Trace
        A run of any method.
    f : Quadratic
        The function that was minimised, with as many variables as the trace. It may be a saddle,
        and the errors are then distances from the saddle point.

    Returns
    -------
    ndarray, shape (steps + 1, d)
        One column per eigenvalue, in their order (ascending, as ``f.eigenvalues``).

    Raises
    ------
    ValueError
        If `f` has another number of variables, or an eigenvalue 0 and hence no single minimum.
    TypeError
        If `trace` is not a Trace or `f` not a Quadratic.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.ravine()
    >>> trace = d2l.gradient_descent(f.grad, [-5, -2], eta=0.4, steps=2)
    >>> d2l.eigenmode_errors(trace, f)
    array([[5.   , 2.   ],
           [4.6  , 1.2  ],
           [4.232, 0.72 ]])
    """
    if not isinstance(trace, Trace):
        raise TypeError(
            tell("trace must be a Trace, got {got}: pass what momentum returned", got=shown(trace))
        )
    if not isinstance(f, Quadratic):
        raise TypeError(
            tell(
                "f must be a Quadratic, got {got}: other functions have no eigenmodes", got=shown(f)
            )
        )
    if trace.x.shape[1] != f.dim:
        raise ValueError(
            tell(
                "f must have as many variables as the trace, got {dim} and {trace_dim}: pass "
                "the function that was minimised",
                dim=f.dim,
                trace_dim=trace.x.shape[1],
            )
        )
    return np.abs(f.to_eigenbasis(trace.x))


def rises(x: Array, g: Array) -> bool:
    """Whether the function with gradients `g` at the points `x` is higher at the end of the path.

    The fundamental theorem of calculus, with the trapezoidal rule on each step: exact where the
    gradient is linear. Both factors are scaled first, since only the sign of the sum is wanted and
    a path that is about to overflow must not overflow here.
    """
    step, size = np.diff(x, axis=0), np.abs(g).max()
    reach = np.abs(step).max()
    if not (reach and size):
        return False
    step, g = step / reach, g / size
    change = step * (g[:-1] + g[1:])
    # A step across a valley goes down and up again, though the two add up to nothing.
    ups_and_downs = np.abs(step) * (np.abs(g[:-1]) + np.abs(g[1:]))
    return bool(change.sum() > _ROUNDING * ups_and_downs.sum())
