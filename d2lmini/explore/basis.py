"""The basis: one run seen in x and along the eigenvectors."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from matplotlib.figure import Figure

from ..checks import Array
from ..descent import Trace, gradient_descent, momentum
from ..messages import Phrase
from ..plots import plot_trace, subplots
from ..problems import Quadratic
from .base import Choice, Explorable, Number, Numbers, Whole

__all__ = ["Basis"]

_STEPS = 30  # as in basis.js
_STEEP = 4.0


class Basis(Explorable):
    r"""The same path in x and in the coordinates along the eigenvectors, linked, with sliders.

    .. math::

        f(x) = \tfrac12 x^\top Q x, \quad Q = O^\top \Lambda O, \quad z = O x, \qquad
        v \leftarrow \beta v + Q x, \quad x \leftarrow x - \eta v

    On the left the tilted ravine in :math:`x`, on the right the same in :math:`z`, each with its
    two coordinates step by step below. Turning :math:`Q` turns the left picture and leaves the
    right one alone. The eigenvalues are :math:`\lambda_1 = 4/\kappa` and :math:`\lambda_2 = 4`, and
    30 steps are taken, in both bases; the difference between the two ways is rounding.

    The rows of :math:`O` are the eigenvectors :math:`(\cos\varphi, \sin\varphi)` and
    :math:`(-\sin\varphi, \cos\varphi)`, which turn with the angle.
    :meth:`d2lmini.Quadratic.to_eigenbasis` has the same order, and the same signs as long as the
    angle is between -45 and 45 degrees; beyond that its rule, that the largest entry of an
    eigenvector be positive, flips one or both of them.

    Parameters
    ----------
    eta : float
        Learning rate, 0 to 1.
    beta : float
        Momentum, 0 to 0.99; 0 is gradient descent.
    kappa : float
        The condition number κ = λ₂ / λ₁, 1 to 1000.
    angle : float
        By how much the valley is turned, in degrees, -180 to 180.
    start : tuple of float, shape (2,)
        The start in :math:`z`, each coordinate between -6 and 6.
    step : int
        The step that is marked, 0 to 30.
    coordinate : {"x1", "x2", "z1", "z2"}
        The coordinate that is followed: its axis, and the shadow of the path on it, stand out in
        both panels.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> figure = d2l.explore.Basis(angle=30, beta=0.5)
    >>> figure
    Basis(eta=0.4, beta=0.5, angle=30.0)
    >>> in_x, in_z = figure.traces()
    >>> abs(in_x.x @ figure.eigenvectors.T - in_z.x).max() < 1e-14
    np.True_

    References
    ----------
    .. [1] Goh, G. (2017). Why momentum really works. Distill.
    """

    eta = Number(0.4, low=0, high=1, hint=Phrase("negative ones climb"))
    beta = Number(
        0, low=0, high=0.99, hint=Phrase("0 is gradient descent, with 1 past gradients never fade")
    )
    kappa = Number(20, low=1, high=1000, hint=Phrase("the larger eigenvalue over the smaller one"))
    angle = Number(37, low=-180, high=180, hint=Phrase("that is a full turn"))
    start = Numbers(
        (-5.0, -2.0), low=-6, high=6, hint=Phrase("take a point nearer to the minimizer")
    )
    step = Whole(3, low=0, high=_STEPS, hint=Phrase("no more steps are taken"))
    coordinate = Choice("z1", words=("x1", "x2", "z1", "z2"))
    shown: ClassVar[tuple[str, ...]] = ("eta", "beta", "angle")

    @property
    def lams(self) -> tuple[float, float]:
        """The eigenvalues λ₁ and λ₂."""
        return _STEEP / self.kappa, _STEEP

    @property
    def eigenvectors(self) -> Array:
        """The matrix O, shape (2, 2): the eigenvectors of Q as rows, in the order of `lams`."""
        phi = math.radians(self.angle)
        return np.array([[math.cos(phi), math.sin(phi)], [-math.sin(phi), math.cos(phi)]])

    @property
    def functions(self) -> tuple[Quadratic, Quadratic]:
        """The function of x, with the matrix Q, and the function of z, with the diagonal Λ."""
        turn = self.eigenvectors
        return Quadratic(turn.T @ np.diag(self.lams) @ turn), Quadratic(self.lams)

    def controls(self) -> list[Any]:
        """Return the sliders for η, β, κ and the angle."""
        return [
            self.slider("eta", step=0.01),
            self.slider("beta", step=0.01),
            self.slider("kappa", step=0.05, log=True),
            self.slider("angle", step=1),
        ]

    def traces(self) -> tuple[Trace, Trace]:
        """Return the run in x, and the run in z."""
        starts = (np.array(self.start) @ self.eigenvectors, np.array(self.start))
        options: dict[str, Any] = {"eta": self.eta, "steps": _STEPS}
        if self.beta == 0:
            first, second = (
                gradient_descent(f.grad, s, **options)
                for f, s in zip(self.functions, starts, strict=True)
            )
        else:
            first, second = (
                momentum(f.grad, s, beta=self.beta, **options)
                for f, s in zip(self.functions, starts, strict=True)
            )
        return first, second

    def figure(self) -> Figure:
        """Return the two panels as a static figure."""
        fig, axes = subplots(1, 2, width=9.2, height=4.6)
        half = max(6.0, 1.1 * math.hypot(*self.start))
        pairs = zip(axes, self.functions, self.traces(), "xz", strict=True)
        for ax, f, trace, letter in pairs:
            plot_trace(ax, f, trace, window=((-half, half), (-half, half)))
            ax.set_xlabel(f"{letter}₁")
            ax.set_ylabel(f"{letter}₂")
        return fig
