"""The energy of a run with momentum: the height where it is, and the speed that it has."""

from __future__ import annotations

import numpy as np

from .checks import Array, check_kind
from .landscapes import Landscape
from .messages import Phrase, tell
from .problems import Quadratic
from .trace import Trace

__all__ = ["energy"]


def energy(trace: Trace, f: Landscape | Quadratic) -> Array:
    r"""Return potential plus kinetic energy of a run, step by step.

    .. math:: E_t = f(x_t) + \tfrac12 \eta_t \beta \lVert v_t \rVert^2

    For a function whose gradient is Lipschitz with the constant L, this never grows as long as
    :math:`\eta L \le 2 (1 - \beta)`, whether the function is convex or not.

    Parameters
    ----------
    trace : Trace
        A run of gradient descent, whose kinetic energy is 0, or of momentum. Under a decay,
        :math:`\eta_t = \eta\,\delta^t` is the learning rate of the step that starts at
        :math:`x_t`.
    f : Landscape or Quadratic
        The function that was minimised.

    Returns
    -------
    ndarray, shape (steps + 1,)
        The energies; ``inf`` where one is too large for a float.

    Raises
    ------
    ValueError
        If `f` has another number of variables than the trace, or the trace is one of Nesterov's
        method, whose points are not where the moving ball is.
    TypeError
        If `trace` is not a Trace, or `f` neither a Landscape nor a Quadratic.

    Notes
    -----
    Physics would have :math:`\tfrac12 \eta \lVert v_t \rVert^2`, since the ball moves by
    :math:`-\eta v_t` in a time of :math:`\sqrt\eta`. The factor :math:`\beta` is the share of the
    velocity that the next step inherits, and the two agree in the limit of small steps. Of all
    factors, this one lets the proof that the energy does not grow cover the longest steps.

    References
    ----------
    P. Ochs, Y. Chen, T. Brox and T. Pock, "iPiano: Inertial Proximal Algorithm for Nonconvex
    Optimization", SIAM Journal on Imaging Sciences 7(2), 2014.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> f = d2l.Quadratic([1])
    >>> d2l.energy(d2l.momentum(f.grad, 4, eta=0.5, beta=0.5, steps=2), f)
    array([8., 4., 2.])
    """
    check_kind("trace", trace, Trace, Phrase("a Trace"), Phrase("pass what momentum returned"))
    remedy = Phrase("pass the function and not its gradient, such as d2l.two_valleys()")
    check_kind("f", f, (Landscape, Quadratic), Phrase("a Landscape or a Quadratic"), remedy)
    if trace.method == "nesterov":
        raise ValueError(
            tell(
                "energy needs a run of gradient_descent or momentum, got one of nesterov: its "
                "trace holds the points that it looks ahead to, and these do not move with the "
                "velocity v"
            )
        )
    dim = 1 if isinstance(f, Landscape) else f.dim
    if trace.x.shape[1] != dim:
        raise ValueError(
            tell(
                "f must have as many variables as the trace, got {dim} and {trace_dim}: pass "
                "the function that was minimised",
                dim=dim,
                trace_dim=trace.x.shape[1],
            )
        )
    eta = trace.eta * trace.decay ** np.arange(trace.steps + 1)
    share = eta * trace.beta / 2
    with np.errstate(over="ignore", invalid="ignore"):
        potential = f.value(trace.x[:, 0] if isinstance(f, Landscape) else trace.x)
        kinetic = share * (trace.v**2).sum(axis=1)
        # Where a square is too large for a float, its product with a small share need not be.
        far = ~np.isfinite(kinetic)
        kinetic[far] = ((np.sqrt(share)[:, None] * trace.v) ** 2).sum(axis=1)[far]
        return np.asarray(potential + kinetic)
