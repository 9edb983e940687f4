r"""Gradient descent, momentum and Nesterov's method, step by step.

The convention is

.. math:: v \leftarrow \beta v + g, \qquad x \leftarrow x - \eta v

with :math:`v_0 = 0`, as in PyTorch's ``SGD`` (dampening 0) and *Dive into Deep Learning*. Two
others are in use. The velocity form :math:`v \leftarrow \beta v - \eta g`,
:math:`x \leftarrow x + v` makes the same path as long as :math:`\eta` is constant. The averaging
form :math:`v \leftarrow \beta v + (1 - \beta) g` makes it with :math:`\eta / (1 - \beta)` for
:math:`\eta`.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .checks import Array, as_number
from .iterate import Gradient, evaluate, iterate
from .messages import Phrase, tell
from .trace import Method, Trace, rises

__all__ = ["Trace", "gradient_descent", "momentum", "nesterov"]


def gradient_descent(
    grad: Gradient, x0: npt.ArrayLike, *, eta: float, steps: int, decay: float = 1.0
) -> Trace:
    r"""Run gradient descent from a starting point.

    .. math:: x_{t+1} = x_t - \eta_t \nabla f(x_t), \qquad \eta_t = \eta\, \delta^t

    Parameters
    ----------
    grad : callable
        The gradient of the objective: takes an array of shape (d,) and returns one.
    x0 : float or array_like, shape (d,)
        The start; a number means d = 1.
    eta : float
        Learning rate, 0 <= eta.
    steps : int
        How many steps to take, at most ten million.
    decay : float
        The factor :math:`\delta` that `eta` is multiplied by after each step, 0 <= decay <= 1.

    Returns
    -------
    Trace
        Positions and velocities, and whether the run diverged. Divergence is a result here and
        neither an error nor a warning.

    Raises
    ------
    ValueError, TypeError
        If a hyperparameter is out of its range or `grad` returns something of another shape.

    See Also
    --------
    momentum : The same with a memory; ``beta=0`` is gradient descent.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.ravine()
    >>> d2l.gradient_descent(f.grad, [-5, -2], eta=0.4, steps=20).final.round(6)
    array([-9.43467e-01, -7.30000e-05])
    """
    return _run(grad, x0, eta=eta, beta=0.0, steps=steps, decay=decay, method="gd")


def momentum(
    grad: Gradient,
    x0: npt.ArrayLike,
    *,
    eta: float,
    beta: float,
    steps: int,
    decay: float = 1.0,
) -> Trace:
    r"""Run gradient descent with momentum (the heavy ball) from a starting point.

    .. math:: v_{t+1} = \beta v_t + \nabla f(x_t), \qquad x_{t+1} = x_t - \eta_t v_{t+1}

    with :math:`v_0 = 0` and :math:`\eta_t = \eta\, \delta^t`.

    Parameters
    ----------
    grad : callable
        The gradient of the objective: takes an array of shape (d,) and returns one.
    x0 : float or array_like, shape (d,)
        The start; a number means d = 1.
    eta : float
        Learning rate, 0 <= eta.
    beta : float
        Momentum, 0 <= beta < 1: how much of the velocity survives a step.
    steps : int
        How many steps to take, at most ten million.
    decay : float
        The factor :math:`\delta` that `eta` is multiplied by after each step, 0 <= decay <= 1.

    Returns
    -------
    Trace
        Positions and velocities, and whether the run diverged. Divergence is a result here and
        neither an error nor a warning.

    Raises
    ------
    ValueError, TypeError
        If a hyperparameter is out of its range or `grad` returns something of another shape.

    References
    ----------
    B. T. Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
    Computational Mathematics and Mathematical Physics 4(5), 1964.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.ravine()
    >>> d2l.momentum(f.grad, [-5, -2], eta=0.6, beta=0.5, steps=20).final.round(6)
    array([0.007188, 0.002553])
    """
    return _run(grad, x0, eta=eta, beta=beta, steps=steps, decay=decay, method="momentum")


def nesterov(
    grad: Gradient,
    x0: npt.ArrayLike,
    *,
    eta: float,
    beta: float,
    steps: int,
    decay: float = 1.0,
) -> Trace:
    r"""Run Nesterov's accelerated gradient from a starting point.

    .. math:: v_{t+1} = \beta v_t + \nabla f(x_t), \qquad
       x_{t+1} = x_t - \eta_t \left( \nabla f(x_t) + \beta v_{t+1} \right)

    with :math:`v_0 = 0` and :math:`\eta_t = \eta\, \delta^t`. This is the form of PyTorch's ``SGD``
    with ``nesterov=True``.

    Parameters
    ----------
    grad : callable
        The gradient of the objective: takes an array of shape (d,) and returns one.
    x0 : float or array_like, shape (d,)
        The start; a number means d = 1.
    eta : float
        Learning rate, 0 <= eta.
    beta : float
        Momentum, 0 <= beta < 1: how much of the velocity survives a step.
    steps : int
        How many steps to take, at most ten million.
    decay : float
        The factor :math:`\delta` that `eta` is multiplied by after each step, 0 <= decay <= 1.

    Returns
    -------
    Trace
        Positions and velocities, and whether the run diverged. Divergence is a result here and
        neither an error nor a warning.

    Raises
    ------
    ValueError, TypeError
        If a hyperparameter is out of its range or `grad` returns something of another shape.

    Notes
    -----
    Nesterov's own form takes the gradient not where it is but where the velocity is about to carry
    it: :math:`v \leftarrow \beta v + \nabla f(y - \eta\beta v)`,
    :math:`y \leftarrow y - \eta v`. Both are one method as long as :math:`\eta` is constant. The
    :math:`x_t` of the trace are the points that it looks ahead to,
    :math:`x_t = y_t - \eta\beta v_t`, so every gradient is one at a point of the trace.

    References
    ----------
    Y. Nesterov, "A method of solving a convex programming problem with convergence rate
    O(1/k²)", Soviet Mathematics Doklady 27(2), 1983.

    I. Sutskever, J. Martens, G. Dahl and G. Hinton, "On the importance of initialization and
    momentum in deep learning", ICML 2013.

    See Also
    --------
    momentum : The heavy ball, which takes the gradient where it is.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.ravine()
    >>> d2l.nesterov(f.grad, [-5, -2], eta=0.2, beta=0.65, steps=20).final.round(6)
    array([-0.32307,  0.     ])
    """
    return _run(grad, x0, eta=eta, beta=beta, steps=steps, decay=decay, method="nesterov")


def _run(
    grad: Gradient,
    x0: npt.ArrayLike,
    *,
    eta: float,
    beta: float,
    steps: int,
    decay: float,
    method: Method,
) -> Trace:
    beta = as_number("beta", beta, "0 <= beta < 1", Phrase("0.9 is a usual value"))
    if not 0 <= beta < 1:
        reason = (
            Phrase(
                "with beta < 0 each step takes back part of the last one; beta=0 is gradient "
                "descent"
            )
            if beta < 0
            else Phrase("with beta >= 1 past gradients never fade")
        )
        raise ValueError(
            tell(
                "{method} needs 0 <= beta < 1, got beta={beta:g}: {reason}",
                method=method,
                beta=beta,
                reason=reason,
            )
        )
    eta = as_number("eta", eta, "eta >= 0", Phrase("0.1 is a place to start"))
    if eta < 0:
        raise ValueError(tell("eta must be >= 0, got eta={eta:g}: a negative step climbs", eta=eta))
    decay = as_number("decay", decay, "0 <= decay <= 1", Phrase("decay=1 keeps eta as it is"))
    if not 0 <= decay <= 1:
        raise ValueError(
            tell(
                "decay must be between 0 and 1, got decay={decay:g}: eta is multiplied by it "
                "after each step, and decay=1 keeps eta as it is",
                decay=decay,
            )
        )
    rate = eta

    def step(x: Array, v: Array, g: Array, t: int) -> tuple[Array, Array]:
        nonlocal rate
        if t:
            rate *= decay
        v = beta * v + g
        x = x - rate * (g + beta * v if method == "nesterov" else v)
        return x, v

    x, v, g, overflowed = iterate(step, grad, x0, steps=steps)
    diverged = overflowed
    if len(x) > 1 or overflowed:
        # The gradient at the last point serves no step, only the question of where the run ended.
        with np.errstate(all="ignore"):
            g.append(evaluate(grad, x[-1]))
            overflowed = overflowed or not np.isfinite(g[-1]).all()
            diverged = overflowed or rises(x, np.array(g))
    return Trace(
        x=x,
        v=v,
        diverged=diverged,
        overflowed=overflowed,
        eta=eta,
        beta=beta,
        decay=decay,
        method=method,
    )
