"""The phase portrait of momentum along one direction: velocity against position."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure

from ..checks import Array
from ..labels import label
from ..messages import Phrase
from ..palette import LIGHT
from ..plots import subplots
from ..spectrum import convergence_rate, iteration_matrix
from .base import Explorable, Number, Numbers

__all__ = ["Phase"]

_STARTS = 12


class Phase(Explorable):
    r"""Velocity against position, step by step, with the flow around the minimizer.

    .. math::

        \begin{bmatrix} v_{t+1} \\ x_{t+1} \end{bmatrix}
        = \mathbf{R} \begin{bmatrix} v_t \\ x_t \end{bmatrix}, \qquad
        \mathbf{R} = \begin{bmatrix} \beta & \lambda \\ -\eta\beta & 1 - \eta\lambda \end{bmatrix}

    for one direction with the curvature :math:`\lambda = 1`, so that ``eta`` is
    :math:`\eta\lambda`. The path from a start to drag, faint ones from other starts, the
    eigenvectors of :math:`\mathbf{R}` where its roots are real; beside them the roots in the
    complex plane, and the position after each step.

    Parameters
    ----------
    eta : float
        Learning rate, 0 to 4; the curvature is 1.
    beta : float
        Momentum, 0 to 0.99; 0 is gradient descent.
    start : tuple of float, shape (2,)
        Position and velocity at the start, each between -20 and 20.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> figure = d2l.explore.Phase(eta=0.1, beta=0.9)
    >>> round(figure.rate(), 4)
    0.9487
    >>> figure.orbit(steps=2).round(3)
    array([[1.5 , 0.  ],
           [1.35, 1.5 ],
           [1.08, 2.7 ]])

    References
    ----------
    .. [1] Qian, N. (1999). On the momentum term in gradient descent learning algorithms. Neural
       Networks 12(1).
    """

    eta = Number(
        0.1, low=0, high=4, hint=Phrase("negative ones climb, and beyond 4 everything diverges")
    )
    beta = Number(
        0.9,
        low=0,
        high=0.99,
        hint=Phrase("0 is gradient descent, with 1 past gradients never fade"),
    )
    start = Numbers(
        (1.5, 0.0), low=-20, high=20, hint=Phrase("take a point nearer to the minimizer")
    )
    shown: ClassVar[tuple[str, ...]] = ("eta", "beta")

    def controls(self) -> list[Any]:
        """Return the sliders for ηλ and for β."""
        return [self.slider("eta", step=0.01), self.slider("beta", step=0.01)]

    def rate(self) -> float:
        """Return the factor by which the distance shrinks per step, in the long run."""
        return float(convergence_rate(1.0, eta=self.eta, beta=self.beta))

    def orbit(self, steps: int = 50) -> Array:
        """Return position and velocity after each step, the start first, shape (steps + 1, 2)."""
        matrix = iteration_matrix(1.0, eta=self.eta, beta=self.beta)
        return self._orbit(matrix, self.start, steps)

    @staticmethod
    def _orbit(matrix: Array, start: Any, steps: int) -> Array:
        points = [np.array(start, dtype=float)[::-1]]  # (v, x), as the matrix has them
        for _ in range(steps):
            points.append(matrix @ points[-1])
        return np.array(points)[:, ::-1]

    def figure(self) -> Figure:
        """Return the portrait as a static figure."""
        matrix = iteration_matrix(1.0, eta=self.eta, beta=self.beta)
        roots = np.linalg.eigvals(matrix)
        # As in phase.js: in these units of v a swing without friction is a circle.
        least = (2.1, 2.1 / np.sqrt(np.clip(self.eta, 0.02, 0.8)))
        half = [max(h, 1.1 * abs(s)) for h, s in zip(least, self.start, strict=True)]
        fig, ax = subplots(width=5.6, height=4.8)
        ax.axhline(0, color=LIGHT["grid"], linewidth=0.8, zorder=0)
        ax.axvline(0, color=LIGHT["grid"], linewidth=0.8, zorder=0)
        # Where every step jumps to the other side, every second one shows the flow.
        step = matrix @ matrix if roots.real.min() < 0 and not roots.imag.any() else matrix
        for angle in 2 * np.pi * (np.arange(_STARTS) + 0.5) / _STARTS:
            ring = 0.97 * half[0] * np.cos(angle), 0.97 * half[1] * np.sin(angle)
            ax.plot(*self._orbit(step, ring, 30).T, color=LIGHT["contour"], linewidth=0.7, zorder=1)
        if not np.iscomplex(roots).any():
            for root in roots.real:
                ends = np.array([-1, 1]) * 1e3
                ax.plot(
                    (root - self.beta) * ends, ends, color=LIGHT["ink"], linewidth=1.2, zorder=2
                )
        path = self.orbit()
        ax.plot(*path.T, "o-", color=LIGHT["momentum"], markersize=4, linewidth=1.2, zorder=3)
        ax.plot(
            *self.start,
            "o",
            markersize=9,
            markerfacecolor=LIGHT["paper"],
            markeredgecolor=LIGHT["ink"],
            markeredgewidth=2,
            zorder=4,
        )
        ax.set_xlim(-half[0], half[0])
        ax.set_ylim(-half[1], half[1])
        ax.set_xlabel(label("axis.position"))
        ax.set_ylabel(label("axis.velocity"))
        return fig
