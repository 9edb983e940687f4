"""The modes: which directions of a quadratic are learned when, without and with momentum."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure

from ..checks import Array
from ..descent import Trace, gradient_descent, momentum
from ..labels import label
from ..messages import Phrase
from ..palette import LIGHT
from ..plots import subplots
from ..problems import Quadratic
from ..trace import eigenmode_errors
from .base import Explorable, Number, Whole

__all__ = ["Modes"]

_HORIZON = 10_000  # how many steps are taken, as in modes.js
_LITTLE = 0.01
_ZERO = -0.45  # where step 0 stands on the axis of log10(step)


class Modes(Explorable):
    r"""What is left of the error in each eigendirection after each step, with sliders.

    .. math::

        f(x) = \tfrac12 \sum_{i=1}^{n} \lambda_i x_i^2, \quad \lambda_i = 2^{-i}, \quad
        x_i = 1 \text{ at the start}, \qquad
        v \leftarrow \beta v + \nabla f(x), \quad x \leftarrow x - \eta v

    Gradient descent above, momentum below it: the errors of the modes in one pile, the flattest at
    the bottom, over a logarithmic axis of 10000 steps. Under them, on the same axis, the step at
    which each mode is down to 1 % for good, counted, and beside it how many steps the rate
    promises, :math:`\ln(1/100) / \ln \rho`. A step and a mode can be picked, and stand out in all
    three.

    Parameters
    ----------
    eta : float
        Learning rate, 0 to 8; both methods use it.
    beta : float
        Momentum, 0 to 0.99; without effect on gradient descent, which is the case ``beta=0``.
    n : int
        The number of modes, 1 to 12. The condition number is :math:`2^{n-1}`.
    step : int
        The step that is marked, 0 to 10000.
    mode : int
        The mode that is marked, 1 (the steepest) to 12; beyond `n` it is the flattest.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> figure = d2l.explore.Modes(eta=3.5, beta=0.8, n=8)
    >>> figure
    Modes(eta=3.5, beta=0.8, n=8)
    >>> figure.arrivals()["momentum"]
    (43, 40, 41, 40, 40, 35, 37, 42)

    References
    ----------
    .. [1] Goh, G. (2017). Why momentum really works. Distill.
    """

    eta = Number(3.9922, low=0, high=8, hint=Phrase("beyond 4(1 + β) the steepest mode grows"))
    beta = Number(
        0.879,
        low=0,
        high=0.99,
        hint=Phrase("0 is gradient descent, with 1 past gradients never fade"),
    )
    n = Whole(10, low=1, high=12, hint=Phrase("a thirteenth mode would take too many steps"))
    step = Whole(100, low=0, high=_HORIZON, hint=Phrase("no more steps are taken"))
    mode = Whole(10, low=1, high=12, hint=Phrase("there are n of them, 1 is the steepest"))
    shown: ClassVar[tuple[str, ...]] = ("eta", "beta", "n")

    @property
    def lams(self) -> tuple[float, ...]:
        """The eigenvalues λᵢ = 2⁻ⁱ, the steepest first."""
        return tuple(0.5**i for i in range(1, self.n + 1))

    def controls(self) -> list[Any]:
        """Return the sliders for η, β and n."""
        return [
            self.slider("eta", step=0.01),
            self.slider("beta", step=0.001),
            self.slider("n", step=1),
        ]

    def traces(self, steps: int = _HORIZON) -> list[Trace]:
        """Return the runs of gradient descent and of momentum from the present setting."""
        f, ones = Quadratic(self.lams), np.ones(self.n)
        return [
            gradient_descent(f.grad, ones, eta=self.eta, steps=steps),
            momentum(f.grad, ones, eta=self.eta, beta=self.beta, steps=steps),
        ]

    def errors(self, steps: int = _HORIZON) -> dict[str, Array]:
        """Return what is left of each mode after each step.

        Parameters
        ----------
        steps : int
            How many steps to take.

        Returns
        -------
        dict of str to ndarray, shape (steps + 1, n)
            By method; the steepest mode first. Infinite once a run is beyond float64.
        """
        f = Quadratic(self.lams)
        found = {}
        for trace in self.traces(steps):
            error = np.full((steps + 1, self.n), np.inf)
            error[: trace.steps + 1] = eigenmode_errors(trace, f)[:, ::-1]
            found[str(trace.method)] = error
        return found

    def arrivals(self) -> dict[str, tuple[int | None, ...]]:
        """Return the step at which each mode is down to 1 % for good.

        Returns
        -------
        dict of str to tuple of int or None
            By method; the steepest mode first, None for one that needs more than 10000 steps.
        """
        found = {}
        for method, error in self.errors().items():
            ahead = np.maximum.accumulate(error[::-1])[::-1]
            steps = (ahead > _LITTLE).sum(axis=0)
            found[method] = tuple(int(s) if s <= _HORIZON else None for s in steps)
        return found

    def figure(self) -> Figure:
        """Return the two piles as a static figure."""
        t = np.unique(np.append(0, np.geomspace(1, _HORIZON, 121).round().astype(int)))
        place = np.append(_ZERO, np.log10(t[1:]))
        fig, axes = subplots(2, 1, height=4.6, sharex=True, sharey=True)
        for ax, (method, error) in zip(axes, self.errors().items(), strict=True):
            # Between two of these steps the largest error counts, as in modes.js.
            error = np.maximum.reduceat(error, np.append(0, t[:-1] + 1))
            pile = np.cumsum(np.minimum(error, 9)[:, ::-1] / self.n, axis=1)[:, ::-1]
            ground = np.column_stack([pile[:, 1:], np.zeros(len(t))])
            for i in range(self.n):
                tint = 0.2 + 0.75 * (i + 1) / self.n
                ax.fill_between(
                    place, ground[:, i], pile[:, i], color=LIGHT[method], alpha=tint, linewidth=0
                )
                ax.plot(place, pile[:, i], color=LIGHT["paper"], linewidth=0.6)
            ax.set_title(label(f"method.{method}"), fontsize="medium", loc="left")
            ax.set_yticks([1 - (i + 0.5) / self.n for i in range(self.n)])
            ax.set_yticklabels([f"$\\lambda_{{{i}}}$" for i in range(1, self.n + 1)])
            ax.grid(False, axis="y")
            ax.set_ylim(0, 1.25)
        axes[0].set_xlim(_ZERO, 4)
        axes[1].set_xticks([_ZERO, *range(5)], [str(s) for s in (0, *(10**k for k in range(5)))])
        axes[1].set_xlabel(label("axis.step"))
        return fig
