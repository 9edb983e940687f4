"""The ravine: gradient descent, momentum and Nesterov's method in a long, narrow valley."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import traitlets
from matplotlib.figure import Figure

from ..descent import Trace, gradient_descent, momentum, nesterov
from ..messages import Phrase, tell
from ..plots import plot_trace, subplots
from ..problems import Quadratic
from .base import Explorable, Number, Numbers, Whole

__all__ = ["Ravine"]

_METHODS = ("gd", "momentum", "nesterov")
_WINDOW = (6.0, 3.2)  # half the width and half the height of the picture, as in ravine.js


class Methods(traitlets.TraitType[tuple[str, ...], Any]):
    """A synced trait that holds the methods to show, in order: some of those of ``_METHODS``."""

    def validate(self, obj: Any, value: Any) -> tuple[str, ...]:
        """Return the names as a tuple, or raise ``TraitError``."""
        chosen = tuple(value) if isinstance(value, tuple | list) else ()
        if not chosen or any(m not in _METHODS for m in chosen) or len({*chosen}) < len(chosen):
            raise traitlets.TraitError(
                tell(
                    "Ravine needs methods among {names}, each at most once and at least one, "
                    'got methods={methods!r}: for one panel write methods=("gd",)',
                    names=_METHODS,
                    methods=value,
                )
            )
        return chosen


class Ravine(Explorable):
    r"""Paths of descent in a ravine, with sliders and a start to drag.

    .. math::

        f(x) = \tfrac12 (\lambda_1 x_1^2 + \lambda_2 x_2^2), \quad
        \lambda_1 = \lambda_2 / \kappa, \qquad
        v \leftarrow \beta v + \nabla f(x), \quad x \leftarrow x - \eta v

    One panel for each method, with the same contours, the same start and the same number of steps;
    below them the loss after each step. As the last expression of a notebook cell it shows itself.

    Parameters
    ----------
    eta : float
        Learning rate, 0 to 1.
    beta : float
        Momentum, 0 to 0.99; without effect on gradient descent, which is the case ``beta=0``.
    start : tuple of float, shape (2,)
        Where all methods start, each coordinate between -100 and 100.
    kappa : float
        The condition number κ = λ₂ / λ₁, 1 to 1000: how much longer the valley is than wide,
        squared.
    steepest : float
        The larger eigenvalue, λ₂, 0.01 to 100. It decides which learning rates are stable.
    steps : int
        How many steps are taken, 1 to 500.
    methods : tuple of str
        Some of ``"gd"``, ``"momentum"`` and ``"nesterov"``; with ``("gd",)`` there is no slider for
        ``beta``.

    Raises
    ------
    traitlets.TraitError
        If a value is out of its range; also later, when it is set.

    Examples
    --------
    >>> import d2lmini as d2l
    >>> figure = d2l.explore.Ravine(eta=0.6, beta=0.5)
    >>> figure.eta = 0.4                   # moves the slider and the picture
    >>> figure
    Ravine(eta=0.4, beta=0.5)
    >>> [trace.diverged for trace in figure.traces()]
    [False, False]

    References
    ----------
    .. [1] Goh, G. (2017). Why momentum really works. Distill.
    """

    eta = Number(0.4, low=0, high=1, hint=Phrase("negative ones climb"))
    beta = Number(
        0.5,
        low=0,
        high=0.99,
        hint=Phrase("0 is gradient descent, with 1 past gradients never fade"),
    )
    start = Numbers(
        (-5.0, -2.0), low=-100, high=100, hint=Phrase("take a point nearer to the minimizer")
    )
    kappa = Number(20, low=1, high=1000, hint=Phrase("the larger eigenvalue over the smaller one"))
    steepest = Number(4, low=0.01, high=100, hint=Phrase("the valley needs walls"))
    steps = Whole(20, low=1, high=500, hint=Phrase("a picture shows no more than that"))
    methods = Methods(_METHODS[:2]).tag(sync=True)
    shown: ClassVar[tuple[str, ...]] = ("eta", "beta")

    @property
    def lams(self) -> tuple[float, float]:
        """The eigenvalues λ₁ and λ₂."""
        return self.steepest / self.kappa, self.steepest

    def controls(self) -> list[Any]:
        """Return the sliders for η, for β where a method has it, and for κ."""
        sliders = [self.slider("eta", step=0.01)]
        if self._has_beta():
            sliders.append(self.slider("beta", step=0.01))
        return [*sliders, self.slider("kappa", step=0.05, log=True)]

    def _has_beta(self) -> bool:
        return any(method != "gd" for method in self.methods)

    def traces(self) -> list[Trace]:
        """Return what each method does from the present state, in the order of ``methods``."""
        f = Quadratic(self.lams)
        common: dict[str, Any] = {"eta": self.eta, "steps": self.steps}
        run: dict[str, Callable[[], Trace]] = {
            "gd": lambda: gradient_descent(f.grad, self.start, **common),
            "momentum": lambda: momentum(f.grad, self.start, beta=self.beta, **common),
            "nesterov": lambda: nesterov(f.grad, self.start, beta=self.beta, **common),
        }
        return [run[method]() for method in self.methods]

    def figure(self) -> Figure:
        """Return the same panels as a static figure."""
        f = Quadratic(self.lams)
        count = len(self.methods)
        fig, axes = subplots(1, count, width=4.6 * count, height=3.4, squeeze=False)
        # The window of the live figure, so that nothing jumps when that takes its place.
        pairs = zip(_WINDOW, self.start, strict=True)
        half = [1.2 * abs(s) if abs(s) > w else w for w, s in pairs]
        window = ((-half[0], half[0]), (-half[1], half[1]))
        for ax, trace in zip(axes[0], self.traces(), strict=True):
            plot_trace(ax, f, trace, window=window)
        return fig

    def __repr__(self) -> str:
        """Return the call that makes this figure; β only where it has an effect."""
        text = super().__repr__()
        return text if self._has_beta() else text.replace(f", beta={self.beta!r}", "", 1)
