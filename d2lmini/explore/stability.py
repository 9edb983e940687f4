"""The map of the convergence rate over learning rate and momentum."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure

from ..descent import Trace, momentum
from ..messages import Phrase
from ..optima import optimal_eta_beta
from ..palette import LIGHT
from ..plots import plot_rate_map, subplots
from ..problems import Quadratic
from ..spectrum import convergence_rate
from .base import Explorable, Number

__all__ = ["Stability"]

_STEEPEST = 4.0  # as in stability.js
_WIDEST = 1.1  # beyond η = 4 / _STEEPEST everything diverges


class Stability(Explorable):
    r"""How fast momentum converges, for every learning rate and momentum, and a point to drag.

    .. math::

        \rho(\eta, \beta) = \max_i \rho_i, \qquad
        r^2 - (1 + \beta - \eta\lambda_i)\, r + \beta = 0, \qquad
        \rho_i = \max(|r_1|, |r_2|)

    The map of :math:`\rho` for the eigenvalues :math:`\lambda_1 = 4/\kappa` to
    :math:`\lambda_n = 4`, the curves :math:`\beta = (1 - \sqrt{\eta\lambda})^2` on which the
    flattest and the steepest direction are critically damped, and the best pair, where these two
    meet. Beside it, for the point chosen, what both directions do from 1 and from rest, and their
    roots in the complex plane. A bowl with another :math:`\lambda_n` has the same map with another
    scale of :math:`\eta`, since only :math:`\eta\lambda` matters.

    Parameters
    ----------
    eta : float
        Learning rate, 0 to 1.1.
    beta : float
        Momentum, 0 to 0.99; 0 is gradient descent, the lower edge of the map.
    kappa : float
        The condition number κ = λₙ / λ₁, 1 to 1000.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> figure = d2l.explore.Stability(eta=0.6, beta=0.25)
    >>> figure
    Stability(eta=0.6, beta=0.25)
    >>> round(figure.rate(), 3)
    0.859
    >>> figure.eta, figure.beta = figure.best()
    >>> round(figure.eta, 4), round(figure.beta, 4), round(figure.rate(), 4)
    (0.6679, 0.4026, 0.6345)

    References
    ----------
    .. [1] Polyak, B. T. (1964). Some methods of speeding up the convergence of iteration methods.
       USSR Computational Mathematics and Mathematical Physics 4(5).
    .. [2] Goh, G. (2017). Why momentum really works. Distill.
    """

    eta = Number(
        0.5,
        low=0,
        high=_WIDEST,
        hint=Phrase("negative ones climb, and from 1 on everything diverges"),
    )
    beta = Number(
        0.3,
        low=0,
        high=0.99,
        hint=Phrase("0 is gradient descent, with 1 past gradients never fade"),
    )
    kappa = Number(20, low=1, high=1000, hint=Phrase("the larger eigenvalue over the smaller one"))
    shown: ClassVar[tuple[str, ...]] = ("eta", "beta")

    @property
    def lams(self) -> tuple[float, float]:
        """The smallest and the largest eigenvalue, λ₁ and λₙ."""
        return _STEEPEST / self.kappa, _STEEPEST

    def controls(self) -> list[Any]:
        """Return the sliders for η, for β and for κ."""
        return [
            self.slider("eta", step=0.01),
            self.slider("beta", step=0.01),
            self.slider("kappa", step=0.05, log=True),
        ]

    def rate(self) -> float:
        """Return the rate at the present point, that of the slower direction."""
        return float(convergence_rate(self.lams, eta=self.eta, beta=self.beta).max())

    def best(self) -> tuple[float, float]:
        """Return the best pair, η* and β*, for the present κ."""
        return optimal_eta_beta(*self.lams)

    def trace(self, steps: int = 30) -> Trace:
        """Return what both directions do at the present point, from 1 and from rest."""
        f = Quadratic(self.lams)
        return momentum(f.grad, (1.0, 1.0), eta=self.eta, beta=self.beta, steps=steps)

    def figure(self) -> Figure:
        """Return the map with the present point as a static figure."""
        f = Quadratic(self.lams)
        etas, betas = np.linspace(0, _WIDEST, 221), np.linspace(0, 1, 201)
        rates = convergence_rate(f.eigenvalues, eta=etas[:, None], beta=betas[:, None, None])
        fig, ax = subplots(width=6.4, height=5)
        plot_rate_map(ax, etas, betas, rates.max(axis=-1), f)
        ax.plot(
            self.eta,
            self.beta,
            "o",
            markersize=9,
            markerfacecolor=LIGHT["paper"],
            markeredgecolor=LIGHT["ink"],
            markeredgewidth=2,
            zorder=6,
            clip_on=False,
        )
        return fig
