"""The heavy ball beside Nesterov's method, on a function on which the one need not converge."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from ..checks import Array
from ..descent import Trace, momentum, nesterov
from ..labels import label
from ..landscapes import lessard_recht_packard
from ..messages import Phrase
from ..plots import plot_iterates, subplots
from .base import Choice, Explorable, Number, Whole

__all__ = ["Nesterov"]

_OWN = {"eta": 1 / 25, "beta": 2 / 3}  # Nesterov's usual choice for curvatures between 1 and 25
_LONG = 1200  # steps after which a start is where it ends


class Nesterov(Explorable):
    r"""Heavy ball and Nesterov's method on a convex function, with all starts of the heavy ball.

    .. math::

        f'(x) = \begin{cases} 25 x & x < 1 \\ x + 24 & 1 \le x < 2 \\ 25 x - 24 & x \ge 2
        \end{cases}

    The picture shows the function with the iterates of both methods on it, a strip that says of
    every start whether the heavy ball goes from there to the minimum or into a cycle, and both runs
    step by step. As the last expression of a notebook cell it shows itself.

    Parameters
    ----------
    eta : float
        Learning rate of the heavy ball, 0 to 0.16.
    beta : float
        Momentum of the heavy ball, 0 to 0.95.
    start : float
        Where both start, -5 to 5.
    ahead : {"own", "same"}
        With which numbers Nesterov's method runs: with its own for this function, η = 1/25 and
        β = 2/3, or with the same as the heavy ball.
    steps : int
        How many steps are drawn, 1 to 200. Where a start ends is decided by as many as it takes.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    See Also
    --------
    d2lmini.lessard_recht_packard : The function.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> figure = d2l.explore.Nesterov(start=3.5)
    >>> figure
    Nesterov(eta=0.1111111111111111, beta=0.4444444444444444, start=3.5)
    >>> figure.ends([3.3, 3.5]).round(4) + 0.0    # one of the three points, and the minimum
    array([0.6465, 0.    ])

    References
    ----------
    L. Lessard, B. Recht and A. Packard, "Analysis and Design of Optimization Algorithms via
    Integral Quadratic Constraints", SIAM Journal on Optimization 26(1), 2016.
    """

    eta = Number(1 / 9, low=0, high=0.16, hint=Phrase("beyond that the heavy ball always diverges"))
    beta = Number(
        4 / 9,
        low=0,
        high=0.95,
        hint=Phrase("0 is gradient descent, with 1 past gradients never fade"),
    )
    start = Number(3.3, low=-5, high=5, hint=Phrase("take a place on the strip of starts"))
    ahead = Choice("own", words=("own", "same"))
    steps = Whole(45, low=1, high=200, hint=Phrase("a picture shows no more than that"))
    shown: ClassVar[tuple[str, ...]] = ("eta", "beta", "start")

    def controls(self) -> list[Any]:
        """Return the sliders for η and β of the heavy ball."""
        return [self.slider("eta", step=0.001), self.slider("beta", step=0.01)]

    def traces(self) -> list[Trace]:
        """Return the runs of the heavy ball and of Nesterov's method in the present state."""
        f = lessard_recht_packard()
        heavy = {"eta": self.eta, "beta": self.beta}
        ahead = _OWN if self.ahead == "own" else heavy
        return [
            momentum(f.grad, self.start, steps=self.steps, **heavy),
            nesterov(f.grad, self.start, steps=self.steps, **ahead),
        ]

    def ends(self, starts: npt.ArrayLike) -> Array:
        """Return where the heavy ball is after 1,200 steps from each of some starts.

        Parameters
        ----------
        starts : array_like, shape (n,)
            Where it starts.

        Returns
        -------
        ndarray, shape (n,)
            About 0 if it converges from there, a point of the cycle if it goes round one, and
            where it was last finite if it diverges.
        """
        f = lessard_recht_packard()
        runs = [
            momentum(f.grad, start, eta=self.eta, beta=self.beta, steps=_LONG)
            for start in np.asarray(starts, dtype=float)
        ]
        return np.array([run.final[0] for run in runs])

    def figure(self) -> Figure:
        """Return both runs, position against step, as a static figure."""
        names = (label("method.momentum"), label("method.nesterov"))
        fig, ax = subplots(height=3.4)
        plot_iterates(ax, dict(zip(names, self.traces(), strict=True)))
        return fig
