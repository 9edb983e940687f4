"""A ball on a curve with a plateau, a shallow valley and a deep one."""

from __future__ import annotations

from typing import Any, ClassVar

from matplotlib.figure import Figure

from ..checks import Array
from ..descent import Trace, gradient_descent, momentum
from ..landscapes import two_valleys
from ..mechanics import energy
from ..messages import Phrase
from ..plots import plot_energy, subplots
from .base import Explorable, Number, Whole

__all__ = ["Landscape"]


class Landscape(Explorable):
    r"""A ball that rolls over a plateau and two valleys, with its energy.

    .. math::

        v \leftarrow \beta v + f'(x), \quad x \leftarrow x - \eta v, \quad
        \eta \leftarrow \delta \eta, \qquad H_t = f(x_t) + \tfrac12 \eta_t \beta v_t^2

    Gradient descent and momentum start together at rest. The picture shows the curve of
    :func:`d2lmini.two_valleys` and above it the energy of each run, :func:`d2lmini.energy`; below
    it where they are, step by step; and the balls at one step, with what they could still reach.
    As the last expression of a notebook cell it shows itself.

    Parameters
    ----------
    eta : float
        Learning rate, 0 to 1.
    beta : float
        Momentum, 0 to 0.995; without effect on gradient descent.
    decay : float
        The factor δ that η is multiplied by after each step, 0.95 to 1.
    start : float
        Where both start, -4.5 to 5.
    at : int
        The step at which the balls are shown, 0 to 3000; at most `steps`.
    steps : int
        How many steps are taken, 1 to 3000.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    See Also
    --------
    d2lmini.plot_energy : The same picture of any runs.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> figure = d2l.explore.Landscape(beta=0.95)
    >>> figure
    Landscape(eta=0.01, beta=0.95)
    >>> [round(float(trace.final[0]), 2) for trace in figure.traces()]
    [-2.95, 0.03]
    >>> figure.beta = 0.975                # over the rim, into the deep valley
    >>> [round(float(trace.final[0]), 2) for trace in figure.traces()]
    [-2.95, 2.6]

    References
    ----------
    P. Ochs, Y. Chen, T. Brox and T. Pock, "iPiano: Inertial Proximal Algorithm for Nonconvex
    Optimization", SIAM Journal on Imaging Sciences 7(2), 2014.
    """

    eta = Number(
        0.01, low=0, high=1, hint=Phrase("negative ones climb, larger ones leave the picture")
    )
    beta = Number(
        0.975,
        low=0,
        high=0.995,
        hint=Phrase("0 is gradient descent, with 1 it never comes to rest"),
    )
    decay = Number(
        1, low=0.95, high=1, hint=Phrase("1 keeps eta, and below 0.95 nothing moves any more")
    )
    start = Number(-3, low=-4.5, high=5, hint=Phrase("take a place between the walls"))
    at = Whole(560, low=0, high=3000, hint=Phrase("take one of the steps"))
    steps = Whole(1500, low=1, high=3000, hint=Phrase("a picture shows no more than that"))
    shown: ClassVar[tuple[str, ...]] = ("eta", "beta")

    def controls(self) -> list[Any]:
        """Return the sliders for η, β and the decay δ."""
        return [
            self.slider("eta", step=0.005),
            self.slider("beta", step=0.005),
            self.slider("decay", step=0.001),
        ]

    def traces(self) -> list[Trace]:
        """Return the runs of gradient descent and of momentum in the present state."""
        f = two_valleys()
        common: dict[str, Any] = {"eta": self.eta, "steps": self.steps, "decay": self.decay}
        return [
            gradient_descent(f.grad, self.start, **common),
            momentum(f.grad, self.start, beta=self.beta, **common),
        ]

    def energies(self) -> list[Array]:
        """Return the energy of both runs, step by step."""
        f = two_valleys()
        return [energy(trace, f) for trace in self.traces()]

    def figure(self) -> Figure:
        """Return the curve with the energies of both runs, those that stay in it, as a figure."""
        fig, ax = subplots(height=3.4)
        f = two_valleys()
        plot_energy(ax, f, *(trace for trace in self.traces() if not trace.diverged))
        return fig
