"""A cloud of noisy paths: the transient, and the floor on which it ends."""

from __future__ import annotations

import itertools
from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure

from ..checks import Array
from ..ensemble import NoisyPaths, noisy_descent
from ..messages import Phrase
from ..noise import noise_floor
from ..plots import plot_cloud, plot_mean_square, subplots
from ..spectrum import iteration_matrix
from ._random import normals
from .base import Choice, Explorable, Number, Whole

__all__ = ["Noise"]

_STEPS, _PATHS = 300, 2000  # as in noise.js, with the window and the decades below
_HALF = 4.0
_DECADES = (1e-4, 1e2)


class Noise(Explorable):
    r"""A cloud of 2,000 noisy paths on a bowl, with the theory drawn over it.

    .. math::

        v_{t+1} = \beta v_t + \lambda x_t + \sigma \xi_t, \quad x_{t+1} = x_t - \eta v_{t+1},
        \qquad \operatorname{Var} x \to
        \frac{\sigma^2 \eta\, (1 + \beta)}{(1 - \beta)\, \lambda\, (2 (1 + \beta) - \eta\lambda)}

    Above, how dense the paths are, where theory says that 90 % of them lie, and the same for
    β = 0 with the same η, or with the same effective step η/(1 − β). Below, the mean square
    against the step. The picture draws 200 paths at once and the others in the frames after it.

    Parameters
    ----------
    eta : float
        Learning rate, 0.001 to 4.
    beta : float
        Momentum, 0 to 0.99.
    sigma : float
        Standard deviation of the noise in the gradient, 0 to 3.
    start : float
        Where all paths start, -3.5 to 3.5.
    keep : str
        ``"eta"`` or ``"alpha"``: what β = 0, to compare with, has in common with the setting. With
        ``"alpha"`` the picture also moves η when β is moved, so that η/(1 − β) stays.
    seed : int
        Whose noise, 0 to 9999.
    lam : float
        The curvature λ, 0.01 to 10.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    See Also
    --------
    d2lmini.noise_floor : The variance in the long run.
    d2lmini.noisy_descent : The same with noise of NumPy's.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> cloud = d2l.explore.Noise(eta=0.02, beta=0.9)
    >>> cloud
    Noise(eta=0.02, beta=0.9)
    >>> print(f"measured {cloud.measured():.3f}, by the formula {cloud.floor():.3f}")
    measured 0.099, by the formula 0.101

    References
    ----------
    .. [1] Mandt, S., Hoffman, M. D., & Blei, D. M. (2017). Stochastic gradient descent as
       approximate Bayesian inference. Journal of Machine Learning Research, 18(134), 1-35.
    """

    eta = Number(0.02, low=0.001, high=4, hint=Phrase("a path that does not move has no floor"))
    beta = Number(
        0.9,
        low=0,
        high=0.99,
        hint=Phrase("0 is gradient descent, with 1 past gradients never fade"),
    )
    sigma = Number(1, low=0, high=3, hint=Phrase("a standard deviation; 0 is no noise"))
    start = Number(3, low=-3.5, high=3.5, hint=Phrase("take a point nearer to the minimizer"))
    keep = Choice("eta", words=("eta", "alpha"))
    seed = Whole(0, low=0, high=9999, hint=Phrase("any seed of these makes other noise"))
    lam = Number(1, low=0.01, high=10, hint=Phrase("the bowl needs walls"))
    shown: ClassVar[tuple[str, ...]] = ("eta", "beta")

    def controls(self) -> list[Any]:
        """Return the sliders for η, β and σ."""
        return [
            self.slider("eta", step=0.02, log=True),
            self.slider("beta", step=0.01),
            self.slider("sigma", step=0.1),
        ]

    def noise(self) -> Array:
        """Return the noise of the picture, in units of σ: shape (300 steps, 2000 paths)."""
        return normals(self.seed, 0, _PATHS * _STEPS).reshape(_PATHS, _STEPS).T

    def runs(self) -> NoisyPaths:
        """Return the paths of the picture, by :func:`~d2lmini.ensemble.noisy_descent`."""
        xi, now = self.sigma * self.noise(), itertools.count()
        return noisy_descent(
            # The noise comes with the gradient, for the function would draw its own.
            lambda x: self.lam * x + xi[next(now)][:, None],
            self.start,
            eta=self.eta,
            beta=self.beta,
            sigma=0,
            steps=_STEPS,
            paths=_PATHS,
            seed=0,
        )

    def moments(self) -> tuple[Array, Array]:
        """Return the exact mean and variance of x after each step, each of shape (301,)."""
        step = iteration_matrix(self.lam, eta=self.eta, beta=self.beta)
        push = self.sigma * np.array([1, -self.eta])
        z, spread = np.array([0.0, self.start]), np.zeros((2, 2))  # of (v, x)
        mean, variance = [self.start], [0.0]
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(_STEPS):
                z = step @ z
                spread = step @ spread @ step.T + np.outer(push, push)
                mean.append(z[1])
                variance.append(spread[1, 1])
        return np.array(mean), np.array(variance)

    def floor(self) -> float:
        """Return the variance of x in the long run; infinite where the paths diverge."""
        return float(noise_floor(self.lam, eta=self.eta, beta=self.beta, sigma=self.sigma))

    def measured(self) -> float:
        """Return the variance of x over the 2,000 paths after step 300."""
        runs = self.runs()
        return float(np.inf if runs.overflowed else runs.variance[-1, 0])

    def figure(self) -> Figure:
        """Return the cloud and its mean square as a static figure."""
        runs, floor = self.runs(), self.floor()
        known = np.isfinite(floor) and floor > 0
        fig, axes = subplots(2, 1, height=6, sharex=True)
        plot_cloud(axes[0], runs, floor=floor if known else None)
        axes[0].set_ylim(-_HALF, _HALF)
        axes[0].label_outer()
        name = f"β = {self.beta:.4g}"
        plot_mean_square(axes[1], {name: runs}, floors={name: floor} if known else None)
        axes[1].set(xlim=(0, _STEPS), ylim=_DECADES)
        return fig
