"""A random walk and its moving average: what smoothing gains, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure

from ..averages import ema, mean_age, variance_effective_samples
from ..checks import Array
from ..messages import Phrase
from ..plots import plot_smoothing, subplots
from ._random import uniforms
from .base import Choice, Explorable, Number, Whole

__all__ = ["Smoother", "Smoothness"]

_STEPS, _SHIFTS = 240, 80  # as in smoother.js


@dataclass(frozen=True)
class Smoothness:
    """What smoothing did to a walk, beside what theory says of long ones.

    Attributes
    ----------
    raw, smoothed : float
        The variance of the changes from step to step, of the walk and of its average, from step 80
        on, as the lag: before it, the average is still coming up. Their mean is known to be 0, so
        it is the mean of squares.
    calmer : float
        The first over the second.
    calmer_expected : float
        The same of an endless walk, (1 + β) / (1 - β).
    lag : int
        The shift, 0 to 80 steps, by which the average lies best on the walk.
    lag_expected : float
        ln ½ / ln β, the age at which half of the weight is younger: for a random walk the best
        shift is this, up to rounding, and not the mean age.
    mean_age : float
        β / (1 - β), the lag behind a sequence that rises steadily.
    """

    raw: float
    smoothed: float
    calmer: float
    calmer_expected: float
    lag: int
    lag_expected: float
    mean_age: float


class Smoother(Explorable):
    r"""A random walk and its exponentially weighted moving average, with a point to drag.

    .. math::

        y_t = y_{t-1} + u_t, \quad u_t \sim \mathcal{U}(-10, 10), \qquad
        s_t = \beta s_{t-1} + (1 - \beta)\, y_t, \quad s_{-1} = 0

    Bars below the walk show the weights that make up one value of the average. The walk has 240
    steps, of the picture's own random numbers, and does not begin at 0, so that one sees how the
    average, which does, needs time to come up to it.

    Parameters
    ----------
    beta : float
        How much of the past survives a step, 0 to 0.999.
    seed : int
        Which walk, 0 to 9999.
    at : int
        The step whose weights are shown, 0 to 240.
    bias : str
        ``"corrected"`` divides by the sum of the weights so far; ``"kept"`` does not.
    start : float
        Where the walk begins, -200 to 200.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    See Also
    --------
    d2lmini.ema : The average.
    d2lmini.random_walk : Walks of any length, of NumPy's random numbers.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> smoother = d2l.explore.Smoother(beta=0.9)
    >>> smoother
    Smoother(beta=0.9)
    >>> found = smoother.numbers()
    >>> print(f"{found.calmer:.1f} against {found.calmer_expected:.1f}")
    19.0 against 19.0

    References
    ----------
    .. [1] Kingma, D. P., & Ba, J. (2015). Adam: A method for stochastic optimization. ICLR.
    """

    beta = Number(
        0.9, low=0, high=0.999, hint=Phrase("0 has no memory, with 1 the average never moves")
    )
    seed = Whole(177, low=0, high=9999, hint=Phrase("any seed of these makes another walk"))
    at = Whole(120, low=0, high=_STEPS, hint=Phrase("the walk has no other steps"))
    bias = Choice("kept", words=("kept", "corrected"))
    start = Number(
        60, low=-200, high=200, hint=Phrase("begin nearer to 0, where the average begins")
    )
    shown: ClassVar[tuple[str, ...]] = ("beta",)

    def controls(self) -> list[Any]:
        """Return the slider for β."""
        return [self.slider("beta", step=0.01)]

    def walk(self) -> Array:
        """Return the walk, shape (241,)."""
        steps = 20 * uniforms(self.seed, 0, _STEPS) - 10
        return np.cumsum(np.concatenate([[self.start], steps]))

    def average(self) -> Array:
        """Return its moving average, shape (241,)."""
        return ema(self.walk(), self.beta, debias=self.bias == "corrected")

    def numbers(self) -> Smoothness:
        """Return the numbers under the picture."""
        y, s = self.walk(), self.average()
        raw, smoothed = (float((np.diff(line[_SHIFTS:]) ** 2).mean()) for line in (y, s))
        misfit = [
            ((s[_SHIFTS:] - y[_SHIFTS - k : len(y) - k]) ** 2).sum() for k in range(_SHIFTS + 1)
        ]
        return Smoothness(
            raw=raw,
            smoothed=smoothed,
            calmer=raw / smoothed,
            calmer_expected=float(variance_effective_samples(self.beta)),
            lag=int(np.argmin(misfit)),
            lag_expected=float(np.log(0.5) / np.log(self.beta)) if self.beta else 0.0,
            mean_age=float(mean_age(self.beta)),
        )

    def figure(self) -> Figure:
        """Return the walk and its average as a static figure."""
        fig, ax = subplots(height=3.4)
        plot_smoothing(ax, self.walk(), {f"β = {self.beta:.4g}": self.average()})
        return fig
